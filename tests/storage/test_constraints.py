"""The rules that the tables themselves keep, whatever path leads to them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, cast, create_engine, literal, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from messages.statuses import ChannelName
from storage.engine import Moment, connect
from storage.models import Analyst, Case, Dentist, DentistAddress, InboxEvent, Message, Notification
from storage.upsert import insert_new, insert_or_update, table_of
from tests.factory import (
    NOW,
    Store,
    create_address,
    create_analyst,
    create_case,
    create_contact,
    create_dentist,
    create_follow_up,
    create_message,
    create_update,
)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def case(store: Store) -> Case:
    return create_case(store, create_analyst(store))


@pytest.mark.parametrize("moment", [NOW, NOW.replace(microsecond=7), datetime(2009, 1, 2, tzinfo=UTC)])
def test_moments_are_spelt_as_sqlalchemy_spells_them(tmp_path: Path, moment: datetime) -> None:
    """Databases of earlier versions hold its spelling, and times are compared as texts there."""
    engine, plain = connect(f"sqlite:///{tmp_path / 'moments.db'}"), create_engine("sqlite://")
    spelt = []
    for one in (engine, plain):
        with one.connect() as connection:
            spelt.append(connection.scalar(select(cast(literal(moment, UTCDateTime()), String))))
        one.dispose()
    assert isinstance(UTCDateTime().dialect_impl(engine.dialect).impl_instance, Moment)
    assert spelt[0] == spelt[1] == f"{moment:%Y-%m-%d %H:%M:%S.%f}"


TWINS: dict[str, Callable[[Store, Case], SQLModel]] = {
    "an update's id": lambda s, c: create_update(s, 7),
    "a contact's id on its channel": lambda s, c: create_contact(s, c, external_id="wamid.A"),
    "a message's contact": lambda s, c: create_contact(
        s, c, message_id=(s.all(Message) or [create_message(s, c)])[0].id
    ),
    "a message's id on its channel": lambda s, c: create_message(s, c, external_id="wamid.A"),
    "an idempotency key": lambda s, c: create_message(s, c, idempotency_key="k"),
    "an open case of a protocol": lambda s, c: create_case(s, s.get(Analyst, c.analyst_id), protocol="SAD1"),
    "a dentist's registration": lambda s, c: create_dentist(s, cro="1", cro_uf="BA"),
    "a dentist's address": lambda s, c: create_address(s, s.get(Dentist, c.dentist_id), "+5571999990000"),
    "a stated address": lambda s, c: s.add(
        DentistAddress(
            dentist_id=c.dentist_id,
            channel=ChannelName.WHATSAPP,
            address=f"+557199999000{s.count(DentistAddress)}",
            stated_at=NOW,
            created_at=NOW,
        )
    ),
    "a Telegram user": lambda s, c: create_analyst(s, telegram_user_id=5),
    "an invitation": lambda s, c: create_analyst(s, invite_hash="h"),
    "a screen's key": lambda s, c: s.add(
        Notification(analyst_id=c.analyst_id, key="k", kind="reply", created_at=NOW, due_at=NOW)
    ),
}


@pytest.mark.parametrize("what", TWINS)
def test_there_are_no_two_of(store: Store, case: Case, what: str) -> None:
    TWINS[what](store, case)
    with pytest.raises(IntegrityError):
        TWINS[what](store, case)


def test_where_the_rule_does_not_hold_two_are_let_in(store: Store, case: Case) -> None:
    analyst = store.get(Analyst, case.analyst_id)
    for closed_at in (NOW, NOW + timedelta(days=1), None):
        create_case(store, analyst, protocol="SAD1", closed_at=closed_at)
    for channel in (ChannelName.WHATSAPP, ChannelName.MANUAL):
        create_contact(store, case, external_id="wamid.A", channel=channel)
    for _ in range(2):  # NULLs are not equal: a batch has no identity of its own, a draft none yet
        create_contact(store, case, external_id=None)
        create_message(store, case)
        store.add(InboxEvent(source=ChannelName.WHATSAPP, body=b"{}", received_at=NOW))
        create_dentist(store, cro=None, cro_uf=None, phone=None)
    assert store.count(Case) == 4


def test_a_closed_case_cannot_be_reopened_beside_an_open_one(store: Store, case: Case) -> None:
    closed = create_case(store, store.get(Analyst, case.analyst_id), protocol=case.protocol, closed_at=NOW)
    with pytest.raises(IntegrityError):
        store.update(closed, closed_at=None)


@pytest.mark.parametrize(
    "orphan",
    [
        lambda s, c: create_contact(s, Case(id=999)),
        lambda s, c: create_contact(s, c, message_id=999),
        lambda s, c: create_follow_up(s, Case(id=999, analyst_id=c.analyst_id)),
        lambda s, c: create_message(s, Case(id=c.id, analyst_id=999)),
        lambda s, c: create_case(s, s.get(Analyst, c.analyst_id), Dentist(id=999)),
    ],
)
def test_nothing_points_nowhere(store: Store, case: Case, orphan: Callable[[Store, Case], SQLModel]) -> None:
    with pytest.raises(IntegrityError):
        orphan(store, case)


def test_times_and_amounts_come_back_as_they_went(store: Store, case: Case) -> None:
    from decimal import Decimal

    precise = NOW + timedelta(microseconds=123456)
    store.update(case, currency=Decimal("0.3500"), last_production_value=Decimal("49.00"), last_in_at=precise)
    kept = store.get(Case, case.id)
    assert (kept.currency, kept.last_production_value, kept.last_in_at) == (Decimal("0.35"), Decimal("49"), precise)
    assert kept.last_in_at is not None and kept.last_in_at.tzinfo is not None


def test_insert_new_yields_to_what_is_there_and_tells_what_was_new(store: Store, case: Case) -> None:
    def rows(*names: str) -> list[dict[str, Any]]:
        return [
            {
                "source": ChannelName.TELEGRAM,
                "external_id": n,
                "lane": "",
                "body": b"",
                "received_at": NOW,
                "attempts": 0,
            }
            for n in names
        ]

    insert = lambda *names: store.do(lambda s, now: insert_new(s, InboxEvent, rows(*names)))  # noqa: E731
    assert insert() == []
    assert len(insert("1", "2", "2")) == 2
    assert len(insert("2", "3")) == 1
    assert [e.external_id for e in store.all(InboxEvent)] == ["1", "2", "3"]
    assert store.all(InboxEvent)[0].attempts == 0


def test_insert_or_update_changes_the_row_that_stands(store: Store, case: Case) -> None:
    def touch(kind: str) -> None:
        row = {"analyst_id": case.analyst_id, "key": "k", "kind": kind, "created_at": NOW, "due_at": NOW}
        rises = table_of(Notification).c.version + 1
        changes = {"kind": "kind", "version": rises}
        store.do(lambda s, now: insert_or_update(s, Notification, [row], ["analyst_id", "key"], changes))

    touch("reply")
    touch("message")
    (kept,) = store.all(Notification)
    assert (kept.kind, kept.version) == ("message", 2)
    store.do(lambda s, now: insert_or_update(s, Notification, [], ["analyst_id", "key"], {}))


def test_a_model_that_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="is no table"):
        table_of(SQLModel)
