"""Many small writes as one: nobody waits for company, nobody is answered before, nobody's error is another batch's."""

import asyncio
import contextlib

import pytest

from bot.gathering import MOST, Gathering
from messages.errors import Busy


class Disk:
    """Takes batches, each once it is let."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self._free = asyncio.Event()

    async def write(self, items: list[str]) -> None:
        self.batches.append(items)
        await self._free.wait()
        if "poison" in items:
            raise OSError("full")

    def let(self) -> None:
        self._free.set()

    def hold(self) -> None:
        self._free.clear()


def gathering(disk: Disk, *, batch: int = 1000, limit: int = 10_000) -> Gathering[str]:
    return Gathering(disk.write, len, batch=batch, limit=limit)


async def adding(into: Gathering[str], *items: str) -> list["asyncio.Task[None]"]:
    tasks = [asyncio.create_task(into.add(item)) for item in items]
    await asyncio.sleep(0)  # each has begun to wait
    await asyncio.sleep(0)  # and the first is being written
    return tasks


async def test_the_first_is_written_at_once_and_what_comes_meanwhile_together() -> None:
    disk = Disk()
    into = gathering(disk)
    first = await adding(into, "a")
    later = await adding(into, "b", "c", "d")
    assert disk.batches == [["a"]]
    assert not any(task.done() for task in first + later)  # nobody is answered before
    disk.let()
    await asyncio.gather(*first, *later)
    assert disk.batches == [["a"], ["b", "c", "d"]]
    await into.add("e")
    assert disk.batches[2:] == [["e"]]


async def test_an_error_is_told_to_the_whole_batch_and_to_nobody_else() -> None:
    disk = Disk()
    into = gathering(disk)
    first = await adding(into, "a")
    later = await adding(into, "b", "poison", "c")
    disk.let()
    assert await asyncio.gather(*first) == [None]
    told = await asyncio.gather(*later, return_exceptions=True)
    assert [type(one) for one in told] == [OSError] * 3
    await into.add("d")
    assert disk.batches == [["a"], ["b", "poison", "c"], ["d"]]


async def test_a_batch_holds_so_many_bytes_or_one_item_and_so_many_items() -> None:
    disk = Disk()
    into = gathering(disk, batch=4)
    tasks = await adding(into, "a", "bb", "ccccccc", "d", "eee", "f")
    disk.let()
    await asyncio.gather(*tasks)
    assert disk.batches == [["a", "bb"], ["ccccccc"], ["d", "eee"], ["f"]]
    many = gathering(disk)
    disk.batches.clear()
    disk.hold()
    tasks = await adding(many, "a", *"x" * (MOST + 1))
    disk.let()
    await asyncio.gather(*tasks)
    assert [len(batch) for batch in disk.batches] == [MOST, 2]


async def test_beyond_the_limit_nobody_is_taken_until_there_is_room_again() -> None:
    disk = Disk()
    into = gathering(disk, limit=6)
    tasks = await adding(into, "aaa")
    tasks += await adding(into, "bbb", "ccc")
    with pytest.raises(Busy):
        await into.add("d")
    disk.let()
    await asyncio.gather(*tasks)
    await into.add("d")
    assert disk.batches == [["aaa"], ["bbb", "ccc"], ["d"]]


async def test_who_goes_away_is_written_all_the_same_and_hurts_nobody() -> None:
    disk = Disk()
    into = gathering(disk)
    first = await adding(into, "a")
    gone, stays = await adding(into, "b", "c")
    gone.cancel()
    disk.let()
    with contextlib.suppress(asyncio.CancelledError):
        await gone
    await asyncio.gather(*first, stays)
    assert disk.batches == [["a"], ["b", "c"]]
