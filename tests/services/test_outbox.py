"""The way out: claimed once, asked about again, recorded as it was answered, uncertain where nobody knows."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from bot.handlers.notifier import LOUD
from bot.handlers.sending_trouble import trouble_screen
from bot.services import drafts, outbox, receipts, recovery, replies, troubles
from bot.services.operation import Operation
from messages.contracts import Outgoing, Receipt, SendResult, TemplateCall, Verdict
from messages.statuses import ChannelName, MessageStatus
from storage.engine import connect
from storage.models import (
    Analyst,
    Case,
    Contact,
    Dentist,
    DentistAddress,
    InboxEvent,
    Message,
    Notification,
    Rule,
    SendingTrouble,
)
from tests.factory import (
    LEASE,
    NOW,
    PHONE,
    WALL,
    Store,
    as_template,
    create_case,
    create_dentist,
    create_message,
    create_operation,
    create_update,
    incoming,
)
from tests.patience import PATIENCE


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, window_since=NOW)


def queue(store: Store, case: Case, **more: object) -> Message:
    return create_message(store, case, MessageStatus.QUEUED, **({"due_at": NOW} | more))


def queue_for_another(store: Store, case: Case, **more: object) -> Message:
    return queue(store, case, address=f"+55719700{store.count(Message):05d}", **more)


def claim(store: Store, limit: int = 16, *, minutes: float = 0) -> list[Outgoing]:
    later = timedelta(minutes=minutes)
    return store.do(outbox.claim, limit, create_operation(), now=NOW + later, wall=WALL + later, lease=LEASE)


def record(store: Store, message: Message, verdict: Verdict, **more: object) -> Message:
    return store.do(outbox.record, message.idempotency_key, SendResult(verdict, **more), wall=WALL)


def test_a_claim_takes_what_is_due_oldest_first_and_marks_it(store: Store, case: Case) -> None:
    second, first = queue(store, case), queue_for_another(store, case, due_at=NOW - timedelta(minutes=1))
    queue_for_another(store, case, due_at=NOW + timedelta(seconds=1))
    create_message(store, case)
    assert [m.key for m in claim(store)] == [first.idempotency_key, second.idempotency_key]
    kept = store.get(Message, first.id)
    assert (kept.status, kept.attempts, kept.sent_at) == (MessageStatus.SENDING, 1, NOW)
    assert kept.lease_until == WALL + LEASE
    assert claim(store) == []


def test_a_claim_takes_no_more_than_it_was_asked_for(store: Store, case: Case) -> None:
    for _ in range(3):
        queue_for_another(store, case)
    assert [len(claim(store, 2)), len(claim(store, 2))] == [2, 1]


def test_what_leaves_is_complete(store: Store, case: Case) -> None:
    whole = as_template()
    queue(store, case, **whole, reply_to="wamid.1", idempotency_key="k")
    call = TemplateCall(whole["template_name"], whole["template_parameters"])
    assert claim(store) == [Outgoing("k", PHONE, whole["text"], call, "wamid.1")]


@pytest.mark.parametrize("barrier", ["closed", "opted out", "dentist's rule", "city's rule", "UF's rule", "window"])
def test_whether_it_may_go_is_asked_again_when_it_leaves(store: Store, case: Case, barrier: str) -> None:
    message = queue(store, case)
    rule = {"no_contact": True, "reason": "não mexer", "instructed_by": "Sofia", "since": NOW}
    match barrier:
        case "closed":
            store.update(case, closed_at=NOW)
        case "opted out":
            store.update(store.get(Dentist, case.dentist_id), opted_out_at=NOW)
        case "dentist's rule":
            store.add(Rule(dentist_id=case.dentist_id, **rule))
        case "city's rule":
            store.add(Rule(uf="BA", city="Sálvador ", **rule))  # however it was typed
        case "UF's rule":
            store.add(Rule(uf="BA", **rule))
        case "window":
            store.update(case, window_since=NOW - timedelta(hours=24))
    assert claim(store) == []
    kept = store.get(Message, message.id)
    assert (kept.status, kept.due_at, bool(kept.error)) == (MessageStatus.DRAFT, None, True)
    assert [n.key for n in store.all(Notification)] == [f"message:{message.id}"]


@pytest.mark.parametrize(
    "rule",
    [
        {"uf": "BA", "city": "FEIRA DE SANTANA"},
        {"uf": "SE"},
        {"uf": "BA", "ended_at": NOW},
        {"uf": "BA", "no_contact": False, "no_removal": True},
    ],
)
def test_a_rule_for_others_or_of_other_effect_holds_nothing_back(
    store: Store, case: Case, rule: dict[str, object]
) -> None:
    fields = {"no_contact": True, "reason": "não mexer", "instructed_by": "Sofia", "since": NOW} | rule
    store.add(Rule(**fields))
    queue(store, case)
    assert len(claim(store)) == 1


def test_a_template_needs_no_window(store: Store, case: Case) -> None:
    store.update(case, window_since=None)
    queue(store, case, **as_template("primeiro_contato"))
    assert len(claim(store)) == 1


FRIDAY = datetime(2023, 11, 3, 20, 59, 30, tzinfo=UTC)  # 17:59:30 in São Paulo
MONDAY = datetime(2023, 11, 6, 11, 0, tzinfo=UTC)  # 08:00


def approved(store: Store, analyst: Analyst, case: Case, op: Operation, now: datetime) -> Message:
    """A whole template that somebody let go."""
    store.update(case, first_out_at=NOW, last_out_at=NOW, window_since=None)
    draft = store.do(drafts.whole_draft, analyst, case.id, "retomar", op, now=now)
    return store.do(drafts.approve, analyst, draft.id, draft.version, op, now=now)


def claim_at(store: Store, op: Operation, now: datetime) -> list[Outgoing]:
    return store.do(outbox.claim, 9, op, now=now, wall=WALL, lease=LEASE)


@pytest.mark.parametrize("late", [timedelta(hours=33), timedelta(seconds=31), timedelta(days=2, hours=13, minutes=59)])
def test_what_a_stop_kept_from_leaving_in_time_waits_for_the_next_opening(
    store: Store, analyst: Analyst, case: Case, op: Operation, late: timedelta
) -> None:
    message = approved(store, analyst, case, op, FRIDAY)
    assert message.due_at == FRIDAY + op.undo
    assert claim_at(store, op, FRIDAY + late) == []
    kept = store.get(Message, message.id)
    assert (kept.status, kept.due_at, kept.error) == (MessageStatus.QUEUED, MONDAY, None)
    assert [n.key for n in store.all(Notification)] == [f"message:{message.id}"]  # its screen says when it leaves
    assert claim_at(store, op, MONDAY - timedelta(seconds=1)) == []
    assert [m.key for m in claim_at(store, op, MONDAY)] == [message.idempotency_key]


def test_what_waits_and_is_overtaken_by_a_reply_goes_back_to_draft_and_is_told(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    message = approved(store, analyst, case, op, FRIDAY + timedelta(minutes=5))
    assert message.due_at == MONDAY
    saturday = FRIDAY + timedelta(hours=15)
    store.do(replies.file, [incoming("Podem me ligar?", occurred_at=saturday)], now=saturday)
    answer = store.do(drafts.answer, analyst, case.id, "Claro!", None, op, now=saturday)
    assert [m.key for m in claim_at(store, op, saturday + op.undo)] == [answer.idempotency_key]
    record(store, answer, Verdict.ACCEPTED)
    assert claim_at(store, op, MONDAY) == []
    kept = store.get(Message, message.id)
    assert (kept.status, kept.error) == (MessageStatus.DRAFT, "O dentista respondeu depois da aprovação.")
    assert f"message:{message.id}" in [n.key for n in store.all(Notification)]
    assert MessageStatus.DRAFT in LOUD
    store.do(drafts.approve, analyst, message.id, kept.version, op, now=MONDAY)  # a person may still want it
    assert [m.key for m in claim_at(store, op, MONDAY + op.undo)] == [message.idempotency_key]


def test_a_reply_that_came_in_late_overtakes_it_too(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    message = approved(store, analyst, case, op, FRIDAY + timedelta(minutes=5))
    store.do(replies.file, [incoming("Podem me ligar?", occurred_at=FRIDAY - timedelta(hours=1))], now=MONDAY)
    assert claim_at(store, op, MONDAY) == []
    assert store.get(Message, message.id).status is MessageStatus.DRAFT


def test_a_typed_answer_is_held_back_neither_by_the_hour_nor_by_a_reply(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    night = FRIDAY + timedelta(hours=6)
    store.do(replies.file, [incoming("Oi", occurred_at=night)], now=night)
    answer = store.do(drafts.answer, analyst, case.id, "Olá!", None, op, now=night)
    store.do(replies.file, [incoming("E agora?", occurred_at=night + timedelta(seconds=5))], now=night)
    assert [m.key for m in claim_at(store, op, night + op.undo)] == [answer.idempotency_key]


def test_accepted_is_logged_once_and_the_recipients_spelling_is_learnt(store: Store, case: Case) -> None:
    message = queue(store, case)
    claim(store)
    for _ in range(2):
        kept = record(store, message, Verdict.ACCEPTED, external_id="wamid.A", recipient_id="557180000017")
    assert (kept.status, kept.external_id, kept.lease_until) == (MessageStatus.ACCEPTED, "wamid.A", None)
    (contact,) = store.all(Contact)
    assert (contact.external_id, contact.message_id, contact.occurred_at) == ("wamid.A", message.id, NOW)
    assert store.all(DentistAddress)[0].recipient_id == "557180000017"


def test_a_clear_refusal_is_retried_with_backoff_and_not_for_ever(store: Store, case: Case) -> None:
    message, waited = queue(store, case), 0.0
    for attempt in range(1, outbox.MAX_TRIES):
        assert len(claim(store, minutes=waited)) == 1
        kept = record(store, message, Verdict.RETRY, retry_after=timedelta(seconds=1))
        assert kept.status is MessageStatus.QUEUED
        assert kept.lease_until == WALL + timedelta(seconds=2**attempt)
        assert claim(store, minutes=0) == []
        waited += 2
    claim(store, minutes=waited)
    kept = record(store, message, Verdict.RETRY, reason="espere")
    assert (kept.status, kept.error) == (MessageStatus.FAILED, outbox.NOT_TAKEN)  # no repetition is promised
    assert store.count(Contact) == 0


def test_a_longer_wait_that_the_channel_asks_for_is_kept(store: Store, case: Case) -> None:
    message = queue(store, case)
    claim(store)
    assert record(store, message, Verdict.RETRY, retry_after=timedelta(hours=1)).lease_until == WALL + timedelta(
        hours=1
    )


def test_a_rejection_is_final_and_says_why(store: Store, case: Case) -> None:
    message = queue(store, case)
    claim(store)
    kept = record(store, message, Verdict.REJECTED, code=131026, reason="não recebe")
    assert (kept.status, kept.error_code, kept.error) == (MessageStatus.FAILED, 131026, "não recebe")
    assert claim(store, minutes=999) == []
    assert store.count(Contact) == 0


def test_a_refusal_that_says_opted_out_blocks_the_dentist(store: Store, case: Case) -> None:
    message = queue(store, case)
    claim(store)
    record(store, message, Verdict.REJECTED, code=131050, reason="bloqueou")
    assert store.get(Dentist, case.dentist_id).opted_out_at is not None


def test_what_hits_every_message_alike_is_told_to_the_supervisors_once(
    store: Store, case: Case, supervisor: Analyst
) -> None:
    for hours, count in ((0, 1), (1, 2), (10, 1)):  # within six hours it is the same trouble, later another
        message = queue(store, case)
        claim(store)
        result = SendResult(Verdict.REJECTED, code=131042, reason="…")
        store.do(outbox.record, message.idempotency_key, result, wall=WALL, now=NOW + timedelta(hours=hours))
        (row,) = store.all(SendingTrouble)
        assert (row.code, row.messages) == (131042, count)
    told = [n for n in store.all(Notification) if n.kind == "trouble"]
    assert [(n.analyst_id, n.key) for n in told] == [(supervisor.id, f"trouble:131042:{n}") for n in (1, 2)]
    said = trouble_screen(store.do(troubles.view, 131042), create_operation(), NOW).text
    assert "resolva a cobrança na Meta" in said and "1 mensagem não saiu" in said


def test_what_a_status_says_after_the_answer_is_told_as_well(store: Store, case: Case, supervisor: Analyst) -> None:
    message = queue(store, case)
    claim(store)
    record(store, message, Verdict.ACCEPTED, external_id="wamid.A")
    failed = Receipt(
        ChannelName.WHATSAPP, "wamid.A", MessageStatus.FAILED, NOW, message.idempotency_key, code=131042, reason="…"
    )
    for _ in range(2):  # told twice, counted once
        store.do(receipts.file, [failed])
    assert [(row.code, row.messages) for row in store.all(SendingTrouble)] == [(131042, 1)]


def test_an_unclear_answer_is_never_sent_again_by_itself(store: Store, case: Case) -> None:
    message = queue(store, case)
    claim(store)
    kept = record(store, message, Verdict.UNKNOWN, reason="caiu")
    assert (kept.status, kept.error) == (MessageStatus.UNKNOWN, outbox.NOT_CONFIRMED)
    assert claim(store, minutes=9999) == []


def test_a_send_that_was_silent_beyond_its_lease_is_uncertain_and_told(store: Store, case: Case) -> None:
    message = queue(store, case)
    claim(store)
    assert store.do(outbox.give_up_on_the_silent, 9, wall=WALL + LEASE) == []
    (silent,) = store.do(outbox.give_up_on_the_silent, 9, wall=WALL + LEASE + timedelta(seconds=1))
    assert (silent.id, silent.status) == (message.id, MessageStatus.UNKNOWN)
    assert [n.key for n in store.all(Notification)] == [f"message:{message.id}"]
    assert claim(store, minutes=9999) == []


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (Verdict.ACCEPTED, MessageStatus.ACCEPTED),
        (Verdict.REJECTED, MessageStatus.FAILED),
        (Verdict.RETRY, MessageStatus.FAILED),  # given up already: only a person sends again
        (Verdict.UNKNOWN, MessageStatus.UNKNOWN),
    ],
)
def test_an_answer_after_the_lease_makes_it_certain(
    store: Store, case: Case, verdict: Verdict, status: MessageStatus
) -> None:
    message = queue(store, case)
    claim(store)
    store.do(outbox.give_up_on_the_silent, 9, wall=WALL + LEASE * 2)
    assert record(store, message, verdict).status is status
    assert claim(store, minutes=9999) == []


def test_two_claimers_at_once_never_get_the_same_message(postgresql_url: str, op: Operation) -> None:
    store = Store(postgresql_url)
    from tests.factory import create_analyst

    case = create_case(store, create_analyst(store), create_dentist(store), window_since=NOW)
    keys = {queue_for_another(store, case).idempotency_key for _ in range(24)}
    engine, start, taken = connect(postgresql_url), threading.Barrier(4), list[str]()

    def claimer() -> None:
        start.wait()
        while True:
            with Session(engine) as session:
                got = outbox.claim(session, 3, op, now=NOW, wall=WALL, lease=LEASE)
                session.commit()
            if not got:
                return
            taken.extend(m.key for m in got)

    threads = [threading.Thread(target=claimer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(taken) == sorted(keys)
    engine.dispose()
    store.close()


def test_after_a_death_what_was_held_is_free_and_what_was_being_sent_is_uncertain(store: Store, case: Case) -> None:
    held = queue(store, case)
    claim(store)
    backing_off = queue(store, case, lease_until=WALL + LEASE)
    update = create_update(store, lease_until=WALL + LEASE)
    assert store.do(recovery.take_over) == 1
    assert store.get(Message, held.id).status is MessageStatus.UNKNOWN
    assert store.get(Message, backing_off.id).lease_until is None
    assert store.get(InboxEvent, update.id).lease_until is None
    assert store.do(recovery.take_over) == 0
    assert store.get(Message, held.id).channel is ChannelName.WHATSAPP


def test_to_one_address_one_goes_at_a_time_in_their_order(store: Store, case: Case) -> None:
    later, first = queue(store, case), queue(store, case, due_at=NOW - timedelta(seconds=1))
    third = queue(store, case)  # due at the same moment as the second
    other = queue(store, case, address="+5571970000000")
    tomorrow = queue(store, case, due_at=NOW + timedelta(days=1))
    assert [m.key for m in claim(store)] == [first.idempotency_key, other.idempotency_key]
    assert claim(store) == []  # none while the first is on its way
    record(store, first, Verdict.RETRY)
    assert claim(store) == []  # nor while it waits for its next try
    assert [m.key for m in claim(store, minutes=1)] == [first.idempotency_key]
    record(store, first, Verdict.ACCEPTED)
    assert [m.key for m in claim(store)] == [later.idempotency_key]
    record(store, later, Verdict.UNKNOWN)
    assert [m.key for m in claim(store)] == [third.idempotency_key]
    assert store.get(Message, tomorrow.id).status is MessageStatus.QUEUED


def test_claimers_at_once_never_send_two_to_one_address(postgresql_url: str, op: Operation) -> None:
    store = Store(postgresql_url)
    from tests.factory import create_analyst

    case = create_case(store, create_analyst(store), create_dentist(store), window_since=NOW)
    for _ in range(12):
        queue(store, case)
    engine, start, taken = connect(postgresql_url), threading.Barrier(6), list[str]()

    def claimer() -> None:
        start.wait()
        with Session(engine) as session:
            taken.extend(m.key for m in outbox.claim(session, 3, op, now=NOW, wall=WALL, lease=LEASE))
            session.commit()

    threads = [threading.Thread(target=claimer) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(taken) == 1
    engine.dispose()
    store.close()
