"""Who is told of whose cases, and who may change the team, by rows."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, String, cast, exists, literal
from sqlmodel import Session, col, or_, select

from messages.statuses import DayPart, Role
from storage import queries
from storage.models import Absence, Analyst, AuditEntry, Case, Message

JOINED, REACTIVATED = "joined", "reactivated"  # acts by which somebody comes in, or in again


def in_charge(session: Session, owner_ids: Collection[int]) -> dict[int, list[int]]:
    """Who is told of somebody's cases: whoever stands in, else they themselves; of a suspended person's, all who
    supervise."""
    owners = session.exec(select(Analyst).where(col(Analyst.id).in_(set(owner_ids)))).all()
    told = {o.id: [o.substitute_id or o.id] for o in owners if o.id is not None and o.active}
    if len(told) < len(owners):
        supervising = [a.id for a in queries.active_analysts(session, role=Role.SUPERVISOR) if a.id is not None]
        told |= {o.id: supervising for o in owners if o.id is not None and o.id not in told}
    return told


def acting(session: Session, owner_ids: Collection[int]) -> dict[int, Analyst]:
    """Owner → who works their cases now, and signs what goes out by itself. Of a suspended person's nobody does."""
    owners = session.exec(select(Analyst).where(col(Analyst.id).in_(set(owner_ids)), col(Analyst.active))).all()
    standing_in = {o.substitute_id for o in owners if o.substitute_id is not None}
    there = {a.id: a for a in session.exec(select(Analyst).where(col(Analyst.id).in_(standing_in)))}
    return {o.id: there.get(o.substitute_id, o) for o in owners if o.id is not None}


def answerable(session: Session, message_ids: Collection[int]) -> list[tuple[int, int]]:
    """(analyst, message): who is told how these messages stand. The author, while there and able to see the case; else
    whoever is in charge of it."""
    rows = session.execute(
        select(col(Message.id), Analyst, col(Case.analyst_id))
        .join(Analyst, col(Message.analyst_id) == col(Analyst.id))
        .join(Case, col(Message.case_id) == col(Case.id))
        .where(col(Message.id).in_(message_ids))
    ).all()
    charged = in_charge(session, {owner for _, _, owner in rows})
    told = []
    for message_id, author, owner in rows:
        there = author.active and author.substitute_id is None
        sees = author.role is Role.SUPERVISOR or author.id in (owner, *charged[owner])
        told += [(who, message_id) for who in ([author.id] if there and sees else charged[owner])]
    return told


def without_summary(
    session: Session,
    part: DayPart,
    day: date,
    *,
    whose: Collection[int] | None = None,
    came_before: datetime | None = None,
    back_before: datetime | None = None,
    lock: bool = False,
) -> list[Analyst]:
    """Who wants this summary, works now, and has not got that day's; with ``lock``, against every other teller. Of
    these people only, where they are given; of those only who were invited before a moment, and who were back before
    one from an absence or a suspension."""
    wants, told_on = {
        DayPart.MORNING: (col(Analyst.morning_digest), col(Analyst.morning_told_on)),
        DayPart.EVENING: (col(Analyst.evening_digest), col(Analyst.evening_told_on)),
    }[part]
    statement = (
        select(Analyst)
        .where(
            col(Analyst.active).is_(True),
            col(Analyst.telegram_user_id).is_not(None),
            col(Analyst.substitute_id).is_(None),
            wants.is_(True),
            or_(told_on.is_(None), told_on < day),
        )
        .order_by(col(Analyst.id))
    )
    if whose is not None:
        statement = statement.where(col(Analyst.id).in_(whose))
    if came_before is not None:
        statement = statement.where(Analyst.created_at < came_before)
    if back_before is not None:
        statement = statement.where(~_came_back_since(back_before))
    if lock:
        statement = statement.with_for_update(skip_locked=True, key_share=True)
    return list(session.exec(statement))


def _came_back_since(moment: datetime) -> ColumnElement[bool]:
    """Of analysts: who has been absent, or without access, until then or later. Where a process was down, an absence is
    over from the moment that was planned."""
    was_absent = exists().where(
        col(Absence.analyst_id) == Analyst.id,
        col(Absence.begun_at).is_not(None),
        col(Absence.ended_at) >= moment,
        col(Absence.ends_at) >= moment,
    )
    let_in = exists().where(
        col(AuditEntry.subject) == literal(f"{Analyst.__tablename__}:") + cast(col(Analyst.id), String),
        col(AuditEntry.action).in_([JOINED, REACTIVATED]),
        col(AuditEntry.at) >= moment,
    )
    return or_(was_absent, let_in)


def lock_supervisors(session: Session) -> Sequence[Analyst]:
    """All who supervise, as they stand until the commit: whoever changes the team waits for whoever else does."""
    supervising = select(Analyst).where(
        Analyst.role == Role.SUPERVISOR, col(Analyst.active), col(Analyst.telegram_user_id).is_not(None)
    )
    statement = supervising.order_by(col(Analyst.id)).with_for_update(key_share=True)
    return session.exec(statement, execution_options={"populate_existing": True}).all()
