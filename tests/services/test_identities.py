"""Who a person is on WhatsApp: every spelling, what is learnt on the way, what turns out to be one, and changes."""

from datetime import timedelta
from typing import Any

import pytest

from bot.services import dentists, outbox, quarantine, receipts, replies
from bot.services.replies import Filing
from messages.contracts import Incoming, OptOut, Receipt, Sender, SendResult, Verdict
from messages.identity import normalise_phone
from messages.statuses import ChannelName, Direction, MessageStatus
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress, Message, Notification
from tests.factory import (
    NOW,
    PHONE,
    WALL,
    Store,
    create_address,
    create_case,
    create_dentist,
    create_message,
    create_operation,
    incoming,
)

BSUID, OTHER_BSUID = "BR.a1b2c3d4e5", "BR.f6g7h8"
OTHER = "+5571991110000"
STRANGER = "+5511977770000"
ARGENTINE = "+541155550000"


def file(store: Store, *items: Incoming, minutes: float = 0) -> Filing:
    return store.do(replies.file, items, now=NOW + timedelta(minutes=minutes))


def reached(store: Store, dentist_id: int) -> list[str]:
    return [a.address for a in store.all(DentistAddress, DentistAddress.dentist_id == dentist_id)]


def whose(store: Store) -> list[int | None]:
    return [c.case_id for c in store.all(Contact)]


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


# --- spellings ---

DDDS = (11, 19, 21, 27, 31, 38, 41, 48, 51, 55, 61, 65, 68, 71, 75, 81, 85, 91, 95, 98)
MOBILES = [(f"+55{ddd}9{6 + n % 4}{n:03d}{n:04d}", f"55{ddd}{6 + n % 4}{n:03d}{n:04d}") for n, ddd in enumerate(DDDS)]
LANDLINES = [f"+55{ddd}{2 + n % 4}{n:03d}{n:04d}" for n, ddd in enumerate(DDDS)]
FOREIGN = [
    *("+351912345678", "+14155550132", "+5491123456789", "+34612345678", "+447400123456", "+4915112345678"),
    *("+33612345678", "+393123456789", "+595961234567", "+59891234567", "+56961234567", "+573211234567"),
    *("+51912345678", "+593991234567", "+59171234567", "+584121234567", "+81312345678", "+27711234567"),
    *("+244923123456", "+258821234567"),
]
IDENTITIES = [f"{country}.{n}{'x' * (n * 6)}" for n, country in enumerate(["BR", "PT", "US", "AR"] * 5)]
SHAPES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "a mobile with the ninth digit": [(e164, {"phone": e164}) for e164, _ in MOBILES],
    "a mobile without the ninth digit": [(e164, {"phone": f"+{wa_id}"}) for e164, wa_id in MOBILES],
    "a landline": [(e164, {"phone": e164}) for e164 in LANDLINES],
    "a number of another country": [(e164, {"phone": e164}) for e164 in FOREIGN],
    "an identity without a number": [(bsuid, {"phone": None, "bsuid": bsuid}) for bsuid in IDENTITIES],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_twenty_of_twenty_numbers_of_each_shape_find_their_case(store: Store, analyst: Analyst, shape: str) -> None:
    pairs = SHAPES[shape]
    assert len({known for known, _ in pairs}) == 20
    cases = [
        create_case(store, analyst, create_dentist(store, f"DENTISTA {n}", phone=k)).id
        for n, (k, _) in enumerate(pairs)
    ]
    file(store, *(incoming(**sender) for _, sender in pairs))
    assert whose(store) == cases


@pytest.mark.parametrize(("e164", "wa_id"), MOBILES)
def test_both_spellings_of_a_mobile_are_one_number(e164: str, wa_id: str) -> None:
    assert normalise_phone(f"+{wa_id}") == normalise_phone(e164) == e164


def test_a_landline_gets_no_ninth_digit() -> None:
    assert [normalise_phone(number) for number in LANDLINES] == LANDLINES


# --- learnt on the way ---


@pytest.mark.parametrize(
    ("written_to", "wa_id", "learnt"),
    [
        (PHONE, "557180000017", []),  # the rule of the ninth digit knows that one
        (ARGENTINE, "5491155550000", ["+5491155550000"]),
        (PHONE, "nonsense", []),
    ],
)
def test_how_whatsapp_spells_a_number_is_learnt_from_its_answer(
    store: Store, analyst: Analyst, written_to: str, wa_id: str, learnt: list[str]
) -> None:
    case = create_case(store, analyst, create_dentist(store, phone=written_to))
    message = create_message(store, case, MessageStatus.SENDING, address=written_to, sent_at=NOW)
    result = SendResult(Verdict.ACCEPTED, external_id="wamid.A", recipient_id=wa_id)
    store.do(outbox.record, message.idempotency_key, result, wall=WALL)
    assert reached(store, case.dentist_id) == [written_to, *learnt]
    if learnt:
        file(store, incoming(phone=learnt[0]))
        assert store.all(Contact)[-1].case_id == case.id


