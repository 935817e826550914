"""What analysts must see: claimed once, drawn anew when touched, tried again, never lost."""

from datetime import timedelta

import pytest

from bot.services import drafts, notices, outbox, taps
from bot.services.notices import Subject, Touch
from bot.services.operation import Operation
from messages.contracts import SendResult, Verdict
from messages.errors import Conflict
from messages.statuses import MessageStatus, Role
from storage.models import Analyst, Message, Notification
from tests.factory import LEASE, NOW, WALL, Store, create_analyst, create_case, create_message


def touch(store: Store, analyst: Analyst, key: str = "k", **more: object) -> None:
    store.do(notices.touch, [Touch(analyst.id or 0, key, "reply", **more)])  # type: ignore[arg-type]


def claim(store: Store, limit: int = 9, *, nudges: bool = False, **later: float) -> list[notices.Claimed]:
    return store.do(notices.claim, limit, nudges=nudges, wall=WALL + timedelta(**later), lease=LEASE)


def test_nudges_are_claimed_by_themselves(store: Store, analyst: Analyst) -> None:
    kinds = ("reply", "follow_up", "overdue", "message")
    store.do(notices.touch, [Touch(analyst.id or 0, kind, kind) for kind in kinds])
    assert [c.notice.kind for c in claim(store, 1, nudges=True)] == ["follow_up"]
    assert [c.notice.kind for c in claim(store)] == ["reply", "message"]
    assert [c.notice.kind for c in claim(store, nudges=True)] == ["overdue"]


def test_touched_many_times_it_is_one_screen(store: Store, analyst: Analyst, colleague: Analyst) -> None:
    store.do(notices.touch, [Touch(analyst.id or 0, "k", "reply", None, 5)] * 2)
    touch(store, analyst, subject_id=6)
    touch(store, colleague)
    assert [(n.analyst_id, n.version) for n in store.all(Notification)] == [(analyst.id, 2), (colleague.id, 1)]
    assert store.all(Notification)[0].subject_id == 6  # the last touch says what it is about
    store.do(notices.touch, [])


def test_what_is_claimed_is_held_until_its_lease_is_over(store: Store, analyst: Analyst) -> None:
    touch(store, analyst)
    (claimed,) = claim(store)
    assert claimed.notice.chat_id == analyst.telegram_user_id
    assert claim(store) == []
    assert len(claim(store, seconds=61)) == 1


def test_shown_it_is_not_shown_again_until_touched_and_then_in_its_place(store: Store, analyst: Analyst) -> None:
    touch(store, analyst)
    (first,) = claim(store)
    store.do(notices.delivered, first.notice.notification_id, first.version, 77)
    assert claim(store, days=1) == []
    touch(store, analyst)
    (second,) = claim(store)
    assert (second.notice.screen, second.version) == (77, 2)


def test_touched_while_it_was_being_shown_it_is_shown_once_more(store: Store, analyst: Analyst) -> None:
    touch(store, analyst)
    (first,) = claim(store)
    touch(store, analyst)
    store.do(notices.delivered, first.notice.notification_id, first.version, 77)
    (again,) = claim(store)
    assert (again.notice.screen, again.version) == (77, 2)


def test_drawn_over_what_took_its_place_meanwhile_it_gives_the_screen_back(store: Store, analyst: Analyst) -> None:
    touch(store, analyst)
    (first,) = claim(store)
    store.do(notices.delivered, first.notice.notification_id, first.version, 77)
    touch(store, analyst)
    (late,) = claim(store)
    store.do(notices.bind, analyst.id, "case:1", 77, "case", None, None)  # a tap has put the case's card there
    store.do(notices.delivered, late.notice.notification_id, late.version, 77, late.notice.screen)
    (card,) = claim(store)
    assert (card.notice.kind, card.notice.screen) == ("case", 77)
    touch(store, analyst)
    assert [c.notice.screen for c in claim(store)] == [None]


def test_what_could_not_be_shown_is_tried_again_later_each_time_and_never_given_up(
    store: Store, analyst: Analyst
) -> None:
    touch(store, analyst)
    row = store.all(Notification)[0]
    for attempt in range(1, 60):
        store.do(notices.not_delivered, row.id, "x" * 999, timedelta(seconds=30), wall=WALL)
        kept = store.get(Notification, row.id)
        assert kept.lease_until == WALL + timedelta(seconds=max(30, min(2**attempt, 600)))
        assert kept.sent_at is None
    assert len(claim(store, minutes=11)) == 1


def test_whoever_blocked_the_bot_is_not_tried_again_until_something_new(store: Store, analyst: Analyst) -> None:
    touch(store, analyst)
    store.do(notices.not_delivered, store.all(Notification)[0].id, "blocked", None, wall=WALL)
    assert claim(store, days=9) == []
    touch(store, analyst)
    assert len(claim(store)) == 1


