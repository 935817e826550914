"""A form that is issued and read again is the same form: in Markdown, Word and PDF, with all that a long case holds."""

import random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from messages.documents import docx_text, pdf_text
from messages.form import ACTIONS, REASONS, SECTORS, Form, read_form, to_markdown
from messages.form.model import form_of_json
from messages.form.pdf import to_pdf
from messages.form.word import to_docx
from tests.messages.test_form_slips import PHRASES, draw_truth

WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)  # a seed has no smaller one that means the same


def _forty_touches(draw: random.Random) -> dict[str, Any]:
    stamps = [f"[{8 + n // 6:02}:{n % 6}0, 0{n // 8 + 1}/01/2024]" for n in range(40)]
    lines = [f"{at} MARINA: {draw.choice(PHRASES)} {'palavra ' * draw.randrange(30)}".strip() for at in stamps]
    days = [lines[n : n + 8] for n in range(0, 40, 8)]
    return {
        "contacts": [{"number": n, "date": f"2024-01-0{n}", "notes": "\n".join(day)} for n, day in enumerate(days, 1)]
    }


def _long_reply(draw: random.Random) -> dict[str, Any]:
    words = " ".join(draw.choice(("guia", "prazo", "não", "“tabela”", "👍🏽", "R$ 0,35", "glosa,")) for _ in range(600))
    return {"general_notes": (words * 2)[:3000]}


def _long_names(draw: random.Random) -> dict[str, Any]:
    return {name: "MARIA D'ÁVILA " * draw.randrange(4, 20) for name in ("dentist_name", "analyst", "city", "operator")}


def _every_box(draw: random.Random) -> dict[str, Any]:
    ticked = {"actions": ACTIONS, "reasons": REASONS, "sectors": SECTORS, "protocol_required": True}
    return ticked | {"other_plans": True, "outcome": "Desligamento", "other_justification": "Prazo\n\n- menor"}


def _with_a_phone(draw: random.Random) -> dict[str, Any]:
    return {"phone": "+5571980000099"}  # which no note tells


@st.composite
def forms(draw: st.DrawFn) -> Form:
    chance = random.Random(draw(st.integers(0, 2**32 - 1)))
    parts = (_forty_touches, _long_reply, _long_names, _every_box, _with_a_phone)
    told = draw_truth(chance)
    for part in draw(st.sets(st.sampled_from(parts))):
        told |= part(chance)
    return form_of_json(told)


@settings(max_examples=8, deadline=None, phases=WITHOUT_SHRINKING)
@given(forms())
def test_markdown_and_word_read_back_equal(form: Form) -> None:
    assert read_form(to_markdown(form, note="Revisão 2")).form == form
    assert read_form(docx_text(to_docx(form, note="Revisão 2"))).form == form


@settings(max_examples=4, deadline=None, phases=WITHOUT_SHRINKING)
@given(forms())
def test_a_pdf_reads_back_equal(form: Form) -> None:
    assert read_form(pdf_text(to_pdf(form, note="Revisão 2"))).form == form


def test_of_a_pdf_whose_print_differs_from_what_it_carries_the_print_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    form = form_of_json(draw_truth(random.Random(1)))
    other = form_of_json(form.as_json() | {"dentist_name": "OUTRA PESSOA"})
    monkeypatch.setattr("messages.form.pdf.to_markdown", lambda _, note: to_markdown(other, note=note))
    assert read_form(pdf_text(to_pdf(form))).form.dentist_name == form.dentist_name
