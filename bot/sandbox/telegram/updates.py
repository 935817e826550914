"""Updates on their way to the bot: kept until confirmed, by long polling or by webhook."""

import asyncio
import json
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.delivery import Deliveries, Parcel
from bot.sandbox.faults import DELIVERY_KINDS, Fault, Faults
from bot.sandbox.ledger import Entry, Ledger
from bot.sandbox.telegram.errors import conflict

_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True, eq=False)
class Update:
    update_id: int
    kind: str
    chat_id: int
    content: dict[str, Any]
    entry: Entry
    times: int = 1  # how often it is still to be confirmed: a doubled one twice
    kept_back: bool = False  # out of order: a higher offset does not confirm it before it was given
    given: bool = False

    def as_api(self) -> dict[str, Any]:
        return {"update_id": self.update_id, self.kind: self.content}


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str
    secret: str | None


class Updates:
    """``pending`` is in the order of delivery. A confirmed update leaves it for good."""

    def __init__(self, clock: Clock, ledger: Ledger, faults: Faults) -> None:
        self._clock, self._ledger, self._faults = clock, ledger, faults
        self.pending: dict[int, Update] = {}
        self.webhook: Webhook | None = None
        self.allowed: Collection[str] = ()
        self.deliveries = Deliveries(lambda: self.webhook.url if self.webhook else None)
        self._last_id = 700_000_000
        self.polls = 0
        self._changed = asyncio.Event()

    def publish(self, kind: str, chat_id: int, content: dict[str, Any], summary: str) -> None:
        """Something happened: put it on its way, unless the bot did not ask for this kind or a fault drops it."""
        if kind not in self.allowed if self.allowed else kind in _NOT_BY_DEFAULT:
            return
        self._last_id += 1
        fault = self._faults.strike("telegram.update", DELIVERY_KINDS)
        entry: Entry = {
            "update_id": self._last_id,
            "kind": kind,
            "chat_id": chat_id,
            "summary": summary,
            "at": self._clock.stamp(),
            "delivered": False,
            "delivered_at": None,
            "dropped": fault is not None and fault.kind == "drop",
        }
        self._ledger.updates.append(entry)
        if entry["dropped"]:
            return
        times = 2 if fault and fault.kind == "duplicate" else 1
        update = Update(self._last_id, kind, chat_id, content, entry, times)
        if fault and fault.kind in ("delay", "reorder"):
            self._keep_back(update, fault)
        else:
            self._enqueue(update)

    def set_webhook(self, url: str, secret: str | None, allowed: Collection[str] | None, drop_pending: bool) -> None:
        """An empty ``url`` takes the webhook away. The same one again, as a restarted bot does, changes nothing."""
        self._remember(allowed)
        if drop_pending:
            self.deliveries.forget()
            self.pending.clear()
        webhook = Webhook(url, secret) if url else None
        if webhook == self.webhook:
            return
        self.deliveries.forget()
        self.webhook = webhook
        if webhook:
            for update in self.pending.values():
                self._send(update)
        self._wake()

    async def get(
        self, offset: int, limit: int, patience: float, allowed: Collection[str] | None
    ) -> list[dict[str, Any]]:
        """One long poll, ``patience`` in real seconds. Raises ApiError 409 when another takes its place."""
        if self.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        self._remember(allowed)
        self.polls += 1
        mine = self.polls
        self._wake()
        self._confirm_before(offset)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while not self.pending and (left := deadline - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                break
            if mine != self.polls:
                raise conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
            if self.webhook:
                raise conflict("terminated by setWebhook request")
        given = list(islice(self.pending.values(), limit))
        for update in given:
            update.given = True
        return [update.as_api() for update in given]

    def _keep_back(self, update: Update, fault: Fault) -> None:
        """Others overtake it (reorder), or it merely comes late (delay)."""
        update.kept_back = True
        asyncio.get_running_loop().call_later(fault.seconds, self._enqueue, update)

    def _enqueue(self, update: Update) -> None:
        self.pending[update.update_id] = update
        if self.webhook:
            self._send(update)
        self._wake()

    def _send(self, update: Update) -> None:
        secret = self.webhook.secret if self.webhook else None
        headers = {"Content-Type": "application/json"} | ({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})
        body = json.dumps(update.as_api()).encode()

        def acknowledged() -> None:
            self.pending.pop(update.update_id, None)
            self._confirm(update)

        self.deliveries.put(Parcel(str(update.chat_id), body, headers, acknowledged, copies=update.times))

    def _confirm_before(self, offset: int) -> None:
        if offset < 0:  # the last few only; the ones before are forgotten
            for update in list(self.pending.values())[:offset]:
                del self.pending[update.update_id]
            return
        for update in list(
            takewhile(lambda update: update.kept_back or update.update_id < offset, self.pending.values())
        ):
            if update.update_id >= offset or (update.kept_back and not update.given):
                continue
            self._confirm(update)
            update.times -= 1
            update.given = False
            if not update.times:
                del self.pending[update.update_id]

    def _confirm(self, update: Update) -> None:
        if not update.entry["delivered"]:
            update.entry |= {"delivered": True, "delivered_at": self._clock.stamp()}

    def _remember(self, allowed: Collection[str] | None) -> None:
        if allowed is not None:
            self.allowed = tuple(allowed)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
