"""What happened outside the chats: notes, calls, and guidance that was received, as touches of a case."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from bot.services import audit, contacts
from bot.services.facts import addressed
from messages.errors import InvalidInput
from messages.statuses import ChannelName, Direction
from storage import queries
from storage.models import Analyst, Case, Contact

LIMIT = 8000  # characters


class Spoke(StrEnum):
    """Who answered a call, or that nobody did."""

    DENTIST = "dentist"
    SECRETARY = "secretary"
    OTHER = "other"
    NOBODY = "nobody"
    VOICEMAIL = "voicemail"


UNANSWERED = (Spoke.NOBODY, Spoke.VOICEMAIL)
_TOLD = {
    Spoke.SECRETARY: "atendeu a secretária",
    Spoke.OTHER: "atendeu outra pessoa",
    Spoke.NOBODY: "não atendeu",
    Spoke.VOICEMAIL: "caixa postal",
}


def note(session: Session, analyst: Analyst, case_id: int, text: str, *, now: datetime) -> Contact:
    """Write an internal note. Raises InvalidInput when there is nothing to write, or too much."""
    case = queries.case_for(session, case_id, analyst)
    kept = noted(session, case, analyst, checked(text), now)
    audit.record(session, analyst, "noted", case, now=now, contact=kept.id)
    return kept


def guidance(session: Session, analyst: Analyst, case_id: int, text: str, *, now: datetime) -> Contact:
    """What somebody of the house instructed. Raises InvalidInput."""
    return note(session, analyst, case_id, f"Orientação recebida: {checked(text)}", now=now)


def call(session: Session, analyst: Analyst, case_id: int, spoke: Spoke, text: str, *, now: datetime) -> Contact:
    """A call that was just made: a touch, answered or not. Raises InvalidInput where an answered one tells nothing."""
    case = queries.case_for(session, case_id, analyst)
    words = _spoke(session, case, spoke)
    if spoke not in UNANSWERED:
        words = f"{words}: {checked(text)}"
    row = contacts.row(
        case_id=case.id,
        channel=ChannelName.PHONE,
        direction=Direction.CALL,
        occurred_at=now,
        now=now,
        text=words,
        author=analyst.name,
        analyst_id=analyst.id,
    )
    kept = contacts.record(session, [row])[0]
    audit.record(session, analyst, "called", case, now=now, contact=kept.id)
    return kept


def noted(session: Session, case: Case, analyst: Analyst, text: str, now: datetime) -> Contact:
    """An internal note on the case, as a touch of its record."""
    row = contacts.row(
        case_id=case.id,
        channel=ChannelName.INTERNAL,
        direction=Direction.NOTE,
        occurred_at=now,
        now=now,
        text=text,
        author=analyst.name,
        analyst_id=analyst.id,
    )
    return contacts.record(session, [row])[0]


def checked(text: str) -> str:
    """Raises InvalidInput."""
    text = text.strip()
    if not text:
        raise InvalidInput("A anotação está vazia.")
    if len(text) > LIMIT:
        raise InvalidInput(f"A anotação passa de {LIMIT} caracteres: divida em duas.")
    return text


def _spoke(session: Session, case: Case, spoke: Spoke) -> str:
    if spoke is not Spoke.DENTIST:
        return _TOLD[spoke]
    told = addressed(queries.dentist_of(session, case))
    return f"atendeu {'' if told.article == 'você' else told.article[0] + ' '}{told.addressed}"
