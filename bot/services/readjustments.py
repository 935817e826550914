"""Readjustments of a case: worked out, kept as they were, voided by any other calculation.

The figures of a calculation never change. Whoever wants others makes another one: the one before is void, and with it
its request, its authorisation and the messages that quote it and have not left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from bot.services import audit, notices, rates
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotFound
from messages.facts import Fact
from messages.price_index import Series, later, month_of, spell_month
from messages.readjustment import (
    HIGHEST_PERCENT,
    HIGHEST_UNIT,
    Correction,
    Window,
    compounded,
    read_percent,
    read_period,
    show_percent,
    show_period,
    show_unit,
    typed,
    windows,
)
from messages.statuses import MessageStatus
from storage import queries
from storage.models import Analyst, Approval, Case, Dentist, Message, Readjustment

BASE, ORTHO = "base", "ortho"  # the items of a readjustment
RESTS_ON = frozenset({"currency", "ortho_currency"})  # what is said of a case, and a calculation starts from
LONGEST = {"informed_by": 80, "reason": 200}  # characters
OUTDATED = "O reajuste deste caso mudou depois desta tela: confira como está."
NOT_LEFT = (MessageStatus.DRAFT, MessageStatus.QUEUED)


@dataclass(frozen=True, slots=True)
class Option:
    window: Window
    base: Decimal  # what the units become
    ortho: Decimal | None


@dataclass(frozen=True, slots=True)
class Choices:
    """From what a readjustment may be worked out. ``options`` are none while the base unit is not known."""

    case: Case
    dentist: Dentist
    options: list[Option]
    last_month: str  # the newest published
    today: date
    standing: Readjustment | None


def choices(session: Session, analyst: Analyst, case_id: int, op: Operation, *, now: datetime) -> Choices:
    """Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    dentist, series, today = queries.dentist_of(session, case), published(session, op, now), op.local(now).date()
    base, ortho = case.currency, case.ortho_currency
    options = [
        Option(window, window.correction.of(base), window.correction.of(ortho) if ortho is not None else None)
        for window in windows(series, case.last_readjusted_on, dentist.enrolled_on, today)
        if base is not None
    ]
    return Choices(case, dentist, options, series.last, today, standing(session, case_id))


def published(session: Session, op: Operation, now: datetime) -> Series:
    """The stored months that are over."""
    return rates.series(session).until(later(month_of(op.local(now).date()), -1))


def standing(session: Session, case_id: int) -> Readjustment | None:
    """The calculation that holds now."""
    statement = select(Readjustment).where(Readjustment.case_id == case_id, col(Readjustment.voided_at).is_(None))
    return session.exec(statement).first()


def readjustment_for(session: Session, readjustment_id: int, analyst: Analyst) -> Readjustment:
    """A calculation of a case of this analyst's. Raises NotFound."""
    found = session.get(Readjustment, readjustment_id)
    if found is None:
        raise NotFound("Não encontrei este reajuste: abra o caso com /casos.")
    queries.case_for(session, found.case_id, analyst)
    return found


