"""What was offered to be sent by the analyst's own WhatsApp: told to have gone or not, and asked about at the day's
end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from bot.services import audit, cases, drafts, notices, receipts
from bot.services.operation import Operation
from messages.errors import Conflict
from messages.statuses import ChannelName, MessageStatus
from storage import lots, people, queries
from storage.lots import Entry
from storage.models import Analyst, AuditEntry, Message

PAGE = 8
NOTICE = TOLD = "told_by_hand"


@dataclass(frozen=True, slots=True)
class Page:
    """What was left open; ``after`` is what the next page begins after, None on the last."""

    entries: list[Entry]
    total: int
    after: tuple[datetime, int] | None


def left(session: Session, analyst: Analyst, after: tuple[datetime, int] | None = None, *, now: datetime) -> Page:
    """What the analyst was offered to send and has said nothing about, the oldest first."""
    found, total = lots.left_open(session, analyst, after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    last = shown[-1].message if len(found) > PAGE else None
    place = (last.offered_at, last.id) if last is not None and last.offered_at and last.id else None
    return Page(shown, total, place)


def is_due(session: Session, op: Operation, *, now: datetime) -> bool:
    """Whether somebody is to be asked what they sent by hand."""
    return bool(lots.unasked(session, *_over(op, now)))


def ask(session: Session, op: Operation, *, now: datetime) -> int:
    """Have everybody who left something open by the end of the last working day asked about it, once, in one list.
    What an outage held back is asked as soon as it is over. How many."""
    closing, day = _over(op, now)
    unasked = lots.unasked(session, closing, day, lock=True)
    for person in unasked:
        person.asked_on = day
    session.add_all(unasked)
    session.flush()
    notices.show_below(session, unasked, NOTICE, now=now)
    return len(unasked)


def _over(op: Operation, now: datetime) -> tuple[datetime, date]:
    """The end of the last working day that is over, and which day that was."""
    closing = op.last_closing(now)
    return closing, op.local(closing).date()


def opened(session: Session, analyst: Analyst, message_id: int, *, now: datetime) -> None:
    """Whoever answers for a draft by hand has it before them, with its link. Raises NotFound."""
    message = queries.message_for(session, message_id, analyst, lock=True)
    by_hand = message.status is MessageStatus.DRAFT and message.channel is ChannelName.MANUAL
    if by_hand and (analyst.id, message_id) in people.answerable(session, [message_id]):
        message.offered_at = now
        session.add(message)


def tell(
    session: Session, analyst: Analyst, chosen: Sequence[tuple[int, int]], *, sent: bool, now: datetime
) -> AuditEntry:
    """These (message, version) went by hand, and are contacts from now on; or they did not, and stay drafts that nobody
    asks about until they are opened again. Those already settled, or changed since, are left as they are.

    Raises NotFound where one is gone or somebody else's.
    """
    versions = dict(chosen)
    entries = [e for e in lots.hold(session, analyst, versions) if _open(e.message, versions)]
    messages = [e.message for e in entries]
    for entry in entries:
        if sent:
            _went(session, entry, now)
        else:
            entry.message.offered_at = None
    session.add_all(messages)
    session.flush()
    audit.record_many(session, analyst, "handed_over" if sent else "not_sent", messages, now=now)
    receipts.log(session, messages, now=now)
    notices.message_changed(session, messages, now=now)
    detail = {"sent": sent, "messages": [m.id for m in messages], "left": len(versions) - len(messages)}
    told = AuditEntry(at=now, analyst_id=analyst.id, action=TOLD, subject=audit.subject(analyst), detail=detail)
    session.add(told)
    return told


def _went(session: Session, entry: Entry, now: datetime) -> None:
    """Told late: what the dentist wrote after it was offered has not been dealt with by it."""
    message, case = entry.message, entry.case
    if case.last_in_at is None or (message.offered_at is not None and case.last_in_at <= message.offered_at):
        cases.seen(session, case)
    drafts.went_by_hand(message, now)


def _open(message: Message, versions: dict[int, int]) -> bool:
    return (
        message.status is MessageStatus.DRAFT
        and message.channel is ChannelName.MANUAL
        and message.version == versions[message.id or 0]
    )


def not_sent(session: Session, analyst: Analyst, message_id: int, *, now: datetime) -> Message:
    """It did not go, and stays a draft; nobody asks about it until it is opened again. Raises Conflict when it is
    settled."""
    message = queries.message_for(session, message_id, analyst, lock=True)
    if message.status is not MessageStatus.DRAFT:
        raise Conflict(drafts.STANDS.get(message.status, drafts.SENT_ALREADY))
    message.offered_at = None
    session.add(message)
    audit.record(session, analyst, "not_sent", message, now=now)
    return message
