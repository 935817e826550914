"""Follow-ups: promised, due, told, done. A reply leaves them standing; only a tap or a closing ends them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func
from sqlmodel import Session, col, select

from bot.services import audit, digests, notices
from bot.services.operation import Operation
from messages import reminding
from messages.errors import Conflict, InvalidInput
from messages.statuses import FollowUpKind, Role
from storage import claims, people, queries
from storage.models import Analyst, Case, Dentist, FollowUp, Notification

HORIZON = timedelta(days=366)
ESCALATED = "escalated"  # the notice of all that was told in vain: one a person
LATE = timedelta(minutes=15)  # told later than this, it is told as overdue, with the others
WANTED_THEN = timedelta(hours=1)  # so long after its hour, whoever marked it for that hour still wants to hear it


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
        audit.record(session, analyst, "replaced", standing, now=now)
    follow_up = remember(session, case, FollowUpKind.RETURN, due_at, reason, now=now)
    audit.record(session, analyst, "scheduled", follow_up, now=now, due_at=due_at.isoformat())
    return follow_up


def remember(
    session: Session, case: Case, kind: FollowUpKind, due_at: datetime, reason: str, *, now: datetime
) -> FollowUp:
    """A new one, whoever asks for it."""
    assert case.id is not None
    follow_up = FollowUp(
        case_id=case.id,
        analyst_id=case.analyst_id,
        kind=kind,
        due_at=due_at,
        nudge_at=due_at,
        reason=reason.strip()[:300],
        created_at=now,
    )
    session.add(follow_up)
    session.flush()
    return follow_up


def redraw(session: Session, changed: Sequence[FollowUp], *, now: datetime) -> None:
    """Where these stand on a screen, they are drawn anew."""
    touches = [
        notices.Touch(who, key_of(f), "follow_up", f.case_id, f.id)
        for f in changed
        for who in notices.people_with(session, key_of(f))
    ]
    notices.touch(session, touches, now=now)


def snooze(
    session: Session, analyst: Analyst, follow_up_id: int, until: datetime, reason: str = "", *, now: datetime
) -> FollowUp:
    """Move a follow-up. ``reason``: what it is for now, where that is told. Raises NotFound (not yours or gone),
    Conflict (already done), InvalidInput (a past time)."""
    follow_up = _standing(session, analyst, follow_up_id)
    _check(until, now)
    follow_up.due_at, follow_up.nudge_at = until, until
    follow_up.nudges, follow_up.nudged_at, follow_up.escalated_at = 0, None, None
    follow_up.reason = reason.strip()[:300] or follow_up.reason
    session.add(follow_up)
    audit.record(session, analyst, "snoozed", follow_up, now=now, until=until.isoformat())
    return follow_up


def into_hours(
    session: Session, analyst: Analyst, follow_up_id: int, stood: datetime, until: datetime, *, now: datetime
) -> FollowUp:
    """Move what is marked for a moment when nobody works. Raises as `snooze`, Conflict where it was moved since."""
    if _standing(session, analyst, follow_up_id).due_at != stood:
        raise Conflict("Este retorno mudou de hora depois que esta tela apareceu: veja como está agora.")
    return snooze(session, analyst, follow_up_id, until, now=now)


def complete(session: Session, analyst: Analyst, follow_up_id: int, *, now: datetime) -> FollowUp:
    """Tick it off. Raises NotFound, or Conflict when it is done already."""
    follow_up = _standing(session, analyst, follow_up_id)
    follow_up.done_at = now
    session.add(follow_up)
    audit.record(session, analyst, "completed", follow_up, now=now)
    return follow_up


def nudge(session: Session, limit: int, op: Operation, *, now: datetime) -> int:
    """Have those in charge told of what fell due, however long ago, and told again while nobody acts; at last those who
    supervise. Several overdue ones of one person are one notice. How many were looked at."""
    due = claims.due_follow_ups(session, limit, now)
    if not due:
        return 0
    ufs = dict(session.exec(select(Case.id, Case.uf).where(col(Case.id).in_({f.case_id for f in due}))).all())
    told = [f for f in due if not _waits_for_work(f, ufs[f.case_id], op, now)]
    raised = [f for f in told if reminding.escalates(f.nudges)]
    touches = _to_those_in_charge(session, [f for f in told if f not in raised], op, now)
    touches += _to_supervision(session, raised)
    for follow_up in told:
        _count_telling(follow_up, ufs[follow_up.case_id], op, now)
    session.add_all(due)
    session.flush()
    notices.touch(session, touches, below=True, now=now)
    return len(due)


def _waits_for_work(follow_up: FollowUp, uf: str | None, op: Operation, now: datetime) -> bool:
    """It was told already: again only in working hours, however late."""
    opening = op.next_working_moment(now, uf)
    if not follow_up.nudges or opening <= now:
        return False
    follow_up.nudge_at = opening
    return True


def _count_telling(follow_up: FollowUp, uf: str | None, op: Operation, now: datetime) -> None:
    if reminding.escalates(follow_up.nudges):
        follow_up.escalated_at = now
    follow_up.nudges, follow_up.nudged_at = follow_up.nudges + 1, now
    pause = reminding.pause_after(follow_up.nudges)
    if pause is None:
        follow_up.nudge_at = None
    elif comes_quietly(follow_up, uf, op, now):  # nobody may have seen it: again as work begins
        follow_up.nudge_at = op.next_working_moment(now + pause, uf)
    else:
        follow_up.nudge_at = op.add_working_time(now, pause, uf)


def comes_quietly(follow_up: FollowUp, uf: str | None, op: Operation, now: datetime) -> bool:
    """Whether a telling makes no sound: an outage made it late, and nobody works now. At the hour that was asked for it
    does, whatever the hour."""
    return follow_up.due_at < now - WANTED_THEN and op.next_working_moment(now, uf) > now


def _to_those_in_charge(session: Session, due: Sequence[FollowUp], op: Operation, now: datetime) -> list[notices.Touch]:
    """Several overdue ones are one notice, or none where the person's summary of the day comes now and names them."""
    charged = people.in_charge(session, {f.analyst_id for f in due})
    by_person: dict[int, list[FollowUp]] = {}
    for follow_up in due:
        for who in charged[follow_up.analyst_id]:
            by_person.setdefault(who, []).append(follow_up)
    late = {who: [f for f in theirs if f.due_at < now - LATE] for who, theirs in by_person.items()}
    together = {who: theirs for who, theirs in late.items() if len(theirs) > 1}
    in_summary = digests.tell_of(session, together, op, now=now)
    touches = [notices.Touch(who, "overdue", "overdue") for who in together if who not in in_summary]
    for who, theirs in by_person.items():
        grouped = together.get(who, [])
        touches += [notices.Touch(who, key_of(f), "follow_up", f.case_id, f.id) for f in theirs if f not in grouped]
    return touches


