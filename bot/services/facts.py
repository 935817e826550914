"""The facts of a case as the templates name them: each comes from rows, and what no row holds is missing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sqlmodel import Session

from bot.services import readjustments
from bot.services.operation import Operation
from messages.calendar import add_working_days, next_working_day
from messages.facts import EXAMPLE, VOCABULARY, Fact, fact, nest
from messages.offers import clauses, proven
from messages.people import Addressed, Treatment, city_title, first_name, title_name
from messages.reasons import nouns
from messages.statuses import LEFT_THE_HOUSE, Direction
from storage import queries
from storage.models import Analyst, Case, Contact, Dentist

WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo")
DAYS_TO_RELEASE = timedelta(days=2)  # from launching a guide to the patient, as dentists are advised
TIME_TO_CHECK = 2  # working days that a dentist is given to look at something
TIME_TO_ANSWER = 5  # working days before a case is closed without an answer


def addressed(dentist: Dentist) -> Addressed:
    """How the dentist is spoken to; the treatment comes from data or is left out."""
    return Addressed.of(dentist.called or dentist.name, Treatment.read(dentist.treatment or ""))


def facts_of(session: Session, case: Case, analyst: Analyst, op: Operation, *, now: datetime) -> Mapping[str, object]:
    """The nested context of a case's messages (see ``messages.facts``)."""
    assert case.id is not None
    touches = queries.timeline(session, case.id)
    offers = [o for m in queries.messages_of(session, case.id, LEFT_THE_HOUSE) for o in m.offers]
    told = _of_record(touches, offers, op) | dict(readjustments.facts(session, case, op.local(now).date()))
    return case_facts(case, queries.dentist_of(session, case), analyst, op, more=told, now=now)


def _of_record(touches: list[Contact], offers: list[dict[str, str | None]], op: Operation) -> dict[str, Fact | None]:
    return {
        "case.offers_proven": clauses(proven(offers)),
        "case.attempt_dates": tuple(f"{day:%d/%m}" for day in _attempts(touches, op)),
    }


def case_facts(
    case: Case,
    dentist: Dentist,
    analyst: Analyst,
    op: Operation,
    *,
    more: Mapping[str, Fact | None] = MappingProxyType({}),
    now: datetime,
) -> Mapping[str, object]:
    """What the rows at hand tell, without a question; ``more`` is what others do. A text that needs more is missing
    it."""
    today, spoken = op.local(now).date(), addressed(dentist)
    proposed = add_working_days(today, TIME_TO_CHECK, case.uf, op.days_off)
    facts: dict[str, Fact | None] = {
        "analyst.first_name": first_name(analyst.name),
        "operator": operator_of(case, op),
        "dentist.addressed": spoken.addressed,
        "dentist.article": spoken.article,
        "dentist.of_article": spoken.of_article,
        "dentist.of_addressed": spoken.of_addressed,
        "case.protocol": case.protocol,
        "case.city_title": city_title(case.city or ""),
        "case.reasons_stated": nouns(case.reasons_stated),
        "case.last_touch_day": _day(case.last_out_at, op),
        "follow_up.proposed_day": f"{WEEKDAYS[proposed.weekday()]}, {proposed:%d/%m}",
        "follow_up.deadline": f"{add_working_days(today, TIME_TO_ANSWER, case.uf, op.days_off):%d/%m/%Y}",
        "guide.launched": f"{today:%d/%m}",
        "guide.book_from": f"{next_working_day(today + DAYS_TO_RELEASE, case.uf, op.days_off):%d/%m}",
        **more,
        **_terms(op),
    }
    return nest(facts)


def example_of(op: Operation) -> Mapping[str, object]:
    """The facts of an invented case, at this operation: what a preview is rendered with."""
    own = {"operator": op.name, **{name: value for name, value in _terms(op).items() if value}}
    return nest({name: own.get(name) or fact(EXAMPLE, name) for name in VOCABULARY})


def _terms(op: Operation) -> dict[str, Fact | None]:
    """What the operation decides, the same for every case."""
    return {
        "guide.term": op.guide_term,
        "guide.former_term": op.former_guide_term,
        "support.phone": op.support_phone,
        "support.hours": op.support_hours,
    }


def operator_of(case: Case, op: Operation) -> str:
    """The operator as dentists know it: the form shouts it, running text does not."""
    return title_name(case.operator) if case.operator else op.name


def _attempts(touches: list[Contact], op: Operation) -> list[date]:
    return sorted({op.local(c.occurred_at).date() for c in touches if c.direction in (Direction.OUT, Direction.CALL)})


def _day(moment: datetime | None, op: Operation) -> str | None:
    return f"{op.local(moment):%d/%m/%Y}" if moment else None
