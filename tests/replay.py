"""A hundred thousand events, told twice, shuffled, and told again eight days later: what a platform's habits come to.

    python -m tests.replay [EVENTS] [--only sqlite|postgresql] [--database URL]

runs it on both kinds of database, each made for it and gone at the end; or on an empty one of yours. The suite runs a
smaller one.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event

from bot.services import inbox
from bot.services.inbox import Raw
from messages.statuses import ChannelName, MessageStatus, advances
from storage.engine import migrate
from storage.models import Contact, Message
from storage.upsert import insert_new
from tests.factory import (
    NOW,
    Store,
    create_analyst,
    create_case,
    create_dentist,
    file_waiting,
    wa_message,
    wa_status,
    webhook,
)
from tests.servers import databases

DENTISTS = 100
TWICE = 0.3  # of the events are told a second time
IN_A_BODY = 50
ORDER = {status: n for n, status in enumerate(("sent", "failed", "delivered", "read"))}
ENDS = (("sent",), ("sent", "delivered"), ("sent", "delivered", "read"), ("failed",), ("failed", "delivered"))
MEANS = {
    "sent": MessageStatus.ACCEPTED,
    "failed": MessageStatus.FAILED,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
}


@dataclass
class Story:
    """What Meta tells, and what must come of it."""

    bodies: list[bytes]
    events: int
    received: int  # messages of dentists, each counted once
    statuses: dict[str, MessageStatus] = field(default_factory=dict)  # our key → where it must end

    @property
    def arrived(self) -> int:
        return sum(status is not MessageStatus.FAILED for status in self.statuses.values())


def phones() -> list[str]:
    return [f"+557198{n:07d}" for n in range(DENTISTS)]


def story(events: int, seed: int = 7) -> Story:
    """So many events in all, three in ten of them told before; half are messages, half the ends of ours."""
    chance = random.Random(seed)
    different = int(events / (1 + TWICE))
    numbers, told, ends = phones(), list[dict[str, Any]](), dict[str, MessageStatus]()
    received = 0
    while len(told) < different:
        at = NOW + timedelta(seconds=len(told))
        if chance.random() < 0.5:
            received += 1
            text = f"mensagem {received}"
            told.append({"messages": [wa_message(f"wamid.in.{received}", text, chance.choice(numbers)[1:], at)]})
        else:
            key, end = f"key-{len(ends)}", chance.choice(ENDS)
            ends[key] = MEANS[max(end, key=ORDER.__getitem__)]
            code = {"failed": 131026}
            told += [{"statuses": [wa_status(f"wamid.{key}", s, key, at, code.get(s))]} for s in end]
    told += chance.sample(told, events - min(len(told), events))
    chance.shuffle(told)
    lots = [told[n : n + IN_A_BODY] for n in range(0, len(told), IN_A_BODY)]
    return Story([json.dumps(webhook(*lot)).encode() for lot in lots], len(told), received, ends)


def prepare(store: Store, told: Story) -> None:
    """The dentists, their cases, and our messages on their way."""
    analyst = create_analyst(store)
    cases = [
        create_case(store, analyst, create_dentist(store, f"DENTISTA {n}", phone=p)) for n, p in enumerate(phones())
    ]
    blank = {name: None for name in Message.model_fields if name not in ("id",)}
    same = blank | {"channel": ChannelName.WHATSAPP, "analyst_id": analyst.id, "status": MessageStatus.SENDING}
    same |= {"blocks": [], "said": {}, "offers": [], "template_parameters": {}, "edited": False, "version": 1}
    same |= {"put_off": False, "answers": 0, "attempts": 1, "created_at": NOW, "sent_at": NOW, "text": "Bom dia!"}
    rows = [
        same | {"case_id": cases[n % DENTISTS].id, "address": phones()[n % DENTISTS], "idempotency_key": key}
        for n, key in enumerate(told.statuses)
    ]
    store.do(lambda session, now: [insert_new(session, Message, lot) for lot in _lots(rows, 500)])


def _lots(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (rows[n : n + size] for n in range(0, len(rows), size))


def take_in(store: Store, told: Story, now: datetime) -> None:
    """As the webhook and the worker do it: kept first, then filed in batches."""
    for lot in _lots(told.bodies, 500):
        store.do(inbox.receive, [Raw(ChannelName.WHATSAPP, body) for body in lot], now=now)
    while file_waiting(store, now=now).events:
        pass


def check(store: Store, told: Story) -> None:
    """No touch too many, none missing; every status where it must be."""
    contacts = store.count(Contact)
    assert contacts == told.received + told.arrived, (contacts, told.received, told.arrived)
    found = {m.idempotency_key: m.status for m in store.all(Message)}
    wrong = {key: (found[key], end) for key, end in told.statuses.items() if found[key] is not end}
    assert not wrong, dict(list(wrong.items())[:5])


def run(store: Store, events: int, seed: int = 7) -> tuple[float, float, Story]:
    """The seconds that the first telling took, and the second one, eight days later and shuffled anew."""
    told = story(events, seed)
    prepare(store, told)
    with forward_only():
        started = time.monotonic()
        take_in(store, told, NOW)
        first = time.monotonic() - started
        check(store, told)
        random.Random(seed + 1).shuffle(told.bodies)
        started = time.monotonic()
        take_in(store, told, NOW + timedelta(days=8))
        again = time.monotonic() - started
        check(store, told)
    return first, again, told


@contextmanager
def forward_only() -> Iterator[None]:
    """No status of a message is ever set back, not even between where it was and where it ends."""

    def look(message: Message, new: MessageStatus, old: object, _: object) -> None:
        assert not isinstance(old, MessageStatus) or new is old or advances(old, new), (
            message.idempotency_key,
            old,
            new,
        )

    event.listen(Message.status, "set", look, active_history=True)
    try:
        yield
    finally:
        event.remove(Message.status, "set", look)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.replay")
    parser.add_argument("events", type=int, nargs="?", default=100_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--database", metavar="URL", help="an empty one")
    asked = parser.parse_args()
    if asked.database:
        _replay(asked.database, asked.database.partition(":")[0], asked.events)
        return
    with databases(asked.only) as found:
        for name, url in found.items():
            _replay(url, name, asked.events)


def _replay(url: str, name: str, events: int) -> None:
    migrate(url)
    store = Store(url)
    try:
        first, again, told = run(store, events)
    finally:
        store.close()
    lines = (
        f"{name}: {told.events} events, of them {told.received} messages, and {len(told.statuses)} sends of ours",
        f"told: {first:.1f} s; told again: {again:.1f} s; nothing too many, nothing missing, nothing set back",
    )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
