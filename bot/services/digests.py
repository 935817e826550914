"""The day's summaries: what waits as a working day begins, what is left as it ends. Each person may do without."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from bot.services import audit, day, notices
from bot.services.operation import Operation
from messages.errors import NotFound
from messages.statuses import DayPart, Worklist
from storage import people
from storage.lists import Listed
from storage.models import Analyst, AuditEntry

SET = "digest_set"
MORNING_LASTS = timedelta(hours=2)  # from the opening on: later it would tell of a day that is well under way
FIRST = 5  # follow-ups that a summary names
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
NAMED = {DayPart.MORNING: Worklist.TODAY, DayPart.EVENING: Worklist.OVERDUE}


@dataclass(frozen=True, slots=True)
class Summary:
    """``counts`` holds what there is any of; ``named`` the first follow-ups of ``NAMED``'s list."""

    part: DayPart
    counts: dict[Worklist, int]
    named: list[Listed]


def is_due(session: Session, op: Operation, *, now: datetime) -> bool:
    """Whether somebody is to get a summary."""
    part = _part(op, now)
    return part is not None and bool(people.without_summary(session, part, _today(op, now)))


def tell(session: Session, op: Operation, *, now: datetime) -> int:
    """Have everybody who wants it told, once a day; nobody on a day off, and nobody who is absent. How many."""
    part, today = _part(op, now), _today(op, now)
    if part is None:
        return 0
    told = people.without_summary(session, part, today, lock=True)
    for person in told:
        setattr(person, f"{part}_told_on", today)
    session.add_all(told)
    session.flush()
    notices.show_below(session, told, part.value, now=now)
    return len(told)


def _part(op: Operation, now: datetime) -> DayPart | None:
    """Which summary is due; what an outage made late is not told of a day that is over."""
    local = op.local(now)
    if not op.is_working_day(local.date()):
        return None
    opening = local.replace(hour=op.hours.start.hour, minute=op.hours.start.minute, second=0, microsecond=0)
    if opening <= local < opening + MORNING_LASTS:
        return DayPart.MORNING
    return DayPart.EVENING if local.time() >= op.hours.end else None


def _today(op: Operation, now: datetime) -> date:
    return op.local(now).date()


def summary(session: Session, analyst: Analyst, part: DayPart, op: Operation, *, now: datetime) -> Summary:
    """What waits for whoever reads it; a supervisor's is of all cases. Raises NotFound where nothing does."""
    counts = day.glance(session, analyst, op, now=now).counts
    waiting = {which: counts[which] for which in TOLD[part] if counts[which]}
    if not waiting:
        raise NotFound("Nada espera por você agora.")
    named = day.page(session, analyst, NAMED[part], op, limit=FIRST, now=now).rows if NAMED[part] in waiting else []
    return Summary(part, waiting, named)


def switch(session: Session, analyst: Analyst, part: DayPart, wanted: bool, *, now: datetime) -> AuditEntry:
    """From now on with this summary, or without it."""
    own = session.get_one(Analyst, analyst.id)
    setattr(own, f"{part}_digest", wanted)
    session.add(own)
    detail = {"part": part.value, "wanted": wanted}
    entry = AuditEntry(at=now, analyst_id=analyst.id, action=SET, subject=audit.subject(own), detail=detail)
    session.add(entry)
    return entry


def wanted(session: Session, analyst: Analyst, *, now: datetime) -> dict[DayPart, bool]:
    """Which summaries a person gets."""
    own = session.get_one(Analyst, analyst.id)
    return {DayPart.MORNING: own.morning_digest, DayPart.EVENING: own.evening_digest}
