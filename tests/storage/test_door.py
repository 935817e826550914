"""The write door: whole or not at all, many in one commit, nobody hurt by his neighbour, nothing lost by waiting."""

import asyncio
import contextlib
import gc
import sqlite3
import threading
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col, select

from bot.clock import Clock, LocalClock
from bot.runtime import STUCK, Runtime, Work
from messages.errors import Busy, Conflict, StorageUnavailable
from storage.models import Dentist
from tests.factory import NOW, Store
from tests.patience import PATIENCE
from tests.servers import PostgresServer, local_binaries, wheel_binaries


class StandingClock(LocalClock):
    async def now(self) -> datetime:
        return NOW


def add(session: Session, name: str, *, now: datetime) -> Dentist:
    dentist = Dentist(name=name, created_at=now)
    session.add(dentist)
    session.flush()
    return dentist


def add_then_fail(session: Session, name: str, *, now: datetime) -> None:
    add(session, name, now=now)
    raise Conflict("Não pode.")


def names(session: Session, *, now: datetime) -> list[str]:
    return list(session.exec(select(Dentist.name).order_by(col(Dentist.id))))


@contextlib.asynccontextmanager
async def opened(url: str, **more: Any) -> AsyncIterator[Runtime]:
    clock: Clock = StandingClock()
    rt = Runtime(url, clock, **more)
    try:
        yield rt
    finally:
        await rt.close()


@pytest.fixture
async def rt(database_url: str) -> AsyncIterator[Runtime]:
    async with opened(database_url) as rt:
        yield rt


@contextlib.contextmanager
def holding(rt: Runtime) -> Iterator[threading.Event]:
    """Keeps the one writer busy until the block ends."""
    release = threading.Event()
    try:
        yield release
    finally:
        release.set()


def wait_for(session: Session, release: threading.Event, begun: threading.Event, *, now: datetime) -> None:
    begun.set()
    release.wait(PATIENCE)


async def busy(rt: Runtime, release: threading.Event) -> "asyncio.Task[None]":
    """The writer is in the middle of something until ``release``."""
    begun = threading.Event()
    task = asyncio.create_task(rt.write(wait_for, release, begun))
    await asyncio.to_thread(begun.wait, PATIENCE)
    return task


async def test_what_was_written_is_there_and_the_result_stays_readable(rt: Runtime) -> None:
    dentist = await rt.write(add, "MARINA")
    assert (dentist.id, dentist.name, dentist.created_at) == (1, "MARINA", NOW)
    assert await rt.read(names) == ["MARINA"]
    kept = await rt.read(lambda session, now: session.exec(select(Dentist)).one())
    assert kept.created_at == NOW


async def test_what_is_to_be_alone_keeps_nobody_waiting_who_came_before_it(rt: Runtime) -> None:
    with holding(rt) as release_all:
        with holding(rt) as release_first:
            first = await busy(rt, release_first)
            short = asyncio.create_task(rt.write(add, "A"))
            begun = threading.Event()
            long = asyncio.create_task(rt.write_many(wait_for, release_all, begun))
            await asyncio.sleep(0.05)  # both have queued
        await asyncio.wait_for(asyncio.gather(first, short), PATIENCE)
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        after = asyncio.create_task(rt.write(add, "B"))
        assert not long.done()
    await asyncio.gather(long, after)
    assert await rt.read(names) == ["A", "B"]


async def test_what_is_alone_and_fails_undoes_itself_and_tells_why(rt: Runtime) -> None:
    with pytest.raises(Conflict):
        await rt.write_many(add_then_fail, "A")
    with pytest.raises(IntegrityError):
        await rt.write_many(lambda session, now: session.add(Dentist(name=None, created_at=now)))
    assert await rt.read(names) == []
    assert (await rt.write_many(add, "B")).name == "B"


