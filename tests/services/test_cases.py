"""Cases: opened from forms, seen by whose they are, noted on, closed and taken up again."""

import asyncio
import contextlib
import dataclasses
import threading
from datetime import date, timedelta
from html import unescape

import pytest
from sqlmodel import Session

from bot.clock import LocalClock
from bot.handlers.cases import card_screen
from bot.handlers.drafting import message_screen
from bot.handlers.screen import LIMIT
from bot.runtime import Runtime
from bot.services import cases, closing, day, drafts, notes
from bot.services.cases import Person
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotFound
from messages.form import ContactBlock, Doubt, Form
from messages.people import Treatment
from messages.statuses import MessageStatus, Outcome, Worklist
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress
from tests.factory import (
    NOW,
    PHONE,
    ZONE,
    Store,
    create_analyst,
    create_case,
    create_contact,
    create_follow_up,
    create_message,
)

FORM = Form(
    protocol="SAD123456789012",
    dentist_name="MARINA PRADO",
    cro="90485",
    cro_uf="BA",
    cpf="21573681911",
    uf="BA",
    city="SALVADOR",
    reasons=("Valores",),
)
PERSON = Person(PHONE, Treatment.DRA, "Marina")


def open_case(store: Store, analyst: Analyst, form: Form = FORM, person: Person = PERSON, *doubts: Doubt) -> Case:
    return store.do(cases.open_case, analyst, form, person, doubts, ZONE)


def test_a_case_is_opened_with_its_dentist_and_what_was_asked(store: Store, analyst: Analyst) -> None:
    case = open_case(store, analyst, FORM, PERSON, Doubt("cro", "confira"))
    dentist = store.get(Dentist, case.dentist_id)
    assert (dentist.name, dentist.treatment, dentist.called, dentist.cpf) == (
        "MARINA PRADO",
        "Dra.",
        "Marina",
        "21573681911",
    )
    assert [a.address for a in store.all(DentistAddress)] == [PHONE]
    assert (case.reasons_stated, case.reasons) == (["Valores"], ["Valores"])
    assert case.doubts == [{"field": "cro", "text": "confira"}]


@pytest.mark.parametrize("missing", ["protocol", "dentist_name"])
def test_without_protocol_or_name_there_is_no_case(store: Store, analyst: Analyst, missing: str) -> None:
    with pytest.raises(InvalidInput):
        open_case(store, analyst, dataclasses.replace(FORM, **{missing: None}))  # type: ignore[arg-type]
    assert store.count(Case) == store.count(Dentist) == 0


def test_with_only_those_two_there_is_one(store: Store, analyst: Analyst) -> None:
    case = open_case(store, analyst, Form(protocol="SAD1", dentist_name="RUI"), Person())
    assert store.do(cases.view, analyst, case.id).address is None


