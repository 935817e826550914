"""Issued forms: numbered, never changed, recognised by their code; and what a case's end leaves to be remembered."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.handlers.closing import summary_screen
from bot.services import approvals, closing, followups, gate, issuing, notes, receipts, stating
from bot.services.operation import Operation
from messages.contracts import Receipt
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.form import read_form
from messages.statuses import ChannelName, Direction, FormFormat, MessageStatus, Outcome
from storage.models import Analyst, AuditEntry, Case, FollowUp, FormFile, FormRevision, Message
from tests.factory import (
    NOW,
    Store,
    close_case,
    create_case,
    create_contact,
    create_message,
    let_everything_stand,
)

LATER = NOW + timedelta(days=1)


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst, lives=10, reasons=["Valores"])


def test_the_same_form_is_the_same_revision_and_another_one_the_next(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    first = store.do(issuing.of_case, analyst, case.id, op)
    again = store.do(issuing.of_case, analyst, case.id, op)
    assert (first.revision.number, again.revision.id) == (1, first.revision.id)
    store.do(notes.note, analyst, case.id, "ligar amanhã")
    second = store.do(issuing.of_case, analyst, case.id, op)
    assert (second.revision.number, second.form.contacts[0].notes) == (2, "ligar amanhã")
    assert store.get(FormRevision, first.revision.id).content == first.form.as_json()
    assert [a.detail for a in store.all(AuditEntry, AuditEntry.action == "form_issued")] == [
        {"revision": 1},
        {"revision": 1},
        {"revision": 2},
    ]


def test_nothing_that_comes_after_the_end_changes_the_form(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    offer = {"action": "Ofertado Suporte", "justification": None}
    sent = create_message(store, case, MessageStatus.ACCEPTED, offers=[offer], external_id="wamid.late", sent_at=NOW)
    create_contact(store, case, Direction.OUT, message_id=sent.id)
    close_case(store, analyst, case)
    before = store.do(issuing.of_case, analyst, case.id, op)
    assert before.form.actions == ("Ofertado Suporte",) and len(before.form.contacts) == 1

    failed = Receipt(ChannelName.WHATSAPP, "wamid.late", MessageStatus.FAILED, LATER, code=131026)
    store.do(receipts.file, [failed], now=LATER)
    assert store.get(Message, sent.id).status is MessageStatus.FAILED
    create_contact(store, case, text="mudei de ideia", occurred_at=LATER, recorded_at=LATER)
    store.do(notes.note, analyst, case.id, "ligou de novo", now=LATER)
    create_contact(store, case, text="esqueci de colar isto", occurred_at=NOW - timedelta(days=9), recorded_at=LATER)
    store.do(stating.state_fact, analyst, case.id, "lives", "99", now=LATER)
    after = store.do(issuing.of_case, analyst, case.id, op, now=LATER)
    assert (after.revision.id, after.form) == (before.revision.id, before.form)


def test_a_case_that_ended_before_forms_were_kept_is_told_as_it_was_then(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst, closed_at=NOW, outcome=Outcome.LEFT)
    create_contact(store, case, text="quero sair")
    create_contact(store, case, text="voltei", occurred_at=LATER, recorded_at=LATER)
    (block,) = store.do(issuing.of_case, analyst, case.id, op, now=LATER).form.contacts
    assert "quero sair" in block.notes and "voltei" not in block.notes


def test_a_closed_form_is_issued_anew_with_the_header_of_now_and_a_reason(
    store: Store, analyst: Analyst, colleague: Analyst, case: Case, op: Operation
) -> None:
    with pytest.raises(Conflict, match="está aberto"):
        store.do(issuing.reissue, analyst, case.id, "cidade errada", op)
    close_case(store, analyst, case)
    with pytest.raises(Conflict, match="Nada mudou no cabeçalho"):
        store.do(issuing.reissue, analyst, case.id, "cidade errada", op)
    store.do(stating.state_fact, analyst, case.id, "city", "Ilhéus")
    store.do(notes.note, analyst, case.id, "depois", now=LATER)
    with pytest.raises(InvalidInput):
        store.do(issuing.reissue, analyst, case.id, " ", op)
    with pytest.raises(NotFound):
        store.do(issuing.reissue, colleague, case.id, "cidade errada", op)
    revision = store.do(issuing.reissue, analyst, case.id, "cidade errada", op, now=LATER)
    assert (revision.number, revision.reason) == (2, "cidade errada")
    issued = store.do(issuing.of_case, analyst, case.id, op)
    assert (issued.revision.id, issued.form.city, issued.form.contacts) == (revision.id, "ILHÉUS", ())


def test_who_opens_a_case_again_gets_the_next_revision(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    close_case(store, analyst, case)
    store.do(closing.reopen, analyst, case.id)
    assert store.all(AuditEntry)[-1].action == "reopened"
    store.do(notes.note, analyst, case.id, "voltou a negociar", now=LATER)
    close_case(store, analyst, case, Outcome.RETAINED, now=LATER)
    issued = store.do(issuing.of_case, analyst, case.id, op)
    assert (issued.revision.number, issued.form.outcome) == (2, Outcome.RETAINED)


def test_a_printed_form_is_recognised_by_its_code_and_its_file(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    issued = store.do(issuing.of_case, analyst, case.id, op)
    content = issued.printed(FormFormat.MD)
    assert issued.note in content.decode() and read_form(content.decode()).form == issued.form
    store.do(issuing.keep, issued.revision.id, FormFormat.MD, content)
    store.do(issuing.keep, issued.revision.id, FormFormat.MD, b"another")  # somebody was faster
    assert store.do(issuing.of_case, analyst, case.id, op).files == {FormFormat.MD: content}
    assert store.count(FormFile) == 1
    code = issuing.shown(issued.revision.code)
    found = store.do(issuing.verify, code.lower(), content)
    assert (found.protocol, found.newest, found.same_file) == (case.protocol, True, True)
    assert store.do(issuing.verify, code, b"forged").same_file is False
    store.do(notes.note, analyst, case.id, "mais uma")
    store.do(issuing.of_case, analyst, case.id, op)
    assert store.do(issuing.verify, code).newest is False
    with pytest.raises(NotFound, match="confira o código"):
        store.do(issuing.verify, "AAAAA-AAAAA")


def test_a_content_that_was_tampered_with_is_not_recognised(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    issued = store.do(issuing.of_case, analyst, case.id, op)
    store.update(issued.revision, content=issued.revision.content | {"lives": 11})
    with pytest.raises(NotFound):
        store.do(issuing.verify, issued.revision.code)


def test_supervisors_take_all_that_ended_in_some_days(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    ended = [create_case(store, analyst) for _ in range(3)]
    create_case(store, analyst)
    close_case(store, analyst, ended[1])
    close_case(store, analyst, ended[0], now=LATER)
    store.update(ended[2], closed_at=NOW.replace(hour=3))  # midnight in São Paulo; before forms were kept
    taken = (supervisor, date(2023, 10, 30), date(2023, 10, 31), op)
    assert [f.form.protocol for f in store.do(issuing.of_closed, *taken)] == [ended[2].protocol, ended[1].protocol]
    with pytest.raises(NotAllowed):
        store.do(issuing.of_closed, analyst, date(2023, 10, 30), date(2023, 10, 31), op)


def test_an_end_that_asks_for_a_protocol_leaves_it_to_be_remembered(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    close_case(store, analyst, case, protocol_required=True, sectors=["Análise Técnica"])
    (follow_up,) = store.all(FollowUp)
    assert (follow_up.reason, follow_up.done_at) == ("Abertura de protocolo: Análise Técnica", None)
    assert op.local(follow_up.due_at).isoformat() == "2023-10-31T08:00:00-03:00"
    assert store.do(followups.complete, analyst, follow_up.id).done_at == NOW


@pytest.fixture
def signing(op: Operation) -> Operation:

    return replace(op, sign_off=True)


def label(store: Store, person: Analyst, case: Case, op: Operation) -> str | None:
    """What the screen of the case's end offers to end it by."""
    rows = summary_screen(store.do(gate.view, person, case.id, op), "step").rows
    buttons = [button for row in rows for button in row]
    return next((b.label for b in buttons if b.action in ("closing_confirm", "closing_ask")), None)


