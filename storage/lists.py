"""The lists that people work through: what stands in each, page by page, and how many.

A list is the rows of one table, each with the case and the dentist that it is about. A page is asked for by the last
row of the page before, so that it costs the same wherever it stands, and what comes or goes meanwhile shifts nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col

from messages.statuses import MessageStatus, Worklist
from storage.models import Analyst, Case, Dentist, FollowUp, Message
from storage.queries import PUT_OFF, Whose, in_hands


@dataclass(frozen=True, slots=True)
class Moments:
    """What "overdue", "today" and "standing still" mean now. UTC."""

    now: datetime
    day_start: datetime  # of the operation's day
    day_end: datetime
    still_before: datetime  # a case last touched before it stands still


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a list. ``at`` and ``row.id`` are its place in it."""

    case: Case
    dentist: Dentist
    row: Case | FollowUp | Message
    at: datetime

    @property
    def place(self) -> tuple[datetime, int]:
        return self.at, self.row.id or 0


@dataclass(frozen=True, slots=True)
class _List:
    table: type[SQLModel]
    at: Any  # the column that orders it
    where: Callable[[Moments], ColumnElement[bool]]
    newest_first: bool = False


_OPEN = col(Case.closed_at).is_(None)
_PROMISED = exists().where(col(FollowUp.case_id) == col(Case.id), col(FollowUp.done_at).is_(None))
_GONE = select(col(Analyst.id)).where(col(Analyst.active).is_(False))
_STANDING = col(FollowUp.done_at).is_(None)
_PREPARED = and_(col(Message.status) == MessageStatus.DRAFT, col(Message.cadence_step).is_not(None))


def _in_status(status: MessageStatus) -> Callable[[Moments], ColumnElement[bool]]:
    return lambda _: col(Message.status) == status


_LISTS: dict[Worklist, _List] = {
    Worklist.REPLIES: _List(Case, col(Case.last_in_at), lambda _: col(Case.unread) > 0, newest_first=True),
    Worklist.UNTOUCHED: _List(Case, col(Case.opened_at), lambda _: and_(_OPEN, col(Case.first_out_at).is_(None))),
    Worklist.STILL: _List(
        Case,
        col(Case.last_touch_at),
        lambda m: and_(
            _OPEN,
            col(Case.first_out_at).is_not(None),
            col(Case.unread) == 0,
            col(Case.last_touch_at) < m.still_before,
            ~_PROMISED,
        ),
    ),
    Worklist.OVERDUE: _List(FollowUp, col(FollowUp.due_at), lambda m: and_(_STANDING, col(FollowUp.due_at) <= m.now)),
    Worklist.PREPARED: _List(Message, col(Message.created_at), lambda _: _PREPARED),
    Worklist.ESCALATED: _List(
        FollowUp, col(FollowUp.due_at), lambda _: and_(_STANDING, col(FollowUp.escalated_at).is_not(None))
    ),
    Worklist.TODAY: _List(
        FollowUp,
        col(FollowUp.due_at),
        lambda m: and_(_STANDING, col(FollowUp.due_at) > m.now, col(FollowUp.due_at) < m.day_end),
    ),
    Worklist.DRAFTS: _List(Message, col(Message.created_at), _in_status(MessageStatus.DRAFT)),
    Worklist.SCHEDULED: _List(Message, col(Message.due_at), lambda _: PUT_OFF),
    Worklist.DOUBTS: _List(Message, col(Message.created_at), _in_status(MessageStatus.UNKNOWN)),
    Worklist.WAITING: _List(
        Case,
        col(Case.last_touch_at),
        lambda m: and_(
            _OPEN,
            col(Case.first_out_at).is_not(None),
            col(Case.unread) == 0,
            col(Case.last_touch_at) >= m.still_before,
        ),
    ),
    Worklist.ORPHANED: _List(Case, col(Case.last_touch_at), lambda _: and_(_OPEN, col(Case.analyst_id).in_(_GONE))),
    Worklist.OPEN: _List(Case, col(Case.last_touch_at), lambda _: _OPEN, newest_first=True),
}


