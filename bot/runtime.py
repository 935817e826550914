"""The one door to the database: use-cases run off the event loop, whole or not at all.

SQLite: one writer thread takes all that has queued, runs each use-case in a savepoint, commits once, then answers them
all; while it waits for the disk, the next batch gathers. PostgreSQL: a pool of threads, a transaction each; what
another transaction got in the way of (deadlock, serialization, a row inserted at the same moment) is run again.
"""

import asyncio
import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any, Concatenate, Protocol, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlmodel import Session

from bot.clock import Clock
from bot.filestore import FileStore
from messages.errors import Busy, StorageUnavailable
from storage.engine import BUSY_TIMEOUT, connect, is_sqlite, reason
from storage.leader import Leadership

log = structlog.get_logger(__name__)

T = TypeVar("T")
UseCase = Callable[Concatenate[Session, ...], T]
WRITERS, READERS = 8, 4  # threads; on SQLite there is one writer
FILES = Path("retencao.files")  # a folder beside the database
BATCH = 500  # the most use-cases that one commit answers
READ_ONLY = "25006"  # PostgreSQL's SQLSTATE
CLOSED = "The door is closed."
REST = 20  # seconds that a loop sleeps at most without its bell
STUCK = 90  # seconds, more than a hanging long poll and its pause, after which a loop that has not turned is told of
CLASH_PAUSE = 0.02  # seconds, at most, before the second try; longer before each further one
CLASHES = 4  # how often a use-case is run again on PostgreSQL before its clash is somebody's error


class Work(StrEnum):
    """What loops wait for. A bell rung too often costs a query, one not rung costs a beat."""

    UPDATES = "updates"  # of Telegram, to be handled
    REPLIES = "replies"  # webhook bodies, to be filed
    FILES = "files"  # of dentists, to be fetched
    SENDS = "sends"  # messages that are due
    NOTICES = "notices"  # screens to be drawn
    FOLLOW_UPS = "follow_ups"


class Writer(Protocol):
    def submit(self, run: Callable[[Session], Any], *, alone: bool = False) -> "Future[Any]": ...
    def close(self) -> None: ...


