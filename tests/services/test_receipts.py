"""Receipts come late, twice and shuffled; the status ends where the truth is, and what left is a contact, once."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.handlers.cases import card_screen
from bot.services import cases, choices, day, drafts, outbox, receipts
from bot.services.operation import Operation
from messages.contracts import Receipt, SendResult, Verdict
from messages.statuses import ChannelName, Direction, MessageStatus, Worklist
from storage.models import Analyst, Case, Contact, Dentist, Message, Notification
from tests.factory import LEASE, NOW, WALL, Store, create_case, create_contact, create_message, create_operation

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


def sending(store: Store, case: Case, status: MessageStatus = MessageStatus.SENDING, **more: object) -> Message:
    return create_message(store, case, status, sent_at=NOW, lease_until=WALL + LEASE, **more)


@pytest.mark.parametrize("told_by", ["the answer", "a receipt", "a person"])
def test_what_a_failed_answer_was_to_waits_again_once(store: Store, analyst: Analyst, case: Case, told_by: str) -> None:
    message = sending(store, case, MessageStatus.UNKNOWN if told_by == "a person" else MessageStatus.SENDING, answers=2)
    match told_by:
        case "the answer":
            store.do(outbox.record, message.idempotency_key, SendResult(Verdict.REJECTED), wall=WALL)
        case "a receipt":
            store.do(receipts.file, [receipt(message, FAILED, code=131026)] * 2)
        case "a person":
            store.do(drafts.settle, analyst, message.id, arrived=False)
    assert store.get(Case, case.id).unread == 2
    assert store.get(Message, message.id).answers == 0


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
    assert store.do(outbox.claim, 9, create_operation(), wall=WALL + timedelta(days=1), lease=LEASE) == []


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


def accepted(store: Store, case: Case, **more: object) -> Message:
    """Taken by WhatsApp, as Meta answers also for whom it will never reach."""
    message = create_message(store, case, MessageStatus.SENDING, **({"sent_at": NOW} | more))
    result = SendResult(Verdict.ACCEPTED, external_id=f"wamid.{message.id}")
    return store.do(outbox.record, message.idempotency_key, result, wall=WALL)


def test_a_first_contact_that_failed_after_it_was_accepted_is_none(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    message = accepted(store, case)
    later = NOW + timedelta(hours=1)

    def untouched() -> int:
        return store.do(day.glance, analyst, op, now=later).counts[Worklist.UNTOUCHED]

    def card() -> str:
        return card_screen(store.do(cases.view, analyst, case.id, now=later), op, later).text

    assert (untouched(), "➡️" in card()) == (0, True)
    store.do(receipts.file, [receipt(message, FAILED, code=131026)], now=later)
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.last_out_at, kept.last_touch_at) == (None, None, case.opened_at)
    assert untouched() == 1
    assert "✗ não chegou <i>hoje às 11h</i> Bom dia, Dra. Marina!" in card() and "➡️" not in card()
    choice = store.do(choices.choice_of, analyst, case.id, op, now=later)
    assert [t.key for t in choice.wholes] == ["primeiro_contato"]
    assert "encerramento_sem_resposta" not in [t.key for t in choice.offers]  # there was no attempt to tell of
    composed = store.do(drafts.compose_draft, analyst, case.id, ["suporte"], op, now=later)
    assert composed.text.startswith("Boa tarde, Dra. Marina! Aqui é Ana, do setor de Retenção da Sorriso Pleno.")
    store.do(receipts.file, [receipt(message, DELIVERED)], now=later)  # delivered wins
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.last_out_at, kept.last_touch_at, untouched()) == (NOW, NOW, NOW, 0)
    assert "➡️" in card() and "não chegou" not in card()


def test_what_failed_leaves_the_touches_before_it_as_they_were(store: Store, analyst: Analyst, op: Operation) -> None:
    days = [NOW - timedelta(days=n) for n in (9, 5, 3, 1)]
    case = create_case(store, analyst, opened_at=days[0], last_touch_at=days[0])
    first, second = accepted(store, case, sent_at=days[1]), accepted(store, case, sent_at=days[3])
    create_contact(store, case, Direction.NOTE, channel=ChannelName.INTERNAL, occurred_at=days[2])
    create_contact(store, case, Direction.OUT, imported=True, occurred_at=NOW)  # counts as no touch of the case's own
    store.do(receipts.file, [receipt(second, FAILED, code=131026), receipt(first, DELIVERED)])
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.last_out_at, kept.last_touch_at) == (days[1], days[1], days[2])


def test_what_was_dropped_after_it_had_failed_and_turns_out_to_be_delivered_is_a_contact(
    store: Store, analyst: Analyst, case: Case
) -> None:
    message = accepted(store, case)
    store.do(receipts.file, [receipt(message, FAILED, code=131026)])
    store.do(drafts.discard, analyst, message.id)
    store.do(receipts.file, [receipt(message, FAILED, code=131026)])
    assert store.get(Message, message.id).status is MessageStatus.DISCARDED
    store.do(receipts.file, [receipt(message, DELIVERED)])
    assert store.get(Message, message.id).status is DELIVERED
    assert (store.get(Case, case.id).first_out_at, store.count(Contact)) == (NOW, 1)
