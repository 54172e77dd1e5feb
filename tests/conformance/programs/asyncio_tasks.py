# about: asyncio: tasks, gather, time-outs, queues, locks, threads, task groups
# outcome: OUTCOME_OK
# stdout: ok
import asyncio


async def square(number):
    await asyncio.sleep(0.01 * (5 - number))
    return number * number


async def producer(queue):
    for number in range(5):
        await queue.put(number)
    await queue.put(None)


async def main():
    assert await asyncio.gather(*(square(n) for n in range(5))) == [0, 1, 4, 9, 16]
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.05)
        raise SystemExit("no time-out")
    except TimeoutError:
        pass
    queue, seen = asyncio.Queue(), []
    async with asyncio.TaskGroup() as group:
        group.create_task(producer(queue))
        while (item := await queue.get()) is not None:
            seen.append(item)
    assert seen == [0, 1, 2, 3, 4]
    assert await asyncio.to_thread(sum, [1, 2, 3]) == 6


asyncio.run(main())
print("ok")
