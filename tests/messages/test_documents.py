"""Forms that come as PDF and Word: their text, as the form's reader takes it."""

import io
import zipfile
from pathlib import Path

import docx
import pytest
import typst
from docx.oxml import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from messages import documents
from messages.documents import Kind, docx_text, kind_of, pdf_text
from messages.errors import InvalidInput
from messages.form import read_form
from messages.form.pdf import to_pdf
from tests.factory import named

FORMS = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.txt"))
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_what_we_print_reads_back_equal(file: Path) -> None:
    form = read_form(file.read_text(encoding="utf-8")).form
    printed = to_pdf(form)
    assert kind_of(printed) is Kind.PDF
    assert read_form(pdf_text(printed)).form == form


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_a_form_in_words_tables_reads_as_its_text_does(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    content = as_docx(text)
    assert kind_of(content) is Kind.DOCX
    assert read_form(docx_text(content)).form == read_form(text).form


def as_docx(text: str) -> bytes:
    """Lines as paragraphs; lines with cells as rows of a table."""
    document = docx.Document()
    for line in text.split("\n"):
        cells = line.split("\t")
        if len(cells) == 1:
            document.add_paragraph(line)
            continue
        row = document.add_table(rows=1, cols=len(cells)).rows[0]
        for cell, words in zip(row.cells, cells, strict=True):
            cell.text = words
    return saved(document)


def saved(document: object) -> bytes:
    content = io.BytesIO()
    document.save(content)  # type: ignore[attr-defined]
    return content.getvalue()


def test_words_own_check_boxes_are_read() -> None:
    document = docx.Document()
    for state in ("<w:checked/>", '<w:checked w:val="0"/><w:default/>', '<w:default w:val="1"/>', ""):
        run = document.add_paragraph().add_run()
        run._r.append(parse_xml(f"<w:fldChar {W}><w:ffData><w:checkBox>{state}</w:checkBox></w:ffData></w:fldChar>"))
        run.add_text("SIM")
    assert docx_text(saved(document)).split("\n") == ["☒ SIM", "☐ SIM", "☒ SIM", "☐ SIM"]


def test_what_word_wraps_nests_or_repeats_is_read_once() -> None:
    document = docx.Document()
    outer = document.add_table(rows=1, cols=2).rows[0].cells
    outer[0].text = "CRO"
    outer[1].add_table(rows=1, cols=2).rows[0].cells[1].text = "90485"
    wrapped = f"<w:sdt {W}><w:sdtContent><w:p><w:r><w:t>Salvador</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    document.element.body.insert(0, parse_xml(wrapped))
    twice = (
        f'<w:r {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent>'
        "<mc:Choice><w:t>uma vez</w:t></mc:Choice><mc:Fallback><w:t>uma vez</w:t></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    document.add_paragraph()._p.append(parse_xml(twice))
    text = docx_text(saved(document))
    assert [text.count(words) for words in ("Salvador", "90485", "uma vez")] == [1, 1, 1]


def packed(*names: str, content: bytes = b"x") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", Kind.TEXT),
        (b"Formul\xe1rio", Kind.TEXT),
        (packed("_chat.txt"), Kind.ZIP),
        (packed("xl/workbook.xml"), Kind.XLSX),
    ],
    ids=named,
)
def test_a_file_is_what_its_content_says(content: bytes, kind: Kind) -> None:
    assert kind_of(content) is kind


def test_a_file_that_would_unpack_to_too_much_is_refused() -> None:
    with pytest.raises(InvalidInput, match="grande demais quando descompactado"):
        kind_of(packed("word/document.xml", content=bytes(51 * 1024**2)))


LOCKED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"3 0 obj<</Filter/Standard/V 1/R 2/O<" + b"00" * 32 + b">/U<" + b"11" * 32 + b">/P -4>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 3 0 R/ID[<00><00>]>>\n"
)


@pytest.mark.parametrize(
    ("read", "content", "sentence"),
    [
        (kind_of, b"PK\x03\x04 cut off", "danificado"),
        (pdf_text, b"%PDF-1.7 cut off", "danificado"),
        (pdf_text, LOCKED, "protegido por senha"),
        (pdf_text, typst.compile(b"#rect(fill: black)"), "só imagem"),
        (pdf_text, typst.compile(b"a" + b"#pagebreak() a" * documents.MOST_PAGES), "mais de 20 páginas"),
        (docx_text, packed("word/document.xml"), "danificado"),
        (docx_text, saved(docx.Document()), "não tem texto"),
        (docx_text, as_docx("a" * 1_100_000), "texto demais"),
    ],
    ids=named,
)
def test_what_cannot_be_read_is_refused_with_what_to_do(read: object, content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read(content)  # type: ignore[operator]


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for read, head in ((pdf_text, b"%PDF-"), (docx_text, b"PK\x03\x04"), (kind_of, b"PK\x03\x04")):
        try:
            read(head + content)
        except InvalidInput:
            continue
