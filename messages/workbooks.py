"""Tables as a spreadsheet (.xlsx). Nothing that people wrote is taken for a formula."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_MOMENT = "dd/mm/yyyy hh:mm"


@dataclass(frozen=True, slots=True)
class Sheet:
    """``columns``: title and width in characters. A row's values are texts, numbers, days, moments in local time or
    None; rows may come one by one."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[object]]


def safe(text: str) -> str:
    """A cell's text that no spreadsheet takes for a formula, here or after it was saved as CSV."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def to_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Each with its titles in bold, which stay while one scrolls, and can be filtered. A row that is written is let go
    of."""
    book = openpyxl.Workbook(write_only=True)
    for told in sheets:
        sheet = book.create_sheet(told.title)
        sheet.freeze_panes = "A2"
        letters = [get_column_letter(n) for n in range(1, len(told.columns) + 1)]
        for letter, (_, width) in zip(letters, told.columns, strict=True):
            sheet.column_dimensions[letter].width = width
        sheet.append([_titled(sheet, title) for title, _ in told.columns])
        number = 1
        for row in told.rows:
            sheet.append([_cell(sheet, value) for value in row])
            number += 1
        sheet.auto_filter.ref = f"A1:{letters[-1]}{number}"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _titled(sheet: Any, title: str) -> Any:
    cell = WriteOnlyCell(sheet, title)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: object) -> object:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = _MOMENT
        return cell
    if value is None or isinstance(value, int | float | date):
        return value
    return safe(ILLEGAL_CHARACTERS_RE.sub("", str(value)))
