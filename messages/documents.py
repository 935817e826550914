"""The text of forms that come as PDF or Word, as the form's reader takes it: cells parted by tabs, boxes as signs.

Files are untrusted: whoever reads one bounds its size, and the time and memory that the reading may take.
"""

import io
import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

from messages.errors import InvalidInput

MOST_PAGES: Final = 20
MOST_UNPACKED: Final = 50 * 1024**2  # bytes of everything within a packed file
MOST_PACKED: Final = 5000  # files within one
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how Office's former files begin, and its locked ones
_ENTRY = b"PK\x01\x02"  # how each file's line in the list begins
_BOX, _TICKED = "☐", "☒"
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
    """Looks at the beginning, and into a packed file's list of names. Raises InvalidInput for one that is damaged or of
    Office's former formats, or that holds more than MOST_PACKED files or MOST_UNPACKED bytes."""
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
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(io.BytesIO(content)) as document:
            if len(document.pages) > MOST_PAGES:
                raise InvalidInput(f"O PDF tem mais de {MOST_PAGES} páginas: envie só o formulário.")
            lines = [line for page in document.pages for line in _lines(page)]
    except PdfminerException as error:
        if isinstance(error.args[0] if error.args else None, PDFPasswordIncorrect):
            raise InvalidInput("O PDF está protegido por senha: envie uma cópia sem senha.") from error
        raise InvalidInput("O PDF está danificado: salve-o de novo e envie outra vez.") from error
    if not any(line.strip() for line in lines):
        raise InvalidInput("O PDF é só imagem, sem texto: envie o arquivo original, em PDF, Word ou texto.")
    return "\n".join(lines)


def _lines(page: Any) -> Iterator[str]:
    """Each line with its cells parted by tabs; what was wrapped at the right margin is one line again."""
    boxes = [rect for rect in page.rects if 4 < rect["width"] < 16 and 4 < rect["height"] < 16]
    words = page.extract_words(x_tolerance=1.5, keep_blank_chars=False, use_text_flow=False)
    marks = [_mark(box, words) for box in boxes]
    plain = [word for word in words if not _within_any(word, boxes)]
    if not plain:
        return
    margin = max(word["x1"] for word in plain)
    whole, full = "", False
    for row in _rows([*plain, *marks]):
        text = "".join(_with_gaps(row))
        if _PAGE.fullmatch(text):
            continue
        goes_on = full and "\t" not in text and not text.startswith((_BOX, _TICKED))
        if whole and not goes_on:
            yield whole
            whole = ""
        whole = f"{whole} {text}" if whole else text
        full = "\t" not in text and row[-1]["x1"] > margin - page.width * 0.12
    yield whole


def _mark(box: dict[str, Any], words: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A box as a word that stands where the box does."""
    ticked = any(_within(word, box) for word in words)
    return {"text": _TICKED if ticked else _BOX, **{edge: box[edge] for edge in ("x0", "x1", "top", "bottom")}}


def _within(word: dict[str, Any], box: dict[str, Any]) -> bool:
    across, down = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(box["x0"] < across < box["x1"] and box["top"] < down < box["bottom"])


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
    """Cells parted by tabs, each on one line."""
    cells = ["\n".join(_blocks(cell)) for cell in _within_controls(row, "tc")]
    return "\n".join(cells) if len(cells) == 1 else "\t".join(" ".join(cell.split("\n")) for cell in cells)


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
