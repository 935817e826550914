"""The loops that act without being asked: file what came in, send to dentists, tell analysts.

Each loop drains one kind of row and sleeps until the bell rings or the beat comes. All state is in rows, so a loop may
die at any line: what it had claimed is claimed again when its lease is over.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.metrics import Metrics
from bot.runtime import Runtime, Work
from bot.services import (
    absences,
    business,
    byhand,
    cadence,
    campaign_starts,
    campaigns,
    digests,
    followups,
    inbox,
    notices,
    outbox,
    rates,
    received,
    taps,
)
from bot.services.operation import Operations
from messages.contracts import (
    Channel,
    Fetched,
    MediaSource,
    NotDelivered,
    Notifier,
    Outgoing,
    RateSource,
    RatesUnavailable,
    SendResult,
)
from messages.errors import StorageUnavailable
from messages.statuses import ChannelName
from storage.models import Message

log = structlog.get_logger(__name__)

T = TypeVar("T")

TRY_AGAIN = timedelta(seconds=1)  # what a notice failed on may have passed
FILING_BATCH = 200
FILING_PAUSE = 0.05  # seconds after a small batch, in which the next gathers: one of one costs as much as one of ten
SENDING_BATCH = 16
FETCHING_BATCH = 4
FETCH_LEASE = timedelta(minutes=2)  # longer than any fetch may take, see the settings
NOTICE_BATCH = 16
CADENCE_BATCH = 20  # cases: what is said meanwhile waits until they are looked at
CADENCE_PAUSE = 0.1  # seconds between two batches: an import asks for thousands
CADENCE_REST = 0.5  # seconds after the last one: a case in which much is being said is looked at once
NUDGING_BATCH = 2000  # follow-ups of one person that one notice tells, at most
NOTICE_PATIENCE = timedelta(seconds=20)  # Telegram may make us wait longer: then the notice is tried again
NOTICE_GRACE = timedelta(seconds=10)  # a notice's lease outlives that: it is not drawn twice beside itself
RECORD_PAUSES = (timedelta(seconds=0.5), timedelta(seconds=10))  # the first and the longest, doubled between


Step = Callable[[], Awaitable[bool]]  # whether it found work


@dataclass(frozen=True, slots=True)
class Parts:
    """What is switched on: a channel that is not here rests, and what is to go by it waits."""

    channels: Mapping[ChannelName, Channel] = field(default_factory=dict)
    media: Mapping[ChannelName, MediaSource] = field(default_factory=dict)  # of the files that dentists send
    media_limit: int = 100 * 1024**2  # bytes of one file
    numbers: tuple[str, ...] = ()  # ids of the operation's WhatsApp numbers, the one that sends first; none: any
    rates: RateSource | None = None  # where the price index is read
    templates: Step | None = None  # asks Meta about them


class Worker:
    def __init__(
        self,
        rt: Runtime,
        operations: Operations,
        parts: Parts,
        metrics: Metrics,
        *,
        send_lease: timedelta,
        beat: timedelta,
        notice_patience: timedelta = NOTICE_PATIENCE,
    ) -> None:
        self._rt, self._operations, self._parts, self._metrics = rt, operations, parts, metrics
        self._send_lease, self._beat, self._notice_patience = send_lease, beat, notice_patience
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self) -> None:
        """Begin to drain. APScheduler is only the beat; what is due stands in rows."""
        for step, work in self._steps():
            self._begin(step, work)
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler.add_job(self._wake, "interval", seconds=self._beat.total_seconds(), **options)
        self._scheduler.add_job(self._tidy, "interval", hours=6, **options)
        self._scheduler.start()

    def notify_through(self, notifier: Notifier) -> None:
        """Analysts can be reached from now on: begin to tell them."""
        self._begin(partial(self.tell, notifier), Work.NOTICES)
        self._begin(partial(self.tell_nudge, notifier), Work.NOTICES)

    def _begin(self, step: Step, work: Work) -> None:
        self._tasks.append(asyncio.create_task(self._drain(step, name_of(step), self._rt.bell(work))))

    async def _wake(self) -> None:
        """On the loop itself: plain functions are run in a thread, where no event may be set."""
        self._rt.ring()

    async def stop(self) -> None:
        """Finish what is in hand, take nothing new."""
        self._scheduler.shutdown(wait=False)
        self._stopping.set()
        self._rt.ring()
        await asyncio.gather(*self._tasks)

    def _steps(self) -> list[tuple[Step, Work]]:
        steps: list[tuple[Step, Work]] = [
            (self.file_replies, Work.REPLIES),
            (self.nudge, Work.FOLLOW_UPS),
            (self.turn_absences, Work.FOLLOW_UPS),
            (self.ask_by_hand, Work.FOLLOW_UPS),
            (self.sum_up, Work.FOLLOW_UPS),
            (self.keep_cadence, Work.FOLLOW_UPS),
            (self.run_campaigns, Work.FOLLOW_UPS),
            (self.settle_sends, Work.SENDS),
        ]
        steps += [(partial(self.fetch_files, name, source), Work.FILES) for name, source in self._parts.media.items()]
        if self._parts.templates is not None:
            steps.append((self._parts.templates, Work.SENDS))
        steps += [(partial(self.send, name, channel), Work.SENDS) for name, channel in self._parts.channels.items()]
        if self._parts.rates is not None:
            steps.append((partial(self.read_index, self._parts.rates), Work.FOLLOW_UPS))
        return steps

    async def _drain(self, step: Step, name: str, bell: asyncio.Event) -> None:
        """Repeat a step while it finds work, then wait for the bell. What any step did may be for an analyst to see."""
        while not self._stopping.is_set():
            bell.clear()
            self._rt.turn(name)
            try:
                while await step() and not self._stopping.is_set():
                    self._rt.turn(name)
                    self._rt.ring(Work.NOTICES)
            except StorageUnavailable as error:
                log.warning("storage_unavailable", step=name, error=str(error))
            except Exception:
                log.exception("step_failed", step=name)
                await asyncio.sleep(1)
            await self._rt.rest(bell)

    async def file_replies(self) -> bool:
        """One batch of WhatsApp's bodies; one wrong body is set aside, the others are filed."""
        try:
            filed = await self._file(None)
        except StorageUnavailable:
            raise
        except Exception:
            log.exception("filing_batch_failed")
            ids = await self._rt.read(inbox.waiting_ids, ChannelName.WHATSAPP, FILING_BATCH, wall=self._rt.wall())
            for event_id in ids:
                await self._file_one(event_id)
            return bool(ids)
        if 0 < filed < FILING_BATCH:
            await self._pause(FILING_PAUSE)
        return filed > 0

    async def _file(self, only: int | None) -> int:
        read = await self._rt.read(
            inbox.read_waiting, self._parts.numbers, FILING_BATCH, only=only, wall=self._rt.wall()
        )
        if not read:
            return 0
        filed = await self._rt.write_many(inbox.file_whatsapp, read)
        self._metrics.filed.inc(filed.contacts)
        self._metrics.quarantined.inc(filed.quarantined)
        self._rt.ring(Work.FILES)
        return filed.events

    async def fetch_files(self, name: ChannelName, source: MediaSource) -> bool:
        """Files that came with messages of one channel, a few beside each other."""
        claimed = await self._rt.write(
            received.claim, FETCHING_BATCH, channel=name, wall=self._rt.wall(), lease=FETCH_LEASE
        )
        await all_of(self._fetch(source, wanted) for wanted in claimed)
        return bool(claimed)

    async def _fetch(self, source: MediaSource, wanted: received.Wanted) -> None:
        """One file, whole or not at all; broken off when we are to stop: whoever comes next claims it again."""
        with self._rt.files.new() as file:
            done = await self._unless_stopping(source.fetch(wanted.media_id, file.content, self._parts.media_limit))
            if done is None:
                return
            fetched = done.result()
            stored = None if fetched.reason else file.name
            if stored is not None:
                await asyncio.to_thread(file.keep)
            await self._rt.write(received.record, wanted.number, fetched, stored, wall=self._rt.wall())
            self._metrics.files.labels(outcome=_outcome(fetched)).inc()

    async def _file_one(self, event_id: int) -> None:
        try:
            await self._file(event_id)
        except StorageUnavailable:
            raise
        except Exception as error:
            log.exception("filing_failed", event_id=event_id)
            await self._rt.write(inbox.mark_failed, event_id, repr(error), wall=self._rt.wall())

    async def send(self, name: ChannelName, channel: Channel) -> bool:
        """Claim what is due on one channel, send it, record what became of it. Channels don't wait for each other."""
        claimed = await self._rt.write(
            self._operations.lend,
            outbox.claim,
            SENDING_BATCH,
            channel=name,
            wall=self._rt.wall(),
            lease=self._send_lease,
        )
        await all_of(self._send_one(channel, message) for message in claimed)
        return bool(claimed)

    async def _send_one(self, channel: Channel, message: Outgoing) -> None:
        result = await channel.send(message)
        sent = await self._record(message.key, result)
        self._metrics.outbox.labels(status=sent.status.value).inc()

    async def _record(self, key: str, result: SendResult) -> Message:
        """The answer is known and must be kept: repeated while the database is away, until we are to stop.

        Raises StorageUnavailable when we stop first; the message is uncertain then.
        """
        pause, longest = RECORD_PAUSES
        while True:
            try:
                return await self._rt.write(outbox.record, key, result, wall=self._rt.wall())
            except StorageUnavailable as error:
                if self._stopping.is_set():
                    raise
                log.warning("send_not_recorded", key=key, error=str(error), seconds=pause.total_seconds())
            await self._pause(pause.total_seconds())
            pause = min(pause * 2, longest)

    async def settle_sends(self) -> bool:
        """What was being sent when its process died is uncertain now, and told so."""
        silent = await self._rt.write(outbox.give_up_on_the_silent, SENDING_BATCH, wall=self._rt.wall())
        self._metrics.outbox.labels(status="unknown").inc(len(silent))
        return bool(silent)

    async def nudge(self) -> bool:
        """What fell due becomes a notice of its analyst, and again while nobody acts."""
        told: int = await self._rt.write(self._operations.lend, followups.nudge, NUDGING_BATCH)
        return told > 0

    async def turn_absences(self) -> bool:
        """Who is away from now on, and who is back."""
        return await self._rt.write(absences.turn, 50) > 0

    async def ask_by_hand(self) -> bool:
        """Once a working day is over: what was to go by hand, and nobody has said whether it did."""
        if not await self._rt.read(self._operations.lend, byhand.is_due):  # what writes nothing must not be a write:
            return False  # it would seem that the database takes them again
        asked: int = await self._rt.write(self._operations.lend, byhand.ask)
        return asked > 0

    async def read_index(self, source: RateSource) -> bool:
        """The months of the index that are out and not yet stored, once a month and when a supervisor asks."""
        if not await self._rt.read(self._operations.lend, rates.is_due, wall=self._rt.wall()):
            return False
        months = await self._rt.write(self._operations.lend, rates.begin, wall=self._rt.wall())
        if months is None:
            return False
        done = await self._unless_stopping(source.read(*months))
        if done is None:
            return False
        try:
            new = await self._rt.write(rates.keep, done.result())
        except RatesUnavailable as error:
            await self._rt.write(rates.failed, str(error))
        else:
            log.info("index_read", new=new)
        return True

    async def _pause(self, seconds: float) -> None:
        """Let others go first; not once we are to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _unless_stopping(self, job: Coroutine[Any, Any, T]) -> asyncio.Task[T] | None:
        """The job, done; None when we are to stop before somebody elsewhere has answered: it is broken off."""
        task = asyncio.create_task(job)
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        answered = task.done()
        for one in (task, stopping):
            one.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
        return task if answered else None

    async def keep_cadence(self) -> bool:
        """What comes next where nobody answers is prepared, and what has been overtaken let go."""
        if not await self._rt.read(self._operations.lend, cadence.is_due):
            return False
        looked: cadence.Looked = await self._rt.write_many(self._operations.lend, cadence.look, CADENCE_BATCH)
        await self._pause(CADENCE_PAUSE if looked.at == CADENCE_BATCH else CADENCE_REST)
        return any(looked)

    async def run_campaigns(self) -> bool:
        """Those that are being put together are judged on, those whose moment has come begin, those that run hand their
        next lot to the outbox."""
        if not await self._rt.read(campaigns.is_due):
            return False
        judged: int = await self._rt.write_many(self._operations.lend, campaigns.fill)
        started: int = await self._rt.write(self._operations.lend, campaign_starts.start_due)
        fed: int = await self._rt.write_many(self._operations.lend, campaigns.feed)
        if fed:
            self._rt.ring(Work.SENDS)
        return judged + started + fed > 0

    async def sum_up(self) -> bool:
        """As a working day begins, and as it ends: each person's own summary."""
        if not await self._rt.read(self._operations.lend, digests.is_due):
            return False
        told: int = await self._rt.write(self._operations.lend, digests.tell)
        return told > 0

    async def tell(self, notifier: Notifier) -> bool:
        """Show analysts what they must see."""
        return await self._tell(notifier, NOTICE_BATCH, nudges=False)

    async def tell_nudge(self, notifier: Notifier) -> bool:
        """Nudges one after the other: a process that dies has at most one of them sent and not recorded."""
        return await self._tell(notifier, 1, nudges=True)

    async def _tell(self, notifier: Notifier, limit: int, *, nudges: bool) -> bool:
        lease = self._notice_patience + NOTICE_GRACE
        claimed = await self._rt.write(notices.claim, limit, nudges=nudges, wall=self._rt.wall(), lease=lease)
        await all_of(self._deliver(notifier, item) for item in claimed)
        return bool(claimed)

    async def _deliver(self, notifier: Notifier, item: notices.Claimed) -> None:
        number = item.notice.notification_id
        try:
            async with asyncio.timeout(self._notice_patience.total_seconds()):
                screen = await notifier.deliver(item.notice)
        except TimeoutError:
            late = "Telegram did not take it in time"
            await self._rt.write(notices.not_delivered, number, late, TRY_AGAIN, wall=self._rt.wall())
        except Exception as error:
            answer = error if isinstance(error, NotDelivered) else NotDelivered(repr(error), TRY_AGAIN)
            if answer is not error:
                log.exception("notice_failed", notification=number, kind=item.notice.kind)
            await self._rt.write(notices.not_delivered, number, str(answer), answer.retry_after, wall=self._rt.wall())
        else:
            await self._rt.write(notices.delivered, number, item.version, screen, item.notice.screen)

    async def _tidy(self) -> None:
        await self._rt.write(taps.forget_old_tokens)
        await self._rt.write(business.forget_unanswered)
        await asyncio.to_thread(self._rt.files.sweep)


def _outcome(fetched: Fetched) -> str:
    return "again" if fetched.again else "given_up" if fetched.reason else "stored"


def name_of(step: Step) -> str:
    """The use of a loop, for the log and for /healthz."""
    name: str = getattr(step, "func", step).__name__
    channels = [part.value for part in getattr(step, "args", ()) if isinstance(part, ChannelName)]
    return "_".join([name, *channels])


async def all_of(jobs: Iterable[Awaitable[None]]) -> None:
    """Run them beside each other, each to its end; then raise the first that failed."""
    for outcome in await asyncio.gather(*jobs, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
