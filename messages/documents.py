"""The text of forms that come as PDF or Word, as the form's reader takes it: cells parted by tabs, boxes as signs.

Files are untrusted: whoever reads one bounds its size, and the time and memory that the reading may take.
"""

import io
import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Final

from messages.errors import InvalidInput
from messages.form.model import Form
from messages.form.printed import ATTACHED, printed_blocks
from messages.form.reader import LARGEST, read_form
from messages.form.signs import spell_signs
from messages.form.text import plain
from messages.form.values import show_date
from messages.form.vocabulary import likeness, match_label

MOST_PAGES: Final = 20
MOST_UNPACKED: Final = 50 * 1024**2  # bytes of everything within a packed file
MOST_PACKED: Final = 5000  # files within one
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how Office's former files begin, and its locked ones
_ENTRY = b"PK\x01\x02"  # how each file's line in the list begins
# How Office, WhatsApp and people pack. Other ways may ask for gigabytes to unpack a few bytes.
_WAYS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_BOX, _TICKED = "☐", "☒"
_ONE_LINE = 10  # points, about
_MOST_EDGES = 3000  # of a page: rules and boxes of a form are a few hundred, a drawing's would take their time
_NUMBERS = re.compile(r"\d+")
_PAGE = re.compile(r".*\bp[aá]gina\s+\d{1,4}\s+de\s+\d{1,4}\s*", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_OFF = ("0", "false", "off")


class Kind(StrEnum):
    """What a file is, by its content."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    ZIP = "zip"  # a packed file that is neither of these
    TEXT = "text"  # whatever else: it is read as text, or refused there


def kind_of(content: bytes) -> Kind:
    """Looks at the beginning, and into a packed file's list of names. Raises InvalidInput for one that is damaged, of
    Office's former formats, packed as nobody does, or that holds more than MOST_PACKED files or MOST_UNPACKED bytes."""
    if content.startswith(b"%PDF-"):
        return Kind.PDF
    if content.startswith(_OLD):
        raise InvalidInput(
            "O arquivo está num formato antigo (.doc, .xls) ou protegido por senha: salve-o como .docx ou .xlsx, sem "
            "senha, e envie outra vez."
        )
    if not content.startswith(b"PK\x03\x04"):
        return Kind.TEXT
    if content.count(_ENTRY) > MOST_PACKED:  # counted before the list is read, which would take its time
        raise InvalidInput(f"O arquivo traz mais de {MOST_PACKED} arquivos dentro: envie só o que interessa.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = packed.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, OSError, NotImplementedError) as error:
        raise InvalidInput("O arquivo está danificado: salve-o de novo e envie outra vez.") from error
    if any(entry.compress_type not in _WAYS for entry in inside):
        raise InvalidInput("O arquivo foi compactado de um modo que não leio: salve-o de novo, ou como .zip comum.")
    if sum(entry.file_size for entry in inside) > MOST_UNPACKED:
        raise InvalidInput("O arquivo é grande demais quando descompactado: envie uma versão menor.")
    names = {entry.filename for entry in inside}
    if "word/document.xml" in names:
        return Kind.DOCX
    return Kind.XLSX if "xl/workbook.xml" in names else Kind.ZIP


def pdf_text(content: bytes) -> str:
    """A PDF's text. Raises InvalidInput for one that is damaged, locked, too long, or only pictures."""
    import pdfplumber  # large: only who reads a PDF loads it
    from pdfminer.pdfdocument import PDFPasswordIncorrect

    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            if len(document.pages) > MOST_PAGES:
                raise InvalidInput(f"O PDF tem mais de {MOST_PAGES} páginas: envie só o formulário.")
            pages = _without_running([_rows_of(page) for page in document.pages])
            lines = [line for rows in pages for line in _lines(rows)]
            attached = _attached(document.doc)
    except InvalidInput:
        raise
    except Exception as error:  # whatever the libraries raise about a file that is not what it says
        if isinstance(error.args[0] if error.args else None, PDFPasswordIncorrect):
            raise InvalidInput("O PDF está protegido por senha: envie uma cópia sem senha.") from error
        raise InvalidInput("O PDF está danificado: salve-o de novo e envie outra vez.") from error
    if not any(line.strip() for line in lines):
        raise InvalidInput("O PDF é só imagem, sem texto: envie o arquivo original, em PDF, Word ou texto.")
    printed = _of_a_forms_length(lines)
    return attached if attached and _is_printed(attached, printed) else printed


def _attached(document: Any) -> str | None:
    """The text that our own forms carry with them."""
    from pdfminer.pdftypes import resolve1

    names = resolve1(document.catalog.get("Names"))
    files = resolve1(names.get("EmbeddedFiles")) if isinstance(names, dict) else None
    listed = resolve1(files.get("Names")) if isinstance(files, dict) else None
    if not isinstance(listed, list) or len(listed) != 2 or resolve1(listed[0]) != ATTACHED.encode():
        return None
    content: bytes = resolve1(resolve1(resolve1(listed[1])["EF"])["F"]).get_data()
    return content.decode() if len(content) <= LARGEST else None


def _is_printed(attached: str, printed: str) -> bool:
    """Whether people see the same on paper, but for what print cannot show: what they see is what counts."""
    try:
        form, seen = read_form(attached).form, read_form(printed).form
    except InvalidInput:
        return False
    if replace(form, **_NO_TEXTS) != replace(seen, **_NO_TEXTS):
        return False
    at, text = 0, _squeezed(printed)
    for piece in map(_squeezed, _texts_of(form)):
        if (at := text.find(piece, at)) < 0:
            return False
        at += len(piece)
    return True


_NO_TEXTS: Final[dict[str, Any]] = {"contacts": (), "other_justification": None, "general_notes": None}


def _texts_of(form: Form) -> Iterator[str]:
    """What is written freely, in its order."""
    for block in printed_blocks(form):
        yield from (f"{block.number}º contato", show_date(block.date) if block.date else "", block.notes)
    yield from (form.other_justification or "", form.general_notes or "")


def _squeezed(text: str) -> str:
    return "".join(spell_signs(plain(text)).split())


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a page. ``full``: it reaches the right margin, so that its text may go on in the next."""

    text: str
    top: float
    full: bool


def _rows_of(page: Any) -> list[_Row]:
    boxes = [rect for rect in page.rects if 4 < rect["width"] < 16 and 4 < rect["height"] < 16]
    words = page.extract_words(x_tolerance=1.5, keep_blank_chars=False, use_text_flow=False)
    marks = [_mark(box, words) for box in boxes]
    plain = [word for word in words if not _within_any(word, boxes)]
    if not plain:
        return []
    margin = max(word["x1"] for word in plain) - page.width * 0.12
    rows = []
    for row in _rows(_with_cells(page, [*plain, *marks])):
        text = "".join(_with_gaps(row))
        rows.append(_Row(text, row[0]["top"], "\t" not in text and row[-1]["x1"] > margin))
    return rows


def _without_running(pages: list[list[_Row]]) -> list[list[_Row]]:
    """Without the lines that every page begins or ends with, whatever numbers they count."""
    for edge in (0, -1):
        while len(pages) > 1 and all(len(rows) > 1 for rows in pages):
            first, *others = (rows[edge] for rows in pages)
            if not all(_NUMBERS.sub("0", row.text) == _NUMBERS.sub("0", first.text) for row in others):
                break
            if not all(abs(row.top - first.top) < _ONE_LINE for row in others):
                break
            pages = [rows[1:] if edge == 0 else rows[:-1] for rows in pages]
    return pages


def _lines(rows: Sequence[_Row]) -> Iterator[str]:
    """What was wrapped at the right margin is one line again."""
    whole, full = "", False
    for row in rows:
        if _PAGE.fullmatch(row.text):
            continue
        goes_on = full and "\t" not in row.text and not row.text.startswith((_BOX, _TICKED))
        if whole and not goes_on:
            yield whole
            whole = ""
        whole = f"{whole} {row.text}" if whole else row.text
        full = row.full
    yield whole


def _with_cells(page: Any, words: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The words of a ruled table's cell as one: what its borders broke over lines goes together again, and what stands
    in the next cell stays apart."""
    if len(page.edges) > _MOST_EDGES:
        return words
    for table in page.find_tables():
        for row in table.rows:
            cells = [cell for cell in row.cells if cell and cell[2] - cell[0] > _ONE_LINE * 2]
            within = [[word for word in words if _in_cell(word, cell)] for cell in cells]
            if sum(map(bool, within)) < 2:  # a frame around running text
                continue
            words = [word for word in words if not any(word in cell for cell in within)]
            told = [_label_and_value(["".join(_with_gaps(line)) for line in _rows(inside)]) for inside in within]
            for n, line in enumerate(zip_longest(*told, fillvalue="")):
                words += [_in_place(text, cell, n) for text, cell in zip(line, cells, strict=True)]
    return words


def _in_cell(word: dict[str, Any], cell: Sequence[float]) -> bool:
    across, down = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(cell[0] < across < cell[2] and cell[1] < down < cell[3])


def _in_place(text: str, cell: Sequence[float], line: int) -> dict[str, Any]:
    """A cell's text as a word, at the height that its row shares."""
    top = cell[1] + line * _ONE_LINE
    return {"text": text, "x0": cell[0], "x1": cell[2] - 1, "top": top, "bottom": top + 1, "cell": True}


def _label_and_value(lines: Sequence[str]) -> list[str]:
    heads = [" ".join(lines[:n]) for n in range(1, len(lines) + 1)]
    scores = [
        (likeness(head, labels[0].printed), n) for n, head in enumerate(heads, 1) if (labels := match_label(head))
    ]
    ends = max(scores, default=(0.0, len(lines)))[1]
    return [text for part in (lines[:ends], lines[ends:]) if (text := " ".join(part))]


def _mark(box: dict[str, Any], words: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A box as a word that stands where the box does."""
    ticked = any(_within(word, box) for word in words)
    return {"text": _TICKED if ticked else _BOX, **{edge: box[edge] for edge in ("x0", "x1", "top", "bottom")}}


def _within(word: dict[str, Any], box: dict[str, Any]) -> bool:
    return _in_cell(word, (box["x0"], box["top"], box["x1"], box["bottom"]))


def _within_any(word: dict[str, Any], boxes: Sequence[dict[str, Any]]) -> bool:
    return any(_within(word, box) for box in boxes)


def _rows(words: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Words whose middles are at one height, from left to right."""
    row: list[dict[str, Any]] = []
    middle = 0.0
    for word in sorted(words, key=lambda word: (word["top"] + word["bottom"]) / 2):
        at = (word["top"] + word["bottom"]) / 2
        if row and at - middle > 4:
            yield sorted(row, key=lambda word: word["x0"])
            row = []
        if not row:
            middle = at
        row.append(word)
    yield sorted(row, key=lambda word: word["x0"])


def _with_gaps(row: list[dict[str, Any]]) -> Iterator[str]:
    """The words of a row, a tab where the gap is wider than a few spaces are."""
    former = None
    for word in row:
        if former is not None:
            wide = word["x0"] - former["x1"] > 9 and former["text"] not in (_BOX, _TICKED)
            wide = wide or ("cell" in word and "cell" in former)
            yield "\t" if wide else " "
        yield word["text"]
        former = word


def docx_text(content: bytes) -> str:
    """A Word file's text, tables row by row, its check boxes as signs. Raises InvalidInput for one that is damaged."""
    import docx

    try:
        body = docx.Document(io.BytesIO(content)).element.body
    except Exception as error:  # whatever a library raises about a file that is not what it says
        raise InvalidInput("O arquivo do Word está danificado: salve-o de novo e envie outra vez.") from error
    lines = list(_blocks(body))
    if not any(line.strip() for line in lines):
        raise InvalidInput("O arquivo do Word não tem texto: confira se é o arquivo certo.")
    return _of_a_forms_length(lines)


def _of_a_forms_length(lines: Sequence[str]) -> str:
    """The text, which whoever asked for it takes as a whole. Raises InvalidInput for more than any form has."""
    if sum(map(len, lines)) > LARGEST:
        raise InvalidInput("O arquivo tem texto demais para um formulário: envie só o formulário.")
    return "\n".join(lines)


def _blocks(parent: Any) -> Iterator[str]:
    for child in parent:
        if child.tag == f"{_W}p":
            yield _paragraph(child)
        elif child.tag == f"{_W}tbl":
            yield from (_table_row(row) for row in _within_controls(child, "tr"))
        elif child.tag == f"{_W}sdt":
            yield from _blocks(child.iterchildren(f"{_W}sdtContent"))
        elif child.tag == f"{_W}sdtContent":
            yield from _blocks(child)


def _within_controls(parent: Any, tag: str) -> Iterator[Any]:
    """Children of a kind, also those that a content control wraps; none of a table within."""
    for child in parent.iterchildren(f"{_W}{tag}", f"{_W}sdt", f"{_W}sdtContent"):
        if child.tag == f"{_W}{tag}":
            yield child
        else:
            yield from _within_controls(child, tag)


def _table_row(row: Any) -> str:
    """Cells parted by tabs. A value may stand below its label in one cell: each line of theirs is a line of cells."""
    cells = ["\n".join(_blocks(cell)).split("\n") for cell in _within_controls(row, "tc")]
    return "\n".join("\t".join(line) for line in zip_longest(*cells, fillvalue=""))


def _paragraph(paragraph: Any) -> str:
    parts: list[str] = []
    for node in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}checkBox"):
        if any(above.tag == _FALLBACK for above in node.iterancestors()):  # the same again, for older programs
            continue
        match node.tag.removeprefix(_W):
            case "t":
                parts.append(node.text or "")
            case "tab" if node.getparent().tag == f"{_W}r":
                parts.append("\t")
            case "br" | "cr":
                parts.append("\n")
            case "checkBox":
                parts.append(f"{_TICKED if _is_on(node) else _BOX} ")
    return "".join(parts)


def _is_on(box: Any) -> bool:
    """A form field's box: as it was ticked, else as it was made."""
    state = box.find(f"{_W}checked")
    if state is None:
        state = box.find(f"{_W}default")
    return state is not None and state.get(f"{_W}val", "1") not in _OFF
