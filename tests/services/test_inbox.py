"""What comes in is kept once, filed whole, in order, and never lost to one bad body."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from bot.handlers.whatsapp_news import account_screen
from bot.services import account, followups, inbox
from bot.services.inbox import Filed, Raw
from bot.services.operation import Operation
from messages.errors import NotFound
from messages.statuses import ChannelName, Direction, MessageStatus
from storage.engine import is_sqlite
from storage.models import AccountNotice, Analyst, Case, Contact, Dentist, InboxEvent, Message, Notification
from tests.factory import (
    LEASE,
    NOW,
    PHONE,
    WALL,
    Store,
    create_analyst,
    create_case,
    create_follow_up,
    create_message,
    create_update,
    file_waiting,
    wa_message,
    wa_status,
    webhook,
)


def keep(store: Store, *bodies: dict[str, Any] | bytes) -> None:
    raws = [Raw(ChannelName.WHATSAPP, b if isinstance(b, bytes) else json.dumps(b).encode()) for b in bodies]
    assert store.do(inbox.receive, raws) == len(raws)


def file(store: Store, limit: int = 200, **more: int) -> Filed:
    return file_waiting(store, ["100000000000001"], limit, **more)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def test_an_update_is_kept_once_however_often_it_comes(store: Store) -> None:
    one, two = (Raw(ChannelName.TELEGRAM, b"{}", str(n), "chat:1") for n in (7, 8))
    assert store.do(inbox.receive, [one]) == 1
    assert store.do(inbox.receive, [one, two, two]) == 1
    assert [e.external_id for e in store.all(InboxEvent)] == ["7", "8"]


def test_the_same_update_id_of_another_channel_is_another_event(store: Store) -> None:
    assert store.do(inbox.receive, [Raw(c, b"{}", "7") for c in (ChannelName.TELEGRAM, ChannelName.WHATSAPP)]) == 2


def test_one_body_filed_three_times_gives_one_contact(store: Store, case: Case) -> None:
    for _ in range(3):
        keep(store, webhook({"messages": [wa_message("wamid.A")]}))
        file(store)
    assert [c.text for c in store.all(Contact)] == ["Bom dia!"]
    assert store.get(Case, case.id).unread == 1
    assert all(e.filed_at for e in store.all(InboxEvent))


@pytest.mark.parametrize("wrong", [{"timestamp": "ontem"}, {"from": "ninguém"}], ids=str)
def test_a_message_that_cannot_be_read_is_kept_and_told_and_the_rest_is_filed(
    store: Store, case: Case, wrong: dict[str, str]
) -> None:
    keep(store, webhook({"messages": [wa_message("wamid.A") | wrong, wa_message("wamid.B", "e isto")]}))
    assert file(store).contacts == 1
    assert [c.text for c in store.all(Contact)] == ["e isto"]
    (kept,) = store.all(InboxEvent)
    assert kept.parked_at is not None and kept.error == "message text"
    assert ("parked", kept.id) in [(n.kind, n.subject_id) for n in store.all(Notification)]
    assert store.do(inbox.retry_parked) == 1
    assert store.do(inbox.count_waiting) == 1
    file(store)
    assert store.count(Contact) == 1
    assert store.do(inbox.count_waiting) == 0


def test_a_batch_of_everything_at_once_is_filed_whole(store: Store, case: Case) -> None:
    sent = create_message(store, case, MessageStatus.SENDING, sent_at=NOW, lease_until=WALL + LEASE)
    queued = create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
    key, later = sent.idempotency_key, NOW + timedelta(minutes=5)
    keep(
        store,
        webhook(
            {"statuses": [wa_status("wamid.S", "read", key), wa_status("wamid.S", "sent", key)]},
            {"messages": [wa_message("wamid.2", "segunda", at=later), wa_message("wamid.1", "primeira")]},
            {
                "message_echoes": [
                    {**wa_message("wamid.E", "digitada no celular"), "from": "557140000000", "to": PHONE[1:]}
                ]
            },
        ),
        webhook(
            {"messages": [wa_message("wamid.1", "primeira"), wa_message("wamid.3", "SAIR", at=later)]},
            {"messages": [wa_message("wamid.9", "de quem?", "5511977770000")]},
        ),
        webhook({"messages": [wa_message("wamid.X", "do número de outra equipe")]}, number="999"),
    )
    assert file(store) == Filed(events=3, contacts=5, quarantined=1)
    told = {c.external_id: (c.direction, c.case_id) for c in store.all(Contact)}
    assert told == {
        "wamid.1": (Direction.IN, case.id),
        "wamid.2": (Direction.IN, case.id),
        "wamid.3": (Direction.IN, case.id),
        "wamid.E": (Direction.OUT, case.id),
        "wamid.9": (Direction.IN, None),
        "wamid.S": (Direction.OUT, case.id),
    }
    assert store.get(Message, sent.id).status is MessageStatus.READ
    assert store.get(Message, queued.id).status is MessageStatus.DRAFT
    assert store.get(Dentist, case.dentist_id).opted_out_at is not None
    kept = store.get(Case, case.id)
    assert (kept.unread, kept.last_in_at, kept.window_since) == (3, later, later)
    assert "another number" in (store.all(InboxEvent)[2].error or "")


def test_a_body_that_is_no_webhook_is_parked_told_and_the_others_are_filed(store: Store, case: Case) -> None:
    supervisor = create_analyst(store, "Sofia Matos")
    keep(store, b"<html>", webhook({"messages": [wa_message("wamid.A")]}), b"[1]")
    assert file(store).contacts == 1
    first, second, third = store.all(InboxEvent)
    assert first.parked_at and first.error and not first.filed_at
    assert second.filed_at and not second.parked_at
    assert third.parked_at and "objeto" in (third.error or "")
    assert file(store).events == 0
    assert {n.subject_id for n in store.all(Notification, Notification.kind == "parked")} == {first.id, third.id}
    assert supervisor.id is not None


def test_what_has_no_reader_yet_stays_in_the_raw_event_and_is_named(store: Store, case: Case) -> None:
    keep(store, webhook({"statuses": [{"id": "wamid.A", "status": "novo"}]}, {"novidades": [{"code": 130429}]}))
    file(store)
    event = store.all(InboxEvent)[0]
    assert event.filed_at and event.error == "status novo; messages"


def test_what_two_have_read_is_filed_by_one_and_neither_waits_for_the_other(store: Store) -> None:
    strangers = ("557191110001", "557191110002", "557191110003", "557191110004")
    keep(store, *(webhook({"messages": [wa_message(f"wamid.{wa_id}", "Oi", wa_id)]}) for wa_id in strangers))
    first, both = (store.do(inbox.read_waiting, (), limit, wall=WALL) for limit in (2, 3))
    with Session(store.engine) as session:
        assert inbox.file_whatsapp(session, first, now=NOW).events == 2
        if is_sqlite(store.engine):  # where there is one writer
            session.commit()
        assert store.do(inbox.file_whatsapp, both) == Filed(events=1, contacts=1, quarantined=1)
        assert file(store) == Filed(events=1, contacts=1, quarantined=1)
        session.commit()
    assert store.count(Contact) == 4


def test_only_one_event_is_filed_when_one_is_asked_for(store: Store, case: Case) -> None:
    keep(store, *(webhook({"messages": [wa_message(f"wamid.{n}")]}) for n in range(3)))
    ids = store.do(inbox.waiting_ids, ChannelName.WHATSAPP, 2, wall=WALL)
    assert len(ids) == 2
    assert file(store, only=ids[1]).contacts == 1
    assert [c.external_id for c in store.all(Contact)] == ["wamid.1"]


def test_a_failed_event_waits_longer_each_time_and_is_parked_at_last(store: Store, supervisor: Analyst) -> None:
    event = create_update(store)
    for attempt in range(1, inbox.PARK_AFTER):
        marked = store.do(inbox.mark_failed, event.id, "boom", wall=WALL)
        assert (marked.attempts, marked.lease_until) == (attempt, WALL + timedelta(seconds=2**attempt))
        assert marked.parked_at is None
        assert store.do(inbox.claim_updates, 9, wall=WALL + timedelta(seconds=1), lease=LEASE) == []
    assert store.do(inbox.mark_failed, event.id, "x" * 999, wall=WALL).parked_at == NOW
    assert [n.analyst_id for n in store.all(Notification)] == [supervisor.id]
    assert store.do(inbox.claim_updates, 9, wall=WALL + timedelta(days=1), lease=LEASE) == []


def test_of_each_chat_only_the_first_update_is_claimed_in_order(store: Store) -> None:
    for number, lane in enumerate(["a", "a", "b", "a", "b"], 1):
        create_update(store, number, lane)
    claim = lambda wall=WALL: [e.external_id for e in store.do(inbox.claim_updates, 9, wall=wall, lease=LEASE)]  # noqa: E731
    assert claim() == ["1", "3"]
    assert claim() == []  # the first of each chat is in hand
    store.do(inbox.mark_handled, store.all(InboxEvent)[2].id)
    assert claim() == ["5"]
    store.do(inbox.release, store.all(InboxEvent)[0].id, timedelta(), wall=WALL)
    assert claim() == ["1"]
    assert claim(WALL + LEASE + timedelta(seconds=1)) == ["1", "5"]  # whoever held them has died


def test_a_parked_update_does_not_hold_up_its_chat(store: Store) -> None:
    stuck, next_ = create_update(store, 1), create_update(store, 2)
    for _ in range(inbox.PARK_AFTER):
        store.do(inbox.mark_failed, stuck.id, "boom", wall=WALL)
    assert [e.id for e in store.do(inbox.claim_updates, 9, wall=WALL, lease=LEASE)] == [next_.id]


def test_a_kept_update_is_found_by_its_id(store: Store) -> None:
    event = create_update(store, 41)
    assert getattr(store.do(inbox.update_event, 41), "id", None) == event.id
    assert store.do(inbox.update_event, 42) is None


def test_an_update_that_waits_for_an_outage_to_pass_is_never_parked(store: Store) -> None:
    kept = create_update(store)
    for _ in range(inbox.PARK_AFTER + 1):
        store.do(inbox.release, kept.id, timedelta(seconds=30), wall=WALL)
        assert store.do(inbox.claim_updates, 9, wall=WALL + timedelta(seconds=29), lease=LEASE) == []
    now = store.get(InboxEvent, kept.id)
    assert (now.attempts, now.parked_at) == (0, None)
    assert len(store.do(inbox.claim_updates, 9, wall=WALL + timedelta(seconds=31), lease=LEASE)) == 1


def test_what_was_parked_is_tried_again_when_a_person_says_so(store: Store) -> None:
    stuck, other = create_update(store, 1, "a"), create_update(store, 2, "b")
    for _ in range(inbox.PARK_AFTER):
        store.do(inbox.mark_failed, stuck.id, "boom", wall=WALL)
    store.do(inbox.mark_handled, other.id)
    assert store.do(inbox.retry_parked) == 1
    assert [e.id for e in store.do(inbox.claim_updates, 9, wall=WALL, lease=LEASE)] == [stuck.id]
    assert store.get(InboxEvent, stuck.id).attempts == 0
    assert store.do(inbox.retry_parked) == 0


def test_no_more_is_read_than_is_filed(store: Store, case: Case) -> None:
    bodies = [webhook({"messages": [wa_message(f"wamid.{n}")]}) for n in range(5)]
    keep(store, *bodies)
    ids = [e.id for e in store.all(InboxEvent)]
    two = 2 * len(json.dumps(bodies[0])) + 9
    loaded: list[int] = []

    def note(_connection: object, _cursor: object, statement: str, asked: Any, *_: object) -> None:
        if "inbox_event.body" in statement and "length(" not in statement:
            loaded.extend(asked.values() if isinstance(asked, dict) else asked)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        assert file(store, only=ids[3]).events == 1
        assert file(store, most_bytes=two).events == 2
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    assert loaded == [ids[3], ids[0], ids[1]]
    assert [file(store, most_bytes=1).events for _ in range(3)] == [1, 1, 0]  # what is too large alone is filed alone


def test_what_only_reads_locks_no_row(store: Store, case: Case, analyst: Analyst) -> None:
    create_update(store, 41)
    keep(store, webhook({"messages": [wa_message("wamid.A")]}))
    follow_up = create_follow_up(store, case)
    with store.counted() as statements:
        store.do(inbox.update_event, 41)
        store.do(inbox.whose, analyst.telegram_user_id, 41)
        store.do(inbox.waiting_ids, ChannelName.WHATSAPP, 9, wall=WALL)
        store.do(followups.view, analyst, follow_up.id)
    assert len(statements) >= 5
    assert not [s for s in statements if "FOR UPDATE" in s]


def test_what_is_told_of_the_account_is_kept_once_and_told_to_those_who_supervise(
    store: Store, case: Case, supervisor: Analyst, op: Operation
) -> None:
    change = {"field": "account_update", "value": {"event": "DISABLED_UPDATE"}}
    body = {"entry": [{"id": "200000000000002", "time": int(NOW.timestamp()), "changes": [change, change]}]}
    for _ in range(2):
        keep(store, body)
        file(store)
    (kept,) = store.all(AccountNotice)
    (notice,) = store.all(Notification)
    assert (notice.analyst_id, notice.kind, notice.subject_id) == (supervisor.id, "account", kept.id)
    text = account_screen(store.do(account.view, kept.id), op, NOW).text
    assert text.startswith("⛔") and "bloqueou a conta" in text and "O que fazer:" in text
    with pytest.raises(NotFound):
        store.do(account.view, 999)
