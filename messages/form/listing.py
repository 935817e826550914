"""Issued forms as a list for a spreadsheet."""

from collections.abc import Sequence

from messages import workbooks
from messages.form.model import Form
from messages.workbooks import Sheet

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


def to_xlsx(forms: Sequence[tuple[Form, int, str]]) -> bytes:
    """One row a form: the form, its revision's number and its code as it is shown."""
    rows = [(*_told(form), number, code) for form, number, code in forms]
    return workbooks.to_xlsx([Sheet("Encerrados", _COLUMNS, rows)])


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
