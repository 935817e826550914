"""Forwarded messages: a run of them is one conversation, recorded once, to the second."""

from datetime import datetime, timedelta

import pytest

from bot.services import openings, pasting, taps
from bot.services.operation import Operation
from messages.errors import InvalidInput
from messages.forwarded import Forwarded
from messages.statuses import ChannelName, Direction
from storage.models import Analyst, Case, Contact, DialogueStep, Notification
from tests.factory import NOW, ZONE, Store, create_case, create_dentist

FRIDAY = datetime(2023, 10, 27, 10, 0, 0, tzinfo=ZONE)
DENTIST, ME = "Marina Prado", "Ana L."


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def piece(seconds: int, text: str, author: str = DENTIST, **more: str) -> Forwarded:
    return Forwarded(FRIDAY + timedelta(seconds=seconds), author, text, own=author == ME, **more)


def forward(store: Store, analyst: Analyst, *pieces: Forwarded, later: float = 0, case_id: int | None = None) -> None:
    for number, one in enumerate(pieces):
        at = NOW + timedelta(seconds=later + number * 0.1)
        store.do(pasting.forward, analyst, one, at, case_id, now=at)


def told(store: Store) -> list[tuple[str, Direction, str]]:
    rows = sorted(store.all(Contact), key=lambda c: (c.occurred_at, c.id or 0))
    return [(c.occurred_at.astimezone(ZONE).strftime("%H:%M:%S"), c.direction, c.text) for c in rows]


TALK = (piece(5, "Bom dia", ME), piece(41, "Oi"), piece(49, "Oi"), piece(70, "", media="image"))


def test_a_run_is_one_conversation_with_its_true_times_and_sides(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    forward(store, analyst, *TALK)
    assert store.do(pasting.preview, analyst, op).new == 4
    assert store.do(pasting.record, analyst, op).id == case.id  # found by the first name
    assert told(store) == [
        ("10:00:05", Direction.OUT, "Bom dia"),
        ("10:00:41", Direction.IN, "Oi"),
        ("10:00:49", Direction.IN, "Oi"),
        ("10:01:10", Direction.IN, ""),
    ]
    kept = store.all(Contact)
    assert {c.channel for c in kept} == {ChannelName.MANUAL}
    assert [c.kind for c in kept] == ["text", "text", "text", "image"]


def test_sent_twice_it_is_recorded_once(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    forward(store, analyst, *TALK, *TALK)
    assert store.do(pasting.preview, analyst, op).total == 4
    store.do(pasting.record, analyst, op)
    forward(store, analyst, *TALK, piece(80, "Até sexta"), later=3600)
    preview = store.do(pasting.preview, analyst, op)
    assert (preview.total, preview.new) == (5, 1)
    store.do(pasting.record, analyst, op)
    assert len(told(store)) == 5


def test_equal_words_of_one_minute_are_told_apart_by_the_second(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    forward(store, analyst, TALK[2])
    store.do(pasting.record, analyst, op)
    forward(store, analyst, TALK[1], later=3600)
    assert store.do(pasting.preview, analyst, op).new == 1
    store.do(pasting.record, analyst, op)
    assert [at for at, *_ in told(store)] == ["10:00:41", "10:00:49"]


@pytest.mark.parametrize("forwarded_first", [True, False])
def test_what_was_pasted_is_not_recorded_again_when_it_is_forwarded(
    store: Store, analyst: Analyst, case: Case, op: Operation, forwarded_first: bool
) -> None:
    pasted = "\n".join(f"[10:00, 27/10/2023] {DENTIST}: {text}" for text in ("Oi", "Oi"))
    ways = [lambda: forward(store, analyst, *TALK[1:3]), lambda: store.do(pasting.begin, analyst, pasted, case.id)]
    for way in ways if forwarded_first else reversed(ways):
        way()
        store.do(pasting.record, analyst, op)
    assert [text for *_, text in told(store)] == ["Oi", "Oi"]


def test_ones_own_messages_are_our_side_whatever_the_names(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    forward(store, analyst, piece(1, "Bom dia", ME), piece(2, "Oi", "Clínica Sorriso"), case_id=case.id)
    assert store.do(pasting.preview, analyst, op).unknown == []
    store.do(pasting.record, analyst, op)
    assert [side for _, side, _ in told(store)] == [Direction.OUT, Direction.IN]


def test_the_case_is_found_by_whoever_speaks_later_in_the_run_unless_it_was_refused(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_case(store, analyst, create_dentist(store, "RITA REIS"))
    forward(store, analyst, TALK[0])
    assert store.do(pasting.preview, analyst, op).case is None
    forward(store, analyst, TALK[1], later=2)
    assert store.all(DialogueStep)[0].case_id == case.id
    store.do(pasting.ask_case, analyst)
    forward(store, analyst, TALK[2], later=4)
    assert store.all(DialogueStep)[0].case_id is None


def test_another_conversation_later_takes_its_place_and_it_is_told(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    rita = create_case(store, analyst, create_dentist(store, "RITA REIS"))
    forward(store, analyst, *TALK)
    forward(store, analyst, piece(9000, "Olá", "Rita Reis"), later=90)
    preview = store.do(pasting.preview, analyst, op)
    assert (preview.total, preview.left) == (1, (ME, DENTIST))
    assert preview.case is not None and preview.case.id == rita.id
    forward(store, analyst, piece(9010, "Tudo bem?", "Rita Reis"), later=400)  # the same people, some minutes later
    assert store.do(pasting.preview, analyst, op).total == 2


def test_the_run_is_shown_once_when_it_is_over(store: Store, analyst: Analyst, case: Case) -> None:
    forward(store, analyst, *TALK)
    (notice,) = store.all(Notification)
    assert notice.due_at == NOW + timedelta(seconds=0.3) + pasting.QUIET
    store.update(notice, screen=7, sent_at=NOW)
    forward(store, analyst, piece(90, "Mais uma"), later=20)
    assert (store.all(Notification)[0].screen, store.all(Notification)[0].sent_at) == (None, None)


def test_while_something_else_is_in_hand_nothing_is_taken(store: Store, analyst: Analyst, case: Case) -> None:
    store.do(openings.begin_without_form, analyst, "")
    forward(store, analyst, *TALK)
    assert [step.name for step in store.all(DialogueStep)] == ["opening"]
    assert [n.kind for n in store.all(Notification)] == ["forwarded"]


def test_a_question_that_passes_is_left_behind(store: Store, analyst: Analyst, case: Case) -> None:
    store.do(taps.ask, analyst, "note", case.id)
    forward(store, analyst, *TALK)
    assert [step.name for step in store.all(DialogueStep)] == [pasting.STEP]


def test_there_is_an_end_to_a_run(
    store: Store, analyst: Analyst, case: Case, op: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pasting, "MOST_FORWARDED", 4)
    forward(store, analyst, *TALK)
    with pytest.raises(InvalidInput, match="registre estas antes"):
        forward(store, analyst, piece(99, "Mais uma"))
    assert store.do(pasting.preview, analyst, op).total == 4
