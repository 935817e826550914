"""What comes in: kept raw before it is acknowledged, then filed, idempotently, as often as needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from bot.services import account, limits, meta_templates, notices, receipts, replies
from messages.errors import InvalidInput
from messages.statuses import ChannelName
from messages.webhook import Webhook, read_webhook
from storage import claims, queries
from storage.models import Analyst, InboxEvent
from storage.upsert import insert_new

PARK_AFTER = 5  # tries, before a person has to look
BATCH_BYTES = 4 * 1024 * 1024  # of bodies that are filed together: each is read whole


@dataclass(frozen=True, slots=True)
class Raw:
    """One webhook body or one Telegram update, as it came."""

    source: ChannelName
    body: bytes
    external_id: str | None = None
    lane: str = ""


def receive(session: Session, events: Sequence[Raw], *, now: datetime) -> int:
    """Keep what came in; an update that is here already is not kept twice. How many were new."""
    rows = [
        {
            "source": e.source,
            "external_id": e.external_id,
            "lane": e.lane,
            "body": e.body,
            "received_at": now,
        }
        for e in events
    ]
    return len(insert_new(session, InboxEvent, rows))


@dataclass(frozen=True, slots=True)
class Filed:
    """What one batch came to."""

    events: int = 0
    contacts: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """A waiting body and what it says; what a person has to look at is wrong with it, where there is a problem."""

    event_id: int
    said: Webhook
    problem: str = ""
    parked: bool = False


def read_waiting(
    session: Session,
    numbers: Sequence[str],
    limit: int,
    *,
    most_bytes: int = BATCH_BYTES,
    only: int | None = None,
    now: datetime,
    wall: datetime,
) -> list[Read]:
    """The waiting bodies of WhatsApp that nobody is filing, read beside the writer. ``numbers``: as `read_webhook`
    takes them; ``only``: this event."""
    source = ChannelName.WHATSAPP
    ids = claims.waiting_ids(session, source, limit, most_bytes=most_bytes, only=only, lock=True, wall=wall)
    return [_read(event_id, body, numbers) for event_id, body in claims.bodies(session, ids)] if ids else []


def _read(event_id: int, body: bytes, numbers: Sequence[str]) -> Read:
    try:
        said = read_webhook(body, numbers)
    except InvalidInput as error:
        return Read(event_id, Webhook(), error.text, parked=True)
    problem = "; ".join([*said.unreadable, *said.unread])[:300]
    return Read(event_id, said, problem, parked=bool(said.unreadable))


def file_whatsapp(session: Session, read: Sequence[Read], *, now: datetime) -> Filed:
    """File the bodies that were read together: contacts, statuses, opt-outs, notices, in bulk. Those that are filed
    meanwhile, or that somebody else has in hand, are left alone.

    One wrong event fails the batch; the caller then files them one by one and marks the one that fails.
    """
    ours = claims.lock_waiting(session, [r.event_id for r in read])
    taken = [r for r in read if r.event_id in ours]
    if not taken:
        return Filed()
    everything = Webhook()
    for body in taken:
        everything.add(body.said)
    _mark(session, taken, now)
    replies.file_preferences(session, everything.opt_outs, now=now)
    filed = replies.file(session, everything.incoming, now=now)
    receipts.file(session, everything.receipts, now=now)
    account.note(session, everything.account, now=now)
    limits.heed(session, everything.account, now=now)
    meta_templates.heed(session, everything.templates, now=now)
    session.flush()
    return Filed(len(taken), filed.contacts, filed.quarantined)


def _mark(session: Session, taken: Sequence[Read], now: datetime) -> None:
    """As filed; those that a person has to look at are set aside."""
    claims.mark_filed(session, [r.event_id for r in taken if not r.problem], now)
    odd = {r.event_id: r for r in taken if r.problem}
    for event in claims.events(session, list(odd)) if odd else ():
        event.error = odd[event.id or 0].problem
        if odd[event.id or 0].parked:
            _park(session, event, now)
        else:
            event.filed_at = now
            session.add(event)


def waiting_ids(session: Session, source: ChannelName, limit: int, *, wall: datetime, now: datetime) -> list[int]:
    """Which events the next batch would take."""
    return claims.waiting_ids(session, source, limit, most_bytes=BATCH_BYTES, wall=wall)


def count_waiting(session: Session, *, now: datetime) -> int:
    """How many are kept and not yet filed, for the metrics."""
    return session.exec(select(func.count()).where(*claims.WAITING)).one()


def claim_updates(session: Session, limit: int, *, now: datetime, wall: datetime, lease: timedelta) -> list[InboxEvent]:
    """Lease Telegram updates to handle: of each chat the first."""
    return claims.claim_event_lanes(session, ChannelName.TELEGRAM, limit, wall=wall, lease_until=wall + lease)


def mark_handled(session: Session, event_id: int, *, now: datetime) -> None:
    """The update's act and screen are done."""
    event = _locked(session, event_id)
    event.filed_at, event.lease_until = now, None
    session.add(event)


def release(session: Session, event_id: int, wait: timedelta, *, now: datetime, wall: datetime) -> None:
    """Not handled, and not its fault: it may be claimed again after a while, and no try is counted."""
    event = _locked(session, event_id)
    event.lease_until = wall + wait if wait else None
    session.add(event)


def mark_failed(session: Session, event_id: int, error: str, *, now: datetime, wall: datetime) -> InboxEvent:
    """Try again later, longer each time; after some tries it is parked and the supervisors are told."""
    event = _locked(session, event_id)
    event.attempts, event.error = event.attempts + 1, error[:300]
    event.lease_until = wall + timedelta(seconds=2**event.attempts)
    if event.attempts >= PARK_AFTER:
        _park(session, event, now)
    session.add(event)
    return event


def _park(session: Session, event: InboxEvent, now: datetime) -> None:
    """Kept, and given up until a person has looked."""
    event.parked_at = now
    session.add(event)
    notices.tell_supervisors(session, f"parked:{event.id}", "parked", event.id, now=now)


def retry_parked(session: Session, *, now: datetime) -> int:
    """A person has looked: everything that was given up is tried again from the start. How many."""
    parked = col(InboxEvent.parked_at).is_not(None)
    changes = {"parked_at": None, "attempts": 0, "lease_until": None}
    done = session.execute(
        update(InboxEvent).where(parked).values(changes), execution_options={"synchronize_session": False}
    )
    return int(getattr(done, "rowcount", 0))


def whose(
    session: Session, telegram_user_id: int, update_id: int, *, now: datetime
) -> tuple[Analyst | None, InboxEvent | None]:
    """The active analyst behind an update, and the update's kept row."""
    return (
        queries.analyst_by_telegram(session, telegram_user_id),
        queries.event_of(session, ChannelName.TELEGRAM, str(update_id)),
    )


def update_event(session: Session, update_id: int, *, now: datetime) -> InboxEvent | None:
    """The kept row of a Telegram update."""
    return queries.event_of(session, ChannelName.TELEGRAM, str(update_id))


def _locked(session: Session, event_id: int) -> InboxEvent:
    return session.exec(select(InboxEvent).where(col(InboxEvent.id) == event_id).with_for_update()).one()
