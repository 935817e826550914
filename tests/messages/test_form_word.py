"""The form as a Word file, and the list of forms for a spreadsheet."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import docx
import openpyxl
import pytest

from messages.documents import Kind, docx_text, kind_of
from messages.form import ACTIONS, REASONS, SECTORS, ContactBlock, Form, read_form
from messages.form.listing import to_xlsx
from messages.form.word import to_docx
from messages.statuses import Outcome

FORMS = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.txt"))
LONG = "Dentista que tem um nome muito comprido " * 4


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_what_we_write_in_word_reads_back_equal(file: Path) -> None:
    form = read_form(file.read_text(encoding="utf-8")).form
    made = to_docx(form, note="Revisão 1 · código ABCDE-FGHIJ")
    assert kind_of(made) is Kind.DOCX
    assert read_form(docx_text(made)).form == form


def test_every_box_ticked_long_names_and_a_long_story_read_back_equal() -> None:
    story = "\n".join(f"[11:{n % 60:02}, 30/10/2023] MARINA: {'Uma resposta longa. ' * 40}{n}" for n in range(40))
    form = Form(
        analyst=LONG,
        dentist_name=LONG,
        protocol="SAD169000763629",
        outcome=Outcome.LEFT,
        other_plans=True,
        contacts=tuple(ContactBlock(n, None, story) for n in range(1, 6)),
        actions=ACTIONS,
        other_justification="prazo < 24 h & “guias”",
        reasons=REASONS,
        protocol_required=True,
        general_notes="👍 " + story,
        sectors=SECTORS,
        signers=(LONG, "Gerente D'Exemplo"),
    )
    assert read_form(docx_text(to_docx(form))).form == form


def test_it_is_a4_editable_and_tells_its_revision_on_every_page() -> None:
    at = datetime(2024, 1, 22, 15, 0, tzinfo=UTC)
    made = to_docx(Form(protocol="SAD1"), note="Revisão 2 · código ABCDE-FGHIJ", issued_at=at)
    assert made == to_docx(Form(protocol="SAD1"), note="Revisão 2 · código ABCDE-FGHIJ", issued_at=at)
    document = docx.Document(io.BytesIO(made))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert "Protocolo SAD1 · Revisão 2 · código ABCDE-FGHIJ · Página" in section.footer.paragraphs[0].text
    assert document.core_properties.created == at


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r="])
def test_no_cell_of_the_list_is_a_formula(sign: str) -> None:
    name = f"{sign}HYPERLINK(1)"
    form = replace(read_form(FORMS[-1].read_text(encoding="utf-8")).form, city=name, analyst=name)
    object.__setattr__(form, "dentist_name", name)  # whatever a form may hold one day
    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx([(form, 1, "ABCDE-FGHIJ")]))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert not [c for c in cells if isinstance(c.value, str) and c.value.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [c.value for c in cells if c.value == "ABCDE-FGHIJ"]
