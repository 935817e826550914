"""What two processes do at the same moment: neither undoes what the other did."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from bot.services import closing, dentists, drafts, replies
from bot.services.operation import Operation
from messages.contracts import OptOut
from messages.statuses import ChannelName, MessageStatus, Outcome
from storage import queries
from storage.engine import is_sqlite
from storage.models import Analyst, Case, Dentist, Message
from tests.factory import NOW, Store, create_case, create_message, incoming, let_everything_stand

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


def test_a_case_that_ends_while_a_message_is_approved_waits_for_it_and_takes_it_back(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    """Messages are locked before their case, in both: the other order would be a deadlock."""
    case = create_case(store, analyst, outcome=Outcome.RETAINED, protocol_required=False, window_since=NOW)
    draft = create_message(store, case)
    let_everything_stand(store, analyst, case)

    def end() -> None:
        with Session(store.engine) as session:
            closing.close(session, analyst, case.id or 0, Outcome.RETAINED, op, now=NOW)
            session.commit()

    with ThreadPoolExecutor(1) as other, Session(store.engine) as session:
        queries.message_for(session, draft.id or 0, analyst, lock=True)
        done = other.submit(end)
        with contextlib.suppress(TimeoutError):
            done.result(0.5)
        drafts.approve(session, analyst, draft.id or 0, 1, op, now=NOW)
        session.commit()
        done.result(10)
    assert store.get(Message, draft.id).status is MessageStatus.DISCARDED
    assert store.get(Case, case.id).closed_at == NOW
