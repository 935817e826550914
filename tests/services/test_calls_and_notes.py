"""Notes, calls and guidance: asked for a thing at a time, kept with their true time, withdrawn by their author."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.services import cases, forms, notes, notices, noting, searching, taps
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unfinished, UserError
from messages.notes import AnsweredBy
from messages.statuses import ChannelName, Direction
from storage.models import Analyst, AuditEntry, Case, Contact, DialogueStep
from tests.factory import NOW, Store, create_case, create_contact, create_dentist


@pytest.fixture
def case(store: Store, analyst: Analyst) -> Case:
    return create_case(store, analyst)


def write_down(store: Store, analyst: Analyst, op: Operation, *answers: tuple[str, str]) -> Contact | None:
    """Taps, and for “write” a typed text; what the last one kept."""
    kept = None
    for question, value in answers:
        if question == "earlier":
            store.do(noting.other_time, analyst)
        elif question == "write":
            kept = store.do(noting.write, analyst, value, False, op)
        else:
            kept = store.do(noting.answer, analyst, question, value, op)
    return kept


def on_form(store: Store, case: Case, op: Operation) -> list[str]:
    form = store.do(lambda session, now: forms.build(session, session.get_one(Case, case.id), op))
    return [line for block in form.contacts for line in block.notes.splitlines()]


EARLIER = ("earlier", "")
CALL = (("what", "call"), ("answered_by", "secretary"), ("write", "Volta às 14h."))


def test_a_text_typed_to_the_question_is_a_note(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    store.do(noting.begin, analyst, "", case.id)
    kept = write_down(store, analyst, op, ("write", " Credenciada na rede concorrente. "))
    assert kept is not None
    assert (kept.text, kept.direction, kept.occurred_at) == ("Credenciada na rede concorrente.", Direction.NOTE, NOW)
    assert store.count(DialogueStep) == 0
    assert on_form(store, case, op) == ["Credenciada na rede concorrente."]


@pytest.mark.parametrize(
    ("answers", "line", "who"),
    [
        (
            (("what", "call"), ("answered_by", "nobody")),
            "Ligação em 30/10/2023 às 11:00: não atendeu.",
            AnsweredBy.NOBODY,
        ),
        (
            (("what", "call"), EARLIER, ("write", "ontem às 16h30"), ("answered_by", "voicemail")),
            "Ligação em 29/10/2023 às 16:30: caiu na caixa postal.",
            AnsweredBy.VOICEMAIL,
        ),
        (
            (("what", "call"), ("answered_by", "secretary"), ("write", "pediu para ligar\namanhã")),
            "Ligação em 30/10/2023 às 11:00: atendeu a secretária: pediu para ligar amanhã",
            AnsweredBy.SECRETARY,
        ),
        (
            (
                ("what", "call"),
                EARLIER,
                ("write", "há 20 minutos"),
                ("answered_by", "dentist"),
                ("write", "vai pensar"),
            ),
            "Ligação em 30/10/2023 às 10:40: atendeu a Dra. Marina: vai pensar",
            AnsweredBy.DENTIST,
        ),
        (
            (("what", "guidance"), ("write", "Sofia Matos"), ("write", "Manter na rede até dezembro.")),
            "Orientação recebida de Sofia Matos: Manter na rede até dezembro.",
            None,
        ),
    ],
)
def test_each_reads_naturally_on_the_form(
    store: Store,
    analyst: Analyst,
    case: Case,
    op: Operation,
    answers: tuple[tuple[str, str], ...],
    line: str,
    who: AnsweredBy | None,
) -> None:
    store.do(noting.begin, analyst, "", case.id)
    kept = write_down(store, analyst, op, *answers)
    assert kept is not None and kept.answered_by is who
    assert on_form(store, case, op) == [line]


def test_a_call_is_a_touch_at_its_true_time(store: Store, analyst: Analyst, case: Case, op: Operation) -> None:
    store.do(noting.begin, analyst, "", case.id)
    kept = write_down(store, analyst, op, CALL[0], EARLIER, ("write", "10h15"), *CALL[1:])
    assert kept is not None and kept.channel is ChannelName.PHONE
    at = datetime(2023, 10, 30, 13, 15, tzinfo=UTC)
    touched = store.get(Case, case.id)
    assert (touched.first_out_at, touched.last_out_at) == (at, at)


def test_words_typed_first_wait_for_case_and_kind_and_are_held(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    other = create_case(store, analyst, create_dentist(store, "RITA REIS"))
    store.do(noting.begin, analyst, "Falei com ela", None)
    assert [c.id for c, _ in store.do(noting.current, analyst).choices] == [other.id, case.id]
    with pytest.raises(Unfinished):
        store.do(noting.begin, analyst, "Outra", case.id)
    with pytest.raises(Unfinished):
        store.do(taps.ask, analyst, "phone", case.id)
    assert write_down(store, analyst, op, ("case", str(case.id))) is None
    store.do(noting.other_case, analyst)
    with pytest.raises(NotFound, match="Não encontrei esse caso"):
        write_down(store, analyst, op, ("write", "teo"))
    assert write_down(store, analyst, op, ("write", "rita")) is None
    with pytest.raises(InvalidInput, match="Já tenho o texto"):
        write_down(store, analyst, op, ("write", "mais"))
    kept = write_down(store, analyst, op, *CALL[:2])
    assert kept is not None and (kept.case_id, kept.text) == (other.id, "atendeu a secretária: Falei com ela")


def test_without_words_a_step_aside_ends_it(store: Store, analyst: Analyst, case: Case) -> None:
    store.do(noting.begin, analyst, "", case.id)
    store.do(taps.ask, analyst, "phone", case.id)
    assert [step.name for step in store.all(DialogueStep)] == ["phone"]


def test_what_is_typed_long_after_is_no_answer_unless_it_is_a_reply(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    store.do(noting.begin, analyst, "Falei com ela", case.id)
    write_down(store, analyst, op, ("what", "guidance"))
    later = NOW + timedelta(hours=1)
    with pytest.raises(Unfinished):
        store.do(noting.write, analyst, "Sofia", False, op, now=later)
    assert store.do(noting.write, analyst, "Sofia", True, op, now=later) is not None


@pytest.mark.parametrize(
    "answers",
    [
        (("what", "call"), EARLIER, ("write", "amanhã 9h")),
        (*CALL[:2], ("write", " ")),
        (("what", "guidance"), ("write", "x" * 90)),
        (("write", "x" * 8001),),
        (("answered_by", "nobody"),),
    ],
)
def test_what_is_not_understood_is_asked_again_and_nothing_is_kept(
    store: Store, analyst: Analyst, case: Case, op: Operation, answers: tuple[tuple[str, str], ...]
) -> None:
    store.do(noting.begin, analyst, "", case.id)
    with pytest.raises(UserError):
        write_down(store, analyst, op, *answers)
    assert store.count(Contact) == 0
    assert store.count(DialogueStep) == 1


def test_only_ones_own_cases_are_written_about(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, case: Case, op: Operation
) -> None:
    with pytest.raises(NotFound):
        store.do(noting.begin, colleague, "oi", case.id)
    store.do(noting.begin, colleague, "oi", None)
    for act in (
        lambda: store.do(noting.answer, colleague, "case", str(case.id), op),
        lambda: write_down(store, colleague, op, ("write", case.protocol)),
    ):
        with pytest.raises(NotFound):
            act()
    store.do(noting.begin, analyst, "", case.id)
    store.update(case, analyst_id=colleague.id)  # handed over meanwhile
    with pytest.raises(NotFound):
        write_down(store, analyst, op, ("write", "oi"))
    store.do(noting.begin, supervisor, "", case.id)
    assert write_down(store, supervisor, op, ("write", "Pode seguir")) is not None


def test_the_case_meant_is_that_of_the_screen_replied_to_else_of_the_card_at_the_end(
    store: Store, analyst: Analyst, colleague: Analyst, case: Case
) -> None:
    def bind(screen: int, kind: str) -> None:
        store.do(notices.bind, analyst.id, f"{kind}:{screen}", screen, kind, case.id, 1)

    def meant(person: Analyst, replied_to: int | None = None) -> int | None:
        return store.do(noting.case_meant, person, replied_to)

    bind(7, "case")
    bind(8, "message")
    assert [meant(store.update(analyst, chat_bottom=n)) for n in (7, 8, 9)] == [case.id, None, None]
    assert (meant(analyst, 8), meant(analyst, 6), meant(colleague, 8)) == (case.id, None, None)
    store.update(case, analyst_id=colleague.id)
    assert meant(analyst, 8) is None


def test_a_withdrawn_note_is_no_touch_any_more_and_stays_for_the_auditor(
    store: Store, analyst: Analyst, case: Case, op: Operation
) -> None:
    store.do(noting.begin, analyst, "", case.id)
    kept = write_down(store, analyst, op, *CALL)
    assert kept is not None
    store.do(notes.withdraw, analyst, kept.id, op, now=NOW + timedelta(hours=2))
    assert on_form(store, case, op) == []
    after = store.get(Case, case.id)
    assert (after.first_out_at, after.last_out_at, after.last_touch_at) == (None, None, case.opened_at)
    assert store.do(cases.view, analyst, case.id).last == []
    assert store.do(searching.find, analyst, "secretária") == []
    assert [(e.action, e.detail) for e in store.all(AuditEntry)][-1] == ("withdrawn", {"contact": kept.id})
    assert store.get(Contact, kept.id).text == kept.text
    with pytest.raises(Conflict, match="já foi desfeita"):
        store.do(notes.withdraw, analyst, kept.id, op)


def test_only_its_author_withdraws_and_only_on_the_same_day(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, case: Case, op: Operation
) -> None:
    store.do(noting.begin, analyst, "", case.id)
    kept = write_down(store, analyst, op, ("write", "oi"))
    assert kept is not None
    for person, refusal in ((colleague, NotFound), (supervisor, NotAllowed)):
        with pytest.raises(refusal):
            store.do(notes.withdraw, person, kept.id, op)
    with pytest.raises(Conflict, match="no mesmo dia"):
        store.do(notes.withdraw, analyst, kept.id, op, now=NOW + timedelta(hours=14))
    said = create_contact(store, case, Direction.IN, analyst_id=analyst.id)
    decided = store.do(lambda session, now: notes.noted(session, case, analyst, "Autorizado", now))
    for other in (said, decided):
        with pytest.raises(Conflict, match="não se desfaz"):
            store.do(notes.withdraw, analyst, other.id, op)
    assert store.get(Contact, kept.id).withdrawn_at is None
