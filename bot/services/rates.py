"""The stored IPCA: sown from the copy that comes with the program, read on from its sources, differences decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.services import audit, notices
from bot.services.operation import Operation
from bot.services.permission import only_supervisors
from messages.errors import Conflict, NotFound
from messages.price_index import IPCA, Rate, Series, later, month_of, shipped_rates
from storage import queries
from storage.models import Analyst, IndexDifference, IndexRate, IndexReading

NOTICE, DIFFERENCE = "index", "index_difference"  # kinds of what supervisors are shown
PUBLISHED_FROM = 9  # day of the month: IBGE publishes the month before between the 8th and the 13th
BETWEEN_TRIES = timedelta(hours=6)  # real time
LEASE = timedelta(minutes=5)  # real time: a reading takes less than one
LOOKED_BACK = 24  # months that each reading compares with what is stored


def sow(session: Session, *, now: datetime) -> int:
    """Put in the months of the program's copy that the rows lack: what stands is left. How many."""
    standing = set(session.exec(select(IndexRate.month).where(IndexRate.series == IPCA)))
    new = [rate for rate in shipped_rates() if rate.month not in standing]
    session.add_all(_row(rate, now) for rate in new)
    return len(new)


def series(session: Session) -> Series:
    """All that is stored. Raises InvalidInput where nothing is."""
    rows = session.exec(select(IndexRate).where(IndexRate.series == IPCA)).all()
    return Series(Rate(row.month, row.percent, row.source, row.recorded_at.date()) for row in rows)


def is_due(session: Session, op: Operation, *, now: datetime, wall: datetime) -> bool:
    """Whether the sources are to be asked now: somebody wants it, or a month that ended should be out by now."""
    reading = _reading(session)
    if reading is not None and reading.tried_at is not None:
        waits = LEASE if _is_wanted(reading) else BETWEEN_TRIES
        if wall < reading.tried_at + waits:
            return False
    return (reading is not None and _is_wanted(reading)) or _lacks_a_month(session, op, now)


def _is_wanted(reading: IndexReading) -> bool:
    return reading.asked_at is not None


def _lacks_a_month(session: Session, op: Operation, now: datetime) -> bool:
    today = op.local(now).date()
    out = later(month_of(today), -1 if today.day >= PUBLISHED_FROM else -2)
    return _last(session) < out


def _last(session: Session) -> str:
    statement = select(IndexRate.month).where(IndexRate.series == IPCA).order_by(col(IndexRate.month).desc()).limit(1)
    return session.exec(statement).first() or ""


def begin(session: Session, op: Operation, *, now: datetime, wall: datetime) -> tuple[str, str] | None:
    """Take the reading on: the months to ask for, or None where another process has just done it."""
    reading = _reading(session, lock=True) or IndexReading(series=IPCA)
    if not is_due(session, op, now=now, wall=wall):
        return None
    reading.tried_at = wall
    session.add(reading)
    session.flush()
    last = later(month_of(op.local(now).date()), -1)
    stored = _last(session) or last
    return later(min(stored, last), -LOOKED_BACK), last


def keep(session: Session, rates: Sequence[Rate], *, now: datetime) -> int:
    """What a source told. New months are stored; of a month that stands otherwise, the difference is stored and told
    to those who supervise. How many months were new."""
    months = [rate.month for rate in rates]
    rows = session.exec(select(IndexRate).where(IndexRate.series == IPCA, col(IndexRate.month).in_(months))).all()
    standing = {row.month: row.percent for row in rows}
    new = [rate for rate in rates if rate.month not in standing]
    session.add_all(_row(rate, now) for rate in new)
    _told_apart(session, [r for r in rates if standing.get(r.month, r.percent) != r.percent], now)
    _ended(session, None, now)
    return len(new)


def _told_apart(session: Session, rates: Sequence[Rate], now: datetime) -> None:
    """Each difference once, whoever finds it again."""
    known = {(d.month, d.percent) for d in session.exec(select(IndexDifference).where(IndexDifference.series == IPCA))}
    for rate in rates:
        if (rate.month, rate.percent) in known:
            continue
        found = IndexDifference(series=IPCA, month=rate.month, percent=rate.percent, source=rate.source, found_at=now)
        session.add(found)
        session.flush()
        notices.tell_supervisors(session, f"{DIFFERENCE}:{found.id}", DIFFERENCE, found.id, now=now)


