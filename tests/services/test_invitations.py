"""A link brings a dentist to Telegram: once, in time, one person, and never one of the team."""

from datetime import timedelta
from typing import Any

import pytest

from bot.services import dentist_chats, invitations, outbox, turning
from bot.services.operation import Operation
from messages.contracts import Incoming, Sender
from messages.errors import Conflict, NotFound
from messages.statuses import ChannelName, Direction, MessageStatus
from messages.telegram_updates import STARTED
from storage.models import (
    Analyst,
    AuditEntry,
    Case,
    Contact,
    Dentist,
    DentistAddress,
    DentistInvitation,
    Message,
    Notification,
)
from tests.factory import LEASE, NOW, WALL, Store, create_analyst, create_case, create_dentist, create_message

CODE, OTHER = "convite-um", "convite-dois"
MARINA, TEO = "7001", "7002"
LINK = "https://t.me/sorriso_bot?start=convite-um"


def wrote(text: str = "Bom dia!", number: int = 1, chat: str = MARINA, **more: Any) -> Incoming:
    fields = {"occurred_at": NOW, "kind": "text"} | more
    return Incoming(
        channel=ChannelName.TELEGRAM,
        external_id=f"{chat}:{number}",
        sender=Sender(chat=chat, name="Marina Serra (@marina)"),
        text=text,
        **fields,
    )


def opens(store: Store, code: str = CODE, chat: str = MARINA, number: int = 1, **when: float) -> Any:
    return store.do(invitations.redeem, code, wrote("", number, chat, kind=STARTED), now=NOW + timedelta(**when))


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


@pytest.fixture
def invited(store: Store, analyst: Analyst, case: Case) -> Case:
    store.do(invitations.invite, analyst, case.id, CODE)
    return case


def test_whoever_opens_the_link_is_bound_and_it_counts_as_a_contact_that_is_told(store: Store, invited: Case) -> None:
    bound = opens(store)
    assert bound.case.id == invited.id
    (address,) = store.all(DentistAddress, DentistAddress.channel == ChannelName.TELEGRAM)
    assert (address.dentist_id, address.address, address.name) == (invited.dentist_id, MARINA, "Marina Serra (@marina)")
    (contact,) = store.all(Contact)
    assert (contact.case_id, contact.direction, contact.kind, contact.text) == (invited.id, Direction.IN, STARTED, "")
    assert store.get(Case, invited.id).unread == 1
    assert store.get(Case, invited.id).window_since is None  # WhatsApp's window is no business of Telegram's
    assert [n.kind for n in store.all(Notification)] == ["reply"]
    assert "telegram_bound" in {entry.action for entry in store.all(AuditEntry)}


def test_of_the_code_only_a_hash_is_kept(store: Store, invited: Case) -> None:
    assert CODE not in store.all(DentistInvitation)[0].code_hash


def test_a_link_serves_one_chat_and_opened_again_by_it_changes_nothing(store: Store, invited: Case) -> None:
    assert opens(store) is not None
    with pytest.raises(NotFound, match="não vale mais"):
        opens(store, chat=TEO, number=2)
    assert opens(store, number=3).dentist.id == invited.dentist_id
    assert len(store.all(Contact)) == 1


def test_a_link_is_good_for_a_week_and_until_the_next_one(store: Store, analyst: Analyst, invited: Case) -> None:
    with pytest.raises(NotFound, match="não vale mais"):
        opens(store, days=7)
    store.do(invitations.invite, analyst, invited.id, OTHER)
    with pytest.raises(NotFound, match="não vale mais"):
        opens(store)
    assert opens(store, OTHER).case.id == invited.id


def test_a_code_that_is_no_dentists_is_somebody_elses_to_judge(store: Store, invited: Case) -> None:
    assert opens(store, "outro-codigo") is None


@pytest.mark.parametrize("active", [True, False])
def test_one_of_the_team_is_never_taken_for_a_dentist(store: Store, invited: Case, active: bool) -> None:
    create_analyst(store, "Bruno Reis", telegram_user_id=7009, active=active)
    with pytest.raises(Conflict, match="é para o dentista"):
        opens(store, chat="7009")
    assert opens(store) is not None  # it is not used up


def test_only_whoever_has_the_case_invites(store: Store, colleague: Analyst, case: Case, op: Operation) -> None:
    with pytest.raises(NotFound):
        store.do(invitations.invite, colleague, case.id, CODE)
    with pytest.raises(NotFound):
        store.do(invitations.draft, colleague, case.id, CODE, LINK, op)
    assert store.all(DentistInvitation) == []


def test_the_invitation_goes_as_a_message_of_whatsapps_also_where_telegram_was_written_on_last(
    store: Store, analyst: Analyst, invited: Case, op: Operation
) -> None:
    opens(store)
    store.update(store.get(Case, invited.id), window_since=NOW)
    message = store.do(invitations.draft, analyst, invited.id, OTHER, LINK, op)
    assert (message.channel, message.status) == (ChannelName.WHATSAPP, MessageStatus.DRAFT)
    assert LINK in message.text
    assert message.blocks[0] == invitations.TEXT


