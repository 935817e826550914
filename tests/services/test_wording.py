"""The messages in an operation's own words: checked, published, taken back; what Meta does not know goes by hand."""

from typing import Any

import pytest
import structlog.testing

from bot.services import drafts, next_up, taps, wording
from bot.services.operation import Operation, Operations
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.statuses import ChannelName
from storage.models import Analyst, AuditEntry, DialogueStep, TemplateOverride
from tests.factory import NOW, Store, create_analyst, create_case, create_operation

WORDS = "Nosso suporte atende pelo {{ support.phone }}, {{ support.hours }}."


@pytest.fixture
def operations(op: Operation) -> Operations:
    return Operations(op)


def edit(store: Store, person: Analyst, operations: Operations, key: str, typed: str, part: str = "body") -> None:
    text = store.do(wording.text, person, key, operations)
    data = {"key": key, "part": part, "of": text.version}
    store.do(taps.ask, person, wording.STEP, None, data)
    store.do(wording.propose, person, typed, operations)


def published(store: Store, person: Analyst, operations: Operations, key: str, typed: str, **more: str) -> Any:
    edit(store, person, operations, key, typed, **more)
    return store.do(wording.publish, person, operations)


def now_in(store: Store, operations: Operations) -> Operation:
    return store.do(lambda session, *, now: operations.current(session))


def test_a_published_wording_is_said_from_the_next_draft_on(
    store: Store, analyst: Analyst, supervisor: Analyst, operations: Operations
) -> None:
    case = create_case(store, analyst)
    before = store.do(drafts.compose_draft, analyst, case.id, ["suporte"], now_in(store, operations))
    row = published(store, supervisor, operations, "suporte", WORDS)
    assert (row.version, row.title, row.body) == (1, None, WORDS)
    after = store.do(drafts.compose_draft, analyst, case.id, ["suporte"], now_in(store, Operations(operations.base)))
    assert "Nosso suporte atende pelo 71 98000-0001, das 8h às 18h." in after.text
    assert "Nosso suporte" not in before.text
    assert after.offers == before.offers
    assert store.all(DialogueStep) == []
    assert [(a.action, a.detail) for a in store.all(AuditEntry)] == [
        ("template_published", {"key": "suporte", "version": 1})
    ]


def test_the_preview_has_the_operations_own_facts(store: Store, supervisor: Analyst, operations: Operations) -> None:
    edit(store, supervisor, operations, "suporte", WORDS)
    proposal = store.do(wording.proposal, supervisor, operations)
    assert proposal.preview == "Nosso suporte atende pelo 71 98000-0001, das 8h às 18h."
    without = Operations(create_operation(api_on=False))
    assert store.do(wording.text, supervisor, "suporte", without).preview.startswith("Temos um WhatsApp exclusivo")


def test_a_wording_that_does_not_compile_is_refused_with_its_line_and_the_question_stays(
    store: Store, supervisor: Analyst, operations: Operations
) -> None:
    with pytest.raises(InvalidInput, match=r"linha 2: variável desconhecida: dentist\.nome"):
        edit(store, supervisor, operations, "suporte", "Olha,\n{{ dentist.nome }}.")
    assert store.get(DialogueStep, supervisor.id).data == {"key": "suporte", "part": "body", "of": 0}
    with pytest.raises(Conflict):
        store.do(wording.publish, supervisor, operations)
    store.do(wording.propose, supervisor, WORDS, operations)
    store.do(wording.publish, supervisor, operations)
    assert store.count(TemplateOverride) == 1


def test_a_title_is_changed_without_the_words_and_the_words_without_the_title(
    store: Store, supervisor: Analyst, operations: Operations
) -> None:
    published(store, supervisor, operations, "suporte", "Suporte ao dentista", part="title")
    published(store, supervisor, operations, "suporte", WORDS)
    template = now_in(store, operations).library["suporte"]
    assert (template.title, template.body) == ("Suporte ao dentista", WORDS)
    with pytest.raises(InvalidInput, match="de 3 a 60 caracteres"):
        edit(store, supervisor, operations, "suporte", "x" * 61, part="title")


