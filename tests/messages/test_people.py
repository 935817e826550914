import pytest

from messages.people import Addressed, Treatment, city_title, first_name, may_be_one, title_name


@pytest.mark.parametrize(
    ("registered", "written"),
    [
        ("MARINA PRADO DE SERRA AZUL", "Marina Prado de Serra Azul"),
        ("joão e maria dos anjos", "João e Maria dos Anjos"),
        ("ANA-BEATRIZ D'OLIVEIRA", "Ana-Beatriz D'Oliveira"),
        ("  JOSÉ   SANT’ANA  ", "José Sant’Ana"),
        ("DE PAULA ODONTOLOGIA", "De Paula Odontologia"),
        ("PIO XII", "Pio XII"),
        ("VIVIAN LIVIA IVI", "Vivian Livia Ivi"),
        ("ÉRICA McGregor", "Érica McGregor"),
        ("", ""),
    ],
)
def test_a_registered_name_is_written_as_people_write_it(registered: str, written: str) -> None:
    assert title_name(registered) == written


@pytest.mark.parametrize(
    ("name", "called"),
    [("MARINA PRADO SERRA AZUL", "Marina"), ("DRA. OFÉLIA LIMA", "Ofélia"), ("Dr Teo", "Teo"), ("", "")],
)
def test_the_first_name_is_the_first_word_that_is_no_treatment(name: str, called: str) -> None:
    assert first_name(name) == called


@pytest.mark.parametrize(
    ("city", "written"),
    [
        ("SALVADOR", "Salvador"),
        ("SALVADOR - BA", "Salvador"),
        ("FEIRA DE SANTANA/BA", "Feira de Santana"),
        ("Recife (PE)", "Recife"),
        ("SANTA BÁRBARA D'OESTE", "Santa Bárbara D'Oeste"),
        ("EMBU-GUAÇU", "Embu-Guaçu"),
        ("PIO IX", "Pio IX"),
    ],
)
def test_a_city_is_written_without_its_state(city: str, written: str) -> None:
    assert city_title(city) == written


@pytest.mark.parametrize(
    ("text", "treatment"),
    [
        ("Dra.", Treatment.DRA),
        ("DRª", Treatment.DRA),
        (" doutora ", Treatment.DRA),
        ("Dr.", Treatment.DR),
        ("DOUTOR", Treatment.DR),
        ("Marina", None),
        ("", None),
    ],
)
def test_a_treatment_is_read_from_data_only(text: str, treatment: Treatment | None) -> None:
    assert Treatment.read(text) is treatment


def test_a_dentist_is_addressed_by_treatment_and_name() -> None:
    assert Addressed.of("HELENA PRADO", Treatment.DRA) == Addressed(
        addressed="Dra. Helena", article="a Dra.", of_article="da Dra.", of_addressed="da Dra. Helena"
    )
    assert Addressed.of("Teo", Treatment.DR) == Addressed("Dr. Teo", "o Dr.", "do Dr.", "do Dr. Teo")


def test_without_treatment_data_nothing_is_guessed_from_the_name() -> None:
    assert Addressed.of("HELENA PRADO", None) == Addressed("Helena", "você", "de Helena", "de Helena")


@pytest.mark.parametrize(
    ("name", "other", "may"),
    [
        ("MARIA PRADO", "Dra. Maria Prado Lima", True),
        ("MARIA PRADO", "PRADO, MARIA", True),
        ("MARIA PRADO", "M. Prado", True),
        ("Maria Prado", "José Ângelo", False),
        ("Maria de Souza", "José de Souza", False),
        ("Maria", "", False),
    ],
)
def test_two_names_of_one_person_are_told_from_two_people(name: str, other: str, may: bool) -> None:
    assert may_be_one(name, other) == may_be_one(other, name) == may
