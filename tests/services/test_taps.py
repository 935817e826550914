"""Acts from the chat: once an update, once a button, by its owner only."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.services import notes, taps
from bot.services.taps import Tap
from messages.errors import Conflict, InvalidInput, NotFound, Repeated, UserError
from storage.models import Analyst, ButtonToken, Case, Contact, DialogueStep, InboxEvent
from tests.factory import NOW, Store, create_case, create_update


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def mint(store: Store, analyst: Analyst, *actions: str) -> list[str]:
    return store.do(taps.mint, analyst.id, [(a, {"case_id": 1}) for a in actions])


def note(
    store: Store, analyst: Analyst, update: int, token: str | None, case: Case, text: str = "oi", now: datetime = NOW
) -> Any:
    return store.do(taps.act, analyst, update, token, False, notes.note, case.id, text, now=now)


def test_a_button_is_a_short_token_that_tells_what_it_is_for(store: Store, analyst: Analyst) -> None:
    tokens = mint(store, analyst, "note", "close")
    assert len(set(tokens)) == 2
    assert all(len(f"x:{token}".encode()) <= 64 for token in tokens)
    assert store.do(taps.read_tap, analyst, tokens[1]) == Tap(tokens[1], "close", {"case_id": 1})


def test_a_button_of_somebody_else_or_of_nobody_does_nothing(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, case: Case
) -> None:
    (token,) = mint(store, analyst, "note")
    for person, asked in ((colleague, token), (supervisor, token), (analyst, "unknown"), (analyst, "")):
        with pytest.raises(NotFound):
            store.do(taps.read_tap, person, asked)
    create_update(store, 1)
    with pytest.raises(NotFound):
        note(store, supervisor, 1, token, case)
    with pytest.raises(NotFound):
        note(store, analyst, 1, "unknown", case)
    assert store.get(ButtonToken, token).used_at is None
    assert store.count(Contact) == 0


def test_the_same_update_again_shows_the_first_result_and_does_nothing(
    store: Store, analyst: Analyst, case: Case
) -> None:
    (token,) = mint(store, analyst, "note")
    create_update(store, 1)
    first = note(store, analyst, 1, token, case)
    again = note(store, analyst, 1, token, case, "outra")
    assert isinstance(again, Contact) and again.id == first.id and again.text == "oi"
    assert store.count(Contact) == 1
    (event,) = store.all(InboxEvent)
    assert (event.acted_at, event.outcome) == (NOW, f"contact:{first.id}")


@pytest.mark.parametrize(
    ("later", "told", "why"), [(59, Repeated, "veio duas vezes"), (60, Conflict, "já foi usado; mostro")]
)
def test_a_second_tap_on_the_same_button_is_told_so(
    store: Store, analyst: Analyst, case: Case, later: int, told: type[UserError], why: str
) -> None:
    (token,) = mint(store, analyst, "note")
    create_update(store, 1), create_update(store, 2)
    note(store, analyst, 1, token, case)
    with pytest.raises(told, match=why):
        note(store, analyst, 2, token, case, now=NOW + timedelta(seconds=later))
    assert store.count(Contact) == 1


def test_what_failed_used_up_neither_button_nor_update(store: Store, analyst: Analyst, case: Case) -> None:
    (token,) = mint(store, analyst, "note")
    create_update(store, 1)
    with pytest.raises(InvalidInput):
        note(store, analyst, 1, token, case, "   ")
    assert store.get(ButtonToken, token).used_at is None
    assert store.all(InboxEvent)[0].acted_at is None
    assert note(store, analyst, 1, token, case).text == "oi"


def test_an_act_without_a_button_is_done_once_too(store: Store, analyst: Analyst, case: Case) -> None:
    create_update(store, 1)
    for _ in range(2):
        note(store, analyst, 1, None, case)
    assert store.count(Contact) == 1


def test_an_act_that_returns_nothing_is_remembered_as_done(store: Store, analyst: Analyst) -> None:
    done: list[int] = []

    def count(session: Session, analyst: Analyst, *, now: object) -> None:
        done.append(1)

    create_update(store, 1)
    for _ in range(2):
        assert store.do(taps.act, analyst, 1, None, False, count) is None
    assert done == [1]


def test_an_update_that_was_never_kept_is_a_failure_of_ours(store: Store, analyst: Analyst, case: Case) -> None:
    with pytest.raises(LookupError, match="update 9"):
        note(store, analyst, 9, None, case)


@pytest.mark.parametrize(("finish", "steps"), [(True, 0), (False, 1)])
def test_an_act_may_end_the_open_dialogue(store: Store, analyst: Analyst, case: Case, finish: bool, steps: int) -> None:
    store.do(taps.ask, analyst, "note", case.id)
    create_update(store, 1)
    store.do(taps.act, analyst, 1, None, finish, notes.note, case.id, "oi")
    assert store.count(DialogueStep) == steps


def test_a_dialogue_has_one_step_an_analyst(store: Store, analyst: Analyst, colleague: Analyst, case: Case) -> None:
    store.do(taps.ask, analyst, "note", case.id, {"a": 1})
    store.do(taps.go_to, analyst, "edit", None, {"b": 2})
    store.do(taps.go_to, colleague, "other", None, {})
    step = store.do(taps.step_of, analyst)
    assert step is not None and (step.name, step.case_id, step.data) == ("edit", None, {"b": 2})
    store.do(taps.leave, analyst)
    assert store.do(taps.step_of, analyst) is None
    assert store.count(DialogueStep) == 1
    with pytest.raises(NotFound):
        store.do(taps.ask, colleague, "note", case.id)


def test_old_buttons_are_forgotten(store: Store, analyst: Analyst) -> None:
    mint(store, analyst, "a", "b")
    assert store.do(taps.forget_old_tokens, now=NOW + taps.TOKEN_LIFE) == 0
    assert store.do(taps.forget_old_tokens, now=NOW + taps.TOKEN_LIFE * 2) == 2


@pytest.mark.parametrize("table", taps.REMEMBERED)
def test_every_row_that_an_act_returns_can_be_looked_up(store: Store, table: str) -> None:
    assert store.do(taps.recall, f"{table}:999") is None


@pytest.mark.parametrize(
    ("name", "minutes", "past"), [("note", 30, False), ("note", 31, True), ("opening", 9999, False)]
)
def test_a_question_waits_half_an_hour_and_what_was_sent_for_good(
    store: Store, analyst: Analyst, name: str, minutes: int, past: bool
) -> None:
    step = store.do(taps.go_to, analyst, name, None, {})
    assert taps.is_past(step, now=NOW + timedelta(minutes=minutes)) is past
