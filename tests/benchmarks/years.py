"""A database as it is after years: invented cases, dentists, touches, follow-ups and messages, the same each time."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Engine, insert, text
from sqlmodel import SQLModel

from messages.form import REASONS
from messages.statuses import ChannelName, Direction, MessageStatus, Outcome, Role
from storage.engine import is_sqlite
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress, FollowUp, Message

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)  # 11:00 in São Paulo, a Monday
ANALYSTS, SUPERVISORS = 60, 3
CHUNK = 5_000
RARE = "retrospectiva"  # stands in one touch of a hundred thousand

_FIRST = ("ANA", "BEATRIZ", "CARLA", "DANIELA", "ELISA", "FABIANA", "HELENA", "IRENE", "LIA", "MARINA", "NÁDIA", "TEO")
_LAST = ("SILVA", "SOUZA", "PRADO", "REIS", "MOURA", "SALES", "CUNHA", "ARAÚJO", "CONCEIÇÃO", "GONÇALVES", "FALCÃO")
_CITIES = (("BA", "SALVADOR"), ("SP", "CAMPINAS"), ("PE", "RECIFE"), ("MG", "UBERLÂNDIA"), ("RS", "PELOTAS"))
_TOWNS = 500  # where one case in ten is
_ENDS = (Outcome.LEFT, Outcome.RETAINED, Outcome.LEFT, Outcome.LEFT, Outcome.NOT_RETENTION)
_OFFER = {"action": "Ofertado Suporte", "justification": None}
_SAID = (
    "Bom dia! Vou ver a tabela e retorno até sexta.",
    "Os valores não estão compensando, a moeda está muito defasada.",
    "Obrigada, vou conversar com a minha sócia sobre a proposta.",
    "A liberação de guias demora demais e a central não atende.",
    "Pode me mandar a tabela nova por aqui, por favor?",
    "Estou em atendimento, falamos depois do almoço.",
    "Enviado WhatsApp, ofertando ação de divulgação, informando redução do prazo de liberação de guias.",
    "Quero cancelar mesmo, já estou em outro convênio.",
)


@dataclass(frozen=True)
class Size:
    cases: int = 100_000
    touches: int = 500_000
    open_share: float = 0.2


def build(engine: Engine, size: Size) -> None:
    """Fill a migrated, empty database."""
    chance = random.Random(20260302)
    tables: tuple[tuple[Any, Iterator[dict[str, Any]]], ...] = (
        (Analyst, _analysts()),
        (Dentist, _dentists(size, chance)),
        (DentistAddress, _addresses(size)),
        (Case, _cases(size, chance)),
        (Contact, _touches(size, chance)),
        (FollowUp, _follow_ups(size, chance)),
        (Message, _messages(size, chance)),
    )
    for model, rows in tables:
        while chunk := list(itertools.islice(rows, CHUNK)):
            with engine.begin() as connection:
                connection.execute(insert(model), [_defaults(model) | row for row in chunk])
    if not is_sqlite(engine):  # what its autovacuum does by itself within minutes
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


@cache
def _defaults(model: type[SQLModel]) -> dict[str, Any]:
    """What a row of the model holds unless told otherwise; Core statements don't know."""
    fields = {name: field for name, field in model.model_fields.items() if name != "id"}
    return {
        name: field.get_default(call_default_factory=True) for name, field in fields.items() if not field.is_required()
    }


def protocol(number: int) -> str:
    return f"SAD{160_000_000_000 + number * 7:012d}"


def phone(number: int) -> str:
    return f"+5571{980_000_000 + number}"


def _ago(chance: random.Random, days: float) -> datetime:
    return NOW - timedelta(days=chance.random() * days)


def _analysts() -> Iterator[dict[str, Any]]:
    for number in range(1, ANALYSTS + SUPERVISORS + 1):
        role = Role.ANALYST if number <= ANALYSTS else Role.SUPERVISOR
        yield {"id": number, "name": f"Pessoa {number}", "role": role, "telegram_user_id": number, "created_at": NOW}


def _dentists(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(1, size.cases + 1):
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)} {chance.choice(_LAST)} {number:06d}"
        uf, _ = _CITIES[number % len(_CITIES)]
        yield {"id": number, "name": name, "treatment": "Dra.", "cro": str(number), "cro_uf": uf, "created_at": NOW}


