"""What a case's end is judged by: what was let stand, and what was ticked by hand."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from messages.closing import CONFIRMATION
from messages.statuses import LEFT_THE_HOUSE, ApprovalKind, Direction
from storage.models import ActionTick, Approval, ClosingAnswer, Contact
from storage.queries import messages_of


def answers_of(session: Session, case_id: int) -> list[ClosingAnswer]:
    """In the order they were given."""
    statement = select(ClosingAnswer).where(ClosingAnswer.case_id == case_id)
    return list(session.exec(statement.order_by(col(ClosingAnswer.id))))


def ticks_of(session: Session, case_id: int) -> dict[str, ActionTick]:
    """The last tick of each action that a person gave it or took away."""
    rows = session.exec(select(ActionTick).where(ActionTick.case_id == case_id).order_by(col(ActionTick.id)))
    return {tick.action: tick for tick in rows}


def asked_about(session: Session, case_id: int) -> frozenset[str]:
    """Keys of the findings that supervisors are asked to overrule."""
    statement = select(Approval.finding).where(Approval.case_id == case_id, col(Approval.decided_at).is_(None))
    return frozenset(key for key in session.exec(statement) if key is not None)


def written(session: Session, case_id: int, contact_ids: Collection[int]) -> list[Contact]:
    """Of these contacts of a case, what came from the dentist's number."""
    statement = select(Contact).where(
        Contact.case_id == case_id, Contact.direction == Direction.IN, col(Contact.id).in_(contact_ids)
    )
    return list(session.exec(statement.order_by(col(Contact.id))))


def confirmation_asked_at(session: Session, case_id: int) -> datetime | None:
    """When the dentist was asked last to confirm that they leave."""
    sent = messages_of(session, case_id, LEFT_THE_HOUSE)
    return max((m.sent_at or m.created_at for m in sent if CONFIRMATION in m.blocks), default=None)


def attributed_since(session: Session, case_id: int, at: datetime) -> bool:
    """Whether somebody has said who wrote a message of the dentist's that came since then."""
    statement = select(Contact.id).where(
        Contact.case_id == case_id,
        Contact.direction == Direction.IN,
        Contact.occurred_at >= at,
        col(Contact.answered_by).is_not(None),
    )
    return session.exec(statement).first() is not None


def awaits_sign_off(session: Session, case_id: int) -> bool:
    statement = select(Approval.id).where(
        Approval.case_id == case_id, Approval.kind == ApprovalKind.CLOSING, col(Approval.decided_at).is_(None)
    )
    return session.exec(statement).first() is not None
