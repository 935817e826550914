"""The loops that act without being asked: file what came in, send to dentists, tell analysts.

Each loop drains one kind of row and sleeps until the bell rings or the beat comes. All state is in rows, so a loop may
die at any line: what it had claimed is claimed again when its lease is over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.metrics import Metrics
from bot.runtime import Runtime, Work
from bot.services import followups, inbox, notices, outbox, taps
from bot.services.operation import Operation
from messages.contracts import Channel, NotDelivered, Notifier, Outgoing
from messages.errors import StorageUnavailable
from messages.statuses import ChannelName

log = structlog.get_logger(__name__)

TRY_AGAIN = timedelta(seconds=1)  # what a notice failed on may have passed
FILING_BATCH = 200
SENDING_BATCH = 16
NOTICE_BATCH = 16
NOTICE_LEASE = timedelta(seconds=15)


Step = Callable[[], Awaitable[bool]]  # whether it found work


@dataclass(frozen=True, slots=True)
class Parts:
    """What is switched on; a part that is None rests."""

    channel: Channel | None = None
    notifier: Notifier | None = None
    phone_number_id: str | None = None


class Worker:
    def __init__(
        self, rt: Runtime, op: Operation, parts: Parts, metrics: Metrics, *, send_lease: timedelta, beat: timedelta
    ) -> None:
        self._rt, self._op, self._parts, self._metrics = rt, op, parts, metrics
        self._send_lease, self._beat = send_lease, beat
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self) -> None:
        """Begin to drain. APScheduler is only the beat; what is due stands in rows."""
        for step, work in self._steps():
            self._tasks.append(asyncio.create_task(self._drain(step, self._rt.bell(work)), name=step.__name__))
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler.add_job(self._wake, "interval", seconds=self._beat.total_seconds(), **options)
        self._scheduler.add_job(self._tidy, "interval", hours=6, **options)
        self._scheduler.start()

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
            (self.settle_sends, Work.SENDS),
        ]
        if self._parts.channel is not None:
            steps.append((self.send, Work.SENDS))
        if self._parts.notifier is not None:
            steps.append((self.tell, Work.NOTICES))
        return steps

    async def _drain(self, step: Step, bell: asyncio.Event) -> None:
        """Repeat a step while it finds work, then wait for the bell. What any step did may be for an analyst to see."""
        while not self._stopping.is_set():
            bell.clear()
            try:
                while await step() and not self._stopping.is_set():
                    self._rt.ring(Work.NOTICES)
            except StorageUnavailable as error:
                log.warning("storage_unavailable", step=step.__name__, error=str(error))
            except Exception:
                log.exception("step_failed", step=step.__name__)
                await asyncio.sleep(1)
            await bell.wait()

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
        return filed > 0

    async def _file(self, only: int | None) -> int:
        filed = await self._rt.write(
            inbox.file_whatsapp, self._parts.phone_number_id, FILING_BATCH, only=only, wall=self._rt.wall()
        )
        self._metrics.filed.inc(filed.contacts)
        self._metrics.quarantined.inc(filed.quarantined)
        return filed.events

    async def _file_one(self, event_id: int) -> None:
        try:
            await self._file(event_id)
        except StorageUnavailable:
            raise
        except Exception as error:
            log.exception("filing_failed", event_id=event_id)
            await self._rt.write(inbox.mark_failed, event_id, repr(error), wall=self._rt.wall())

    async def send(self) -> bool:
        """Claim what is due, send it, record what became of it."""
        assert self._parts.channel is not None
        claimed = await self._rt.write(outbox.claim, SENDING_BATCH, wall=self._rt.wall(), lease=self._send_lease)
        await all_of(self._send_one(self._parts.channel, message) for message in claimed)
        return bool(claimed)

    async def _send_one(self, channel: Channel, message: Outgoing) -> None:
        result = await channel.send(message)
        sent = await self._rt.write(outbox.record, message.key, result, wall=self._rt.wall())
        self._metrics.outbox.labels(status=sent.status.value).inc()

    async def settle_sends(self) -> bool:
        """What was being sent when its process died is uncertain now, and told so."""
        silent = await self._rt.write(outbox.give_up_on_the_silent, SENDING_BATCH, wall=self._rt.wall())
        self._metrics.outbox.labels(status="unknown").inc(len(silent))
        return bool(silent)

    async def nudge(self) -> bool:
        """What fell due becomes a notice of its analyst."""
        return await self._rt.write(followups.nudge, self._op, 200) > 0

    async def tell(self) -> bool:
        """Show analysts what they must see."""
        assert self._parts.notifier is not None
        claimed = await self._rt.write(notices.claim, NOTICE_BATCH, wall=self._rt.wall(), lease=NOTICE_LEASE)
        await all_of(self._tell_one(self._parts.notifier, item) for item in claimed)
        return bool(claimed)

    async def _tell_one(self, notifier: Notifier, item: notices.Claimed) -> None:
        number = item.notice.notification_id
        try:
            screen = await notifier.deliver(item.notice)
        except Exception as error:
            answer = error if isinstance(error, NotDelivered) else NotDelivered(repr(error), TRY_AGAIN)
            if answer is not error:
                log.exception("notice_failed", notification=number, kind=item.notice.kind)
            await self._rt.write(notices.not_delivered, number, str(answer), answer.retry_after, wall=self._rt.wall())
        else:
            await self._rt.write(notices.delivered, number, item.version, screen)

    async def _tidy(self) -> None:
        await self._rt.write(taps.forget_old_tokens)


async def all_of(jobs: Iterable[Awaitable[None]]) -> None:
    """Run them beside each other, each to its end; then raise the first that failed."""
    for outcome in await asyncio.gather(*jobs, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
