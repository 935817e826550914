"""Our Markdown: whatever a form holds reads back equal, and what is free text never passes for a part of the form."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.errors import InvalidInput
from messages.form import ACTIONS, REASONS, SECTORS, ContactBlock, Form, read_form, to_markdown
from messages.identity import UFS
from messages.statuses import Outcome

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.txt"))

NASTY = (
    "2º contato Data 01/01/2024",
    "## 2º contato Data 01/01/2024",
    "**Obs.:**",
    "## Obs. Geral",
    "> citado > > duas vezes",
    "# título",
    "- item",
    "+ item",
    "===",
    "---",
    "| a | b |",
    "|---|---|",
    "a\\|b \\\\ c\\",
    "\\",
    "*não* _é_ `código` ~~nada~~ <b>&amp;</b> <!-- nem isto",
    "[16:22, 09/11/2023]: link? [x](y) [ ] [x] SIM",
    "R$ 0,35 $x$ R\\$",
    "Página 1 de 2",
    "Ação Retenção",
    "[x] Ofertado Suporte",
    "## Supervisores",
    "https://exemplo.test/?a=b&c=d_e_f",
    "👍🏽 ☒ ☑ [x]",
)
days = st.none() | st.dates(min_value=date(1, 1, 1))
lines = st.text(max_size=40) | st.sampled_from(NASTY)
notes = st.lists(
    lines | st.sampled_from(("", "  recuado", "no fim  ", "\tcom tab", "nbsp\u00a0\u202ffim")), max_size=6
).map("\n".join)
counts = st.none() | st.integers(0, 10**9 - 1)
amounts = st.none() | st.decimals(0, 10**7, allow_nan=False, allow_infinity=False, places=None).map(
    lambda amount: amount.quantize(Decimal("0.0001"))
)
digits = st.text("0123456789", min_size=1, max_size=14)
chosen = {name: st.sets(st.sampled_from(options)).map(tuple) for name, options in
          (("actions", ACTIONS), ("reasons", REASONS), ("sectors", SECTORS))}  # fmt: skip
blocks = st.builds(ContactBlock, number=st.integers(1, 12), date=days, notes=notes)
phones = st.none() | st.sampled_from(("+5571980000017", "+557130000017", "+5511940001234", "+14155552671"))
forms = st.builds(
    Form,
    phone=phones,
    analyst=st.none() | lines,
    cro_count=counts,
    form_date=days,
    operator=st.none() | lines,
    cro=st.none() | digits,
    cro_uf=st.none() | st.sampled_from(sorted(UFS)),
    dentist_name=st.none() | lines,
    cnpj=st.none() | digits | st.just("12ABC34501DE35"),
    cpf=st.none() | digits,
    enrolled_on=days,
    person_type=st.sampled_from((None, "F", "J")),
    requested_by=st.none() | lines,
    protocol=st.none() | digits.map("SAD".__add__),
    protocol_opened_on=days,
    uf=st.none() | st.sampled_from(sorted(UFS)),
    city=st.none() | lines,
    lives=counts,
    published_cros=counts,
    other_plans=st.none() | st.booleans(),
    other_plans_detail=st.none() | lines,
    currency=amounts,
    last_production_on=days,
    last_production_value=amounts,
    started_on=days,
    ended_on=days,
    days=st.none() | st.integers(0, 9999),
    outcome=st.none() | st.sampled_from(Outcome),
    contacts=st.lists(blocks, max_size=6, unique_by=lambda block: block.number).map(tuple),
    other_justification=st.none() | notes,
    protocol_required=st.none() | st.booleans(),
    general_notes=st.none() | notes,
    signers=st.lists(lines, max_size=3).map(tuple),
    **chosen,
)


@settings(max_examples=300, deadline=None)
@given(forms)
def test_any_form_reads_back_equal(form: Form) -> None:
    read = read_form(to_markdown(form)).form
    assert read == form
    assert read.as_json() == form.as_json()


@pytest.mark.parametrize("text", NASTY)
def test_words_that_look_like_the_form_stay_words(text: str) -> None:
    form = Form(
        analyst=text,
        contacts=(ContactBlock(1, date(2024, 1, 1), f"antes\n{text}\n\n{text}"), ContactBlock(3, None, text)),
        other_justification=text,
        general_notes=f"{text}\ndepois",
        signers=(text, text),
    )
    assert read_form(to_markdown(form)).form == form


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_paper_form_survives_being_printed_by_us(path: Path) -> None:
    form = read_form(path.read_text(encoding="utf-8")).form
    for text in (to_markdown(form), to_markdown(form).replace("\n", "\r\n")):
        read = read_form(text).form.as_json()
        assert read == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def test_an_empty_form_prints_every_field_and_box() -> None:
    text = to_markdown(Form())
    for printed in (
        *ACTIONS,
        *REASONS,
        *SECTORS,
        *Outcome,
        "Colaborador",
        "Tempo finalização",
        "5º contato Data _____",
    ):
        assert printed in text
    assert text.count("[ ]") == len(ACTIONS) + len(REASONS) + len(SECTORS) + 3 + 2 + 2
    assert "[x]" not in text
    assert read_form(text).form == Form()


def test_free_text_is_escaped_and_keeps_its_lines() -> None:
    text = to_markdown(
        Form(
            contacts=(ContactBlock(1, date(2024, 1, 1), "# *um*\ndois\n\n[16:22, 09/11/2023] três\n> ~~a~~ &amp; R&B"),)
        )
    )
    assert "> \\# \\*um\\*\\\n> dois\n>\n> [16:22, 09/11/2023] três\\\n> \\> \\~~a\\~~ \\&amp; R&B\n" in text


def test_white_space_is_settled_when_a_form_is_made() -> None:
    block = ContactBlock(1, None, "\r\n  um\u00a0 dois\t \r\n\r\n\r\n\r\ntrês\ufeff \n")
    assert block.notes == "um  dois\n\ntrês"
    form = Form(
        dentist_name="  ANA \n PRADO ", city=" ", contacts=(ContactBlock(2, None, " "), block), signers=("", " B ")
    )
    assert (form.dentist_name, form.city, form.contacts, form.signers) == ("ANA PRADO", None, (block,), ("B",))


def test_the_closed_lists_keep_the_forms_order_and_hold_nothing_else() -> None:
    assert Form(reasons=("Óbito", "Valores")).reasons == ("Valores", "Óbito")
    with pytest.raises(ValueError, match="Preguiça"):
        Form(reasons=("Preguiça",))


@pytest.mark.parametrize("last", ["| Data inclusão", "## 3º contato", "## Setor", "## Supervisores"])
def test_markdown_that_is_cut_is_refused(last: str) -> None:
    text = to_markdown(Form(dentist_name="ANA", general_notes="um", signers=("B",)))
    with pytest.raises(InvalidInput, match="cortado"):
        read_form(text[: text.index(last)])


def test_markdown_without_its_header_is_refused() -> None:
    text = to_markdown(Form(dentist_name="ANA"))
    with pytest.raises(InvalidInput, match="danificado"):
        read_form(text.replace("| Operadora |", "| Outra coisa |"))