def test_where_supervisors_sign_off_an_analyst_asks_and_they_end_it(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, signing: Operation
) -> None:
    with pytest.raises(NotAllowed, match="Pedir o encerramento"):
        store.do(closing.close, analyst, case.id, Outcome.LEFT, signing)
    store.update(store.get(Case, case.id), outcome=Outcome.LEFT, protocol_required=False)
    with pytest.raises(Conflict, match="o que resolver"):
        store.do(approvals.ask_closing, analyst, case.id, Outcome.LEFT, signing)
    let_everything_stand(store, analyst, case)
    offered = {label(store, person, case, signing) for person in (analyst, supervisor)}
    assert offered == {"📨 Pedir o encerramento", "✅ Encerrar o caso"}
    asked = store.do(approvals.ask_closing, analyst, case.id, Outcome.LEFT, signing)
    assert label(store, analyst, case, signing) is None
    assert asked.found == "Desfecho: Desligamento. Motivos: Valores"
    assert store.do(gate.view, analyst, case.id, signing).awaited
    store.do(approvals.decide, supervisor, asked.id, True, signing)
    closed = store.get(Case, case.id)
    assert (closed.closed_at, closed.signers) == (NOW, ["Sofia Matos"])
    assert store.do(issuing.of_case, analyst, case.id, signing).form.signers == ("Sofia Matos",)


def test_an_end_that_was_changed_after_it_was_asked_for_is_not_made(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, signing: Operation
) -> None:
    store.update(store.get(Case, case.id), outcome=Outcome.LEFT, protocol_required=False)
    let_everything_stand(store, analyst, case)
    asked = store.do(approvals.ask_closing, analyst, case.id, Outcome.LEFT, signing)
    store.do(closing.note, analyst, case.id, "outra coisa")
    with pytest.raises(Conflict, match="mudou depois do pedido"):
        store.do(approvals.decide, supervisor, asked.id, True, signing)
    store.do(approvals.decide, supervisor, asked.id, False, signing)
    assert store.get(Case, case.id).closed_at is None


@pytest.mark.parametrize("wanted", FormFormat)
def test_every_file_tells_its_revision_whenever_it_was_issued(
    store: Store, analyst: Analyst, case: Case, op: Operation, wanted: FormFormat
) -> None:
    at = NOW + timedelta(microseconds=287396)
    issued = store.do(issuing.of_case, analyst, case.id, op, now=at)
    assert issued.printed(wanted) == issued.printed(wanted)
    content = issued.printed(wanted)
    assert len(content) > 500
