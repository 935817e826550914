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
    hold(session, analyst, case, now=now)
    return case


def hold(session: Session, analyst: Analyst, case: Case, *, now: datetime) -> None:
    """A case that is locked is held up, if it is not yet."""
    if case.cadence_held_at is None:
        case.cadence_held_at = now
        _look_at_once(session, analyst, case, "cadence_held", now)


def release(session: Session, analyst: Analyst, case: Case, *, now: datetime) -> None:
    """A case that is locked goes on, if anything held it up."""
    if case.cadence_held_at is not None:
        case.cadence_held_at = None
        _look_at_once(session, analyst, case, "cadence_goes_on", now)


def go_on(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Case:
    """Raises NotFound, Conflict when nothing holds it up, or the case is closed."""
    case = _open(session, analyst, case_id)
    if case.cadence_held_at is None:
        raise Conflict("A cadência deste caso não está parada.")
    release(session, analyst, case, now=now)
    return case


def _open(session: Session, analyst: Analyst, case_id: int) -> Case:
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is not None:
        raise Conflict("O caso está encerrado: nele não há cadência.")
    return case


def _look_at_once(session: Session, analyst: Analyst, case: Case, action: str, now: datetime) -> None:
    case.cadence_at = None
    session.add(case)
    audit.record(session, analyst, action, case, now=now)
