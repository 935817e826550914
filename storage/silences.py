"""What the cadence asks of many cases at once: our contacts since the dentist spoke, what is under way, what is
promised."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, or_, select

from messages.statuses import LEFT_THE_HOUSE, Direction, FollowUpKind, MessageStatus
from storage.models import Case, Contact, FollowUp, Message
from storage.queries import HAPPENED

_UNSETTLED = (
    MessageStatus.DRAFT,
    MessageStatus.QUEUED,
    MessageStatus.SENDING,
    MessageStatus.UNKNOWN,
    MessageStatus.FAILED,
)


@dataclass(slots=True)
class Known:
    """Of one case. ``messages`` are those not settled, and those that the cadence prepared for this silence; ``sent``
    the keys of what reached the dentist in it, ``said`` of what ever did."""

    unanswered: list[datetime] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    proposals: list[FollowUp] = field(default_factory=list)  # to close: open or decided


def of(session: Session, cases: Sequence[Case]) -> dict[int, Known]:
    """By case, in three questions."""
    by_id = {case.id or 0: case for case in cases}
    known = {number: Known() for number in by_id}
    ours = col(Contact.direction).in_([Direction.OUT, Direction.CALL])
    touches = select(Contact.case_id, Contact.occurred_at).where(col(Contact.case_id).in_(by_id), ours, HAPPENED)
    for number, at in session.exec(touches.order_by(col(Contact.occurred_at))).all():
        if number is not None and _since_they_spoke(by_id[number], at):
            known[number].unanswered.append(at)
    mine = col(Message.case_id).in_(by_id)
    relevant = or_(
        col(Message.status).in_([*_UNSETTLED, *LEFT_THE_HOUSE]),
        col(Message.prepared_for).is_not(None),
    )
    for message in session.exec(select(Message).where(mine, relevant).order_by(col(Message.id))):
        one = known[message.case_id]
        if message.status not in LEFT_THE_HOUSE:
            one.messages.append(message)
            continue
        one.said |= set(message.blocks)
        if _since_they_spoke(by_id[message.case_id], message.sent_at or message.created_at):
            one.sent |= set(message.blocks)
    standing = or_(col(FollowUp.done_at).is_(None), col(FollowUp.kind) == FollowUpKind.CLOSING)
    promised = select(FollowUp).where(col(FollowUp.case_id).in_(by_id), standing).order_by(col(FollowUp.id))
    for follow_up in session.exec(promised):
        one = known[follow_up.case_id]
        (one.proposals if follow_up.kind is FollowUpKind.CLOSING else one.follow_ups).append(follow_up)
    return known


def with_a_return(session: Session, case_ids: Collection[int]) -> set[int]:
    """Those of these cases in which somebody is to come back to the dentist."""
    if not case_ids:
        return set()
    open_ = (col(FollowUp.done_at).is_(None), col(FollowUp.kind) != FollowUpKind.CLOSING)
    return set(session.exec(select(FollowUp.case_id).where(col(FollowUp.case_id).in_(case_ids), *open_)))


def _since_they_spoke(case: Case, moment: datetime) -> bool:
    return case.last_in_at is None or moment > case.last_in_at


def hold(session: Session, messages: Collection[Message]) -> set[int]:
    """Lock these, but for those that somebody else holds; the ids of those that were."""
    ids = [m.id for m in messages]
    if not ids:
        return set()
    held = select(Message.id).where(col(Message.id).in_(ids)).order_by(col(Message.id))
    return {number for number in session.exec(held.with_for_update(skip_locked=True)) if number is not None}