def test_earlier_versions_and_the_original_can_be_seen_and_used_again(
    store: Store, supervisor: Analyst, operations: Operations
) -> None:
    published(store, supervisor, operations, "suporte", WORDS)
    published(store, supervisor, operations, "suporte", "Temos suporte.")
    assert store.do(wording.version, supervisor, "suporte", 1, operations)[1] == WORDS
    original = operations.base.library["suporte"]
    assert store.do(wording.version, supervisor, "suporte", 0, operations) == (original.title, original.body)
    store.do(wording.restore, supervisor, "suporte", 1, 2, operations)
    assert now_in(store, operations).library["suporte"].body == WORDS
    store.do(wording.restore, supervisor, "suporte", 0, 3, operations)
    assert now_in(store, operations).library["suporte"] is original
    assert not store.do(wording.text, supervisor, "suporte", operations).changed
    told = store.do(wording.versions, supervisor, "suporte", None, 3)
    assert [(row.version, row.body) for row, _ in told] == [(4, None), (3, WORDS), (2, "Temos suporte.")]
    with pytest.raises(Conflict, match="nada mudou"):
        store.do(wording.restore, supervisor, "suporte", 0, 4, operations)
    with pytest.raises(NotFound):
        store.do(wording.restore, supervisor, "suporte", 9, 4, operations)


def test_of_two_who_edit_at_once_the_second_is_told(store: Store, supervisor: Analyst, operations: Operations) -> None:
    other = create_analyst(store, "Túlio Reis", supervisor.role)
    edit(store, supervisor, operations, "suporte", WORDS)
    published(store, other, operations, "suporte", "Temos suporte.")
    with pytest.raises(Conflict, match="Outra pessoa mudou este texto"):
        store.do(wording.publish, supervisor, operations)
    with pytest.raises(Conflict, match="Outra pessoa mudou este texto"):
        store.do(wording.restore, supervisor, "suporte", 0, 0, operations)
    assert now_in(store, operations).library["suporte"].body == "Temos suporte."


def test_whole_words_that_meta_does_not_know_go_by_hand(
    store: Store, analyst: Analyst, supervisor: Analyst, operations: Operations
) -> None:
    case = create_case(store, analyst)
    early = store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", now_in(store, operations))
    published(store, supervisor, operations, "primeiro_contato", "Olá, {{ dentist.addressed }}! Podemos conversar?")
    op = now_in(store, operations)
    late = store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", op)
    assert (late.channel, late.template_name, late.template_parameters) == (ChannelName.MANUAL, None, {})
    assert late.text == "Olá, Dra. Marina! Podemos conversar?"
    assert (early.channel, early.template_name) == (ChannelName.WHATSAPP, "retencao_primeiro_contato")
    found = store.do(next_up.next_up, analyst, op)
    assert found is not None and found.ready is None
    published(store, supervisor, operations, "primeiro_contato", "Primeiro contato", part="title")
    store.do(wording.restore, supervisor, "primeiro_contato", 0, 2, operations)
    again = store.do(drafts.whole_draft, analyst, case.id, "primeiro_contato", now_in(store, operations))
    assert again.template_name == "retencao_primeiro_contato"


def test_a_wording_that_compiles_no_more_gives_way_to_ours_and_the_list_says_so(
    store: Store, supervisor: Analyst, operations: Operations
) -> None:
    row = {"version": 1, "analyst_id": supervisor.id, "created_at": NOW}
    store.add(TemplateOverride(key="suporte", body="Olha, {{ facts.gone }}.", **row))
    store.add(TemplateOverride(key="gone", body="Olha.", **row))
    with structlog.testing.capture_logs() as told:
        assert now_in(store, operations).library["suporte"] is operations.base.library["suporte"]
    assert [(entry["event"], entry["key"]) for entry in told] == [
        ("wording_not_used", "suporte"),
        ("wording_not_used", "gone"),
    ]
    texts = store.do(wording.overview, supervisor, operations)
    assert [t.template.key for t in texts] == list(operations.base.library)
    assert [t.template.key for t in texts if t.unusable] == ["suporte"]
    with pytest.raises(Conflict, match="não vale mais: linha 1"):
        store.do(wording.restore, supervisor, "suporte", 1, 1, operations)


def test_only_supervisors_see_and_change(store: Store, analyst: Analyst, operations: Operations) -> None:
    store.do(taps.ask, analyst, wording.STEP, None, {"key": "suporte", "part": "body", "of": 0})
    for use_case, arguments in (
        (wording.overview, (operations,)),
        (wording.text, ("suporte", operations)),
        (wording.proposal, (operations,)),
        (wording.propose, (WORDS, operations)),
        (wording.publish, (operations,)),
        (wording.restore, ("suporte", 0, 0, operations)),
        (wording.versions, ("suporte", None, 5)),
        (wording.version, ("suporte", 0, operations)),
    ):
        with pytest.raises(NotAllowed):
            store.do(use_case, analyst, *arguments)
    assert store.count(TemplateOverride) == 0
