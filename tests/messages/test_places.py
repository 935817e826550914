"""Places: one city however it is spelt, and what a typed place can mean."""

import pytest

from messages.identity import UFS
from messages.places import NO_UF, WHOLE, Place, city_key, meant, same_city, together


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SÃO PAULO", "sao paulo"),
        ("SALVADOR - BA", "Salvador"),
        ("SALVADOR/BA", "Salvador (BA)"),
        ("JI-PARANÁ", "Ji Parana"),
        ("Santa Bárbara d'Oeste", "SANTA BARBARA D OESTE"),
        ("STO. ANTÔNIO DE JESUS", "Santo Antonio de Jesus"),
        ("FEIRA  DE SANTANA ", "Feira de Santana"),
    ],
)
def test_spellings_of_one_city_are_one(one: str, other: str) -> None:
    assert same_city(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("Salvador", "Salvador do Sul"), ("Mirante", "Mirandela"), ("Salvador", ""), ("/", "")]
)
def test_other_cities_are_others(one: str, other: str) -> None:
    assert not same_city(one, other)


def test_a_name_without_letters_still_tells_itself_apart() -> None:
    assert city_key("???") != city_key("")


def test_every_state_has_its_name() -> None:
    assert set(WHOLE) == UFS


COUNTED = [
    ("SALVADOR", "BA", 3),
    ("Salvador - BA", "BA", 1),
    ("SALVADOR DO SUL", "RS", 2),
    ("FEIRA DE SANTANA", "BA", 2),
    ("FEIRA NOVA", "SE", 5),
    ("VITÓRIA DA CONQUISTA", "BA", 1),
    ("STO ANTONIO DE JESUS", "BA", 1),
    ("S JOSE DOS CAMPOS", "SP", 1),
    ("SAO PAULO", "SP", 4),
    ("GOVERNADOR VALADARES", "MG", 1),
    ("PALMAS", "TO", 1),
    ("PALMAS", "PR", 1),
    ("CELSO RAMOS", "SC", 1),
    ("CORONEL XAVIER CHAVES", "MG", 1),
    ("BELEM", "PA", 1),
    ("SALVADOR", None, 1),
    (None, "BA", 2),
]
PLACES = together(COUNTED)


def test_places_are_counted_once_under_the_spelling_of_most() -> None:
    assert [p for p in PLACES if p.uf == "BA"][:2] == [Place(None, "BA", 10), Place("SALVADOR", "BA", 4)]
    assert Place("SALVADOR", NO_UF, 1) in PLACES
    assert [p.many for p in PLACES] == sorted((p.many for p in PLACES), reverse=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("salvador", ["Salvador/BA", "Salvador, sem UF", "Salvador do Sul/RS"]),
        ("Salvador/BA", ["Salvador/BA"]),
        ("SALVADOR - RS", ["Salvador do Sul/RS"]),
        ("feira", ["Feira Nova/SE", "Feira de Santana/BA"]),
        ("feira ba", ["Feira de Santana/BA"]),
        ("Feira Santana", ["Feira de Santana/BA"]),
        ("vitoria de conquista", ["Vitória da Conquista/BA"]),
        ("Vit. da Conquista", ["Vitória da Conquista/BA"]),
        ("santo antonio", ["Sto Antonio de Jesus/BA"]),
        ("Sto. Antônio", ["Sto Antonio de Jesus/BA"]),
        ("Gov Valadares", ["Governador Valadares/MG"]),
        ("cel xavier", ["Coronel Xavier Chaves/MG"]),
        ("cel", ["Celso Ramos/SC", "Coronel Xavier Chaves/MG"]),
        ("palmas to", ["Palmas/TO"]),
        ("são pa", ["Sao Paulo/SP"]),
        ("saopaulo", ["Sao Paulo/SP"]),
        ("são paulo", ["São Paulo inteiro", "Sao Paulo/SP"]),
        ("Bahia", ["Bahia inteira"]),
        ("ba", ["Bahia inteira"]),
        ("Pará", ["Pará inteiro"]),
        ("minas", ["Minas Gerais inteira"]),
        ("Recife/PE", []),
        ("!?", []),
        ("", []),
    ],
)
def test_what_a_typed_place_can_mean(text: str, found: list[str]) -> None:
    assert [place.told for place in meant(text, PLACES)] == found