def test_a_protocol_is_open_once_and_the_other_is_told_who_has_it(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    first = open_case(store, analyst)
    with pytest.raises(Conflict, match="Ana Lima"):
        open_case(store, colleague)
    store.update(first, closed_at=NOW)
    second = open_case(store, colleague)
    assert second.dentist_id == first.dentist_id
    with pytest.raises(Conflict, match="outro caso"):
        store.do(closing.reopen, analyst, first.id)


def test_a_dentist_known_already_is_completed_and_what_differs_is_told(store: Store, analyst: Analyst) -> None:
    open_case(store, analyst)
    form = dataclasses.replace(
        FORM, protocol="SAD2", dentist_name="MARINA P.", cpf="11144477735", cnpj="94580730000152"
    )
    case = open_case(store, analyst, form, Person())
    (dentist,) = store.all(Dentist)
    assert (dentist.name, dentist.cpf, dentist.cnpj, dentist.treatment) == (
        "MARINA PRADO",
        "21573681911",
        "94580730000152",
        "Dra.",
    )
    assert [d["field"] for d in case.doubts] == ["dentist_name", "cpf"]


def test_imported_blocks_keep_day_and_words_and_do_not_count_as_touches(store: Store, analyst: Analyst) -> None:
    blocks = (ContactBlock(1, date(2023, 9, 20), "Enviado whats app"), ContactBlock(2, None, "sem data"))
    case = open_case(store, analyst, dataclasses.replace(FORM, contacts=blocks))
    first, second = store.all(Contact)
    assert (first.text, first.day_only, first.imported) == ("Enviado whats app", True, True)
    assert first.occurred_at.astimezone(ZONE).date() == date(2023, 9, 20)
    assert second.text == "sem data"
    kept = store.get(Case, case.id)
    assert (kept.first_out_at, kept.last_touch_at) == (None, NOW)


async def test_two_who_open_one_protocol_at_once_get_one_case(database_url: str) -> None:
    store = Store(database_url)
    people = [create_analyst(store, name) for name in ("Ana", "Bruno")]
    together = threading.Barrier(2, timeout=0.3)

    def opened(session: Session, analyst: Analyst, *, now: object) -> Case:
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait()  # on SQLite the one writer never meets another
        return cases.open_case(session, analyst, FORM, PERSON, (), ZONE, now=NOW)

    rt = Runtime(database_url, LocalClock())
    results = await asyncio.gather(*(rt.write(opened, p) for p in people), return_exceptions=True)
    await rt.close()
    assert sorted(type(r).__name__ for r in results) == ["Case", "Conflict"]
    assert store.count(Case) == store.count(Dentist) == 1
    store.close()


def test_a_case_is_seen_by_whose_it_is_and_by_supervisors(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = open_case(store, analyst)
    for person in (analyst, supervisor):
        assert store.do(cases.view, person, case.id).case.id == case.id
        assert store.do(cases.by_protocol, person, "SAD123456789012").id == case.id
        assert [r.case.id for r in store.do(day.page, person, Worklist.OPEN, op).rows] == [case.id]
    for act in (
        lambda: store.do(cases.view, colleague, case.id),
        lambda: store.do(cases.by_protocol, colleague, "SAD123456789012"),
        lambda: store.do(notes.note, colleague, case.id, "oi"),
        lambda: store.do(closing.close, colleague, case.id, Outcome.LEFT, op),
        lambda: store.do(closing.reopen, colleague, case.id),
        lambda: store.do(cases.by_protocol, analyst, "SAD0"),
    ):
        with pytest.raises(NotFound):
            act()
    assert store.do(day.page, colleague, Worklist.OPEN, op).rows == []


def test_a_cases_card_shows_its_last_touches_promises_and_open_drafts(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst)
    for n in range(5):
        create_contact(store, case, text=str(n), occurred_at=NOW + timedelta(minutes=n))
    create_follow_up(store, case, done_at=NOW)
    create_follow_up(store, case, reason="tabela")
    for status in MessageStatus:
        create_message(store, case, status)
    view = store.do(cases.view, analyst, case.id)
    assert [c.text for c in view.last] == ["2", "3", "4"]
    assert [f.reason for f in view.follow_ups] == ["tabela"]
    assert {m.status.value for m in view.drafts} == {"draft", "unknown", "failed"}


def leads_to(store: Store, analyst: Analyst, case: Case, op: Operation) -> list[int]:
    """The messages that a case's card has buttons for, from the top."""
    rows = card_screen(store.do(cases.view, analyst, case.id), op, NOW).rows
    return [b.arguments["message_id"] for row in rows for b in row if b.action == "draft"]


def test_a_send_in_doubt_stands_first_on_the_card_however_many_drafts_follow(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    old, doubt, *others = (
        create_message(store, case, status).id
        for status in (MessageStatus.DRAFT, MessageStatus.UNKNOWN, *[MessageStatus.DRAFT] * 2, MessageStatus.FAILED)
    )
    assert leads_to(store, analyst, case, op) == [doubt, *others]
    assert old not in others


def test_what_failed_can_be_dropped_and_sent_again_it_is_dealt_with(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    failed = create_message(store, case, MessageStatus.FAILED)
    screen = message_screen(store.do(drafts.view, analyst, failed.id, op), op, NOW)
    assert {"again", "discard"} <= {b.action for row in screen.rows for b in row}
    new = store.do(drafts.again, analyst, failed.id, op)
    assert leads_to(store, analyst, case, op) == [new.id]
    store.do(drafts.discard, analyst, new.id)  # nothing stands for it any more
    assert leads_to(store, analyst, case, op) == [failed.id]
    store.do(drafts.discard, analyst, failed.id)
    assert leads_to(store, analyst, case, op) == []
    doubt = create_message(store, case, MessageStatus.UNKNOWN)
    new = store.do(drafts.again, analyst, doubt.id, op)
    assert leads_to(store, analyst, case, op) == [doubt.id, new.id]  # whether it arrived is still for a person to say
    store.do(drafts.settle, analyst, doubt.id, arrived=False)
    assert leads_to(store, analyst, case, op) == [new.id]


@pytest.mark.parametrize("text", ["", " \n ", "x" * (notes.LIMIT + 1)])
def test_an_empty_or_endless_note_is_refused(store: Store, analyst: Analyst, text: str) -> None:
    case = create_case(store, analyst)
    with pytest.raises(InvalidInput):
        store.do(notes.note, analyst, case.id, text)
    kept = store.do(notes.note, analyst, case.id, "  ligar para a secretária ")
    assert (kept.text, kept.author, kept.occurred_at) == ("ligar para a secretária", "Ana Lima", NOW)


def test_who_finds_a_protocol_open_is_led_to_where_it_is(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    open_case(store, analyst)
    for person, led in ((analyst, "com você: mostro o caso"), (supervisor, "Ana Lima: mostro o caso")):
        with pytest.raises(Conflict, match=led) as refused:
            open_case(store, person)
        assert refused.value.about == {"case_id": 1}
    with pytest.raises(Conflict, match="Ana Lima: combine"):  # the number would not show it
        open_case(store, colleague)


@pytest.mark.parametrize(("opened_on", "age"), [(30, "0 dias úteis"), (27, "1 dia útil"), (26, "2 dias úteis")])
def test_the_card_of_a_talkative_case_fits_and_tells_its_age(
    store: Store, analyst: Analyst, op: Operation, opened_on: int, age: str
) -> None:
    case = create_case(store, analyst, protocol_opened_on=date(2023, 10, opened_on))
    create_follow_up(store, case, reason="x" * 300)
    for _ in range(3):
        create_contact(store, case, text="<" * 4096, kind="document", media={"filename": "y" * 999})
    text = card_screen(store.do(cases.view, analyst, case.id), op, NOW).text
    assert len(unescape(text)) <= LIMIT
    assert f"{age} de protocolo" in text


def test_a_protocol_means_the_newest_case_among_those_one_may_see(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    _, mine = (create_case(store, analyst, protocol="SAD1", closed_at=NOW) for _ in range(2))
    theirs = create_case(store, colleague, protocol="SAD1")
    for person, found in ((analyst, mine), (colleague, theirs), (supervisor, theirs)):
        assert store.do(cases.by_protocol, person, "SAD1").id == found.id
    with pytest.raises(NotFound):
        store.do(cases.by_protocol, analyst, "SAD2")