def test_the_identity_without_a_number_is_learnt_from_a_status(store: Store, case: Case) -> None:
    message = create_message(store, case, MessageStatus.ACCEPTED, external_id="wamid.A")
    to = Sender(PHONE, PHONE[1:], BSUID)
    for _ in range(2):
        told = Receipt(ChannelName.WHATSAPP, "wamid.A", MessageStatus.DELIVERED, NOW, recipient=to)
        store.do(receipts.file, [told])
    assert store.get(Message, message.id).status is MessageStatus.DELIVERED
    assert reached(store, case.dentist_id) == [PHONE, BSUID]
    file(store, incoming(phone=None, bsuid=BSUID))
    assert whose(store)[-1] == case.id


def test_the_number_is_learnt_from_a_known_identity(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst, create_dentist(store, phone=BSUID))
    file(store, incoming(phone=OTHER, bsuid=BSUID), incoming(phone=OTHER))
    assert whose(store) == [case.id, case.id]
    assert reached(store, case.dentist_id) == [BSUID, OTHER]


def test_of_a_number_that_two_share_nothing_is_learnt_of_one_alone(store: Store, analyst: Analyst) -> None:
    rita, rui = (create_dentist(store, name) for name in ("RITA REIS", "RUI REIS"))
    of_rita, of_rui = create_case(store, analyst, rita), create_case(store, analyst, rui)
    create_message(store, of_rita, MessageStatus.DELIVERED, external_id="wamid.OURS")
    file(store, incoming("dela", bsuid=BSUID, reply_to="wamid.OURS"))
    file(store, incoming("de quem?", bsuid=BSUID), incoming("e este?", phone=None, bsuid=BSUID))
    assert whose(store) == [of_rita.id, None, None]
    assert reached(store, rita.id or 0) == reached(store, rui.id or 0) == [PHONE, BSUID]
    assert of_rui.id is not None


def test_a_dentist_who_comes_to_share_a_known_number_shares_its_identity(store: Store, analyst: Analyst) -> None:
    create_case(store, analyst)
    file(store, incoming(bsuid=BSUID))
    create_case(store, analyst, create_dentist(store, "RUI REIS"))
    file(store, incoming(bsuid=BSUID), incoming(phone=None, bsuid=BSUID))
    assert whose(store)[1:] == [None, None]


def test_addresses_of_two_different_dentists_are_not_mixed(store: Store, analyst: Analyst) -> None:
    by_identity = create_case(store, analyst, create_dentist(store, "RITA REIS", phone=BSUID))
    by_number = create_case(store, analyst, create_dentist(store, "RUI REIS", phone=PHONE))
    file(store, incoming(bsuid=BSUID), incoming())
    assert whose(store) == [by_identity.id, by_number.id]  # the identity is the surest
    assert (reached(store, by_identity.dentist_id), reached(store, by_number.dentist_id)) == ([BSUID], [PHONE])


# --- found to be one ---


def test_what_waited_under_an_identity_is_filed_once_the_number_comes_beside_it(
    store: Store, case: Case, supervisor: Analyst
) -> None:
    file(store, incoming("Oi", phone=None, bsuid=BSUID), incoming("SAIR", phone=None, bsuid=BSUID))
    assert whose(store) == [None, None]
    file(store, incoming("sou a Marina", bsuid=BSUID), minutes=9)
    assert whose(store) == [case.id] * 3
    kept = store.get(Case, case.id)
    assert (kept.unread, kept.window_since) == (3, NOW)
    assert store.get(Dentist, case.dentist_id).opted_out_at == NOW  # no wish is lost
    (card,) = store.all(Notification, Notification.kind == "reply")
    view = store.do(replies.card, store.get(Analyst, case.analyst_id), case.id, card.subject_id, create_operation())
    assert [c.text for c in view.burst] == ["Oi", "SAIR", "sou a Marina"]


@pytest.mark.parametrize("resumed", [False, True])
def test_what_somebody_unknown_chose_by_whatsapps_switch_holds_once_they_are_known(
    store: Store, case: Case, supervisor: Analyst, resumed: bool
) -> None:
    wishes = [OptOut(ChannelName.WHATSAPP, Sender(bsuid=BSUID), NOW, stop=True)]
    if resumed:
        wishes.append(OptOut(ChannelName.WHATSAPP, Sender(bsuid=BSUID), NOW + timedelta(hours=1), stop=False))
    for _ in range(2):
        store.do(replies.file_preferences, wishes)
    assert whose(store) == [None] * len(wishes)
    file(store, incoming("sou a Marina", bsuid=BSUID), minutes=90)
    assert (store.get(Dentist, case.dentist_id).opted_out_at is None) is resumed
    store.do(replies.file_preferences, wishes)  # all of it comes again
    assert whose(store) == [case.id] * (len(wishes) + 1)
    assert store.all(Contact)[0].direction is Direction.NOTE
    assert store.get(Case, case.id).unread == 1


