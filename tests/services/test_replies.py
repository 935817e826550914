"""Replies find their case or wait to be asked about; opt-outs act at once; a burst is one card."""

import json
from datetime import timedelta
from html import unescape

import pytest

from bot.handlers.replies import quarantine_screen, reply_screen
from bot.handlers.screen import LIMIT
from bot.services import notices, quarantine, replies
from bot.services.cases import seen
from bot.services.operation import Operation
from bot.services.replies import Filing
from messages.contracts import Incoming, OptOut
from messages.errors import Conflict, NotAllowed, NotFound
from messages.statuses import ChannelName, Direction, MessageStatus
from messages.webhook import read_webhook
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress, Message, Notification
from tests.factory import (
    LEASE,
    NOW,
    PHONE,
    WALL,
    Store,
    create_address,
    create_case,
    create_contact,
    create_dentist,
    create_follow_up,
    create_message,
    incoming,
    wa_message,
    webhook,
)

BSUID = "BR.a1b2c3d4e5"


def file(store: Store, *items: Incoming, minutes: float = 0) -> Filing:
    return store.do(replies.file, items, now=NOW + timedelta(minutes=minutes))


def cards(store: Store, kind: str = "reply") -> list[Notification]:
    return store.all(Notification, Notification.kind == kind)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


@pytest.mark.parametrize(
    ("phone", "known", "bsuid"),
    [
        (PHONE, PHONE, None),
        ("+557180000017", PHONE, None),  # WhatsApp's own spelling, without the ninth digit
        ("+557133330000", "+557133330000", None),  # a landline stays as it is
        (None, BSUID, BSUID),
        (PHONE, BSUID, BSUID),
        (PHONE, PHONE, BSUID),
        ("+351912345678", "+351912345678", None),
    ],
)
def test_a_sender_is_known_by_every_spelling(
    store: Store, analyst: Analyst, phone: str | None, known: str, bsuid: str | None
) -> None:
    case = create_case(store, analyst, create_dentist(store, phone=known))
    assert file(store, incoming(phone=phone, bsuid=bsuid)) == Filing(contacts=1)
    assert store.all(Contact)[0].case_id == case.id


def test_an_unknown_sender_waits_in_quarantine_and_the_supervisors_are_asked_once(
    store: Store, case: Case, supervisor: Analyst
) -> None:
    strangers = [incoming(t, phone="+5511977770000") for t in ("Oi", "Alguém aí?")]
    assert file(store, *strangers) == Filing(contacts=2, quarantined=2)
    file(store, incoming("Oi?", phone="+5511977770000"), minutes=2)
    assert {c.case_id for c in store.all(Contact)} == {None}
    (card,) = cards(store, "quarantine")
    assert (card.analyst_id, card.version) == (supervisor.id, 2)
    view = store.do(quarantine.quarantined, supervisor, card.subject_id)
    assert [c.text for c in view.waiting] == ["Oi", "Alguém aí?", "Oi?"]
    assert store.get(Case, case.id).unread == 0


def test_who_writes_again_later_is_asked_about_anew_and_the_card_shows_all(store: Store, supervisor: Analyst) -> None:
    """A card drawn anew in its place makes no sound."""
    file(store, incoming("Oi", phone="+5511977770000"))
    file(store, incoming("Ainda aí?", phone="+5511977770000"), minutes=4 * 24 * 60)
    first, second = cards(store, "quarantine")
    assert first.version == 1
    view = store.do(quarantine.quarantined, supervisor, second.subject_id)
    assert [c.text for c in view.waiting] == ["Oi", "Ainda aí?"]


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (
            {"type": "user_changed_number", "body": "User A changed from 1 to 2", "wa_id": "557191110000"},
            "O WhatsApp informou que o dentista mudou de número: 71 99111-0000.",
        ),
        (
            {"type": "user_identity_changed", "body": "User A changed"},
            "O WhatsApp informou que o dentista trocou de aparelho ou reinstalou o aplicativo.",
        ),
        ({"type": "novidade", "body": "Something"}, "Aviso do WhatsApp: Something"),
    ],
)
def test_what_whatsapp_tells_of_a_person_is_nobodys_word(
    store: Store, case: Case, told: dict[str, str], text: str
) -> None:
    body = webhook({"messages": [wa_message("wamid.S") | {"type": "system", "system": told}]})
    (read,) = read_webhook(json.dumps(body).encode()).incoming
    file(store, read)
    (contact,) = store.all(Contact)
    assert (contact.direction, contact.text, contact.case_id) == (Direction.NOTE, text, case.id)
    kept = store.get(Case, case.id)
    assert (kept.window_since, kept.unread, kept.last_in_at) == (None, 0, None)
    assert cards(store, "reply") == []


