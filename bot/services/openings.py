"""Opening a case in the chat: a form is read, what is missing is asked once, then the case is opened.

The dialogue is one row: the form's text and what was answered, the rest is read from them; and the forms that came
meanwhile, each of which has its turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.services import cases, taps, team
from messages.errors import Conflict, InvalidInput, Unfinished
from messages.form import Doubt, Form, read_form
from messages.identity import normalise_phone
from messages.people import Treatment, title_name
from storage import queries
from storage.models import Analyst, Case

STEP = "opening"
MOST_WAITING = 20  # forms sent while one is in hand
QUESTIONS = ("phone", "treatment", "called")  # what the form has no field for, in the order asked
SKIPPED = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where the dialogue stands. ``asking``: one of QUESTIONS, or None when all is answered or skipped."""

    key: str  # of the dialogue's step
    form: Form
    doubts: tuple[Doubt, ...]
    answers: Mapping[str, str]
    asking: str | None
    waiting: tuple[str, ...] = ()  # the dentists of the forms that come after this one


def begin(session: Session, analyst: Analyst, text: str, *, now: datetime) -> None:
    """Start from a form's text; while another is in hand, it waits for its turn.

    Raises InvalidInput when it is none, Conflict when its protocol is open already, or in hand.
    """
    form = read_form(text).form
    protocol = form.protocol
    standing = queries.open_case_by_protocol(session, protocol) if protocol else None
    if standing is not None:
        raise Conflict(cases.already_open(session, analyst, standing))
    step = taps.step_of(session, analyst, now=now)
    waiting = {"text": text, "protocol": protocol, "name": title_name(form.dentist_name or protocol or "outro caso")}
    if step is None or step.name != STEP:
        _start(session, analyst, [waiting], now)
        return
    queue = step.data.get("waiting", [])
    known = [read_form(step.data["text"]).form.protocol, *(w["protocol"] for w in queue)]
    if protocol and protocol in known:
        raise Unfinished(f"O protocolo {protocol} já está em abertura: termine ou cancele antes.")
    if len(queue) >= MOST_WAITING:
        raise Unfinished(f"Já há {MOST_WAITING} formulários na fila: abra estes antes de enviar mais.")
    taps.go_to(session, analyst, STEP, None, {**step.data, "waiting": [*queue, waiting]}, now=now)


def current(session: Session, analyst: Analyst, *, now: datetime) -> Opening | None:
    """The opening in progress, if there is one."""
    step = taps.step_of(session, analyst, now=now)
    if step is None or step.name != STEP:
        return None
    answers: dict[str, str] = step.data["answers"]
    read = read_form(step.data["text"])
    doubts = tuple(d for d in read.doubts if not answers.get(d.field))  # an answer settles its field's doubt
    asking = next((q for q in QUESTIONS if q not in answers), None)
    waiting = tuple(w["name"] for w in step.data.get("waiting", []))
    return Opening(step.key, read.form, doubts, answers, asking, waiting)


def reply(session: Session, analyst: Analyst, question: str, text: str, *, now: datetime) -> None:
    """Take the answer to a question; an empty one skips it. Raises InvalidInput, which asks again."""
    _answer(session, analyst, question, _checked(question, text), now)


def confirm(session: Session, analyst: Analyst, zone: ZoneInfo, *, now: datetime) -> Case:
    """Open the case with what was read and answered; the form that waits longest comes next."""
    opening = _required(session, analyst, now)
    person = cases.Person(
        phone=opening.answers.get("phone") or None,
        treatment=Treatment.read(opening.answers.get("treatment", "")),
        called=opening.answers.get("called") or None,
    )
    case = cases.open_case(session, analyst, opening.form, person, opening.doubts, zone, now=now)
    _next(session, analyst, now)
    return case


def open_for(session: Session, analyst_name: str, text: str, zone: ZoneInfo, *, now: datetime) -> Case:
    """For the command line: open a case at once; the phone that the notes tell is taken as it is."""
    analyst = team.by_name(session, analyst_name, now=now)
    read = read_form(text)
    person = cases.Person(phone=read.form.phone, confirmed=False)
    return cases.open_case(session, analyst, read.form, person, read.doubts, zone, now=now)


def cancel(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """Leave this form; the one that waits longest comes next."""
    _next(session, analyst, now)


def _start(session: Session, analyst: Analyst, waiting: Sequence[dict[str, Any]], now: datetime) -> None:
    """Take the first form in hand."""
    first, *rest = waiting
    doing = f"a abertura de {first['name'][:60]}"
    data = {"text": first["text"], "answers": {}, "doing": doing, "waiting": rest}
    taps.go_to(session, analyst, STEP, None, data, now=now)


def _next(session: Session, analyst: Analyst, now: datetime) -> None:
    step = taps.step_of(session, analyst, now=now)
    if step is not None and step.name == STEP and step.data.get("waiting"):
        _start(session, analyst, step.data["waiting"], now)
    else:
        taps.leave(session, analyst, now=now)


def _checked(question: str, text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return SKIPPED
    if question == "phone":
        phone = normalise_phone(text)
        if phone is None:
            raise InvalidInput(
                "Não reconheci esse telefone. Envie com DDD, por exemplo 71 98000-0017, ou toque em Pular."
            )
        return phone
    if question == "treatment":
        treatment = Treatment.read(text)
        if treatment is None:
            raise InvalidInput("Responda “Dra.” ou “Dr.”, ou toque em Pular.")
        return treatment.value
    if len(text) > 60:
        raise InvalidInput("O nome pelo qual o dentista é chamado pode ter até 60 caracteres.")
    return text


def _answer(session: Session, analyst: Analyst, question: str, value: str, now: datetime) -> None:
    _required(session, analyst, now)
    step = taps.step_of(session, analyst, now=now)
    assert step is not None
    data: dict[str, Any] = {**step.data, "answers": {**step.data["answers"], question: value}}
    taps.go_to(session, analyst, STEP, None, data, now=now)


def _required(session: Session, analyst: Analyst, now: datetime) -> Opening:
    opening = current(session, analyst, now=now)
    if opening is None:
        raise Conflict("Não há abertura de caso em andamento: envie o formulário de novo.")
    return opening
