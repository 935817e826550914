"""Supervisors' rules, what they do to a case, and exceptions that somebody else grants."""

import pytest

from bot.services import approvals, closing, drafts, gate, rules
from bot.services.operation import Operation
from messages.closing import Finding
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.statuses import Outcome, Role
from storage.models import Analyst, Approval, Case, Contact, Dentist, DialogueStep, Notification, Rule
from tests.factory import NOW, Store, create_analyst, create_case, create_dentist

SALVADOR = ("city", "Salvador / ba", "both", "rede em auditoria", "Diretoria")


def set_rule(store: Store, supervisor: Analyst, *answers: str) -> Rule:
    store.do(rules.begin, supervisor)
    for field, text in zip(rules.ORDER, answers, strict=True):
        store.do(rules.answer, supervisor, field, text)
    return store.do(rules.create, supervisor)


def gated(store: Store, analyst: Analyst, case: Case, op: Operation) -> list[Finding]:
    return store.do(gate.view, analyst, case.id, op).pending


def barred(store: Store, analyst: Analyst, case: Case, op: Operation) -> str | None:
    draft = store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", op)
    return store.do(drafts.view, analyst, draft.id, op).barred


@pytest.mark.parametrize(
    ("answers", "touched"),
    [
        (SALVADOR, [True, True, False, False]),
        (("uf", "ba", "no_contact", "x", "y"), [True, True, True, False]),
        (("contract", "C-77", "no_contact", "x", "y"), [False, True, False, False]),
        (("dentist", "77/SE", "no_contact", "x", "y"), [False, False, False, True]),
    ],
)
def test_a_rule_touches_the_cases_it_is_meant_for(
    store: Store, analyst: Analyst, supervisor: Analyst, answers: tuple[str, ...], touched: list[bool]
) -> None:
    dentist = create_dentist(store, cro="77", cro_uf="SE")
    made = [
        create_case(store, analyst),
        create_case(store, analyst, city="Sálvador", contract="C-77"),
        create_case(store, analyst, city="ILHÉUS"),
        create_case(store, analyst, dentist, uf="SE", city="ARACAJU"),
    ]
    rule = set_rule(store, supervisor, *answers)
    assert [bool(store.do(rules.of_case, analyst, case.id)) for case in made] == touched
    assert store.do(rules.view, supervisor, rule.id).cases == sum(touched)
    assert store.count(DialogueStep) == 0


