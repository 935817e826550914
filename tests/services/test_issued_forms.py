"""The official form: an imported one comes back as it was; a worked case tells what really happened."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col

from bot.services import cases, drafts, issuing, openings
from bot.services.operation import Operation
from messages.errors import NotFound
from messages.form import ContactBlock, Form, read_form, to_markdown
from messages.notes import AnsweredBy
from messages.statuses import ChannelName, Direction, MessageStatus, Outcome
from storage.models import Analyst, AuditEntry, Case, Contact
from tests.factory import NOW, ZONE, Store, close_case, create_case, create_contact, create_dentist, create_message

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.json"))


def issue(store: Store, analyst: Analyst, case: Case, op: Operation) -> Form:
    return store.do(issuing.of_case, analyst, case.id, op).form


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_an_imported_form_is_issued_as_it_was(store: Store, analyst: Analyst, op: Operation, sample: Path) -> None:
    text = sample.with_suffix(".txt").read_text(encoding="utf-8")
    truth: dict[str, Any] = json.loads(sample.read_text(encoding="utf-8"))
    case = store.do(openings.open_for, analyst.name, text, ZONE)
    issued = issue(store, analyst, case, op)
    read = read_form(text).form
    if truth["days"] is not None and (truth["started_on"] is None or truth["ended_on"] is None):
        truth["days"] = None  # it is computed
    assert read.contacts == issued.contacts
    assert issued.as_json() == {k: v for k, v in truth.items() if k not in ("file", "warnings")}
    assert read_form(to_markdown(issued)).form == issued


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, window_since=NOW, reasons=["Baixa Procura"])


def test_what_was_delivered_is_ticked_and_told_in_the_house_style(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    draft = store.do(drafts.compose_draft, analyst, case.id, ["suporte", "divulgacao", "prazo_guias"], op)
    store.do(drafts.hand_over, analyst, draft.id, 1)
    form = issue(store, analyst, case, op)
    assert form.actions == ("Ofertado Suporte", "Ofertado Divulgação", "Outros")
    assert form.other_justification is not None and "prazo" in form.other_justification
    (block,) = form.contacts
    assert block.date == NOW.date()
    assert block.notes.startswith("Enviado WhatsApp - 71 98000-0017, em 30/10/2023 às 11:00, ")
    assert "ofertando ação de divulgação" in block.notes and block.notes.endswith("aguardando retorno.")
    assert "form_issued" in [a.action for a in store.all(AuditEntry)]


@pytest.mark.parametrize(
    "status", [MessageStatus.FAILED, MessageStatus.UNKNOWN, MessageStatus.DRAFT, MessageStatus.DISCARDED]
)
def test_what_did_not_arrive_proves_nothing_and_is_no_touch(
    store: Store, analyst: Analyst, case: Case, op: Operation, status: MessageStatus
) -> None:
    message = create_message(
        store, case, status, blocks=["suporte"], offers=[{"action": "Ofertado Suporte", "justification": None}]
    )
    create_contact(store, case, Direction.OUT, message_id=message.id)  # accepted at first, refused later
    form = issue(store, analyst, case, op)
    assert (form.actions, form.contacts) == ((), ())


def test_a_conversation_is_a_block_with_both_sides_and_its_media(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_contact(store, case, Direction.OUT, text="Tudo bem?", channel=ChannelName.MANUAL)
    create_contact(store, case, text="Vou verificar", occurred_at=NOW + timedelta(minutes=1))
    create_contact(store, case, text="", kind="audio", occurred_at=NOW + timedelta(minutes=2))
    create_contact(store, case, text="na sexta", occurred_at=NOW + timedelta(days=3))
    first, second = issue(store, analyst, case, op).contacts
    assert first.notes.splitlines() == [
        "[11:00, 30/10/2023] Retenção - Sorriso Pleno: Tudo bem?",
        "[11:01, 30/10/2023] MARINA: Vou verificar",
        "[11:02, 30/10/2023] MARINA: (áudio)",
    ]
    assert (second.number, second.notes) == (2, "[11:00, 02/11/2023] MARINA: na sexta")


def test_the_final_confirmation_stands_under_the_general_notes(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    create_contact(store, case, text="quero sair da rede")
    sent = create_message(store, case, MessageStatus.READ, blocks=["confirmacao_final"], text="Confirma?")
    create_contact(
        store, case, Direction.OUT, text="Confirma?", message_id=sent.id, occurred_at=NOW + timedelta(hours=1)
    )
    create_contact(store, case, text="Sim", occurred_at=NOW + timedelta(hours=2))
    for contact in store.all(Contact, col(Contact.text) == "Sim"):
        store.update(contact, answered_by=AnsweredBy.DENTIST)
    close_case(store, analyst, case, reasons=["Valores"], general_notes="Insiste em sair.")
    form = issue(store, analyst, case, op)
    assert len(form.contacts) == 1 and "Confirma?" not in form.contacts[0].notes
    assert form.general_notes is not None
    assert form.general_notes.splitlines() == [
        "Insiste em sair.",
        "[12:00, 30/10/2023] Retenção - Sorriso Pleno: Confirma?",
        "[13:00, 30/10/2023] MARINA: Sim",
    ]
    assert (form.outcome, form.reasons, form.ended_on) == (Outcome.LEFT, ("Valores",), NOW.date())


@pytest.mark.parametrize(
    ("touches", "blocks", "confirmed"),
    [
        ([("asked", 0), ("in", 1)], 0, ["Confirma?", "Sim"]),
        ([("asked", 0), ("in", 60)], 0, ["Confirma?", "Sim"]),  # the answer may take its time
        ([("asked", 0), ("in", 1), ("out", 200), ("in", 201), ("out", 500)], 3, []),  # the dentist hesitated
        ([("asked", 0), ("in", 1), ("out", 200), ("asked", 500), ("in", 501)], 2, ["Confirma?", "Sim"]),
        ([("asked", 0), ("in", 1), ("note", 40)], 1, ["Confirma?", "Sim"]),  # a note is ours, not part of the talk
    ],
)
def test_only_the_last_confirmation_stands_apart_and_only_while_it_is_final(
    store: Store,
    analyst: Analyst,
    case: Case,
    op: Operation,
    touches: list[tuple[str, int]],
    blocks: int,
    confirmed: list[str],
) -> None:
    for kind, hours in touches:
        at = NOW + timedelta(hours=hours)
        if kind == "asked":
            sent = create_message(store, case, MessageStatus.READ, blocks=["confirmacao_final"], text="Confirma?")
            create_contact(store, case, Direction.OUT, text="Confirma?", message_id=sent.id, occurred_at=at)
        else:
            create_contact(store, case, Direction(kind), text="Sim", occurred_at=at)
    form = issue(store, analyst, case, op)
    assert len(form.contacts) == blocks
    assert [line.rpartition(": ")[2] for line in (form.general_notes or "").splitlines()] == confirmed


def test_a_form_is_issued_to_whose_case_it_is(
    store: Store, case: Case, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    with pytest.raises(NotFound):
        issue(store, colleague, case, op)
    assert issue(store, supervisor, case, op).protocol == case.protocol
    assert store.do(issuing.of_protocol, case.protocol, op).form.analyst == "Ana Lima"
    with pytest.raises(NotFound, match="SAD0"):
        store.do(issuing.of_protocol, "SAD0", op)


def test_of_a_protocol_the_newest_case_is_printed(store: Store, analyst: Analyst, op: Operation) -> None:
    for city in ("SALVADOR", "ILHÉUS"):
        dentist = create_dentist(store)
        create_case(store, analyst, dentist, protocol="SAD1", city=city, closed_at=NOW)
    assert store.do(issuing.of_protocol, "SAD1", op).form.city == "ILHÉUS"


def test_a_block_without_a_date_gets_none_and_one_without_a_word_keeps_its_place(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    blocks = (
        ContactBlock(1, date(2023, 9, 20), "Enviado whats app"),
        ContactBlock(2, None, "sem data nenhuma"),
        ContactBlock(3, date(2023, 9, 22), ""),
        ContactBlock(4, date(2023, 9, 25), "Retornou"),
    )
    form = Form(protocol="SAD123456789012", dentist_name="MARINA PRADO", contacts=blocks)
    case = store.do(cases.open_case, analyst, form, cases.Person(), (), ZONE)
    assert issue(store, analyst, case, op).contacts == blocks
    create_contact(store, case, text="agora?")
    assert issue(store, analyst, case, op).contacts[:4] == blocks


def test_imported_blocks_keep_their_order_their_bare_dates_and_their_place_before_what_follows(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    text = next(p for p in SAMPLES if p.stem == "real-a").with_suffix(".txt").read_text(encoding="utf-8")
    for old, new in (("06/12/2023", "09/12/2023"), ("18/01/2024", "05/12/2023")):  # the fifth before the fourth
        assert f"contato Data {old}" in text
        text = text.replace(f"contato Data {old}", f"contato Data {new}")
    read = read_form(text).form
    case = store.do(openings.open_for, analyst.name, text, ZONE)
    assert issue(store, analyst, case, op).contacts == read.contacts
    create_contact(store, case, text="agora?", occurred_at=NOW - timedelta(days=99))
    later = issue(store, analyst, case, op).contacts
    assert later[:4] == read.contacts[:4]
    assert later[4].notes.startswith(read.contacts[4].notes) and "agora?" in later[4].notes
