"""Files are fetched by the worker beside everything else, written for nobody else to read, and never by halves."""

import asyncio
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import pytest

from bot.clock import LocalClock
from bot.filestore import FileStore
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.services import received, replies
from bot.services.operation import Operation, Operations
from bot.worker import Parts, Worker
from messages.contracts import Fetched
from messages.errors import NotFound
from messages.statuses import ChannelName
from storage.models import Analyst, ReceivedFile
from tests.factory import Store, create_case, incoming
from tests.patience import PATIENCE

WHOLE = Fetched(4, "ab" * 32)


class Source:
    """Gives out what it was told to."""

    def __init__(self, *answers: Fetched | Exception) -> None:
        self._answers = list(answers)

    async def fetch(self, media_id: str, into: BinaryIO, limit: int) -> Fetched:
        into.write(b"1234")
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Hanging(Source):
    async def fetch(self, media_id: str, into: BinaryIO, limit: int) -> Fetched:
        into.write(b"12")
        await asyncio.sleep(3600)
        raise AssertionError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a" / "files"


@pytest.fixture
async def rt(database_url: str, folder: Path) -> "Runtime":
    return Runtime(database_url, LocalClock(), files=folder)


def kept_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def rights_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def worker_of(rt: Runtime, op: Operation) -> Worker:
    second = timedelta(seconds=1)
    return Worker(rt, Operations(op), Parts(), Metrics(), send_lease=60 * second, beat=second)


async def sent(rt: Runtime, count: int) -> None:
    pictures = [incoming("foto", kind="image", media={"id": str(n)}) for n in range(count)]
    await rt.write(replies.file, pictures)


async def test_what_comes_whole_is_kept_for_nobody_else_to_read(
    store: Store, analyst: Analyst, op: Operation, rt: Runtime, folder: Path
) -> None:
    create_case(store, analyst)
    await sent(rt, 3)
    later, gone = Fetched(reason="depois", again=True), Fetched(reason="nunca")
    assert await worker_of(rt, op).fetch_files(ChannelName.WHATSAPP, Source(WHOLE, later, gone))
    whole, waits, lost = store.all(ReceivedFile)
    assert whole.stored is not None and whole.fetched_at and not waits.fetched_at and lost.given_up_at
    assert rt.files.read(whole.stored) == b"1234"
    assert kept_in(folder) == [whole.stored]  # nothing by halves
    assert (rights_of(folder / whole.stored), rights_of(folder)) == (0o600, 0o700)
    assert not await worker_of(rt, op).fetch_files(ChannelName.WHATSAPP, Source())
    await rt.close()


async def test_one_that_breaks_leaves_the_others_and_is_tried_again(
    store: Store, analyst: Analyst, op: Operation, rt: Runtime, folder: Path
) -> None:
    create_case(store, analyst)
    await sent(rt, 2)
    with pytest.raises(RuntimeError, match="boom"):
        await worker_of(rt, op).fetch_files(ChannelName.WHATSAPP, Source(RuntimeError("boom"), WHOLE))
    broken, whole = store.all(ReceivedFile)
    assert (broken.fetched_at, broken.given_up_at) == (None, None) and broken.lease_until
    assert whole.stored and kept_in(folder) == [whole.stored]
    await rt.close()


async def test_a_stop_breaks_off_what_hangs_and_it_is_claimed_again(
    store: Store, analyst: Analyst, op: Operation, rt: Runtime, folder: Path
) -> None:
    create_case(store, analyst)
    await sent(rt, 1)
    worker = worker_of(rt, op)
    fetching = asyncio.create_task(worker.fetch_files(ChannelName.WHATSAPP, Hanging()))
    while not kept_in(folder):
        await asyncio.sleep(0.01)
    worker._stopping.set()
    await asyncio.wait_for(fetching, PATIENCE)
    assert kept_in(folder) == []
    wall = rt.wall() + timedelta(hours=1)
    assert (
        len(await rt.write(received.claim, 9, channel=ChannelName.WHATSAPP, wall=wall, lease=timedelta(seconds=60)))
        == 1
    )
    await rt.close()


@pytest.mark.parametrize("name", ["../secret", "", "missing", "a/b", "."])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("x")
    with pytest.raises(NotFound, match="avise a TI"):
        FileStore(tmp_path / "files").read(name)


def test_what_a_dead_process_had_begun_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    FileStore(tmp_path / "nowhere").sweep()
    old, new, kept = (tmp_path / name for name in ("a.part", "b.part", "c"))
    for path in (old, new, kept):
        path.write_text("x")
    for path in (old, kept):
        os.utime(path, (0, 0))
    FileStore(tmp_path).sweep()
    assert sorted(kept_in(tmp_path)) == ["b.part", "c"]
