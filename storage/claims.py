"""What is due, taken by one process at a time: locked until the commit, or leased."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from messages.statuses import ChannelName, FollowUpKind, MessageStatus
from storage.models import Case, FollowUp, InboxEvent, Message, Notification

# Events that are neither handled nor given up.
WAITING = (col(InboxEvent.filed_at).is_(None), col(InboxEvent.parked_at).is_(None))
PEOPLE_AT_ONCE = 20  # whose follow-ups one transaction tells


def claim_messages(
    session: Session, channel: ChannelName, limit: int, *, now: datetime, wall: datetime
) -> Sequence[Message]:
    """The queued messages of a channel that are due and not backing off, locked against every other claimer until the
    commit.

    Of one address only the first, and none while another is on its way there: a dentist reads them in order.
    """
    other = aliased(Message)
    goes_first = exists().where(
        col(other.channel) == col(Message.channel),
        col(other.address) == col(Message.address),
        or_(
            col(other.status) == MessageStatus.SENDING,
            and_(
                col(other.status) == MessageStatus.QUEUED,
                or_(
                    col(other.due_at) < col(Message.due_at),
                    and_(col(other.due_at) == col(Message.due_at), col(other.id) < col(Message.id)),
                ),
            ),
        ),
    )
    return session.exec(
        select(Message)
        .where(
            Message.status == MessageStatus.QUEUED,
            Message.channel == channel,
            col(Message.due_at) <= now,
            or_(col(Message.lease_until).is_(None), col(Message.lease_until) < wall),
            ~goes_first,
        )
        .order_by(col(Message.due_at), col(Message.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def expired_sends(session: Session, wall: datetime, limit: int) -> Sequence[Message]:
    """Messages whose sender died, or was silent beyond its lease."""
    return session.exec(
        select(Message)
        .where(Message.status == MessageStatus.SENDING, col(Message.lease_until) < wall)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def due_follow_ups(session: Session, limit: int, now: datetime) -> Sequence[FollowUp]:
    """What is to be told of some people, all of each person's together: one notice then tells it. No lower bound: what
    fell due during an outage is found too."""
    due = and_(col(FollowUp.done_at).is_(None), col(FollowUp.nudge_at) <= now)
    first = select(FollowUp.analyst_id).where(due).group_by(col(FollowUp.analyst_id))
    whose = first.order_by(func.min(FollowUp.nudge_at)).limit(PEOPLE_AT_ONCE).scalar_subquery()
    return session.exec(
        select(FollowUp)
        .where(due, col(FollowUp.analyst_id).in_(whose))
        .order_by(col(FollowUp.nudge_at), col(FollowUp.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def cases_to_look_at(session: Session, limit: int, now: datetime, *, lock: bool = True) -> Sequence[Case]:
    """The open cases that the cadence is to look at; with ``lock``, against everybody until the commit."""
    statement = select(Case).where(*_to_look_at(now)).order_by(col(Case.id)).limit(limit)
    return session.exec(statement.with_for_update(skip_locked=True) if lock else statement).all()


def _to_look_at(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Case.closed_at).is_(None), or_(col(Case.cadence_at).is_(None), col(Case.cadence_at) <= now)


def cases_that_wait_for_us(session: Session, limit: int, now: datetime) -> list[tuple[int, str | None]]:
    """(case, UF) of those that the cadence is to look at, where the dentist waits for an answer and nothing of the
    cadence's own stands; locked against everybody until the commit."""
    prepared = exists().where(
        col(Message.case_id) == Case.id,
        col(Message.status) == MessageStatus.DRAFT,
        col(Message.prepared_for).is_not(None),
    )
    proposed = exists().where(
        col(FollowUp.case_id) == Case.id,
        col(FollowUp.done_at).is_(None),
        col(FollowUp.kind) == FollowUpKind.CLOSING,
    )
    rows = session.execute(
        select(Case.id, Case.uf)
        .where(*_to_look_at(now), Case.unread > 0, ~prepared, ~proposed)
        .order_by(col(Case.id))
        .limit(limit)
        .with_for_update(skip_locked=True, of=Case)
    )
    return [(case_id, uf) for case_id, uf in rows]


def look_again_at(session: Session, case_ids: Sequence[int], moment: datetime) -> None:
    """When the cadence looks at these cases next."""
    session.execute(
        update(Case).where(col(Case.id).in_(case_ids)).values(cadence_at=moment),
        execution_options={"synchronize_session": False},
    )


