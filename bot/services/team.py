"""Who may use the assistant: invitations and their redemption, roles, suspension."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from bot.services import absences, audit
from bot.services.codes import hashed, new_code
from bot.services.permission import changing_the_team, only_supervisors
from messages.errors import Conflict, NotFound
from messages.statuses import Role
from storage import queries
from storage.models import Absence, Analyst, Case
from storage.people import JOINED, REACTIVATED

INVITATION = timedelta(days=7)
GONE = "Não encontrei esta pessoa na equipe."


def invite(session: Session, role: Role, *, now: datetime) -> str:
    """A code that lets one person in, once, within a week. Only its hash is kept."""
    code = new_code()
    _invited(session, None, role, code, now)
    return code


def invite_by(session: Session, analyst: Analyst, role: Role, code: str, *, now: datetime) -> Analyst:
    """The same by a supervisor, who has the code already. Raises NotAllowed."""
    changing_the_team(session, analyst)
    return _invited(session, analyst, role, code, now)


def _invited(session: Session, by: Analyst | None, role: Role, code: str, now: datetime) -> Analyst:
    invited = Analyst(
        role=role,
        invite_hash=hashed(code),
        invite_expires_at=now + INVITATION,
        invited_by=by.id if by else None,
        created_at=now,
    )
    session.add(invited)
    session.flush()
    audit.record(session, by, "invited", invited, now=now, role=role.value)
    return invited


def revoke(session: Session, analyst: Analyst, invited_id: int, *, now: datetime) -> Analyst:
    """An invitation that nobody has used lets nobody in any more. Raises NotAllowed, Conflict when it was used."""
    changing_the_team(session, analyst)
    invited = _person(session, invited_id, lock=True)
    if invited.invite_hash is None:
        raise Conflict("Este convite já foi usado ou cancelado.")
    invited.invite_hash = invited.invite_expires_at = None
    session.add(invited)
    audit.record(session, analyst, "invitation_revoked", invited, now=now)
    return invited


@dataclass(frozen=True, slots=True)
class Person:
    """One of the team, or an invitation that is still open. ``absence``: the one that goes on, or the next."""

    analyst: Analyst
    open_cases: int
    invited_by: str | None
    absence: Absence | None
    substitute: str | None


def people(session: Session, analyst: Analyst, *, now: datetime) -> list[Person]:
    """The whole team: active, suspended, invited; each group by name. Raises NotAllowed."""
    only_supervisors(analyst)
    rows = session.exec(
        select(Analyst).where(
            or_(
                col(Analyst.telegram_user_id).is_not(None),
                (col(Analyst.invite_hash).is_not(None)) & (col(Analyst.invite_expires_at) > now),
            )
        )
    ).all()
    found = _described(session, rows)
    return sorted(found, key=lambda p: (p.analyst.telegram_user_id is None, not p.analyst.active, p.analyst.name))


def person(session: Session, analyst: Analyst, person_id: int, *, now: datetime) -> Person:
    """Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    return _described(session, [_person(session, person_id)])[0]


def colleagues(session: Session, analyst: Analyst, person_id: int, *, now: datetime) -> list[Analyst]:
    """Who else is active: whom a person's cases can be handed to, who can stand in. Raises NotAllowed."""
    only_supervisors(analyst)
    return sorted((p for p in queries.active_analysts(session) if p.id != person_id), key=lambda p: p.name)


def suspend(session: Session, analyst: Analyst, person_id: int, *, now: datetime) -> Analyst:
    """Their buttons and words do nothing from now on; their cases stay, for supervisors to hand over.

    Raises NotAllowed; Conflict for oneself, and for who is suspended already.
    """
    suspended = _other(session, analyst, person_id)
    if not suspended.active:
        raise Conflict(f"{suspended.name} já está com o acesso suspenso.")
    suspended.active = False
    session.add(suspended)
    absences.release(session, suspended, now=now)
    audit.record(session, analyst, "suspended", suspended, now=now)
    return suspended


