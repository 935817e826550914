"""What was approved for later: it leaves on time, is asked again whether it may, moved, let go, taken back."""

from datetime import datetime, timedelta

import pytest

from bot.services import cases, day, drafts, next_up, outbox, scheduling
from bot.services.operation import Operation
from messages.errors import Conflict, NotFound
from messages.statuses import MessageStatus, Worklist
from storage.models import Analyst, Case, Message
from tests.factory import (
    LEASE,
    NOW,
    PHONE,
    WALL,
    Store,
    as_template,
    create_case,
    create_contact,
    create_dentist,
    create_follow_up,
    create_message,
)

HOUR = timedelta(hours=1)
LATER = NOW + 2 * HOUR


@pytest.fixture
def template(store: Store, analyst: Analyst) -> Message:
    return create_message(store, create_case(store, analyst), **as_template())


@pytest.fixture
def text(store: Store, analyst: Analyst) -> Message:
    """A free text to a dentist who has just written."""
    case = create_case(store, analyst, create_dentist(store, name="TEO DE SOUZA"), window_since=NOW)
    create_contact(store, case, address=PHONE)
    return create_message(store, case)


def claimed(store: Store, op: Operation, now: datetime) -> list[str]:
    return [m.key for m in store.do(outbox.claim, 10, op, now=now, wall=WALL, lease=LEASE)]


def test_it_waits_for_its_moment_in_a_list_of_its_own(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation, template: Message
) -> None:
    queued = store.do(scheduling.schedule, analyst, template.id, 1, LATER, op)
    assert (queued.status, queued.due_at, queued.put_off) == (MessageStatus.QUEUED, LATER, True)
    assert [r.row.id for r in store.do(day.page, analyst, Worklist.SCHEDULED, op).rows] == [template.id]
    assert store.do(day.glance, colleague, op).counts[Worklist.SCHEDULED] == 0
    assert [m.id for m in store.do(cases.view, analyst, template.case_id).drafts] == [template.id]
    assert claimed(store, op, LATER - timedelta(seconds=1)) == []
    assert claimed(store, op, LATER + timedelta(days=1)) == [template.idempotency_key]  # after an outage too


def test_what_leaves_at_once_is_not_scheduled(store: Store, analyst: Analyst, op: Operation, text: Message) -> None:
    assert store.do(drafts.approve, analyst, text.id, 1, op).put_off is False
    assert store.do(day.glance, analyst, op).counts[Worklist.SCHEDULED] == 0


def test_what_a_night_puts_off_is_told_as_scheduled(
    store: Store, analyst: Analyst, op: Operation, template: Message
) -> None:
    night = NOW + 9 * HOUR  # 20:00
    message = store.do(drafts.approve, analyst, template.id, 1, op, now=night)
    assert message.put_off and message.due_at == NOW + 21 * HOUR  # 8:00
    assert store.do(day.glance, analyst, op, now=night).counts[Worklist.SCHEDULED] == 1


@pytest.mark.parametrize("kind", ["template", "text"])
def test_what_the_dentist_writes_meanwhile_holds_it_back(
    store: Store, analyst: Analyst, op: Operation, kind: str, request: pytest.FixtureRequest
) -> None:
    message: Message = request.getfixturevalue(kind)
    store.do(scheduling.schedule, analyst, message.id, 1, LATER, op)
    store.update(store.get(Case, message.case_id), last_in_at=NOW + HOUR, unread=1)
    store.do(scheduling.schedule, analyst, message.id, 1, LATER + HOUR, op, now=NOW + HOUR)  # moved unread
    assert store.get(Case, message.case_id).unread == 1
    assert claimed(store, op, LATER + HOUR) == []
    held = store.get(Message, message.id)
    assert (held.status, held.error, held.put_off) == (MessageStatus.DRAFT, outbox.ANSWERED, False)


def test_a_free_text_is_not_scheduled_beyond_its_window(
    store: Store, analyst: Analyst, op: Operation, text: Message
) -> None:
    closes = NOW + timedelta(hours=24)
    with pytest.raises(Conflict, match=r"janela de 24 horas terá fechado.*modelo inteiro"):
        store.do(scheduling.schedule, analyst, text.id, 1, closes, op)
    store.do(scheduling.schedule, analyst, text.id, 1, closes - HOUR, op)
    with pytest.raises(Conflict, match="janela"):
        store.do(scheduling.schedule, analyst, text.id, 1, closes, op)
    assert store.get(Message, text.id).due_at == closes - HOUR


def test_a_moment_that_is_past_or_off_hours_is_not_taken_as_it_is(
    store: Store, analyst: Analyst, op: Operation, template: Message
) -> None:
    with pytest.raises(Conflict, match="já passou"):
        store.do(scheduling.schedule, analyst, template.id, 1, NOW, op)
    saturday = NOW + timedelta(days=5)
    assert store.do(scheduling.schedule, analyst, template.id, 1, saturday, op).due_at == NOW + timedelta(
        days=7, hours=-3
    )


def test_it_is_let_go_moved_and_taken_back(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation, template: Message
) -> None:
    for act, more in ((scheduling.schedule, (LATER, op)), (scheduling.send_now, (op,))):
        with pytest.raises(NotFound):
            store.do(act, colleague, template.id, 1, *more)
    with pytest.raises(Conflict, match="é um rascunho"):
        store.do(scheduling.send_now, analyst, template.id, 1, op)
    store.do(scheduling.schedule, analyst, template.id, 1, LATER, op)
    with pytest.raises(Conflict, match="mudou"):
        store.do(scheduling.schedule, analyst, template.id, 2, LATER, op)
    store.do(scheduling.schedule, analyst, template.id, 1, LATER + HOUR, op)
    assert store.do(scheduling.send_now, analyst, template.id, 1, op).due_at == NOW + op.undo
    back = store.do(drafts.undo, analyst, template.id)
    assert (back.status, back.due_at, back.put_off) == (MessageStatus.DRAFT, None, False)
    with pytest.raises(Conflict):  # the button of the scheduled one
        store.do(scheduling.schedule, analyst, template.id, 1, LATER, op)


def test_conditions_are_asked_again_when_it_is_moved_or_let_go(
    store: Store, analyst: Analyst, op: Operation, template: Message
) -> None:
    store.do(scheduling.schedule, analyst, template.id, 1, LATER, op)
    case = store.get(Case, template.case_id)
    store.update(case, dentist_id=create_dentist(store, opted_out_at=NOW).id)
    for act, more in ((scheduling.schedule, (LATER, op)), (scheduling.send_now, (op,))):
        with pytest.raises(Conflict, match="pediu para não receber"):
            store.do(act, analyst, template.id, 1, *more)


def test_a_scheduled_message_hides_neither_a_reply_nor_a_promise_from_next(
    store: Store, analyst: Analyst, op: Operation, template: Message
) -> None:
    store.do(scheduling.schedule, analyst, template.id, 1, LATER, op)
    assert store.do(next_up.next_up, analyst, op) is None  # its first contact is under way
    case = store.get(Case, template.case_id)
    create_follow_up(store, case, NOW)
    found = store.do(next_up.next_up, analyst, op)
    assert found is not None and found.why is Worklist.OVERDUE
    create_contact(store, case, address=PHONE)
    store.update(case, unread=1, last_in_at=NOW)
    found = store.do(next_up.next_up, analyst, op)
    assert found is not None and found.why is Worklist.REPLIES
