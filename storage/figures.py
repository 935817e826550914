"""The panel's figures: cases counted by the database, a question for each way in which they are told apart.

What a case is counted by stands in its row, in the contacts that came with its form or were answered calls, in what
left the house with an offer, and in what was ticked by hand.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, and_, case, cast, exists, func, or_, select, text, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col

from messages.form import ACTIONS
from messages.notes import UNANSWERED
from messages.panel.figures import Place, Spans, Step, Tally
from messages.periods import Days
from messages.statuses import LEFT_THE_HOUSE, Direction, Outcome
from storage.models import ActionTick, Case, Contact, Message
from storage.queries import STANDS, Whose, in_hands

_EMPTY = "[]"  # a list kept as JSON, asked as the text that it is
_ENDED = and_(col(Case.closed_at).is_not(None), col(Case.outcome).is_not(None))
_END = case((_ENDED, cast(col(Case.outcome), String)))
_CALL_ANSWERED = col(Case.id).in_(
    select(col(Contact.case_id)).where(
        col(Contact.case_id).is_not(None),
        col(Contact.direction) == Direction.CALL,
        col(Contact.answered_by).is_not(None),
        col(Contact.answered_by).not_in(UNANSWERED),
        STANDS,
    )
)
_CAME_WITH_CONTACTS = col(Case.id).in_(
    select(col(Contact.case_id)).where(col(Contact.case_id).is_not(None), col(Contact.imported), STANDS)
)
_ANSWERED = or_(col(Case.last_in_at).is_not(None), _CALL_ANSWERED)


def _offered() -> ColumnElement[bool]:
    """Whether any action stands on the form: carried by what left, ticked by hand, or come along and not taken away."""
    later = aliased(ActionTick)
    carried = exists().where(
        col(Message.case_id) == col(Case.id),
        col(Message.status).in_(LEFT_THE_HOUSE),
        cast(col(Message.offers), String) != _EMPTY,
    )
    ticked = exists().where(
        col(ActionTick.case_id) == col(Case.id),
        col(ActionTick.ticked),
        ~exists().where(
            col(later.case_id) == col(ActionTick.case_id),
            col(later.action) == col(ActionTick.action),
            col(later.id) > col(ActionTick.id),
        ),
    )
    came_along = or_(
        *(
            and_(
                cast(col(Case.actions_imported), String).contains(json.dumps(action), autoescape=True),
                ~exists().where(col(ActionTick.case_id) == col(Case.id), col(ActionTick.action) == action),
            )
            for action in ACTIONS
        )
    )
    return or_(and_(cast(col(Case.actions_imported), String) != _EMPTY, came_along), carried, ticked)


_STEP = case(
    (
        _ANSWERED,
        case(
            (
                _offered(),
                case(
                    (and_(_ENDED, col(Case.outcome) == Outcome.RETAINED), Step.RETAINED.value), else_=Step.OFFERED.value
                ),
            ),
            else_=Step.ANSWERED.value,
        ),
    ),
    (_CAME_WITH_CONTACTS, Step.TOLD.value),
    (col(Case.first_out_at).is_not(None), Step.CONTACTED.value),
    else_=Step.OPENED.value,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases count: these people's, whose protocol was opened on one of these days; a protocol whose day is not
    known, where the case was opened between these moments. Without days: all."""

    whose: Whose
    days: Days | None = None
    moments: tuple[datetime, datetime] | None = None  # the same days' bounds, UTC

    def condition(self) -> ColumnElement[bool]:
        return and_(in_hands(self.whose), self._opened())

    def _opened(self) -> ColumnElement[bool]:
        if self.days is None or self.moments is None:
            return true()
        protocol, opened, (begin, end) = col(Case.protocol_opened_on), col(Case.opened_at), self.moments
        return or_(
            and_(protocol >= self.days.first, protocol < self.days.end),
            and_(protocol.is_(None), opened >= begin, opened < end),
        )


class _DaysBetween(FunctionElement[int]):
    """Of two days, how many calendar days lie between them."""

    type = Integer()
    inherit_cache = True


@compiles(_DaysBetween, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    first, last = (compiler.process(clause, **more) for clause in element.clauses)
    return f"CAST(julianday({last}) - julianday({first}) AS INTEGER)"


@compiles(_DaysBetween, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    first, last = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({last} - {first})"


def by_analyst(session: Session, scope: Scope) -> dict[int, Tally]:
    """Of whoever has the cases now."""
    found: dict[int, Tally] = {}
    for analyst_id, step, end, many in _counted(session, scope, col(Case.analyst_id), _STEP, _END):
        _add(found.setdefault(analyst_id, Tally()), step, end, many)
    return found


def by_place(session: Session, scope: Scope) -> dict[Place, Tally]:
    """By city and UF as they are spelt."""
    found: dict[Place, Tally] = {}
    for city, uf, step, end, many in _counted(session, scope, col(Case.city), col(Case.uf), _STEP, _END):
        _add(found.setdefault((city, uf), Tally()), step, end, many)
    return found


def by_reasons(session: Session, scope: Scope) -> dict[tuple[str, ...], Tally]:
    """By all the reasons of a case together, whatever their order; how far it came is not asked."""
    found: dict[tuple[str, ...], Tally] = {}
    for reasons, end, many in _counted(session, scope, cast(col(Case.reasons), String), _END):
        _add(found.setdefault(tuple(sorted(json.loads(reasons))), Tally()), Step.OPENED, end, many)
    return found


def spans(session: Session, scope: Scope) -> dict[int, Spans]:
    """How long the cases that have ended took, by whoever has them."""
    taken = _DaysBetween(col(Case.started_on), col(Case.ended_on))
    counts: dict[int, Counter[int | None]] = {}
    for analyst_id, days, end, many in _counted(session, scope, col(Case.analyst_id), taken, _END):
        if end is not None:
            counts.setdefault(analyst_id, Counter())[days if days is not None and days >= 0 else None] += many
    return {number: _spans(told) for number, told in counts.items()}


def _spans(told: Mapping[int | None, int]) -> Spans:
    return Spans(Counter({days: many for days, many in told.items() if days is not None}), told.get(None, 0))


def _add(tally: Tally, step: str, end: str | None, many: int) -> None:
    tally.counts[Step(step), Outcome(end) if end else None] += many


def _counted(session: Session, scope: Scope, *by: Any) -> Any:
    """(…, how many cases) for each combination. What tells them apart is worked out within, once a case."""
    if session.get_bind().dialect.name == "postgresql":  # which would compile it for longer than it runs
        session.execute(text("SET LOCAL jit = off"))
    named = [column.label(f"by_{n}") for n, column in enumerate(by)]
    cases = select(*named).select_from(Case).where(scope.condition()).subquery()
    return session.execute(select(*cases.c, func.count()).group_by(*cases.c)).all()