def _addresses(size: Size) -> Iterator[dict[str, Any]]:
    for number in range(1, size.cases + 1):
        whatsapp = {"channel": ChannelName.WHATSAPP, "address": phone(number)}
        yield {"dentist_id": number, "created_at": NOW} | whatsapp


def _cases(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    """The last ones are open; of those one in twenty has a new reply and one in ten was never written to."""
    still_open = int(size.cases * size.open_share)
    for number in range(1, size.cases + 1):
        uf, city = _CITIES[number % len(_CITIES)]
        is_open = number > size.cases - still_open
        opened = _ago(chance, 60) if is_open else _ago(chance, 1500) - timedelta(days=60)
        touched = opened + (NOW - opened) * chance.random() if is_open else opened + timedelta(days=40)
        untouched, unread = is_open and number % 10 == 0, int(is_open and number % 20 == 1)
        answered = unread or chance.random() < 0.6
        protocol_on = None if number % 9 == 0 else (opened - timedelta(days=number % 12)).date()
        yield {
            "id": number,
            "dentist_id": number,
            "analyst_id": 1 + number % ANALYSTS,
            "protocol": protocol(number),
            "operator": "SORRISO PLENO",
            "uf": uf,
            "city": city if number % 10 else f"VILA {number // 10 % _TOWNS}",
            "reasons_stated": ["Baixa Procura"],
            "reasons": [REASONS[number % len(REASONS)], REASONS[number // 7 % 5]] if number % 3 else [],
            "protocol_opened_on": protocol_on,
            "started_on": None if is_open else protocol_on or opened.date(),
            "ended_on": None if is_open else touched.date() + timedelta(days=number % 50),
            "opened_at": opened,
            "closed_at": None if is_open else touched,
            "outcome": None if is_open else _ENDS[number % len(_ENDS)],
            "unread": unread,
            "first_out_at": None if untouched else opened,
            "last_out_at": None if untouched else touched,
            "last_in_at": touched + timedelta(minutes=unread) if answered and not untouched else None,
            "last_touch_at": opened if untouched else touched,
        }


def _touches(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    """As many for each case, an answer behind each of ours."""
    for number in range(1, size.touches + 1):
        case = 1 + number % size.cases
        said = chance.choice(_SAID)
        if number % 100_000 == 7:
            said += f" Fizemos a {RARE} do ano."
        at = _ago(chance, 60 if case > size.cases * (1 - size.open_share) else 1500)
        yield {
            "id": number,
            "case_id": case,
            "channel": ChannelName.WHATSAPP,
            "direction": Direction.IN if number // size.cases % 2 else Direction.OUT,
            "external_id": f"wamid.{number}",
            "occurred_at": at,
            "text": said,
            "recorded_at": at,
        }


def _follow_ups(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Half of the open cases have one: overdue, today or later."""
    for case in range(size.cases - int(size.cases * size.open_share) + 1, size.cases + 1, 2):
        due = NOW + timedelta(days=chance.uniform(-5, 15))
        yield {
            "case_id": case,
            "analyst_id": 1 + case % ANALYSTS,
            "due_at": due,
            "reason": "verificar a tabela",
            "created_at": NOW - timedelta(days=9),
        }


_IN_STATUS = (MessageStatus.READ,) * 40 + (MessageStatus.DRAFT, MessageStatus.QUEUED, MessageStatus.UNKNOWN)


def _messages(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    """One for each case."""
    for case in range(1, size.cases + 1):
        is_open = case > size.cases * (1 - size.open_share)
        status = chance.choice(_IN_STATUS) if is_open else MessageStatus.READ
        at = _ago(chance, 60 if is_open else 1500)
        put_off = status is MessageStatus.QUEUED
        yield {
            "case_id": case,
            "analyst_id": 1 + case % ANALYSTS,
            "channel": ChannelName.WHATSAPP,
            "address": phone(case),
            "text": chance.choice(_SAID),
            "status": status,
            "offers": [_OFFER] if case % 3 else [],
            "idempotency_key": f"key-{case}",
            "due_at": NOW + timedelta(days=1) if put_off else None,
            "put_off": put_off,
            "created_at": at,
            "sent_at": at if status is MessageStatus.READ else None,
        }
