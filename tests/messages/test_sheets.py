"""Spreadsheets as rows of texts, whatever Excel made of the numbers."""

import io
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import sheets
from messages.errors import InvalidInput
from messages.sheets import read_sheet
from tests.factory import named


def xlsx(*rows: list[object], before: int = 0) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Protocolos") if before else book.active
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_numbers_and_dates_are_texts_again() -> None:
    row = [
        "SAD169000763629",
        71980000017,
        71980000017.0,
        0.35,
        date(2023, 9, 18),
        datetime(2023, 9, 18, 9, 0),  # noqa: DTZ001  a cell knows no zone
        True,
        None,
    ]
    shown = ["SAD169000763629", "71980000017", "71980000017", "0,35", "18/09/2023", "18/09/2023", "sim"]
    assert read_sheet(xlsx(row)) == [shown]


def test_the_first_sheet_with_anything_on_it_counts() -> None:
    assert read_sheet(xlsx(["a", " b  c "], before=1)) == [["a", "b c"]]


@pytest.mark.parametrize(
    "content",
    [
        "Protocolo;Nome\nSAD1;Marina, Dra.\n",
        'Protocolo,Nome\nSAD1,"Marina, Dra."\n',
        "Protocolo\tNome\nSAD1\tMarina, Dra.",
    ],
    ids=named,
)
def test_a_csv_is_parted_by_what_parts_it(content: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        assert read_sheet(content.encode(encoding)) == [["Protocolo", "Nome"], ["SAD1", "Marina, Dra."]]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "vazio"),
        (b";;\n;;\n", "vazia"),
        (xlsx(), "vazia"),
        (xlsx(["a"])[:300], "danificado"),
        (b"a\n" * (sheets.MOST_ROWS + 1), "mais de 20000 linhas"),
        (b"%PDF-1.7", "não é uma planilha"),
        (b"a;" * 79 + b"x" * 2000 + b"\n" + (b"y" * 2000 + b"\n") * 5_000, "texto demais"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "formato antigo .* ou protegido por senha"),
    ],
    ids=named,
)
def test_what_is_no_sheet_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_sheet(content)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert read_sheet(text.encode())
    except InvalidInput as refusal:
        assert refusal.text
