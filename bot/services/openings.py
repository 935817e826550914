"""Opening a case in the chat: a form is read, or there is none, what is missing is asked once, the case is opened.

The dialogue is one row: the form's text and what was answered, the rest is read from them; and the forms that came
meanwhile, each of which has its turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.services import cases, taps, team
from messages.case_line import as_protocol, read_cro, read_line, read_phone, uf_of_cro
from messages.errors import Conflict, InvalidInput, Unfinished
from messages.form import Doubt, Form, ReadForm, read_form
from messages.people import Treatment, title_name
from storage import queries
from storage.models import Analyst, Case

STEP = "opening"
MOST_WAITING = 20  # forms sent while one is in hand
IDENTITY = ("protocol", "dentist_name", "cro")  # asked where no form tells it
QUESTIONS = ("phone", "treatment", "called")  # what the form has no field for
ORDER = (*IDENTITY, *QUESTIONS)
NEEDED = frozenset({"protocol", "dentist_name"})  # without them there is no case
SKIPPED = ""
NAME_LENGTH = range(3, 121)


@dataclass(frozen=True, slots=True)
class Opening:
    """Where the dialogue stands. ``asking``: one of ORDER, or None when all is answered or skipped."""

    key: str  # of the dialogue's step
    sent: bool  # a form was; else all is asked for
    form: Form  # with what was answered in it
    doubts: tuple[Doubt, ...]
    answers: Mapping[str, str]
    asking: str | None
    known: str | None  # the name under which the dentist's CRO is on record
    waiting: tuple[str, ...] = ()  # the dentists of the forms that come after this one
    problems: tuple[str, ...] = ()  # what of the last text could not be used


def begin(session: Session, analyst: Analyst, text: str, *, now: datetime) -> None:
    """Start from a form's text; while another is in hand, it waits for its turn.

    Raises InvalidInput when it is none, Conflict when its protocol is open already, or in hand.
    """
    form = read_form(text).form
    protocol = form.protocol
    standing = queries.open_case_by_protocol(session, protocol) if protocol else None
    if standing is not None:
        raise cases.already_open(session, analyst, standing)
    step = taps.step_of(session, analyst, now=now)
    waiting = {"text": text, "protocol": protocol, "name": title_name(form.dentist_name or protocol or "outro caso")}
    if step is None or step.name != STEP:
        _start(session, analyst, [waiting], now)
        return
    queue = step.data.get("waiting", [])
    opening = _required(session, analyst, now)
    if protocol and protocol in [opening.form.protocol, *(w["protocol"] for w in queue)]:
        raise Unfinished(f"O protocolo {protocol} já está em abertura: termine ou cancele antes.")
    if len(queue) >= MOST_WAITING:
        raise Unfinished(f"Já há {MOST_WAITING} formulários na fila: abra estes antes de enviar mais.")
    taps.go_to(session, analyst, STEP, None, {**step.data, "waiting": [*queue, waiting]}, now=now)


def begin_without_form(session: Session, analyst: Analyst, line: str, *, now: datetime) -> None:
    """Start from what a typed line tells, which may be nothing: everything else is asked for.

    Raises Unfinished while another opening is in hand, Conflict when the protocol is open already.
    """
    step = taps.step_of(session, analyst, now=now)
    if step is not None and step.name == STEP:
        raise Unfinished(f"Termine ou cancele antes {step.data['doing']}.")
    _start(session, analyst, [{"text": "", "protocol": None, "name": "um caso novo"}], now)
    if told := read_line(line):
        _answer(session, analyst, told, now)


def current(session: Session, analyst: Analyst, *, now: datetime) -> Opening | None:
    """The opening in progress, if there is one."""
    step = taps.step_of(session, analyst, now=now)
    if step is None or step.name != STEP:
        return None
    answers: dict[str, str] = step.data["answers"]
    read = read_form(step.data["text"]) if step.data["text"] else ReadForm(Form(), ())
    form, doubts = _completed(read, answers)
    unanswered = (q for q in ORDER if q not in answers and not (q in IDENTITY and getattr(form, q)))
    asking = step.data.get("correcting") or next(unanswered, None)
    waiting = tuple(w["name"] for w in step.data.get("waiting", []))
    known = cases.known_dentist(session, form)
    name = known.name if known is not None else None
    problems = tuple(step.data.get("problems", ()))
    return Opening(step.key, bool(step.data["text"]), form, doubts, answers, asking, name, waiting, problems)


def _completed(read: ReadForm, answers: Mapping[str, str]) -> tuple[Form, tuple[Doubt, ...]]:
    """The form with what was answered in it; an answer settles its field's doubt."""
    told: dict[str, str] = {field: answers[field] for field in NEEDED if answers.get(field)}
    if answers.get("cro"):
        told["cro"], told["cro_uf"] = answers["cro"].split("/")
    doubts = [d for d in read.doubts if not answers.get(d.field)]
    if "cro_uf" in told and not read.form.uf:
        told["uf"] = told["cro_uf"]
        doubts.append(uf_of_cro(told["cro_uf"]))
    return replace(read.form, **told), tuple(doubts)  # type: ignore[arg-type]  # all of these are texts


