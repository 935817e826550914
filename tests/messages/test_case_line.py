"""A new case in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.case_line import read_line

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
        ("Marina 3", {}),
        ("", {}),
    ],
)
def test_what_can_be_told_is_told_and_the_rest_left_open(line: str, told: dict[str, str]) -> None:
    assert read_line(line) == told


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert set(read_line(text)) <= {*ALL, "treatment"}
