"""A new case in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.case_line import as_protocol, read_cro, read_line, read_phone

ALL = {
    "protocol": "SAD169000763629",
    "dentist_name": "Marina Prado",
    "cro": "90485/BA",
    "phone": "+5571980000017",
}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("SAD169000763629 Marina Prado 90485/BA 71 98000-0017", ALL),
        ("sad 169000763629, MARINA PRADO, CRO-BA 90.485, (71) 98000-0017", ALL),
        ("Marina Prado\nCRO 90485-BA\n+55 71 98000-0017\nProtocolo: SAD169000763629", ALL),
        ("Protocolo SAD169000763629 - Dentista: Dra. Marina Prado - 90485 BA 71980000017", ALL | {"treatment": "Dra."}),
        ("Dr. Teo de Souza", {"treatment": "Dr.", "dentist_name": "Teo de Souza"}),
        ("SAD169000763629", {"protocol": "SAD169000763629"}),
        ("90485/BA", {"cro": "90485/BA"}),
        ("90485", {}),
        ("SAD16900076362", {}),
        ("SAD 1690 0076 3629 Marina Prado", {"protocol": "SAD169000763629", "dentist_name": "Marina Prado"}),
        ("Marina 3", {}),
        ("", {}),
    ],
)
def test_what_can_be_told_is_told_and_the_rest_left_open(line: str, told: dict[str, str]) -> None:
    assert read_line(line) == told


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert set(read_line(text)) <= {*ALL, "treatment"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("40127 bahia", ("40127", "BA")),
        ("CRO 40.127, Mato Grosso do Sul", ("40127", "MS")),
        ("40127 paraíba", ("40127", "PB")),
        ("40127 BA", ("40127", "BA")),
        ("40127", None),
        ("bahia", None),
        ("40127, para confirmar", None),
    ],
)
def test_a_registration_is_read_with_the_name_of_its_state(text: str, told: tuple[str, str] | None) -> None:
    assert read_cro(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("71 98000 0042 (é o da secretaria)", "+5571980000042"),
        ("é o 71 98000-0042, da clínica", "+5571980000042"),
        ("71 98000-0042 ou 71 98000-0043", None),
        ("não tenho", None),
    ],
)
def test_a_phone_is_read_among_words(text: str, told: str | None) -> None:
    assert read_phone(text) == told


def test_a_protocol_is_read_in_groups() -> None:
    assert as_protocol(" SAD 1690 0076 3629 ") == as_protocol("sad169000763629") == "SAD169000763629"
    assert as_protocol("SAD 1690 0076 362") is as_protocol("é o SAD169000763629") is None