def reply(session: Session, analyst: Analyst, question: str, text: str, *, now: datetime) -> None:
    """Take the answer to a question; an empty one skips it. Raises InvalidInput, which asks again; Conflict for a
    protocol that is open already."""
    _answer(session, analyst, {question: text}, now)


def write(session: Session, analyst: Analyst, text: str, *, now: datetime) -> None:
    """Take typed text: while it is asked who the dentist is, whatever of a new case it tells; else the answer to the
    question. Raises as `reply`."""
    opening = _required(session, analyst, now)
    if opening.asking is None:
        raise Unfinished("Tudo já foi respondido: toque em “Abrir caso”, em “Corrigir” ou em “Cancelar”.")
    told = read_line(text) if opening.asking in IDENTITY else {}
    if opening.asking not in told and len(told) < 2:
        told = {opening.asking: text}
    _answer(session, analyst, told, now)


def correct(session: Session, analyst: Analyst, question: str, *, now: datetime) -> None:
    """Ask again, though it was answered."""
    _required(session, analyst, now)
    step = taps.step_of(session, analyst, now=now)
    assert step is not None
    taps.go_to(session, analyst, STEP, None, {**step.data, "correcting": question}, now=now)


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
    data = {"text": first["text"], "answers": {}, "doing": _doing(first["name"]), "waiting": rest}
    taps.go_to(session, analyst, STEP, None, data, now=now)


def _next(session: Session, analyst: Analyst, now: datetime) -> None:
    step = taps.step_of(session, analyst, now=now)
    if step is not None and step.name == STEP and step.data.get("waiting"):
        _start(session, analyst, step.data["waiting"], now)
    else:
        taps.leave(session, analyst, now=now)


def _checked(session: Session, analyst: Analyst, question: str, text: str) -> str:
    text = " ".join(text.split())
    if not text:
        if question in NEEDED:
            raise InvalidInput("Sem o protocolo e o nome do dentista não há caso: responda, ou toque em Cancelar.")
        return SKIPPED
    if question in IDENTITY:
        return _IDENTITY[question](session, analyst, text)
    if question == "phone":
        phone = read_phone(text)
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
    if not any(c.isalpha() for c in text):
        raise InvalidInput("Não reconheci um nome: digite como o dentista é chamado, ou toque em Pular.")
    if len(text) > 60:
        raise InvalidInput("O nome pelo qual é chamado pode ter até 60 caracteres: escreva só o primeiro nome.")
    return text


def _protocol(session: Session, analyst: Analyst, text: str) -> str:
    protocol = as_protocol(text)
    if protocol is None:
        digits = sum(c.isdigit() for c in text)
        raise InvalidInput(f"O protocolo é SAD e 12 algarismos, e este tem {digits}: confira e digite de novo.")
    standing = queries.open_case_by_protocol(session, protocol)
    if standing is not None:
        raise cases.already_open(session, analyst, standing)
    return protocol


def _dentist_name(session: Session, analyst: Analyst, text: str) -> str:
    name = read_line(text).get("dentist_name", "")
    if len(name) not in NAME_LENGTH:
        raise InvalidInput("Não reconheci um nome: digite o nome do dentista como está no protocolo, só com letras.")
    return name


def _cro(session: Session, analyst: Analyst, text: str) -> str:
    told = read_cro(text)
    if told is None:
        raise InvalidInput("Digite o CRO com a UF, por exemplo 90485/BA, ou toque em Pular.")
    return "/".join(told)


_IDENTITY = {"protocol": _protocol, "dentist_name": _dentist_name, "cro": _cro}


def _answer(session: Session, analyst: Analyst, told: Mapping[str, str], now: datetime) -> None:
    """Keep what can be used; the rest is told and asked for. Raises InvalidInput where nothing can be."""
    _required(session, analyst, now)
    step = taps.step_of(session, analyst, now=now)
    assert step is not None
    answers: dict[str, str] = {}
    problems: list[str] = []
    for question, text in told.items():
        try:
            answers[question] = _checked(session, analyst, question, text)
        except InvalidInput as problem:
            problems.append(problem.text)
    if not answers:
        raise InvalidInput(problems[0])
    changed = {"answers": step.data["answers"] | answers, "correcting": None, "problems": problems}
    data: dict[str, Any] = {**step.data, **changed}
    if name := answers.get("dentist_name"):
        data["doing"] = _doing(name)
    taps.go_to(session, analyst, STEP, None, data, now=now)


def _doing(name: str) -> str:
    return f"a abertura de {name[:60]}"


def _required(session: Session, analyst: Analyst, now: datetime) -> Opening:
    opening = current(session, analyst, now=now)
    if opening is None:
        raise Conflict("Não há abertura de caso em andamento: envie o formulário de novo, ou use /novo.")
    return opening
