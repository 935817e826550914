"""An approval that no longer holds, and an answer that was none."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case as case_of
from sqlalchemy import update
from sqlmodel import Session, col

from messages.statuses import MessageStatus
from storage.models import Case, Message


def back_to_drafts(session: Session, messages: Sequence[Message], now: datetime) -> None:
    """What was approved is so no longer: a button drawn before does not approve it again."""
    for message in messages:
        message.status, message.due_at, message.status_at, message.put_off = MessageStatus.DRAFT, None, now, False
        message.version += 1
    answer_nothing(session, messages)


def answer_nothing(session: Session, messages: Sequence[Message]) -> None:
    """What these would have answered waits as before: they have reached nobody."""
    waits = Counter[int]()
    for message in messages:
        waits[message.case_id] += message.answers
        message.answers = 0
    session.add_all(messages)
    if waits := +waits:
        more = case_of(dict(waits), value=col(Case.id))
        session.execute(update(Case).where(col(Case.id).in_(waits)).values(unread=col(Case.unread) + more))