def open_case(session: Session, case_id: int, analyst: Analyst) -> Case:
    """Locked. Raises NotFound, Conflict for a closed one."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is not None:
        raise Conflict("Este caso está encerrado: reabra-o antes de mexer no reajuste.")
    return case


def work_out(
    session: Session,
    analyst: Analyst,
    case_id: int,
    first: str,
    last: str,
    of: int | None,
    op: Operation,
    *,
    now: datetime,
) -> Readjustment:
    """By the IPCA between two months, both included. ``of``: the calculation that was on the screen.

    Raises InvalidInput for months without an index and for what is nothing to offer, Conflict where another calculation
    stands by now.
    """
    case, before = _begin(session, analyst, case_id, of)
    correction = compounded(published(session, op, now), first, last)
    rates_used = [
        {"month": r.month, "percent": str(r.percent), "source": r.source, "stored_on": str(r.read_on)}
        for r in correction.rates
    ]
    version = rates.series(session).version
    return _keep(
        session,
        analyst,
        case,
        before,
        correction,
        now,
        first_month=first,
        last_month=last,
        rates=rates_used,
        series_version=version,
    )


def work_out_typed(
    session: Session, analyst: Analyst, case_id: int, text: str, of: int | None, op: Operation, *, now: datetime
) -> Readjustment:
    """By two months as people write them. Raises as `work_out`."""
    return work_out(session, analyst, case_id, *read_period(text), of, op, now=now)


def work_out_given(
    session: Session,
    analyst: Analyst,
    case_id: int,
    percent: str,
    informed_by: str,
    reason: str,
    of: int | None,
    *,
    now: datetime,
) -> Readjustment:
    """By a percentage that somebody gave, which no calculator vouches for. Raises as `work_out`."""
    case, before = _begin(session, analyst, case_id, of)
    by, why = checked("informed_by", informed_by), checked("reason", reason)
    return _keep(session, analyst, case, before, typed(read_percent(percent)), now, informed_by=by, reason=why)


def checked(field: str, text: str) -> str:
    """Who gave a percentage, or why. Raises InvalidInput."""
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST[field]:
        what = "o nome de quem informou" if field == "informed_by" else "o motivo"
        raise InvalidInput(f"Escreva {what}, com até {LONGEST[field]} caracteres.")
    return text


def turn_ortho(session: Session, analyst: Analyst, readjustment_id: int, kept: bool, *, now: datetime) -> Readjustment:
    """The same calculation with orthodontics as it is, or readjusted with the rest. Raises Conflict."""
    before = readjustment_for(session, readjustment_id, analyst)
    case, _ = _begin(session, analyst, before.case_id, before.id)
    if before.ortho_old is None:
        raise Conflict("Este caso não tem moeda de ortodontia: informe-a antes.")
    same = ("first_month", "last_month", "rates", "series_version", "informed_by", "reason")
    told = {name: getattr(before, name) for name in same}
    return _keep(session, analyst, case, before, Correction(Decimal(before.factor)), now, ortho=not kept, **told)


def _begin(session: Session, analyst: Analyst, case_id: int, of: int | None) -> tuple[Case, Readjustment | None]:
    """The case, locked, and what stands. Raises NotFound, Conflict."""
    case = open_case(session, case_id, analyst)
    before = standing(session, case_id)
    if (before.id if before is not None else None) != of:
        raise Conflict(OUTDATED)
    if before is not None and before.applied_at is not None:
        raise Conflict("Este reajuste já foi aplicado: não se muda mais.")
    return case, before


def _keep(
    session: Session,
    analyst: Analyst,
    case: Case,
    before: Readjustment | None,
    correction: Correction,
    now: datetime,
    *,
    ortho: bool = True,
    **told: Any,
) -> Readjustment:
    base, ortho_old = _unit(case.currency, "a moeda base"), case.ortho_currency
    if base is None:
        raise InvalidInput("Falta a moeda base do caso: informe-a antes de calcular.")
    ortho_old = _unit(ortho_old, "a moeda de ortodontia")
    new = Readjustment(
        case_id=case.id or 0,
        analyst_id=analyst.id or 0,
        created_at=now,
        percent=correction.percent,
        factor=str(correction.factor),
        base_old=base,
        base_new=correction.of(base),
        ortho_old=ortho_old,
        ortho_new=correction.of(ortho_old) if ortho and ortho_old is not None else None,
        **told,
    )
    _refuse_nothing(new)
    if before is not None:
        void(session, analyst, before, now)
    session.add(new)
    session.flush()
    audit.record(session, analyst, "readjustment_worked_out", new, now=now, case=case.id, percent=str(new.percent))
    return new


def _unit(unit: Decimal | None, called: str) -> Decimal | None:
    if unit is not None and not 0 < unit <= HIGHEST_UNIT:
        raise InvalidInput(f"Confira {called} do caso: R$ {show_unit(unit)} está fora do possível.")
    return unit


def _refuse_nothing(new: Readjustment) -> None:
    percent = f"{show_percent(new.percent)}%"
    if new.percent <= 0:
        raise InvalidInput(f"O IPCA do período é de {percent}: não há reajuste a oferecer. Escolha outros meses.")
    if new.percent > HIGHEST_PERCENT:
        raise InvalidInput(f"O IPCA do período é de {percent}, mais que o dobro: confira os meses.")
    if new.base_new == new.base_old and new.ortho_new in (None, new.ortho_old):
        raise InvalidInput(f"Com {percent} a moeda não muda ao centavo: não há reajuste a oferecer.")


def void(session: Session, analyst: Analyst, readjustment: Readjustment, now: datetime) -> None:
    """It holds no more: nor does its request or authorisation, and what quotes it and has not left is discarded."""
    readjustment.voided_at, readjustment.voided_by = now, analyst.id
    session.add(readjustment)
    session.flush()
    _void_request(session, analyst, readjustment, now)
    statement = select(Message).where(Message.readjustment_id == readjustment.id, col(Message.status).in_(NOT_LEFT))
    dropped = session.exec(statement.order_by(col(Message.id)).with_for_update()).all()
    for message in dropped:
        message.status, message.status_at, message.due_at = MessageStatus.DISCARDED, now, None
        message.error = "Os valores do reajuste mudaram: componha outra mensagem."
        session.add(message)
    session.flush()
    notices.message_changed(session, dropped, now=now)
    audit.record(session, analyst, "readjustment_voided", readjustment, now=now, messages=[m.id for m in dropped])


def _void_request(session: Session, analyst: Analyst, readjustment: Readjustment, now: datetime) -> None:
    """Whoever has the request on a screen sees that it holds no more."""
    asked = session.exec(select(Approval).where(Approval.readjustment_id == readjustment.id).with_for_update()).all()
    for approval in asked:
        if approval.decided_at is None:
            approval.decided_at, approval.decided_by = now, analyst.id
            session.add(approval)
        key = f"approval:{approval.id}"
        people = notices.people_with(session, key)
        notices.touch(
            session, [notices.Touch(who, key, "approval", approval.case_id, approval.id) for who in people], now=now
        )


def grant(session: Session, readjustment: Readjustment, items: list[str] | None) -> None:
    """A supervisor authorises all of it, or some items: the rest stays as it is. Raises Conflict for one that is void,
    InvalidInput for an item that it does not change."""
    if readjustment.voided_at is not None:
        raise Conflict(OUTDATED)
    granted = items_of(readjustment) if items is None else items
    if BASE not in granted or not set(granted) <= set(items_of(readjustment)):
        raise InvalidInput("Autorize ao menos a moeda base.")
    readjustment.granted = granted
    session.add(readjustment)


def outdate(session: Session, analyst: Analyst, case: Case, field: str, now: datetime) -> None:
    """What is said of a case has changed, and a calculation that starts from it is void."""
    before = standing(session, case.id or 0) if field in RESTS_ON else None
    if before is not None and before.applied_at is None:
        void(session, analyst, before, now)


def items_of(readjustment: Readjustment) -> list[str]:
    """What it would change."""
    return [BASE, ORTHO] if readjustment.ortho_new is not None else [BASE]


def told(readjustment: Readjustment, items: list[str] | None = None) -> str:
    """One sentence with every figure. ``items``: those that are authorised; None: all that were worked out."""
    items = items_of(readjustment) if items is None else items
    return f"{basis(readjustment)}; {units(readjustment, items)}"


def basis(readjustment: Readjustment) -> str:
    """“IPCA de 09/2022 a 10/2023 (14 meses), 5,1319%”."""
    percent = f"{show_percent(readjustment.percent)}%"
    if readjustment.first_month is None or readjustment.last_month is None:
        return f"{percent}, percentual informado por {readjustment.informed_by} ({readjustment.reason})"
    count = len(readjustment.rates)
    months = f"{count} {'mês' if count == 1 else 'meses'}"
    return f"IPCA de {show_period([readjustment.first_month, readjustment.last_month])} ({months}), {percent}"


def units(readjustment: Readjustment, items: list[str]) -> str:
    """“moeda base de R$ 0,35 para R$ 0,37; ortodontia continua em R$ 0,30”."""
    r = readjustment
    parts = [f"moeda base de R$ {show_unit(r.base_old)} para R$ {show_unit(r.base_new)}"]
    if r.ortho_old is not None:
        changes = ORTHO in items and r.ortho_new is not None
        parts.append(
            f"ortodontia de R$ {show_unit(r.ortho_old)} para R$ {show_unit(r.ortho_new)}"
            if changes and r.ortho_new is not None
            else f"ortodontia continua em R$ {show_unit(r.ortho_old)}"
        )
    return "; ".join(parts)


def facts(session: Session, case: Case, today: date) -> Mapping[str, Fact | None]:
    """What messages may tell: the figures only once a supervisor has authorised them."""
    last_on = f"{case.last_readjusted_on:%d/%m/%Y}" if case.last_readjusted_on else None
    told_always: dict[str, Fact | None] = {"readjustment.last_on": last_on}
    found = standing(session, case.id or 0)
    if found is None or not found.granted:
        return told_always
    percent = show_percent(found.percent)
    months = found.first_month and found.last_month and (spell_month(found.first_month), spell_month(found.last_month))
    by_index = f"pelo IPCA de {months[0]} a {months[1]}" if months else "por percentual definido pela supervisão"
    return told_always | {
        "readjustment.old": show_unit(found.base_old),
        "readjustment.new": show_unit(found.base_new),
        "readjustment.percent": percent,
        "readjustment.basis": f"{by_index} ({percent}%, arredondado ao centavo)",
        "readjustment.first_month": months[0] if months else None,
        "readjustment.last_month": months[1] if months else None,
        "readjustment.ortho_sentence": _ortho_sentence(found),
        "readjustment.effective_on": f"{_first_of_next_month(today):%d/%m/%Y}",
    }


def _ortho_sentence(found: Readjustment) -> str | None:
    if found.ortho_old is None:
        return None
    if ORTHO in found.granted and found.ortho_new is not None:
        return f"A moeda de ortodontia passa de R$ {show_unit(found.ortho_old)} para R$ {show_unit(found.ortho_new)}."
    return f"A moeda de ortodontia continua em R$ {show_unit(found.ortho_old)}."


def _first_of_next_month(today: date) -> date:
    return date.fromisoformat(f"{later(month_of(today), 1)}-01")
