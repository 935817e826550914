"""What was approved for later: at a moment that was chosen, moved to another, or let go at once after all."""

from datetime import datetime

from sqlmodel import Session

from bot.services import audit, drafts, leaving
from bot.services.meta_templates import whole_of
from bot.services.operation import Operation
from bot.services.standing import standing_of
from messages.errors import Conflict
from messages.policy import refusal
from messages.statuses import MessageStatus
from storage import queries
from storage.models import Analyst, Case, Message


def schedule(
    session: Session, analyst: Analyst, message_id: int, version: int, at: datetime, op: Operation, *, now: datetime
) -> Message:
    """Approve a draft for a moment, or move one that waits already. Conditions are asked again when it leaves.

    Raises Conflict for a moment that is past, or later than WhatsApp takes a free text; else as `drafts.approve`.
    """
    message = queries.message_for(session, message_id, analyst, lock=True)
    if message.status is not MessageStatus.QUEUED:
        return drafts.approve(session, analyst, message_id, version, op, at=at, now=now)
    drafts.same_version(message, version)
    case = queries.case_for(session, message.case_id, analyst, lock=True)
    return _move(session, analyst, message, case, op, at, now)


def send_now(
    session: Session, analyst: Analyst, message_id: int, version: int, op: Operation, *, now: datetime
) -> Message:
    """Let what waits go after the undo time; a template outside working hours, at the next opening.

    Raises Conflict when it has left or was taken back.
    """
    message = queries.message_for(session, message_id, analyst, lock=True)
    if message.status is not MessageStatus.QUEUED:
        raise Conflict(drafts.STANDS.get(message.status, drafts.SENT_ALREADY))
    drafts.same_version(message, version)
    case = queries.case_for(session, message.case_id, analyst, lock=True)
    return _move(session, analyst, message, case, op, None, now)


def _move(
    session: Session, analyst: Analyst, message: Message, case: Case, op: Operation, at: datetime | None, now: datetime
) -> Message:
    """Its approval is that of then: what the dentist has written since holds it back."""
    whole, to = whole_of(session, message), message.address
    reason = refusal(standing_of(session, case), message.channel, template=whole, address=to, now=now)
    if reason is not None:
        raise Conflict(reason)
    leaving.set_leaving(message, case, op, at, now)
    message.put_off, message.status_at = True, now
    session.add(message)
    audit.record(session, analyst, "moved", message, now=now, case=case.id)
    return message
