"""The analyst's phone and the API side by side: what is typed there, and its past, are contacts, each once; and how
touches hang together."""

from datetime import timedelta

import pytest

from bot.handlers.cases import card_screen
from bot.handlers.replies import reply_screen
from bot.services import cases, forms, replies
from bot.services.operation import Operation
from bot.services.replies import Filing
from messages.contracts import Incoming
from messages.statuses import ChannelName, Direction, MessageStatus
from storage import queries
from storage.models import Analyst, Case, Contact, Dentist, Notification
from tests.factory import (
    NOW,
    PHONE,
    Store,
    create_case,
    create_contact,
    create_dentist,
    create_message,
    incoming,
)

STRANGER = "+5511977770000"


def file(store: Store, *items: Incoming, minutes: float = 0) -> Filing:
    return store.do(replies.file, items, now=NOW + timedelta(minutes=minutes))


def owner(store: Store, case: Case) -> Analyst:
    return store.get(Analyst, case.analyst_id)


def shown(store: Store, case: Case, op: Operation) -> str:
    """The case's card."""
    return card_screen(store.do(cases.view, owner(store, case), case.id), op, NOW).text


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, opened_at=NOW - timedelta(days=30), last_touch_at=NOW - timedelta(days=30))


# --- the past of a phone ---


def test_the_past_becomes_contacts_with_true_times_and_nobody_is_told(store: Store, case: Case) -> None:
    days = [NOW - timedelta(days=n) for n in (9, 8, 7)]
    talk = [
        incoming("Bom dia, Dra.", echo=True, past=True, opens_window=False, occurred_at=days[0]),
        incoming("Vou pensar", past=True, opens_window=False, occurred_at=days[1]),
        incoming("SAIR", past=True, opens_window=False, occurred_at=days[2]),
    ]
    assert file(store, *talk) == Filing(contacts=3)
    assert file(store, *talk) == Filing()
    told = [(c.direction, c.occurred_at, c.case_id) for c in store.all(Contact)]
    assert told == [
        (Direction.OUT, days[0], case.id),
        (Direction.IN, days[1], case.id),
        (Direction.IN, days[2], case.id),
    ]
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.last_in_at, kept.last_touch_at) == (days[0], days[2], days[2])
    assert (kept.unread, kept.window_since) == (0, None)
    assert store.count(Notification) == 0
    assert store.get(Dentist, case.dentist_id).opted_out_at == days[2]  # a wish is a wish


def test_of_the_past_only_what_a_case_is_about_is_kept(store: Store, case: Case, supervisor: Analyst) -> None:
    old = {"past": True, "opens_window": False}
    nothing = [
        incoming("oi, mãe", phone=STRANGER, **old),
        incoming("oi, mãe", phone=STRANGER, echo=True, **old),
        incoming("antes do protocolo", occurred_at=case.opened_at - timedelta(days=1), **old),
    ]
    assert file(store, *nothing) == Filing()
    assert (store.count(Contact), store.count(Notification)) == (0, 0)


def test_the_past_of_a_number_of_two_waits_without_a_word(store: Store, analyst: Analyst) -> None:
    for name in ("RITA REIS", "RUI REIS"):
        create_case(store, analyst, create_dentist(store, name))
    assert file(store, incoming(past=True)) == Filing(contacts=1, quarantined=1)
    assert store.count(Notification) == 0


def test_a_card_shows_what_is_new_and_not_the_past_that_came_after_it(store: Store, case: Case, op: Operation) -> None:
    file(store, incoming("nova"))
    file(store, incoming("antiga", past=True, opens_window=False, occurred_at=NOW - timedelta(days=3)))
    (card,) = store.all(Notification, Notification.kind == "reply")
    view = store.do(replies.card, owner(store, case), case.id, card.subject_id, op)
    assert [c.text for c in view.burst] == ["nova"]
    assert (
        store.do(lambda session, now: queries.first_unread(session, session.get_one(Case, case.id))) == card.subject_id
    )


# --- typed on the phone, and told by hand as well ---


def test_what_enviei_logged_is_not_told_again_by_the_phone_and_gets_its_true_time(store: Store, case: Case) -> None:
    went = NOW - timedelta(hours=3)
    message = create_message(store, case, MessageStatus.HANDED_OVER, channel=ChannelName.MANUAL)
    logged = create_contact(
        store,
        case,
        Direction.OUT,
        channel=ChannelName.MANUAL,
        text="Bom dia, Dra. Marina!",
        external_id="sent:k",
        message_id=message.id,
    )
    echo = incoming("Bom dia,  Dra. Marina!", echo=True, occurred_at=went)
    for _ in range(2):
        assert file(store, echo) == Filing()
    (kept,) = store.all(Contact)
    assert (kept.id, kept.occurred_at) == (logged.id, went)


