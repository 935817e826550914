"""An analyst's own account: dentists' words are on record, a stranger is a question, all else is nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.services import business, dentists, outbox, quarantine, received
from bot.services.business import Told
from bot.services.operation import Operation
from messages.errors import NotFound
from messages.statuses import ChannelName, Direction, MessageStatus
from storage import queries
from storage.models import (
    Analyst,
    Contact,
    Dentist,
    DentistAddress,
    IgnoredChat,
    InboxEvent,
    Notification,
    ReceivedFile,
)
from tests.factory import LEASE, NOW, WALL, Store, create_case, create_message, create_update

CONNECTION, PERSON = "bc1", 7003


@pytest.fixture
def owner(store: Store, analyst: Analyst) -> int:
    """The analyst's account is connected; its id."""
    assert analyst.telegram_user_id is not None
    store.do(business.connected, Told(CONNECTION, analyst.telegram_user_id, can_reply=True, enabled=True))
    return analyst.telegram_user_id


def comes(store: Store, text: str, number: int = 1, *, by: int = PERSON, **more: Any) -> None:
    """A message in the account's chat with a person, kept raw first."""
    message = {
        "message_id": number,
        "from": {"id": by, "first_name": "Teo"},
        "chat": {"id": PERSON, "type": "private", "first_name": "Teo"},
        "date": int(NOW.timestamp()),
        "text": text,
    } | more
    create_update(store, 900 + number, body=str(message).encode())
    store.do(business.take, more.pop("connection", CONNECTION), message, 900 + number, "edit_date" in message)


def test_a_stranger_is_asked_about_by_the_owner_alone(
    store: Store, analyst: Analyst, supervisor: Analyst, owner: int
) -> None:
    comes(store, "Oi")
    (contact,) = store.all(Contact)
    assert (contact.case_id, contact.analyst_id, contact.address) == (None, analyst.id, f"{PERSON}@{owner}")
    assert [(n.kind, n.analyst_id) for n in store.all(Notification)] == [("quarantine", analyst.id)]
    assert store.do(quarantine.quarantined, analyst, contact.id).contact.id == contact.id
    with pytest.raises(NotFound):
        store.do(quarantine.quarantined, supervisor, contact.id)
    with pytest.raises(NotFound):
        store.do(quarantine.unfiled, supervisor)
    with pytest.raises(NotFound):
        store.do(business.not_a_dentist, supervisor, contact.id, 901)
    assert b"Oi" not in b"".join(e.body for e in store.all(InboxEvent))


def test_no_dentist_is_forgotten_and_never_asked_about_again(store: Store, analyst: Analyst, owner: int) -> None:
    comes(store, "Oi")
    comes(store, "Tudo bem?", 2)
    (first, _) = store.all(Contact)
    store.do(business.not_a_dentist, analyst, first.id, 901)
    comes(store, "Alô?", 3)
    assert store.all(Contact) == []
    assert [i.chat for i in store.all(IgnoredChat)] == [f"{PERSON}@{owner}"]
    with pytest.raises(NotFound, match="já foi respondida"):
        store.do(business.not_a_dentist, analyst, first.id, 901)


@pytest.mark.parametrize("more", [{"by": 1000}, {"edit_date": int(NOW.timestamp())}])
def test_what_the_owner_writes_to_strangers_and_what_they_change_is_not_kept(
    store: Store, owner: int, more: dict[str, Any]
) -> None:
    assert owner == 1000
    comes(store, "Mãe, chego domingo", **more)
    assert store.all(Contact) == []


def test_who_is_filed_is_remembered_and_both_sides_are_on_record(
    store: Store, analyst: Analyst, owner: int, op: Operation
) -> None:
    case = create_case(store, analyst)
    comes(store, "Sou o Teo")
    store.do(quarantine.file_by_hand, analyst, store.all(Contact)[0].id, case.id)
    comes(store, "Combinado", 2, by=owner)
    comes(store, "Até sexta", 3)
    sides = [(c.case_id, c.direction) for c in store.all(Contact)]
    assert sides == [(case.id, Direction.IN), (case.id, Direction.OUT), (case.id, Direction.IN)]
    address = f"{PERSON}@{owner}"
    create_message(store, case, MessageStatus.QUEUED, channel=ChannelName.TELEGRAM, address=address, due_at=NOW)
    (going,) = store.do(outbox.claim, 9, op, channel=ChannelName.TELEGRAM, wall=WALL, lease=LEASE)
    assert (going.to, going.via) == (address, CONNECTION)