def claim_notifications(
    session: Session, which: ColumnElement[bool], limit: int, *, now: datetime, wall: datetime, lease_until: datetime
) -> list[int]:
    """Lease the notifications of some kinds that are due; their ids."""
    due = (
        select(Notification.id)
        .where(
            col(Notification.sent_at).is_(None),
            Notification.due_at <= now,
            which,
            or_(col(Notification.lease_until).is_(None), col(Notification.lease_until) < wall),
        )
        .order_by(col(Notification.due_at), col(Notification.id))
        .limit(limit)
    )
    return _lease(session, Notification, due, lease_until)


def claim_event_lanes(
    session: Session, source: ChannelName, limit: int, *, wall: datetime, lease_until: datetime
) -> list[InboxEvent]:
    """Lease the first waiting event of each lane: one lane's events are handled in order, lanes beside each other.

    A lane whose first event is leased, or waits for its next try, waits with it.
    """
    first = (
        select(func.min(InboxEvent.id))
        .where(InboxEvent.source == source, *WAITING)
        .group_by(InboxEvent.lane)
        .scalar_subquery()
    )
    free = (
        select(InboxEvent.id)
        .where(
            col(InboxEvent.id).in_(first),
            *WAITING,  # asked again of the locked row: it may be done since the list was made
            or_(col(InboxEvent.lease_until).is_(None), col(InboxEvent.lease_until) < wall),
        )
        .order_by(col(InboxEvent.id))
        .limit(limit)
    )
    ids = _lease(session, InboxEvent, free, lease_until)
    return list(events(session, ids)) if ids else []


def _lease(
    session: Session, table: type[Notification] | type[InboxEvent], due: Select[Any], lease_until: datetime
) -> list[int]:
    """Lease these rows, locked against every other claimer; their ids.

    They are chosen before anything is changed: a plain subquery PostgreSQL may run again for each row, and so take more
    than its limit.
    """
    chosen = due.with_for_update(skip_locked=True).cte("due")
    statement = (
        update(table)
        .where(col(table.id).in_(select(chosen.c.id)))
        .values(lease_until=lease_until)
        .returning(col(table.id))
        .execution_options(synchronize_session=False)
    )
    return sorted(session.execute(statement).scalars())


def waiting_ids(
    session: Session,
    source: ChannelName,
    limit: int,
    *,
    most_bytes: int,
    only: int | None = None,
    lock: bool = False,
    wall: datetime,
) -> list[int]:
    """Events not yet filed and not waiting for their next try: as many as ``most_bytes`` hold, at least one.

    ``lock``: and that nobody else has in hand, until the commit.
    """
    statement = (
        select(InboxEvent.id, func.length(InboxEvent.body))
        .where(
            InboxEvent.source == source,
            *WAITING,
            or_(col(InboxEvent.lease_until).is_(None), col(InboxEvent.lease_until) < wall),
        )
        .order_by(col(InboxEvent.id))
        .limit(limit)
    )
    if only is not None:
        statement = statement.where(InboxEvent.id == only)
    ids: list[int] = []
    total = 0
    for event_id, size in session.execute(statement.with_for_update(skip_locked=True) if lock else statement):
        total += size
        if ids and total > most_bytes:
            break
        ids.append(event_id)
    return ids


def lock_waiting(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of these events that are not filed yet and that nobody else has in hand, locked until the commit."""
    theirs = select(InboxEvent.id).where(col(InboxEvent.id).in_(ids), *WAITING).order_by(col(InboxEvent.id))
    return {number for number in session.exec(theirs.with_for_update(skip_locked=True)) if number is not None}


def events(session: Session, ids: Sequence[int]) -> Sequence[InboxEvent]:
    """These events, in the order they came."""
    return session.exec(select(InboxEvent).where(col(InboxEvent.id).in_(ids)).order_by(col(InboxEvent.id))).all()


def bodies(session: Session, ids: Sequence[int]) -> list[tuple[int, bytes]]:
    """(event, body), in the order they came: where thousands are read, a row of the model costs more than its body."""
    rows = session.execute(
        select(col(InboxEvent.id), col(InboxEvent.body)).where(col(InboxEvent.id).in_(ids)).order_by(col(InboxEvent.id))
    )
    return [(event_id, body) for event_id, body in rows]


def mark_filed(session: Session, ids: Sequence[int], now: datetime) -> None:
    """What these events say is on record; what went wrong before does not count any more."""
    session.execute(
        update(InboxEvent).where(col(InboxEvent.id).in_(ids)).values(filed_at=now, error=None),
        execution_options={"synchronize_session": False},
    )
