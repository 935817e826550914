"""Absences: from when to when somebody is away, and who stands in. The worker begins and ends them, however late.

While one goes on, the absent person's row names the substitute: whose cases are whose is asked of rows, not of a clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from bot.services import audit, notices
from bot.services.permission import changing_the_team
from messages.errors import Conflict, InvalidInput, NotFound
from storage import queries
from storage.models import Absence, Analyst

LONGEST = timedelta(days=366)


def plan(
    session: Session,
    analyst: Analyst,
    person_id: int,
    substitute_id: int,
    starts_at: datetime,
    ends_at: datetime,
    *,
    now: datetime,
) -> Absence:
    """``ends_at`` is the first moment at which they are back. Raises NotAllowed, InvalidInput for a period that is past
    or upside down, Conflict where it meets another absence of either."""
    changing_the_team(session, analyst)
    if not now < ends_at <= now + LONGEST or starts_at >= ends_at:
        raise InvalidInput("Este período não serve: ele termina no futuro, dentro de um ano, e depois do começo.")
    people = _people(session, {person_id, substitute_id})
    if person_id == substitute_id:
        raise InvalidInput("Quem se ausenta não pode ficar no próprio lugar: escolha outra pessoa.")
    for one in people.values():
        if not one.active or one.telegram_user_id is None:
            raise Conflict(f"{one.name or 'Esta pessoa'} não tem acesso ativo: escolha outra pessoa.")
    for other in _meeting(session, people, starts_at, ends_at):
        away, stands_in = other.analyst_id, other.substitute_id
        if away == person_id:
            raise Conflict(f"{people[person_id].name} já tem uma ausência neste período: encerre-a antes.")
        if away == substitute_id:
            raise Conflict(f"{people[substitute_id].name} também estará ausente neste período: escolha outra pessoa.")
        if stands_in == person_id:
            raise Conflict(f"{people[person_id].name} fica no lugar de outra pessoa neste período: troque isso antes.")
    assert analyst.id is not None
    absence = Absence(
        analyst_id=person_id,
        substitute_id=substitute_id,
        set_by=analyst.id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=now,
    )
    session.add(absence)
    session.flush()
    audit.record(session, analyst, "absence_planned", absence, now=now)
    if starts_at <= now:
        _begin(session, [absence], now)
    return absence


def end(session: Session, analyst: Analyst, absence_id: int, *, now: datetime) -> Absence:
    """Back earlier, or not away at all. Raises NotAllowed, NotFound, Conflict when it has ended."""
    changing_the_team(session, analyst)
    absence = session.exec(select(Absence).where(Absence.id == absence_id).with_for_update()).first()
    if absence is None:
        raise NotFound("Não encontrei esta ausência.")
    if absence.ended_at is not None:
        raise Conflict("Esta ausência já terminou.")
    _end(session, [absence], now)
    audit.record(session, analyst, "absence_ended", absence, now=now)
    return absence


def turn(session: Session, limit: int, *, now: datetime) -> int:
    """Begin and end what is due, however long ago. How many."""
    standing = col(Absence.ended_at).is_(None)
    over = session.exec(
        select(Absence).where(standing, Absence.ends_at <= now).limit(limit).with_for_update(skip_locked=True)
    ).all()
    _end(session, over, now)
    due = session.exec(
        select(Absence)
        .where(standing, col(Absence.begun_at).is_(None), Absence.starts_at <= now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    _begin(session, due, now)
    return len(over) + len(due)


@dataclass(frozen=True, slots=True)
class View:
    """What a notice of it tells."""

    absence: Absence
    absent: str
    substitute: str
    away: bool  # whoever looks is the one who is absent
    suspended: bool  # that one's access is


def view(session: Session, analyst: Analyst, absence_id: int, *, now: datetime) -> View:
    """For the two whom it concerns. Raises NotFound."""
    absence = session.get(Absence, absence_id)
    if absence is None or analyst.id not in (absence.analyst_id, absence.substitute_id):
        raise NotFound("Não encontrei esta ausência.")
    names = queries.names_of(session, (absence.analyst_id, absence.substitute_id))
    absent, substitute = names[absence.analyst_id], names[absence.substitute_id]
    suspended = not session.get_one(Analyst, absence.analyst_id).active
    return View(absence, absent, substitute, absence.analyst_id == analyst.id, suspended)


def release(session: Session, gone: Analyst, *, now: datetime) -> None:
    """Somebody who is suspended stands in for nobody, and nobody for them."""
    standing = session.exec(
        select(Absence)
        .where(
            col(Absence.ended_at).is_(None),
            or_(col(Absence.substitute_id) == gone.id, col(Absence.analyst_id) == gone.id),
        )
        .with_for_update()
    ).all()
    _end(session, standing, now)


def of(session: Session, analyst_ids: Collection[int]) -> dict[int, Absence]:
    """Of each person the absence that goes on, or the next."""
    rows = session.exec(
        select(Absence)
        .where(col(Absence.analyst_id).in_(analyst_ids), col(Absence.ended_at).is_(None))
        .order_by(col(Absence.starts_at).desc())
    )
    return {row.analyst_id: row for row in rows}


def _begin(session: Session, absences: Sequence[Absence], now: datetime) -> None:
    people = _people(session, {a.analyst_id for a in absences} | {a.substitute_id for a in absences})
    for absence in absences:
        absence.begun_at = now
        people[absence.analyst_id].substitute_id = absence.substitute_id
    session.add_all([*absences, *people.values()])
    session.flush()
    _tell(session, absences, "begun", now)


def _end(session: Session, absences: Sequence[Absence], now: datetime) -> None:
    begun = [a for a in absences if a.begun_at is not None]
    people = _people(session, {a.analyst_id for a in begun})
    for absence in absences:
        absence.ended_at = now
    for absent in people.values():
        absent.substitute_id = None
    session.add_all([*absences, *people.values()])
    session.flush()
    _tell(session, begun, "ended", now)


def _tell(session: Session, absences: Sequence[Absence], what: str, now: datetime) -> None:
    """Both of each: as it begins, and as it ends."""
    touches = [
        notices.Touch(who, f"absence:{a.id}:{what}", "absence", None, a.id)
        for a in absences
        for who in (a.analyst_id, a.substitute_id)
    ]
    notices.touch(session, touches, now=now)


def _people(session: Session, ids: Collection[int]) -> dict[int, Analyst]:
    """Raises NotFound where one is not there. Locked, in one order."""
    if not ids:
        return {}
    rows = session.exec(
        select(Analyst).where(col(Analyst.id).in_(ids)).order_by(col(Analyst.id)).with_for_update(key_share=True)
    )
    found = {row.id or 0: row for row in rows}
    if len(found) != len(ids):
        raise NotFound("Não encontrei esta pessoa na equipe.")
    return found


def _meeting(session: Session, people: Collection[int], starts_at: datetime, ends_at: datetime) -> Sequence[Absence]:
    """Absences of these people, or in which they stand in, that meet a period."""
    return session.exec(
        select(Absence).where(
            col(Absence.ended_at).is_(None),
            or_(col(Absence.analyst_id).in_(people), col(Absence.substitute_id).in_(people)),
            Absence.starts_at < ends_at,
            Absence.ends_at > starts_at,
        )
    ).all()
