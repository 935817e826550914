"""Receipts come late, twice and shuffled; the status ends where the truth is, and what left is a contact, once."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.services import outbox, receipts
from messages.contracts import Receipt, SendResult, Verdict
from messages.statuses import ChannelName, MessageStatus
from storage.models import Analyst, Case, Contact, Dentist, Message, Notification
from tests.factory import LEASE, NOW, WALL, Store, create_case, create_message

ACCEPTED, DELIVERED, READ, FAILED = (
    MessageStatus.ACCEPTED,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)
RANK = [ACCEPTED, FAILED, DELIVERED, READ]  # the later one wins, whatever the order


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def receipt(message: Message, status: MessageStatus, *, keyed: bool = True, code: int | None = None) -> Receipt:
    wamid = f"wamid.{message.id}"
    key = message.idempotency_key if keyed else None
    return Receipt(ChannelName.WHATSAPP, wamid, status, NOW, key, code=code, reason="recusada" if code else "")


def sending(store: Store, case: Case, status: MessageStatus = MessageStatus.SENDING) -> Message:
    return create_message(store, case, status, sent_at=NOW, lease_until=WALL + LEASE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(st.sampled_from(RANK), min_size=1, max_size=7),
    cuts=st.sets(st.integers(0, 7)),
    start=st.sampled_from([MessageStatus.SENDING, MessageStatus.UNKNOWN, ACCEPTED]),
)
def test_every_order_in_every_batching_ends_at_the_same_status(
    store: Store, case: Case, told: list[MessageStatus], cuts: set[int], start: MessageStatus
) -> None:
    message = sending(store, case, start)
    everything = [receipt(message, status) for status in told]
    edges = [0, *sorted(c for c in cuts if 0 < c < len(told)), len(told)]
    for first, last in itertools.pairwise(edges):
        store.do(receipts.file, everything[first:last])
    expected = max({*told, *({ACCEPTED} if start is ACCEPTED else set())}, key=RANK.index)
    kept = store.get(Message, message.id)
    assert kept.status is expected
    logged = store.all(Contact, Contact.message_id == message.id)
    assert len(logged) <= 1
    assert bool(logged) or expected is FAILED
    assert kept.error is None or expected is FAILED


def test_an_uncertain_send_becomes_certain_and_is_told(store: Store, case: Case) -> None:
    message = sending(store, case, MessageStatus.UNKNOWN)
    store.do(receipts.file, [receipt(message, DELIVERED)])
    assert store.get(Message, message.id).status is DELIVERED
    assert [c.external_id for c in store.all(Contact)] == [f"wamid.{message.id}"]
    assert [n.key for n in store.all(Notification)] == [f"message:{message.id}"]


def test_a_receipt_may_come_before_the_record_of_the_send(store: Store, case: Case) -> None:
    message = sending(store, case)
    store.do(receipts.file, [receipt(message, READ)])
    result = SendResult(Verdict.ACCEPTED, external_id=f"wamid.{message.id}")
    recorded = store.do(outbox.record, message.idempotency_key, result, wall=WALL)
    assert recorded.status is READ
    assert store.count(Contact) == 1


def test_a_receipt_without_our_key_finds_the_message_by_the_channels_id(store: Store, case: Case) -> None:
    message = create_message(store, case, ACCEPTED, external_id="wamid.OURS")
    store.do(receipts.file, [Receipt(ChannelName.WHATSAPP, "wamid.OURS", READ, NOW)])
    assert store.get(Message, message.id).status is READ


def test_receipts_of_what_is_not_ours_say_nothing(store: Store, case: Case) -> None:
    store.do(receipts.file, [Receipt(ChannelName.WHATSAPP, "wamid.ELSE", READ, NOW, "their key")])
    assert store.count(Contact) == store.count(Notification) == 0


@pytest.mark.parametrize("status", [MessageStatus.DRAFT, MessageStatus.HANDED_OVER, MessageStatus.DISCARDED])
def test_what_never_went_by_the_api_does_not_move(store: Store, case: Case, status: MessageStatus) -> None:
    message = create_message(store, case, status)
    store.do(receipts.file, [receipt(message, READ)])
    assert store.get(Message, message.id).status is status


def test_a_retry_that_turns_out_to_be_delivered_is_not_sent_again(store: Store, case: Case) -> None:
    message = create_message(store, case, MessageStatus.QUEUED, attempts=1, due_at=NOW, sent_at=NOW)
    store.do(receipts.file, [receipt(message, DELIVERED)])
    assert store.do(outbox.claim, 9, wall=WALL + timedelta(days=1), lease=LEASE) == []


def test_what_was_sent_is_counted_in_the_case_by_its_time_of_sending(store: Store, case: Case) -> None:
    message = sending(store, case)
    store.do(receipts.file, [receipt(message, DELIVERED)], now=NOW + timedelta(hours=5))
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.last_out_at, kept.unread) == (NOW, NOW, 0)


def test_a_failure_tells_its_reason_and_one_that_says_opted_out_blocks_the_dentist(store: Store, case: Case) -> None:
    failed, queued = sending(store, case), create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
    store.do(receipts.file, [receipt(failed, FAILED, code=131050)])
    kept = store.get(Message, failed.id)
    assert (kept.status, kept.error_code, kept.error) == (FAILED, 131050, "recusada")
    assert store.get(Dentist, case.dentist_id).opted_out_at is not None
    assert store.get(Message, queued.id).status is MessageStatus.DRAFT


def test_any_other_failure_blocks_nobody(store: Store, case: Case) -> None:
    store.do(receipts.file, [receipt(sending(store, case), FAILED, code=131026)])
    assert store.get(Dentist, case.dentist_id).opted_out_at is None
