"""The dialogue by which something is written down: asked for a thing at a time, kept once all is known.

While nothing has been typed a step aside ends it; words in hand are held until they are kept or cancelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.services import notes, notices, searching, taps
from bot.services.operation import Operation
from messages.case_line import protocol_in
from messages.dates import read_past_moment
from messages.errors import Conflict, InvalidInput, NotFound, Unfinished
from messages.notes import UNANSWERED, AnsweredBy, What
from messages.statuses import Role
from storage import queries
from storage.models import Analyst, Case, Contact, Dentist, DialogueStep

STEP, HELD = "note", "noting"
DOING = "a anotação"
CHOICES = 8  # cases offered where none is meant
NOT_UNDERSTOOD = "Não entendi quando foi. Escreva, por exemplo, “10h20”, “ontem às 16h30” ou “19/01 às 9h”."
TYPED = ("text", "source", "at")  # what a text answers; the rest is tapped


@dataclass(frozen=True, slots=True)
class Noting:
    """How far it has come. ``asking``: case, what, text, answered_by, at or source. ``at``: of a call, if not now."""

    key: str
    asking: str
    what: What | None
    text: str
    at: datetime | None
    case: Case | None
    dentist: Dentist | None
    choices: list[tuple[Case, Dentist]]  # where the case is asked for
    sources: list[str]  # who may have given guidance


def case_meant(session: Session, analyst: Analyst, replied_to: int | None, *, now: datetime) -> int | None:
    """The case of the screen that was replied to, else of the card that is the last thing in the chat."""
    if replied_to is not None:
        case_id = notices.case_of(session, analyst, replied_to)
    else:
        case_id = notices.case_of(session, analyst, analyst.chat_bottom, kind="case")
    try:
        return _of_own(session, analyst, case_id) if case_id is not None else None
    except NotFound:  # it has passed to somebody else since
        return None


def case_noted(session: Session, analyst: Analyst, *, now: datetime) -> int | None:
    """The case of the note that was just kept, where that is the last thing in the chat."""
    case_id = notices.case_of(session, analyst, analyst.chat_bottom, kind="noted")
    return case_meant(session, analyst, analyst.chat_bottom, now=now) if case_id is not None else None


def begin(
    session: Session, analyst: Analyst, text: str, case_id: int | None, what: What | None = None, *, now: datetime
) -> None:
    """With words or without, of a case or of one that is asked for. Raises NotFound, InvalidInput; Unfinished while
    something else is in hand, other words too."""
    if case_id is not None:
        _of_own(session, analyst, case_id)
    held = taps.held(session, analyst, now=now)
    if held is not None:
        raise Unfinished(f"Termine ou cancele antes {held.data['doing']}.")
    data = {"text": notes.checked(text)} if text.strip() else {}
    _go_on(session, analyst, case_id, data | ({"what": what.value} if what else {}), now)


def current(session: Session, analyst: Analyst, *, now: datetime) -> Noting:
    """Raises Conflict when nothing is being written down."""
    step = _step(session, analyst, now)
    data, asking = step.data, _asking(step.case_id, step.data)
    assert asking is not None
    case = queries.case_for(session, step.case_id, analyst) if step.case_id is not None else None
    dentist = queries.dentist_of(session, case) if case is not None else None
    choices = _choices(session, analyst) if asking == "case" else []
    people = queries.active_analysts(session, role=Role.SUPERVISOR) if asking == "source" else []
    at = datetime.fromisoformat(data["at"]) if "at" in data else None
    what = What(data["what"]) if "what" in data else None
    sources = [p.name for p in people if p.id != analyst.id]
    return Noting(step.key, asking, what, data.get("text", ""), at, case, dentist, choices, sources)


def _choices(session: Session, analyst: Analyst) -> list[tuple[Case, Dentist]]:
    """The open cases on the lowest screens of the chat, then those touched last."""
    seen = queries.recent_cases(session, analyst, among=notices.cases_shown(session, analyst, limit=CHOICES // 2))
    recent = queries.recent_cases(session, analyst, limit=CHOICES)
    found = {case.id: (case, dentist) for case, dentist in (*seen, *recent) if case.closed_at is None}
    return list(found.values())[:CHOICES]


def answer(
    session: Session, analyst: Analyst, question: str, value: str, op: Operation, *, now: datetime
) -> Contact | None:
    """A tapped answer. What is kept when nothing more is to be asked; until then None."""
    step = _step(session, analyst, now)
    if question != _asking(step.case_id, step.data):
        raise Conflict(taps.OUT_OF_DATE)
    if question == "case":
        return _settle(session, analyst, _of_own(session, analyst, int(value)), step.data, now)
    return _settle(session, analyst, step.case_id, step.data | {question: _read(question, value, op, now)}, now)


def write(
    session: Session, analyst: Analyst, text: str, prompted: bool, op: Operation, *, now: datetime
) -> Contact | None:
    """A typed one; where a tap is waited for and there are no words yet, they are the note's.

    Raises InvalidInput, NotFound; Unfinished for what is typed long after the question, and is no reply to it.
    """
    step = _step(session, analyst, now)
    data, asking = step.data, _asking(step.case_id, step.data)
    if not prompted and now - step.updated_at > taps.PATIENCE:
        raise Unfinished("Uma anotação de antes ainda espera: termine ou cancele, e escreva de novo.")
    if asking in TYPED:
        return _settle(session, analyst, step.case_id, data | {asking: _read(asking, text, op, now)}, now)
    if asking == "case" and (case := _meant(session, analyst, text, "text" not in data, now)) is not None:
        return _settle(session, analyst, case.id, data, now)
    if "text" in data:
        raise InvalidInput("Já tenho o texto: toque em uma das opções, ou use /cancelar.")
    data = data | {"text": notes.checked(text)} | ({"what": What.NOTE.value} if asking == "what" else {})
    return _settle(session, analyst, step.case_id, data, now)


def _meant(session: Session, analyst: Analyst, text: str, wordless: bool, now: datetime) -> Case | None:
    """The case that is named; None for what are the note's words, where there are none yet. Raises as `meant`."""
    try:
        return searching.meant(session, analyst, text, now=now)
    except NotFound:
        if wordless and protocol_in(text) is None:
            return None
        raise


