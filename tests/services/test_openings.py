"""The dialogue that opens a case: a form is read, what is missing is asked once, nothing blocks."""

from pathlib import Path

import pytest

from bot.services import notes, openings, pasting, taps
from messages.errors import Conflict, InvalidInput, NotFound, Unfinished
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress, DialogueStep
from tests.factory import PHONE, ZONE, Store, create_case, create_update

FORMS = Path(__file__).parents[1] / "data" / "forms"
TEXT = (FORMS / "real-a-opening.txt").read_text(encoding="utf-8")


def asking(store: Store, analyst: Analyst) -> str | None:
    opening = store.do(openings.current, analyst)
    assert opening is not None
    return opening.asking


def test_each_question_is_asked_once_and_the_case_is_opened(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin, analyst, TEXT)
    for question, answer in (("phone", "71 8000-0017"), ("treatment", "drª"), ("called", "  Mari  Prado ")):
        assert asking(store, analyst) == question
        store.do(openings.reply, analyst, question, answer)
    assert asking(store, analyst) is None
    case = store.do(openings.confirm, analyst, ZONE)
    dentist = store.get(Dentist, case.dentist_id)
    assert (case.protocol, dentist.treatment, dentist.called) == ("SAD169000763629", "Dra.", "Mari Prado")
    assert [a.address for a in store.all(DentistAddress)] == [PHONE]
    assert store.count(DialogueStep) == 0
    with pytest.raises(Conflict, match="envie o formulário"):
        store.do(openings.confirm, analyst, ZONE)


def test_everything_may_be_skipped(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin, analyst, TEXT)
    for question in openings.QUESTIONS:
        store.do(openings.reply, analyst, question, " ")
    dentist = store.get(Dentist, store.do(openings.confirm, analyst, ZONE).dentist_id)
    assert (dentist.treatment, dentist.called, store.count(DentistAddress)) == (None, None, 0)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("phone", "8000-0017"), ("phone", "sim"), ("treatment", "Marina"), ("called", "x" * 61), ("called", "👍")],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(
    store: Store, analyst: Analyst, question: str, answer: str
) -> None:
    store.do(openings.begin, analyst, TEXT)
    with pytest.raises(InvalidInput):
        store.do(openings.reply, analyst, question, answer)
    assert asking(store, analyst) == "phone"


@pytest.mark.parametrize("text", ["", "Bom dia!", TEXT[: TEXT.index("Cidade")], "\0" * 50])
def test_what_is_no_form_or_is_damaged_opens_nothing(store: Store, analyst: Analyst, text: str) -> None:
    with pytest.raises(InvalidInput):
        store.do(openings.begin, analyst, text)
    with pytest.raises(InvalidInput):
        store.do(openings.open_for, analyst.name, text, ZONE)
    assert store.count(Case) == store.count(DialogueStep) == 0


