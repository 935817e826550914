"""Calls and guidance as touches of a case, and how the form tells them."""

from datetime import timedelta

import pytest

from bot.services import forms, notes
from bot.services.notes import Spoke
from bot.services.operation import Operation
from messages.errors import InvalidInput, NotFound
from messages.statuses import Direction
from storage.models import Analyst, Case, Contact
from tests.factory import NOW, Store, create_case


@pytest.mark.parametrize(
    ("spoke", "text", "line"),
    [
        (Spoke.NOBODY, "", "não atendeu"),
        (Spoke.VOICEMAIL, "", "caixa postal"),
        (Spoke.DENTIST, " vai pensar ", "atendeu a Dra. Marina: vai pensar"),
        (Spoke.SECRETARY, "ligar às 15h", "atendeu a secretária: ligar às 15h"),
        (Spoke.OTHER, "engano", "atendeu outra pessoa: engano"),
    ],
)
def test_a_call_is_a_touch_that_the_form_tells(
    store: Store, analyst: Analyst, op: Operation, spoke: Spoke, text: str, line: str
) -> None:
    case = create_case(store, analyst)
    store.do(notes.call, analyst, case.id, spoke, text)
    (kept,) = store.all(Contact)
    assert (kept.direction, kept.text, kept.occurred_at) == (Direction.CALL, line, NOW)
    assert store.get(Case, case.id).first_out_at == NOW  # a try is a first contact
    (block,) = store.do(forms.issue, analyst, case.id, op).contacts
    assert block.notes == f"Ligação em 30/10/2023 às 11:00: {line}"


def test_guidance_stands_on_the_form_as_what_it_is(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst)
    store.do(notes.guidance, analyst, case.id, "não mexer na tabela, disse a gerência")
    store.do(notes.call, analyst, case.id, Spoke.NOBODY, "", now=NOW + timedelta(minutes=5))
    (block,) = store.do(forms.issue, analyst, case.id, op).contacts
    assert block.notes.split("\n") == [
        "Orientação recebida: não mexer na tabela, disse a gerência",
        "Ligação em 30/10/2023 às 11:05: não atendeu",
    ]


def test_an_answered_call_without_a_word_and_a_colleagues_case_are_refused(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    case = create_case(store, analyst)
    with pytest.raises(InvalidInput):
        store.do(notes.call, analyst, case.id, Spoke.DENTIST, " ")
    with pytest.raises(NotFound):
        store.do(notes.call, colleague, case.id, Spoke.NOBODY, "")
    assert store.count(Contact) == 0
