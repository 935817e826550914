"""What was offered to be sent by hand: told to have gone or not, and asked about once a working day is over."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import Session

from bot.services import byhand, drafts
from bot.services.operation import Operation
from messages.errors import Conflict, NotFound
from messages.statuses import ChannelName, Direction, MessageStatus
from storage.models import Analyst, AuditEntry, Case, Contact, Message, Notification
from tests.factory import NOW, Store, create_case, create_message, create_operation

HOUR = timedelta(hours=1)
CLOSING = NOW + 7 * HOUR  # 18:00


def offered(store: Store, analyst: Analyst, **more: object) -> Message:
    fields = {"channel": ChannelName.MANUAL, "offered_at": NOW} | more
    return create_message(store, create_case(store, analyst), **fields)


def asked(store: Store) -> list[int]:
    return [n.analyst_id for n in store.all(Notification) if n.kind == byhand.NOTICE]


def test_everybody_is_asked_once_after_the_last_hour_of_a_working_day(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    offered(store, analyst)
    create_message(store, create_case(store, colleague), channel=ChannelName.MANUAL)  # never opened
    assert store.do(byhand.ask, op, now=CLOSING - timedelta(seconds=1)) == 0
    assert store.do(byhand.is_due, op, now=CLOSING)
    assert store.do(byhand.ask, op, now=CLOSING) == 1
    assert store.do(byhand.ask, op, now=CLOSING + HOUR) == 0
    assert not store.do(byhand.is_due, op, now=CLOSING + HOUR)
    assert asked(store) == [analyst.id]
    assert store.do(byhand.ask, op, now=CLOSING + timedelta(days=1)) == 1
    assert len(asked(store)) == 1  # one list, below everything else again
    friday = CLOSING + timedelta(days=4)
    assert store.do(byhand.ask, op, now=friday) == 1
    assert store.do(byhand.ask, op, now=friday + timedelta(days=1)) == 0  # a Saturday


def test_what_an_outage_held_back_is_asked_next_morning_and_what_came_after_is_not(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    offered(store, analyst)
    offered(store, colleague, offered_at=CLOSING + HOUR)
    assert store.do(byhand.ask, op, now=CLOSING + 14 * HOUR) == 1
    assert asked(store) == [analyst.id]


def test_whoever_answers_for_it_is_asked(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    of_absent, of_supervisor, handed = offered(store, analyst), offered(store, analyst), offered(store, supervisor)
    store.update(analyst, substitute_id=colleague.id)
    store.update(of_supervisor, analyst_id=supervisor.id)
    store.update(handed, analyst_id=analyst.id)  # its author no longer has the case
    ids = {p.id: [e.message.id for e in store.do(byhand.left, p).entries] for p in (analyst, colleague, supervisor)}
    assert ids == {
        analyst.id: [],
        colleague.id: [of_absent.id],
        supervisor.id: [of_supervisor.id, handed.id],
    }
    assert store.do(byhand.ask, op, now=CLOSING) == 2
    assert sorted(asked(store)) == [colleague.id, supervisor.id]


def test_a_draft_by_hand_is_offered_when_composed_and_when_opened_again(
    store: Store, analyst: Analyst, supervisor: Analyst
) -> None:
    op = create_operation(api_on=False)
    case = create_case(store, analyst)
    draft = store.do(drafts.compose_draft, analyst, case.id, ["suporte"], op)
    assert draft.offered_at == NOW
    kept = store.do(byhand.not_sent, analyst, draft.id)
    assert (kept.status, kept.offered_at) == (MessageStatus.DRAFT, None)
    store.do(byhand.opened, supervisor, draft.id)  # who looks in sends nothing
    assert store.do(byhand.left, analyst).total == 0
    store.do(byhand.opened, analyst, draft.id)
    assert store.do(byhand.left, analyst).total == 1
    assert store.do(byhand.ask, op, now=CLOSING) == 1


def test_several_are_told_at_once_and_those_settled_meanwhile_are_left(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    first, second, third = [offered(store, analyst) for _ in range(3)]
    store.do(drafts.hand_over, analyst, third.id, 1)
    told = [(m.id, 1) for m in (first, second, third)]
    with pytest.raises(NotFound):
        store.do(byhand.tell, colleague, told, sent=True)
    entry = store.do(byhand.tell, analyst, told, sent=True)
    assert entry.detail == {"sent": True, "messages": [first.id, second.id], "left": 1}
    assert [store.get(Message, m.id).status for m in (first, second)] == [MessageStatus.HANDED_OVER] * 2
    assert [c.direction for c in store.all(Contact)] == [Direction.OUT] * 3
    assert store.get(Case, first.case_id).first_out_at == NOW
    assert len(store.all(AuditEntry, AuditEntry.action == "handed_over")) == 3
    assert store.do(byhand.tell, analyst, told, sent=True).detail["left"] == 3  # a second tap registers nothing
    assert store.count(Contact) == 3


def test_telling_it_late_deals_with_no_reply_that_came_after(store: Store, analyst: Analyst) -> None:
    before, after = offered(store, analyst), offered(store, analyst)
    store.update(store.get(Case, before.case_id), unread=1, last_in_at=NOW)
    store.update(store.get(Case, after.case_id), unread=1, last_in_at=NOW + HOUR)
    store.do(byhand.tell, analyst, [(before.id, 1), (after.id, 1)], sent=True, now=CLOSING)
    assert [store.get(Case, m.case_id).unread for m in (before, after)] == [0, 1]


def test_what_was_not_sent_stays_a_draft_that_nobody_asks_about(store: Store, analyst: Analyst, op: Operation) -> None:
    message = offered(store, analyst)
    store.do(byhand.tell, analyst, [(message.id, 1)], sent=False)
    assert store.get(Message, message.id).status is MessageStatus.DRAFT
    assert store.count(Contact) == 0
    assert store.do(byhand.ask, op, now=CLOSING) == 0
    store.do(drafts.discard, analyst, message.id)
    with pytest.raises(Conflict, match="descartado"):
        store.do(byhand.not_sent, analyst, message.id)


def test_the_list_comes_page_by_page(store: Store, analyst: Analyst) -> None:
    ids = [offered(store, analyst).id for _ in range(byhand.PAGE + 2)]
    first = store.do(byhand.left, analyst)
    second = store.do(byhand.left, analyst, first.after)
    assert [e.message.id for e in (*first.entries, *second.entries)] == ids
    assert (first.total, second.after) == (len(ids), None)


def test_two_processes_ask_once(postgresql_url: str) -> None:
    store = Store(postgresql_url)
    analyst = Analyst(name="Ana Lima", role="analyst", telegram_user_id=1, created_at=NOW)
    offered(store, store.add(analyst))
    op, found, meet = create_operation(), [], threading.Barrier(2)

    def ask() -> None:
        with Session(store.engine) as session:
            meet.wait()
            found.append(byhand.ask(session, op, now=CLOSING))
            session.commit()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert sorted(found) == [0, 1]
