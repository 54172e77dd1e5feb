# about: a generator left in the middle is closed after an error ended the program
# outcome: OUTCOME_RUNTIME_ERROR
# exit-code: 1
# stdout: 1
# stdout: in
# stdout: out
# stdout: generator is closed
# stderr-contains: ZeroDivisionError
def numbers():
    try:
        yield 1
        yield 2
    finally:
        print("generator is closed")


class Quiet:
    def __enter__(self):
        print("in")
        return self

    def __exit__(self, *rest):
        print("out")


running = numbers()
print(next(running))
with Quiet():
    pass
print(1 / 0)
