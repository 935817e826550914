"""Cases out of a spreadsheet: columns by their names, each row by itself."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.case_table import read_table
from messages.errors import InvalidInput

HEAD = ["Nº do Protocolo", "Nome do Dentista", "CRO", "UF do CRO", "Telefone (WhatsApp)"]
GOOD = ["SAD169000763629", "MARINA PRADO", "90485", "BA", "71 98000-0017"]


def test_columns_are_recognised_by_their_names_wherever_they_stand() -> None:
    rows = [
        ["Protocolos de outubro", "", "", ""],
        [
            "DT. ABERTURA DO PROTOCOLO",
            "Prestador",
            "protocolo",
            "Município",
            "estado",
            "Vidas",
            "Moeda",
            "Obs",
            "Motivo",
        ],
        [
            "18/09/2023",
            "Marina Prado",
            "sad 169000763629",
            "Salvador",
            "ba",
            "3.843",
            "0,35",
            "x",
            "baixa procura; Valores",
        ],
    ]
    table = read_table(rows)
    assert table.problems == () and table.unknown == ("Obs",)
    (entry,) = table.entries
    form = entry.form
    assert entry.row == 3 and entry.doubts == ()
    assert (form.protocol, form.dentist_name, form.city, form.uf) == (
        "SAD169000763629",
        "Marina Prado",
        "SALVADOR",
        "BA",
    )
    assert (form.protocol_opened_on, form.lives, form.currency) == (date(2023, 9, 18), 3843, Decimal("0.35"))
    assert form.reasons == ("Valores", "Baixa Procura")


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("CPF", "1234567890", "cpf", "01234567890"),
        ("CNPJ do prestador", "94580730000152", "cnpj", "94580730000152"),
        ("Celular", "7198000-0017", "phone", "+5571980000017"),
        ("Data de inclusão", "20/07/2022", "enrolled_on", date(2022, 7, 20)),
        ("Qtd CRO(s)", "6", "cro_count", 6),
        ("Tipo", "Jurídica", "person_type", "J"),
        ("nº CRO(S) únicos divulgados", "244", "published_cros", 244),
        ("Valor última produção", "R$ 49,00", "last_production_value", Decimal("49.00")),
        ("Operadora", "Sorriso Pleno", "operator", "SORRISO PLENO"),
    ],
)
def test_each_column_is_read_as_what_it_is(name: str, value: str, field: str, read: object) -> None:
    (entry,) = read_table([[*HEAD[:2], name], [*GOOD[:2], value]]).entries
    assert getattr(entry.form, field) == read and entry.doubts == ()


def test_treatment_name_of_address_and_analyst_come_along() -> None:
    rows = [[*HEAD, "Tratamento", "Como chamar", "Responsável"], [*GOOD, "Dra", "Mari", "Ana Lima"]]
    (entry,) = read_table(rows).entries
    assert (entry.treatment, entry.called, entry.analyst) == ("Dra.", "Mari", "Ana Lima")
    assert (entry.form.cro, entry.form.cro_uf, entry.form.phone) == ("90485", "BA", "+5571980000017")
    assert [d.field for d in entry.doubts] == ["uf"]


def test_a_row_without_a_good_protocol_or_a_name_is_a_problem_with_its_number() -> None:
    rows = [
        HEAD,
        ["SAD16900076362", *GOOD[1:]],
        ["", *GOOD[1:]],
        ["1,69E+11", *GOOD[1:]],
        [GOOD[0], "", "", "", ""],
        ["", "", "", "", ""],
        GOOD,
        ["169000763629", *GOOD[1:]],
    ]
    table = read_table(rows)
    assert [e.row for e in table.entries] == [7]
    assert table.problems == (
        (2, "Protocolo com 11 algarismos em vez de 12."),
        (3, "Falta o protocolo."),
        (4, "O Excel encurtou o protocolo para 1,69E+11: formate a coluna como texto e digite de novo."),
        (5, "Falta o nome do dentista."),
        (8, "O protocolo SAD169000763629 já está na linha 7."),
    )


@pytest.mark.parametrize(
    "head",
    [
        ["Data do contato", "Telefone", "Protocolo", "Nome"],
        ["Responsável técnico", "Analista", "Protocolo", "Nome"],
        ["Setor responsável", "Responsável", "Protocolo", "Nome"],
        ["Nome da clínica", "Nome do dentista", "Protocolo"],
        ["Status do protocolo", "Protocolo (SAD)", "Nome"],
    ],
)
def test_the_column_whose_name_says_least_else_counts(head: list[str]) -> None:
    cells = {
        "Nome": "MARINA PRADO",
        "Nome do dentista": "MARINA PRADO",
        "Protocolo": GOOD[0],
        "Protocolo (SAD)": GOOD[0],
    }
    table = read_table([head, [cells.get(name, "aberto") for name in head]])
    assert table.unknown == (head[0],)
    assert [e.form.dentist_name for e in table.entries] == ["MARINA PRADO"]


@pytest.mark.parametrize(
    ("name", "cell", "told"),
    [
        ("CRO", "CRO-BA 90.485", {"cro": "90485", "cro_uf": "BA"}),
        ("CRO", "90485/BA", {"cro": "90485", "cro_uf": "BA"}),
        ("Telefone", "71 98000-0017 / 71 3333-0000", {"phone": "+5571980000017"}),
        ("Motivo", "Valores, briga", {"reasons": ("Valores",)}),
    ],
)
def test_what_a_cell_says_besides_is_told(name: str, cell: str, told: dict[str, object]) -> None:
    (entry,) = read_table([[*HEAD[:2], name], [*GOOD[:2], cell]]).entries
    assert {field: getattr(entry.form, field) for field in told} == told
    assert [d.field for d in entry.doubts] == [{"CRO": "uf", "Telefone": "phone", "Motivo": "reasons"}[name]]


def test_a_treatment_before_the_name_is_no_part_of_it() -> None:
    (entry,) = read_table([HEAD, [GOOD[0], "DRA. MARINA PRADO", *GOOD[2:]]]).entries
    assert (entry.form.dentist_name, entry.treatment) == ("MARINA PRADO", "Dra.")


def test_what_else_is_wrong_is_left_out_and_told() -> None:
    head = [*HEAD[:2], "CPF", "Telefone", "CRO", "Data de abertura"]
    (entry,) = read_table([head, [*GOOD[:2], "11111111111", "8000", "90485", "ontem"]]).entries
    assert (entry.form.cpf, entry.form.phone, entry.form.cro, entry.form.protocol_opened_on) == (None, None, None, None)
    assert {d.field for d in entry.doubts} == {"cpf", "phone", "cro", "protocol_opened_on"}


@pytest.mark.parametrize("rows", [[["a", "b"]], [["Protocolo", "Cidade"]], [["Nome", "Cidade"]]])
def test_without_the_columns_nothing_is_read(rows: list[list[str]]) -> None:
    with pytest.raises(InvalidInput, match="Não encontrei as colunas"):
        read_table(rows)


@pytest.mark.parametrize("rows", [[], [["", ""], []]])
def test_a_sheet_without_rows_is_no_sheet(rows: list[list[str]]) -> None:
    with pytest.raises(InvalidInput, match="só tem os títulos"):
        read_table([HEAD, *rows])


@given(st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=6))
def test_any_rows_below_a_head_are_read(rows: list[list[str]]) -> None:
    table = read_table([HEAD, GOOD, *rows])
    assert len(table.entries) + len(table.problems) <= 1 + len(rows)