class Runtime:
    """What entry points hold: the two doors, the clock, the folder of files, and the bell that wakes the worker."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        queue_limit: int = 2000,
        files: Path = FILES,
        patience: timedelta = BUSY_TIMEOUT,
    ) -> None:
        engine = connect(url, pool_size=WRITERS + READERS + 1, patience=patience)  # and one for leadership
        self.clock, self.files = clock, FileStore(files)
        if is_sqlite(engine):
            self._engines = [engine, connect(url, readonly=True)]
            self._writer: Writer = GroupCommitWriter(engine, queue_limit)
        else:
            self._engines = [engine]
            self._writer = PooledWriter(engine, queue_limit, WRITERS)
        self._leadership = Leadership(engine)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._sleepers: list[tuple[Work, asyncio.Event]] = []
        self._turns: dict[str, float] = {}  # loop → when it last turned, by the monotonic clock
        self._outage = False
        self._outage_listeners: list[Callable[[bool], None]] = []

    async def write(self, use_case: UseCase[T], *args: Any, **kwargs: Any) -> T:
        """Run a use-case and commit. Raises what it raises, or StorageUnavailable: then nothing was kept.

        The use-case gets ``now`` from the business clock and must return plain values or rows.
        """
        return await self._write(False, use_case, *args, **kwargs)

    async def write_many(self, use_case: UseCase[T], *args: Any, **kwargs: Any) -> T:
        """The same for a use-case over many rows: it is committed by itself, after what had queued before it."""
        return await self._write(True, use_case, *args, **kwargs)

    async def _write(self, alone: bool, use_case: UseCase[T], *args: Any, **kwargs: Any) -> T:
        now = await self.now()
        job = self._writer.submit(lambda session: use_case(session, *args, now=now, **kwargs), alone=alone)
        done: asyncio.Future[T] = asyncio.wrap_future(job)
        try:
            # Shielded: who stops waiting neither loses the act nor breaks the writer that answers it.
            result = await asyncio.shield(done)
        except asyncio.CancelledError:
            done.add_done_callback(_told_to_nobody)
            raise
        except StorageUnavailable:
            self._notice_outage(True)
            raise
        self._notice_outage(False)
        return result

    async def read(self, use_case: UseCase[T], *args: Any, **kwargs: Any) -> T:
        """Run a use-case that changes nothing."""
        now = await self.now()

        def job() -> T:
            with Session(self._engines[-1], expire_on_commit=False) as session:
                result = use_case(session, *args, now=now, **kwargs)
                session.expunge_all()
                return result

        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, job)
        except DBAPIError as error:
            raise unavailable(error) from error

    async def leads(self) -> bool:
        """Whether this process, of all on this database, is the one that may do what only one may do."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._leadership.held)
        except DBAPIError as error:
            raise StorageUnavailable(reason(error)) from error

    def on_outage(self, listener: Callable[[bool], None]) -> None:
        """Have it told, once, that the database cannot be written (True), and once that it can again (False)."""
        self._outage_listeners.append(listener)

    @property
    def outage(self) -> bool:
        """Whether the last attempt to write found the database unable to."""
        return self._outage

    def _notice_outage(self, outage: bool) -> None:
        if outage != self._outage:
            self._outage = outage
            for listener in self._outage_listeners:
                listener(outage)

    async def now(self) -> datetime:
        """Business time, UTC."""
        return await self.clock.now()

    @staticmethod
    def wall() -> datetime:
        """Real time, UTC: for leases, timeouts and backoff."""
        return datetime.now(UTC)

    def bell(self, work: Work) -> asyncio.Event:
        """An event that rings whenever work of a kind may have come up. The listener clears it."""
        event = asyncio.Event()
        self._sleepers.append((work, event))
        return event

    def ring(self, *works: Work) -> None:
        """Wake those who do this work; without a name, everybody."""
        for work, event in self._sleepers:
            if not works or work in works:
                event.set()

    async def rest(self, bell: asyncio.Event) -> None:
        """Sleep until the bell rings; a while at most, so that a sleeping loop can be told from a dead one."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), REST)

    def turn(self, loop: str) -> None:
        """A loop lives: called each time it goes round."""
        self._turns[loop] = time.monotonic()

    def stuck(self) -> list[str]:
        """The loops that have turned once, and not for long: dead, or waiting for something that does not come."""
        return sorted(loop for loop, turned in self._turns.items() if time.monotonic() - turned > STUCK)

    async def close(self) -> None:
        """Finish what has queued, then let go of the database."""
        await asyncio.to_thread(self._writer.close)
        self._readers.shutdown()
        self._leadership.release()
        for engine in self._engines:
            engine.dispose()
        await self.clock.close()


def _told_to_nobody(done: "asyncio.Future[Any]") -> None:
    """What became of a write that nobody waits for any more: a failure is at least in the log."""
    if not done.cancelled() and (error := done.exception()) is not None:
        log.warning("abandoned_write_failed", error=type(error).__name__)


@dataclass
class _Job:
    run: Callable[[Session], Any]
    alone: bool
    future: "Future[Any]" = field(default_factory=Future)
    result: Any = None
    error: BaseException | None = None


class GroupCommitWriter:
    """One thread, one connection, one commit for all that queued while the last commit ran.

    What is to be alone is committed by itself, in its turn: what came before a batch of filing does not wait for it.
    """

    def __init__(self, engine: Engine, limit: int) -> None:
        self._engine = engine
        self._queue: Queue[_Job | None] = Queue(limit)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, run: Callable[[Session], Any], *, alone: bool = False) -> "Future[Any]":
        if self._closed:
            raise StorageUnavailable(CLOSED)
        job = _Job(run, alone)
        try:
            self._queue.put_nowait(job)
        except Full:
            raise Busy("Too much is queued before the writer.") from None
        return job.future

    def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        held: list[_Job | None] = []
        while (first := held.pop() if held else self._queue.get()) is not None:
            batch, held = self._gather(first)
            self._commit(batch)

    def _gather(self, first: _Job) -> tuple[list[_Job], list[_Job | None]]:
        """What is committed together, and what was met that comes after it: nothing, the end, or who is to be alone."""
        batch = [first]
        while len(batch) < BATCH and not first.alone:
            try:
                job = self._queue.get_nowait()
            except Empty:
                break
            if job is None or job.alone:
                return batch, [job]
            batch.append(job)
        return batch, []

    def _commit(self, batch: list[_Job]) -> None:
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                sqlite = session.connection().connection.dbapi_connection
                for job in batch:
                    run = self._run_alone if len(batch) == 1 else self._run_one
                    run(session, job)
                    if not getattr(sqlite, "in_transaction", True):  # a full disk undoes all, not the savepoint alone
                        told = reason(job.error) if job.error else ""
                        raise StorageUnavailable(f"SQLite undid the transaction: {told}")
                session.commit()
        except Exception as error:  # nothing of the batch was kept, so everybody is told
            failure = unavailable(error)
            for job in batch:
                job.error = failure
        for job in batch:
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)

    @staticmethod
    def _run_alone(session: Session, job: _Job) -> None:
        """The transaction is its own: what it raises undoes all of it."""
        job.result = job.run(session)
        session.flush()
        session.expunge_all()

    @staticmethod
    def _run_one(session: Session, job: _Job) -> None:
        """In a savepoint: what it raises undoes its own rows and nobody else's."""
        try:
            with session.begin_nested():
                job.result = job.run(session)
        except Exception as error:
            if cannot_write(error):
                raise
            job.error = error
        finally:
            session.expunge_all()


