"""Search on both databases: numbers, names and what was said, without regard to accents, capitals or whose phone."""

import pytest
from sqlalchemy import text

from bot.services import searching
from messages.errors import InvalidInput, NotFound
from messages.statuses import Direction, Role
from storage import search
from storage.models import Analyst, Dentist
from tests.factory import NOW, Store, create_address, create_analyst, create_case, create_contact, create_dentist


def found(store: Store, analyst: Analyst, words: str) -> list[str]:
    return [f.case.protocol[-4:] for f in store.do(searching.find, analyst, words)]


@pytest.mark.parametrize(
    "asked",
    [
        "SAD169000763629", "sad 169000763629", "169000763629", "3629",
        "90485", "CRO 90485", "90485/BA", "CRO-BA 90.485", "ba 90485",
        "71 98000-0017", "+55 71 98000-0017", "5571980000017", "(71) 8000-0017", "98000-0017", "80000017",
        "Inês", "ines", "INES conceicao", "conceição inês", "ine", "Nê", "dra ines",
        "ortodôntica", "ORTODONTICA tabela", "tabela nova", "guia 123456789",
    ],
)  # fmt: skip
def test_a_case_is_found_by_whatever_people_remember(store: Store, analyst: Analyst, asked: str) -> None:
    dentist = create_dentist(store, "INÊS DA CONCEIÇÃO", "+5571980000017", cro="90485", called="Nê")
    case = create_case(store, analyst, dentist, protocol="SAD169000763629")
    create_contact(store, case, text="Quero ver a TABELA nova, a ortodôntica. Guia 123456789. Dra. Inês")
    other = create_dentist(store, "Paulo Braga", "+5571980000099", cro="9048")
    create_contact(store, create_case(store, analyst, other, protocol="SAD169000760001"), text="Tudo bem")
    assert found(store, analyst, asked) == ["3629"]


@pytest.mark.parametrize(
    "asked", ["", "  ", "...", "🦷", '"', "' OR 1=1", 'a" OR *', "%", "_", "(((", "NOT & | !", "x" * 5000]
)
def test_whatever_is_typed_is_only_ever_words(store: Store, analyst: Analyst, asked: str) -> None:
    case = create_case(store, analyst)
    create_contact(store, case, text="Bom dia")
    assert found(store, analyst, asked) == []


def test_what_changes_or_goes_is_found_as_it_is_now(store: Store, analyst: Analyst) -> None:
    dentist = create_dentist(store, "Helena Prado")
    contact = create_contact(store, create_case(store, analyst, dentist), text="primeira versão")
    store.update(contact, text="segunda versão")
    store.update(dentist, name="Helena Brandão")
    assert found(store, analyst, "primeira") == [] == found(store, analyst, "Prado")
    assert len(found(store, analyst, "segunda")) == 1 == len(found(store, analyst, "brandao"))
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM contact"))
    assert found(store, analyst, "segunda") == []


def test_only_ones_own_cases_are_found_and_a_supervisor_finds_all(store: Store, analyst: Analyst) -> None:
    colleague, supervisor = create_analyst(store, "Bruno"), create_analyst(store, "Sofia", Role.SUPERVISOR)
    dentist = create_dentist(store, "Helena Prado", "+5571980000031", cro="77001")
    case = create_case(store, analyst, dentist)
    create_contact(store, case, text="Falo da tabela")
    create_contact(store, None, text="Falo da tabela, e ninguém sabe quem sou")
    for asked in (case.protocol, "77001", "71 98000-0031", "helena", "tabela"):
        assert found(store, analyst, asked) == [case.protocol[-4:]]
        assert found(store, supervisor, asked) == [case.protocol[-4:]]
        assert found(store, colleague, asked) == []


def test_numbers_come_first_then_names_then_words_and_each_case_once(store: Store, analyst: Analyst) -> None:
    said = create_case(store, analyst, create_dentist(store, "Paulo Braga"), protocol="SAD100000000001")
    create_contact(store, said, text="Sobre o 2023 Helena")
    create_contact(store, said, Direction.OUT, text="Sobre o 2023 Helena, de novo")
    named = create_case(store, analyst, create_dentist(store, "Helena 2023"), protocol="SAD100000000002")
    numbered = create_case(store, analyst, create_dentist(store, "Rui Sá"), protocol="SAD100000002023")
    create_contact(store, numbered, text="2023")
    assert found(store, analyst, "2023") == ["2023", "0002", "0001"]
    hits = {f.case.id: f.contact for f in store.do(searching.find, analyst, "2023")}
    assert hits[named.id] is None and hits[numbered.id] is None
    assert hits[said.id].text == "Sobre o 2023 Helena, de novo"


def test_open_cases_come_before_closed_ones_and_no_more_than_a_screen_holds(store: Store, analyst: Analyst) -> None:
    dentist = create_dentist(store, "Helena Prado")
    closed = create_case(store, analyst, dentist, closed_at=NOW, protocol="SAD100000009999")
    open_ = create_case(store, analyst, dentist, protocol="SAD100000008888")
    assert found(store, analyst, "Helena") == ["8888", "9999"]
    for _ in range(searching.SHOWN):
        create_contact(store, create_case(store, analyst, create_dentist(store, "Helena Souza")), text="Helena")
    assert len(found(store, analyst, "Helena")) == searching.SHOWN
    assert open_.id != closed.id


def test_words_of_long_ago_are_found_after_those_of_today(store: Store, analyst: Analyst) -> None:
    def said(ending: str, number: int) -> None:
        dentist = create_dentist(store, f"DENTISTA {ending}", f"+5571981{number:06d}")
        case = create_case(store, analyst, dentist, protocol=f"SAD16900{ending}")
        create_contact(store, case, id=number, text="Falo da tabela")

    said("0001", 1)
    said("0002", 2 * search.NEWEST)
    assert found(store, analyst, "tabela") == ["0002", "0001"]
    for number in range(searching.SHOWN):
        said(f"1{number:03d}", 2 * search.NEWEST + 1 + number)
    assert found(store, analyst, "tabela") == [f"1{number:03d}" for number in reversed(range(searching.SHOWN))]


def test_two_dentists_of_one_phone_are_both_found(store: Store, analyst: Analyst) -> None:
    first, second = create_dentist(store, "Helena Prado"), create_dentist(store, "Rui Prado", None)
    create_address(store, second, "+5571980000017")
    create_case(store, analyst, first)
    create_case(store, analyst, second)
    assert len(found(store, analyst, "71980000017")) == 2


def test_where_a_case_is_asked_for_the_one_that_can_be_meant_is_found(
    store: Store, analyst: Analyst, colleague: Analyst
) -> None:
    old = create_case(store, analyst, create_dentist(store, "RITA REIS"), closed_at=NOW)
    rita = create_case(store, analyst, store.get(Dentist, old.dentist_id), protocol="SAD555500000013")
    for n, name in enumerate(("TEO REIS", "TEO SOUZA")):
        create_case(store, analyst, create_dentist(store, name), protocol=f"SAD66660000010{n}")
    create_case(store, colleague, create_dentist(store, "LIA MOURA"))
    for told in ("rita", "reis rita", "0013", "sad 5555 0000 0013", "é o SAD555500000013"):
        assert store.do(searching.meant, analyst, told).id == rita.id
    with pytest.raises(InvalidInput, match=r"Teo Souza \(SAD666600000101\) e Teo Reis \(SAD666600000100\)"):
        store.do(searching.meant, analyst, "teo")
    for told in ("lia moura", "não é dentista", "", "%"):
        with pytest.raises(NotFound, match="Não encontrei esse caso"):
            store.do(searching.meant, analyst, told)
