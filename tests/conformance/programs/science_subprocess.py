# about: an interpreter that a program starts finds the same libraries
# outcome: OUTCOME_OK
# profile: science
# limits: wall_ms=30000 cpu_ms=30000
# stdout: 6
# stdout: 10
import multiprocessing
import subprocess
import sys

import numpy as np


def total(numbers):
    return int(np.array(numbers).sum())


if __name__ == "__main__":
    program = "import numpy; print(numpy.array([1, 2, 3]).sum())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    print(done.stdout, end="")
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(sum(pool.map(total, [[1, 2], [3, 4]])))