def page(
    session: Session,
    which: Worklist,
    whose: Whose,
    moments: Moments,
    *,
    after: tuple[datetime, int] | None = None,
    limit: int,
) -> list[Listed]:
    """One page of a list; ``after`` is the last row's place of the page before."""
    wanted = _LISTS[which]
    number: Any = col(getattr(wanted.table, "id"))  # noqa: B009  the base class has no id
    statement = _of(select(Case, Dentist, wanted.table, wanted.at), which, whose, moments)
    statement = statement.join(Dentist, col(Case.dentist_id) == col(Dentist.id))
    if after is not None:
        at, row_id = after
        comes_later = wanted.at < at if wanted.newest_first else wanted.at > at
        then = number < row_id if wanted.newest_first else number > row_id
        statement = statement.where(or_(comes_later, and_(wanted.at == at, then)))
    order = (wanted.at.desc(), number.desc()) if wanted.newest_first else (wanted.at, number)
    rows = session.execute(statement.order_by(*order).limit(limit)).all()
    return [Listed(case, dentist, row, at) for case, dentist, row, at in rows]


def most_urgent(session: Session, which: Worklist, whose: Whose, moments: Moments) -> Listed | None:
    """Who of a list has waited longest and may be brought up now."""
    wanted = _LISTS[which]
    number: Any = col(getattr(wanted.table, "id"))  # noqa: B009
    statement = _of(select(Case, Dentist, wanted.table, wanted.at), which, whose, moments)
    statement = statement.join(Dentist, col(Case.dentist_id) == col(Dentist.id)).where(_free(which, moments))
    found = session.execute(statement.order_by(wanted.at, number).limit(1)).first()
    return Listed(*found) if found is not None else None


def count_free(session: Session, whose: Whose, moments: Moments, which: Sequence[Worklist]) -> int:
    """How many rows of these lists may be brought up now."""
    each = [
        _of(select(func.count()), one, whose, moments).where(_free(one, moments)).scalar_subquery() for one in which
    ]
    found: Sequence[int] = session.execute(select(*each)).one()
    return sum(found)


_OF_SILENCE = (Worklist.UNTOUCHED, Worklist.STILL)


def _free(which: Worklist, moments: Moments) -> ColumnElement[bool]:
    """Not put aside today, unless the dentist has written since; and nothing on its way to them. What was put off ends
    a silence, and is no answer. Whoever wants no messages is left in silence."""
    aside = and_(
        col(Case.put_aside_at).is_not(None),
        col(Case.put_aside_at) >= moments.day_start,
        or_(col(Case.last_in_at).is_(None), col(Case.last_in_at) <= col(Case.put_aside_at)),
    )
    dentist, other = aliased(Dentist), aliased(Message)  # beside the list's own
    unwilling = exists().where(col(dentist.id) == col(Case.dentist_id), col(dentist.opted_out_at).is_not(None))
    leaving = exists().where(
        col(other.case_id) == col(Case.id),
        col(other.status).in_([MessageStatus.QUEUED, MessageStatus.SENDING]),
        true() if which in _OF_SILENCE else ~and_(col(other.status) == MessageStatus.QUEUED, col(other.put_off)),
    )
    if which not in _OF_SILENCE:
        return and_(~aside, ~leaving)
    return and_(~aside, ~leaving, ~unwilling, ~exists().where(col(Message.case_id) == col(Case.id), _PREPARED))


def counts(
    session: Session, whose: Whose, moments: Moments, which: Sequence[Worklist] = tuple(Worklist)
) -> dict[Worklist, int]:
    """How many stand in each list, in one statement."""
    each = [_of(select(func.count()), one, whose, moments).scalar_subquery() for one in which]
    return dict(zip(which, session.execute(select(*each)).one(), strict=True))


def _of(statement: Any, which: Worklist, whose: Whose, moments: Moments) -> Any:
    """From the list's table and its cases, what stands in the list."""
    wanted = _LISTS[which]
    statement = statement.select_from(wanted.table).where(wanted.where(moments))
    if wanted.table is not Case:
        case_id: Any = col(getattr(wanted.table, "case_id"))  # noqa: B009
        statement = statement.join(Case, case_id == col(Case.id))
    return statement.where(in_hands(whose))
