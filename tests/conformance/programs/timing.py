# about: time, timeit, sched and perf counters
# outcome: OUTCOME_OK
# stdout: ['first', 'second']
import sched
import time
import timeit

assert timeit.timeit("sum(range(10))", number=1000) > 0
order = []
scheduler = sched.scheduler()
scheduler.enter(0.06, 1, order.append, ("second",))
scheduler.enter(0.02, 1, order.append, ("first",))
scheduler.run()
print(order)
assert time.perf_counter_ns() > 0 and time.process_time() > 0 and time.thread_time() >= 0