def test_the_longest_due_come_first_and_no_more_than_asked_for(store: Store, analyst: Analyst) -> None:
    for n in range(3):
        store.do(notices.touch, [Touch(analyst.id or 0, f"k{n}", "reply", None, n)], now=NOW - timedelta(minutes=n))
    assert [c.notice.subject_id for c in claim(store, 2)] == [2, 1]
    assert [c.notice.subject_id for c in claim(store, 2)] == [0]


@pytest.mark.parametrize("supervised", [True, False])
def test_supervisors_are_told_and_where_there_are_none_everybody(
    store: Store, analyst: Analyst, supervised: bool
) -> None:
    create_analyst(store, "Nunca entrou", Role.SUPERVISOR, telegram_user_id=None)
    create_analyst(store, "Saiu", Role.SUPERVISOR, active=False)
    told = create_analyst(store, "Sofia", Role.SUPERVISOR) if supervised else analyst
    store.do(notices.tell_supervisors, "k", "parked", 3)
    assert [(n.analyst_id, n.subject_id) for n in store.all(Notification)] == [(told.id, 3)]


def about(store: Store, analyst: Analyst, screen: int, *tokens: str) -> Subject:
    return store.do(notices.about, analyst, screen, tokens)


@pytest.mark.parametrize("status", MessageStatus)
def test_a_screen_that_a_handler_drew_is_about_its_draft_or_else_its_case_and_drawn_anew_in_place(
    store: Store, analyst: Analyst, colleague: Analyst, status: MessageStatus
) -> None:
    case = create_case(store, analyst)
    message = create_message(store, case, status)
    key = f"message:{message.id}"
    store.do(notices.bind, analyst.id, key, 77, "message", case.id, message.id)
    assert claim(store) == []  # it stands on the screen already
    unsent = status.value in ("draft", "queued", "failed", "discarded")
    assert about(store, analyst, 77) == (Subject(message_id=message.id) if unsent else Subject(case_id=case.id))
    assert about(store, colleague, 77) == about(store, analyst, 78) == Subject()
    store.do(notices.touch, [Touch(analyst.id or 0, key, "message", case.id, message.id)])
    assert claim(store)[0].notice.screen == 77


@pytest.mark.parametrize("status", [MessageStatus.FAILED, MessageStatus.DISCARDED])
def test_what_is_said_to_a_message_that_did_not_leave_is_refused_and_nothing_goes_to_the_dentist(
    store: Store, analyst: Analyst, op: Operation, status: MessageStatus
) -> None:
    case = create_case(store, analyst, window_since=NOW)
    message = create_message(store, case, status)
    store.do(notices.bind, analyst.id, f"message:{message.id}", 77, "message", case.id, message.id)
    subject = about(store, analyst, 77)
    assert subject.case_id is None
    with pytest.raises(Conflict, match=r"não saiu|descartado"):
        store.do(drafts.edit, analyst, subject.message_id, "Ok, obrigada!", op)
    assert store.count(Message) == 1


def test_a_messages_fate_is_drawn_for_its_author_and_whoever_else_has_had_it_on_a_screen(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, window_since=NOW)
    message, other = create_message(store, case), create_message(store, case)
    for person, drawn, screen in ((supervisor, message, 77), (colleague, other, 78)):
        store.do(notices.bind, person.id, f"message:{drawn.id}", screen, "message", case.id, drawn.id)
    store.do(drafts.approve, supervisor, message.id, 1, op)
    store.do(outbox.claim, 9, op, now=NOW + op.undo, wall=WALL, lease=LEASE)
    store.do(outbox.record, message.idempotency_key, SendResult(Verdict.ACCEPTED), wall=WALL)
    drawn_anew = {(c.notice.chat_id, c.notice.subject_id, c.notice.screen) for c in claim(store)}
    assert drawn_anew == {
        (analyst.telegram_user_id, message.id, None),
        (supervisor.telegram_user_id, message.id, 77),
    }


def test_a_screen_is_about_the_last_thing_drawn_on_it_only(store: Store, analyst: Analyst) -> None:
    one, two = create_case(store, analyst), create_case(store, analyst)
    store.do(notices.bind, analyst.id, "reply:1:1", 77, "reply", one.id, 1)
    store.do(notices.bind, analyst.id, "reply:2:2", 77, "reply", two.id, 2)
    assert about(store, analyst, 77) == Subject(case_id=two.id)
    store.do(notices.touch, [Touch(analyst.id or 0, "reply:1:1", "reply", one.id, 1)])
    assert claim(store)[0].notice.screen is None


def test_a_screen_that_nobody_remembered_is_about_what_its_own_buttons_say(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    case = create_case(store, analyst)
    mine, theirs = (
        store.do(taps.mint, person.id, [("offer", {"case_id": case.id})])[0] for person in (analyst, colleague)
    )
    assert about(store, analyst, 77, mine) == Subject(case_id=case.id)
    assert about(store, analyst, 77, theirs, "unknown") == Subject()
    (internal,) = store.do(taps.mint, analyst.id, [("case", {"case_id": case.id})])
    assert about(store, analyst, 77, internal) == Subject()  # a card of ours, not a dentist's words
