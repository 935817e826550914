"""What two processes do at the same moment: neither undoes what the other did."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.services import (
    cases,
    closing,
    dentists,
    digests,
    drafts,
    followups,
    handovers,
    quarantine,
    readings,
    replies,
    scheduling,
)
from bot.services.operation import Operation
from messages.contracts import OptOut
from messages.replies import Intent
from messages.statuses import ChannelName, MessageStatus, Outcome
from storage import queries
from storage.engine import is_sqlite
from storage.models import Analyst, Case, Dentist, Notification
from tests.factory import (
    NOW,
    PHONE,
    Store,
    create_case,
    create_contact,
    create_follow_up,
    create_message,
    incoming,
    let_everything_stand,
)

Work = Callable[[Session], Any]


def at_once(store: Store, first: Work, second: Work) -> None:
    """The second comes while the first is done and not yet committed; on SQLite, which has one writer, right after."""

    def beside() -> None:
        with Session(store.engine) as session:
            second(session)
            session.commit()

    with ThreadPoolExecutor(1) as other, Session(store.engine) as session:
        first(session)
        if is_sqlite(store.engine):
            session.commit()
        done = other.submit(beside)
        with contextlib.suppress(TimeoutError):
            done.result(0.5)
        session.commit()
        done.result(10)


def wish(hours: int, *, stop: bool) -> Work:
    told = OptOut(ChannelName.WHATSAPP, incoming().sender, NOW + timedelta(hours=hours), stop)
    return lambda session: dentists.opt_out(session, [told], now=NOW)


def refused(case: Case, hours: int) -> Work:
    return lambda session: dentists.stop(session, [case.id or 0], NOW + timedelta(hours=hours), now=NOW)


@pytest.mark.parametrize("stop_first", [True, False])
@pytest.mark.parametrize(("stopped", "resumed"), [(1, 2), (2, 1)])
@pytest.mark.parametrize("by_case", [False, True])
def test_of_two_wishes_at_once_the_later_holds(
    store: Store, analyst: Analyst, stop_first: bool, stopped: int, resumed: int, by_case: bool
) -> None:
    case = create_case(store, analyst)
    stop = refused(case, stopped) if by_case else wish(stopped, stop=True)
    both = [stop, wish(resumed, stop=False)]
    at_once(store, *(both if stop_first else reversed(both)))
    assert (store.get(Dentist, case.dentist_id).opted_out_at is not None) is (stopped > resumed)


@pytest.mark.parametrize("learnt_first", [True, False])
def test_a_wish_holds_that_is_told_while_the_number_is_learnt_elsewhere_too(
    store: Store, analyst: Analyst, learnt_first: bool
) -> None:
    create_case(store, analyst)
    second = create_case(store, analyst, store.add(Dentist(name="MARINA PRADO", created_at=NOW)))

    def learn(session: Session) -> None:
        dentist = session.get_one(Dentist, second.dentist_id)
        dentists.learn_address(session, dentist, ChannelName.WHATSAPP, "+5571980000017", now=NOW)

    both = [wish(1, stop=True), learn]
    at_once(store, *(reversed(both) if learnt_first else both))
    assert store.get(Dentist, second.dentist_id).opted_out_at == NOW + timedelta(hours=1)


def test_a_reply_that_comes_while_an_answer_is_written_stays_unread(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, window_since=NOW, unread=1)
    at_once(
        store,
        lambda session: drafts.answer(session, analyst, case.id or 0, "Certo!", None, op, now=NOW),
        lambda session: replies.file(session, [incoming("mais uma coisa")], now=NOW),
    )
    assert store.get(Case, case.id).unread == 1


@pytest.mark.parametrize("act", ["close", "move", "hand over", "stop", "file"])
def test_nothing_that_touches_a_cases_messages_locks_the_case_before_them(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation, act: str
) -> None:
    """While one of them is let go: else the two would wait for each other."""
    case = create_case(store, analyst, outcome=Outcome.RETAINED, protocol_required=False, window_since=NOW)
    waiting = create_message(store, case, MessageStatus.QUEUED, due_at=NOW + timedelta(hours=1), put_off=True)
    reply = create_contact(store, case, text="me tire da lista")
    unknown = create_contact(store, None, text="SAIR", address=PHONE)
    let_everything_stand(store, analyst, case)
    case_id = case.id or 0
    acts: dict[str, Work] = {
        "close": lambda s: closing.close(s, analyst, case_id, Outcome.RETAINED, op, now=NOW),
        "move": lambda s: cases.state_phone(s, analyst, case_id, "71 98000-0018", now=NOW),
        "hand over": lambda s: handovers.hand_over_case(s, supervisor, case_id, colleague.id or 0, now=NOW),
        "stop": lambda s: readings.mean(s, analyst, case_id, reply.id or 0, Intent.OPT_OUT, {}, now=NOW),
        "file": lambda s: quarantine.file_by_hand(s, analyst, unknown.id or 0, case_id, now=NOW),
    }

    def beside() -> None:
        with Session(store.engine) as session:
            acts[act](session)
            session.commit()

    with ThreadPoolExecutor(1) as other, Session(store.engine) as session:
        queries.message_for(session, waiting.id or 0, analyst, lock=True)
        done = other.submit(beside)
        with contextlib.suppress(TimeoutError):
            done.result(0.3)
        scheduling.send_now(session, analyst, waiting.id or 0, 1, op, now=NOW)
        session.commit()
        done.result(10)


@pytest.mark.parametrize("summary_first", [True, False])
def test_a_summary_and_what_fell_due_told_at_once_are_one_screen_a_person(
    store: Store, analyst: Analyst, op: Operation, summary_first: bool
) -> None:
    back = NOW + timedelta(days=1, hours=-1)  # 10:00 on Tuesday
    for n in range(2):
        create_follow_up(store, create_case(store, analyst), back - timedelta(hours=n + 1))

    def tell(session: Session) -> None:
        digests.tell(session, op, now=back)

    def nudge(session: Session) -> None:
        followups.nudge(session, 200, op, now=back)

    at_once(store, *((tell, nudge) if summary_first else (nudge, tell)))
    assert [(n.kind, n.version) for n in store.all(Notification)] == [("morning", 1)]


def test_of_two_processes_only_one_tells_the_summary(store: Store, analyst: Analyst, op: Operation) -> None:
    told: list[int] = []

    def tell(session: Session) -> None:
        told.append(digests.tell(session, op, now=NOW + timedelta(days=1)))

    at_once(store, tell, tell)
    assert sorted(told) == [0, 1]
    assert [(n.kind, n.version) for n in store.all(Notification)] == [("morning", 1)]