def test_a_number_of_two_cases_is_asked_about_and_a_quoted_message_decides(store: Store, analyst: Analyst) -> None:
    one, two = (create_case(store, analyst, create_dentist(store, name)) for name in ("RITA REIS", "RUI REIS"))
    create_message(store, two, MessageStatus.DELIVERED, external_id="wamid.OURS")
    file(store, incoming("de quem sou?"), incoming("dele", reply_to="wamid.OURS"), incoming("?", reply_to="wamid.NOT"))
    assert [c.case_id for c in store.all(Contact)] == [None, two.id, None]
    (card,) = cards(store, "quarantine")
    view = store.do(quarantine.quarantined, analyst, card.subject_id)
    assert {c.id for c, _ in view.candidates} == {one.id, two.id}


def test_an_identity_that_comes_beside_a_known_number_is_remembered(store: Store, case: Case) -> None:
    for sender in ({"phone": PHONE, "bsuid": BSUID}, {"phone": PHONE, "bsuid": BSUID}, {"phone": None, "bsuid": BSUID}):
        file(store, incoming(**sender))
    assert [c.case_id for c in store.all(Contact)] == [case.id] * 3
    assert [a.address for a in store.all(DentistAddress)] == [PHONE, BSUID]


def test_a_shared_number_with_a_new_identity_beside_it_is_asked_about_by_the_number(
    store: Store, analyst: Analyst
) -> None:
    cases = {create_case(store, analyst, create_dentist(store, name)).id for name in ("RITA REIS", "RUI REIS")}
    create_case(store, analyst, create_dentist(store, "OUTRA PESSOA", phone="+5571970000000"))
    file(store, incoming(bsuid=BSUID))
    (card,) = cards(store, "quarantine")
    view = store.do(quarantine.quarantined, analyst, card.subject_id)
    assert {c.id for c, _ in view.candidates} == cases


def test_a_quoted_message_of_a_stranger_decides_nothing(store: Store, case: Case) -> None:
    create_message(store, case, MessageStatus.DELIVERED, external_id="wamid.OURS")
    file(store, incoming("forwarded", phone="+5511977770000", reply_to="wamid.OURS"))
    assert store.all(Contact)[0].case_id is None


