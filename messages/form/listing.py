"""Issued forms as a list for a spreadsheet. Nothing that people wrote is taken for a formula."""

import io
from collections.abc import Sequence
from datetime import date

import openpyxl
from openpyxl.styles import Font

from messages.form.model import Form

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
_COLUMNS: tuple[tuple[str, int], ...] = (
    ("Protocolo", 18),
    ("Dentista", 34),
    ("CRO", 12),
    ("Cidade", 22),
    ("UF", 5),
    ("Colaborador", 24),
    ("Abertura", 12),
    ("Início", 12),
    ("Final", 12),
    ("Dias", 7),
    ("Desfecho", 22),
    ("Motivos", 40),
    ("Ações", 40),
    ("Abertura de protocolo", 14),
    ("Setores", 24),
    ("Revisão", 8),
    ("Código", 13),
)


def safe(text: str) -> str:
    """A cell's text that no spreadsheet takes for a formula, here or after it was saved as CSV."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def to_xlsx(forms: Sequence[tuple[Form, int, str]]) -> bytes:
    """One row a form: the form, its revision's number and its code as it is shown."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Encerrados"
    sheet.append([title for title, _ in _COLUMNS])
    for n, (_, width) in enumerate(_COLUMNS, 1):
        sheet.cell(1, n).font = Font(bold=True)
        sheet.column_dimensions[sheet.cell(1, n).column_letter].width = width
    for form, number, code in forms:
        sheet.append([_cell(value) for value in (*_told(form), number, code)])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _told(form: Form) -> Sequence[object]:
    return (
        form.protocol,
        form.dentist_name,
        f"{form.cro}/{form.cro_uf}" if form.cro else None,
        form.city,
        form.uf,
        form.analyst,
        form.protocol_opened_on,
        form.started_on,
        form.ended_on,
        form.days,
        form.outcome.value if form.outcome else None,
        "; ".join(form.reasons),
        "; ".join(form.actions),
        None if form.protocol_required is None else "SIM" if form.protocol_required else "NÃO",
        "; ".join(form.sectors),
    )


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, int | date) else safe(str(value))
