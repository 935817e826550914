"""Messages before they leave: what is composed, who may touch it, and what each state allows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from bot.handlers.drafting import choice_screen, message_screen
from bot.handlers.screen import LIMIT
from bot.services import choices, drafts, sending_files, turning
from bot.services.operation import Operation
from messages.contracts import Document
from messages.errors import Conflict, InvalidInput, NotFound
from messages.operation import UNNAMED
from messages.statuses import ChannelName, Direction, MessageStatus
from storage.models import Analyst, AuditEntry, Case, Contact, Dentist, Message, Rule
from tests.factory import (
    NOW,
    PHONE,
    Store,
    close_case,
    create_case,
    create_contact,
    create_dentist,
    create_message,
    create_operation,
)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    """Inside the window: the dentist has just written."""
    return create_case(store, analyst, window_since=NOW, unread=2)


def compose(store: Store, analyst: Analyst, case: Case, op: Operation, *keys: str, now: datetime = NOW) -> Message:
    return store.do(drafts.compose_draft, analyst, case.id, keys or ("suporte",), op, now=now)


def test_one_message_is_composed_with_its_offers(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    draft = compose(store, analyst, case, op, "abertura", "suporte", "divulgacao")
    assert draft.text.startswith("Bom dia, Dra. Marina! Aqui é Ana, do setor de Retenção da Sorriso Pleno.")
    assert (draft.status, draft.channel, draft.address) == (MessageStatus.DRAFT, ChannelName.WHATSAPP, PHONE)
    assert {"suporte", "divulgacao"} <= set(draft.blocks)
    assert {o["action"] for o in draft.offers} >= {"Ofertado Suporte", "Ofertado Divulgação"}
    assert draft.template_name is None


def test_it_is_greeted_once_a_day_and_introduced_once(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    store.update(case, first_out_at=NOW, last_out_at=NOW)
    same_day = compose(store, analyst, case, op, now=NOW + timedelta(hours=2))
    assert not same_day.text.startswith(("Bom dia", "Boa tarde"))
    next_day = compose(store, analyst, case, op, now=NOW + timedelta(hours=23))
    assert next_day.text.startswith("Bom dia, Dra. Marina!") and "Aqui é" not in next_day.text


def test_the_reasons_of_the_protocol_are_said_as_people_say_them(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, reasons_stated=["Aposentou", "Beneficiário Grosseiro", "Servidor Publico"])
    text = compose(store, analyst, case, op, "abertura").text
    assert "solicitou o desligamento por aposentadoria e ingresso no serviço público. O que mais pesou" in text


@pytest.mark.parametrize(
    ("api_on", "window", "phone", "channel"),
    [
        (True, True, PHONE, ChannelName.WHATSAPP),
        (True, False, PHONE, ChannelName.MANUAL),
        (False, True, PHONE, ChannelName.MANUAL),
        (True, True, None, ChannelName.MANUAL),
    ],
)
def test_over_the_api_only_inside_the_window_and_with_an_address(
    store: Store, analyst: Analyst, api_on: bool, window: bool, phone: str | None, channel: ChannelName
) -> None:
    op = create_operation(api_on=api_on)
    case = create_case(store, analyst, create_dentist(store, phone=phone), window_since=NOW if window else None)
    assert compose(store, analyst, case, op).channel is channel
    answer = store.do(drafts.answer, analyst, case.id, "Certo!", None, op)
    assert answer.channel is channel  # nothing by hand is ever queued for the API
    assert answer.status is (MessageStatus.QUEUED if channel is ChannelName.WHATSAPP else MessageStatus.DRAFT)


def test_a_whole_template_goes_by_name_and_by_hand_as_text(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst)
    by_api = store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", op)
    assert by_api.template_name == "retencao_primeiro_contato"
    assert by_api.template_parameters["dentist_addressed"] == "Dra. Marina"
    with pytest.raises(Conflict, match="vai inteiro"):
        store.do(drafts.edit, analyst, by_api.id, "outro texto", op)
    unreached = create_case(store, analyst, create_dentist(store, phone=None))
    by_hand = store.do(drafts.whole_draft, analyst, unreached.id, "primeiro_contato", op)
    assert (by_hand.channel, by_hand.template_name) == (ChannelName.MANUAL, None)
    assert store.do(drafts.edit, analyst, by_hand.id, "outro texto", op).text == "outro texto"


def test_what_the_facts_of_the_case_allow_can_be_said(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    choice = store.do(choices.choice_of, analyst, case.id, op)
    assert (choice.window, choice.api) == (True, True)
    offered = {t.key for t in choice.offers}
    assert "suporte" in offered and "reajuste_autorizado" not in offered
    assert "reajuste_autorizado" not in {t.key for t in (*choice.offers, *choice.wholes)}  # no row holds its figures
    assert {t.key for t in choice.wholes} >= {"primeiro_contato"}


def test_an_unfilled_fact_or_an_empty_choice_composes_nothing(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    with pytest.raises(InvalidInput, match="preencha"):
        compose(store, analyst, case, op, "reajuste_autorizado")
    with pytest.raises(InvalidInput, match="Escolha"):
        store.do(drafts.compose_draft, analyst, case.id, [], op)
    assert store.count(Message) == 0


@pytest.mark.parametrize("barrier", ["closed", "opted out"])
def test_to_whom_nothing_may_be_sent_nothing_is_drafted(
    store: Store, analyst: Analyst, case: Case, op: Operation, barrier: str
) -> None:
    if barrier == "closed":
        store.update(case, closed_at=NOW)
    else:
        store.update(store.get(Dentist, case.dentist_id), opted_out_at=NOW)
    for act in (
        lambda: compose(store, analyst, case, op),
        lambda: store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", op),
        lambda: store.do(drafts.answer, analyst, case.id, "Oi", None, op),
    ):
        with pytest.raises(Conflict):
            act()
    assert store.count(Message) == 0


def test_approved_it_leaves_after_the_undo_time_and_what_the_dentist_wrote_is_dealt_with(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op)
    queued = store.do(drafts.approve, analyst, draft.id, draft.version, op)
    assert (queued.status, queued.due_at, queued.approved_at) == (MessageStatus.QUEUED, NOW + op.undo, NOW)
    assert store.get(Case, case.id).unread == 0
    assert [a.action for a in store.all(AuditEntry)] == ["approved"]


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        (datetime(2023, 10, 30, 11, 0, tzinfo=UTC), datetime(2023, 10, 30, 11, 0, 10, tzinfo=UTC)),  # 08:00 exactly
        (datetime(2023, 10, 30, 20, 59, 55, tzinfo=UTC), datetime(2023, 10, 31, 11, 0, tzinfo=UTC)),  # ends meanwhile
        (datetime(2023, 10, 30, 10, 0, tzinfo=UTC), datetime(2023, 10, 30, 11, 0, tzinfo=UTC)),
        (datetime(2023, 11, 1, 23, 0, tzinfo=UTC), datetime(2023, 11, 3, 11, 0, tzinfo=UTC)),  # All Souls' Day between
        (datetime(2023, 11, 4, 14, 0, tzinfo=UTC), datetime(2023, 11, 6, 11, 0, tzinfo=UTC)),  # a Saturday
    ],
)
def test_outside_working_hours_a_template_waits_for_the_next_opening(
    store: Store, analyst: Analyst, op: Operation, now: datetime, leaves: datetime
) -> None:
    case = create_case(store, analyst)
    draft = store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", op)
    assert store.do(drafts.approve, analyst, draft.id, 1, op, now=now).due_at == leaves


def test_whoever_has_just_written_is_answered_at_any_hour(store: Store, analyst: Analyst, op: Operation) -> None:
    night = datetime(2023, 10, 31, 2, 0, tzinfo=UTC)
    case = create_case(store, analyst, window_since=night - timedelta(minutes=5))
    assert store.do(drafts.answer, analyst, case.id, "Certo!", "wamid.Q", op, now=night).due_at == night + op.undo


SECRETARY = "+5571980000042"


def test_free_text_goes_to_the_number_whose_window_is_open(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, window_since=NOW)
    create_contact(store, case, address=PHONE)
    draft = store.do(drafts.answer, analyst, case.id, "Certo!", "wamid.Q", op)
    store.do(drafts.undo, analyst, draft.id)
    later = NOW + timedelta(hours=23)
    create_contact(store, case, address=SECRETARY, occurred_at=later)
    store.update(case, window_since=later)
    queued = store.do(drafts.approve, analyst, draft.id, 2, op, now=later)
    assert (queued.address, queued.reply_to) == (PHONE, "wamid.Q")  # it was written for that number, and may go there
    store.do(drafts.undo, analyst, draft.id)
    next_day = NOW + timedelta(hours=25)
    queued = store.do(drafts.approve, analyst, draft.id, 3, op, now=next_day)
    assert (queued.address, queued.reply_to) == (SECRETARY, None)
    screen = message_screen(store.do(drafts.view, analyst, draft.id, op), op, next_day)
    assert "71 98000-0042" in screen.text


def test_a_template_goes_to_the_dentists_own_number_whoever_wrote(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    draft = store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", op)
    create_contact(store, case, address=SECRETARY)
    store.update(case, window_since=NOW)
    assert store.do(drafts.approve, analyst, draft.id, 1, op).address == PHONE


def test_an_older_preview_sends_nothing(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    draft = compose(store, analyst, case, op)
    edited = store.do(drafts.edit, analyst, draft.id, "  Bom dia, Dra.!  ", op)
    assert (edited.text, edited.edited, edited.version) == ("Bom dia, Dra.!", True, 2)
    for act in (drafts.hand_over,):
        with pytest.raises(Conflict, match="mudou"):
            store.do(act, analyst, draft.id, 1)
    with pytest.raises(Conflict, match="mudou"):
        store.do(drafts.approve, analyst, draft.id, 1, op)
    assert store.do(drafts.approve, analyst, draft.id, 2, op).text == "Bom dia, Dra.!"


def test_undone_it_is_a_draft_again_and_the_old_button_does_not_send_it(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op)
    store.do(drafts.approve, analyst, draft.id, 1, op)
    undone = store.do(drafts.undo, analyst, draft.id)
    assert (undone.status, undone.due_at, undone.version) == (MessageStatus.DRAFT, None, 2)
    with pytest.raises(Conflict):
        store.do(drafts.approve, analyst, draft.id, 1, op)
    with pytest.raises(Conflict, match="é um rascunho"):
        store.do(drafts.undo, analyst, draft.id)


def test_undone_it_answers_nothing_and_what_the_dentist_wrote_waits_again(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op)
    store.update(case, unread=2)
    store.do(drafts.approve, analyst, draft.id, 1, op)
    assert store.get(Case, case.id).unread == 0
    store.update(case, unread=1)  # the dentist goes on writing meanwhile
    store.do(drafts.undo, analyst, draft.id)
    assert store.get(Case, case.id).unread == 3
    store.do(drafts.approve, analyst, draft.id, 2, op)
    store.do(drafts.undo, analyst, draft.id)
    assert store.get(Case, case.id).unread == 3


@pytest.mark.parametrize(
    ("status", "undoing", "editing"),
    [
        (MessageStatus.QUEUED, None, "toque em “Desfazer”"),
        (MessageStatus.SENDING, "está saindo agora", "está saindo agora"),
        (MessageStatus.DELIVERED, "já saiu", "já foi enviada"),
        (MessageStatus.FAILED, "não saiu", "não saiu"),
        (MessageStatus.UNKNOWN, "Não sei se", "Não sei se"),
        (MessageStatus.DISCARDED, "descartado", "descartado"),
    ],
)
def test_a_refusal_says_how_the_message_really_stands(
    store: Store, analyst: Analyst, case: Case, op: Operation, status: MessageStatus, undoing: str | None, editing: str
) -> None:
    message = create_message(store, case, status)
    with pytest.raises(Conflict, match=editing):
        store.do(drafts.edit, analyst, message.id, "novo", op)
    if undoing is not None:
        with pytest.raises(Conflict, match=undoing):
            store.do(drafts.undo, analyst, message.id)


APPROVE: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.approve, a, i, 1, op)  # noqa: E731
EDIT: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.edit, a, i, "novo", op)  # noqa: E731
UNDO: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.undo, a, i)  # noqa: E731
DISCARD: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.discard, a, i)  # noqa: E731
HAND: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.hand_over, a, i, 1)  # noqa: E731
ARRIVED: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.settle, a, i, arrived=True)  # noqa: E731
AGAIN: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.again, a, i, op)  # noqa: E731
VIEW: Callable[..., Any] = lambda s, a, i, op: s.do(drafts.view, a, i, op)  # noqa: E731
ACTS = {
    "approve": (APPROVE, {"draft"}),
    "edit": (EDIT, {"draft"}),
    "undo": (UNDO, {"queued"}),
    "discard": (DISCARD, {"draft", "failed"}),
    "hand over": (HAND, {"draft"}),
    "settle": (ARRIVED, {"unknown"}),
    "again": (AGAIN, {"unknown", "failed", "discarded"}),
    "view": (VIEW, {s.value for s in MessageStatus}),
}


@pytest.mark.parametrize("name", ACTS)
def test_each_act_is_for_some_states_only(store: Store, analyst: Analyst, case: Case, op: Operation, name: str) -> None:
    act, allowed = ACTS[name]
    for status in MessageStatus:
        message = create_message(store, case, status)
        if status.value in allowed:
            act(store, analyst, message.id, op)
        else:
            with pytest.raises(Conflict):
                act(store, analyst, message.id, op)
            assert store.get(Message, message.id).status is status


@pytest.mark.parametrize("name", ACTS)
def test_a_message_of_somebody_elses_case_is_not_found_and_a_supervisor_may(
    store: Store, case: Case, colleague: Analyst, supervisor: Analyst, op: Operation, name: str
) -> None:
    act, allowed = ACTS[name]
    status = MessageStatus(sorted(allowed)[0])
    message = create_message(store, case, status)
    for who, what in ((colleague, message.id), (supervisor, 999)):
        with pytest.raises(NotFound):
            act(store, who, what, op)
    assert store.get(Message, message.id).status is status
    act(store, supervisor, message.id, op)


def test_a_case_of_somebody_else_is_not_drafted_for(
    store: Store, case: Case, colleague: Analyst, op: Operation
) -> None:
    for use_case, args in (
        (drafts.compose_draft, (["suporte"], op)),
        (drafts.whole_draft, ("primeiro_contato", op)),
        (drafts.answer, ("Oi", None, op)),
        (choices.choice_of, (op,)),
    ):
        with pytest.raises(NotFound):
            store.do(use_case, colleague, case.id, *args)  # type: ignore[arg-type]
    assert store.count(Message) == 0


def test_by_hand_it_is_a_contact_of_its_time_once(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    draft = compose(store, analyst, case, op)
    sent = store.do(drafts.hand_over, analyst, draft.id, 1)
    assert (sent.status, sent.channel, sent.sent_at) == (MessageStatus.HANDED_OVER, ChannelName.MANUAL, NOW)
    (contact,) = store.all(Contact)
    assert (contact.channel, contact.message_id, contact.occurred_at) == (ChannelName.MANUAL, draft.id, NOW)
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.unread) == (NOW, 0)


def test_nothing_is_approved_for_who_opted_out(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    draft = compose(store, analyst, case, op)
    store.update(store.get(Dentist, case.dentist_id), opted_out_at=NOW)
    with pytest.raises(Conflict, match="não receber"):
        store.do(drafts.approve, analyst, draft.id, 1, op)
    assert "não receber" in (store.do(drafts.view, analyst, draft.id, op).barred or "")
    assert store.count(Contact) == 0


def test_a_message_by_hand_is_not_approved_and_one_that_lost_its_window_neither(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    with pytest.raises(Conflict, match="Enviei"):
        store.do(drafts.approve, analyst, create_message(store, case, channel=ChannelName.MANUAL).id, 1, op)
    with pytest.raises(Conflict, match="janela"):
        store.do(drafts.approve, analyst, create_message(store, case).id, 1, op, now=NOW + timedelta(hours=24))


@pytest.mark.parametrize(("arrived", "status"), [(True, MessageStatus.ACCEPTED), (False, MessageStatus.FAILED)])
def test_a_person_settles_what_is_uncertain(
    store: Store, analyst: Analyst, case: Case, arrived: bool, status: MessageStatus
) -> None:
    message = create_message(store, case, MessageStatus.UNKNOWN, sent_at=NOW - timedelta(hours=1))
    assert store.do(drafts.settle, analyst, message.id, arrived=arrived).status is status
    assert [c.occurred_at for c in store.all(Contact)] == ([NOW - timedelta(hours=1)] if arrived else [])
    with pytest.raises(Conflict):
        store.do(drafts.settle, analyst, message.id, arrived=arrived)


def test_what_a_person_says_did_not_arrive_counts_no_more(store: Store, analyst: Analyst, case: Case) -> None:
    message = create_message(store, case, MessageStatus.UNKNOWN, sent_at=NOW)
    create_contact(store, case, Direction.OUT, message_id=message.id)
    store.update(case, first_out_at=NOW, last_out_at=NOW)
    store.do(drafts.settle, analyst, message.id, arrived=False)
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.last_out_at) == (None, None)


def test_only_a_person_sends_again_and_the_old_one_stays_as_it_is(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    old = create_message(
        store,
        case,
        MessageStatus.UNKNOWN,
        blocks=["suporte"],
        offers=[{"action": "Ofertado Suporte", "justification": None}],
        edited=True,
        reply_to="wamid.Q",
    )
    new = store.do(drafts.again, analyst, old.id, op)
    assert new.id != old.id and new.idempotency_key != old.idempotency_key
    same = ("text", "blocks", "offers", "edited", "reply_to", "address")
    assert [getattr(new, f) for f in same] == [getattr(old, f) for f in same]
    assert (new.status, new.version) == (MessageStatus.DRAFT, 1)
    assert store.get(Message, old.id).status is MessageStatus.UNKNOWN


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (drafts.TEXT_LIMIT + 1)])
def test_an_empty_or_endless_text_is_refused(
    store: Store, analyst: Analyst, case: Case, op: Operation, text: str
) -> None:
    draft = compose(store, analyst, case, op)
    with pytest.raises(InvalidInput):
        store.do(drafts.edit, analyst, draft.id, text, op)
    with pytest.raises(InvalidInput):
        store.do(drafts.answer, analyst, case.id, text, None, op)
    assert store.get(Message, draft.id).version == 1


def test_the_longest_text_fits(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    assert len(store.do(drafts.answer, analyst, case.id, "x" * drafts.TEXT_LIMIT, None, op).text) == drafts.TEXT_LIMIT


@pytest.mark.parametrize("since", ["opted out", "closed"])
def test_what_was_really_sent_by_hand_is_logged_whatever_happened_since(
    store: Store, analyst: Analyst, op: Operation, since: str
) -> None:
    case = create_case(store, analyst)
    draft = compose(store, analyst, case, op)
    if since == "closed":
        close_case(store, analyst, case)
    else:
        store.update(store.get(Dentist, case.dentist_id), opted_out_at=NOW)
    screen = message_screen(store.do(drafts.view, analyst, draft.id, op), op, NOW)
    (button,) = [b for row in screen.rows for b in row if b.action == "handed"]
    sent = store.do(drafts.hand_over, analyst, **button.arguments)
    assert sent.status is MessageStatus.HANDED_OVER
    assert [c.message_id for c in store.all(Contact)] == [draft.id]


def test_what_lost_its_window_is_turned_to_by_hand(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    draft = compose(store, analyst, case, op)
    late = NOW + timedelta(hours=25)
    view = store.do(drafts.view, analyst, draft.id, op, now=late)
    screen = message_screen(view, op, late)
    assert view.by_hand and "by_hand" in [b.action for row in screen.rows for b in row]
    turned = store.do(turning.by_hand, analyst, draft.id, now=late)
    assert (turned.channel, turned.status, turned.version) == (ChannelName.MANUAL, MessageStatus.DRAFT, 2)
    assert store.do(drafts.view, analyst, draft.id, op, now=late).barred is None
    with pytest.raises(Conflict):
        store.do(drafts.approve, analyst, draft.id, 1, op, now=late)


def test_what_is_barred_for_another_reason_is_not_turned_to_by_hand(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op)
    store.update(store.get(Dentist, case.dentist_id), opted_out_at=NOW)
    assert not store.do(drafts.view, analyst, draft.id, op).by_hand
    with pytest.raises(Conflict, match="não receber"):
        store.do(turning.by_hand, analyst, draft.id)


def test_what_an_edit_takes_out_of_the_words_is_no_longer_offered(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op, "suporte", "divulgacao")
    support = next(p for p in draft.text.split("\n\n") if "suporte ao dentista" in p)
    reworded = support.upper().replace(" ", "  ") + "\n\nAguardo!"
    edited = store.do(drafts.edit, analyst, draft.id, reworded, op, now=NOW + timedelta(days=2))
    assert [o["action"] for o in edited.offers] == ["Ofertado Suporte"]
    assert "suporte" in edited.blocks and "divulgacao" not in edited.blocks
    edited = store.do(drafts.edit, analyst, draft.id, "Bom dia!", op)
    assert edited.offers == [] and "suporte" not in edited.blocks


@pytest.mark.parametrize(
    ("edited", "offers"),
    [
        (
            "Olá Dra. Eva! Aqui é a Ana. Oferecemos um treinamento on-line rápido sobre o portal para a Dra. e a "
            "equipe. Qual o melhor dia?",
            True,
        ),
        ("Oferecemos uma reciclagem rápida, on-line, sobre o portal e o lançamento de guias, para a equipe.", False),
        ("Não oferecemos mais o treinamento rápido, on-line, sobre o portal e o lançamento de guias.", False),
        ("Sobre o treinamento on-line: qual o melhor dia?", False),
    ],
)
def test_an_offer_in_other_words_is_one_still(
    store: Store, analyst: Analyst, case: Case, op: Operation, edited: str, offers: bool
) -> None:
    draft = compose(store, analyst, case, op, "treinamento")
    kept = store.do(drafts.edit, analyst, draft.id, edited, op)
    assert [o["action"] for o in kept.offers] == (["Ofertado Treinamento"] if offers else [])


def test_what_was_taken_back_and_written_again_is_not_left_to_be_sent_twice(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    first = store.do(drafts.answer, analyst, case.id, "Boa tarde!", None, op)
    store.do(drafts.undo, analyst, first.id)
    other = store.do(drafts.answer, analyst, case.id, "Bom dia!", None, op)
    store.do(drafts.undo, analyst, other.id)
    again = store.do(drafts.answer, analyst, case.id, "Boa tarde!", None, op)
    standing = {m.id: m.status for m in store.all(Message)}
    assert standing == {
        first.id: MessageStatus.DISCARDED, other.id: MessageStatus.DRAFT, again.id: MessageStatus.QUEUED
    }  # fmt: skip
    with pytest.raises(Conflict, match="descartado"):
        store.do(drafts.approve, analyst, first.id, store.get(Message, first.id).version, op)


def test_nothing_is_offered_to_be_written_to_whom_nothing_may(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    assert store.do(choices.choice_of, analyst, case.id, op).barred is None
    store.update(store.get(Dentist, case.dentist_id), opted_out_at=NOW)
    choice = store.do(choices.choice_of, analyst, case.id, op)
    screen = choice_screen(choice, [], op, NOW)
    assert "⛔ O dentista pediu para não receber mensagens" in screen.text
    assert [b.label for row in screen.rows for b in row] == ["Voltar"]


def test_an_operation_without_a_name_is_told_before_the_dentist_reads_it(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    nameless = replace(op, name=UNNAMED)
    case = create_case(store, analyst, operator=None)
    draft = compose(store, analyst, case, nameless, "abertura")
    shown = message_screen(store.do(drafts.view, analyst, draft.id, nameless), nameless, NOW)
    assert "O nome da operadora não está definido" in shown.text
    draft = compose(store, analyst, case, op, "abertura")
    assert "não está definido" not in message_screen(store.do(drafts.view, analyst, draft.id, op), op, NOW).text


def test_a_block_that_offers_nothing_counts_only_while_it_is_said(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op, "abertura", "divulgacao")
    edited = store.do(drafts.edit, analyst, draft.id, "Bom dia, Dra.! Podemos falar?", op)
    assert (edited.blocks, edited.offers) == ([], [])
    create_message(store, case, MessageStatus.READ, offers=[{"action": "Ofertado Suporte", "justification": None}])
    asking = compose(store, analyst, case, op, "confirmacao_final")
    assert store.do(drafts.edit, analyst, asking.id, f"{asking.text} Obrigada!", op).blocks == asking.blocks
    assert "confirmacao_final" not in store.do(drafts.edit, analyst, asking.id, "Ainda pensa em sair?", op).blocks
    bare = compose(store, analyst, create_case(store, analyst), op, "confirmacao_final")  # nothing was offered
    assert "confirma que deseja seguir com o desligamento?" in bare.text
    question = compose(store, analyst, case, op, "acompanhar_prazo")  # all of it is its question
    assert "acompanhar_prazo" in store.do(drafts.edit, analyst, question.id, f"{question.text} Obrigada!", op).blocks
    assert store.do(drafts.edit, analyst, question.id, "Como vai?", op).blocks == []


def test_sent_again_on_a_later_day_it_still_offers_what_it_says(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op, "prazo_guias", "suporte")  # the first names the day it was written on
    store.update(draft, status=MessageStatus.FAILED)
    later = NOW + timedelta(days=3)
    new = store.do(drafts.again, analyst, draft.id, op, now=later)
    edited = store.do(drafts.edit, analyst, new.id, f"{new.text}\n\nUm abraço!", op, now=later)
    assert (edited.offers, edited.blocks) == (draft.offers, draft.blocks)
    assert {o["action"] for o in edited.offers} == {"Outros", "Ofertado Suporte"}


def test_an_edit_beside_the_offers_keeps_them_all(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    draft = compose(store, analyst, case, op, "suporte", "divulgacao")
    edited = store.do(drafts.edit, analyst, draft.id, f"{draft.text}\n\nUm abraço!", op)
    assert (edited.offers, edited.blocks) == (draft.offers, draft.blocks)


@pytest.mark.parametrize("status", MessageStatus)
def test_the_screen_of_the_longest_message_fits_in_every_state(
    store: Store, analyst: Analyst, op: Operation, status: MessageStatus
) -> None:
    case = create_case(store, analyst, create_dentist(store, "NOME " * 20))
    store.add(Rule(uf="BA", no_contact=True, reason="x" * 999, instructed_by="Sofia", since=NOW))
    message = create_message(store, case, status, text="<" * drafts.TEXT_LIMIT, error="y" * 999, due_at=NOW)
    screen = message_screen(store.do(drafts.view, analyst, message.id, op), op, NOW)
    assert len(unescape(screen.text)) <= LIMIT


def test_what_was_delivered_is_told_in_the_choice_and_an_answer_goes_without_the_closing_words(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    offers = [{"action": "Ofertado Suporte", "justification": ""}]
    create_message(store, case, MessageStatus.DELIVERED, sent_at=NOW - timedelta(days=2), offers=offers)
    create_message(store, case, MessageStatus.FAILED, offers=[{"action": "Ofertado Divulgação", "justification": ""}])
    choice = store.do(choices.choice_of, analyst, case.id, op)
    assert choice.offered == {"suporte": NOW - timedelta(days=2)}
    answers = {t.key for t in choice.answers}
    assert {"resposta_mesmo_dia", "agradecimento"} <= answers and not answers & {"suporte", "divulgacao"}
    reply = store.do(drafts.quick_reply, analyst, case.id, "resposta_mesmo_dia", op)
    assert (reply.status, reply.offers) == (MessageStatus.DRAFT, [])
    assert reply.text.endswith("no mesmo dia.")


def test_a_text_with_a_place_left_to_fill_in_is_taken_nowhere(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = compose(store, analyst, case, op)
    caption = Document("tabela.pdf", "application/pdf", b"%PDF")
    for act in (
        lambda: store.do(drafts.edit, analyst, draft.id, "Olá, [nome]!", op),
        lambda: store.do(drafts.answer, analyst, case.id, "Fica em R$ ____.", None, op),
        lambda: store.do(sending_files.draft, analyst, case.id, caption, "Para {{ nome }}", op),
    ):
        with pytest.raises(InvalidInput, match="Falta preencher"):
            act()
    assert store.get(Message, draft.id).version == 1 and store.count(Message) == 1
