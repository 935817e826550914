"""Supervisors' rules: whom not to contact, whom not to remove from the network, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from bot.services import audit, taps
from bot.services.permission import only_supervisors
from bot.services.standing import rules_for
from messages.case_line import read_line
from messages.errors import Conflict, InvalidInput, NotFound
from messages.identity import check_uf
from messages.people import city_title, title_name
from messages.places import same_city
from storage import queries
from storage.models import Analyst, Case, Dentist, Rule

STEP = "rule"
SCOPES = ("city", "uf", "contract", "dentist")
EFFECTS = {"no_contact": (True, False), "no_removal": (False, True), "both": (True, True)}
ORDER = ("scope", "where", "effect", "reason", "instructed_by")
LONGEST = {"reason": 300, "instructed_by": 80}


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that is being written. ``asking``: one of ORDER, or None when all is told. ``cases``: open ones it would
    touch, once it is known where it holds."""

    key: str  # of the dialogue's step
    answers: dict[str, Any]
    asking: str | None
    cases: int


@dataclass(frozen=True, slots=True)
class View:
    """A rule, where it holds as people say it, and how many open cases it touches."""

    rule: Rule
    where: str
    cases: int


def begin(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """Raises NotAllowed."""
    only_supervisors(analyst)
    taps.go_to(session, analyst, STEP, None, {}, now=now)


def current(session: Session, analyst: Analyst, *, now: datetime) -> Draft:
    """Raises Conflict when none is being written."""
    step = taps.step_of(session, analyst, now=now)
    if step is None or step.name != STEP:
        raise Conflict("Não há regra sendo escrita: comece de novo em /regras.")
    asking = next((field for field in ORDER if field not in step.data), None)
    found = _count(session, _rule(session, step.data, now)) if "where" in step.data else 0
    return Draft(step.key, step.data, asking, found)


def answer(session: Session, analyst: Analyst, field: str, text: str, *, now: datetime) -> None:
    """Take the answer to what is asked. Raises InvalidInput, which asks again."""
    only_supervisors(analyst)
    draft = current(session, analyst, now=now)
    if draft.asking != field:
        raise Conflict(taps.OUT_OF_DATE)
    value = _where(session, draft.answers["scope"], text) if field == "where" else _checked(field, text)
    taps.go_to(session, analyst, STEP, None, {**draft.answers, field: value}, now=now)


def create(session: Session, analyst: Analyst, *, now: datetime) -> Rule:
    """The rule as it was written stands from now on. Raises NotAllowed, Conflict."""
    only_supervisors(analyst)
    draft = current(session, analyst, now=now)
    if draft.asking is not None:
        raise Conflict("Falta responder antes de criar a regra.")
    rule = _rule(session, draft.answers, now)
    rule.set_by = analyst.id
    session.add(rule)
    session.flush()
    taps.leave(session, analyst, now=now)
    audit.record(session, analyst, "rule_set", rule, now=now)
    return rule


def end(session: Session, analyst: Analyst, rule_id: int, *, now: datetime) -> Rule:
    """It holds no more; the row stays. Raises NotAllowed, NotFound, Conflict when it has ended."""
    only_supervisors(analyst)
    rule = session.exec(select(Rule).where(Rule.id == rule_id).with_for_update()).first()
    if rule is None:
        raise NotFound("Não encontrei esta regra.")
    if rule.ended_at is not None:
        raise Conflict("Esta regra já foi encerrada.")
    rule.ended_at, rule.ended_by = now, analyst.id
    session.add(rule)
    audit.record(session, analyst, "rule_ended", rule, now=now)
    return rule


def standing(session: Session, analyst: Analyst, after: int, limit: int, *, now: datetime) -> list[View]:
    """The rules that hold, oldest first, from the one after ``after`` on. Raises NotAllowed."""
    only_supervisors(analyst)
    rows = session.exec(
        select(Rule, Dentist)
        .join(Dentist, col(Rule.dentist_id) == Dentist.id, isouter=True)
        .where(col(Rule.ended_at).is_(None), col(Rule.id) > after)
        .order_by(col(Rule.id))
        .limit(limit)
    ).all()
    return [View(rule, _shown(rule, dentist), 0) for rule, dentist in rows]


def view(session: Session, analyst: Analyst, rule_id: int, *, now: datetime) -> View:
    """Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    rule = session.get(Rule, rule_id)
    if rule is None:
        raise NotFound("Não encontrei esta regra.")
    dentist = session.get(Dentist, rule.dentist_id) if rule.dentist_id is not None else None
    return View(rule, _shown(rule, dentist), _count(session, rule))


def where(scope: str, value: Sequence[str]) -> str:
    """Where a rule holds, as people say it."""
    match scope:
        case "city":
            return f"{city_title(value[0])}/{value[1]}"
        case "uf":
            return f"todo o estado {value[0]}"
        case "contract":
            return f"contrato {value[0]}"
        case _:
            return title_name(value[1])


def _shown(rule: Rule, dentist: Dentist | None) -> str:
    if dentist is not None:
        return where("dentist", ["", dentist.name])
    if rule.contract is not None:
        return where("contract", [rule.contract])
    return where("city", [rule.city, rule.uf or ""]) if rule.city else where("uf", [rule.uf or ""])


def _checked(field: str, text: str) -> str:
    text = " ".join(text.split())
    if field == "scope" and text in SCOPES:
        return text
    if field == "effect" and text in EFFECTS:
        return text
    if field not in LONGEST:
        raise InvalidInput("Toque em um dos botões da pergunta.")
    if not text:
        raise InvalidInput("Escreva uma resposta: ela fica no registro da regra.")
    if len(text) > LONGEST[field]:
        raise InvalidInput(f"São {len(text)} caracteres, e cabem {LONGEST[field]}: resuma.")
    return text


def _where(session: Session, scope: str, text: str) -> list[str]:
    """What the rule holds for, as its fields. Raises InvalidInput."""
    text = " ".join(text.split())
    if scope == "uf":
        return [check_uf(text)]
    if scope == "city":
        city, _, uf = text.replace("-", "/").rpartition("/")
        if not city.strip():
            raise InvalidInput("Escreva a cidade com a UF, por exemplo Salvador/BA.")
        return [city.strip(), check_uf(uf)]
    if scope == "contract":
        if not 1 <= len(text) <= 60:
            raise InvalidInput("Escreva o contrato como ele está nos casos, em até 60 caracteres.")
        return [text]
    cro = read_line(text).get("cro")
    if cro is None:
        raise InvalidInput("Escreva o CRO com a UF, por exemplo 90485/BA.")
    number, uf = cro.split("/")
    dentist = session.exec(select(Dentist).where(Dentist.cro == number, Dentist.cro_uf == uf)).first()
    if dentist is None:
        raise InvalidInput(f"Não há dentista cadastrado com o CRO {cro}: confira o número.")
    return [str(dentist.id), dentist.name]


def _rule(session: Session, answers: dict[str, Any], now: datetime) -> Rule:
    """The rule that the answers make; what is not told yet is left open."""
    scope, value = answers["scope"], answers["where"]
    no_contact, no_removal = EFFECTS[answers.get("effect", "both")]
    return Rule(
        uf=value[-1] if scope in ("city", "uf") else None,
        city=value[0] if scope == "city" else None,
        contract=value[0] if scope == "contract" else None,
        dentist_id=int(value[0]) if scope == "dentist" else None,
        no_contact=no_contact,
        no_removal=no_removal,
        reason=answers.get("reason", ""),
        instructed_by=answers.get("instructed_by", ""),
        since=now,
    )


def _count(session: Session, rule: Rule) -> int:
    """Open cases that a rule touches."""
    counted = select(func.count()).select_from(Case).where(col(Case.closed_at).is_(None))
    return session.exec(counted.where(_of(session, rule))).one()


def _of(session: Session, rule: Rule) -> ColumnElement[bool]:
    if rule.dentist_id is not None:
        return col(Case.dentist_id) == rule.dentist_id
    if rule.contract is not None:
        return col(Case.contract) == rule.contract
    if rule.city is None:
        return col(Case.uf) == rule.uf
    spelt = session.exec(select(Case.city).where(Case.uf == rule.uf, col(Case.city).is_not(None)).distinct())
    same = [city for city in spelt if city and same_city(city, rule.city)]
    return (col(Case.uf) == rule.uf) & col(Case.city).in_(same)


def of_case(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> list[Rule]:
    """The rules that stand in a case's way. Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    return rules_for(session, [case]).get(case_id, [])
