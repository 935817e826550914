"""The case's card and its details: what they tell, and what they keep to themselves."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.handlers.bulk import preview
from bot.handlers.cases import card_screen
from bot.handlers.details import details_screen
from bot.handlers.drafting import message_screen
from bot.services import bulk, cases, drafts, notices
from bot.services.operation import Operation
from messages.errors import NotFound
from messages.statuses import Direction, MessageStatus, Outcome
from storage.models import Analyst, AuditEntry, Case
from tests.factory import NOW, Store, create_case, create_contact, create_dentist, create_follow_up, create_message

PROMOTION = {"action": "Ofertado Divulgação", "justification": None}


def lines(store: Store, who: Analyst, case: Case, op: Operation) -> list[str]:
    return card_screen(store.do(cases.view, who, case.id), op, NOW).text.split("\n")


def test_the_card_tells_the_stage_what_was_delivered_and_the_network(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(
        store,
        analyst,
        lives=3843,
        published_cros=1,
        actions_imported=["Ofertado Suporte", "Outros"],
        first_out_at=NOW,
        last_out_at=NOW,
        last_in_at=NOW,
    )
    create_message(store, case, MessageStatus.DELIVERED, offers=[PROMOTION], sent_at=NOW - timedelta(days=3))
    create_message(store, case, MessageStatus.READ, offers=[PROMOTION], sent_at=NOW)
    create_message(store, case, MessageStatus.FAILED, offers=[{"action": "Ofertado Treinamento"}], sent_at=NOW)
    create_message(store, case, offers=[{"action": "Ofertado Reciclagem"}])
    for days in (3, 0):
        create_contact(store, case, Direction.OUT, occurred_at=NOW - timedelta(days=days))
    told = lines(store, analyst, case, op)
    assert "Etapa: 2º contato, aguardando o dentista" in told
    assert "Já ofertado: Suporte · Divulgação (30/10)" in told
    assert "Rede: 3.843 vidas, 1 CRO divulgado" in told


def test_a_new_case_has_no_contact_to_count_and_nothing_offered(store: Store, analyst: Analyst, op: Operation) -> None:
    told = lines(store, analyst, create_case(store, analyst), op)
    assert "Etapa: sem 1º contato" in told
    assert not any(line.startswith(("Já ofertado", "Rede")) for line in told)


def test_what_the_form_brought_along_is_no_first_contact_of_ours(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst)
    create_contact(store, case, Direction.NOTE, imported=True)
    assert "Etapa: sem 1º contato" in lines(store, analyst, case, op)


def test_a_closed_case_tells_how_it_ended(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, closed_at=NOW, outcome=Outcome.RETAINED)
    assert "Encerrado em 30/10/2023: Retenção Efetiva" in lines(store, analyst, case, op)


def test_identity_numbers_are_shown_in_full_only_on_a_tap_which_is_audited(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    dentist = create_dentist(store, cpf="21573681911", cnpj="94580730000152", enrolled_on=date(2022, 7, 20))
    case = create_case(store, analyst, dentist, currency=Decimal("0.35"), other_plans=False)
    view = store.do(cases.view, analyst, case.id)
    text = details_screen(view, [], in_full=False).text
    assert "CPF: ***.736.819-**" in text and "CNPJ: 94.***.***/****-52" in text
    assert "Na rede desde: 20/07/2022" in text and "Moeda: R$ 0,35" in text and "Outros convênios: não" in text
    assert store.all(AuditEntry) == []
    with pytest.raises(NotFound):
        store.do(cases.reveal, colleague, case.id)
    store.do(cases.reveal, analyst, case.id)
    assert [(e.action, e.subject, e.analyst_id) for e in store.all(AuditEntry)] == [
        ("identity_shown", f"case:{case.id}", analyst.id)
    ]
    text = details_screen(view, [], in_full=True).text
    assert "CPF: 215.736.819-11" in text and "CNPJ: 94.580.730/0001-52" in text


def test_the_phone_of_a_colleagues_dentist_is_masked_until_asked_for(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    assert "71 98000-0017" in lines(store, analyst, case, op)[1]
    whereabouts = lines(store, supervisor, case, op)[1]
    assert "98000" not in whereabouts and "71 •••••-0017" in whereabouts
    view = store.do(cases.view, supervisor, case.id)
    assert "98000" not in details_screen(view, [], in_full=False).text
    assert "71 98000-0017" in details_screen(view, [], in_full=True).text


def test_the_chat_ends_at_the_lowest_screen_whatever_comes_later(store: Store, analyst: Analyst) -> None:
    for screen in (7, 9, 8):
        store.do(notices.reached, analyst.id, screen, None)
    assert store.get(Analyst, analyst.id).chat_bottom == 9


def test_a_colleagues_draft_shows_no_phone_to_a_supervisor_until_they_stand_in(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    draft = create_message(store, create_case(store, analyst))

    def shown(whose: Analyst) -> tuple[str, str]:
        alone = message_screen(store.do(drafts.view, whose, draft.id, op), op, NOW).text
        lot = store.do(bulk.prepared, whose)
        return alone, preview(lot.entries[0], 1, 1, lot)

    assert all("71 98000-0017" in text for text in shown(analyst))
    assert all("98000" not in text and "71 •••••-0017" in text for text in shown(supervisor))
    store.update(analyst, substitute_id=supervisor.id)
    assert all("71 98000-0017" in text for text in shown(supervisor))


@pytest.mark.parametrize(
    ("due_at", "said", "offered"),
    [
        (
            datetime(2023, 11, 5, 6, 0, tzinfo=UTC),
            "⏰ Retorno dom., 05/11 às 3h (fim de semana): ligar\n⚠️ Domingo é fora do horário de trabalho: sem "
            "toque, o aviso vem assim mesmo.",
            "Passar para seg., 06/11 às 8h",
        ),
        (
            datetime(2023, 11, 2, 12, 0, tzinfo=UTC),
            "⏰ Retorno qui., 02/11 às 9h (feriado): ligar\n⚠️ Quinta é feriado: sem toque, o aviso vem assim mesmo.",
            "Passar para sex., 03/11 às 8h",
        ),
        (
            datetime(2023, 10, 30, 22, 0, tzinfo=UTC),
            "⏰ Retorno hoje às 19h (fora do horário): ligar\n⚠️ 19h é fora do horário de trabalho, das 8h às 18h: sem "
            "toque, o aviso vem assim mesmo.",
            "Passar para amanhã às 8h",
        ),
        (datetime(2023, 11, 3, 17, 0, tzinfo=UTC), "⏰ Retorno sex., 03/11 às 14h: ligar", None),
        (
            datetime(2023, 10, 29, 12, 0, tzinfo=UTC),
            "⏰ Retorno ontem às 9h (fim de semana): ligar",
            None,
        ),  # told already
    ],
)
def test_the_card_says_that_nobody_works_when_a_follow_up_is_due_and_offers_the_next_opening(
    store: Store, analyst: Analyst, op: Operation, due_at: datetime, said: str, offered: str | None
) -> None:
    case = create_case(store, analyst)
    create_follow_up(store, case, due_at, reason="ligar")
    screen = card_screen(store.do(cases.view, analyst, case.id), op, NOW)
    assert screen.text.endswith(said)
    labels = [b.label for row in screen.rows for b in row]
    assert [label for label in labels if label.startswith("Passar para ")] == ([offered] if offered else [])