def test_a_protocol_that_is_open_already_is_told_at_once_and_when_it_is_opened_meanwhile(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    store.do(openings.begin, analyst, TEXT)
    create_case(store, colleague, protocol="SAD169000763629")
    with pytest.raises(Conflict, match="Bruno Reis"):
        store.do(openings.confirm, analyst, ZONE)
    with pytest.raises(Conflict, match="já está aberto"):
        store.do(openings.begin, analyst, TEXT)
    assert store.count(Case) == 1


def test_cancelled_it_leaves_nothing(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin, analyst, TEXT)
    store.do(openings.cancel, analyst)
    assert store.do(openings.current, analyst) is None
    with pytest.raises(Conflict):
        store.do(openings.reply, analyst, "phone", PHONE)


def test_the_command_line_opens_at_once_with_the_phone_that_the_notes_tell(store: Store, analyst: Analyst) -> None:
    case = store.do(openings.open_for, "Ana Lima", (FORMS / "real-a.txt").read_text(encoding="utf-8"), ZONE)
    assert case.analyst_id == analyst.id
    assert [a.address for a in store.all(DentistAddress)] == [PHONE]
    assert [c.imported for c in store.all(Contact)] == [True] * 5
    with pytest.raises(NotFound):
        store.do(openings.open_for, "Ninguém", TEXT, ZONE)


OTHER = (FORMS / "form-101-00.txt").read_text(encoding="utf-8")


def test_a_second_form_waits_for_its_turn_and_answers_go_to_the_first(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin, analyst, TEXT)
    store.do(openings.begin, analyst, OTHER)
    with pytest.raises(Unfinished, match="já está em abertura"):
        store.do(openings.begin, analyst, OTHER)
    opening = store.do(openings.current, analyst)
    assert opening is not None and (opening.form.protocol, len(opening.waiting)) == ("SAD169000763629", 1)
    store.do(openings.reply, analyst, "phone", PHONE)
    first = store.do(openings.confirm, analyst, ZONE)
    assert first.protocol == "SAD169000763629"
    following = store.do(openings.current, analyst)
    assert following is not None and (following.form.protocol, following.answers) == ("SAD169816629581", {})
    store.do(openings.cancel, analyst)
    assert store.do(openings.current, analyst) is None
    assert [c.protocol for c in store.all(Case)] == ["SAD169000763629"]


def test_a_cancelled_form_gives_way_to_the_next(store: Store, analyst: Analyst) -> None:
    for text in (TEXT, OTHER):
        store.do(openings.begin, analyst, text)
    store.do(openings.cancel, analyst)
    assert store.do(openings.confirm, analyst, ZONE).protocol == "SAD169816629581"
    assert store.count(DialogueStep) == 0


def test_the_forms_that_wait_are_not_without_number(store: Store, analyst: Analyst) -> None:
    for n in range(openings.MOST_WAITING + 1):
        store.do(openings.begin, analyst, TEXT.replace("SAD169000763629", f"SAD1690007636{n:02d}"))
    with pytest.raises(Unfinished, match="na fila"):
        store.do(openings.begin, analyst, TEXT)


def test_nothing_else_takes_the_place_of_a_form_or_a_conversation_in_hand(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst)
    store.do(openings.begin, analyst, TEXT)
    talk = "[09:37, 30/10/2023] MARINA 90001: Oi"
    for act, args in ((taps.ask, ("note", case.id)), (pasting.begin, (talk, None))):
        with pytest.raises(Unfinished, match="a abertura de Marina Prado Serra Azul"):
            store.do(act, analyst, *args)
    create_update(store, 1)
    store.do(taps.act, analyst, 1, None, True, notes.note, case.id, "oi")  # an act that ends a question
    assert asking(store, analyst) == "phone"
    store.do(openings.cancel, analyst)
    store.do(pasting.begin, analyst, talk, case.id)
    for act, args in ((taps.ask, ("note", case.id)), (openings.begin, (TEXT,))):
        with pytest.raises(Unfinished, match="conversa colada"):
            store.do(act, analyst, *args)


def test_without_a_form_everything_is_asked_for_and_one_line_may_tell_it_all(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin_without_form, analyst, "")
    told = (
        ("protocol", "sad 169000763629"),
        ("dentist_name", "Dra. marina prado"),
        ("cro", "CRO-BA 90.485"),
        ("phone", "71 98000-0017"),
        ("called", " "),
    )
    for question, text in told:
        assert asking(store, analyst) == question
        store.do(openings.write, analyst, text)
    assert asking(store, analyst) is None
    case = store.do(openings.confirm, analyst, ZONE)
    dentist = store.get(Dentist, case.dentist_id)
    assert (case.protocol, case.uf, case.city) == ("SAD169000763629", "BA", None)
    assert (dentist.name, dentist.cro, dentist.cro_uf, dentist.treatment) == ("Marina Prado", "90485", "BA", "Dra.")
    assert [d["field"] for d in case.doubts] == ["uf"]

    store.do(openings.begin_without_form, analyst, "SAD169000763630 MARINA PRADO 90485/BA 71 98000-0017")
    opening = store.do(openings.current, analyst)
    assert opening is not None and (opening.asking, opening.known) == ("treatment", "Marina Prado")
    for question in ("treatment", "called"):
        store.do(openings.reply, analyst, question, "")
    again = store.do(openings.confirm, analyst, ZONE)
    assert again.dentist_id == dentist.id and [d["field"] for d in again.doubts] == ["uf"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("SAD16900076362", "este tem 11"),
        ("", "não há caso"),
        ("SAD169000763629", "já está aberto com você"),
    ],
)
def test_without_a_good_protocol_there_is_no_case(store: Store, analyst: Analyst, text: str, sentence: str) -> None:
    create_case(store, analyst, protocol="SAD169000763629")
    store.do(openings.begin_without_form, analyst, "")
    with pytest.raises((InvalidInput, Conflict), match=sentence):
        store.do(openings.write, analyst, text)
    assert asking(store, analyst) == "protocol"


@pytest.mark.parametrize(("question", "text"), [("dentist_name", "90"), ("dentist_name", "X" * 200), ("cro", "90485")])
def test_who_the_dentist_is_must_be_readable(store: Store, analyst: Analyst, question: str, text: str) -> None:
    store.do(openings.begin_without_form, analyst, "SAD169000763629")
    with pytest.raises(InvalidInput):
        store.do(openings.reply, analyst, question, text)


def test_an_answer_can_be_corrected_also_what_the_form_told(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin, analyst, TEXT)
    for question in openings.QUESTIONS:
        store.do(openings.reply, analyst, question, "")
    store.do(openings.correct, analyst, "cro")
    assert asking(store, analyst) == "cro"
    store.do(openings.write, analyst, "90486/SE")
    assert asking(store, analyst) is None
    case = store.do(openings.confirm, analyst, ZONE)
    dentist = store.get(Dentist, case.dentist_id)
    assert (dentist.cro, dentist.cro_uf, case.uf) == ("90486", "SE", "BA")


def test_one_opening_at_a_time_is_begun_without_a_form(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin_without_form, analyst, "")
    with pytest.raises(Unfinished, match="a abertura de um caso novo"):
        store.do(openings.begin_without_form, analyst, "")


def test_of_one_line_what_can_be_used_is_kept_and_the_rest_asked_for(store: Store, analyst: Analyst) -> None:
    store.do(openings.begin_without_form, analyst, "SAD169000763629 Marina Prado 9999999/BA 71 98000-0017")
    opening = store.do(openings.current, analyst)
    assert opening is not None and opening.problems == ("O CRO deve ter de 1 a 6 dígitos: confira o número.",)
    assert (opening.form.protocol, opening.form.dentist_name, opening.asking) == (
        "SAD169000763629",
        "Marina Prado",
        "cro",
    )
    store.do(openings.write, analyst, "90485/BA")
    opening = store.do(openings.current, analyst)
    assert opening is not None and (opening.problems, opening.asking) == ((), "treatment")
