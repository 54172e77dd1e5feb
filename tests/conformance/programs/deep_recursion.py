# about: deeper recursion after setrecursionlimit, and on a thread with a larger stack
# outcome: OUTCOME_OK
# stdout: 5000 20000
import sys
import threading

sys.setrecursionlimit(30000)


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


shallow = depth(5000)
result = []
threading.stack_size(64 << 20)
thread = threading.Thread(target=lambda: result.append(depth(20000)))
thread.start()
thread.join()
print(shallow, result[0])
