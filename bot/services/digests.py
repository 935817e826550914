"""The day's summaries: what waits as a working day begins, what is left as it ends. Each person may do without.

What an outage delayed is told once it is over: the morning's while there is time left to work by it, the evening's
until midnight, after which the next morning's says the same. Follow-ups that have fallen due meanwhile are in it, and
then in no notice of their own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from bot.services import audit, day, notices
from bot.services.operation import Operation
from messages.calendar import at
from messages.errors import NotFound
from messages.statuses import DayPart, Worklist
from storage import people
from storage.lists import Listed
from storage.models import Analyst, AuditEntry, Notification

SET = "digest_set"
EVENING_IS_NEAR = timedelta(hours=2)  # before closing: what waits then is soon told by the evening's summary
BY_NIGHT = timedelta(hours=2)  # after closing: what comes so late makes no sound
BEGINNING = timedelta(hours=1)  # so long after opening, whoever is back begins the day with everybody else
JUST_TOLD = timedelta(minutes=5)  # so long ago, a summary still stands for what it tells
FIRST = 5  # follow-ups of a list that a summary names
TOLD = {
    DayPart.MORNING: (
        Worklist.REPLIES,
        Worklist.OVERDUE,
        Worklist.ESCALATED,
        Worklist.TODAY,
        Worklist.PREPARED,
        Worklist.UNTOUCHED,
        Worklist.STILL,
        Worklist.DRAFTS,
        Worklist.DOUBTS,
    ),
    DayPart.EVENING: (Worklist.REPLIES, Worklist.OVERDUE, Worklist.DRAFTS, Worklist.DOUBTS),
}
NAMED = {DayPart.MORNING: (Worklist.OVERDUE, Worklist.TODAY), DayPart.EVENING: (Worklist.OVERDUE,)}


@dataclass(frozen=True, slots=True)
class Summary:
    """``counts`` holds what there is any of; ``named`` the first follow-ups of those of ``NAMED``'s lists. ``quiet``:
    it comes so late that it makes no sound."""

    part: DayPart
    counts: dict[Worklist, int]
    named: dict[Worklist, list[Listed]]
    quiet: bool = False


def is_due(session: Session, op: Operation, *, now: datetime) -> bool:
    """Whether somebody is to get a summary."""
    part = _part(op, now)
    return part is not None and bool(_without(session, part, op, now, lock=False))


def tell(session: Session, op: Operation, *, now: datetime) -> int:
    """Have everybody who wants it told, once a day; nobody on a day off, and nobody who is absent. How many."""
    part = _part(op, now)
    return _tell(session, part, op, now, _without(session, part, op, now)) if part is not None else 0


def tell_of(session: Session, people_ids: Collection[int], op: Operation, *, now: datetime) -> set[int]:
    """Those of some people whose summary tells now what fell due for them: they have it told here, are being told by
    somebody else, or were told just now. The rest need a notice of their own."""
    part = _part(op, now)
    if part is None or not people_ids:
        return set()
    owed = {person.id for person in _without(session, part, op, now, whose=people_ids, lock=False)}
    just_told = select(Notification.analyst_id).where(
        Notification.key == part.value,
        col(Notification.analyst_id).in_(people_ids),
        col(Notification.due_at).between(now - JUST_TOLD, now),
    )
    covered = {*session.exec(just_told), *(number for number in owed if number is not None)}
    _tell(session, part, op, now, _without(session, part, op, now, whose=people_ids))
    return covered


def _tell(session: Session, part: DayPart, op: Operation, now: datetime, people_told: list[Analyst]) -> int:
    for person in people_told:
        setattr(person, f"{part}_told_on", _today(op, now))
    session.add_all(people_told)
    session.flush()
    notices.show_below(session, people_told, part.value, now=now)
    return len(people_told)


def _without(
    session: Session,
    part: DayPart,
    op: Operation,
    now: datetime,
    *,
    whose: Collection[int] | None = None,
    lock: bool = True,
) -> list[Analyst]:
    """Who, of these or of all, is still to get it. The morning's is for whoever was there as the day began: it tells
    nothing new to one who has come in since, and to one who comes back in the middle of it, the evening's does."""
    if part is DayPart.EVENING:
        return people.without_summary(session, part, _today(op, now), whose=whose, lock=lock)
    opening = _opening(op, now)
    there = {"came_before": opening, "back_before": opening + BEGINNING}
    return people.without_summary(session, part, _today(op, now), whose=whose, lock=lock, **there)


def _part(op: Operation, now: datetime) -> DayPart | None:
    """Which summary is due, or overdue; None: none, or it would tell of what is over."""
    local = op.local(now)
    if not op.is_working_day(local.date()):
        return None
    opening, closing = _opening(op, now), _closing(op, now)
    if opening <= now < max(closing - EVENING_IS_NEAR, opening + (closing - opening) / 2):
        return DayPart.MORNING
    return DayPart.EVENING if now >= closing else None


def _opening(op: Operation, now: datetime) -> datetime:
    return at(_today(op, now), op.hours.start, op.zone)


def _closing(op: Operation, now: datetime) -> datetime:
    return at(_today(op, now), op.hours.end, op.zone)


def _today(op: Operation, now: datetime) -> date:
    return op.local(now).date()


def summary(session: Session, analyst: Analyst, part: DayPart, op: Operation, *, now: datetime) -> Summary:
    """What waits for whoever reads it; a supervisor's is of all cases. Raises NotFound where nothing does."""
    counts = day.glance(session, analyst, op, now=now).counts
    waiting = {which: counts[which] for which in TOLD[part] if counts[which]}
    if not waiting:
        raise NotFound("Nada espera por você agora.")
    named = {
        which: day.page(session, analyst, which, op, limit=FIRST, now=now).rows
        for which in NAMED[part]
        if which in waiting
    }
    return Summary(part, waiting, named, part is DayPart.EVENING and now >= _closing(op, now) + BY_NIGHT)


def switch(
    session: Session, analyst: Analyst, part: DayPart, wanted: bool, op: Operation, *, now: datetime
) -> AuditEntry:
    """From now on with this summary, or without it: today's, if its hour is over, is not made up for."""
    own = session.get_one(Analyst, analyst.id)
    setattr(own, f"{part}_digest", wanted)
    if wanted and now >= (_opening(op, now) if part is DayPart.MORNING else _closing(op, now)):
        setattr(own, f"{part}_told_on", _today(op, now))
    session.add(own)
    detail = {"part": part.value, "wanted": wanted}
    entry = AuditEntry(at=now, analyst_id=analyst.id, action=SET, subject=audit.subject(own), detail=detail)
    session.add(entry)
    return entry


def wanted(session: Session, analyst: Analyst, *, now: datetime) -> dict[DayPart, bool]:
    """Which summaries a person gets."""
    own = session.get_one(Analyst, analyst.id)
    return {DayPart.MORNING: own.morning_digest, DayPart.EVENING: own.evening_digest}
