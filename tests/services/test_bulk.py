"""Several drafts approved in one go: each that may go goes, the rest is told, and the lot is taken back as one."""

from datetime import timedelta

import pytest

from bot.services import bulk, drafts
from bot.services.operation import Operation
from messages.errors import Conflict, NotFound
from messages.statuses import ChannelName, MessageStatus
from storage.models import Analyst, AuditEntry, Case, Message
from tests.factory import NOW, PHONE, Store, as_template, create_case, create_contact, create_dentist, create_message

TEMPLATE = as_template()


def prepared(store: Store, analyst: Analyst, count: int) -> list[Message]:
    return [create_message(store, create_case(store, analyst), **TEMPLATE) for _ in range(count)]


def pairs(messages: list[Message]) -> list[tuple[int, int]]:
    return [(m.id or 0, m.version) for m in messages]


def statuses(store: Store, messages: list[Message]) -> list[MessageStatus]:
    return [store.get(Message, m.id).status for m in messages]


def test_each_that_may_go_is_approved_and_the_rest_is_told(store: Store, analyst: Analyst, op: Operation) -> None:
    good, changed, closed, stopped, gone = prepared(store, analyst, 5)
    by_hand = create_message(store, create_case(store, analyst), channel=ChannelName.MANUAL)
    lot = [good, changed, closed, stopped, gone, by_hand]
    chosen = pairs(lot)
    store.update(changed, version=2)
    store.update(store.get(Case, closed.case_id), closed_at=NOW)
    dentist = create_dentist(store, name="TEO DE SOUZA", opted_out_at=NOW)
    store.update(store.get(Case, stopped.case_id), dentist_id=dentist.id)
    store.update(gone, status=MessageStatus.DISCARDED)
    entry = store.do(bulk.approve, analyst, chosen, op)
    told = store.do(bulk.outcome, analyst, entry.id)
    assert entry.detail["approved"] == [good.id]
    assert [why.split(":")[0] for _, why in told.left] == [
        "O texto mudou depois desta prévia",
        "O caso está encerrado",
        "O dentista pediu para não receber mensagens; este contato está bloqueado em todos os canais.",
        "Este rascunho foi descartado.",
        "Esta mensagem vai pelo seu WhatsApp",
    ]
    assert told.left[2][0].name == "TEO DE SOUZA" and told.leaves == NOW + op.undo
    draft = MessageStatus.DRAFT
    assert statuses(store, lot) == [MessageStatus.QUEUED, draft, draft, draft, MessageStatus.DISCARDED, draft]
    approved = store.all(AuditEntry, AuditEntry.action == "approved")
    assert [a.subject for a in approved] == [f"message:{good.id}"]


def test_a_free_text_goes_only_to_the_number_that_wrote(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, window_since=NOW)
    create_contact(store, case, address=PHONE)
    mine = create_message(store, case)
    other = create_message(store, case, address="+5571980000099")
    entry = store.do(bulk.approve, analyst, pairs([mine, other]), op)
    assert entry.detail["approved"] == [mine.id]
    assert entry.detail["left"] == [[case.id, bulk.OTHER_NUMBER]]


def test_a_lot_is_taken_back_as_one_while_it_waits(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    sent, anew, waits = lot = prepared(store, analyst, 3)
    for message, unread in zip(lot, (1, 2, 3), strict=True):
        store.update(store.get(Case, message.case_id), unread=unread)
    entry = store.do(bulk.approve, analyst, pairs(lot), op)
    store.update(store.get(Message, sent.id), status=MessageStatus.ACCEPTED)
    store.do(drafts.undo, analyst, anew.id)
    store.do(drafts.approve, analyst, anew.id, 2, op, now=NOW + timedelta(seconds=5))
    with pytest.raises(NotFound):
        store.do(bulk.undo, colleague, entry.id)
    assert store.do(bulk.undo, analyst, entry.id).detail == {"undone": [waits.id], "not": 2}
    assert statuses(store, lot) == [MessageStatus.ACCEPTED, MessageStatus.QUEUED, MessageStatus.DRAFT]
    assert [store.get(Case, m.case_id).unread for m in lot] == [0, 0, 3]
    with pytest.raises(Conflict, match="mudou"):  # a button of before approves nothing
        store.do(drafts.approve, analyst, waits.id, 1, op)
    with pytest.raises(Conflict, match="Não deu tempo"):
        store.do(bulk.undo, analyst, entry.id)


def test_what_is_no_longer_in_ones_hands_is_not_taken_back(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    (message,) = lot = prepared(store, analyst, 1)
    entry = store.do(bulk.approve, analyst, pairs(lot), op)
    store.update(store.get(Case, message.case_id), analyst_id=colleague.id)
    with pytest.raises(Conflict):
        store.do(bulk.undo, analyst, entry.id)
    assert statuses(store, lot) == [MessageStatus.QUEUED]


def test_a_colleagues_draft_is_nobodys_to_approve(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    mine, theirs = prepared(store, analyst, 1)[0], prepared(store, colleague, 1)[0]
    with pytest.raises(NotFound):
        store.do(bulk.approve, analyst, pairs([mine, theirs]), op)
    assert store.get(Message, mine.id).status is MessageStatus.DRAFT
    for chosen in ([], [(n, 1) for n in range(bulk.MOST + 1)]):
        with pytest.raises(Conflict, match="Marque"):
            store.do(bulk.approve, analyst, chosen, op)
    assert [e.message.id for e in store.do(bulk.prepared, analyst).entries] == [mine.id]


def test_the_choice_tells_what_is_beyond_it(store: Store, analyst: Analyst) -> None:
    prepared(store, analyst, bulk.MOST + 2)
    create_message(store, create_case(store, analyst), channel=ChannelName.MANUAL)
    lot = store.do(bulk.prepared, analyst)
    assert (len(lot.entries), lot.total, lot.by_hand) == (bulk.MOST, bulk.MOST + 2, 1)


def test_a_lot_takes_as_many_statements_as_one_draft(store: Store, analyst: Analyst, op: Operation) -> None:
    counted: list[int] = []
    for size in (1, bulk.MOST):
        lot = pairs(prepared(store, analyst, size))
        with store.counted() as statements:
            entry = store.do(bulk.approve, analyst, lot, op)
        counted.append(len(statements))
        assert len(entry.detail["approved"]) == size
    assert counted[0] == counted[1]