def test_both_owners_of_a_shared_number_are_asked_and_each_sees_only_their_own(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    mine = create_case(store, analyst, create_dentist(store, "RITA REIS"))
    create_case(store, colleague, create_dentist(store, "RUI REIS"))
    file(store, incoming())
    found = cards(store, "quarantine")
    assert {n.analyst_id for n in found} == {analyst.id, colleague.id}
    assert [c.id for c, _ in store.do(quarantine.quarantined, analyst, found[0].subject_id).candidates] == [mine.id]


def test_an_open_case_comes_before_a_closed_one_and_a_closed_one_still_takes_replies(
    store: Store, analyst: Analyst
) -> None:
    dentist = create_dentist(store)
    closed = create_case(store, analyst, dentist, closed_at=NOW)
    file(store, incoming("depois do fim"))
    opened = create_case(store, analyst, dentist)
    file(store, incoming("de novo"))
    assert [c.case_id for c in store.all(Contact)] == [closed.id, opened.id]
    assert [n.case_id for n in cards(store)] == [closed.id, opened.id]


def test_of_a_shared_number_another_dentists_closed_case_makes_it_uncertain(store: Store, analyst: Analyst) -> None:
    closed = create_case(store, analyst, create_dentist(store, "RITA REIS"), closed_at=NOW)
    opened = create_case(store, analyst, create_dentist(store, "RUI REIS"))
    create_message(store, closed, MessageStatus.DELIVERED, external_id="wamid.RITA")
    file(store, incoming("de quem sou?"), incoming("de Rita", reply_to="wamid.RITA"))
    assert [c.case_id for c in store.all(Contact)] == [None, closed.id]
    (card,) = cards(store, "quarantine")
    view = store.do(quarantine.quarantined, analyst, card.subject_id)
    assert {c.id for c, _ in view.candidates} == {closed.id, opened.id}


def test_a_quoted_message_of_an_older_case_is_of_the_same_dentist(store: Store, analyst: Analyst) -> None:
    rita, rui = (create_dentist(store, name) for name in ("RITA REIS", "RUI REIS"))
    old = create_case(store, analyst, rita, closed_at=NOW)
    now_open = create_case(store, analyst, rita)
    create_case(store, analyst, rui)
    create_message(store, old, MessageStatus.DELIVERED, external_id="wamid.OLD")
    file(store, incoming("ainda quero sair", reply_to="wamid.OLD"))
    assert [c.case_id for c in store.all(Contact)] == [now_open.id]


def test_an_analysts_own_cases_are_candidates_however_many_others_touched_theirs_since(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    mine = create_case(store, analyst, create_dentist(store, phone=None), last_touch_at=NOW - timedelta(days=9))
    for n in range(7):
        create_case(store, colleague, create_dentist(store, f"OUTRA {n}", phone=None))
    stranger = create_contact(store, None, address="+5511977770000")
    view = store.do(quarantine.quarantined, analyst, stranger.id)
    assert [c.id for c, _ in view.candidates] == [mine.id]


def test_what_is_no_candidate_is_filed_by_its_protocol(
    store: Store, case: Case, analyst: Analyst, colleague: Analyst
) -> None:
    stranger = create_contact(store, None, address="+5511977770000")
    for who, text in ((colleague, case.protocol), (analyst, "SAD999999999999"), (analyst, "não é dentista")):
        with pytest.raises(NotFound):
            store.do(quarantine.file_by_name, who, stranger.id, text)
    for said in (case.protocol, case.protocol[-4:], "marina", "98000-0017"):
        stranger = create_contact(store, None, address="+5511977770000")
        assert store.do(quarantine.file_by_name, analyst, stranger.id, said).id == case.id
        assert store.get(Contact, stranger.id).case_id == case.id


def test_a_supervisor_sets_aside_what_is_of_no_case_until_the_sender_writes_again(
    store: Store, case: Case, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    spam = {"phone": "+5511977770000"}
    file(store, incoming("Quer comprar consórcio?", **spam), incoming("Oi", phone="+5511966660000"))
    first, other = store.all(Contact)
    button = "Não é de nenhum caso"
    for who, offered in ((supervisor, True), (analyst, False)):
        rows = quarantine_screen(store.do(quarantine.quarantined, who, first.id), op, NOW).rows
        assert any(button in b.label for row in rows for b in row) == offered
    with pytest.raises(NotAllowed):
        store.do(quarantine.set_aside, analyst, first.id)
    entry = store.do(quarantine.set_aside, supervisor, first.id)
    assert (entry.action, entry.subject) == ("set_aside", f"contact:{first.id}")
    with pytest.raises(Conflict, match="já foi deixada de fora"):
        store.do(quarantine.set_aside, supervisor, first.id)
    assert store.do(quarantine.unfiled, supervisor).id == other.id
    store.do(quarantine.ask_again, supervisor, first.id)
    assert store.do(quarantine.unfiled, supervisor).id == first.id
    store.do(quarantine.set_aside, supervisor, first.id)
    file(store, incoming("Última chance!", **spam), minutes=1)  # asked about anew, with all that was written
    assert store.all(Contact)[0].text == "Quer comprar consórcio?"
    asked = cards(store, "quarantine")[-1]
    view = store.do(quarantine.quarantined, supervisor, asked.subject_id)
    assert (asked.subject_id, [c.text for c in view.waiting]) == (3, ["Quer comprar consórcio?", "Última chance!"])
    store.do(quarantine.file_by_hand, supervisor, 3, case.id)
    with pytest.raises(Conflict, match="já foi arquivada"):
        store.do(quarantine.set_aside, supervisor, first.id)


def test_after_one_is_filed_the_next_that_is_uncertain_is_asked_about_again(store: Store, analyst: Analyst) -> None:
    case, _ = (create_case(store, analyst, create_dentist(store, name)) for name in ("RITA REIS", "RUI REIS"))
    file(store, incoming("primeira"))
    (card,) = cards(store, "quarantine")
    store.do(quarantine.file_by_hand, analyst, card.subject_id, case.id)
    file(store, incoming("segunda"), minutes=9)
    _, again = cards(store, "quarantine")
    view = store.do(quarantine.quarantined, analyst, again.subject_id)
    assert [c.text for c in view.waiting] == ["segunda"]


@pytest.mark.parametrize(("count", "length"), [(1, 4096), (12, 4096), (40, 700)])
def test_the_card_of_a_long_burst_fits_and_tells_what_it_leaves_out(
    store: Store, case: Case, op: Operation, count: int, length: int
) -> None:
    create_follow_up(store, case)
    texts = [f"{n:02d} " + "<" * (length - 3) for n in range(count)]
    file(store, *(incoming(text) for text in texts))
    view = store.do(replies.card, _owner(store, case), case.id, cards(store)[0].subject_id, op)
    waiting = [create_contact(store, None, address="+5511977770000", text=text) for text in texts]
    asked = store.do(quarantine.quarantined, _owner(store, case), waiting[0].id)
    for screen in (reply_screen(view, op, NOW), quarantine_screen(asked, op, NOW)):
        assert len(unescape(screen.text)) <= LIMIT
        assert all(text[:3] in screen.text for text in texts[-12:])
        assert ("e mais 28 mensagens antes" in screen.text) is (count == 40)


def test_a_burst_is_one_card_and_what_comes_after_the_answer_another(store: Store, case: Case, op: Operation) -> None:
    file(store, incoming("Bom dia!"), incoming("Tudo bem?"))
    file(store, incoming("Vou verificar"), minutes=1)
    (card,) = cards(store)
    assert (card.key, card.version) == (f"reply:{case.id}:{card.subject_id}", 2)
    view = store.do(replies.card, _owner(store, case), case.id, card.subject_id, op)
    assert [c.text for c in view.burst] == ["Bom dia!", "Tudo bem?", "Vou verificar"]

    store.do(lambda session, now: seen(session, session.get_one(Case, case.id)))  # the analyst answers
    file(store, incoming("Obrigada"), minutes=2)
    assert len(cards(store)) == 2


def test_what_comes_long_after_the_last_card_gets_a_new_one(store: Store, case: Case) -> None:
    file(store, incoming("segunda"))
    file(store, incoming("sexta"), minutes=4 * 24 * 60)
    assert len(cards(store)) == 2


def _owner(store: Store, case: Case) -> Analyst:
    return store.get(Analyst, case.analyst_id)


def test_a_message_that_comes_again_touches_nothing(store: Store, case: Case) -> None:
    once = incoming("Bom dia!")
    file(store, once)
    assert file(store, once) == Filing()
    assert store.get(Case, case.id).unread == 1
    assert [n.version for n in cards(store)] == [1]


def test_an_echo_is_a_touch_of_ours_and_neither_card_nor_window(store: Store, case: Case) -> None:
    file(store, incoming("Bom dia, Dra.", echo=True))
    kept = store.get(Case, case.id)
    assert store.all(Contact)[0].direction is Direction.OUT
    assert (kept.unread, kept.window_since, kept.first_out_at, kept.last_out_at) == (0, None, NOW, NOW)
    assert cards(store) == []


def test_late_and_shuffled_messages_never_move_the_cases_times_back(store: Store, case: Case) -> None:
    later, earlier = NOW + timedelta(hours=2), NOW - timedelta(hours=2)
    file(store, incoming("2", occurred_at=later))
    file(store, incoming("1", occurred_at=earlier))
    kept = store.get(Case, case.id)
    assert (kept.last_in_at, kept.window_since, kept.last_touch_at) == (later, later, later)


def test_filing_by_hand_files_all_that_waits_and_remembers_the_sender(
    store: Store, case: Case, supervisor: Analyst
) -> None:
    file(store, incoming("Oi", phone=None, bsuid=BSUID), incoming("Sou a Dra. Marina", phone=None, bsuid=BSUID))
    subject = cards(store, "quarantine")[0].subject_id
    filed = store.do(quarantine.file_by_hand, supervisor, subject, case.id)
    assert (filed.id, filed.unread, filed.window_since) == (case.id, 2, NOW)
    assert [c.case_id for c in store.all(Contact)] == [case.id, case.id]
    assert [n.analyst_id for n in cards(store)] == [case.analyst_id]  # whose case it is learns of it
    with pytest.raises(Conflict):
        store.do(quarantine.file_by_hand, supervisor, subject, case.id)
    with pytest.raises(NotFound):
        store.do(quarantine.quarantined, supervisor, subject)
    file(store, incoming("agora sabe", phone=None, bsuid=BSUID))
    assert store.all(Contact)[-1].case_id == case.id
    assert [a.address for a in store.all(DentistAddress)] == [PHONE, BSUID]


def test_nothing_is_filed_into_a_case_of_somebody_else(store: Store, case: Case, colleague: Analyst) -> None:
    stranger = create_contact(store, None, address="+5511977770000")
    with pytest.raises(NotFound):
        store.do(quarantine.file_by_hand, colleague, stranger.id, case.id)
    with pytest.raises(NotFound):
        store.do(quarantine.file_by_hand, _owner(store, case), 999, case.id)
    assert store.get(Contact, stranger.id).case_id is None


@pytest.mark.parametrize(
    ("text", "stops"), [("SAIR", True), ("Por favor, parar!", True), ("Posso sair da rede?", False)]
)
def test_a_whole_message_that_asks_for_it_blocks_at_once(store: Store, case: Case, text: str, stops: bool) -> None:
    queued = create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
    file(store, incoming(text))
    assert (store.get(Dentist, case.dentist_id).opted_out_at is not None) is stops
    kept = store.get(Message, queued.id)
    assert [n.key for n in cards(store, "message")] == ([f"message:{queued.id}"] if stops else [])  # it says so
    assert (kept.status, kept.due_at is None) == (
        (MessageStatus.DRAFT, True) if stops else (MessageStatus.QUEUED, False)
    )


def test_an_opt_out_from_a_shared_number_does_not_wait_for_a_tap(store: Store, analyst: Analyst) -> None:
    dentists = [create_dentist(store, name) for name in ("RITA REIS", "RUI REIS")]
    for dentist in dentists:
        create_case(store, analyst, dentist)
    file(store, incoming("PARAR"))
    assert all(d.opted_out_at for d in store.all(Dentist))


def test_an_opt_out_that_waited_in_quarantine_blocks_when_it_is_filed(
    store: Store, case: Case, supervisor: Analyst
) -> None:
    file(store, incoming("sair", phone="+5511977770000"))
    assert store.get(Dentist, case.dentist_id).opted_out_at is None
    store.do(quarantine.file_by_hand, supervisor, store.all(Contact)[0].id, case.id)
    assert store.get(Dentist, case.dentist_id).opted_out_at is not None


def test_an_echo_and_a_caption_that_say_the_word_are_no_opt_out(store: Store, case: Case) -> None:
    file(store, incoming("sair", echo=True), incoming("sair", kind="image"))
    assert store.get(Dentist, case.dentist_id).opted_out_at is None


@pytest.mark.parametrize(
    ("wishes", "blocked"),
    [
        ([(0, True)], True),
        ([(0, True), (1, False)], False),
        ([(1, True), (0, False)], True),  # the older wish came last
        ([(0, True), (2, True), (1, False)], True),
        ([(0, False)], False),
        ([(1, False), (0, True)], False),  # the older wish to stop came last
        ([(0, True), (2, False), (1, True)], False),
    ],
)
def test_of_the_platforms_switch_the_last_wish_holds_however_it_comes(
    store: Store, case: Case, wishes: list[tuple[int, bool]], blocked: bool
) -> None:
    sender = incoming().sender
    told = [OptOut(ChannelName.WHATSAPP, sender, NOW + timedelta(hours=h), stop) for h, stop in wishes]
    for wish in told:
        store.do(replies.opt_out, [wish])
    assert (store.get(Dentist, case.dentist_id).opted_out_at is not None) is blocked


def test_the_notice_of_a_reply_reaches_its_analyst(store: Store, case: Case) -> None:
    file(store, incoming())
    (claimed,) = store.do(notices.claim, 9, nudges=False, wall=WALL, lease=LEASE)
    assert (claimed.notice.kind, claimed.notice.case_id, claimed.notice.screen) == ("reply", case.id, None)
    assert claimed.notice.chat_id == _owner(store, case).telegram_user_id


def test_the_number_is_preferred_to_send_to_over_an_identity_without_one(store: Store, case: Case) -> None:
    from storage import queries

    dentist = store.get(Dentist, case.dentist_id)
    create_address(store, dentist, BSUID)
    address = store.do(lambda session, now: queries.address_of(session, case, ChannelName.WHATSAPP))
    assert address is not None and address.address == PHONE


def test_what_was_answered_long_ago_is_no_part_of_a_burst(store: Store, case: Case, op: Operation) -> None:
    file(store, incoming("Bom dia!"))
    long_ago = {"occurred_at": NOW - timedelta(days=20), "past": True}
    create_contact(store, case, channel=ChannelName.MANUAL, text="de outubro", **long_ago)
    file(store, incoming("Vou verificar"), minutes=1)
    view = store.do(replies.card, _owner(store, case), case.id, cards(store)[0].subject_id, op)
    assert ([c.text for c in view.burst], view.earlier) == (["Bom dia!", "Vou verificar"], 0)


def test_what_was_filed_from_quarantine_is_shown_though_it_came_before_the_card_on_the_screen(
    store: Store, case: Case, supervisor: Analyst, op: Operation
) -> None:
    file(store, incoming("sou a secretária", phone="+5511977770000"))
    file(store, incoming("Bom dia!"))
    store.do(quarantine.file_by_hand, supervisor, store.all(Contact)[0].id, case.id)
    shown = store.do(replies.card, _owner(store, case), case.id, cards(store)[-1].subject_id, op).burst
    assert [c.text for c in shown] == ["sou a secretária", "Bom dia!"]
