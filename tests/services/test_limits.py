"""How much leaves: in a second, to one number in a row, to how many people a day; and for which number."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.handlers.drafting import message_screen
from bot.services import drafts, limits, outbox, replies
from bot.services.operation import Operation
from messages.contracts import AccountEvent, Outgoing, SendResult, Verdict
from messages.limits import Room, people_a_day
from messages.statuses import MessageStatus
from storage.engine import connect
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress, Message, MetaAccount
from tests.factory import (
    LEASE,
    NOW,
    PHONE,
    WALL,
    Store,
    approve_templates,
    as_template,
    create_address,
    create_analyst,
    create_case,
    create_dentist,
    create_message,
    create_operation,
    incoming,
)
from tests.patience import PATIENCE

OTHER = "+5571970000042"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def operation(**more: Any) -> Operation:
    return replace(create_operation(), **more)


def queue(store: Store, case: Case, **more: Any) -> Message:
    return create_message(store, case, MessageStatus.QUEUED, **({"due_at": NOW} | more))


def to_somebody(store: Store, analyst: Analyst, **more: Any) -> Message:
    """A template for a dentist of one's own number."""
    number = f"+55719{70000000 + store.count(Message):08d}"
    case = create_case(store, analyst, create_dentist(store, phone=number), last_out_at=NOW - timedelta(days=9))
    return queue(store, case, address=number, **(as_template() | more))


def claim(
    store: Store, op: Operation | None = None, *, later: timedelta = timedelta(), wall: timedelta = timedelta()
) -> list[Outgoing]:
    """``later``: business time, which takes real time along."""
    return store.do(outbox.claim, 16, op or create_operation(), now=NOW + later, wall=WALL + later + wall, lease=LEASE)


def accept(store: Store, sent: Outgoing, *, later: timedelta = timedelta(), wall: timedelta = timedelta()) -> None:
    store.do(outbox.record, sent.key, SendResult(Verdict.ACCEPTED), wall=WALL + wall, now=NOW + later)


def wrote(store: Store, phone: str, *, ago: timedelta = timedelta()) -> None:
    store.do(replies.file, [incoming(phone=phone, occurred_at=NOW - ago)], now=NOW - ago)


def test_no_more_leaves_in_a_second_than_whatsapp_takes(store: Store, analyst: Analyst) -> None:
    for _ in range(5):
        to_somebody(store, analyst)
    op = operation(messages_a_second=2)
    for wall in (SECOND * 0, SECOND * 1.3):
        first, second = claim(store, op, wall=wall)
        assert claim(store, op, wall=wall) == []
        accept(store, first, wall=wall)
        accept(store, second, wall=wall)
    assert len(claim(store, op, wall=SECOND * 2.6)) == 1


def test_what_is_on_its_way_counts_until_it_is_answered_for_and_a_second_longer(store: Store, analyst: Analyst) -> None:
    for _ in range(4):
        to_somebody(store, analyst)
    op = operation(messages_a_second=2)
    first, second = claim(store, op)
    assert claim(store, op, wall=SECOND * 9) == []  # held up somewhere: they may arrive just now
    accept(store, first, wall=SECOND * 9)
    accept(store, second, wall=SECOND * 9.5)
    assert claim(store, op, wall=SECOND * 9.9) == []
    assert [len(claim(store, op, wall=SECOND * 10.2)) for _ in range(2)] == [1, 0]


