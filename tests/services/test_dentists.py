"""Where dentists are reached, as learnt and as stated; and what they wished, wherever they are known from."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.handlers.cases import card_screen
from bot.handlers.screen import Screen
from bot.services import cases, dentists, notes, outbox, replies
from bot.services.cases import Person
from bot.services.operation import Operation
from messages.contracts import OptOut
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.form import Form
from messages.people import Treatment
from messages.statuses import ChannelName, Direction, MessageStatus
from storage.models import Analyst, AuditEntry, Case, Contact, Dentist, DentistAddress, Message, Notification
from tests.factory import (
    LEASE,
    NOW,
    PHONE,
    WALL,
    ZONE,
    Store,
    create_address,
    create_case,
    create_contact,
    create_dentist,
    create_message,
    incoming,
)

OTHER = "+5571970000042"
WITHOUT_NINTH = "+557180000017"  # PHONE, as WhatsApp may spell it
BSUID = "BR.a1b2c3d4e5"
FORM = Form(protocol="SAD123456789012", dentist_name="MARINA PRADO", cro="90485", cro_uf="BA")


def open_case(store: Store, analyst: Analyst, phone: str | None, **form: Any) -> Case:
    return store.do(cases.open_case, analyst, dataclasses.replace(FORM, **form), Person(phone), (), ZONE)


def reached_at(store: Store, analyst: Analyst, case: Case) -> str | None:
    return store.do(cases.view, analyst, case.id).address


def blocked(store: Store, dentist_id: int) -> bool:
    return store.get(Dentist, dentist_id).opted_out_at is not None


def wish(hours: float, *, stop: bool, **sender: Any) -> OptOut:
    return OptOut(ChannelName.WHATSAPP, incoming(**sender).sender, NOW + timedelta(hours=hours), stop)


# --- where ---


@pytest.mark.parametrize(
    ("known", "stated", "doubted"),
    [
        ([PHONE], OTHER, True),
        ([PHONE, OTHER], OTHER, True),  # learnt later from whoever wrote: it was no number to write to
        ([PHONE], PHONE, False),
        ([WITHOUT_NINTH], PHONE, False),
        ([BSUID], OTHER, False),
        ([], OTHER, False),
    ],
)
def test_the_phone_stated_at_opening_is_where_messages_go_and_a_difference_is_told(
    store: Store, analyst: Analyst, op: Operation, known: list[str], stated: str, doubted: bool
) -> None:
    dentist = create_dentist(store, "MARINA PRADO", phone=None, cro="90485")
    for address in known:
        create_address(store, dentist, address)
    case = open_case(store, analyst, stated)
    assert (case.dentist_id, reached_at(store, analyst, case)) == (dentist.id, stated)
    assert [d["field"] for d in case.doubts] == ["phone"] * doubted
    assert all(PHONE[5:] not in d["text"] for d in case.doubts)
    assert {a.address for a in store.all(DentistAddress)} == {*known, stated}
    for warned in (doubted, False):
        assert ("difere do cadastro (71 •••••-0017)" in card(store, analyst, case, op).text) is warned
        store.do(cases.state_phone, analyst, case.id, stated)


def test_what_was_stated_last_holds_also_the_number_of_before(store: Store, analyst: Analyst) -> None:
    case = open_case(store, analyst, PHONE)
    for phone in (OTHER, PHONE):
        store.do(cases.state_phone, analyst, case.id, phone)
        assert reached_at(store, analyst, case) == phone
    assert [(a.address, a.stated_at) for a in store.all(DentistAddress)] == [(PHONE, NOW), (OTHER, None)]


def test_a_phone_that_only_a_forms_notes_tell_does_not_displace_the_one_known(store: Store, analyst: Analyst) -> None:
    first = open_case(store, analyst, PHONE)
    notes = store.do(
        cases.open_case, analyst, dataclasses.replace(FORM, protocol="SAD2"), Person(OTHER, confirmed=False), (), ZONE
    )
    assert notes.dentist_id == first.dentist_id
    assert reached_at(store, analyst, notes) == PHONE


@pytest.mark.parametrize("text", ["sim", "", "7000-0042", "71 97000-0042 e 71 98000-0017"])
def test_what_is_no_phone_is_refused_in_one_sentence(store: Store, analyst: Analyst, text: str) -> None:
    case = create_case(store, analyst)
    with pytest.raises(InvalidInput, match="Não reconheci esse telefone"):
        store.do(cases.state_phone, analyst, case.id, text)
    assert reached_at(store, analyst, case) == PHONE


WHATSAPP, MANUAL = ChannelName.WHATSAPP, ChannelName.MANUAL


@pytest.mark.parametrize("window", [True, False])
@pytest.mark.parametrize(
    ("status", "channel", "template", "in_window"),
    [
        (MessageStatus.DRAFT, MANUAL, None, OTHER),
        (MessageStatus.DRAFT, WHATSAPP, "retencao_primeiro_contato", OTHER),
        (MessageStatus.DRAFT, WHATSAPP, None, PHONE),  # an answer: free text goes to the number that wrote only
        (MessageStatus.QUEUED, WHATSAPP, "retencao_primeiro_contato", OTHER),
        (MessageStatus.QUEUED, WHATSAPP, None, PHONE),
        (MessageStatus.SENDING, WHATSAPP, "retencao_primeiro_contato", PHONE),
        (MessageStatus.UNKNOWN, WHATSAPP, None, PHONE),
        (MessageStatus.HANDED_OVER, MANUAL, None, PHONE),
    ],
)
def test_what_has_not_left_goes_to_the_phone_stated_later(
    store: Store,
    analyst: Analyst,
    window: bool,
    status: MessageStatus,
    channel: ChannelName,
    template: str | None,
    in_window: str,
) -> None:
    case = create_case(store, analyst, window_since=NOW - timedelta(hours=1 if window else 25))
    create_contact(store, case, address=PHONE)
    message = create_message(store, case, status, channel=channel, template_name=template)
    store.do(cases.state_phone, analyst, case.id, "71 97000-0042")
    waits = status in (MessageStatus.DRAFT, MessageStatus.QUEUED)
    goes_to = in_window if window else (OTHER if waits else PHONE)
    kept = store.get(Message, message.id)
    assert (kept.address, kept.version) == (goes_to, 1 + (goes_to == OTHER))
    assert [n.key for n in store.all(Notification)] == [f"message:{message.id}"] * (goes_to == OTHER)


def test_a_skipped_phone_is_stated_later_and_the_trail_does_not_hold_it(store: Store, analyst: Analyst) -> None:
    case = create_case(
        store,
        analyst,
        create_dentist(store, phone=None),
        doubts=[{"field": "phone", "text": "Falta o telefone"}, {"field": "cro", "text": "confira"}],
    )
    draft = create_message(store, case, channel=ChannelName.MANUAL, address=None)
    stated = store.do(cases.state_phone, analyst, case.id, "71 97000-0042")
    assert (stated.id, stated.doubts) == (case.id, [{"field": "cro", "text": "confira"}])
    assert store.get(Message, draft.id).address == OTHER
    (entry,) = store.all(AuditEntry)
    assert (entry.action, entry.subject, entry.detail) == ("phone_stated", f"case:{case.id}", {"messages": [draft.id]})


def test_phone_and_treatment_of_somebody_elses_case_are_not_touched(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    case = create_case(store, analyst)
    with pytest.raises(NotFound):
        store.do(cases.state_phone, colleague, case.id, OTHER)
    with pytest.raises(NotFound):
        store.do(cases.treat, colleague, case.id, Treatment.DR)
    assert (reached_at(store, analyst, case), store.get(Dentist, case.dentist_id).treatment) == (PHONE, "Dra.")


def test_a_missing_treatment_is_offered_on_the_card_until_it_is_told(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, create_dentist(store, treatment=None))
    assert {"Tratamento: Dra.", "Tratamento: Dr.", "📱 Telefone"} <= labels(store, analyst, case, op)
    store.do(cases.treat, analyst, case.id, Treatment.DRA)
    assert store.get(Dentist, case.dentist_id).treatment == "Dra."
    assert not any(label.startswith("Tratamento") for label in labels(store, analyst, case, op))


def labels(store: Store, analyst: Analyst, case: Case, op: Operation) -> set[str]:
    return {button.label for row in card(store, analyst, case, op).rows for button in row}


def card(store: Store, analyst: Analyst, case: Case, op: Operation) -> Screen:
    return card_screen(store.do(cases.view, analyst, case.id), op, NOW)


# --- whether ---


@pytest.mark.parametrize("known", [PHONE, WITHOUT_NINTH])
@pytest.mark.parametrize("form", [{"cro": None, "cro_uf": None}, {"cro": "77777"}])
def test_who_asked_for_no_messages_is_not_written_to_under_another_row(
    store: Store, analyst: Analyst, known: str, form: dict[str, str | None]
) -> None:
    create_case(store, analyst, create_dentist(store, phone=known))
    store.do(replies.file, [incoming("PARAR", phone=WITHOUT_NINTH)])
    case = open_case(store, analyst, PHONE, **form)
    assert case.dentist_id != store.all(Dentist)[0].id
    assert store.get(Dentist, case.dentist_id).opted_out_at == NOW


@pytest.mark.parametrize("learnt", ["at opening", "later", "by the command line"])
def test_who_asked_before_anybody_knew_whose_the_number_is_is_not_written_to(
    store: Store, analyst: Analyst, learnt: str
) -> None:
    store.do(replies.file, [incoming("Parar, por favor")])
    if learnt == "at opening":
        case = open_case(store, analyst, PHONE)
    elif learnt == "later":
        case = open_case(store, analyst, OTHER)
        queued = create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
        store.do(cases.state_phone, analyst, case.id, PHONE)
        assert store.get(Message, queued.id).status is MessageStatus.DRAFT
    else:
        person = Person(PHONE, confirmed=False)
        case = store.do(cases.open_case, analyst, FORM, person, (), ZONE)
    assert store.get(Dentist, case.dentist_id).opted_out_at == NOW
    assert store.all(Contact)[0].case_id is None  # whose it is remains to be said


def test_what_was_asked_under_an_identity_holds_when_the_number_comes_beside_it(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst)
    store.do(replies.file, [incoming("sair", phone=None, bsuid=BSUID)])
    assert not blocked(store, case.dentist_id)
    store.do(replies.file, [incoming("Bom dia", bsuid=BSUID)])
    assert blocked(store, case.dentist_id)


@pytest.mark.parametrize(
    "more",
    [{"text": "Posso sair da rede?"}, {"kind": "image"}, {"direction": Direction.OUT}, {"address": OTHER}],
)
def test_what_is_no_wish_of_that_number_is_not_inherited(store: Store, analyst: Analyst, more: dict[str, Any]) -> None:
    create_contact(store, None, **({"text": "sair", "address": PHONE, "direction": Direction.IN} | more))
    assert not blocked(store, open_case(store, analyst, PHONE).dentist_id)


@pytest.mark.parametrize(
    ("told", "own", "stops"),
    [
        ([(0, True), (1, False)], [], False),
        ([(0, True), (1, False), (2, True)], [], True),
        ([(2, True), (1, False)], [], True),
        ([(0, True)], [(1, False)], False),  # the dentist's own later wish
        ([(1, True)], [(0, False)], True),
        ([(0, True), (2, False)], [(1, True)], True),  # what another asked for lifts nothing of the dentist's own
    ],
)
def test_of_what_was_wished_at_a_number_the_last_is_inherited(
    store: Store, analyst: Analyst, told: list[tuple[int, bool]], own: list[tuple[int, bool]], stops: bool
) -> None:
    create_case(store, analyst)
    case = open_case(store, analyst, OTHER)
    store.do(dentists.opt_out, [wish(hours, stop=stop) for hours, stop in told])
    store.do(dentists.opt_out, [wish(hours, stop=stop, phone=OTHER) for hours, stop in own])
    store.do(cases.state_phone, analyst, case.id, PHONE)
    assert blocked(store, case.dentist_id) is stops


def test_a_wish_to_stop_that_comes_late_is_older_than_the_inherited_one(store: Store, analyst: Analyst) -> None:
    create_case(store, analyst)
    store.do(dentists.opt_out, [wish(2, stop=False)])
    case = open_case(store, analyst, PHONE)
    store.do(dentists.opt_out, [wish(1, stop=True)])
    assert not blocked(store, case.dentist_id)


# --- a supervisor's word ---

REASON = "Autorizou por telefone em 06/11, falou com Bruna."


def stopped(store: Store, analyst: Analyst) -> tuple[Case, Message]:
    """A dentist who has asked for no messages while one was about to leave."""
    case = create_case(store, analyst, window_since=NOW)
    message = create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
    store.do(replies.file, [incoming("SAIR")])
    return case, message


def test_a_supervisor_records_that_the_dentist_may_be_written_to_again(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case, held = stopped(store, analyst)
    lift = "Registrar autorização para escrever"
    assert lift in labels(store, supervisor, case, op)
    assert lift not in labels(store, analyst, case, op)
    later = NOW + timedelta(days=7)
    store.do(cases.authorise, supervisor, case.id, f" {REASON} ", now=later)
    dentist = store.get(Dentist, case.dentist_id)
    assert (dentist.opted_out_at, dentist.opted_in_at) == (None, later)
    note = store.all(Contact)[-1]
    assert (note.case_id, note.direction, note.channel) == (case.id, Direction.NOTE, ChannelName.INTERNAL)
    assert (note.author, note.occurred_at) == ("Sofia Matos", later)
    assert note.text == f"Autorizado voltar a escrever ao dentista: {REASON}"
    entry = store.all(AuditEntry)[-1]
    assert (entry.action, entry.analyst_id, entry.detail) == ("authorised", supervisor.id, {"contact": note.id})
    assert lift not in labels(store, supervisor, case, op)
    draft = store.get(Message, held.id)
    assert (draft.status, draft.error) == (MessageStatus.DRAFT, None)  # a person lets it go again


def test_what_the_worker_found_barred_no_longer_says_so_once_it_is_not(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, window_since=NOW)
    message = create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
    store.update(store.get(Dentist, case.dentist_id), opted_out_at=NOW)
    assert store.do(outbox.claim, 9, op, wall=WALL, lease=LEASE) == []
    assert "não receber" in (store.get(Message, message.id).error or "")
    store.do(cases.authorise, supervisor, case.id, REASON)
    assert store.get(Message, message.id).error is None


def test_an_analyst_cannot_lift_it_and_a_stranger_does_not_find_it(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    case, _ = stopped(store, analyst)
    for person, refusal in ((analyst, NotAllowed), (colleague, NotFound)):
        with pytest.raises(refusal):
            store.do(cases.authorise, person, case.id, REASON)
    assert blocked(store, case.dentist_id)


@pytest.mark.parametrize("reason", ["", " \n ", "x" * (notes.LIMIT + 1)])
def test_without_a_reason_nothing_is_lifted(store: Store, analyst: Analyst, supervisor: Analyst, reason: str) -> None:
    case, _ = stopped(store, analyst)
    with pytest.raises(InvalidInput):
        store.do(cases.authorise, supervisor, case.id, reason)
    assert blocked(store, case.dentist_id)


def test_where_nothing_is_barred_there_is_nothing_to_lift(store: Store, analyst: Analyst, supervisor: Analyst) -> None:
    case = create_case(store, analyst)
    with pytest.raises(Conflict):
        store.do(cases.authorise, supervisor, case.id, REASON)
    assert store.count(Contact) == 0


@pytest.mark.parametrize(("asked_at", "bars"), [(NOW + timedelta(hours=2), True), (NOW + timedelta(minutes=30), False)])
def test_the_next_wish_to_stop_bars_again_and_an_older_one_that_comes_late_does_not(
    store: Store, analyst: Analyst, supervisor: Analyst, asked_at: datetime, bars: bool
) -> None:
    case, _ = stopped(store, analyst)
    store.do(cases.authorise, supervisor, case.id, REASON, now=NOW + timedelta(hours=1))
    store.do(replies.file, [incoming("PARAR", occurred_at=asked_at)], now=NOW + timedelta(hours=3))
    assert blocked(store, case.dentist_id) is bars
