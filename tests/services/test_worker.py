"""The worker's promises to both sides: a known answer is kept, an analyst's notice waits for nobody for ever."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.clock import LocalClock
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.services import notices
from bot.services.operation import Operation, Operations
from bot.worker import Parts, Worker
from messages.contracts import Notice, Outgoing, SendResult, Verdict
from messages.errors import StorageUnavailable
from messages.statuses import MessageStatus
from storage.models import Analyst, Message, Notification
from tests.factory import NOW, Store, create_case, create_message
from tests.patience import PATIENCE


@contextlib.asynccontextmanager
async def working(url: str, op: Operation, **more: timedelta) -> AsyncIterator[Worker]:
    rt = Runtime(url, LocalClock())
    lease, beat = timedelta(seconds=60), timedelta(seconds=1)
    yield Worker(rt, Operations(op), Parts(), Metrics(), send_lease=lease, beat=beat, **more)
    await rt.close()


class BreakingChannel:
    """Takes the message; by the time that it answers, somebody holds the database."""

    def __init__(self, url: str) -> None:
        self.holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)

    async def send(self, message: Outgoing) -> SendResult:
        self.holder.execute("BEGIN IMMEDIATE")
        return SendResult(Verdict.ACCEPTED, "wamid.A")


@pytest.fixture
def sent_into_an_outage(sqlite_url: str) -> Message:
    store = Store(sqlite_url)
    case = create_case(store, store.add(Analyst(name="Ana", role="analyst", created_at=NOW)), window_since=NOW)
    message = create_message(store, case, MessageStatus.SENDING)
    store.close()
    return message


async def test_a_known_answer_is_kept_as_soon_as_the_database_is_back(
    sqlite_url: str, sent_into_an_outage: Message, op: Operation
) -> None:
    channel = BreakingChannel(sqlite_url)
    message = sent_into_an_outage
    async with working(sqlite_url, op) as worker:
        sending = asyncio.create_task(worker._send_one(channel, Outgoing(message.idempotency_key, "", "")))
        done, _ = await asyncio.wait([sending], timeout=4)  # longer than a writer waits for a lock
        assert not done
        channel.holder.execute("ROLLBACK")
        channel.holder.close()
        await asyncio.wait_for(sending, PATIENCE)
    store = Store(sqlite_url)
    kept = store.get(Message, message.id)
    assert (kept.status, kept.external_id) == (MessageStatus.ACCEPTED, "wamid.A")
    store.close()


async def test_who_must_stop_does_not_wait_for_the_database(
    sqlite_url: str, sent_into_an_outage: Message, op: Operation
) -> None:
    channel = BreakingChannel(sqlite_url)
    async with working(sqlite_url, op) as worker:
        worker.start()
        sending = asyncio.create_task(worker._send_one(channel, Outgoing(sent_into_an_outage.idempotency_key, "", "")))
        await asyncio.sleep(0.5)
        await asyncio.wait_for(worker.stop(), PATIENCE)
        with pytest.raises(StorageUnavailable):
            await asyncio.wait_for(sending, PATIENCE)
    channel.holder.close()


class Silence:
    """A chat that never answers."""

    async def deliver(self, notice: Notice) -> int:
        await asyncio.sleep(3600)
        return 1


async def test_a_notice_that_takes_too_long_is_tried_again_within_its_lease(
    store: Store, analyst: Analyst, op: Operation, database_url: str
) -> None:
    assert analyst.id is not None
    store.do(notices.touch, [notices.Touch(analyst.id, "k", "parked")])
    async with working(database_url, op, notice_patience=timedelta(seconds=0.1)) as worker:
        assert await asyncio.wait_for(worker.tell(Silence()), PATIENCE)
    told = store.all(Notification)[0]
    assert (told.attempts, told.sent_at) == (1, None)
    assert "in time" in (told.error or "")


class CountingChat:
    """Counts the notices that are claimed while one of them is being shown."""

    def __init__(self, store: Store) -> None:
        self._store, self.claimed = store, list[int]()

    async def deliver(self, notice: Notice) -> int:
        self.claimed.append(sum(n.lease_until is not None for n in self._store.all(Notification)))
        return notice.notification_id


async def test_a_nudge_is_claimed_only_when_its_turn_has_come(
    store: Store, analyst: Analyst, op: Operation, database_url: str
) -> None:
    """Waiting for each other under one lease, the last would be claimed again, and told twice, by another process."""
    assert analyst.id is not None
    store.do(notices.touch, [notices.Touch(analyst.id, f"n{n}", "follow_up") for n in range(5)])
    chat = CountingChat(store)
    async with working(database_url, op) as worker:
        while await worker.tell_nudge(chat):
            assert len(chat.claimed) <= 5
    assert chat.claimed == [1] * 5