def failed(session: Session, reason: str, *, now: datetime) -> None:
    """No source answered: tried again later by itself."""
    _ended(session, reason[:300], now)


def _ended(session: Session, error: str | None, now: datetime) -> None:
    reading = _reading(session, lock=True) or IndexReading(series=IPCA)
    asked_by = reading.asked_by
    reading.asked_at, reading.asked_by, reading.error = None, None, error
    if error is None:
        reading.read_at = now
    session.add(reading)
    session.flush()
    if asked_by is not None:
        notices.touch(session, [notices.Touch(asked_by, NOTICE, NOTICE, None, reading.id)], now=now)


def ask(session: Session, analyst: Analyst, *, now: datetime) -> IndexReading:
    """For supervisors: have the sources read now. Raises NotAllowed, Conflict where that is under way."""
    only_supervisors(analyst)
    reading = _reading(session, lock=True) or IndexReading(series=IPCA)
    if _is_wanted(reading):
        raise Conflict("A atualização já foi pedida: aviso aqui quando terminar.")
    reading.asked_at, reading.asked_by, reading.tried_at = now, analyst.id, None
    session.add(reading)
    session.flush()
    audit.record(session, analyst, "index_asked", reading, now=now)
    return reading


@dataclass(frozen=True, slots=True)
class View:
    """``last``: the newest months, newest first."""

    last: list[Rate]
    reading: IndexReading | None
    differences: list[IndexDifference]  # undecided


def view(session: Session, analyst: Analyst, *, now: datetime) -> View:
    """Raises NotAllowed."""
    only_supervisors(analyst)
    rows = session.exec(
        select(IndexRate).where(IndexRate.series == IPCA).order_by(col(IndexRate.month).desc()).limit(6)
    ).all()
    undecided = session.exec(
        select(IndexDifference)
        .where(IndexDifference.series == IPCA, col(IndexDifference.decided_at).is_(None))
        .order_by(col(IndexDifference.month))
    ).all()
    last = [Rate(row.month, row.percent, row.source, row.recorded_at.date()) for row in rows]
    return View(last, _reading(session), list(undecided))


@dataclass(frozen=True, slots=True)
class Difference:
    found: IndexDifference
    standing: Rate
    decided_by: str | None


def difference(session: Session, analyst: Analyst, difference_id: int, *, now: datetime) -> Difference:
    """Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    found = session.get(IndexDifference, difference_id)
    if found is None:
        raise NotFound("Não encontrei esta diferença.")
    row = session.get_one(IndexRate, (found.series, found.month))
    names = queries.names_of(session, {found.decided_by or 0})
    standing = Rate(row.month, row.percent, row.source, row.recorded_at.date())
    return Difference(found, standing, names.get(found.decided_by or 0))


def decide(session: Session, analyst: Analyst, difference_id: int, taken: bool, *, now: datetime) -> IndexDifference:
    """For supervisors: the source's figure replaces what stands, or it does not. What was worked out before keeps the
    figures it was worked out with. Raises NotAllowed, NotFound, Conflict."""
    only_supervisors(analyst)
    statement = select(IndexDifference).where(IndexDifference.id == difference_id).with_for_update()
    found = session.exec(statement).first()
    if found is None:
        raise NotFound("Não encontrei esta diferença.")
    if found.decided_at is not None:
        raise Conflict("Esta diferença já foi decidida: mostro como ficou.")
    found.taken, found.decided_by, found.decided_at = taken, analyst.id, now
    session.add(found)
    row = session.get_one(IndexRate, (found.series, found.month), with_for_update=True)
    figures = {"month": found.month, "stood": str(row.percent), "found": str(found.percent)}
    if taken:
        row.percent, row.source, row.recorded_at = found.percent, found.source, now
        session.add(row)
    audit.record(session, analyst, "index_decided", found, now=now, taken=taken, **figures)
    key = f"{DIFFERENCE}:{found.id}"
    people = notices.people_with(session, key)
    notices.touch(session, [notices.Touch(who, key, DIFFERENCE, None, found.id) for who in people], now=now)
    return found


def _row(rate: Rate, now: datetime) -> IndexRate:
    return IndexRate(series=IPCA, month=rate.month, percent=rate.percent, source=rate.source, recorded_at=now)


def _reading(session: Session, *, lock: bool = False) -> IndexReading | None:
    statement = select(IndexReading).where(IndexReading.series == IPCA)
    return session.exec(statement.with_for_update() if lock else statement).first()
