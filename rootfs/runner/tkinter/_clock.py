"""Timers in a time of their own, which passes at once: nothing waits, and a drawing has its delays in its frames.

The time goes on while a program draws slowly, and in mainloop from one timer to the next, until there are none or
until enough is seen.
"""

import heapq
import time

from . import _picture

# Milliseconds of drawing in mainloop, and seconds of real time for making them.
LONGEST_SHOW = 60_000
LONGEST_WORK = 2.5


class Clock:
    def __init__(self):
        self.now = 0.0
        self.timers = []
        self.waiting = {}
        self.count = 0

    def wait(self, milliseconds):
        milliseconds = max(0.0, min(float(milliseconds), 3_600_000.0))
        self.now += milliseconds
        if _picture.shown is not None:
            _picture.shown.delay += milliseconds

    def call_later(self, milliseconds, function, arguments):
        self.count += 1
        name = f"after#{self.count}"
        due = self.now + max(0.0, float(milliseconds))
        heapq.heappush(self.timers, (due, self.count, name))
        self.waiting[name] = (function, arguments)
        return name

    def cancel(self, name):
        self.waiting.pop(name, None)

    def call_due(self):
        """Calls the timers whose time has come."""
        last = self.count
        while self.timers and self.timers[0][0] <= self.now and self.timers[0][1] <= last:
            self.call_next()

    def call_next(self):
        _, _, name = heapq.heappop(self.timers)
        function, arguments = self.waiting.pop(name, (None, ()))
        if function is not None:
            function(*arguments)

    def run(self):
        """Calls one timer after the other, until none is left or enough is seen."""
        began, end = time.monotonic(), self.now + LONGEST_SHOW
        while self.timers:
            due = self.timers[0][0]
            if due > end or time.monotonic() - began > LONGEST_WORK:
                self.stop()
                return
            if due > self.now:
                self.wait(due - self.now)
            self.call_next()
            if _picture.shown is not None:
                _picture.shown.frame()
        _picture.finish()

    def stop(self):
        if any(name in self.waiting for _, _, name in self.timers):
            _picture.tell("timers (ontimer) would go on for ever, so the drawing ends here.")
        self.timers.clear()
        self.waiting.clear()
        _picture.finish()


clock = Clock()
