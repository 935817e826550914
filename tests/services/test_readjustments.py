"""A case's readjustment: worked out and frozen, authorised figure by figure, told only as authorised, and proven."""

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from bot.services import approvals, drafts, forms, rates, readjustment_stages, readjustments, stating
from bot.services.operation import Operation
from bot.services.readjustment_stages import Stage
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.statuses import Direction, MessageStatus
from storage.models import (
    Analyst,
    Approval,
    AuditEntry,
    Case,
    Contact,
    IndexRate,
    Message,
    Notification,
    Readjustment,
    ReadjustmentAnswer,
)
from tests.factory import Store, create_case, create_contact, create_dentist, create_operation
from tests.services.test_at_once import at_once

NOW = datetime(2023, 11, 20, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PERIOD = ("2022-09", "2023-10")


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    store.do(rates.sow)
    dentist = create_dentist(store, enrolled_on=date(2022, 7, 20))
    units = {"currency": Decimal("0.35"), "ortho_currency": Decimal("0.30")}
    return create_case(
        store, analyst, dentist, last_readjusted_on=date(2021, 10, 20), window_since=NOW, first_out_at=NOW, **units
    )


Worked = Callable[..., Readjustment]


@pytest.fixture
def work_out(store: Store, analyst: Analyst, case: Case, op: Operation) -> Worked:
    def act(
        first: str = PERIOD[0], last: str = PERIOD[1], *, of: int | None = None, by: Analyst = analyst
    ) -> Readjustment:
        return store.do(readjustments.work_out, by, case.id, first, last, of, op, now=NOW)

    return act


def authorise(
    store: Store, analyst: Analyst, supervisor: Analyst, found: Readjustment, items: list[str] | None = None
) -> Approval:
    asked = store.do(approvals.ask_readjustment, analyst, found.id, now=NOW)
    return store.do(approvals.decide, supervisor, asked.id, True, create_operation(), items, now=NOW)


def write(store: Store, analyst: Analyst, case: Case, op: Operation) -> Message:
    return store.do(drafts.compose_draft, analyst, case.id, ["reajuste_autorizado"], op, now=NOW)


def stage(store: Store, analyst: Analyst, found: Readjustment) -> Stage:
    return store.do(readjustment_stages.view, analyst, found.id, now=LATER).stage


def test_periods_are_offered_with_what_they_come_to(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    choices = store.do(readjustments.choices, analyst, case.id, op, now=NOW)
    told = [
        (o.window.since.value, o.window.first, str(o.window.correction.percent), str(o.base), str(o.ortho))
        for o in choices.options
    ]
    assert told == [
        ("readjustment", "2021-11", "11.6011", "0.39", "0.33"),
        ("enrolment", "2022-08", "4.7534", "0.37", "0.31"),
        ("anniversary", "2022-07", "3.1615", "0.36", "0.31"),
    ]
    assert choices.last_month == "2023-10"


def test_the_memo_keeps_every_figure_whatever_becomes_of_the_series(
    store: Store, analyst: Analyst, work_out: Worked
) -> None:
    found = work_out()
    assert (found.percent, found.base_new, found.ortho_new) == (Decimal("5.1319"), Decimal("0.37"), Decimal("0.32"))
    assert found.factor.startswith("1.05131909923227680564526911106765889540978")
    assert len(found.rates) == 14
    first = {"month": "2022-09", "percent": "-0.2900", "source": "IBGE/BCB (SGS 433), cópia do programa"}
    assert first.items() <= found.rates[0].items()
    store.update(store.get(IndexRate, ("IPCA", "2022-09")), percent=Decimal("9"))
    assert store.get(Readjustment, found.id).rates == found.rates
    assert readjustments.told(found) == (
        "IPCA de 09/2022 a 10/2023 (14 meses), 5,1319%; moeda base de R$ 0,35 para R$ 0,37; "
        "ortodontia de R$ 0,30 para R$ 0,32"
    )
    assert stage(store, analyst, found) is Stage.ELIGIBLE


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2022-09", "2023-11", "O IPCA de 11/2023 não foi publicado: o último é o de 10/2023"),
        ("2023-10", "2022-09", "invertido"),
        ("2022-07", "2022-09", "não há reajuste a oferecer"),
        ("2023-09", "2023-09", "não muda ao centavo"),
        ("1994-07", "2023-10", "mais que o dobro"),
    ],
)
def test_what_is_nothing_to_offer_is_refused(store: Store, work_out: Worked, first: str, last: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        work_out(first, last)
    assert store.count(Readjustment) == 0


def test_units_that_are_missing_or_cannot_be_are_told(store: Store, case: Case, work_out: Worked) -> None:
    store.update(case, currency=None)
    with pytest.raises(InvalidInput, match="Falta a moeda base"):
        work_out()
    store.update(case, currency=Decimal(35))
    with pytest.raises(InvalidInput, match="35,00 está fora do possível"):
        work_out()


def test_a_given_percentage_is_kept_with_who_and_why(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, op: Operation
) -> None:
    give = readjustments.work_out_given
    with pytest.raises(InvalidInput, match="motivo"):
        store.do(give, analyst, case.id, "4,7357", "Sofia Matos", "  ", None, now=NOW)
    found = store.do(give, analyst, case.id, "4,7357%", "Sofia Matos", "acordo de outubro", None, now=NOW)
    assert (found.first_month, found.rates, found.base_new, found.ortho_new) == (
        None,
        [],
        Decimal("0.37"),
        Decimal("0.31"),
    )
    assert "percentual informado por Sofia Matos (acordo de outubro)" in readjustments.told(found)
    authorise(store, analyst, supervisor, found)
    text = write(store, analyst, case, op).text
    assert "por percentual definido pela supervisão (4,7357%, arredondado ao centavo)" in text and "IPCA" not in text


def test_nobody_authorises_their_own_request_and_analysts_none(
    store: Store, analyst: Analyst, supervisor: Analyst, colleague: Analyst, work_out: Worked
) -> None:
    found = work_out(by=supervisor)
    with pytest.raises(NotFound):
        store.do(approvals.ask_readjustment, colleague, found.id, now=NOW)
    with pytest.raises(Conflict, match="Não há outra pessoa da supervisão"):
        store.do(approvals.ask_readjustment, supervisor, found.id, now=NOW)
    asked = store.do(approvals.ask_readjustment, analyst, found.id, now=NOW)
    with pytest.raises(Conflict, match="já está com a supervisão"):
        store.do(approvals.ask_readjustment, analyst, found.id, now=NOW)
    with pytest.raises(NotAllowed):
        store.do(approvals.decide, analyst, asked.id, True, create_operation(), now=NOW)
    assert store.get(Readjustment, found.id).granted == []
    store.do(approvals.decide, supervisor, asked.id, True, create_operation(), now=NOW)
    assert store.get(Readjustment, found.id).granted == ["base", "ortho"]
    assert "Reajuste autorizado por Sofia Matos: IPCA de 09/2022" in store.all(Contact)[-1].text


def test_orthodontics_may_stay_as_it_is_by_the_analyst_or_by_the_supervisor(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, op: Operation, work_out: Worked
) -> None:
    both = work_out()
    base_only = store.do(readjustments.turn_ortho, analyst, both.id, True, now=NOW)
    assert (base_only.ortho_new, base_only.factor, base_only.rates) == (None, both.factor, both.rates)
    again = store.do(readjustments.turn_ortho, analyst, base_only.id, False, now=NOW)
    authorise(store, analyst, supervisor, again, ["base"])
    assert store.get(Readjustment, again.id).granted == ["base"]
    assert "A moeda de ortodontia continua em R$ 0,30." in write(store, analyst, case, op).text
    for wrong in (["ortho"], ["base", "outra"], []):
        with pytest.raises(InvalidInput):
            store.do(lambda session, now, w=wrong: readjustments.grant(session, again, w))


def test_a_refusal_stands_for_these_figures(
    store: Store, analyst: Analyst, supervisor: Analyst, work_out: Worked
) -> None:
    found = work_out()
    asked = store.do(approvals.ask_readjustment, analyst, found.id, now=NOW)
    store.do(approvals.decide, supervisor, asked.id, False, create_operation(), now=NOW)
    assert stage(store, analyst, found) is Stage.REFUSED
    with pytest.raises(Conflict, match="já decidiu estes valores"):
        store.do(approvals.ask_readjustment, analyst, found.id, now=NOW)
    other = work_out("2022-10", "2023-10", of=found.id)
    assert store.do(approvals.ask_readjustment, analyst, other.id, now=NOW).decided_at is None


def test_any_edit_voids_the_request_and_its_buttons(
    store: Store, analyst: Analyst, supervisor: Analyst, work_out: Worked
) -> None:
    found = work_out()
    asked = store.do(approvals.ask_readjustment, analyst, found.id, now=NOW)
    work_out("2022-10", "2023-10", of=found.id, by=supervisor)
    with pytest.raises(Conflict, match="Os valores mudaram depois deste pedido"):
        store.do(approvals.decide, supervisor, asked.id, True, create_operation(), now=NOW)
    kept = store.get(Approval, asked.id)
    assert (kept.granted, kept.decided_by) == (None, supervisor.id)
    assert store.do(approvals.queue, supervisor, 8, now=NOW) == ([], 0)
    assert {n.analyst_id for n in store.all(Notification) if n.sent_at is None} == {analyst.id, supervisor.id}
    with pytest.raises(Conflict, match="mudou depois desta tela"):
        work_out(of=None)
    with pytest.raises(Conflict, match="mudou depois desta tela"):
        work_out(of=found.id)
    for act in (approvals.ask_readjustment, readjustment_stages.view):
        if act is approvals.ask_readjustment:
            with pytest.raises(Conflict):
                store.do(act, analyst, found.id, now=NOW)
    assert stage(store, analyst, found) is Stage.VOID
    assert [e.action for e in store.all(AuditEntry)].count("readjustment_voided") == 1


@pytest.mark.parametrize("queued", [False, True])
def test_any_edit_voids_the_authorisation_and_what_quotes_it(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, op: Operation, work_out: Worked, queued: bool
) -> None:
    found = work_out()
    authorise(store, analyst, supervisor, found)
    message = write(store, analyst, case, op)
    assert message.readjustment_id == found.id
    if queued:
        store.do(drafts.approve, analyst, message.id, message.version, op, now=NOW)
    store.do(stating.state_fact, analyst, case.id, "currency", "0,36", now=NOW)  # what it was worked out from
    dropped = store.get(Message, message.id)
    assert (dropped.status, dropped.due_at) == (MessageStatus.DISCARDED, None)
    assert "mudaram" in (dropped.error or "")
    assert store.do(lambda session, now: readjustments.standing(session, case.id)) is None
    for act in (
        lambda: store.do(drafts.again, analyst, message.id, op, now=NOW),
        lambda: write(store, analyst, case, op),
    ):
        with pytest.raises((Conflict, InvalidInput)):
            act()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("O reajuste fica em 6%.", "6%"),
        ("O reajuste fica em 5,13%.", "5,13%"),
        ("Consegui aumento de 10 por cento para a Dra.", "10 por cento"),
        ("A moeda passa a R$ 0,40.", "R$ 0,40"),
        ("A moeda passa a 0,40 em dezembro.", "0,40"),
        ("O valor vai de 0,35 para 0.38.", "0.38"),
        ("O reajuste é de 5,1319%: R$ 0,35 para R$ 0,37.", None),
        ("A sua moeda hoje é 0,35 e passa para 0,37; a tabela da ortodontia, de R$0,30 para R$ 0,32.", None),
        ("Sobre o reajuste: estou 100% à disposição.", None),
        ("O último valor pago foi R$ 49,00, em 20/08.", None),
        ("A divulgação costuma trazer 30% mais pacientes.", None),
    ],
)
def test_only_what_was_authorised_is_told(
    store: Store,
    analyst: Analyst,
    supervisor: Analyst,
    case: Case,
    op: Operation,
    work_out: Worked,
    text: str,
    refused: str | None,
) -> None:
    authorise(store, analyst, supervisor, work_out())
    draft = write(store, analyst, case, op)
    for send in (
        lambda: store.do(drafts.answer, analyst, case.id, text, None, op, now=NOW),
        lambda: store.do(drafts.edit, analyst, draft.id, text, op, now=NOW),
    ):
        if refused is None:
            assert send().text == text
        else:
            with pytest.raises(InvalidInput, match="A calculadora de reajuste não deu") as told:
                send()
            assert f"não deu {refused};" in told.value.text and "5,1319%" in told.value.text


