"""Several drafts approved in one go, scheduled sends, and what was to go by hand: asked at the day's end."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bot.services import bulk, byhand, day, drafts, outbox
from bot.services.operation import Operation
from messages.errors import Conflict, NotFound
from messages.statuses import ChannelName, Direction, MessageStatus, Worklist
from storage.models import Analyst, Case, Message, Notification
from tests.factory import LEASE, NOW, PHONE, WALL, Store, create_case, create_contact, create_dentist, create_message

HOUR = timedelta(hours=1)
TEMPLATE = {"template_name": "retencao_retomar"}


def prepared(store: Store, analyst: Analyst, count: int) -> list[Message]:
    return [create_message(store, create_case(store, analyst), **TEMPLATE) for _ in range(count)]


def pairs(messages: list[Message]) -> list[tuple[int, int]]:
    return [(m.id or 0, m.version) for m in messages]


def test_each_that_may_go_is_approved_and_the_rest_is_told(store: Store, analyst: Analyst, op: Operation) -> None:
    good, changed, closed, stopped = prepared(store, analyst, 4)
    by_hand = create_message(store, create_case(store, analyst), channel=ChannelName.MANUAL)
    chosen = pairs([good, changed, closed, stopped, by_hand])
    store.update(changed, version=2)
    store.update(store.get(Case, closed.case_id), closed_at=NOW)
    case = store.get(Case, stopped.case_id)
    store.update(case, dentist_id=create_dentist(store, name="TEO DE SOUZA", opted_out_at=NOW).id)
    entry = store.do(bulk.approve, analyst, chosen, op)
    assert entry.detail["approved"] == [good.id]
    assert [why.split(":")[0] for _, why in entry.detail["left"]] == [
        "O texto mudou depois da prévia",
        "O caso está encerrado",
        "O dentista pediu para não receber mensagens; este contato está bloqueado em todos os canais.",
        "Vai pelo seu WhatsApp",
    ]
    assert entry.detail["left"][2][0] == "TEO DE SOUZA"
    statuses = [store.get(Message, m.id).status for m in (good, changed, closed, stopped, by_hand)]
    assert statuses == [MessageStatus.QUEUED, *[MessageStatus.DRAFT] * 4]
    assert store.get(Message, good.id).due_at == NOW + op.undo


def test_a_free_text_goes_only_to_the_number_that_wrote(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, window_since=NOW)
    create_contact(store, case, address=PHONE)
    mine = create_message(store, case)
    other = create_message(store, case, address="+5571980000099")
    entry = store.do(bulk.approve, analyst, pairs([mine, other]), op)
    assert entry.detail["approved"] == [mine.id] and "é outro" in entry.detail["left"][0][1]


def test_a_lot_is_taken_back_as_one_while_it_waits(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    lot = prepared(store, analyst, 3)
    entry = store.do(bulk.approve, analyst, pairs(lot), op)
    store.update(store.get(Message, lot[0].id), status=MessageStatus.ACCEPTED)
    with pytest.raises(NotFound):
        store.do(bulk.undo, colleague, entry.id)
    assert store.do(bulk.undo, analyst, entry.id).detail == {"undone": [lot[1].id, lot[2].id]}
    with pytest.raises(Conflict, match="já saíram"):
        store.do(bulk.undo, analyst, entry.id)


def test_a_colleagues_draft_is_nobodys_to_approve(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    mine, theirs = prepared(store, analyst, 1)[0], prepared(store, colleague, 1)[0]
    with pytest.raises(NotFound):
        store.do(bulk.approve, analyst, pairs([mine, theirs]), op)
    assert store.get(Message, mine.id).status is MessageStatus.DRAFT
    for none in ([], pairs([mine]) * (bulk.MOST + 1)):
        with pytest.raises(Conflict):
            store.do(bulk.approve, analyst, none, op)
    assert [p.message.id for p in store.do(bulk.prepared, analyst)] == [mine.id]


def test_a_lot_takes_as_many_statements_as_one_draft(store: Store, analyst: Analyst, op: Operation) -> None:
    counted: list[int] = []
    for size in (1, bulk.MOST):
        lot = pairs(prepared(store, analyst, size))
        statements: list[Any] = []

        def note(*arguments: Any, seen: list[Any] = statements) -> None:
            seen.append(arguments[2])

        event.listen(store.engine, "before_cursor_execute", note)
        store.do(bulk.approve, analyst, lot, op)
        event.remove(store.engine, "before_cursor_execute", note)
        counted.append(len(statements))
    assert counted[0] == counted[1]


def test_a_scheduled_template_leaves_on_time_and_stays_back_when_answered(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    first, second = prepared(store, analyst, 2)
    store.update(second, address="+5571980000018")
    later = NOW + 2 * HOUR
    for message in (first, second):
        store.do(drafts.approve, analyst, message.id, 1, op, at=later)
    assert [r.row.id for r in store.do(day.page, analyst, Worklist.SCHEDULED, op).rows] == [first.id, second.id]
    claim = {"wall": WALL, "lease": LEASE}
    assert store.do(outbox.claim, 10, op, now=NOW + HOUR, **claim) == []
    store.update(store.get(Case, second.case_id), last_in_at=NOW + HOUR, unread=1)
    assert [m.key for m in store.do(outbox.claim, 10, op, now=later, **claim)] == [first.idempotency_key]
    held = store.get(Message, second.id)
    assert (held.status, held.error) == (MessageStatus.DRAFT, outbox.ANSWERED)


def test_a_free_text_is_not_scheduled_beyond_its_window_and_waits_for_no_answer(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, window_since=NOW)
    create_contact(store, case, Direction.IN, address=PHONE)
    message = create_message(store, case)
    with pytest.raises(Conflict, match="janela de 24 horas terá fechado"):
        store.do(drafts.approve, analyst, message.id, 1, op, at=NOW + 25 * HOUR)
    store.do(drafts.approve, analyst, message.id, 1, op, at=NOW + 2 * HOUR)
    store.update(store.get(Case, case.id), last_in_at=NOW + HOUR, unread=1)
    assert store.do(outbox.claim, 10, op, now=NOW + 2 * HOUR, wall=WALL, lease=LEASE) == []
    assert store.get(Message, message.id).error == outbox.ANSWERED


def test_at_the_days_end_everybody_is_asked_once_what_they_sent_by_hand(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    mine = create_message(store, create_case(store, analyst), channel=ChannelName.MANUAL)
    create_message(store, create_case(store, colleague))
    evening = NOW + 7 * HOUR  # 18:00
    assert store.do(byhand.ask, op, now=evening - timedelta(minutes=1)) == 0
    assert store.do(byhand.ask, op, now=evening) == 1
    assert store.do(byhand.ask, op, now=evening + HOUR) == 0
    assert [(n.kind, n.analyst_id) for n in store.all(Notification)] == [("by_hand", analyst.id)]
    assert [one.message.id for one in store.do(byhand.left, analyst)] == [mine.id]
    assert store.do(byhand.ask, op, now=evening + timedelta(days=1)) == 1
    assert store.do(byhand.ask, op, now=evening + timedelta(days=5)) == 0  # a Saturday
