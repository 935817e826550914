"""What a reply is read with, and what people said of earlier readings."""

from collections.abc import Collection

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from messages.statuses import Direction
from storage.models import Contact, ReadingFeedback
from storage.queries import HAPPENED


def said_before(session: Session, contact: Contact, limit: int) -> list[Contact]:
    """What was said on either side before a message, oldest of it first."""
    earlier = (
        select(Contact)
        .where(
            Contact.case_id == contact.case_id,
            col(Contact.direction).in_((Direction.IN, Direction.OUT)),
            col(Contact.imported).is_(False),
            tuple_(col(Contact.occurred_at), col(Contact.id)) < (contact.occurred_at, contact.id),
            HAPPENED,
        )
        .order_by(col(Contact.occurred_at).desc(), col(Contact.id).desc())
        .limit(limit)
    )
    return list(reversed(session.exec(earlier).all()))


def feedback_on(session: Session, contact_ids: Collection[int]) -> list[ReadingFeedback]:
    """What was said of the readings of these messages."""
    return list(session.exec(select(ReadingFeedback).where(col(ReadingFeedback.contact_id).in_(contact_ids))))