def reactivate(session: Session, analyst: Analyst, person_id: int, *, now: datetime) -> Analyst:
    """Raises NotAllowed; Conflict for who is active."""
    back = _other(session, analyst, person_id)
    if back.active:
        raise Conflict(f"{back.name} já está com o acesso ativo.")
    back.active = True
    session.add(back)
    audit.record(session, analyst, REACTIVATED, back, now=now)
    return back


def change_role(session: Session, analyst: Analyst, person_id: int, role: Role, *, now: datetime) -> Analyst:
    """Raises NotAllowed, Conflict for oneself: so the last supervisor remains."""
    changed = _other(session, analyst, person_id)
    changed.role = role
    session.add(changed)
    audit.record(session, analyst, "role_changed", changed, now=now, role=role.value)
    return changed


def _other(session: Session, analyst: Analyst, person_id: int) -> Analyst:
    changing_the_team(session, analyst)
    if person_id == analyst.id:
        raise Conflict("O seu próprio acesso, outra pessoa da supervisão muda.")
    return _person(session, person_id)


def _person(session: Session, person_id: int, *, lock: bool = False) -> Analyst:
    """``lock``: against whoever redeems their invitation at the same moment."""
    statement = select(Analyst).where(Analyst.id == person_id)
    found = session.exec(statement.with_for_update(key_share=True) if lock else statement).first()
    if found is None:
        raise NotFound(GONE)
    return found


def _described(session: Session, rows: Sequence[Analyst]) -> list[Person]:
    ids = [row.id or 0 for row in rows]
    counted = select(Case.analyst_id, func.count()).where(col(Case.analyst_id).in_(ids), col(Case.closed_at).is_(None))
    cases = dict(session.exec(counted.group_by(col(Case.analyst_id))).all())
    away = absences.of(session, ids)
    names = queries.names_of(
        session, {*(r.invited_by for r in rows if r.invited_by), *(a.substitute_id for a in away.values())}
    )
    return [
        Person(
            row,
            cases.get(row.id or 0, 0),
            names.get(row.invited_by or 0),
            absence := away.get(row.id or 0),
            names.get(absence.substitute_id) if absence else None,
        )
        for row in rows
    ]


def redeem(session: Session, code: str, telegram_user_id: int, name: str, *, now: datetime) -> Analyst:
    """Let the person in. Raises NotFound for a code that is unknown, used or too old; Conflict for somebody inside."""
    if queries.analyst_by_telegram(session, telegram_user_id):
        raise Conflict("Você já tem acesso: use /inicio.")
    analyst = session.exec(select(Analyst).where(Analyst.invite_hash == hashed(code)).with_for_update()).first()
    if analyst is None or analyst.invite_expires_at is None or analyst.invite_expires_at < now:
        raise NotFound("Este convite não vale mais. Peça um novo à supervisão.")
    analyst.invite_hash = analyst.invite_expires_at = None
    former = session.exec(select(Analyst).where(Analyst.telegram_user_id == telegram_user_id)).first()
    if former is not None:  # back again, to the cases of before
        former.role, analyst.active = analyst.role, False
        session.add(analyst)
        analyst = former
    analyst.telegram_user_id, analyst.name, analyst.active = telegram_user_id, name, True
    session.add(analyst)
    audit.record(session, analyst, JOINED, analyst, now=now)
    return analyst


def who_is(session: Session, telegram_user_id: int, *, now: datetime) -> Analyst | None:
    """The active analyst behind a Telegram user; strangers are None."""
    return queries.analyst_by_telegram(session, telegram_user_id)


def everybody(session: Session, *, now: datetime) -> list[Analyst]:
    """All who are active and have come in."""
    return queries.active_analysts(session)


def by_name(session: Session, name: str, *, now: datetime) -> Analyst:
    """For the command line. Raises NotFound, or Conflict where two have the name."""
    found = session.exec(select(Analyst).where(Analyst.name == name, Analyst.active)).all()
    if not found:
        raise NotFound(f"Não há analista ativo com o nome “{name}”.")
    if len(found) > 1:
        raise Conflict(f"Há mais de um analista com o nome “{name}”.")
    return found[0]
