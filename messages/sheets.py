"""Spreadsheets as rows of texts: .xlsx and .csv, as people save them.

What Excel made of a number is undone as far as that can be known: 71980000017.0 is 71980000017, a date is dd/mm/yyyy.
Leading zeros that it took are gone; who knows how long a number must be puts them back.
"""

import csv
import io
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Final

from messages.documents import Kind, kind_of
from messages.errors import InvalidInput
from messages.files import decoded
from messages.form.text import plain

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 80
LONGEST_CELL: Final = 2_000  # characters
MOST_TEXT: Final = 10_000_000  # characters of all cells: more than any list of protocols, less than what hurts
_EXACT: Final = 10**15  # beyond it Excel's numbers lose their last digits


def read_sheet(content: bytes) -> list[list[str]]:
    """The rows of the first sheet that has any, without empty ones at the end. Raises InvalidInput."""
    kind = kind_of(content)
    if kind not in (Kind.XLSX, Kind.TEXT):
        raise InvalidInput("O arquivo não é uma planilha: envie .xlsx ou .csv.")
    rows: list[list[str]] = []
    room = MOST_TEXT
    for row in _xlsx(content) if kind is Kind.XLSX else _csv(decoded(content)):
        rows.append(_trimmed(row))
        room -= sum(map(len, rows[-1]))
        if room < 0:
            raise InvalidInput("A planilha tem texto demais: envie só as colunas e as linhas que interessam.")
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise InvalidInput("A planilha está vazia: confira se é o arquivo certo e envie de novo.")
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"A planilha tem mais de {MOST_ROWS} linhas: divida em duas.")
    return rows


def _trimmed(row: list[str]) -> list[str]:
    cells = [" ".join(plain(cell[:LONGEST_CELL]).split()) for cell in row[:MOST_COLUMNS]]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _xlsx(content: bytes) -> Iterator[list[str]]:
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that it does not know: only the values matter
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            for sheet in book.worksheets:
                cells = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
                rows = [[_text(v) for v in row] for row in islice(cells, MOST_ROWS + 1)]
                if any(any(row) for row in rows):
                    yield from rows
                    return
    except Exception as error:  # whatever a library raises about a file that is not what it says
        raise InvalidInput("A planilha está danificada: salve-a de novo como .xlsx e envie outra vez.") from error


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "sim" if value else "não"
        case datetime() | date():
            return f"{value.day:02}/{value.month:02}/{value.year:04}"
        case float() if value.is_integer() and abs(value) < _EXACT:
            return str(int(value))
        case float():
            return repr(value).replace(".", ",")
        case _:
            return str(value)


def _csv(text: str) -> Iterator[list[str]]:
    """Parted by whatever parts the first lines most often."""
    beginning = "\n".join(text.splitlines()[:20])
    mark = max(";,\t", key=beginning.count)
    try:
        yield from islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), MOST_ROWS + 1)
    except csv.Error as error:
        raise InvalidInput("Não consegui ler o .csv: salve-o de novo, ou envie como .xlsx.") from error
