"""Telegram's updates: kept as rows first, then handled, each chat in order and the chats beside each other."""

import asyncio
import contextlib
import json
from datetime import timedelta
from typing import Any

import structlog
from telegram import Update
from telegram.error import Conflict, TelegramError
from telegram.ext import Application

from bot.handlers.errors import passes
from bot.metrics import Metrics
from bot.runtime import REST, Runtime, Work
from bot.services import inbox
from bot.services.inbox import Raw
from messages.errors import StorageUnavailable
from messages.statuses import ChannelName
from storage.models import InboxEvent

log = structlog.get_logger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]
ALLOWED = (
    *("message", "edited_message", "callback_query", "my_chat_member"),
    *("business_connection", "business_message", "edited_business_message", "deleted_business_messages"),
)
LONG_POLL = 25  # seconds
STAND_BY = 1.0  # seconds between looks whether the polling process is gone
LEASE = timedelta(seconds=20)  # a chat whose process died waits this long; a slower handler would only draw twice
AT_ONCE = 32
PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before the next try, doubled each time


def raw_update(body: bytes) -> Raw:
    """One update, as it came, in the lane of its chat. Raises ValueError when it is none."""
    try:
        update = json.loads(body)
    except RecursionError as error:
        raise ValueError("no update") from error
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        raise ValueError("no update")  # noqa: TRY004  the text is wrong, not the caller
    content: Any = next((v for k, v in update.items() if k != "update_id" and isinstance(v, dict)), {})
    chat = (content.get("message") or content).get("chat") or content.get("from") or {}
    return Raw(ChannelName.TELEGRAM, body, str(update["update_id"]), f"chat:{chat.get('id', '')}")


class Poller:
    """Fetches updates; the next call, which makes Telegram forget them, is made only after they are committed.

    Of several processes one polls; the others stand by.
    """

    def __init__(self, app: App, rt: Runtime, metrics: Metrics) -> None:
        self._app, self._rt, self._metrics = app, rt, metrics
        self._offset: int | None = None

    async def run(self) -> None:
        """Until cancelled. An outage of either side is waited out, longer each time."""
        pause = PAUSE
        while True:
            self._rt.turn("poller")
            try:
                if await self._rt.leads():
                    await self._once()
                else:
                    await asyncio.sleep(STAND_BY)
                pause = PAUSE
            except Conflict:
                log.error("two_pollers", remedy="Another process polls with the same TELEGRAM_TOKEN: stop one.")
                await asyncio.sleep(10)
            except Exception as error:  # whatever it is, polling must go on
                expected = isinstance(error, TelegramError | StorageUnavailable)
                log.warning("polling_paused", error=repr(error), seconds=pause, exc_info=not expected)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _once(self) -> None:
        updates = await self._app.bot.get_updates(
            offset=self._offset, timeout=LONG_POLL, allowed_updates=list(ALLOWED), read_timeout=LONG_POLL + 10
        )
        if not updates:
            return
        new = await self._rt.write(inbox.receive, [raw_update(u.to_json().encode()) for u in updates])
        self._metrics.received.inc(new)
        self._offset = updates[-1].update_id + 1
        self._rt.ring(Work.UPDATES)


class Dispatcher:
    """Handles what was kept. Stopping, it finishes what is in hand."""

    def __init__(self, app: App, rt: Runtime, failures: dict[int, BaseException]) -> None:
        self._app, self._rt, self._failures = app, rt, failures
        self._stopping = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._pauses: dict[int, float] = {}  # event id → seconds of its last one, while an outage lasts

    async def run(self) -> None:
        bell = self._rt.bell(Work.UPDATES)
        while not self._stopping.is_set():
            bell.clear()
            self._rt.turn("dispatcher")
            try:
                claimed = await self._rt.write(inbox.claim_updates, AT_ONCE, wall=self._rt.wall(), lease=LEASE)
            except Exception as error:  # whatever it is, the next bell finds us here
                log.warning("updates_wait", error=repr(error), exc_info=not isinstance(error, StorageUnavailable))
                claimed = []
            for event in claimed:
                task = asyncio.create_task(self._handle(event))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if len(self._running) >= AT_ONCE:
                await asyncio.wait(self._running, timeout=REST, return_when=asyncio.FIRST_COMPLETED)
            elif not claimed:
                await self._rt.rest(bell)
        if self._running:
            await asyncio.wait(self._running)

    def stop(self) -> None:
        self._stopping.set()
        self._rt.ring(Work.UPDATES)

    async def _handle(self, event: InboxEvent) -> None:
        error = await self._process(event)
        while not await self._settled(event, error):  # a chat must not wait for the lease when the database is back
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSE)
                break
        self._rt.ring(Work.UPDATES)  # the next of its chat

    async def _settled(self, event: InboxEvent, error: BaseException | None) -> bool:
        """Whether the update's row could be marked with what became of it."""
        assert event.id is not None
        try:
            if error is not None and passes(error):
                await self._rt.write(inbox.release, event.id, self._wait(event.id, error), wall=self._rt.wall())
                return True
            self._pauses.pop(event.id, None)
            if error is None:
                await self._rt.write(inbox.mark_handled, event.id)
            else:
                await self._rt.write(inbox.mark_failed, event.id, repr(error), wall=self._rt.wall())
        except Exception as second:
            expected = isinstance(second, StorageUnavailable)
            log.warning("update_waits", event_id=event.id, error=repr(second), exc_info=not expected)
            return False
        return True

    def _wait(self, event_id: int, error: BaseException) -> timedelta:
        """How long an update waits for an outage to pass: for the database not at all, the door itself waits."""
        if isinstance(error, StorageUnavailable):
            return timedelta()
        pause = self._pauses[event_id] = min(self._pauses.get(event_id, PAUSE / 2) * 2, LONGEST_PAUSE)
        return timedelta(seconds=pause)

    async def _process(self, event: InboxEvent) -> BaseException | None:
        """What went wrong, if anything did."""
        try:
            update = Update.de_json(json.loads(event.body), self._app.bot)
            await self._app.process_update(update)
            return self._failures.pop(update.update_id, None)
        except Exception as error:
            log.exception("update_failed", event_id=event.id)
            return error
