"""Whether the cadence goes on in one case: a person holds it up, and a person has it go on."""

from datetime import datetime

from sqlmodel import Session

from bot.services import audit
from messages.errors import Conflict
from storage import queries
from storage.models import Analyst, Case


def hold_up(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Case:
    """Nothing more is prepared, proposed or sent by itself in it. Raises NotFound, Conflict when it is so already, or
    the case is closed."""
    case = _open(session, analyst, case_id)
    if case.cadence_held_at is not None:
        raise Conflict("A cadência deste caso já está parada.")
    return hold(session, analyst, case, now=now)


def hold(session: Session, analyst: Analyst, case: Case, *, now: datetime) -> Case:
    """The same for a case that is locked, whatever it was."""
    if case.cadence_held_at is None:
        case.cadence_held_at = now
        _look_at_once(session, analyst, case, "cadence_held", now)
    return case


def go_on(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Case:
    """Raises NotFound, Conflict when nothing holds it up, or the case is closed."""
    case = _open(session, analyst, case_id)
    if case.cadence_held_at is None:
        raise Conflict("A cadência deste caso não está parada.")
    case.cadence_held_at = None
    return _look_at_once(session, analyst, case, "cadence_goes_on", now)


def _open(session: Session, analyst: Analyst, case_id: int) -> Case:
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is not None:
        raise Conflict("O caso está encerrado: nele não há cadência.")
    return case


def _look_at_once(session: Session, analyst: Analyst, case: Case, action: str, now: datetime) -> Case:
    case.cadence_at = None
    session.add(case)
    audit.record(session, analyst, action, case, now=now)
    return case
