"""Follow-ups: promised, due, told, done. A reply leaves them standing; only a tap or a closing ends them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from bot.services import audit, notices
from messages.errors import Conflict, InvalidInput
from storage import claims, people, queries
from storage.models import Analyst, Case, Dentist, FollowUp

HORIZON = timedelta(days=366)
LATE = timedelta(minutes=15)  # told later than this, it is told as overdue, with the others


def schedule(
    session: Session, analyst: Analyst, case_id: int, due_at: datetime, reason: str, *, now: datetime
) -> FollowUp:
    """Something due at a time. One case has one standing follow-up: a new one takes its place.

    Raises InvalidInput for a time that is past or over a year away; Conflict on a closed case.
    """
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is not None:
        raise Conflict("O caso está encerrado: reabra-o para agendar um retorno.")
    _check(due_at, now)
    for standing in queries.open_follow_ups(session, case_id):
        standing.done_at = now
        session.add(standing)
    follow_up = FollowUp(
        case_id=case_id, analyst_id=case.analyst_id, due_at=due_at, reason=reason.strip()[:300], created_at=now
    )
    session.add(follow_up)
    session.flush()
    audit.record(session, analyst, "scheduled", follow_up, now=now, due_at=due_at.isoformat())
    return follow_up


def snooze(session: Session, analyst: Analyst, follow_up_id: int, until: datetime, *, now: datetime) -> FollowUp:
    """Move a follow-up. Raises NotFound (not yours or gone), Conflict (already done), InvalidInput (a past time)."""
    follow_up = _standing(session, analyst, follow_up_id)
    _check(until, now)
    follow_up.due_at, follow_up.nudged_at = until, None
    session.add(follow_up)
    audit.record(session, analyst, "snoozed", follow_up, now=now, until=until.isoformat())
    return follow_up


def complete(session: Session, analyst: Analyst, follow_up_id: int, *, now: datetime) -> FollowUp:
    """Tick it off. Raises NotFound, or Conflict when it is done already."""
    follow_up = _standing(session, analyst, follow_up_id)
    follow_up.done_at = now
    session.add(follow_up)
    audit.record(session, analyst, "completed", follow_up, now=now)
    return follow_up


def nudge(session: Session, limit: int, *, now: datetime) -> int:
    """Have those in charge told of what fell due, however long ago; several overdue ones of one as one notice."""
    due = claims.due_follow_ups(session, limit, now)
    told = people.in_charge(session, {f.analyst_id for f in due})
    by_analyst: dict[int, list[FollowUp]] = {}
    for follow_up in due:
        follow_up.nudged_at = now
        session.add(follow_up)
        for who in told[follow_up.analyst_id]:
            by_analyst.setdefault(who, []).append(follow_up)
    touches = []
    for analyst_id, mine in by_analyst.items():
        overdue = [f for f in mine if f.due_at < now - LATE]
        grouped = overdue if len(overdue) > 1 else []
        if grouped:
            touches.append(
                notices.Touch(analyst_id, f"overdue:{now:%Y%m%d%H%M%S}:{grouped[0].id}", "overdue", None, grouped[0].id)
            )
        touches += [
            notices.Touch(analyst_id, f"follow_up:{f.id}:{f.due_at:%Y%m%d%H%M}", "follow_up", f.case_id, f.id)
            for f in mine
            if f not in grouped
        ]
    session.flush()
    notices.touch(session, touches, now=now)
    return len(due)


@dataclass(frozen=True, slots=True)
class View:
    """What a nudge shows."""

    follow_up: FollowUp
    case: Case
    dentist: Dentist


def view(session: Session, analyst: Analyst, follow_up_id: int, *, now: datetime) -> View:
    follow_up = queries.follow_up_for(session, follow_up_id, analyst)
    case = queries.case_for(session, follow_up.case_id, analyst)
    return View(follow_up, case, queries.dentist_of(session, case))


def _standing(session: Session, analyst: Analyst, follow_up_id: int) -> FollowUp:
    follow_up = queries.follow_up_for(session, follow_up_id, analyst, lock=True)
    if follow_up.done_at:
        raise Conflict("Este retorno já foi concluído: se for preciso, marque outro.")
    return follow_up


def _check(due_at: datetime, now: datetime) -> None:
    if due_at <= now:
        raise InvalidInput("Este horário já passou: escolha um no futuro.")
    if due_at > now + HORIZON:
        raise InvalidInput("Um retorno pode ser marcado para até um ano à frente.")


def count_due(session: Session, *, now: datetime) -> int:
    """How many are due and not done, for the metrics."""
    due = select(func.count()).where(col(FollowUp.done_at).is_(None), FollowUp.due_at <= now)
    return session.exec(due).one()
