"""The day at a glance: how much waits in each list, and the lists themselves."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlmodel import Session

from bot.services import approvals
from bot.services.operation import Operation
from messages.calendar import at, working_days_ago
from messages.statuses import Role, Worklist
from storage import lists, queries
from storage.lists import Listed, Moments
from storage.models import Analyst, Contact

PAGE = 8  # rows that fit on a phone


@dataclass(frozen=True, slots=True)
class Glance:
    """``quarantined`` and ``approvals`` are told to supervisors only."""

    counts: dict[Worklist, int]
    quarantined: int
    approvals: int


@dataclass(frozen=True, slots=True)
class Page:
    """``total`` counts the whole list; ``after`` is what the next page begins after, None on the last; ``first``: it is
    the first page."""

    which: Worklist
    rows: list[Listed]
    owners: dict[int, str]  # analyst id → name, of cases that are not the reader's own
    said: dict[int, Contact]  # case id → the dentist's last message, in the list of replies
    total: int
    after: tuple[datetime, int] | None
    first: bool


def glance(session: Session, analyst: Analyst, op: Operation, *, now: datetime) -> Glance:
    """An analyst's own figures; for a supervisor those of the whole team."""
    supervises = analyst.role is Role.SUPERVISOR
    counts = lists.counts(session, queries.whose_cases(session, analyst), moments(op, now))
    if not supervises:
        return Glance(counts, 0, 0)
    return Glance(counts, queries.count_quarantined(session), approvals.count(session))


def page(
    session: Session,
    analyst: Analyst,
    which: Worklist,
    op: Operation,
    *,
    after: tuple[datetime, int] | None = None,
    limit: int = PAGE,
    now: datetime,
) -> Page:
    """``after`` is the place of the last row of the page before."""
    owner, moment = queries.whose_cases(session, analyst), moments(op, now)
    rows = lists.page(session, which, owner, moment, after=after, limit=limit + 1)
    shown = rows[:limit]
    owners = queries.names_of(session, {r.case.analyst_id for r in shown} - {analyst.id or 0})
    total = lists.counts(session, owner, moment, [which])[which]
    said = _last_words(session, shown) if which is Worklist.REPLIES else {}
    return Page(which, shown, owners, said, total, shown[-1].place if len(rows) > limit else None, after is None)


def _last_words(session: Session, rows: list[Listed]) -> dict[int, Contact]:
    return {c.case_id: c for c in queries.last_replies(session, [r.case.id or 0 for r in rows]) if c.case_id}


def moments_before(op: Operation, days: int, now: datetime) -> datetime:
    """The beginning of the day that lies so many working days back."""
    day = working_days_ago(op.local(now).date(), days, extra_days=op.days_off)
    return at(day, time.min, op.zone)


def moments(op: Operation, now: datetime) -> Moments:
    """What the lists' words mean at this moment, in the operation's zone."""
    today = op.local(now).date()
    start, end = (at(day, time.min, op.zone) for day in (today, today + timedelta(days=1)))
    return Moments(now, start, end, moments_before(op, op.still_days, now))
