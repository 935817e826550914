"""The PDF, read back by another library: every value, every box, nothing beyond the paper's edge."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pdfplumber
import pytest
from pdfplumber.pdf import PDF

from messages.form import ACTIONS, OUTCOMES, REASONS, SECTORS, ContactBlock, Form, read_form
from messages.form.pdf import to_pdf
from messages.form.printed import header_value
from messages.form.vocabulary import LABELS
from messages.statuses import Outcome

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.txt"))
REAL_A = read_form(next(path for path in SAMPLES if path.stem == "real-a").read_text(encoding="utf-8")).form


@contextmanager
def opened(form: Form, note: str = "") -> Iterator[PDF]:
    with pdfplumber.open(io.BytesIO(to_pdf(form, note=note))) as pdf:
        yield pdf


def test_only_what_is_too_wide_gets_break_marks() -> None:
    address = "https://exemplo.test/tabela/2024?especialidade=ortodontia"
    with opened(
        Form(contacts=(ContactBlock(1, None, f"veja {address} e {'y' * 300}"),), protocol="SAD169000763629")
    ) as pdf:
        text = "".join(page.extract_text() for page in pdf.pages)
    assert address in text
    assert "SAD169000763629" in text
    assert "y\u200by" in text


def squeezed(text: str) -> str:
    """Without white space and the invisible break marks: lines are broken by the paper, not by the writer."""
    return "".join(text.replace("\u200b", "").split())


def text_of(pdf: PDF) -> str:
    """The running text, footers left out so that a text going over a page reads on."""
    return squeezed("".join(page.crop((0, 0, page.width, page.height - 50)).extract_text() for page in pdf.pages))


def ticked(pdf: PDF) -> int:
    return sum(1 for page in pdf.pages for char in page.chars if char["text"] == "X" and "Black" in char["fontname"])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_value_and_every_option_is_printed(path: Path) -> None:
    form = read_form(path.read_text(encoding="utf-8")).form
    with opened(form) as pdf:
        text = text_of(pdf)
        values = [header_value(form, label.field) for label in LABELS if label.field != "other_plans"]
        notes = [block.notes for block in form.contacts]
        for printed in (*values, *notes, form.general_notes or "", *form.signers):
            assert squeezed(printed) in text
        for printed in (*(label.printed for label in LABELS), *ACTIONS, *REASONS, *OUTCOMES, *SECTORS):
            assert squeezed(printed) in text
        answers = [form.other_plans, form.protocol_required, form.outcome]
        marks = sum(answer is not None for answer in answers)
        assert ticked(pdf) == marks + len(form.actions) + len(form.reasons) + len(form.sectors)


def test_it_is_a4_numbered_and_carries_the_protocol_and_only_embedded_lato() -> None:
    with opened(REAL_A, note="Revisão 2, emitida em 22/01/2024") as pdf:
        for number, page in enumerate(pdf.pages, start=1):
            assert (round(page.width), round(page.height)) == (595, 842)
            footer = page.crop((0, page.height - 50, page.width, page.height)).extract_text()
            assert (
                footer
                == f"Protocolo SAD169000763629 Revisão 2, emitida em 22/01/2024 Página {number} de {len(pdf.pages)}"
            )
        fonts = {char["fontname"] for page in pdf.pages for char in page.chars}
        assert all("+Lato-" in font for font in fonts), fonts


def test_an_empty_form_is_printed_for_the_pen() -> None:
    with opened(Form()) as pdf:
        text = text_of(pdf)
        assert ticked(pdf) == 0
        assert all(f"{number}ºcontato" in text for number in range(1, 6))


def test_the_same_form_gives_the_same_bytes() -> None:
    assert to_pdf(REAL_A) == to_pdf(REAL_A)
    assert to_pdf(REAL_A, issued_at=datetime(2024, 1, 22, 15, tzinfo=UTC)) != to_pdf(REAL_A)


STORY = "\n".join(
    f"[{8 + n // 60:02}:{n % 60:02}, 17/01/2024] MARINA: linha {n} — órgão, “até sexta” R$ 0,35 #não *é* _x_ <b> \\"
    for n in range(260)
)


def test_a_long_story_is_printed_whole_and_stays_on_the_paper() -> None:
    blocks = (
        ContactBlock(1, date(2024, 1, 17), STORY),
        ContactBlock(2, date(2024, 1, 18), "https://exemplo.test/" + "x" * 900),
        ContactBlock(6, None, "sexto"),
    )
    form = replace(
        REAL_A,
        contacts=blocks,
        analyst="A" * 150,
        dentist_name="JOSÉ" * 60,
        city="ÇÃ" * 90,
        operator="K" * 90,
        requested_by="M" * 60,
        other_plans_detail="Unimed, " * 40,
        other_justification="porque\nsim",
        general_notes=STORY,
        signers=("Um " * 40, "Dois", "Três"),
    )
    with opened(form) as pdf:
        assert len(pdf.pages) >= 5
        text = text_of(pdf)
        for printed in (STORY, "x" * 900, "sexto", "porque", "Três"):
            assert squeezed(printed) in text
        assert (text.count("Ç"), text.count("K")) == (90, 90)  # broken over the lines of a cell
        for page in pdf.pages:
            assert min(char["x0"] for char in page.chars) > 40
            assert max(char["x1"] for char in page.chars) < page.width - 40
            assert max(char["bottom"] for char in page.chars) < page.height - 20
            body = page.crop((0, 0, page.width, page.height - 50))
            assert max(char["bottom"] for char in body.chars) < page.height - 53


@pytest.mark.parametrize(
    ("form", "letter", "next_label"),
    [
        (Form(analyst="K" * 90), "K", "Qtd"),
        (Form(operator="W" * 60), "W", "CRO"),
        (Form(requested_by="Y" * 22), "Y", "Nº"),
    ],
)
def test_text_keeps_to_its_own_cell_of_the_header(form: Form, letter: str, next_label: str) -> None:
    with opened(form) as pdf:
        page = pdf.pages[0]
        ends = [char["x1"] for char in page.chars if letter in char["text"] and char["size"] > 9]
        label = next(word for word in page.extract_words() if word["text"] == next_label)
        assert len(ends) > 20
        assert max(ends) < label["x0"]


def test_a_blocks_heading_stays_with_its_text() -> None:
    for filler in range(30, 46, 2):  # so the second block's heading meets the page's end
        first, second = "linha\n" * filler, "começo do segundo bloco\n" * 12
        blocks = (ContactBlock(1, date(2024, 1, 1), first), ContactBlock(2, date(2024, 1, 2), second))
        with opened(Form(contacts=blocks)) as pdf:
            texts = [page.extract_text() for page in pdf.pages]
        page = next(text for text in texts if "2º contato" in text)
        assert "começo do segundo bloco" in page[page.index("2º contato") :]


def test_emoji_are_told_in_words_and_none_is_lost() -> None:
    form = Form(contacts=(ContactBlock(1, date(2024, 1, 1), "Certo 👍🏽 obrigada 🙏 ❤️ 🛸 ok"),))
    with opened(form) as pdf:
        said = "Certo [emoji: polegar para cima] obrigada [emoji: mãos juntas] [emoji: coração] [emoji: U+1F6F8] ok"
        assert squeezed(said) in text_of(pdf)


def test_what_people_write_is_data_and_no_markup() -> None:
    nasty = '#panic("x") #read("/etc/passwd") $ x $ `a` *b* _c_ // d /* e */ @f <g> \\u{41} = h'
    form = Form(contacts=(ContactBlock(1, None, nasty),), general_notes=nasty, analyst=nasty, signers=(nasty,))
    with opened(form) as pdf:
        assert text_of(pdf).count(squeezed(nasty)) == 4


def test_a_ticked_form_tells_its_boxes_by_their_place() -> None:
    with opened(Form(outcome=Outcome.LEFT, reasons=("Glosas",), protocol_required=True)) as pdf:
        lines = [line for page in pdf.pages for line in page.extract_text().split("\n")]
    assert "Retenção Efetiva X Desligamento Não se trata de Retenção" in lines
    assert "Removido Prestador Sem Local de Atendimento X Glosas" in lines
    assert "X SIM NÃO" in lines


def test_reading_forms_does_not_load_typst() -> None:
    code = "import sys, json, messages.form; print(json.dumps([m for m in ('typst', 'font_lato') if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
