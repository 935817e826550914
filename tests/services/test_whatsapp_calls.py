"""Voice calls over WhatsApp: one touch each, whatever order, repetition or person they come with."""

import json
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from bot.services import inbox, quarantine, replies
from bot.services.inbox import Raw
from bot.services.operation import Operation
from messages.statuses import ChannelName, Direction
from storage.models import Analyst, Case, Contact, InboxEvent, Notification
from tests.factory import NOW, PHONE, Store, create_case, file_waiting

OWN = "557140000000"
METADATA = {"display_phone_number": "55 71 4000-0000", "phone_number_id": "100000000000001"}


def call(event: str, wacid: str = "wacid.A", at: datetime = NOW, **more: Any) -> dict[str, Any]:
    sides = {"from": PHONE[1:], "to": OWN, "direction": "USER_INITIATED"}
    return {"id": wacid, **sides, "event": event, "timestamp": str(int(at.timestamp()))} | more


CONNECT = call("connect", session={"sdp_type": "offer", "sdp": "v=0"})
MISSED = call("terminate", status="FAILED")
TALKED = call("terminate", status="COMPLETED", start_time=str(int(NOW.timestamp())), duration=125)


def comes(store: Store, *items: dict[str, Any], now: datetime = NOW) -> None:
    """Each in a webhook of its own, filed together."""
    for item in items:
        value = {"messaging_product": "whatsapp", "metadata": METADATA, "calls": [item]}
        body = {"entry": [{"id": "1", "changes": [{"field": "calls", "value": value}]}]}
        store.do(inbox.receive, [Raw(ChannelName.WHATSAPP, json.dumps(body).encode())], now=now)
    file_waiting(store, now=now)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


@pytest.mark.parametrize(("end", "says"), [(MISSED, "Ligação perdida"), (TALKED, "Ligação pelo WhatsApp, 2 min")])
@pytest.mark.parametrize("together", [True, False])
def test_a_call_is_one_touch_in_whatever_order_and_however_often_it_is_told(
    store: Store, case: Case, end: dict[str, Any], says: str, together: bool
) -> None:
    told = list(permutations([CONNECT, end, end]))
    for n, order in enumerate(told):
        items = [item | {"id": f"wacid.{n}"} for item in order]
        for lot in [items] if together else [[item] for item in items]:
            comes(store, *lot)
            comes(store, *lot, now=NOW + timedelta(days=8))
    calls = store.all(Contact)
    assert [(c.external_id, c.text, c.kind, c.direction, c.case_id) for c in calls] == [
        (f"wacid.{n}", says, "call", Direction.IN, case.id) for n in range(len(told))
    ]
    assert store.get(Case, case.id).unread == len(told)
    assert {e.error for e in store.all(InboxEvent)} == {None}


def test_who_calls_is_told_of_at_once_opens_the_window_and_means_nothing_by_it(
    store: Store, case: Case, analyst: Analyst, op: Operation
) -> None:
    comes(store, CONNECT)
    (card,) = store.all(Notification)
    assert store.get(Case, case.id).window_since == NOW
    comes(store, MISSED)
    (anew,) = store.all(Notification)
    assert (anew.id, anew.version > card.version) == (card.id, True)
    view = store.do(replies.card, analyst, case.id, card.subject_id, op)
    assert ([c.text for c in view.burst], view.suggestion) == (["Ligação perdida"], None)


@pytest.mark.parametrize("identity", [{"from": "5511977770000"}, {"from": None, "from_user_id": "BR.a1b2c3"}])
def test_a_strangers_call_waits_in_quarantine(
    store: Store, case: Case, supervisor: Analyst, analyst: Analyst, identity: dict[str, Any]
) -> None:
    comes(store, CONNECT | identity, MISSED | identity)
    (contact,) = store.all(Contact)
    assert (contact.case_id, contact.text) == (None, "Ligação perdida")
    store.do(quarantine.file_by_hand, analyst, contact.id, case.id)
    assert store.all(Contact)[0].case_id == case.id


def test_a_call_of_ours_is_no_word_of_the_dentists(store: Store, case: Case) -> None:
    ours = {"from": OWN, "to": PHONE[1:], "direction": "BUSINESS_INITIATED"}
    comes(store, CONNECT | ours, MISSED | ours)
    comes(store, TALKED | ours | {"id": "wacid.B"})
    assert [(c.direction, c.text, c.case_id) for c in store.all(Contact)] == [
        (Direction.CALL, "Pelo WhatsApp, não atendida", case.id),
        (Direction.CALL, "Pelo WhatsApp, 2 min", case.id),
    ]
    kept = store.get(Case, case.id)
    assert (kept.unread, kept.window_since, kept.last_out_at) == (0, None, NOW)
    assert store.all(Notification) == []


def test_without_a_direction_it_is_ours_where_it_comes_from_our_number(store: Store, case: Case) -> None:
    bare = {k: v for k, v in MISSED.items() if k != "direction"}
    comes(store, bare, bare | {"id": "wacid.B", "from": OWN, "to": PHONE[1:]})
    assert [(c.direction, c.case_id) for c in store.all(Contact)] == [
        (Direction.IN, case.id),
        (Direction.CALL, case.id),
    ]


@pytest.mark.parametrize("wrong", [{"id": None}, {"timestamp": "x"}, {"from": None}])
def test_a_call_that_says_not_who_or_when_is_kept_for_somebody_to_look_at(
    store: Store, case: Case, supervisor: Analyst, wrong: dict[str, Any]
) -> None:
    comes(store, MISSED | wrong)
    (event,) = store.all(InboxEvent)
    assert store.all(Contact) == [] and event.parked_at == NOW and "call terminate" in (event.error or "")
