"""Reading the paper form's two text layouts: the samples, slips one by one, doubts, and foreign texts."""

import contextlib
import json
import re
import time
from pathlib import Path

import pytest

from messages.errors import InvalidInput
from messages.form import ACTIONS, OUTCOMES, REASONS, SECTORS, read_form
from messages.form.doubts import judge
from messages.form.vocabulary import LABELS

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "forms").glob("*.txt"))
REAL_A = next(path for path in SAMPLES if path.stem == "real-a").read_text(encoding="utf-8")
REAL_B = next(path for path in SAMPLES if path.stem == "real-b").read_text(encoding="utf-8")
FORM_00 = next(path for path in SAMPLES if path.stem == "form-101-00").read_text(encoding="utf-8")  # with its status
TICKED = '<input checked="" type="checkbox"/>'
UNTICKED = '<input type="checkbox"/>'
NO_OUTROS = 'Obs.: OBRIGATÓRIO JUSTIFICATIVA CASO SELECIONE "OUTROS".'


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_equal_their_truth(path: Path) -> None:
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    read = read_form(path.read_text(encoding="utf-8")).form.as_json()
    assert read == truth
    assert list(read) == list(truth)


# ---- nothing is lost ----

PRINTED = {
    word
    for phrase in [
        *(label.printed for label in LABELS),
        *(*ACTIONS, *REASONS, *OUTCOMES, *SECTORS),
        "Formulário - Processo de Retenção Status retenção Ação Motivo desligamento Necessário abertura de protocolo",
        'Obs. Geral Setor responsável OBRIGATÓRIO JUSTIFICATIVA CASO SELECIONE "OUTROS" SIM NÃO Grossoeiro Régras',
        "1º 2º 3º 4º 5º contato Data dia(s) convenios inicio sem guias input type checkbox checked x R",
        "Página 1 de 2 3 N°",
    ]
    for word in re.findall(r"\w+", phrase.casefold())
}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"<input[^>]*>", "", text).replace("_", " ").casefold())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_word_that_people_wrote_is_in_some_field(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    form = read_form(text).form.as_json()
    kept = set(_words(json.dumps(form, ensure_ascii=False).replace("\\n", " ")))
    dates = {f"{day}/{month}/{year}" for year, month, day in re.findall(r"(\d{4})-(\d\d)-(\d\d)", json.dumps(form))}
    numbers = {f"{form[name]:,}".replace(",", ".") for name in ("lives", "published_cros")}
    numbers |= {(form[name] or "").replace(".", ",") for name in ("currency", "last_production_value")}
    kept |= set(_words(" ".join(dates | numbers))) | {"3", "591"}  # 3.591,50
    assert [word for word in _words(text) if word not in kept | PRINTED] == []


def test_words_out_of_place_become_doubts_that_quote_them() -> None:
    text = REAL_A.replace("CNPJ\t\tCPF\t\t\t", "CNPJ\t\tCPF\t\trecado perdido").replace(
        "94580730000152\t\t21573681911", "94580730000152\t\t21573681911\t\toutro recado"
    )
    text = text.replace("Motivo desligamento\n", "Motivo desligamento\n\n", 1).replace(
        '<input checked="" type="checkbox"/> Valores', '<input checked="" type="checkbox"/> Mudança de país'
    )
    read = read_form(text)
    told = " ".join(doubt.text for doubt in read.doubts)
    assert "recado perdido" in told
    assert "outro recado" in told
    assert "Mudança de país" in told
    assert (read.form.cnpj, read.form.cpf, read.form.reasons) == ("94580730000152", "21573681911", ())


# ---- doubts ----


@pytest.mark.parametrize(
    ("old", "new", "field", "quoted", "value"),
    [
        ("21573681911", "21573681912", "cpf", "não confere", "21573681912"),
        ("21573681911", "2157368191I", "cpf", "2157368191I", None),
        ("94580730000152", "94580730000153", "cnpj", "não confere", "94580730000153"),
        ("\t90485\t", "\t90485123\t", "cro", "1 a 6 dígitos", "90485123"),
        ("\tBA\tMARINA", "\tXX\tMARINA", "cro_uf", "XX", "XX"),
        ("\tBA\tMARINA", "\tBahia\tMARINA", "cro_uf", "Bahia", None),
        ("BA\tSALVADOR", "SP\tSALVADOR", "cro_uf", "SP", "BA"),
        ("SAD169000763629", "SAD16900076362", "protocol", "12 dígitos", "SAD16900076362"),
        ("18/09/2023\t22/01/2024", "18/09/2023\t22/01/2023", "ended_on", "antes", "2023-01-22"),
        ("18/09/2023\t22/01/2024", "18/09/2023\t3O/02/2024", "ended_on", "3O/02/2024", None),
        ("126 dia(s)", "125 dia(s)", "days", "126", 125),
        ("126 dia(s)", "muitos", "days", "muitos", None),
        ("Data\t\t22/01/2024", "Data\t\t17/09/2023", "form_date", "antes do início", "2023-09-17"),
        ("Data\t\t22/01/2024", "Data\t\t31/02/2024", "form_date", "31/02/2024", None),
        ("20/07/2022\tJ", "20/07/2025\tJ", "enrolled_on", "inclusão", "2025-07-20"),
        ("20/07/2022\tJ", "20/07/2022\tX", "person_type", "“X”", None),
        ("\t\t6\t", "\t\tseis\t", "cro_count", "seis", None),
        ("\t\t6\t", "\t\t6\t", "cro_count", "6 CROs", 6),
        ("3.843", "3,8a", "lives", "3,8a", None),
        ("0,35\t28/08/2023", "abc\t28/08/2023", "currency", "abc", None),
        ("0,35\t28/08/2023", "35,00\t28/08/2023", "currency", "fora do comum", "35.00"),
        ("28/08/2023\tR\\$ 49,00", "sem guias\tR\\$ 49,00", "last_production_on", "sem a data", None),
        ("MARINA PRADO SERRA AZUL", "", "dentist_name", "Falta", None),
        ("NÃO\t\t-", "NÃO\t\tUnimed", "other_plans", "Unimed", False),
        ("</x>", "</x>", "other_plans", "BRADESCO", False),
        ("</x>", "</x>", "outcome", "nenhum status", None),
        ("</x>", "</x>", "phone", "71 •••••-0017", "+5571980000017"),
        (
            '<input type="checkbox"/> SIM <input checked="" type="checkbox"/> NÃO\t',
            "[x] SIM [x] NÃO\t",
            "other_plans",
            "mais de uma",
            None,
        ),
        ('<input type="checkbox"/> Outros', "[x] Outros", "other_justification", "obrigatória", None),
        ('"OUTROS".', '"OUTROS". Pediu prazo', "actions", "não está marcado", []),
        ('<input type="checkbox"/> SIM\t', "[x] SIM\t", "sectors", "setor", []),
        ("Supervisora Exemplo\n\nGerente D'Exemplo", "", "signers", "supervisores", []),
    ],
)
def test_what_is_doubtful_is_said(old: str, new: str, field: str, quoted: str, value: object) -> None:
    assert old in REAL_A or old == "</x>"
    read = read_form(REAL_A.replace(old, new, 1))
    assert any(quoted in doubt.text for doubt in read.doubts if doubt.field == field), read.doubts
    assert read.form.as_json()[field] == value


@pytest.mark.parametrize(
    ("old", "new", "quoted"),
    [
        ("1º contato Data 30/10/2023", "1º contato Data 30/10/2022", "1º contato (30/10/2022) é antes"),
        ("1º contato Data 30/10/2023", "1º contato Data 31/10/2023", "mensagens nele são de 30/10/2023"),
        ("1º contato Data 30/10/2023", "1º contato Data 30/13/2023", "30/13/2023"),
        ("1º contato Data 30/10/2023", "1º contato Data", "1º contato está sem data"),
        ("2º contato Data 09/11/2023", "2º contato Data 09/11/2025", "depois do fim"),
        ("3º contato Data 22/11/2023", "3º contato Data 01/11/2023", "antes do 2º contato"),
        ("5º contato Data 18/01/2024", "7º contato Data 18/01/2024", "sem o anterior"),
        ("5º contato Data 18/01/2024", "5º contato Data 18/01/2024", "17/01/2024, 22/01/2024"),
    ],
)
def test_contacts_at_odds_with_their_dates_are_said(old: str, new: str, quoted: str) -> None:
    read = read_form(REAL_A.replace(old, new, 1))
    assert any(quoted in doubt.text for doubt in read.doubts if doubt.field == "contacts"), read.doubts
    assert len(read.form.contacts) == 5


def test_two_ticked_outcomes_are_none_and_a_doubt() -> None:
    text = REAL_B.replace("Retenção Efetiva  \n Desligamento", "[x] Retenção Efetiva  \n [x] Desligamento")
    read = read_form(text)
    assert read.form.outcome is None
    assert any("Retenção Efetiva, Desligamento" in doubt.text for doubt in read.doubts)


def test_a_form_in_order_has_only_the_doubts_that_nobody_could_answer_from_it() -> None:
    read = read_form(REAL_B.replace("Retenção Efetiva  \n Desligamento", "[ ] Retenção Efetiva  \n [x] Desligamento"))
    assert [doubt.field for doubt in read.doubts] == ["phone", "protocol_required"]
    assert judge(read.form) == read.doubts


def test_a_form_without_any_contact_block_is_read_and_said() -> None:
    for whole in (REAL_A, REAL_B):
        read = read_form(re.sub(r"1º contato.*?(?=[*]*Ação Retenção)", "", whole, flags=re.DOTALL))
        assert read.form.contacts == ()
        assert "Nenhum contato foi encontrado no formulário." in [d.text for d in read.doubts if d.field == "contacts"]
        assert read.form.reasons == read_form(whole).form.reasons


def test_a_row_of_options_that_is_missing_is_said() -> None:
    rows = REAL_A[REAL_A.index(f"{UNTICKED} Removido") : REAL_A.index(f"{UNTICKED} Régras")]
    read = read_form(REAL_A.replace(rows, ""))
    assert any("faltam opções" in doubt.text for doubt in read.doubts if doubt.field == "reasons")
    assert not any("faltam opções" in doubt.text for doubt in read_form(REAL_A).doubts)  # Migração alone


# ---- layout at its edges ----


@pytest.mark.parametrize(
    ("printed", "justification"),
    [
        ('Obs.: OBRIGATÓRIO JUSTIFICATIVA CASO SELECIONE "OUTROS". Pediu prazo', "Pediu prazo"),
        (
            'Obs.: OBRIGATÓRIO JUSTIFICATIVA CASO SELECIONE "OUTROS".\n\nPediu prazo\n- até maio',
            "Pediu prazo\n- até maio",
        ),
        ("Obs: OBRIGATORIO JUSTIFICATIVA CASO SELECIONE “OUTROS”\nPediu prazo", "Pediu prazo"),
        ('Obs.: OBRIGATÓRI0 JUSTIFCATIVA CASO SELECIONE "OUTROS".', None),
        ("Obs.: Pediu prazo", "Pediu prazo"),
        ("Obs.:", None),
        (f"Pediu prazo\n\n{NO_OUTROS}", "Pediu prazo"),
        (f"--\t--\n\nPediu prazo\naté maio\n\n{NO_OUTROS}\n\ne desistiu", "Pediu prazo\naté maio\n\ne desistiu"),
    ],
)
def test_the_justification_is_what_people_wrote_and_not_the_printed_hint(
    printed: str, justification: str | None
) -> None:
    text = REAL_A.replace(NO_OUTROS, printed)
    assert read_form(text).form.other_justification == justification


def test_the_justification_may_stand_beside_its_own_option() -> None:
    text = REAL_A.replace(f"{UNTICKED} Outros", f"{TICKED} Outros: Informada a redução")
    form = read_form(text.replace(f"{TICKED} Valores", f"{TICKED} Valores: a tabela")).form
    assert (form.actions, form.other_justification) == (("Outros",), "Informada a redução")
    below = read_form(text.replace(NO_OUTROS, f"{NO_OUTROS}\ndo prazo")).form
    assert below.other_justification == "Informada a redução\n\ndo prazo"


def test_words_beside_another_option_are_said_and_the_tick_kept() -> None:
    read = read_form(REAL_A.replace(f"{TICKED} Valores", f"{TICKED} Valores: a tabela"))
    assert read.form.reasons == ("Valores",)
    assert any("“a tabela”" in doubt.text for doubt in read.doubts if doubt.field == "reasons")


@pytest.mark.parametrize("label", ["Quais? BRADESCO", "Quais?: BRADESCO", "Quais?BRADESCO", "Quais: BRADESCO"])
def test_other_plans_may_stand_beside_their_question(label: str) -> None:
    form = read_form(REAL_A.replace("Quais?\t", f"{label}\t")).form
    assert form.other_plans_detail == "BRADESCO"


@pytest.mark.parametrize(
    ("row", "read"),
    [
        ("\t" * 2 + "18/09/2023" + "\t" * 9 + "22/01/2024\t126 dia(s)", ("2023-09-18", "2024-01-22", 126)),
        ("\t22/01/2024\t126 dia(s)", (None, "2024-01-22", 126)),
        ("18/09/2023\t\t126 dia(s)", ("2023-09-18", None, 126)),
        ("18/09/2023\tsexta\t126", ("2023-09-18", None, 126)),
        ("\t\t", (None, None, None)),
    ],
)
def test_tabs_that_do_not_line_up_keep_the_values_order(row: str, read: tuple[object, ...]) -> None:
    form = read_form(REAL_A.replace("18/09/2023\t22/01/2024\t126 dia(s)", row)).form.as_json()
    assert (form["started_on"], form["ended_on"], form["days"]) == read


@pytest.mark.parametrize(
    ("notes", "phone"),
    [
        ("Enviado whats app- 71 8000-0017, em 30/10/2023 às 11:01", "+5571980000017"),
        ("Enviado whatsapp (71)98000.0017 sem retorno", "+5571980000017"),
        ("WhatsApp: +55 71 98000-0017", "+5571980000017"),
        ("zap 71980000017", "+5571980000017"),
        ("Tel.: (71) 3000-0017", "+557130000017"),
        ("71 98000-0017 não atende", "+5571980000017"),
        ("[16:40, 02/10/2024] +55 71 98000-0017: Boa tarde", "+5571980000017"),
        ("71 98000-0017: sem resposta", "+5571980000017"),
        ("71 98000-0017/71 98111-2222", "+5571980000017"),
        ("71 98000-0017/98111-2222", "+5571980000017"),
        ("71 98000–0017 e 71 98000‑0017", "+5571980000017"),
        ("71 98000 - 0017", "+5571980000017"),
        ("passou de 11 3000 - 4000 pontos", None),
        ("processo 71 98000-0017/2024, às 71 98000-0017:30", None),
        ("vigência 11 2023 – 2024", None),
        ("ofertado suporte, enviado whats 71 8000-0017", "+5571980000017"),
        ("nosso contato de suporte ao whats app 71 98000-0018; whats dela 71 98000-0017", "+5571980000017"),
        ("Total de 71 8000 0017 pontos", None),
        ("71980000017 e 7180000017", None),
        ("contato pelo CPF 71980000017", None),
        ("contato do protocolo 71 98000-0017", None),
        ("contato em 11 2023-2024, 30/10/2023 11:01, R$ 71 980,00", None),
        ("contato SAD719800000170 e 719800000171234", None),
        ("whats 20 98000-0017, ligado 71 98000-0017", "+5571980000017"),
    ],
)
def test_the_dentists_phone_is_told_from_other_numbers(notes: str, phone: str | None) -> None:
    text = REAL_B.replace("Conforme orientado não mexer em CIDADE JAMSPE | GUARULHOS - SP", notes)
    assert read_form(text).form.phone == phone


def test_general_notes_may_quote_the_part_below_them() -> None:
    quoted = "Disse:\n\n**Setor responsável**\n\n- [x] T.I  [ ] Comercial\n\nfoi o que marcou"
    form = read_form(
        REAL_B.replace("A mesma DESISTIU do credenciamento e não chegou a realizar o treinamento.", quoted)
    ).form
    assert (form.general_notes, form.sectors) == (quoted, ())
    assert form.signers == ("Supervisora Exemplo", "Gerente D'Exemplo")


def test_a_box_is_no_supervisor() -> None:
    for below in ("[ ] Diretoria", "<input type="):
        form = read_form(REAL_A.replace("Supervisora Exemplo", f"{below}\n\nSupervisora Exemplo")).form
        assert form.signers == ("Supervisora Exemplo", "Gerente D'Exemplo")


def test_notes_may_quote_a_box_that_is_none_of_the_forms() -> None:
    quoted = "Veja <input> e [x] confirmou, motivo desligamento: Valores"
    form = read_form(REAL_B.replace("Conforme orientado não mexer", quoted)).form
    assert form.contacts[0].notes.startswith(quoted)


def test_more_than_five_blocks_are_all_kept() -> None:
    sixth = "\n6º contato Data 20/01/2024\n\nObs.:\n\nMais um.\n\nAção Retenção\n"
    form = read_form(REAL_A.replace("\nAção Retenção\n", sixth)).form
    assert [(block.number, block.notes) for block in form.contacts][-1] == (6, "Mais um.")


def test_a_contact_whose_number_is_past_reading_is_said() -> None:
    read = read_form(REAL_A.replace("5º contato Data", "#º contato Data"))
    assert len(read.form.contacts) == 4
    assert any("número ilegível" in doubt.text for doubt in read.doubts if doubt.field == "contacts")


@pytest.mark.parametrize(
    ("old", "hostile"),
    [
        ("\t90485\t", f"\t{'CD' * 900}!\t"),
        ("aguardando retorno.", f"[{' ' * 900_000}"),
        ("aguardando retorno.", "e" + "\u0301\u0316" * 200_000),
        ("aguardando retorno.", "[x] Valores " * 60_000),
        ("Necessário abertura de protocolo", "[\t" * 300_000 + "\nNecessário abertura de protocolo"),
    ],
    ids=["letters", "spaces", "accents", "boxes", "brackets"],
)
def test_a_hostile_text_does_not_keep_the_reader_busy(old: str, hostile: str) -> None:
    begun = time.process_time()
    with contextlib.suppress(InvalidInput):
        read_form(REAL_A.replace(old, hostile, 1))
    assert time.process_time() - begun < 5  # each took minutes, or never came to an end


def test_a_contact_without_its_obs_is_still_a_contact() -> None:
    form = read_form(REAL_B.replace("2º contato Data 11/01/2024\n\n**Obs.:**\n", "2º contato Data 11/01/2024\n")).form
    assert [block.number for block in form.contacts] == [1, 2]
    assert form.contacts[1].notes.startswith("Neste caso")


def test_the_date_and_the_notes_may_stand_on_the_labels_own_row() -> None:
    text = REAL_B.replace(
        "1º contato Data 11/01/2024\n\n**Obs.:**\n", "1º contato Data: 11/01/2024 **Obs.:** Primeiro.\n"
    )
    text = text.replace("**Obs. Geral**\n", "**Obs. Geral:** Antes.\n")
    text = text.replace(
        "**Necessário abertura de protocolo**\n\n- SIM  NÃO", "Necessário abertura de protocolo: [x] SIM [ ] NÃO"
    )
    form = read_form(text).form
    assert form.contacts[0].notes.startswith("Primeiro.\n\nConforme orientado")
    assert form.general_notes is not None
    assert form.general_notes.startswith("Antes.\n\nA mesma")
    assert form.protocol_required is True


def test_a_header_whose_tabs_became_spaces_is_read() -> None:
    form = read_form(REAL_A.replace("\t", "    ")).form
    assert form.as_json() | {"phone": None} == read_form(REAL_A).form.as_json() | {"phone": None}


def test_only_the_header_is_enough_to_open_a_case() -> None:
    form = read_form(REAL_A[: REAL_A.index("1º contato")]).form
    assert (form.protocol, form.days, form.contacts) == ("SAD169000763629", 126, ())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_header_pasted_alone_is_read_to_its_last_value(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    whole, header = read_form(text).form, re.split(r"\W*(?:Status retenção|1º contato)", text)[0]
    form = read_form(header.strip()).form
    assert (form.dentist_name, form.started_on, form.ended_on, form.days) == (
        *(whole.dentist_name, whole.started_on),
        *(whole.ended_on, whole.days),
    )


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_text_cut_anywhere_is_refused_or_loses_only_what_may_be_missing(path: Path) -> None:
    """A whole header opens a case, and the supervisors may be missing: every other beginning, every end is refused."""
    text = path.read_text(encoding="utf-8")
    whole = read_form(text).form.as_json()
    header_ends = min(text.find(word) for word in ("Status retenção", "1º contato") if word in text)
    last_label, last_box = text.index("Tempo finalização"), text.rindex("Comercial")
    near = {*range(last_label - 3, header_ends + 25, 2), *range(last_box - 45, last_box + 15, 2), len(text) - 1}
    for at in sorted(near.union(range(1, len(text), 61))):
        legal = last_label < at <= header_ends or at > last_box
        try:
            form = read_form(text[:at]).form.as_json()
        except InvalidInput:
            assert at <= text.rindex("Exemplo"), at
        else:
            assert legal, text[:at][-60:]
            assert form["started_on"] in (whole["started_on"], None), text[:at][-60:]
            assert form["days"] in (whole["days"], None), text[:at][-60:]
            assert form["sectors"] in (whole["sectors"], []), text[:at][-60:]
            assert all(name in " ".join(whole["signers"]) for name in form["signers"])
    for at in range(text.index("Qtd CRO(s)"), len(text), 61):
        with pytest.raises(InvalidInput):
            read_form(text[at:])


def test_a_tick_quoted_in_a_note_is_a_word_like_others() -> None:
    said = REAL_A.replace("aguardando retorno.", f"aguardando retorno.\n{UNTICKED} Valores", 1)
    form = read_form(said).form
    assert form.contacts[0].notes.endswith(f"{UNTICKED} Valores")
    assert form.reasons == read_form(REAL_A).form.reasons


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "vazio"),
        (" \n\t\n", "vazio"),
        ("Olá, tudo bem? Segue o formulário do protocolo SAD169000763629.", "não é um Formulário"),
        ("\x00\x01PNG\r\n\x1a\x00\x00IHDR" * 20, "não é um arquivo de texto"),
        (b"%PDF-1.7 \xff\xfe\xfa\x93".decode(errors="replace") * 5, "não é um arquivo de texto"),
        (REAL_A[: REAL_A.index("Data inclusão")], "danificado"),
        (REAL_A[REAL_A.index("Data inclusão") :], "danificado"),
        (REAL_A[REAL_A.index("Qtd CRO(s)") :], "danificado"),
        (REAL_A[: REAL_A.index("Tempo finalização")], "cortado"),
        (REAL_A[: REAL_A.index("Tempo finalização") + 14], "cortado"),
        (REAL_A[: REAL_A.index("18/09/2023\t22/01") + 9], "cortado"),
        (REAL_A[: REAL_A.index("18/09/2023\t22/01") + 8], "cortado"),
        (REAL_A[: REAL_A.index("126 dia") + 3], "cortado"),
        (FORM_00[: FORM_00.index("Status retenção") + 9], "cortado"),
        (FORM_00[: FORM_00.index("Desligamento")], "cortado"),
        (FORM_00[: FORM_00.index("1º contato")], "cortado"),
        (REAL_A[: REAL_A.index("1º contato") + 8], "cortado"),
        (REAL_A[: REAL_A.index("1º contato") + 19], "cortado"),
        (REAL_A[REAL_A.index("3º contato") :], "não é um Formulário"),
        (REAL_A[REAL_A.index("Obs. Geral") :], "danificado"),
        (FORM_00[: len(FORM_00) // 4] + FORM_00[len(FORM_00) * 3 // 4 :], "danificado"),
        (REAL_A[: REAL_A.index("aguardando retorno.")] + REAL_A[REAL_A.index("Suporte") :], "danificado"),
        (REAL_A[: REAL_A.index("aguardando")] + REAL_A[REAL_A.index(f"{UNTICKED} Ofertado Sup") :], "danificado"),
        (REAL_A[: REAL_A.index("ATÓRIO")] + REAL_A[REAL_A.index(f"{UNTICKED} Franquia") :], "danificado"),
        (REAL_A[REAL_A.index("1º contato") :], "não é um Formulário"),
        (REAL_A[: REAL_A.index("4º contato")], "cortado"),
        (REAL_A[: REAL_A.index("Obs. Geral")], "cortado"),
        (REAL_A[: REAL_A.rindex("Central")], "cortado"),
        (REAL_A[: REAL_A.rindex("Análise") - 12], "cortado"),
        (REAL_A[: REAL_A.rindex("Comercial") + 8], "cortado"),
        (REAL_B[: REAL_B.rindex("Técnica")], "cortado"),
        (REAL_A + "\n\n" + REAL_B, "mais de um formulário"),
        (REAL_A + "x" * 1_000_000, "1 MB"),
        ("ç" * 600_000, "1 MB"),
        (REAL_A + "\n" * 20_000, "linhas demais"),
        (REAL_A.replace("SALVADOR", "SALVADOR " * 1000, 1), "cabeçalho"),
        ("Colaborador\tA\n" * 1000, "não"),
    ],
)
def test_a_foreign_or_damaged_text_is_refused_in_one_sentence(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as refusal:
        read_form(text)
    assert refusal.value.text.endswith(".")
    assert "\n" not in refusal.value.text
