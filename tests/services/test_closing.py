"""How a case ends: what the gate lets pass, who lets the rest stand, and what an end leaves behind."""

from datetime import date, timedelta
from typing import Any

import pytest

from bot.services import approvals, closing, followups, gate, proofs, readings, replies
from bot.services.operation import Operation
from messages.closing import Finding
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.notes import AnsweredBy
from messages.replies import Intent
from messages.statuses import Direction, MessageStatus, Outcome, Settled
from storage.models import Analyst, AuditEntry, Case, ClosingAnswer, Contact, FollowUp, Message, Notification
from tests.factory import (
    NOW,
    Store,
    close_case,
    create_case,
    create_contact,
    create_dentist,
    create_follow_up,
    create_message,
    let_everything_stand,
)

WHOLE: dict[str, Any] = {
    "reasons": ["Baixa Procura"],
    "protocol_required": False,
    "outcome": Outcome.LEFT,
    "requested_by": "Operadora",
    "protocol_opened_on": date(2023, 9, 18),
    "started_on": date(2023, 9, 18),
    "lives": 3843,
    "published_cros": 244,
    "cro_count": 1,
    "other_plans": False,
    "currency": "0.35",
}


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    """One that lacks nothing but the dentist's word."""
    dentist = create_dentist(store, person_type="F", cpf="21573681911", enrolled_on=date(2022, 7, 20))
    return create_case(store, analyst, dentist, **WHOLE)


def pending(store: Store, analyst: Analyst, case: Case, op: Operation) -> dict[str, Finding]:
    return {finding.code: finding for finding in store.do(gate.view, analyst, case.id, op).pending}


def confirmed(store: Store, case: Case, answer: str = "Sim", who: AnsweredBy | None = AnsweredBy.DENTIST) -> Contact:
    """The final confirmation was asked for and answered."""
    asked = "A Dra. confirma que está ciente e que, mesmo assim, deseja seguir com o desligamento?"
    sent = create_message(store, case, MessageStatus.READ, blocks=["confirmacao_final"], text=asked)
    create_contact(store, case, Direction.OUT, text=asked, message_id=sent.id)
    return create_contact(store, case, text=answer, occurred_at=NOW + timedelta(minutes=5), answered_by=who)


