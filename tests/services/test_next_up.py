"""“Próximo ▶”: the most urgent case comes first, what is ready goes in one tap, and what was put aside stays away."""

from datetime import timedelta

import pytest

from bot.handlers.next_up import next_screen
from bot.handlers.screen import LIMIT
from bot.services import drafts, next_up
from bot.services.next_up import Next
from bot.services.operation import Operation
from messages.errors import Conflict, NotFound
from messages.statuses import MessageStatus, Worklist
from storage.models import Analyst, Case, FollowUp, Message, Rule
from tests.factory import NOW, Store, create_case, create_contact, create_dentist, create_follow_up, create_message
from tests.factory import create_operation as operation_of

LONG_AGO = NOW - timedelta(days=30)
SILENT = {"first_out_at": LONG_AGO, "last_out_at": LONG_AGO, "last_touch_at": LONG_AGO}


def comes(store: Store, analyst: Analyst, op: Operation, **later: float) -> Next | None:
    return store.do(next_up.next_up, analyst, op, now=NOW + timedelta(**later))


def test_replies_come_before_promises_before_first_touches_before_silence(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    silent = create_case(store, analyst, **SILENT)
    new = create_case(store, analyst)
    promised = create_case(store, analyst, **SILENT)
    create_follow_up(store, promised, NOW - timedelta(hours=1))
    wrote = create_case(store, analyst, unread=1, last_in_at=NOW)
    create_contact(store, wrote)
    order = []
    while (found := comes(store, analyst, op)) is not None:
        order.append((found.why, found.view.case.id, found.waiting))
        store.do(next_up.put_aside, analyst, found.view.case.id)
    assert order == [
        (Worklist.REPLIES, wrote.id, 5),  # a reply to a case without a first touch: it waits in two lists
        (Worklist.OVERDUE, promised.id, 3),
        (Worklist.UNTOUCHED, new.id, 2),
        (Worklist.STILL, silent.id, 1),
    ]


def test_of_one_list_who_has_waited_longest_comes_first(store: Store, analyst: Analyst, op: Operation) -> None:
    made = [create_case(store, analyst, unread=1, last_in_at=NOW - timedelta(hours=n)) for n in (1, 3, 2)]
    for case in made:
        create_contact(store, case)
    found = comes(store, analyst, op)
    assert found is not None and found.view.case.id == made[1].id


def test_whoever_wants_no_messages_comes_only_when_they_write(store: Store, analyst: Analyst, op: Operation) -> None:
    new, silent = (create_dentist(store, f"DENTISTA {n}", f"+557198000000{n}", opted_out_at=NOW) for n in (1, 2))
    create_case(store, analyst, new), create_case(store, analyst, silent, **SILENT)
    assert comes(store, analyst, op) is None
    wrote = create_case(store, analyst, new, unread=1, last_in_at=NOW)
    create_contact(store, wrote)
    found = comes(store, analyst, op)
    assert found is not None and (found.view.case.id, found.waiting) == (wrote.id, 1)


def test_nobody_elses_case_comes_and_a_supervisor_gets_all(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    create_case(store, analyst)
    assert comes(store, colleague, op) is None
    assert comes(store, supervisor, op) is not None
    for act in (next_up.put_aside, next_up.dealt_with):
        with pytest.raises(NotFound):
            store.do(act, colleague, 1)


def test_a_burst_is_answered_from_its_first_message(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, unread=2, last_in_at=NOW)
    _, second, _ = (create_contact(store, case, text=text) for text in ("antes", "um", "dois"))
    found = comes(store, analyst, op)
    assert found is not None and (found.reply_id, found.ready) == (second.id, None)
    store.do(next_up.dealt_with, analyst, case.id)
    assert store.get(Case, case.id).unread == 0


@pytest.mark.parametrize(("fields", "key"), [({}, "primeiro_contato"), (SILENT, "retomar")])
def test_what_is_ready_goes_in_one_tap_as_it_was_shown(
    store: Store, analyst: Analyst, op: Operation, fields: dict[str, object], key: str
) -> None:
    case = create_case(store, analyst, **fields)
    found = comes(store, analyst, op)
    assert found is not None and found.ready is not None and found.ready.key == key
    assert found.text in next_screen(found, op, NOW).text.replace("<blockquote>", "").replace("</blockquote>", "")
    message = store.do(next_up.send, analyst, case.id, key, found.text, op)
    assert (message.status, message.text, message.due_at) == (MessageStatus.QUEUED, found.text, NOW + op.undo)
    assert comes(store, analyst, op) is None  # it is on its way
    store.do(drafts.undo, analyst, message.id)
    assert comes(store, analyst, op) is not None


def test_a_text_that_would_be_another_by_now_is_not_sent(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst)
    with pytest.raises(Conflict, match="O texto mudou"):
        store.do(next_up.send, analyst, case.id, "primeiro_contato", "outro texto", op)
    assert store.all(Message) == []


def test_sending_ticks_off_what_was_due_and_leaves_what_is_not(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, **SILENT)
    due, later = create_follow_up(store, case, NOW), create_follow_up(store, case, NOW + timedelta(days=1))
    found = comes(store, analyst, op)
    assert found is not None and found.why is Worklist.OVERDUE
    store.do(next_up.send, analyst, case.id, "retomar", found.text, op)
    assert store.get(FollowUp, due.id).done_at == NOW
    assert store.get(FollowUp, later.id).done_at is None


def test_put_aside_it_stays_away_that_day_unless_the_dentist_writes(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    store.do(next_up.put_aside, analyst, case.id)
    assert comes(store, analyst, op) is None
    assert comes(store, analyst, op, hours=12) is None  # 23:00 in São Paulo
    assert comes(store, analyst, op, hours=13) is not None
    create_contact(store, case)
    store.update(case, put_aside_at=NOW, unread=1, last_in_at=NOW + timedelta(minutes=1))
    found = comes(store, analyst, op, minutes=2)
    assert found is not None and found.why is Worklist.REPLIES


def test_put_off_it_gets_a_follow_up_with_the_reason_of_before(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, **SILENT)
    create_follow_up(store, case, NOW, reason="saber da tabela")
    tomorrow = NOW + timedelta(days=1)
    follow_up = store.do(next_up.put_off, analyst, case.id, tomorrow)
    assert (follow_up.due_at, follow_up.reason) == (tomorrow, "saber da tabela")
    assert comes(store, analyst, op) is None


@pytest.mark.parametrize(
    ("api", "ruled_out", "phone", "words"),
    [(False, False, "+5571980000017", ""), (True, True, "+5571980000017", "auditoria"), (True, False, None, "")],
)
def test_where_nothing_can_leave_by_itself_nothing_is_ready(
    store: Store, analyst: Analyst, api: bool, ruled_out: bool, phone: str | None, words: str
) -> None:
    op = operation_of(api_on=api)
    create_case(store, analyst, create_dentist(store, phone=phone))
    if ruled_out:
        store.add(Rule(uf="BA", no_contact=True, reason="auditoria", instructed_by="Sofia", since=NOW))
    found = comes(store, analyst, op)
    assert found is not None and found.ready is None and words in (found.barred or "")
    screen = next_screen(found, op, NOW)
    assert [b.action for row in screen.rows for b in row] == ["write", "case", "next_aside", "next_off"]


def test_the_screen_fits_and_says_whose_turn_it_is(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, create_dentist(store, name="COMPRIDO " * 30), **SILENT)
    create_case(store, analyst, **SILENT)
    for _ in range(3):
        create_contact(store, case, text="x" * 3000, occurred_at=LONG_AGO)
    found = comes(store, analyst, op)
    assert found is not None
    screen = next_screen(found, op, NOW)
    assert len(screen.text) <= LIMIT
    assert screen.text.startswith("<b>⏸ Parado</b> · 1 depois deste")
    assert [b.label for b in screen.rows[-1]] == ["⏭ Pular", "💤 Amanhã 9h"]


def test_a_message_that_has_left_is_no_longer_in_the_way(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, **SILENT)
    for status, back in ((MessageStatus.SENDING, False), (MessageStatus.DELIVERED, True)):
        create_message(store, case, status)
        assert (comes(store, analyst, op) is not None) is back
        for message in store.all(Message):
            store.update(message, status=MessageStatus.DELIVERED)
