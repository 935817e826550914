"""A channel whose account takes nothing rests as a whole: nothing fails, nothing is lost, one message tries."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session

from bot.handlers.drafting import message_screen
from bot.handlers.pauses import pause_screen
from bot.services import drafts, outbox, pauses, receipts, replies
from messages.contracts import Outgoing, Receipt, SendResult, Verdict
from messages.errors import Conflict, NotAllowed
from messages.statuses import ChannelName, MessageStatus
from storage.engine import connect
from storage.models import Analyst, AuditEntry, Case, Message, Notification, SendingPause, SendingTrouble
from tests.factory import LEASE, NOW, WALL, Store, create_case, create_message, create_operation, incoming

SHUT = SendResult(Verdict.SHUT, code=190, reason="O acesso expirou: peça à TI um novo WHATSAPP_TOKEN.")
TAKEN = SendResult(Verdict.ACCEPTED)
QUEUED, SENDING, FAILED = MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.FAILED


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, window_since=NOW)


@pytest.fixture
def waiting(store: Store, case: Case) -> list[Message]:
    """Approved and due, each for a number of its own."""
    numbers = [f"+55719700{n:05d}" for n in range(4)]
    return [create_message(store, case, QUEUED, due_at=NOW, approved_at=NOW, address=number) for number in numbers]


def claim(store: Store, *, minutes: float = 0, channel: ChannelName = ChannelName.WHATSAPP) -> list[Outgoing]:
    later = timedelta(minutes=minutes)
    op = create_operation()
    return store.do(outbox.claim, 16, op, channel=channel, now=NOW + later, wall=WALL + later, lease=LEASE)


def answer(store: Store, sent: Outgoing, result: SendResult, *, minutes: float = 0) -> Message:
    later = timedelta(minutes=minutes)
    return store.do(outbox.record, sent.key, result, now=NOW + later, wall=WALL + later)


def pause(store: Store) -> SendingPause:
    (row,) = store.all(SendingPause)
    return row


def told(store: Store) -> list[str]:
    return [n.key for n in store.all(Notification) if n.kind == pauses.NOTICE]


def refused(store: Store) -> None:
    """All four were on their way when the account was shut."""
    for sent in claim(store):
        answer(store, sent, SHUT)


def test_what_the_account_refuses_stays_approved_and_nothing_else_leaves(
    store: Store, waiting: list[Message], supervisor: Analyst
) -> None:
    refused(store)
    for kept in store.all(Message):
        assert (kept.status, kept.attempts, kept.approved_at, kept.error_code) == (QUEUED, 0, NOW, None)
        assert kept.error == pauses.held(ChannelName.WHATSAPP) and len(kept.error) <= 150
    assert claim(store) == claim(store, minutes=1) == []
    assert (told(store), store.all(SendingTrouble)) == (["pause:whatsapp:1"], [])
    assert (pause(store).code, pause(store).ended_at) == (190, None)


def test_what_is_approved_meanwhile_says_that_it_waits_once(
    store: Store, case: Case, waiting: list[Message], analyst: Analyst
) -> None:
    refused(store)
    later = create_message(store, case, QUEUED, due_at=NOW, address="+5571970009999")
    claim(store)
    (screen,) = [n for n in store.all(Notification) if n.key == f"message:{later.id}"]
    claim(store, minutes=1)
    assert store.get(Notification, screen.id).version == screen.version
    op = create_operation()
    shown = message_screen(store.do(drafts.view, analyst, later.id, op), op, NOW).text
    assert "estão parados, e a supervisão já sabe" in shown and "sai em" not in shown


def test_one_message_tries_now_and_then_and_once_it_is_taken_all_leave_once(
    store: Store, waiting: list[Message], supervisor: Analyst
) -> None:
    refused(store)
    tries, at = [], 0.0
    while len(tries) < 8:
        at += 0.5
        if probe := claim(store, minutes=at):
            assert len(probe) == 1
            answer(store, probe[0], SHUT, minutes=at)
            tries.append(at)
    waits = [later - before for before, later in pairwise(tries)]
    assert waits == [4, 8, 16, 32, 60, 60, 60]
    (probe,) = claim(store, minutes=at + 60)
    answer(store, probe, TAKEN, minutes=at + 60)
    rest = claim(store, minutes=at + 60)
    assert len({probe.key, *(m.key for m in rest)}) == 4
    for sent in rest:
        answer(store, sent, SendResult(Verdict.ACCEPTED, external_id=f"wamid.{sent.key}"), minutes=at + 60)
    assert {m.status for m in store.all(Message)} == {MessageStatus.ACCEPTED}
    assert {m.error for m in store.all(Message)} == {None}
    assert told(store) == ["pause:whatsapp:1"]  # once, for all of it
    view = store.do(pauses.view, pause(store).id, now=NOW + timedelta(hours=5))
    assert "voltaram" in pause_screen(view, create_operation(), NOW + timedelta(hours=5)).text


@pytest.mark.parametrize(
    ("verdict", "goes_on"),
    [(Verdict.ACCEPTED, True), (Verdict.REJECTED, True), (Verdict.RETRY, False), (Verdict.UNKNOWN, False)],
)
def test_what_the_account_took_or_refused_for_its_own_sake_shows_that_it_is_well(
    store: Store, waiting: list[Message], verdict: Verdict, goes_on: bool
) -> None:
    refused(store)
    claim(store)  # plans the first try
    (probe,) = claim(store, minutes=3)
    answer(store, probe, SendResult(verdict, external_id="wamid.A" if verdict is Verdict.ACCEPTED else None), minutes=3)
    assert bool(claim(store, minutes=3)) is goes_on


def test_an_answer_to_what_had_left_before_proves_nothing(store: Store, waiting: list[Message]) -> None:
    first, second, *_ = claim(store)
    answer(store, first, SHUT)
    answer(store, second, TAKEN)
    assert pause(store).ended_at is None
    claim(store)
    assert len(claim(store, minutes=3)) == 1
    third = store.all(Message)[2]
    answer(store, Outgoing(third.idempotency_key, "", ""), TAKEN, minutes=3)
    assert pause(store).ended_at is None


def test_a_supervisor_has_it_tried_at_once_and_nobody_else(
    store: Store, waiting: list[Message], analyst: Analyst, supervisor: Analyst
) -> None:
    refused(store)
    number = pause(store).id
    with pytest.raises(NotAllowed):
        store.do(pauses.try_again, analyst, number)
    store.do(pauses.try_again, supervisor, number)
    (probe,) = claim(store)
    assert claim(store) == []
    answer(store, probe, TAKEN)
    assert len(claim(store)) == 3
    with pytest.raises(Conflict, match="já voltaram"):
        store.do(pauses.try_again, supervisor, number)
    assert [(e.action, e.analyst_id) for e in store.all(AuditEntry)] == [("sending_tried_again", supervisor.id)]


def test_what_a_status_tells_of_the_account_ends_when_something_arrives(
    store: Store, waiting: list[Message], supervisor: Analyst
) -> None:
    def status(key: str, said: MessageStatus, code: int | None = None) -> None:
        store.do(receipts.file, [Receipt(ChannelName.WHATSAPP, f"wamid.{key}", said, NOW, key, code=code, reason="…")])

    first, *others = claim(store)
    for sent in (first, *others):
        answer(store, sent, SendResult(Verdict.ACCEPTED, external_id=f"wamid.{sent.key}"))
    for _ in range(2):
        status(first.key, FAILED, 131031)
    status(others[0].key, MessageStatus.DELIVERED)  # had left before
    assert (pause(store).ended_at, pause(store).reported, told(store)) == (None, True, ["pause:whatsapp:1"])
    again = create_message(store, store.all(Case)[0], QUEUED, due_at=NOW)
    claim(store)
    (probe,) = claim(store, minutes=3)
    assert probe.key == again.idempotency_key
    answer(store, probe, SendResult(Verdict.ACCEPTED, external_id=f"wamid.{probe.key}"), minutes=3)
    assert pause(store).ended_at is None  # that it was accepted says nothing
    status(probe.key, MessageStatus.DELIVERED)
    assert pause(store).ended_at == NOW


def test_the_next_time_it_is_told_anew_and_another_cause_on_the_same_screen(
    store: Store, case: Case, waiting: list[Message], supervisor: Analyst
) -> None:
    refused(store)
    store.do(pauses.begin, ChannelName.WHATSAPP, 131031, "Bloqueada: peça a revisão.")
    assert (told(store), pause(store).code) == (["pause:whatsapp:1"], 131031)
    store.do(pauses.try_again, supervisor, pause(store).id)
    (probe,) = claim(store)
    answer(store, probe, TAKEN)
    refused(store)
    assert told(store) == ["pause:whatsapp:1", "pause:whatsapp:2"]
    view = store.do(pauses.view, pause(store).id)
    said = pause_screen(view, create_operation(), NOW).text
    assert view.waiting == 3 and "3 mensagens aprovadas esperam" in said
    assert "peça à TI um novo WHATSAPP_TOKEN" in said and "Código da Meta: 190" in said


def test_one_channel_rests_and_the_others_go_on(store: Store, case: Case, waiting: list[Message]) -> None:
    store.do(pauses.begin, ChannelName.TELEGRAM, 401, "TELEGRAM_TOKEN")
    assert len(claim(store)) == 4
    there = create_message(store, case, QUEUED, channel=ChannelName.TELEGRAM, address="7001", due_at=NOW)
    assert claim(store, channel=ChannelName.TELEGRAM) == []
    assert "pelo Telegram" in (store.get(Message, there.id).error or "")


def test_what_the_dentist_writes_meanwhile_holds_back_what_waits(
    store: Store, case: Case, analyst: Analyst, supervisor: Analyst
) -> None:
    message = create_message(store, case, QUEUED, due_at=NOW, approved_at=NOW)
    (sent,) = claim(store)
    answer(store, sent, SHUT)
    store.do(replies.file, [incoming("Já resolvi", occurred_at=NOW)])
    store.do(pauses.try_again, supervisor, pause(store).id)
    assert claim(store) == []
    kept = store.get(Message, message.id)
    assert (kept.status, kept.error) == (MessageStatus.DRAFT, outbox.ANSWERED)


def test_processes_that_are_refused_at_the_same_moment_make_one_pause(postgresql_url: str) -> None:
    engine = connect(postgresql_url)
    ready, failures = threading.Barrier(4), list[BaseException]()

    def refuse() -> None:
        try:
            with Session(engine) as session:
                ready.wait()
                pauses.begin(session, ChannelName.WHATSAPP, 190, "…", now=NOW)
                session.commit()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=refuse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = Store(postgresql_url)
    assert (failures, pause(store).episode) == ([], 1)
    store.close()
    engine.dispose()
