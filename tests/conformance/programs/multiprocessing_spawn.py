# about: processes that are started afresh import the program again
# outcome: OUTCOME_OK
# limits: wall_ms=15000
# stdout: ok
import multiprocessing as mp


def double(number):
    return 2 * number


if __name__ == "__main__":
    with mp.get_context("spawn").Pool(2) as pool:
        assert pool.map(double, [1, 2, 3]) == [2, 4, 6]
    print("ok")