def _to_supervision(session: Session, raised: Sequence[FollowUp]) -> list[notices.Touch]:
    """The last telling: one list a person. Where nobody else supervises it goes once more to those in charge: else
    nobody would hear."""
    if not raised:
        return []
    supervising = {a.id for a in queries.active_analysts(session, role=Role.SUPERVISOR) if a.id is not None}
    charged = people.in_charge(session, {f.analyst_id for f in raised})
    listed: set[int] = set()
    again: dict[int, list[FollowUp]] = {}
    for follow_up in raised:
        own = charged[follow_up.analyst_id]
        others = supervising - set(own)
        listed |= others
        for who in () if others else own:
            again.setdefault(who, []).append(follow_up)
    listed |= {who for who, theirs in again.items() if len(theirs) > 1}
    alone = [(who, theirs[0]) for who, theirs in again.items() if who not in listed]
    return [
        *(notices.Touch(who, ESCALATED, ESCALATED) for who in sorted(listed)),
        *(notices.Touch(who, key_of(one), "follow_up", one.case_id, one.id) for who, one in alone),
    ]


def key_of(follow_up: FollowUp) -> str:
    """Of its notice: one for each time it is due."""
    return f"follow_up:{follow_up.id}:{follow_up.due_at:%Y%m%d%H%M}"


@dataclass(frozen=True, slots=True)
class View:
    """What a nudge shows. ``alone``: it was told to the end, and there was nobody else who supervises to tell."""

    follow_up: FollowUp
    case: Case
    dentist: Dentist
    alone: bool = False


def view(session: Session, analyst: Analyst, follow_up_id: int, *, now: datetime) -> View:
    follow_up = queries.follow_up_for(session, follow_up_id, analyst)
    case = queries.case_for(session, follow_up.case_id, analyst)
    return View(follow_up, case, queries.dentist_of(session, case), _stays_alone(session, follow_up))


def _stays_alone(session: Session, follow_up: FollowUp) -> bool:
    """Whether it was raised and nobody but those in charge has had the list of what was, since."""
    if follow_up.escalated_at is None:
        return False
    charged = people.in_charge(session, {follow_up.analyst_id})[follow_up.analyst_id]
    if follow_up.analyst_id not in charged:  # of somebody absent, or suspended
        return False
    told = exists().where(
        col(Notification.key) == ESCALATED,
        col(Notification.due_at) >= follow_up.escalated_at,
        col(Notification.analyst_id).not_in(charged),
    )
    return not session.exec(select(told)).one()


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