def test_without_an_authorisation_no_figure_is_told(
    store: Store, analyst: Analyst, case: Case, op: Operation, work_out: Worked
) -> None:
    work_out()
    with pytest.raises(InvalidInput, match="nada foi autorizado"):
        store.do(drafts.answer, analyst, case.id, "O reajuste é de 5,1319%.", None, op, now=NOW)
    with pytest.raises(InvalidInput):
        write(store, analyst, case, op)


def test_the_message_that_left_presents_and_an_edit_may_take_the_figures_out(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, op: Operation, work_out: Worked
) -> None:
    found = work_out()
    authorise(store, analyst, supervisor, found)
    draft = write(store, analyst, case, op)
    figures = readjustments.told(found)
    assert draft.offers == [{"action": "Ofertado Novos Valores", "justification": "", "figures": figures}]
    create_contact(store, case, message_id=draft.id, occurred_at=NOW, external_id=None)
    store.update(draft, status=MessageStatus.READ, sent_at=NOW)
    (block,) = store.do(
        lambda session, *, now: forms.build(session, session.get_one(Case, case.id), op), now=NOW
    ).contacts
    assert f"Valores apresentados: {figures}." in block.notes.split("\n")
    store.update(draft, status=MessageStatus.DRAFT, sent_at=None)
    without = store.do(drafts.edit, analyst, draft.id, "Trago novidades amanhã.", op, now=NOW)
    assert (without.readjustment_id, without.offers) == (None, [])
    own = store.do(drafts.edit, analyst, draft.id, "A moeda passa para R$ 0,37.", op, now=NOW)
    assert (own.readjustment_id, own.offers[0]["figures"]) == (found.id, figures)
    assert stage(store, analyst, found) is Stage.AUTHORISED
    store.update(own, status=MessageStatus.ACCEPTED, sent_at=NOW)
    view = store.do(readjustment_stages.view, analyst, found.id, now=LATER)
    assert (view.stage, view.presented.id) == (Stage.PRESENTED, own.id)
    store.update(own, status=MessageStatus.FAILED)
    assert stage(store, analyst, found) is Stage.AUTHORISED