@pytest.mark.parametrize("told", [{"can_reply": False, "enabled": True}, {"can_reply": True, "enabled": False}])
def test_nothing_goes_by_a_connection_that_may_not_reply(
    store: Store, analyst: Analyst, owner: int, op: Operation, told: dict[str, bool]
) -> None:
    case = create_case(store, analyst)
    address = f"{PERSON}@{owner}"
    store.do(dentists.learn_address, store.get(Dentist, case.dentist_id), ChannelName.TELEGRAM, address)
    create_message(store, case, MessageStatus.QUEUED, channel=ChannelName.TELEGRAM, address=address, due_at=NOW)
    store.do(business.connected, Told(CONNECTION, owner, **told))
    assert store.do(outbox.claim, 9, op, channel=ChannelName.TELEGRAM, wall=WALL, lease=LEASE) == []


def test_a_dentist_of_the_bots_own_chat_is_known_in_an_account_too(store: Store, analyst: Analyst, owner: int) -> None:
    case = create_case(store, analyst)
    store.do(dentists.bind_chat, store.get(Dentist, case.dentist_id), str(PERSON), "Teo")
    comes(store, "SAIR")
    assert store.all(Contact)[0].case_id == case.id
    assert store.get(Dentist, case.dentist_id).opted_out_at == NOW
    assert f"{PERSON}@{owner}" in {a.address for a in store.all(DentistAddress)}


def test_accounts_of_others_and_of_who_left_are_none_of_ours(store: Store, analyst: Analyst, owner: int) -> None:
    assert store.do(business.connected, Told("bc9", 99, can_reply=True, enabled=True)) is None
    comes(store, "segredo", connection="bc9")
    store.update(store.get(Analyst, analyst.id), active=False)
    comes(store, "segredo", 2)
    assert store.all(Contact) == []
    assert b"segredo" not in b"".join(e.body for e in store.all(InboxEvent))


def test_what_is_deleted_is_noted_where_it_was_on_record_and_gone_where_it_was_not(
    store: Store, analyst: Analyst, owner: int
) -> None:
    comes(store, "Oi")
    store.do(business.deleted, CONNECTION, PERSON, [1], 950)
    assert store.all(Contact) == []
    case = create_case(store, analyst)
    address = f"{PERSON}@{owner}"
    store.do(dentists.learn_address, store.get(Dentist, case.dentist_id), ChannelName.TELEGRAM, address)
    comes(store, "Quero sair da rede", 2)
    for update_id in (951, 952):
        store.do(business.deleted, CONNECTION, PERSON, [2], update_id)
    assert [(c.kind, c.text, c.case_id) for c in store.all(Contact)] == [
        ("text", "Quero sair da rede", case.id),
        ("revoke", "", case.id),
    ]


def test_a_question_that_nobody_answers_is_forgotten_after_a_week(store: Store, analyst: Analyst, owner: int) -> None:
    comes(store, "Oi")
    store.do(business.forget_unanswered, now=NOW + timedelta(days=6))
    assert len(store.all(Contact)) == 1
    store.do(business.forget_unanswered, now=NOW + timedelta(days=8))
    assert store.all(Contact) == []


def test_what_waits_in_an_account_is_not_counted_for_supervisors(store: Store, owner: int) -> None:
    comes(store, "Oi")
    assert store.do(lambda session, *, now: queries.count_quarantined(session)) == 0


def of_telegram(store: Store, *, now: datetime = NOW) -> list[str]:
    """The files that would be fetched."""
    wanted = store.do(received.claim, 9, channel=ChannelName.TELEGRAM, wall=WALL, lease=LEASE, now=now)
    return [w.media_id for w in wanted]


def test_a_strangers_file_is_fetched_only_once_its_owner_has_said_whose_it_is(
    store: Store, analyst: Analyst, owner: int
) -> None:
    comes(store, "", photo=[{"file_id": "small"}, {"file_id": "photo-1"}])
    comes(store, "", 2, document={"file_id": "pdf-1", "file_name": "tabela.pdf"})
    assert of_telegram(store) == []
    case = create_case(store, analyst)
    store.do(quarantine.file_by_hand, analyst, store.all(Contact)[0].id, case.id)
    assert of_telegram(store) == ["photo-1", "pdf-1"]
    assert store.do(received.claim, 9, channel=ChannelName.WHATSAPP, wall=WALL, lease=LEASE) == []


def test_of_what_is_forgotten_no_file_is_remembered_either(store: Store, analyst: Analyst, owner: int) -> None:
    for number in range(1, 5):
        comes(store, "", number, document={"file_id": f"pdf-{number}"})
    store.do(business.deleted, CONNECTION, PERSON, [1], 950)
    assert [f.media_id for f in store.all(ReceivedFile)] == ["pdf-2", "pdf-3", "pdf-4"]
    store.do(business.not_a_dentist, analyst, store.all(Contact)[0].id, 902)
    assert (store.all(Contact), store.all(ReceivedFile)) == ([], [])
    comes(store, "", 9, document={"file_id": "other"}, chat={"id": 7004, "type": "private"}, by=7004)
    store.do(business.forget_unanswered, now=NOW + timedelta(days=8))
    assert (store.all(Contact), store.all(ReceivedFile)) == ([], [])
