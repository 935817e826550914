"""The clock that others move."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from bot.clock import RemoteClock

NOON = datetime(2024, 1, 17, 12, tzinfo=UTC)


class Keeper:
    """Tells the time over HTTP: as it stood when it was asked, once it may answer."""

    def __init__(self) -> None:
        self.time, self.asked, self.breaks_off, self.listeners = NOON, 0, 0, 0
        self.may_answer = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.listeners += 1
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                if self.asked <= self.breaks_off:
                    break
                body = json.dumps({"now": self.time.isoformat()}).encode()
                await self.may_answer.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()
        await writer.wait_closed()
        self.listeners -= 1


@contextlib.asynccontextmanager
async def asked(keeper: Keeper) -> AsyncIterator[RemoteClock]:
    async with await asyncio.start_server(keeper.answer, "127.0.0.1", 0) as server:
        clock = RemoteClock(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        yield clock
        await clock.close()
        while keeper.listeners:
            await asyncio.sleep(0.001)


async def test_nobody_is_told_a_time_from_before_the_question() -> None:
    keeper = Keeper()
    async with asked(keeper) as clock:
        early = asyncio.create_task(clock.now())
        while not keeper.asked:
            await asyncio.sleep(0.001)
        keeper.time = NOON + timedelta(hours=1)
        late = [asyncio.create_task(clock.now()) for _ in range(20)]
        await asyncio.sleep(0)
        keeper.may_answer.set()
        assert await early == NOON
        assert {await one for one in late} == {NOON + timedelta(hours=1)}
        assert keeper.asked == 2


async def test_an_answer_that_was_broken_off_is_asked_for_again() -> None:
    keeper = Keeper()
    keeper.may_answer.set()
    keeper.breaks_off = 2
    async with asked(keeper) as clock:
        assert await clock.now() == NOON
        assert keeper.asked == 3