async def test_a_failing_use_case_undoes_only_itself(rt: Runtime) -> None:
    jobs = [rt.write(add_then_fail if n % 3 == 1 else add, f"D{n}") for n in range(30)]
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert [isinstance(r, Conflict) for r in results] == [n % 3 == 1 for n in range(30)]
    assert sorted(await rt.read(names)) == sorted(f"D{n}" for n in range(30) if n % 3 != 1)


async def test_what_breaks_a_constraint_undoes_only_itself(rt: Runtime) -> None:
    def twice(session: Session, *, now: datetime) -> None:
        session.add_all([Dentist(name="X", cro="1", cro_uf="BA", created_at=now) for _ in range(2)])

    results = await asyncio.gather(rt.write(add, "A"), rt.write(twice), rt.write(add, "B"), return_exceptions=True)
    assert [isinstance(r, Exception) for r in results] == [False, True, False]
    assert sorted(await rt.read(names)) == ["A", "B"]


async def test_a_use_case_whose_own_statement_is_wrong_does_not_fail_its_neighbours(rt: Runtime) -> None:
    def wrong(session: Session, *, now: datetime) -> None:
        session.connection().execute(text("SELECT * FROM no_such_table"))

    results = await asyncio.gather(rt.write(add, "A"), rt.write(wrong), rt.write(add, "B"), return_exceptions=True)
    assert [isinstance(r, Exception) for r in results] == [False, True, False]
    assert not isinstance(results[1], StorageUnavailable)


async def test_many_writes_share_few_commits(sqlite_url: str) -> None:
    async with opened(sqlite_url) as rt:
        commits: list[object] = []
        event.listen(rt._engines[0], "commit", commits.append)
        with holding(rt) as release:
            first = await busy(rt, release)
            writes = [asyncio.create_task(rt.write(add, f"D{n}")) for n in range(400)]
            while rt._writer._queue.qsize() < 400:  # type: ignore[attr-defined]
                await asyncio.sleep(0)
            release.set()
            await asyncio.gather(first, *writes)
        assert len(commits) == 2
        assert len(await rt.read(names)) == 400


async def test_beyond_the_limit_it_says_that_it_is_busy_and_keeps_working(database_url: str) -> None:
    async with opened(database_url, queue_limit=3) as rt:
        with holding(rt) as release:
            tasks = [await busy(rt, release)]
            tasks += [asyncio.create_task(rt.write(wait_for, release, threading.Event())) for _ in range(9)]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION, timeout=PATIENCE)
            refused = [t for t in done if isinstance(t.exception(), Busy)]
            assert 6 <= len(refused) <= 7
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (await rt.write(add, "depois")).name == "depois"