def test_a_case_with_the_dentists_word_and_nothing_open_ends(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    assert set(pending(store, analyst, case, op)) == {"confirmation"}
    with pytest.raises(Conflict, match="o que resolver"):
        store.do(closing.close, analyst, case.id, Outcome.LEFT, op)
    confirmed(store, case)
    assert pending(store, analyst, case, op) == {}
    closed = store.do(closing.close, analyst, case.id, Outcome.LEFT, op)
    assert (closed.closed_at, closed.ended_on, closed.form_date) == (NOW, date(2023, 10, 30), date(2023, 10, 30))


def test_who_answered_is_told_with_a_tap_and_a_secretarys_word_is_not_enough(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    confirmed(store, case, "Sim, quero sair", who=None)
    assert "falta dizer quem" in pending(store, analyst, case, op)["confirmation"].text
    answers = store.do(gate.view, analyst, case.id, op).answers
    store.do(closing.tell_who, analyst, case.id, answers, AnsweredBy.SECRETARY)
    assert "não foi o dentista" in pending(store, analyst, case, op)["confirmation"].text
    store.do(closing.tell_who, analyst, case.id, answers, AnsweredBy.DENTIST)
    assert pending(store, analyst, case, op) == {}


@pytest.mark.parametrize("who", [AnsweredBy.DENTIST, None])
def test_a_complaint_after_the_question_is_no_confirmation(
    store: Store, analyst: Analyst, case: Case, op: Operation, who: AnsweredBy | None
) -> None:
    for complaint in ("Os valores são muito baixos", "Muita burocracia, glosa em tudo"):
        confirmed(store, case, complaint, who)
        assert "confirmation" in pending(store, analyst, case, op)


def test_a_later_days_answer_takes_nothing_back_of_what_was_confirmed_before(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    confirmed(store, case, "Sim, confirmo o desligamento")
    asked = "Até quando atendo quem está em tratamento?"
    later = create_contact(store, case, text=asked, occurred_at=NOW + timedelta(days=1))
    assert "confirmation" not in pending(store, analyst, case, op)
    store.do(readings.mean, analyst, case.id, later.id, Intent.QUESTION, {"intent": "question"})
    assert "confirmation" not in pending(store, analyst, case, op)


def test_the_gate_follows_what_an_analyst_said_a_message_means(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    confirmed(store, case, "vou ver")
    last = create_contact(store, case, text="quero continuar na rede", occurred_at=NOW + timedelta(minutes=6))
    assert "querer ficar" in pending(store, analyst, case, op)["confirmation"].text
    store.do(readings.mean, analyst, case.id, last.id, Intent.DECLINES, {})
    assert "falta dizer quem" in pending(store, analyst, case, op)["confirmation"].text
    store.do(closing.choose, analyst, case.id, Outcome.RETAINED)
    assert "wants_to_leave" in pending(store, analyst, case, op)


def test_only_a_dentists_message_of_the_case_is_told_of(store: Store, analyst: Analyst, case: Case) -> None:
    ours = create_contact(store, case, Direction.OUT, text="Bom dia")
    other = create_contact(store, create_case(store, analyst))
    with pytest.raises(NotFound):
        store.do(closing.tell_who, analyst, case.id, [ours.id, other.id], AnsweredBy.DENTIST)
    assert {c.answered_by for c in store.all(Contact)} == {None}


def test_a_promise_is_kept_before_the_end(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    confirmed(store, case)
    follow_up = create_follow_up(store, case)
    assert "verificar a tabela" in pending(store, analyst, case, op)["follow_up"].text
    store.do(followups.complete, analyst, follow_up.id)
    assert pending(store, analyst, case, op) == {}


def test_what_a_tap_settles_a_tap_settles_and_it_is_asked_again_once_it_reads_otherwise(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    confirmed(store, case)
    store.do(closing.give_reasons, analyst, case.id, ["Valores"])
    apart = pending(store, analyst, case, op)["reasons_apart"]
    assert apart.settled is Settled.CHECKED
    store.do(gate.check, analyst, case.id, [apart.key], op)
    assert pending(store, analyst, case, op) == {}
    store.do(closing.give_reasons, analyst, case.id, ["Valores", "Glosas"])
    assert "Glosas" in pending(store, analyst, case, op)["reasons_apart"].text
    assert [a.action for a in store.all(AuditEntry) if a.action.startswith("finding")] == ["finding_checked"]


def test_what_only_a_supervisor_lets_pass_no_analyst_does(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, case: Case, op: Operation
) -> None:
    key = pending(store, analyst, case, op)["confirmation"].key
    store.do(gate.check, analyst, case.id, [key], op)
    with pytest.raises(Conflict, match="só a supervisão"):
        store.do(gate.explain, analyst, case.id, key, "ela disse por telefone", op)
    with pytest.raises(NotAllowed):
        store.do(gate.overrule, analyst, case.id, key, "ela disse por telefone", op)
    with pytest.raises(NotFound):
        store.do(gate.explain, colleague, case.id, key, "ela disse por telefone", op)
    with pytest.raises(InvalidInput, match="Escreva o motivo"):
        store.do(gate.overrule, supervisor, case.id, key, "  ", op)
    assert store.count(ClosingAnswer) == 0
    store.do(gate.overrule, supervisor, case.id, key, "confirmou por e-mail", op)
    (note,) = store.all(Contact)
    assert note.text == (
        "Liberado no encerramento, por Sofia Matos: O dentista ainda não confirmou o desligamento. "
        "Motivo: confirmou por e-mail"
    )
    store.do(closing.close, analyst, case.id, Outcome.LEFT, op)
    assert store.all(AuditEntry)[-1].detail["let_stand"] == [key]


def test_a_supervisor_is_asked_to_let_it_pass_and_decides(
    store: Store, analyst: Analyst, supervisor: Analyst, case: Case, op: Operation
) -> None:
    key = pending(store, analyst, case, op)["confirmation"].key
    asked = store.do(approvals.ask_overrule, analyst, case.id, key, "faleceu", op)
    assert store.do(gate.view, analyst, case.id, op).asked == {key}
    with pytest.raises(Conflict, match="já está com a supervisão"):
        store.do(approvals.ask_overrule, analyst, case.id, key, "de novo", op)
    store.do(approvals.decide, supervisor, asked.id, True, op)
    assert pending(store, analyst, case, op) == {}
    with pytest.raises(NotFound, match="já está resolvido"):
        store.do(approvals.ask_overrule, analyst, case.id, key, "de novo", op)


def test_a_tick_that_nothing_proves_is_taken_away_or_stands_by_a_reason(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    confirmed(store, case)
    store.update(case, actions_imported=["Ofertado Suporte", "Outros"], other_justification="prazo de guias")
    found = [f.about["action"] for f in store.do(gate.view, analyst, case.id, op).pending]
    assert found == ["Ofertado Suporte", "Outros"]
    store.do(proofs.untick, analyst, case.id, "Ofertado Suporte")
    with pytest.raises(InvalidInput, match="sem o motivo"):
        store.do(proofs.tick, analyst, case.id, "Outros", " ")
    store.do(proofs.tick, analyst, case.id, "Outros", "prazo explicado na visita")
    assert pending(store, analyst, case, op) == {}
    (proof,) = store.do(gate.view, analyst, case.id, op).proofs
    assert (proof.action, proof.justification) == ("Outros", "prazo explicado na visita")


def test_what_a_message_proves_nobody_takes_away(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    offer = {"action": "Ofertado Suporte", "justification": None}
    sent = create_message(store, case, MessageStatus.READ, offers=[offer])
    with pytest.raises(Conflict, match="prova esta ação"):
        store.do(proofs.untick, analyst, case.id, "Ofertado Suporte")
    (proof,) = store.do(gate.view, analyst, case.id, op).proofs
    assert proof.message is not None and proof.message.id == sent.id


def test_closing_ends_what_was_to_go_out_and_to_be_remembered(store: Store, analyst: Analyst, op: Operation) -> None:
    case = create_case(store, analyst, unread=3, reasons=["Valores"])
    messages = {status: create_message(store, case, status) for status in MessageStatus}
    create_follow_up(store, case)
    late = NOW.replace(hour=2)  # still the day before in São Paulo
    closed = close_case(store, analyst, case, now=late)
    assert (closed.outcome, closed.closed_at, closed.unread) == (Outcome.LEFT, late, 0)
    assert (closed.ended_on, closed.form_date) == (date(2023, 10, 29), date(2023, 10, 29))
    assert (closed.reasons_stated, closed.reasons) == (["Baixa Procura"], ["Valores"])
    ended_screens = {f"message:{messages[s].id}" for s in (MessageStatus.DRAFT, MessageStatus.QUEUED)}
    assert {n.key for n in store.all(Notification)} == ended_screens  # they no longer say that it will leave
    for status, message in messages.items():
        ended = status in (MessageStatus.DRAFT, MessageStatus.QUEUED)
        assert store.get(Message, message.id).status is (MessageStatus.DISCARDED if ended else status)
    assert store.all(FollowUp)[0].done_at == late
    with pytest.raises(Conflict, match="já está encerrado"):
        store.do(closing.close, analyst, case.id, Outcome.LEFT, op)
    again = store.do(closing.reopen, analyst, case.id)
    assert (again.closed_at, again.outcome, again.ended_on) == (None, None, None)
    with pytest.raises(Conflict, match="já está aberto"):
        store.do(closing.reopen, analyst, case.id)


def test_a_case_that_nobody_gave_a_beginning_began_with_its_protocol(store: Store, analyst: Analyst) -> None:
    assert close_case(store, analyst, create_case(store, analyst)).started_on == NOW.date()
    case = create_case(store, analyst, protocol_opened_on=date(2023, 9, 18))
    assert close_case(store, analyst, case).started_on == date(2023, 9, 18)


def test_an_end_that_was_changed_since_the_screen_is_not_made(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    let_everything_stand(store, analyst, case)
    store.do(closing.choose, analyst, case.id, Outcome.RETAINED)
    with pytest.raises(Conflict, match="mudou depois desta tela"):
        store.do(closing.close, analyst, case.id, Outcome.LEFT, op)


def test_the_general_note_grows_and_is_written_anew_only_where_that_is_asked(
    store: Store, analyst: Analyst, case: Case
) -> None:
    store.do(closing.note, analyst, case.id, "Encerrado a pedido da família.")
    assert store.do(closing.note, analyst, case.id, "3629").general_notes == "Encerrado a pedido da família.\n3629"
    with pytest.raises(InvalidInput, match="8000"):
        store.do(closing.note, analyst, case.id, "x" * 8000)
    assert store.do(closing.rewrite_note, analyst, case.id, "Só isto.").general_notes == "Só isto."


def test_on_a_closed_case_nothing_is_chosen_any_more(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    store.update(case, closed_at=NOW)
    for act in (
        lambda: store.do(closing.choose, analyst, case.id, Outcome.RETAINED),
        lambda: store.do(closing.give_reasons, analyst, case.id, []),
        lambda: store.do(closing.note, analyst, case.id, "x"),
        lambda: store.do(closing.rewrite_note, analyst, case.id, "x"),
        lambda: store.do(closing.require_protocol, analyst, case.id, True),
        lambda: store.do(closing.assign, analyst, case.id, ["T.I"]),
        lambda: store.do(closing.admit_plans, analyst, case.id, "BRADESCO"),
        lambda: store.do(closing.tell_who, analyst, case.id, [1], AnsweredBy.DENTIST),
        lambda: store.do(gate.check, analyst, case.id, ["x"], op),
        lambda: store.do(proofs.tick, analyst, case.id, "Outros", "x"),
    ):
        with pytest.raises(Conflict, match="encerrado"):
            act()


@pytest.mark.parametrize("act", [closing.give_reasons, closing.assign])
def test_what_no_list_of_the_form_holds_is_refused(store: Store, analyst: Analyst, case: Case, act: Any) -> None:
    with pytest.raises(InvalidInput, match="não existe no formulário"):
        store.do(act, analyst, case.id, ["Inventado"])


def test_who_answered_is_asked_on_the_card_of_the_confirmation_until_it_is_told(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    before = create_contact(store, case, text="Bom dia", occurred_at=NOW - timedelta(hours=1))
    assert store.do(replies.card, analyst, case.id, before.id, op).whose == []
    answer = confirmed(store, case, who=None)
    assert store.do(replies.card, analyst, case.id, before.id, op).whose == [answer.id]
    store.do(closing.tell_who, analyst, case.id, [answer.id], AnsweredBy.DENTIST)
    thanks = create_contact(store, case, text="Obrigada", occurred_at=NOW + timedelta(hours=1))
    assert store.do(replies.card, analyst, case.id, thanks.id, op).whose == []


@pytest.mark.parametrize(
    "said", ["Aqui é a Marina. Quero seguir.", "A doutora disse que confirma.", "Paula, secretária"]
)
def test_who_answered_is_not_asked_where_the_words_tell(
    store: Store, analyst: Analyst, case: Case, op: Operation, said: str
) -> None:
    answer = confirmed(store, case, who=None)
    create_contact(store, case, text=said, occurred_at=NOW + timedelta(minutes=1))
    assert store.do(replies.card, analyst, case.id, answer.id, op).whose == []
