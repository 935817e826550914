"""The form as a Word file: A4, editable, tables and check boxes as on paper. The same form gives the same bytes.

It reads back as what it was made of: the boxes are signs, the header is rows of labels over rows of values.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from messages.form import vocabulary
from messages.form.model import Form
from messages.form.printed import header_value, printed_blocks, rows_of_three
from messages.form.values import show_date
from messages.form.vocabulary import HEADER_ROWS, Label

_FONT = "Calibri"
_SHADE = "ECECEC"
_GREY = RGBColor(0x46, 0x46, 0x46)
_WIDTH = Mm(178)
_BLANK_DATE = "_____"
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of a packed file's entries
# How the paper shares a row among its cells; what is not named takes one part.
_SHARES = {
    "analyst": 4,
    "dentist_name": 4,
    "city": 3,
    "other_plans_detail": 3,
    "published_cros": 2,
    "cro_uf": 0.6,
    "uf": 0.6,
}


def to_docx(form: Form, *, note: str = "", issued_at: datetime | None = None) -> bytes:
    """The printed form. ``note`` (a revision, say) stands in the footer; ``issued_at`` is the document's own date."""
    document = docx.Document()
    _prepare(document, form, note, issued_at or _NO_DATE)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(title, vocabulary.TITLE, size=15, bold=True)
    for labels in HEADER_ROWS:
        _header_row(document, form, labels)
    _section(document, vocabulary.STATUS_TITLE)
    _grid(document, vocabulary.OUTCOMES, [form.outcome] if form.outcome else [], 1)
    for block in printed_blocks(form):
        on = show_date(block.date) if block.date else _BLANK_DATE
        _section(document, f"{block.number}º contato Data {on}")
        _text(document, "Obs.:", grey=True)
        _running(document, block.notes)
    _section(document, vocabulary.ACTIONS_TITLE)
    _grid(document, vocabulary.ACTIONS, form.actions, 3)
    _text(document, f"Obs.: {vocabulary.JUSTIFICATION_HINT}", grey=True)
    _running(document, form.other_justification)
    _section(document, vocabulary.REASONS_TITLE)
    _grid(document, vocabulary.REASONS, form.reasons, 3)
    _section(document, vocabulary.PROTOCOL_TITLE)
    _grid(document, vocabulary.YES_NO, _answer(form.protocol_required), 2)
    _section(document, vocabulary.GENERAL_TITLE)
    _running(document, form.general_notes)
    _section(document, vocabulary.SECTORS_TITLE)
    _grid(document, vocabulary.SECTORS, form.sectors, 4)
    for name in form.signers:
        signer = document.add_paragraph()
        signer.paragraph_format.space_before = Pt(26)
        _run(signer, name)
    return _saved(document)


def _prepare(document: Any, form: Form, note: str, issued_at: datetime) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(16)
    page.top_margin, page.bottom_margin = Mm(15), Mm(17)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _FONT, Pt(10)
    normal.paragraph_format.space_after, normal.paragraph_format.space_before = Pt(2), Pt(0)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "pt-BR")
    normal.element.get_or_add_rPr().append(language)
    about = document.core_properties
    about.title, about.language, about.author = f"{vocabulary.TITLE} {form.protocol or ''}".strip(), "pt-BR", ""
    about.comments, about.last_modified_by = "", ""
    about.created = about.modified = issued_at.astimezone(UTC).replace(tzinfo=None)
    footer = page.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    told = " · ".join(filter(None, (f"Protocolo {form.protocol}" if form.protocol else "", note)))
    _run(footer, f"{told} · Página " if told else "Página ", size=8, grey=True)
    _field(footer, "PAGE")
    _run(footer, " de ", size=8, grey=True)
    _field(footer, "NUMPAGES")


def _field(paragraph: Any, code: str) -> None:
    """A number that Word fills in."""
    run = _run(paragraph, "", size=8, grey=True)
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _header_row(document: Any, form: Form, labels: Sequence[Label]) -> None:
    """Labels over values. Between two tables Word wants a paragraph, else it makes them one."""
    table = _table(document, 2, len(labels))
    shares = [_SHARES.get(label.field, 1) for label in labels]
    for n, label in enumerate(labels):
        value = (
            "  ".join(_box(option, ticked) for option, ticked in _yes_no(form.other_plans))
            if label.field == "other_plans"
            else header_value(form, label.field)
        )
        for row, words in ((0, label.printed), (1, value)):
            cell = table.cell(row, n)
            cell.width = int(_WIDTH * shares[n] / sum(shares))
            _run(cell.paragraphs[0], words, size=8 if row == 0 else 10, grey=row == 0)
    _thin(document)


def _grid(document: Any, options: Sequence[str], chosen: Iterable[str], columns: int) -> None:
    """Check boxes as on paper."""
    ticked = set(chosen)
    rows = [[o for o in three if o] for three in rows_of_three(options)]
    if columns != 3:
        rows = [list(options[n : n + columns]) for n in range(0, len(options), columns)]
    table = _table(document, len(rows), columns)
    for n, row in enumerate(rows):
        for m, option in enumerate(row):
            _run(table.cell(n, m).paragraphs[0], _box(option, option in ticked), bold=option in ticked)
    _thin(document)


def _table(document: Any, rows: int, columns: int) -> Any:
    table = document.add_table(rows, columns, style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for row in table.rows:
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
    return table


def _section(document: Any, title: str) -> None:
    paragraph = document.add_paragraph()
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", _SHADE)):
        shade.set(qn(f"w:{name}"), value)
    paragraph._p.get_or_add_pPr().append(shade)  # first: the library puts the others in the order that Word asks for
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(6)
    _run(paragraph, title, size=11, bold=True)


def _running(document: Any, text: str | None) -> None:
    for line in (text or "").split("\n"):
        _text(document, line)


def _text(document: Any, text: str, *, grey: bool = False) -> None:
    _run(document.add_paragraph(), text, grey=grey, size=8 if grey else 10)


def _thin(document: Any) -> None:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.line_spacing = Pt(3)


def _run(paragraph: Any, text: str, *, size: float = 10, bold: bool = False, grey: bool = False) -> Any:
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold
    if grey:
        run.font.color.rgb = _GREY
    return run


def _box(option: str, ticked: bool) -> str:
    return f"{'☒' if ticked else '☐'} {option}"


def _yes_no(answer: bool | None) -> list[tuple[str, bool]]:
    return [(word, word in _answer(answer)) for word in vocabulary.YES_NO]


def _answer(answer: bool | None) -> list[str]:
    return [] if answer is None else ["SIM" if answer else "NÃO"]


def _saved(document: Any) -> bytes:
    """Packed anew without the time of packing."""
    made, packed = io.BytesIO(), io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as entries, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as anew:
        for entry in entries.infolist():
            anew.writestr(zipfile.ZipInfo(entry.filename, _FIRST_DAY), entries.read(entry), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