async def test_who_stops_waiting_neither_loses_the_write_nor_stops_the_writer(
    rt: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    with holding(rt) as release:
        holders = [await busy(rt, release) for _ in range(1 if len(rt._engines) == 2 else 8)]
        impatient = asyncio.create_task(rt.write(add, "cancelado"))
        failing = asyncio.create_task(rt.write(add_then_fail, "nada"))
        await asyncio.sleep(0.05)
        impatient.cancel()
        failing.cancel()
        await asyncio.gather(impatient, failing, return_exceptions=True)
    await asyncio.gather(*holders)
    await rt.write(add, "depois")
    async with asyncio.timeout(PATIENCE):  # several writers: the earlier one may be the later to commit
        while len(written := await rt.read(names)) < 2:
            await asyncio.sleep(0.01)
    assert sorted(written) == ["cancelado", "depois"]
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_closing_finishes_what_has_queued(database_url: str) -> None:
    rt = Runtime(database_url, StandingClock())
    writes = [asyncio.create_task(rt.write(add, f"D{n}")) for n in range(50)]
    await asyncio.wait(writes, return_when=asyncio.FIRST_COMPLETED)
    await rt.close()
    await asyncio.gather(*writes)
    store = Store(database_url)
    assert store.count(Dentist) == 50
    store.close()


async def test_after_closing_a_write_is_refused_and_does_not_hang(database_url: str) -> None:
    rt = Runtime(database_url, StandingClock())
    await rt.close()
    with pytest.raises(StorageUnavailable):
        await asyncio.wait_for(rt.write(add, "tarde"), PATIENCE)


async def test_while_another_holds_the_file_nothing_is_kept_reading_goes_on_and_it_recovers(sqlite_url: str) -> None:
    async with opened(sqlite_url) as rt:
        told: list[bool] = []
        rt.on_outage(told.append)
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        results = await asyncio.gather(*(rt.write(add, f"D{n}") for n in range(3)), return_exceptions=True)
        assert [type(r) for r in results] == [StorageUnavailable] * 3
        assert await rt.read(names) == []
        other.execute("ROLLBACK")
        other.close()
        await rt.write(add, "de volta")
        assert await rt.read(names) == ["de volta"]
        assert told == [True, False]


async def test_a_read_only_file_is_read_and_not_written(sqlite_url: str) -> None:
    async with opened(sqlite_url) as rt:
        await rt.write(add, "MARINA")
    path = sqlite_url.removeprefix("sqlite:///")
    async with opened(f"sqlite:///file:{path}?mode=ro&uri=true") as rt:
        with pytest.raises(StorageUnavailable, match="readonly"):
            await rt.write(add, "nada")
        assert await rt.read(names) == ["MARINA"]


async def test_a_full_disk_keeps_nothing_and_the_next_write_works_when_there_is_room(sqlite_url: str) -> None:
    async with opened(sqlite_url) as rt:

        def fill(session: Session, pages: int, *, now: datetime) -> None:
            session.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            for n in range(400):
                add(session, f"{n} " + "x" * 900, now=now)

        with pytest.raises(StorageUnavailable, match=r"undid|full"):
            await rt.write(fill, 1)
        await rt.write(fill, 1_000_000)
        assert len(await rt.read(names)) == 400


SAID = "Quero sair: o consultório fecha em março"


@pytest.mark.parametrize("outage", ["locked", "read-only", "full"])
async def test_what_people_wrote_is_in_no_error_of_an_outage(
    sqlite_url: str, outage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    if outage == "locked":
        other.execute("BEGIN EXCLUSIVE")

    def say(session: Session, *, now: datetime) -> None:
        if outage == "full":
            session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
        for _ in range(400):
            add(session, SAID + "x" * 900, now=now)

    async with opened(f"sqlite:///file:{path}?mode=ro&uri=true" if outage == "read-only" else sqlite_url) as rt:
        with pytest.raises(StorageUnavailable) as caught:
            await rt.write(say)
    other.close()
    trace = "".join(traceback.format_exception(caught.value))
    assert SAID not in repr(caught.value) + trace + caplog.text
    assert "INSERT" not in repr(caught.value)
    assert len(str(caught.value).splitlines()) == 1


async def test_what_people_wrote_is_not_in_the_error_of_a_use_case_either(rt: Runtime) -> None:
    def say(session: Session, *, now: datetime) -> None:
        session.connection().execute(text("INSERT INTO no_such_table VALUES (:said)"), {"said": SAID})

    with pytest.raises(DBAPIError) as caught:
        await rt.write(say)
    assert SAID not in "".join(traceback.format_exception(caught.value))


async def test_a_loop_that_has_not_turned_for_long_is_named(rt: Runtime) -> None:
    rt.turn("poller")
    rt.turn("dispatcher")
    assert rt.stuck() == []
    rt._turns["poller"] -= STUCK + 1
    assert rt.stuck() == ["poller"]
    rt.turn("poller")
    assert rt.stuck() == []


async def test_a_read_only_postgresql_is_an_outage_too(postgresql_url: str) -> None:
    name = postgresql_url.rpartition("/")[2]
    plain = postgresql_url.replace("+psycopg", "")
    set_to = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(set_to.format(sql.Identifier(name), sql.Literal("on")))
        async with opened(postgresql_url) as rt:
            with pytest.raises(StorageUnavailable):
                await rt.write(add, "nada")
            assert await rt.read(names) == []
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(set_to.format(sql.Identifier(name), sql.Literal("off")))
    async with opened(postgresql_url) as rt:
        await rt.write(add, "de volta")
        assert await rt.read(names) == ["de volta"]


async def test_two_that_insert_the_same_unique_row_at_once_both_succeed(postgresql_url: str) -> None:
    together = threading.Barrier(2)

    def find_or_add(session: Session, tried: list[int], *, now: datetime) -> int:
        found = session.exec(select(Dentist).where(Dentist.cro == "1")).first()
        tried.append(1)
        if len(tried) == 1:
            together.wait(PATIENCE)  # both have looked, and neither has seen it
        if found is None:
            found = Dentist(name="X", cro="1", cro_uf="BA", created_at=now)
            session.add(found)
            session.flush()
        return found.id or 0

    async with opened(postgresql_url) as rt:
        one, two = await asyncio.gather(rt.write(find_or_add, []), rt.write(find_or_add, []))
        assert one == two
        assert await rt.read(names) == ["X"]


async def test_a_deadlock_is_run_again(postgresql_url: str) -> None:
    async with opened(postgresql_url) as rt:
        ids = [(await rt.write(add, name)).id for name in "AB"]
        together = threading.Barrier(2)

        def rename(session: Session, order: list[int | None], tried: list[int], *, now: datetime) -> None:
            tried.append(1)
            for dentist_id in order:
                row = session.exec(select(Dentist).where(Dentist.id == dentist_id).with_for_update()).one()
                row.name += "!"
                session.flush()
                if len(tried) == 1 and dentist_id == order[0]:
                    together.wait(PATIENCE)

        tries: tuple[list[int], list[int]] = ([], [])
        await asyncio.gather(rt.write(rename, ids, tries[0]), rt.write(rename, ids[::-1], tries[1]))
        assert sorted(await rt.read(names)) == ["A!!", "B!!"]
        assert max(map(len, tries)) > 1  # the one that gave way; it may meet the other once more before that is through


async def test_a_clash_that_never_ends_is_somebodys_error(postgresql_url: str) -> None:
    tried: list[int] = []

    def always(session: Session, *, now: datetime) -> None:
        tried.append(1)
        session.add_all([Dentist(name="X", cro="1", cro_uf="BA", created_at=now) for _ in range(2)])
        session.flush()

    async with opened(postgresql_url) as rt:
        with pytest.raises(Exception, match="uq_dentist"):
            await rt.write(always)
    assert len(tried) == 4


async def test_a_server_that_goes_away_is_an_outage() -> None:
    server = await asyncio.to_thread(lambda: PostgresServer(local_binaries() or wheel_binaries()))
    from storage.engine import migrate

    await asyncio.to_thread(migrate, server.url)
    async with opened(server.url) as rt:
        await rt.write(add, "antes")
        await asyncio.to_thread(server.stop)
        with pytest.raises(StorageUnavailable):
            await rt.write(add, "nada")
        with pytest.raises(StorageUnavailable):
            await rt.read(names)


async def test_the_bell_wakes_those_it_is_rung_for_and_the_listener_clears_it(rt: Runtime) -> None:
    one, two = (rt.bell(work) for work in list(Work)[:2])
    rt.ring(next(iter(Work)))
    assert one.is_set() and not two.is_set()
    one.clear()
    rt.ring()
    assert one.is_set() and two.is_set()
    assert rt.wall().tzinfo is not None


@pytest.mark.parametrize(("patience", "kept"), [(0.05, False), (30.0, True)])
async def test_another_process_is_waited_for_as_long_as_was_said(sqlite_url: str, patience: float, kept: bool) -> None:
    rt = Runtime(sqlite_url, StandingClock(), patience=timedelta(seconds=patience))
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(rt.write(lambda session, now: session.exec(select(Dentist)).first()))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.wait([waiting])), 0.5)
    holder.execute("ROLLBACK")
    holder.close()
    if kept:
        assert await waiting is None
    else:
        with pytest.raises(StorageUnavailable, match="locked"):
            await waiting
    await rt.close()
