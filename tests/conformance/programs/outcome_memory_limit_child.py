# about: a child's death by the memory limit counts for the run, whatever the parent says
# outcome: OUTCOME_MEMORY_LIMIT
# ends-within: 5s
import multiprocessing


def hoard():
    kept = []
    while True:
        kept.append(b"x" * 1_000_000)


if __name__ == "__main__":
    child = multiprocessing.Process(target=hoard)
    child.start()
    child.join()
    print("all is well")
