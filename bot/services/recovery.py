"""After a death, where one process owns the database: what it held is free again at once, not when the lease ends."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from bot.services import outbox
from storage.models import InboxEvent, Message, Notification, ReceivedFile

AGES = timedelta(days=36500)


def take_over(session: Session, *, now: datetime) -> int:
    """Free all leases; what was being sent is uncertain now. How many sends that concerns.

    Only for SQLite, whose file one `serve` owns; on PostgreSQL another process may be alive and leases must run out.
    """
    for model in (InboxEvent, Notification, ReceivedFile):
        session.execute(update(model).where(col(model.lease_until).is_not(None)).values(lease_until=None))
    silent = outbox.give_up_on_the_silent(session, 10_000, now=now, wall=now + AGES)
    session.execute(update(Message).where(col(Message.lease_until).is_not(None)).values(lease_until=None))
    return len(silent)
