"""What is said of a case and its dentist after opening: read as in a spreadsheet, once, and on the record."""

from datetime import date
from decimal import Decimal

import pytest

from bot.services import stating
from messages.errors import InvalidInput, NotFound
from storage.models import Analyst, AuditEntry, Case, Dentist
from tests.factory import Store, create_case, create_dentist


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("city", " feira  de santana", "FEIRA DE SANTANA"),
        ("uf", "ba", "BA"),
        ("lives", "3.843", 3843),
        ("protocol_opened_on", "18/09/2023", date(2023, 9, 18)),
        ("currency", "R$ 0,35", Decimal("0.35")),
        ("other_plans", "Não", False),
        ("contract", "CT-2021/045", "CT-2021/045"),
        ("last_production_value", "49", Decimal(49)),
    ],
)
def test_a_fact_of_the_case_is_kept_and_its_doubt_settled(
    store: Store, analyst: Analyst, field: str, text: str, value: object
) -> None:
    doubts = [{"field": field, "text": "confira"}, {"field": "cnpj", "text": "confira"}]
    case = create_case(store, analyst, city=None, doubts=doubts)
    store.do(stating.state_fact, analyst, case.id, field, text)
    kept = store.get(Case, case.id)
    assert getattr(kept, field) == value and kept.doubts == doubts[1:]
    (entry,) = store.all(AuditEntry)
    assert (entry.action, entry.subject, entry.detail) == ("fact_stated", f"case:{case.id}", {"field": field})


def test_a_fact_of_the_dentist_is_kept_with_the_dentist(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst, create_dentist(store, cro=None, cro_uf=None))
    for field, text in (("cpf", "215.736.819-11"), ("cro", "CRO-BA 90.485"), ("enrolled_on", "20/07/2022")):
        store.do(stating.state_fact, analyst, case.id, field, text)
    (dentist,) = store.all(Dentist)
    assert (dentist.cpf, dentist.cro, dentist.cro_uf) == ("21573681911", "90485", "BA")
    assert dentist.enrolled_on == date(2022, 7, 20)


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("city", "", "Não reconheci a cidade: escreva, por exemplo, Salvador."),
        ("city", "x" * 81, "Não reconheci a cidade"),
        ("uf", "XX", "A UF deve ser uma das 27"),
        ("lives", "muitas", "Não reconheci o número de vidas"),
        ("currency", "9999999999", "Não reconheci a moeda"),
        ("protocol_opened_on", "31/10/2023", "ainda não chegou"),
        ("cpf", "111.111.111-11", "não confere"),
        ("cro", "90485", "escreva, por exemplo, 90485/BA"),
        ("cro", "70000/BA", "já está cadastrado para OUTRO NOME"),
    ],
)
def test_what_cannot_be_used_changes_nothing(
    store: Store, analyst: Analyst, field: str, text: str, sentence: str
) -> None:
    create_dentist(store, name="OUTRO NOME", cro="70000", cro_uf="BA")
    case = create_case(store, analyst)
    with pytest.raises(InvalidInput, match=sentence):
        store.do(stating.state_fact, analyst, case.id, field, text)
    assert store.get(Case, case.id) == case and store.count(AuditEntry) == 0


def test_of_a_colleagues_case_nothing_is_said(store: Store, analyst: Analyst, colleague: Analyst) -> None:
    case = create_case(store, analyst)
    with pytest.raises(NotFound):
        store.do(stating.state_fact, colleague, case.id, "city", "Salvador")