def other_case(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """Not the case that was meant."""
    _go_on(session, analyst, None, _step(session, analyst, now).data, now)


def other_time(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """The call was not just now: when it was is asked."""
    step = _step(session, analyst, now)
    _go_on(session, analyst, step.case_id, step.data | {"earlier": True}, now)


def _step(session: Session, analyst: Analyst, now: datetime) -> DialogueStep:
    step = taps.step_of(session, analyst, now=now)
    if step is None or step.name not in (STEP, HELD):
        raise Conflict("Não há anotação em andamento: use /nota.")
    return step


def _of_own(session: Session, analyst: Analyst, case_id: int) -> int:
    queries.case_for(session, case_id, analyst)
    return case_id


def _asking(case_id: int | None, data: dict[str, Any]) -> str | None:
    """What is still to be said, in this order; None when it can be kept."""
    if case_id is None:
        return "case"
    return next((question for question in _questions(data) if question not in data), None)


def _questions(data: dict[str, Any]) -> Sequence[str]:
    match data.get("what"):
        case None:
            return ("what",)
        case What.GUIDANCE:
            return ("source", "text")
        case What.CALL:
            when = ("at",) if data.get("earlier") else ()
            said = () if data.get("answered_by") in UNANSWERED else ("text",)
            return (*when, "answered_by", *said)
    return ("text",)


def _read(question: str, value: str, op: Operation, now: datetime) -> str:
    """An answer as it is kept. Raises InvalidInput."""
    match question:
        case "text":
            return notes.checked(value)
        case "source":
            return notes.checked_source(value)
        case "at":
            moment = read_past_moment(value, op.local(now))
            if moment is None:
                raise InvalidInput(NOT_UNDERSTOOD)
            return moment.isoformat()
        case "what":
            return What(value).value
    return AnsweredBy(value).value


def _settle(
    session: Session, analyst: Analyst, case_id: int | None, data: dict[str, Any], now: datetime
) -> Contact | None:
    if case_id is None or _asking(case_id, data) is not None:
        _go_on(session, analyst, case_id, data, now)
        return None
    taps.leave(session, analyst, now=now)
    text = data.get("text", "")
    match data["what"]:
        case What.CALL:
            at = datetime.fromisoformat(data["at"]) if "at" in data else now
            return notes.call(session, analyst, case_id, AnsweredBy(data["answered_by"]), text, at, now=now)
        case What.GUIDANCE:
            return notes.guidance(session, analyst, case_id, data["source"], text, now=now)
    return notes.note(session, analyst, case_id, text, now=now)


def _go_on(session: Session, analyst: Analyst, case_id: int | None, data: dict[str, Any], now: datetime) -> None:
    name = HELD if data.get("text") else STEP
    taps.go_to(session, analyst, name, case_id, data | {"doing": DOING}, now=now)