class PooledWriter:
    """A transaction for each use-case, several at once; a clash with another is run again."""

    def __init__(self, engine: Engine, limit: int, threads: int) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="writer")
        self._places = threading.BoundedSemaphore(limit)

    def submit(self, run: Callable[[Session], Any], *, alone: bool = False) -> "Future[Any]":  # noqa: ARG002  all are
        if not self._places.acquire(blocking=False):
            raise Busy("Too much is queued before the writers.")
        try:
            future = self._pool.submit(self._run, run)
        except RuntimeError as error:
            self._places.release()
            raise StorageUnavailable(CLOSED) from error
        future.add_done_callback(lambda _: self._places.release())
        return future

    def close(self) -> None:
        self._pool.shutdown()

    def _run(self, run: Callable[[Session], Any]) -> Any:
        for attempt in range(1, CLASHES + 1):
            try:
                with Session(self._engine, expire_on_commit=False) as session:
                    result = run(session)
                    session.commit()
                    session.expunge_all()
                    return result
            except DBAPIError as error:
                if cannot_write(error):
                    raise unavailable(error) from error
                if attempt == CLASHES or not is_clash(error):
                    raise
                log.info("clash", attempt=attempt, sqlstate=getattr(error.orig, "sqlstate", None))
            time.sleep(random.uniform(0, CLASH_PAUSE * attempt))  # noqa: S311  apart, so that the two do not meet again
        raise AssertionError("unreachable")


def is_clash(error: DBAPIError) -> bool:
    """Two transactions met: serialization failure, deadlock, or the same unique row inserted at the same moment."""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01") or isinstance(error, IntegrityError)


def cannot_write(error: Exception) -> bool:
    """The database itself is at fault (locked, read-only, full, gone), not the use-case."""
    if isinstance(error, InterfaceError):
        return True
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == READ_ONLY:
        return True
    if not isinstance(error, OperationalError):
        return False
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:  # the statement itself is wrong
        return False
    return getattr(error.orig, "sqlstate", None) not in ("40001", "40P01")


def unavailable(error: Exception) -> Exception:
    """What entry points are told of it; the driver's own words only, as they end up in the log."""
    return StorageUnavailable(reason(error)) if cannot_write(error) else error
