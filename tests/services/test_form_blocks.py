"""The form's blocks before it is issued: regrouped and worded; the touches never change."""

from datetime import date, timedelta

import pytest

from bot.services import blocks, issuing, notes
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotFound
from messages.form import ContactBlock
from storage.models import Analyst, BlockEdit, Case, Contact
from tests.factory import NOW, Store, close_case, create_case, create_contact


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def printed(store: Store, analyst: Analyst, case: Case, op: Operation) -> list[str]:
    form = store.do(issuing.of_case, analyst, case.id, op).form
    return ["\n".join(line.rpartition(": ")[2] for line in block.notes.splitlines()) for block in form.contacts]


def touches(store: Store, case: Case, *days: float) -> list[Contact]:
    return [
        create_contact(store, case, text=f"nº {n}", occurred_at=NOW + timedelta(days=day))
        for n, day in enumerate(days, 1)
    ]


def test_blocks_are_joined_and_parted_as_a_person_says(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    first, second, third, fourth = touches(store, case, 0, 0.1, 3, 3.1)
    assert printed(store, analyst, case, op) == ["nº 1\nnº 2", "nº 3\nnº 4"]
    store.do(blocks.join, analyst, case.id, third.id, op)
    assert printed(store, analyst, case, op) == ["nº 1\nnº 2\nnº 3\nnº 4"]
    store.do(blocks.split, analyst, case.id, second.id, op)
    store.do(blocks.split, analyst, case.id, fourth.id, op)
    assert printed(store, analyst, case, op) == ["nº 1", "nº 2\nnº 3", "nº 4"]
    for act, touch in ((blocks.join, first), (blocks.split, second), (blocks.split, first)):
        with pytest.raises(Conflict):
            store.do(act, analyst, case.id, touch.id, op)
    assert [c.text for c in store.all(Contact)] == ["nº 1", "nº 2", "nº 3", "nº 4"]
    assert store.count(BlockEdit) == 3


def test_a_block_in_a_persons_words_keeps_them_until_it_says_something_else(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    (touch,) = touches(store, case, 0)
    store.do(blocks.reword, analyst, case.id, touch.id, "  Contato feito: vai verificar.\n", op)
    issued = store.do(issuing.of_case, analyst, case.id, op)
    assert issued.form.contacts == (ContactBlock(1, date(2023, 10, 30), "Contato feito: vai verificar."),)
    assert store.do(blocks.view, analyst, case.id, op).worded == {touch.id}
    store.do(blocks.reword, analyst, case.id, touch.id, "Em outras palavras.", op)
    assert printed(store, analyst, case, op) == ["Em outras palavras."]
    create_contact(store, case, text="chegou depois", occurred_at=NOW + timedelta(hours=1))
    assert "chegou depois" in printed(store, analyst, case, op)[0]
    assert store.do(blocks.view, analyst, case.id, op).worded == frozenset()


def test_the_records_own_words_come_back(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    (touch,) = touches(store, case, 0)
    with pytest.raises(Conflict, match="já está com o texto"):
        store.do(blocks.restore, analyst, case.id, touch.id, op)
    store.do(blocks.reword, analyst, case.id, touch.id, "Outro texto", op)
    store.do(blocks.restore, analyst, case.id, touch.id, op)
    assert printed(store, analyst, case, op) == ["nº 1"]


def test_what_came_with_a_form_stays_as_it_came(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    came = create_contact(store, case, text="como veio", imported=True, day_only=True)
    (touch,) = touches(store, case, 3)
    with pytest.raises(Conflict, match="fica como veio"):
        store.do(blocks.reword, analyst, case.id, came.id, "outro", op)
    with pytest.raises(Conflict, match="Não há bloco antes"):
        store.do(blocks.join, analyst, case.id, touch.id, op)


def test_nobody_else_and_nothing_closed_or_empty(
    store: Store, analyst: Analyst, colleague: Analyst, case: Case, op: Operation
) -> None:
    (touch,) = touches(store, case, 0)
    with pytest.raises(NotFound):
        store.do(blocks.reword, colleague, case.id, touch.id, "x", op)
    with pytest.raises(NotFound):
        store.do(blocks.reword, analyst, case.id, touch.id + 99, "x", op)
    for words in (" \n ", "x" * (notes.LIMIT + 1)):
        with pytest.raises(InvalidInput):
            store.do(blocks.reword, analyst, case.id, touch.id, words, op)
    close_case(store, analyst, case)
    with pytest.raises(Conflict, match="encerrado"):
        store.do(blocks.reword, analyst, case.id, touch.id, "x", op)
    assert store.count(BlockEdit) == 0
