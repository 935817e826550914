"""What analysts say of a case's header and of its dentist's registration, after the case was opened."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from bot.services import audit, cases, readjustments
from messages.case_line import read_cro
from messages.errors import InvalidInput
from messages.form import Form
from messages.header_facts import BESIDE, FACTS, HeaderFact
from storage import queries
from storage.models import Analyst, Case, Dentist

ASKED: Mapping[str, HeaderFact] = {"cro": HeaderFact("o CRO, com a UF", "90485/BA", read_cro), **FACTS, **BESIDE}
OF_DENTIST = frozenset({"cro", *cases.PERSON})


def state_fact(session: Session, analyst: Analyst, case_id: int, field: str, text: str, *, now: datetime) -> Case:
    """Say one thing, or say it otherwise; what was doubtful about it is settled. Raises InvalidInput, NotFound."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    value = _read(ASKED[field], " ".join(text.split()), now)
    if field == "cro":
        _register(session, queries.dentist_of(session, case), value)
    elif field in OF_DENTIST:
        setattr(queries.dentist_of(session, case), field, value)
    else:
        setattr(case, field, value)
    readjustments.outdate(session, analyst, case, field, now)
    case.doubts = [d for d in case.doubts if d["field"] != field]
    session.add(case)
    audit.record(session, analyst, "fact_stated", case, now=now, field=field)
    return case


def _read(fact: HeaderFact, text: str, now: datetime) -> Any:
    value = fact.read(text)
    if value is None:
        raise InvalidInput(f"Não reconheci {fact.called}: escreva, por exemplo, {fact.example}.")
    if isinstance(value, date) and value > now.date():
        raise InvalidInput("Essa data ainda não chegou: confira e escreva de novo.")
    return value


def _register(session: Session, dentist: Dentist, registration: tuple[str, str]) -> None:
    cro, uf = registration
    known = cases.known_dentist(session, Form(cro=cro, cro_uf=uf))
    if known is not None and known.id != dentist.id:
        raise InvalidInput(f"O CRO {cro}/{uf} já está cadastrado para {known.name}: confira o número.")
    dentist.cro, dentist.cro_uf = cro, uf
