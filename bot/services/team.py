"""Who may use the assistant: invitations and their redemption."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, select

from bot.services import audit
from messages.errors import Conflict, NotFound
from messages.statuses import Role
from storage import queries
from storage.models import Analyst

INVITATION = timedelta(days=7)


def invite(session: Session, role: Role, *, now: datetime) -> str:
    """A code that lets one person in, once, within a week. Only its hash is kept."""
    code = secrets.token_urlsafe(12)
    analyst = Analyst(role=role, invite_hash=_hash(code), invite_expires_at=now + INVITATION, created_at=now)
    session.add(analyst)
    session.flush()
    audit.record(session, None, "invited", analyst, now=now, role=role.value)
    return code


def redeem(session: Session, code: str, telegram_user_id: int, name: str, *, now: datetime) -> Analyst:
    """Let the person in. Raises NotFound for a code that is unknown, used or too old; Conflict for somebody inside."""
    if queries.analyst_by_telegram(session, telegram_user_id):
        raise Conflict("Você já tem acesso: use /inicio.")
    analyst = session.exec(select(Analyst).where(Analyst.invite_hash == _hash(code)).with_for_update()).first()
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
    audit.record(session, analyst, "joined", analyst, now=now)
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


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