def test_processes_on_one_database_share_the_second(postgresql_url: str) -> None:
    store = Store(postgresql_url)
    approve_templates(store)
    analyst, op = create_analyst(store), operation(messages_a_second=5)
    for _ in range(24):
        to_somebody(store, analyst)
    engine, start, taken = connect(postgresql_url), threading.Barrier(4), list[str]()

    def claimer() -> None:
        start.wait()
        for _ in range(3):
            with Session(engine) as session:
                got = outbox.claim(session, 3, op, now=NOW, wall=WALL, lease=LEASE)
                session.commit()
            taken.extend(m.key for m in got)

    threads = [threading.Thread(target=claimer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(taken) == len(set(taken)) == 5
    engine.dispose()
    store.close()


def test_after_a_burst_a_number_waits_and_the_screen_says_why(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, window_since=NOW)
    for n in range(limits.BURST):
        create_message(store, case, MessageStatus.READ, left_at=WALL - timedelta(seconds=n))
    message = queue(store, case)
    assert claim(store) == []
    screen = message_screen(store.do(drafts.view, analyst, message.id, op), op, NOW)
    assert "poucas mensagens seguidas para o mesmo dentista" in screen.text
    oldest = WALL - timedelta(seconds=limits.BURST - 1)
    assert store.get(Message, message.id).lease_until == oldest + limits.PAIR_WINDOW
    assert claim(store, wall=timedelta(minutes=3)) == []
    assert len(claim(store, wall=timedelta(minutes=4))) == 1


def test_a_clock_that_is_set_back_holds_nothing_up(store: Store, analyst: Analyst) -> None:
    ahead = WALL + timedelta(minutes=55)
    case = create_case(store, analyst, window_since=NOW)
    for _ in range(limits.BURST):
        create_message(store, case, MessageStatus.READ, left_at=ahead, answered_at=ahead)
    queue(store, case)
    assert len(claim(store, operation(messages_a_second=1))) == 1


def test_people_beyond_the_days_number_wait_their_turn_and_are_told_of_it(store: Store, analyst: Analyst) -> None:
    op = operation(people_a_day=2)
    first = to_somebody(store, analyst)
    to_somebody(store, analyst)
    for sent in claim(store, op):
        accept(store, sent)
    third = to_somebody(store, analyst)
    again = queue(store, store.get(Case, first.case_id), address=first.address, **as_template())
    (sent_again,) = claim(store, op)
    assert sent_again.key == again.idempotency_key  # a person counts once
    accept(store, sent_again)
    assert store.do(limits.people, operation(people_a_day=3)) == Room(3, 1)
    kept = store.get(Message, third.id)
    assert (kept.status, kept.due_at, kept.put_off) == (MessageStatus.QUEUED, NOW + timedelta(hours=24), True)
    assert "limite da conta é de 2 pessoas por dia" in (kept.error or "")
    assert claim(store, op, later=23 * HOUR) == []
    assert store.do(limits.people, op, now=NOW + 24 * HOUR) == Room(2, 2)
    assert [m.key for m in claim(store, op, later=24 * HOUR)] == [third.idempotency_key]


def test_answers_inside_the_window_count_for_nobody(store: Store, analyst: Analyst) -> None:
    op = operation(people_a_day=1)
    to_somebody(store, analyst)
    assert len(claim(store, op)) == 1
    case = create_case(store, analyst, create_dentist(store, phone=OTHER), window_since=NOW)
    queue(store, case, address=OTHER)
    assert len(claim(store, op)) == 1


def test_the_days_number_is_learnt_and_250_until_then(store: Store, analyst: Analyst) -> None:
    def told(**detail: str) -> None:
        event = AccountEvent("business_capability_update", detail, "k", NOW)
        store.do(limits.heed, [event])

    assert store.all(MetaAccount)[0].people_a_day is None
    assert limits.LEAST_PEOPLE == 250
    assert store.do(limits.people, create_operation()) == Room(250, 250)
    told(max_daily_conversations_per_business="TIER_2K")
    told(max_phone_numbers_per_waba="25")  # says nothing of it
    assert store.all(MetaAccount)[0].people_a_day == 2000
    told(max_daily_conversation_per_phone="-1")
    assert store.all(MetaAccount)[0].people_a_day == 0
    assert store.do(limits.people, create_operation()) is None
    to_somebody(store, analyst)
    assert len(claim(store)) == 1


@pytest.mark.parametrize(
    ("told", "people"),
    [
        ({"max_daily_conversations_per_business": "2000"}, 2000),
        ({"max_daily_conversations_per_business": 10000}, 10000),
        ({"whatsapp_business_manager_messaging_limit": "TIER_100K"}, 100_000),
        ({"messaging_limit_tier": "TIER_250"}, 250),
        ({"messaging_limit_tier": "TIER_UNLIMITED"}, 0),
        ({"max_daily_conversation_per_phone": -1}, 0),
        ({"messaging_limit_tier": "TIER_NOT_SET"}, None),
        ({"max_daily_conversations_per_business": {"a": 1}}, None),
        ({}, None),
    ],
)
def test_a_limit_is_read_however_meta_says_it(told: dict[str, object], people: int | None) -> None:
    assert people_a_day(told) == people


def test_what_whatsapp_held_back_is_tried_again_after_more_than_a_day(store: Store, analyst: Analyst) -> None:
    first = to_somebody(store, analyst)
    (sent,) = claim(store)
    store.do(outbox.record, sent.key, SendResult(Verdict.REJECTED, code=131049, reason="…"), wall=WALL)
    case = store.get(Case, first.case_id)
    again = queue(store, case, address=first.address, **as_template())
    assert claim(store) == []
    kept = store.get(Message, again.id)
    assert (kept.status, kept.due_at) == (MessageStatus.QUEUED, NOW + 25 * HOUR)
    assert "mais de 24 horas" in (kept.error or "")
    assert len(claim(store, later=25 * HOUR)) == 1


def two_numbers(store: Store, analyst: Analyst) -> Case:
    """A dentist's own number, and a secretary's."""
    case = create_case(store, analyst)
    create_address(store, store.get(Dentist, case.dentist_id), OTHER)
    return case


def test_each_number_has_a_window_of_its_own_and_is_chosen_as_the_message_leaves(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = two_numbers(store, analyst)
    wrote(store, PHONE, ago=23 * HOUR)
    answer = store.do(drafts.answer, analyst, case.id, "Boa tarde!", "wamid.Q", op, now=NOW - 22 * HOUR)
    assert answer.address == PHONE
    store.update(answer, due_at=NOW + 2 * HOUR)
    wrote(store, OTHER, ago=HOUR)
    (sent,) = claim(store, later=2 * HOUR)  # the first number's window has closed meanwhile
    assert (sent.key, sent.to, sent.reply_to) == (answer.idempotency_key, OTHER, None)


def test_where_no_numbers_window_is_open_a_text_goes_back_to_draft(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = two_numbers(store, analyst)
    wrote(store, OTHER, ago=HOUR)
    answer = store.do(drafts.answer, analyst, case.id, "Boa tarde!", None, op)
    assert answer.address == OTHER
    store.update(answer, due_at=NOW + 24 * HOUR)
    assert claim(store, later=24 * HOUR) == []
    kept = store.get(Message, answer.id)
    assert kept.status is MessageStatus.DRAFT and "janela de 24 horas" in (kept.error or "")


def test_a_template_goes_to_the_dentists_number_of_that_moment(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst, last_out_at=NOW - timedelta(days=9))
    message = queue(store, case, **as_template())
    (address,) = store.all(DentistAddress)
    store.update(address, address=OTHER)
    (sent,) = claim(store)
    assert (sent.key, sent.to) == (message.idempotency_key, OTHER)


def test_a_number_that_serves_two_dentists_opens_the_window_of_both(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    one, two = create_case(store, analyst), create_case(store, analyst, create_dentist(store, name="TEO DE SOUZA"))
    closed = create_case(store, analyst, create_dentist(store, name="RUI LIMA"), closed_at=NOW)
    message = create_message(store, two, MessageStatus.READ, external_id="wamid.Q")
    told = incoming("Sim", reply_to=message.external_id)
    store.do(replies.file, [told])
    assert store.all(Contact, Contact.external_id == told.external_id)[0].case_id == two.id
    assert [store.get(Case, c.id).window_since for c in (one, two, closed)] == [NOW, NOW, None]
    answer = store.do(drafts.answer, analyst, one.id, "Olá!", None, op)
    store.update(answer, due_at=NOW)
    assert [m.to for m in claim(store)] == [PHONE]
