"""The panel's figures against a month that was counted by hand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.services import forms, panel
from bot.services.operation import Operation
from messages.errors import NotAllowed
from messages.notes import AnsweredBy
from messages.panel.figures import Step, together
from messages.panel.pages import Page, Section
from messages.periods import Period
from messages.statuses import Direction, MessageStatus, Outcome, Role
from storage import figures
from storage.figures import Scope
from storage.models import ActionTick, Analyst, Case
from tests.factory import NOW, Store, create_analyst, create_case, create_contact, create_message

SUPPORT, PROMOTION = "Ofertado Suporte", "Ofertado Divulgação"
IN_OCTOBER = {"protocol_opened_on": date(2023, 10, 5)}
WROTE = {"first_out_at": NOW, "last_in_at": NOW}
TOLD_OF = [{"action": SUPPORT, "justification": None}]
AFTER_AN_ANSWER = (Step.ANSWERED, Step.OFFERED, Step.RETAINED)


def ended(outcome: Outcome, **more: Any) -> dict[str, Any]:
    return {"closed_at": NOW, "outcome": outcome} | more


class Month:
    """Fifteen cases, thirteen of them October's; each is named by what it must be counted as."""

    def __init__(self, store: Store, ana: Analyst, bruno: Analyst) -> None:
        self.store, self.by = store, ana
        first = datetime(2023, 10, 1, 3, tzinfo=UTC)  # midnight in São Paulo
        self.steps: dict[int, Step] = {}
        self._case(ana, Step.OPENED, protocol_opened_on=date(2023, 9, 30))
        self._case(ana, Step.OPENED, opened_at=first - timedelta(minutes=1))
        self._case(ana, Step.OPENED, opened_at=first)
        self._case(ana, Step.OPENED, **IN_OCTOBER)
        plain = self._case(ana, Step.CONTACTED, first_out_at=NOW)
        create_message(store, plain, MessageStatus.READ)
        came = self._case(ana, Step.TOLD, **IN_OCTOBER, **ended(Outcome.RETAINED), first_out_at=NOW)
        create_contact(store, came, Direction.NOTE, imported=True)
        days = {"started_on": date(2023, 10, 5), "ended_on": date(2023, 10, 25), "reasons": ["Valores", "Glosas"]}
        kept = self._case(ana, Step.RETAINED, **WROTE, **ended(Outcome.RETAINED, **days))
        create_message(store, kept, MessageStatus.HANDED_OVER, offers=TOLD_OF)

        days = {"started_on": date(2023, 10, 15), "ended_on": date(2023, 10, 25), "reasons": ["Valores"]}
        called = self._case(
            bruno, Step.ANSWERED, first_out_at=NOW, **ended(Outcome.LEFT, **days), city="Recife", uf="PE"
        )
        self._call(called, AnsweredBy.SECRETARY)
        self._call(self._case(bruno, Step.CONTACTED, first_out_at=NOW), AnsweredBy.NOBODY)
        self._call(self._case(bruno, Step.OPENED), AnsweredBy.DENTIST, withdrawn_at=NOW)
        failed = self._case(bruno, Step.ANSWERED, **WROTE, city="Salvador - BA")
        create_message(store, failed, MessageStatus.FAILED, offers=TOLD_OF)
        undone = self._case(bruno, Step.ANSWERED, **WROTE)
        self._ticks(undone, PROMOTION, True, False)
        self._case(bruno, Step.OFFERED, **WROTE, actions_imported=[PROMOTION])
        self._ticks(self._case(bruno, Step.ANSWERED, **WROTE, actions_imported=[PROMOTION]), PROMOTION, False)
        backwards = {"started_on": date(2023, 10, 25), "ended_on": date(2023, 10, 5)}
        ticked = self._case(bruno, Step.OFFERED, **WROTE, **ended(Outcome.NOT_RETENTION, **backwards))
        self._ticks(ticked, SUPPORT, False, True)
        self._ticks(ticked, PROMOTION, True)

    def _case(self, analyst: Analyst, step: Step, **more: Any) -> Case:
        case = create_case(self.store, analyst, **more)
        self.steps[case.id or 0] = step
        return case

    def _call(self, case: Case, who: AnsweredBy, **more: Any) -> None:
        create_contact(self.store, case, Direction.CALL, kind="call", answered_by=who, **more)

    def _ticks(self, case: Case, action: str, *ticked: bool) -> None:
        for one in ticked:
            about = {"case_id": case.id, "analyst_id": self.by.id, "created_at": NOW}
            self.store.add(ActionTick(action=action, ticked=one, reason="pelo telefone", **about))


@pytest.fixture
def month(store: Store, analyst: Analyst, colleague: Analyst) -> Month:
    return Month(store, analyst, colleague)


def shown(store: Store, person: Analyst, section: Section, op: Operation, period: Period = Period.MONTH) -> Page:
    return store.do(panel.page, person, section, period, op)


def bars(page: Page) -> list[str]:
    return [f"{bar.label} {bar.told}" for bar in page.bars]


def rows(page: Page) -> dict[str, tuple[str, ...]]:
    return {row.label: row.cells for row in page.rows}


def test_the_funnel_counts_each_case_as_far_as_it_came(
    store: Store, month: Month, supervisor: Analyst, op: Operation
) -> None:
    page = shown(store, supervisor, Section.FUNNEL, op)
    assert bars(page) == ["Casos do período 13", "Contatados 10", "Responderam 7", "Com oferta 3", "Retidos 1"]
    assert page.figures == (("2", "retidos"), ("1", "saída"), ("1", "não se trata"), ("9", "em aberto"))
    assert page.heading.whose == "Toda a equipe"
    assert page.heading.period == "Este mês: 01/10/2023 a 30/10/2023"
    assert page.notes == (
        "Taxa de retenção: 2 de 3 que ficaram ou saíram.",
        "Cada passo conta só os casos que deram todos os anteriores.",
        "1 caso retido fica fora do último passo: sem resposta ou oferta registrada.",
        "Conta como contatado 1 caso com contatos no formulário de abertura e sem resposta registrada depois.",
    )