@pytest.mark.parametrize(("seconds", "new"), [(40, 0), (-50, 0), (600, 1)])
def test_what_was_pasted_is_not_told_again_by_the_past(store: Store, case: Case, seconds: int, new: int) -> None:
    create_contact(store, case, channel=ChannelName.MANUAL, text="Vou pensar", external_id="pasted:1", occurred_at=NOW)
    said = incoming("Vou pensar", past=True, opens_window=False, occurred_at=NOW + timedelta(seconds=seconds))
    assert file(store, said) == Filing(contacts=new)


def test_the_same_words_of_the_other_side_or_of_another_case_are_other_words(
    store: Store, case: Case, analyst: Analyst
) -> None:
    other = create_case(store, analyst, create_dentist(store, "RUI REIS", phone=STRANGER))
    for of, direction in ((case, Direction.IN), (other, Direction.OUT)):
        create_contact(store, of, direction, channel=ChannelName.MANUAL, text="Ok", external_id=f"pasted:{of.id}")
    assert file(store, incoming("Ok", echo=True)) == Filing(contacts=1)


# --- how touches hang together ---


def test_an_edit_and_a_revoke_leave_what_was_said_as_it_was_and_the_card_tells(
    store: Store, case: Case, op: Operation
) -> None:
    said, other = incoming("volto quinta"), incoming("e quero 0,50", occurred_at=NOW + timedelta(seconds=1))
    file(store, said, other)
    edit = incoming(
        "volto sexta",
        kind="edit",
        reply_to=said.external_id,
        opens_window=False,
        occurred_at=NOW + timedelta(seconds=30),
    )
    revoke = incoming(
        "", kind="revoke", reply_to=other.external_id, opens_window=False, occurred_at=NOW + timedelta(seconds=40)
    )
    file(store, edit, revoke, minutes=1)
    assert [c.text for c in store.all(Contact)] == ["volto quinta", "e quero 0,50", "volto sexta", ""]
    (card,) = store.all(Notification, Notification.kind == "reply")
    text = reply_screen(store.do(replies.card, owner(store, case), case.id, card.subject_id, op), op, NOW).text
    assert "volto quinta (editada depois)" in text and "e quero 0,50 (apagada depois)" in text
    assert "[mensagem editada] volto sexta (antes: “volto quinta”)" in text
    assert "[mensagem apagada]: “e quero 0,50”" in text
    assert (store.get(Case, case.id).unread, store.get(Case, case.id).window_since) == (4, NOW + timedelta(seconds=1))
    form = store.do(lambda session, now: forms.build(session, session.get_one(Case, case.id), op))
    notes = form.contacts[0].notes or ""
    assert "(mensagem editada) volto sexta" in notes and "volto quinta" in notes and "(mensagem apagada)" in notes


def test_a_reaction_and_an_answer_show_what_they_are_about(store: Store, case: Case, op: Operation) -> None:
    create_contact(store, case, Direction.OUT, text="Aceita a moeda a 0,37?", external_id="wamid.OURS")
    file(
        store,
        incoming("Reagiu com 👍", kind="reaction", reply_to="wamid.OURS"),
        incoming("Aceito", reply_to="wamid.OURS", occurred_at=NOW + timedelta(seconds=5)),
    )
    text = shown(store, case, op)
    assert "Reagiu com 👍 a “Aceita a moeda a 0,37?”" in text
    assert "Aceito (em resposta a “Aceita a moeda a 0,37?”)" in text


def test_nothing_of_another_case_is_quoted(store: Store, case: Case, analyst: Analyst, op: Operation) -> None:
    other = create_case(store, analyst, create_dentist(store, "RUI REIS", phone=STRANGER))
    create_contact(store, other, Direction.OUT, text="segredo", external_id="wamid.OTHER")
    file(store, incoming("isto?", reply_to="wamid.OTHER"))
    assert "segredo" not in shown(store, case, op)


@pytest.mark.parametrize("kind", ["text", "button", "interactive", "edit"])
def test_a_whole_message_that_asks_to_stop_is_heeded_however_it_is_said(store: Store, case: Case, kind: str) -> None:
    file(store, incoming("PARAR", kind=kind))
    assert store.get(Dentist, case.dentist_id).opted_out_at == NOW


@pytest.mark.parametrize(
    ("kind", "text"), [("image", "PARAR"), ("text", "não quero parar"), ("reaction", "Reagiu com 🛑")]
)
def test_what_only_holds_the_word_is_no_wish(store: Store, case: Case, kind: str, text: str) -> None:
    file(store, incoming(text, kind=kind))
    assert store.get(Dentist, case.dentist_id).opted_out_at is None


def test_what_came_to_another_number_of_ours_opens_no_window_there_is_an_answer_for(store: Store, case: Case) -> None:
    file(store, incoming("Oi", opens_window=False))
    kept = store.get(Case, case.id)
    assert (kept.unread, kept.last_in_at, kept.window_since) == (1, NOW, None)
    assert store.do(lambda session, now: queries.answering_address(session, kept)) is None
    file(store, incoming("Oi", occurred_at=NOW + timedelta(minutes=1)))
    assert store.do(lambda session, now: queries.answering_address(session, kept)) == PHONE