@pytest.mark.parametrize(
    ("told", "text", "sentence"),
    [
        ((), "tudo", "Toque em um dos botões"),
        (("city",), "Salvador", "cidade com a UF"),
        (("uf",), "Bahia", "27 siglas"),
        (("dentist",), "123/BA", "Não há dentista cadastrado"),
        (("uf", "BA"), "talvez", "Toque em um dos botões"),
        (("uf", "BA", "both"), "  ", "Escreva uma resposta"),
        (("uf", "BA", "both"), "x" * 301, "cabem 300"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(
    store: Store, supervisor: Analyst, told: tuple[str, ...], text: str, sentence: str
) -> None:
    store.do(rules.begin, supervisor)
    for field, answer in zip(rules.ORDER, told, strict=False):
        store.do(rules.answer, supervisor, field, answer)
    asking = store.do(rules.current, supervisor).asking
    with pytest.raises(InvalidInput, match=sentence):
        store.do(rules.answer, supervisor, asking, text)
    with pytest.raises(Conflict, match="Falta responder"):
        store.do(rules.create, supervisor)
    assert store.do(rules.current, supervisor).asking == asking and store.count(Rule) == 0


def test_a_granted_exception_lifts_the_rule_for_that_case_only_and_is_recorded(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case, other = create_case(store, analyst), create_case(store, analyst)
    set_rule(store, supervisor, *SALVADOR)
    with pytest.raises(Conflict, match="rede em auditoria"):
        store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", op)
    store.do(closing.choose, analyst, case.id, Outcome.LEFT)
    assert any("não descredenciar: rede em auditoria" in f.text for f in gated(store, analyst, case, op))
    asked = store.do(approvals.ask_exception, analyst, case.id, "a clínica não chegou a ser divulgada")
    with pytest.raises(Conflict, match="já está com a supervisão"):
        store.do(approvals.ask_exception, analyst, case.id, "outra vez")
    store.do(approvals.decide, supervisor, asked.id, True, op)
    (note,) = store.all(Contact)
    assert note.text == (
        "Exceção à regra “rede em auditoria (orientação de Diretoria)”, autorizada por Sofia Matos: "
        "a clínica não chegou a ser divulgada"
    )
    assert barred(store, analyst, case, op) is None
    assert not any("rede em auditoria" in f.text for f in gated(store, analyst, case, op))
    with pytest.raises(Conflict, match="rede em auditoria"):
        store.do(drafts.whole_draft, analyst, other.id, "primeiro_contato", op)


def test_a_refused_exception_lifts_nothing_and_may_be_asked_again(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    set_rule(store, supervisor, *SALVADOR)
    asked = store.do(approvals.ask_exception, analyst, case.id, "motivo")
    store.do(approvals.decide, supervisor, asked.id, False, op)
    assert len(store.do(rules.of_case, analyst, case.id)) == 1 and store.count(Contact) == 0
    with pytest.raises(Conflict, match="já foi decidido por Sofia Matos"):
        store.do(approvals.decide, supervisor, asked.id, True, op)
    assert store.do(approvals.ask_exception, analyst, case.id, "de novo").id != asked.id


def test_who_asked_does_not_decide(store: Store, supervisor: Analyst, op: Operation) -> None:
    case = create_case(store, supervisor)
    set_rule(store, supervisor, *SALVADOR)
    with pytest.raises(Conflict, match="Não há outra pessoa da supervisão"):
        store.do(approvals.ask_exception, supervisor, case.id, "motivo")
    assert store.count(Approval) == 0
    second = create_analyst(store, "Rita Luz", Role.SUPERVISOR)
    asked = store.do(approvals.ask_exception, supervisor, case.id, "motivo")
    with pytest.raises(Conflict, match="Outra pessoa da supervisão decide"):
        store.do(approvals.decide, supervisor, asked.id, True, op)
    assert [v.may_decide for v in store.do(approvals.queue, supervisor, 8)[0]] == [False]
    store.do(approvals.decide, second, asked.id, True, op)
    assert store.do(approvals.queue, supervisor, 8) == ([], 0)


def test_a_wish_to_get_no_messages_is_lifted_by_a_grant(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    dentist = create_dentist(store, opted_out_at=NOW)
    case = create_case(store, analyst, dentist)
    asked = store.do(approvals.ask_contact, analyst, case.id, "ligou pedindo contato")
    told = {(n.analyst_id, n.kind) for n in store.all(Notification)}
    assert told == {(analyst.id, "approval"), (supervisor.id, "approval")}
    store.do(approvals.decide, supervisor, asked.id, True, op)
    assert store.get(Dentist, dentist.id).opted_out_at is None
    assert [n.version for n in store.all(Notification)] == [2, 2]  # both screens are drawn anew
    with pytest.raises(Conflict, match="não está bloqueado"):
        store.do(approvals.ask_contact, analyst, case.id, "de novo")


def test_a_rule_that_was_ended_holds_no_more_and_stays_on_record(
    store: Store, analyst: Analyst, supervisor: Analyst
) -> None:
    case = create_case(store, analyst)
    rule = set_rule(store, supervisor, *SALVADOR)
    assert [v.where for v in store.do(rules.standing, supervisor, 0, 8)] == ["Salvador/BA"]
    store.do(rules.end, supervisor, rule.id)
    assert store.do(rules.of_case, analyst, case.id) == store.do(rules.standing, supervisor, 0, 8) == []
    kept = store.get(Rule, rule.id)
    assert (kept.set_by, kept.ended_by, kept.ended_at) == (supervisor.id, supervisor.id, NOW)
    with pytest.raises(Conflict, match="já foi encerrada"):
        store.do(rules.end, supervisor, rule.id)


def test_only_supervisors_rule_and_decide(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = create_case(store, analyst)
    rule = set_rule(store, supervisor, *SALVADOR)
    asked = store.do(approvals.ask_exception, analyst, case.id, "motivo")
    for act in (
        lambda: store.do(rules.begin, analyst),
        lambda: store.do(rules.end, analyst, rule.id),
        lambda: store.do(rules.standing, analyst, 0, 8),
        lambda: store.do(rules.view, analyst, rule.id),
        lambda: store.do(approvals.decide, analyst, asked.id, True, op),
        lambda: store.do(approvals.queue, analyst, 8),
    ):
        with pytest.raises(NotAllowed):
            act()
    for ask in (approvals.ask_exception, approvals.ask_contact):
        with pytest.raises(NotFound):
            store.do(ask, colleague, case.id, "motivo")
    with pytest.raises(NotFound):
        store.do(approvals.view, colleague, asked.id)
