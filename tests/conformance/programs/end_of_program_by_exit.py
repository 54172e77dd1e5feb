# about: __del__ of a global after SystemExit with a text
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stdout: closing account of Ada
# stdout: end of main
# stdout: closing account of Bo
# stderr: stopped
class Account:
    def __init__(self, owner):
        self.owner = owner

    def __del__(self):
        print("closing account of", self.owner)


first = Account("Ada")
second = Account("Bo")
del first
print("end of main")
raise SystemExit("stopped")