def test_a_case_is_offered_something_when_its_form_ticks_an_action(store: Store, month: Month, op: Operation) -> None:
    with Session(store.engine) as session:
        counted = together(figures.by_analyst(session, Scope(None)).values())
        assert {step: counted.at(step) for step in Step} == dict(Counter(month.steps.values()))
        answered = [session.get_one(Case, n) for n, step in month.steps.items() if step in AFTER_AN_ANSWER]
        ticked = {case.id for case in answered if forms.build(session, case, op).actions}
    assert ticked == {n for n, step in month.steps.items() if step in (Step.OFFERED, Step.RETAINED)}


@pytest.mark.parametrize(
    ("period", "cases"), [(Period.LAST_MONTH, 2), (Period.THREE_MONTHS, 15), (Period.YEAR, 15), (Period.ALL, 15)]
)
def test_a_period_has_the_cases_whose_protocol_was_opened_in_it(
    store: Store, month: Month, supervisor: Analyst, op: Operation, period: Period, cases: int
) -> None:
    assert bars(shown(store, supervisor, Section.FUNNEL, op, period))[0] == f"Casos do período {cases}"


def test_reasons_cities_and_time_are_told_by_outcome(
    store: Store, month: Month, supervisor: Analyst, op: Operation
) -> None:
    assert rows(shown(store, supervisor, Section.REASONS, op)) == {
        "Valores": ("2", "1", "1", "0", "0"),
        "Glosas": ("1", "1", "0", "0", "0"),
        "Sem motivo registrado": ("11", "1", "0", "1", "9"),
    }
    assert rows(shown(store, supervisor, Section.CITIES, op)) == {
        "Salvador/BA": ("12", "2", "0", "1", "9"),
        "Recife/PE": ("1", "0", "1", "0", "0"),
    }
    time = shown(store, supervisor, Section.TIME, op)
    assert time.figures == (("15", "dias ou menos para a metade"), ("15", "dias em média"))
    assert bars(time)[1:3] == ["8 a 15 dias 1", "16 a 30 dias 1"]
    assert time.notes[1] == "2 encerrados sem datas válidas ficam de fora."


def test_supervisors_see_each_person_and_others_nobody_but_their_own(
    store: Store, month: Month, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    assert rows(shown(store, supervisor, Section.PEOPLE, op)) == {
        "Bruno Reis": ("8", "1", "0", "1", "10"),
        "Ana Lima": ("5", "2", "2", "0", "20"),
    }
    for person, cases, retained in ((analyst, 5, 2), (colleague, 8, 0)):
        page = shown(store, person, Section.FUNNEL, op)
        assert (page.heading.whose, bars(page)[0]) == (person.name, f"Casos do período {cases}")
        assert sum(int(cells[1]) for cells in rows(shown(store, person, Section.CITIES, op)).values()) == retained
        with pytest.raises(NotAllowed, match="Só a supervisão"):
            shown(store, person, Section.PEOPLE, op)
        assert "Pessoas" not in [sheet.title for sheet in store.do(panel.everything, person, Period.MONTH, op)]
    demoted = store.update(supervisor, role=Role.ANALYST)
    assert shown(store, demoted, Section.FUNNEL, op).empty
    with pytest.raises(NotAllowed):
        shown(store, demoted, Section.PEOPLE, op)


def test_whoever_stands_in_sees_the_absent_ones_cases_too(
    store: Store, month: Month, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    store.update(analyst, substitute_id=colleague.id)
    page = shown(store, colleague, Section.FUNNEL, op)
    assert (bars(page)[0], page.heading.whose) == ("Casos do período 13", "Bruno Reis, também no lugar de Ana Lima")


def test_the_sheets_tell_the_same_figures(store: Store, month: Month, supervisor: Analyst, op: Operation) -> None:
    sheets = {sheet.title: sheet.rows for sheet in store.do(panel.everything, supervisor, Period.MONTH, op)}
    assert [(name, n) for name, n, _ in sheets["Funil"]] == [
        ("Casos", 13),
        ("Contatados", 10),
        ("Responderam", 7),
        ("Com oferta", 3),
        ("Retidos (funil)", 1),
        ("Retenção Efetiva", 2),
        ("Desligamento", 1),
        ("Não se trata de Retenção", 1),
        ("Em aberto", 9),
        ("Retidos sem resposta ou oferta registrada", 1),
        ("Contatos no formulário de abertura, sem resposta registrada", 1),
        ("Taxa de retenção: retidos entre retidos e saídas", 3),
    ]
    assert sheets["Pessoas"][0] == ("Bruno Reis", 8, 7, 6, 2, 0, 0, 1, 1, 6, 10.0)
    assert ("Recife/PE", 1, 1, 1, 0, 0, 0, 1, 0, 0) in sheets["Cidades"]
    assert ("Valores", 2, 1, 1, 0, 0) in sheets["Motivos"]
    assert ("Mediana, em dias", 15.0) in sheets["Prazos"]


def test_people_of_the_same_name_are_told_apart(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    create_case(store, analyst)
    create_case(store, create_analyst(store, analyst.name))
    assert set(rows(shown(store, supervisor, Section.PEOPLE, op))) == {"Ana Lima", "Ana Lima (2)"}
