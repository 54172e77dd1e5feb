# about: handlers, alarms, interval timers and wake-ups
# outcome: OUTCOME_OK
# stdout: ok
import os
import signal
import time

seen = []
signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
os.kill(os.getpid(), signal.SIGUSR1)
assert seen == [signal.SIGUSR1]
signal.signal(signal.SIGALRM, lambda number, frame: seen.append("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
assert seen[-1] == "alarm"


class TooSlow(Exception):
    pass


def stop(number, frame):
    raise TooSlow


signal.signal(signal.SIGALRM, stop)
signal.alarm(1)
try:
    time.sleep(10)
except TooSlow:
    pass
assert signal.sigtimedwait([signal.SIGUSR2], 0.01) is None
assert signal.strsignal(9) == "Killed"
print("ok")
