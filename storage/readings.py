"""What a reply is read with, and what people said of earlier readings."""

from collections.abc import Collection

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from messages.statuses import Direction
from storage.models import Contact, ReadingFeedback
from storage.queries import HAPPENED

# On either side, and not only written down in a form.
_SAID = (col(Contact.direction).in_((Direction.IN, Direction.OUT)), col(Contact.imported).is_(False), HAPPENED)


def said_before(session: Session, contact: Contact, limit: int) -> list[Contact]:
    """What was said on either side before a message, oldest of it first."""
    earlier = (
        select(Contact)
        .where(
            Contact.case_id == contact.case_id,
            *_SAID,
            tuple_(col(Contact.occurred_at), col(Contact.id)) < (contact.occurred_at, contact.id),
        )
        .order_by(col(Contact.occurred_at).desc(), col(Contact.id).desc())
        .limit(limit)
    )
    return list(reversed(session.exec(earlier).all()))


def answered(session: Session) -> list[tuple[ReadingFeedback, Contact]]:
    """All that was ever said of readings, with the message that each is of, the oldest first."""
    statement = select(ReadingFeedback, Contact).join(Contact, col(ReadingFeedback.contact_id) == Contact.id)
    return list(session.exec(statement.order_by(col(ReadingFeedback.id))))


def talks(session: Session, case_ids: Collection[int]) -> dict[int, list[Contact]]:
    """What was said on either side in these cases, oldest first."""
    statement = select(Contact).where(col(Contact.case_id).in_(case_ids), *_SAID)
    found: dict[int, list[Contact]] = {}
    for contact in session.exec(statement.order_by(col(Contact.occurred_at), col(Contact.id))):
        found.setdefault(contact.case_id or 0, []).append(contact)
    return found


def feedback_on(session: Session, contact_ids: Collection[int]) -> list[ReadingFeedback]:
    """What was said of the readings of these messages."""
    return list(session.exec(select(ReadingFeedback).where(col(ReadingFeedback.contact_id).in_(contact_ids))))
