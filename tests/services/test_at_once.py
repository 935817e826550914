"""What two processes do at the same moment: neither undoes what the other did."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlmodel import Session

from bot.services import drafts, replies
from bot.services.operation import Operation
from storage.models import Analyst, Case
from tests.factory import NOW, Store, create_case, incoming

Work = Callable[[Session], Any]


def at_once(store: Store, first: Work, second: Work) -> None:
    """The second comes while the first is done and not yet committed."""

    def beside() -> None:
        with Session(store.engine) as session:
            second(session)
            session.commit()

    with ThreadPoolExecutor(1) as other, Session(store.engine) as session:
        first(session)
        done = other.submit(beside)
        with contextlib.suppress(TimeoutError):
            done.result(0.5)
        session.commit()
        done.result(10)


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