def test_acceptance_is_proven_by_what_the_dentist_said_after_the_presentation(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, op: Operation, work_out: Worked
) -> None:
    found = work_out()
    answer, applied = readjustment_stages.answered, readjustment_stages.applied
    with pytest.raises(Conflict, match="ainda não foram apresentados"):
        store.do(answer, analyst, found.id, True, now=NOW)
    authorise(store, analyst, supervisor, found)
    store.update(write(store, analyst, case, op), status=MessageStatus.READ, sent_at=NOW)
    create_contact(store, case, Direction.IN, occurred_at=NOW - timedelta(hours=2))
    with pytest.raises(Conflict, match="Não há resposta do dentista depois"):
        store.do(answer, analyst, found.id, True, now=LATER)
    with pytest.raises(Conflict, match="ainda não aceitou"):
        store.do(applied, analyst, found.id, "hoje", op, now=LATER)
    no = create_contact(store, case, Direction.IN, occurred_at=NOW + timedelta(minutes=5))
    store.do(answer, analyst, found.id, False, now=LATER)
    assert stage(store, analyst, found) is Stage.DECLINED
    yes = create_contact(store, case, Direction.CALL, occurred_at=NOW + timedelta(minutes=30), external_id=None)
    store.do(answer, analyst, found.id, True, now=LATER)
    assert [(a.accepted, a.contact_id) for a in store.all(ReadjustmentAnswer)] == [(False, no.id), (True, yes.id)]
    assert stage(store, analyst, found) is Stage.ACCEPTED
    for text in ("amanhã", "", "31/02/2023", "01/12/2033"):
        with pytest.raises(InvalidInput):
            store.do(applied, analyst, found.id, text, op, now=LATER)
    done = store.do(applied, analyst, found.id, "01/12/2023", op, now=LATER)
    assert (done.applied_on, done.applied_by) == (date(2023, 12, 1), analyst.id)
    assert stage(store, analyst, found) is Stage.APPLIED
    for act in (
        lambda: work_out(of=found.id),
        lambda: store.do(answer, analyst, found.id, False, now=LATER),
        lambda: store.do(applied, analyst, found.id, "hoje", op, now=LATER),
    ):
        with pytest.raises(Conflict, match="já foi aplicado"):
            act()
    store.do(stating.state_fact, analyst, case.id, "currency", "0,37", now=LATER)
    assert stage(store, analyst, found) is Stage.APPLIED


