"""Tables as a spreadsheet (.xlsx). Nothing that people wrote is taken for a formula."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import openpyxl
from openpyxl.styles import Font

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Sheet:
    """``columns``: title and width in characters. A row's values are texts, numbers, days or None."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[object]]


def safe(text: str) -> str:
    """A cell's text that no spreadsheet takes for a formula, here or after it was saved as CSV."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def to_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Each with its titles in bold, which stay while one scrolls, and can be filtered."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for told in sheets:
        sheet = book.create_sheet(told.title)
        sheet.append([title for title, _ in told.columns])
        for n, (_, width) in enumerate(told.columns, 1):
            sheet.cell(1, n).font = Font(bold=True)
            sheet.column_dimensions[sheet.cell(1, n).column_letter].width = width
        for row in told.rows:
            sheet.append([_cell(value) for value in row])
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, int | float | date) else safe(str(value))