def test_what_was_wished_in_a_chat_holds_for_the_next_dentist_there(store: Store, analyst: Analyst) -> None:
    first, second = create_case(store, analyst), create_case(store, analyst, create_dentist(store, "TEO REIS", None))
    for case, code in ((first, CODE), (second, OTHER)):
        store.do(invitations.invite, analyst, case.id, code)
    opens(store)
    store.do(dentist_chats.take, wrote("/parar", 2))
    assert store.get(Dentist, first.dentist_id).opted_out_at == NOW
    opens(store, OTHER, number=3)
    assert store.get(Dentist, second.dentist_id).opted_out_at == NOW


def test_two_dentists_of_one_chat_are_told_apart_by_what_is_quoted_or_by_asking(store: Store, analyst: Analyst) -> None:
    first, second = create_case(store, analyst), create_case(store, analyst, create_dentist(store, "TEO REIS", None))
    for case, code in ((first, CODE), (second, OTHER)):
        store.do(invitations.invite, analyst, case.id, code)
    opens(store)
    opens(store, OTHER, number=2)
    of_second = {"status": MessageStatus.ACCEPTED, "channel": ChannelName.TELEGRAM, "address": MARINA}
    create_message(store, second, external_id=f"{MARINA}:3", **of_second)
    store.do(dentist_chats.take, wrote("Sim", 4, reply_to=f"{MARINA}:3"))
    store.do(dentist_chats.take, wrote("Sim, pode ser", 4, kind="edit", reply_to=f"{MARINA}:4"))
    edited = wrote("Sim, pode ser", 4, kind="edit", reply_to=f"{MARINA}:4")
    store.do(dentist_chats.take, Incoming(**{f: getattr(edited, f) for f in edited.__slots__} | {"external_id": "e1"}))
    store.do(dentist_chats.take, wrote("Quem é?", 5))
    filed = {c.external_id: c.case_id for c in store.all(Contact)}
    assert (filed[f"{MARINA}:4"], filed["e1"], filed[f"{MARINA}:5"]) == (second.id, second.id, None)
    assert "quarantine" in {n.kind for n in store.all(Notification)}


def test_a_block_bars_that_chat_alone_and_is_told_until_it_is_opened_again(
    store: Store, analyst: Analyst, invited: Case
) -> None:
    opens(store)
    draft = create_message(store, invited)
    assert store.do(turning.by_telegram, analyst, draft.id).address == MARINA
    for update_id in (8, 9):  # told again by Telegram: noted once
        store.do(dentist_chats.closed, MARINA, NOW, update_id)
    assert [c.text for c in store.all(Contact) if c.direction is Direction.NOTE] == [dentist_chats.BLOCKED]
    assert [n.kind for n in store.all(Notification)].count("telegram") == 1
    assert store.get(Dentist, invited.dentist_id).opted_out_at is None
    other = create_message(store, invited)
    with pytest.raises(Conflict, match="não recebe mais por este Telegram"):
        store.do(turning.by_telegram, analyst, other.id)
    store.do(dentist_chats.take, wrote("Voltei", 9))
    assert store.do(turning.by_telegram, analyst, other.id).channel is ChannelName.TELEGRAM


def test_who_was_bound_by_mistake_is_let_go(store: Store, analyst: Analyst, colleague: Analyst, invited: Case) -> None:
    opens(store)
    (address,) = store.all(DentistAddress, DentistAddress.channel == ChannelName.TELEGRAM)
    with pytest.raises(NotFound):
        store.do(invitations.unbind, colleague, invited.id, address.id)
    phone = store.all(DentistAddress, DentistAddress.channel == ChannelName.WHATSAPP)[0]
    with pytest.raises(NotFound):
        store.do(invitations.unbind, analyst, invited.id, phone.id)
    store.do(invitations.unbind, analyst, invited.id, address.id)
    assert not store.do(invitations.is_bound, MARINA)
    with pytest.raises(NotFound, match="não vale mais"):
        opens(store, number=5)


def test_a_chats_number_is_no_phone_though_it_may_look_like_one(store: Store, analyst: Analyst) -> None:
    """Ids of Telegram have ten digits, as numbers of Salvador have."""
    stopped = create_dentist(store, "RITA LUZ", "+5571980000099", opted_out_at=NOW)
    case = create_case(store, analyst, create_dentist(store, "TEO REIS", None))
    store.do(invitations.invite, analyst, case.id, CODE)
    opens(store, chat="7180000099")
    assert store.get(Dentist, stopped.id).opted_out_at == NOW
    assert store.get(Dentist, case.dentist_id).opted_out_at is None


def test_a_message_for_a_chat_that_was_let_go_does_not_leave(
    store: Store, analyst: Analyst, invited: Case, op: Operation
) -> None:
    opens(store)
    create_message(store, invited, MessageStatus.QUEUED, channel=ChannelName.TELEGRAM, address=MARINA, due_at=NOW)
    (address,) = store.all(DentistAddress, DentistAddress.channel == ChannelName.TELEGRAM)
    store.do(invitations.unbind, analyst, invited.id, address.id)
    assert store.do(outbox.claim, 9, op, channel=ChannelName.TELEGRAM, wall=WALL, lease=LEASE) == []
    (message,) = store.all(Message)
    assert message.status is MessageStatus.DRAFT
    assert "não recebe mais por este Telegram" in (message.error or "")
