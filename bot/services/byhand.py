"""Messages that go by the analyst's own WhatsApp, and were neither sent nor dropped: asked about at the day's end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists
from sqlmodel import Session, col, or_, select

from bot.services import notices
from bot.services.operation import Operation
from messages.calendar import is_working_day
from messages.statuses import ChannelName, MessageStatus
from storage import queries
from storage.models import Analyst, Case, Dentist, Message

SHOWN = 8
OPEN = (col(Message.status) == MessageStatus.DRAFT, col(Message.channel) == ChannelName.MANUAL)


@dataclass(frozen=True, slots=True)
class Left:
    """One that was left open."""

    message: Message
    case: Case
    dentist: Dentist


def is_due(session: Session, op: Operation, *, now: datetime) -> bool:
    """Whether it is after the last hour of a working day."""
    local = op.local(now)
    return local.time() >= op.hours.end and is_working_day(local.date(), None, op.days_off)


def ask(session: Session, op: Operation, *, now: datetime) -> int:
    """Once a working day, after its last hour: have everybody who left some open asked about them, in one list."""
    if not is_due(session, op, now=now):
        return 0
    today = op.local(now).date()
    left_open = exists().where(col(Message.analyst_id) == col(Analyst.id), *OPEN)
    people = session.exec(
        select(Analyst)
        .where(
            col(Analyst.active).is_(True),
            or_(col(Analyst.asked_on).is_(None), col(Analyst.asked_on) < today),
            left_open,
        )
        .order_by(col(Analyst.id))
        .with_for_update(skip_locked=True)
    ).all()
    for person in people:
        person.asked_on = today
        session.add(person)
    session.flush()
    touches = [notices.Touch(p.id, f"by_hand:{today:%Y%m%d}", "by_hand") for p in people if p.id is not None]
    notices.touch(session, touches, now=now)
    return len(people)


def left(session: Session, analyst: Analyst, *, now: datetime) -> list[Left]:
    """What the analyst has left open, the oldest first."""
    rows = session.exec(
        select(Message, Case, Dentist)
        .join(Case, col(Message.case_id) == Case.id)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .where(Message.analyst_id == analyst.id, *OPEN, queries.in_hands(queries.whose_cases(session, analyst)))
        .order_by(col(Message.created_at), col(Message.id))
        .limit(SHOWN)
    )
    return [Left(*row) for row in rows]