def test_a_colleague_sees_and_does_nothing(
    store: Store, colleague: Analyst, case: Case, op: Operation, work_out: Worked
) -> None:
    found = work_out()
    for act in (
        lambda: store.do(readjustments.choices, colleague, case.id, op, now=NOW),
        lambda: work_out(of=found.id, by=colleague),
        lambda: store.do(readjustments.work_out_given, colleague, case.id, "5", "Eu", "sim", found.id, now=NOW),
        lambda: store.do(readjustments.turn_ortho, colleague, found.id, True, now=NOW),
        lambda: store.do(readjustment_stages.view, colleague, found.id, now=NOW),
        lambda: store.do(readjustment_stages.answered, colleague, found.id, True, now=NOW),
        lambda: store.do(readjustment_stages.applied, colleague, found.id, "hoje", op, now=NOW),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("edit_first", [True, False])
def test_an_edit_and_an_authorisation_at_once_leave_nothing_authorised_that_was_changed(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, op: Operation, work_out: Worked, edit_first: bool
) -> None:
    found = work_out()
    asked = store.do(approvals.ask_readjustment, analyst, found.id, now=NOW)

    def edit(session: Session) -> None:
        readjustments.work_out(session, analyst, case.id or 0, "2022-10", "2023-10", found.id, op, now=NOW)

    def grant(session: Session) -> None:
        with contextlib.suppress(Conflict):
            approvals.decide(session, supervisor, asked.id or 0, True, op, now=NOW)

    at_once(store, *((edit, grant) if edit_first else (grant, edit)))
    before, now_standing = store.all(Readjustment)
    assert (before.voided_by, now_standing.voided_at, now_standing.granted) == (analyst.id, None, [])
    assert bool(before.granted) is not edit_first
    assert store.get(Approval, asked.id).granted is (None if edit_first else True)
    with pytest.raises(InvalidInput):
        write(store, analyst, case, op)
