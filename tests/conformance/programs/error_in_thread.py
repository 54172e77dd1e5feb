# about: an exception in a thread is shown, and the program goes on
# outcome: OUTCOME_OK
# exit-code: 0
# stdout: still here
# stderr-contains: ValueError: in a thread
# stderr-contains: File "main.py", line 11, in work
import threading


def work():
    raise ValueError("in a thread")


thread = threading.Thread(target=work)
thread.start()
thread.join()
print("still here")
