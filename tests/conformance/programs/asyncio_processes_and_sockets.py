# about: asyncio with a child process and with a unix socket server
# outcome: OUTCOME_OK
# limits: wall_ms=10000
# stdout: ok
import asyncio
import sys


async def child():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(input()[::-1])", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate(b"olleh\n")
    assert out == b"hello\n" and process.returncode == 0


async def echo(reader, writer):
    writer.write(await reader.readline())
    await writer.drain()
    writer.close()


async def socket_server():
    server = await asyncio.start_unix_server(echo, "/tmp/echo.sock")
    reader, writer = await asyncio.open_unix_connection("/tmp/echo.sock")
    writer.write(b"ping\n")
    assert await reader.readline() == b"ping\n"
    writer.close()
    server.close()


async def main():
    await asyncio.gather(child(), socket_server())


asyncio.run(main())
print("ok")
