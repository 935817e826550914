"""What happened outside the chats: notes, calls, and guidance that was received, as touches of a case.

Its author may withdraw one on the same day: it is no touch any more, and the row stays, with when it was withdrawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from bot.services import audit, contacts
from bot.services.facts import addressed
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.notes import UNANSWERED, AnsweredBy, What, call_line, guidance_line
from messages.statuses import ChannelName, Direction
from storage import queries
from storage.models import Analyst, Case, Contact, Dentist

LIMIT = 8000  # characters
SOURCE_LIMIT = 80


def note(session: Session, analyst: Analyst, case_id: int, text: str, *, now: datetime) -> Contact:
    """Write an internal note. Raises InvalidInput when there is nothing to write, or too much."""
    case = queries.case_for(session, case_id, analyst)
    kept = noted(session, case, analyst, checked(text), now, What.NOTE)
    audit.record(session, analyst, "noted", case, now=now, contact=kept.id)
    return kept


def guidance(session: Session, analyst: Analyst, case_id: int, source: str, text: str, *, now: datetime) -> Contact:
    """What somebody of the house instructed. Raises InvalidInput."""
    case = queries.case_for(session, case_id, analyst)
    kept = noted(session, case, analyst, guidance_line(checked_source(source), checked(text)), now, What.GUIDANCE)
    audit.record(session, analyst, "guided", case, now=now, contact=kept.id)
    return kept


def call(
    session: Session, analyst: Analyst, case_id: int, answered_by: AnsweredBy, text: str, at: datetime, *, now: datetime
) -> Contact:
    """A call at its true time: a touch, answered or not. Raises InvalidInput for one still to come, and for an answered
    one that tells nothing."""
    case = queries.case_for(session, case_id, analyst)
    if at > now:
        raise InvalidInput("A ligação ainda não aconteceu: diga quando foi.")
    said = "" if answered_by in UNANSWERED and not text.strip() else checked(text)
    row = contacts.row(
        case_id=case.id,
        channel=ChannelName.PHONE,
        direction=Direction.CALL,
        occurred_at=at,
        now=now,
        text=call_line(answered_by, addressed(queries.dentist_of(session, case)).spoken, said),
        author=analyst.name,
        kind=What.CALL.value,
        answered_by=answered_by,
        analyst_id=analyst.id,
    )
    kept = _kept(session, row)
    audit.record(session, analyst, "called", case, now=now, contact=kept.id)
    return kept


def noted(
    session: Session, case: Case, analyst: Analyst, text: str, now: datetime, what: What | None = None
) -> Contact:
    """An internal note on the case, as a touch of its record. ``what``: of one that its author may withdraw."""
    row = contacts.row(
        case_id=case.id,
        channel=ChannelName.INTERNAL,
        direction=Direction.NOTE,
        occurred_at=now,
        now=now,
        text=text,
        author=analyst.name,
        kind=what.value if what is not None else "text",
        analyst_id=analyst.id,
    )
    return _kept(session, row)


def _kept(session: Session, row: Mapping[str, Any]) -> Contact:
    return session.get_one(Contact, contacts.record(session, [row])[0].id)


def checked(text: str) -> str:
    """Raises InvalidInput."""
    text = text.strip()
    if not text:
        raise InvalidInput("A anotação está vazia: escreva o que aconteceu.")
    if len(text) > LIMIT:
        raise InvalidInput(f"A anotação passa de {LIMIT} caracteres: divida em duas.")
    return text


def checked_source(text: str) -> str:
    """Who instructed. Raises InvalidInput."""
    source = " ".join(text.split())
    if not 0 < len(source) <= SOURCE_LIMIT:
        raise InvalidInput(f"Escreva só o nome de quem orientou, com até {SOURCE_LIMIT} caracteres.")
    return source


@dataclass(frozen=True, slots=True)
class Noted:
    """``withdrawable``: by whoever looks at it, now."""

    contact: Contact
    case: Case
    dentist: Dentist
    withdrawable: bool


def view(session: Session, analyst: Analyst, contact_id: int, op: Operation, *, now: datetime) -> Noted:
    """What was written down. Raises NotFound."""
    contact, case = _contact(session, analyst, contact_id)
    withdrawable = _refusal(contact, analyst, op, now) is None
    return Noted(contact, case, queries.dentist_of(session, case), withdrawable)


def withdraw(session: Session, analyst: Analyst, contact_id: int, op: Operation, *, now: datetime) -> Contact:
    """Take back what one has written down by mistake. Raises NotFound, NotAllowed for somebody else's, Conflict on a
    later day, a second time, or for what was not written down by hand."""
    contact, case = _contact(session, analyst, contact_id, lock=True)
    if (refusal := _refusal(contact, analyst, op, now)) is not None:
        raise refusal
    assert case.id is not None
    contact.withdrawn_at = now
    session.add(contact)
    contacts.recount(session, [case.id])
    audit.record(session, analyst, "withdrawn", case, now=now, contact=contact.id)
    return contact


def _refusal(contact: Contact, analyst: Analyst, op: Operation, now: datetime) -> Conflict | NotAllowed | None:
    """Why it can't be withdrawn by this person, if it can't."""
    if contact.kind not in tuple(What):
        return Conflict("Este registro não se desfaz: anote a correção.")
    if contact.analyst_id != analyst.id:
        return NotAllowed("Só quem anotou pode desfazer: anote a correção.")
    if contact.withdrawn_at is not None:
        return Conflict("Esta anotação já foi desfeita.")
    if op.local(contact.recorded_at).date() != op.local(now).date():
        return Conflict("Uma anotação só se desfaz no mesmo dia: anote a correção.")
    return None


def _contact(session: Session, analyst: Analyst, contact_id: int, *, lock: bool = False) -> tuple[Contact, Case]:
    statement = select(Contact).where(Contact.id == contact_id)
    contact = session.exec(statement.with_for_update() if lock else statement).first()
    if contact is None or contact.case_id is None:
        raise NotFound("Não encontrei esta anotação: abra o caso com /casos.")
    return contact, queries.case_for(session, contact.case_id, analyst)