def test_a_choice_by_whatsapps_switch_is_noted_in_each_case_it_bars(store: Store, analyst: Analyst) -> None:
    cases = [create_case(store, analyst, create_dentist(store, name)).id for name in ("RITA REIS", "RUI REIS")]
    wish = OptOut(ChannelName.WHATSAPP, Sender(PHONE, PHONE[1:]), NOW, stop=True)
    for _ in range(2):
        store.do(replies.file_preferences, [wish])
    assert whose(store) == cases
    assert {d.opted_out_at for d in store.all(Dentist)} == {NOW}


def test_two_addresses_of_an_unknown_person_wait_together_and_one_tap_makes_both_known(
    store: Store, case: Case, supervisor: Analyst
) -> None:
    file(store, incoming("Oi", phone=None, bsuid=BSUID))
    file(store, incoming("sou eu", phone=STRANGER, bsuid=BSUID), minutes=9)
    file(store, incoming("PARAR", phone=STRANGER), minutes=18)
    first = store.all(Contact)[0]
    view = store.do(quarantine.quarantined, supervisor, first.id)
    assert [c.text for c in view.waiting] == ["Oi", "sou eu", "PARAR"]
    store.do(quarantine.file_by_hand, supervisor, first.id, case.id)
    assert whose(store) == [case.id] * 3
    assert sorted(reached(store, case.dentist_id)) == sorted([PHONE, STRANGER, BSUID])
    assert store.get(Dentist, case.dentist_id).opted_out_at is not None
    file(store, incoming("de novo", phone=None, bsuid=BSUID), incoming("e de novo", phone=STRANGER))
    assert whose(store)[-2:] == [case.id, case.id]


def test_what_waited_from_a_number_of_two_cases_goes_on_waiting(store: Store, analyst: Analyst) -> None:
    for name in ("RITA REIS", "RUI REIS"):
        create_case(store, analyst, create_dentist(store, name))
    file(store, incoming("Oi", phone=None, bsuid=BSUID))
    file(store, incoming("sou eu", bsuid=BSUID))
    assert whose(store) == [None, None]


# --- changes ---


def system(before: dict[str, Any], after: Sender, **more: Any) -> Incoming:
    return incoming(
        "O WhatsApp informou que o dentista mudou de número.",
        kind="system",
        became=after,
        opens_window=False,
        **before,
        **more,
    )


def test_a_new_number_is_followed_with_a_note_in_the_record_and_told_once(store: Store, case: Case) -> None:
    unsent = create_message(store, case, MessageStatus.DRAFT, channel=ChannelName.MANUAL)
    change = system({}, Sender(OTHER, OTHER[1:], OTHER_BSUID))
    for _ in range(2):
        file(store, change)
    (note,) = store.all(Contact)
    assert (note.direction, note.case_id) == (Direction.NOTE, case.id)
    assert store.get(Case, case.id).unread == 0
    assert store.get(Message, unsent.id).address == OTHER
    assert [(n.kind, n.version) for n in store.all(Notification, Notification.kind == "renumbered")] == [
        ("renumbered", 1)
    ]
    file(store, incoming(phone=OTHER), incoming(phone=None, bsuid=OTHER_BSUID), incoming(phone=PHONE))
    assert whose(store) == [case.id] * 4


def test_a_change_that_is_older_than_what_an_analyst_stated_moves_nothing(store: Store, case: Case) -> None:
    store.do(dentists.state_phone, store.get(Dentist, case.dentist_id), PHONE, now=NOW + timedelta(hours=2))
    file(store, system({}, Sender(OTHER, OTHER[1:]), occurred_at=NOW + timedelta(hours=1)))
    (stated,) = store.all(DentistAddress, DentistAddress.stated_at != None)  # noqa: E711
    assert stated.address == PHONE
    assert reached(store, case.dentist_id) == [PHONE, OTHER]


def test_a_new_identity_is_followed_without_moving_where_messages_go(store: Store, case: Case) -> None:
    create_address(store, store.get(Dentist, case.dentist_id), BSUID)
    file(store, system({"phone": None, "bsuid": BSUID}, Sender(bsuid=OTHER_BSUID)))
    assert store.all(Notification, Notification.kind == "renumbered") == []
    file(store, incoming(phone=None, bsuid=OTHER_BSUID))
    assert whose(store) == [case.id, case.id]
    assert reached(store, case.dentist_id) == [PHONE, BSUID, OTHER_BSUID]


def test_a_wish_goes_along_with_the_number(store: Store, case: Case, analyst: Analyst) -> None:
    file(store, incoming("PARAR", phone=OTHER))  # nobody knows the number yet
    file(store, system({}, Sender(OTHER, OTHER[1:])))
    assert store.get(Dentist, case.dentist_id).opted_out_at == NOW


def test_what_whatsapp_tells_of_a_stranger_is_of_no_use(store: Store, case: Case, supervisor: Analyst) -> None:
    assert file(store, system({"phone": STRANGER}, Sender(OTHER, OTHER[1:]))) == Filing()
    assert store.count(Contact) == 0
