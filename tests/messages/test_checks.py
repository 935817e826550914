"""What must be looked at in a typed text."""

import pytest

from messages.checks import changed_figures, unfilled

COMPOSED = ["O reajuste foi autorizado: moeda de R$ 0,35 para R$ 0,37, pelo IPCA (5,1319%)."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Bom dia, [nome]!", "Bom dia, [nome]!"),
        ("Olá, {{ dentist.addressed }}, tudo bem?", "Olá, {{ dentist.addressed }}, tudo bem?"),
        ("A moeda passa a R$ ____ em dezembro.", "A moeda passa a R$ ____ em dezembro."),
        ("Sobra uma chave }} aqui", "Sobra uma chave }} aqui"),
        (
            "Um texto comprido antes do lugar que falta, [data de início], e outro texto comprido depois dele.",
            "… do lugar que falta, [data de início], e outro texto comprido…",
        ),
    ],
)
def test_what_was_left_unfilled_is_told_with_its_place(text: str, told: str) -> None:
    assert unfilled(text) == told


@pytest.mark.parametrize("text", ["Tudo certo, doutora!", "Contrato [2023] assinado", "e-mail ana_lima@exemplo.com.br"])
def test_a_filled_text_is_left_alone(text: str) -> None:
    assert unfilled(text) is None


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (COMPOSED[0], []),
        ("Pelo IPCA, 5,1319 %, a moeda vai de R$0,35 a R$ 0,37.", []),
        ("A moeda vai a R$ 0,37: são 6 %.", [("5,1319%", "6 %")]),
        ("A moeda vai a R$ 0,40, ou 6%.", [("R$ 0,35", "R$ 0,40"), ("5,1319%", "6%")]),
        ("R$ 0,35, R$ 0,37, 5,1319% e mais 10%", [(None, "10%")]),
        ("A moeda foi reajustada.", []),
    ],
)
def test_a_figure_that_nobody_worked_out_is_told_with_the_one_it_replaces(
    text: str, changed: list[tuple[str | None, str]]
) -> None:
    assert changed_figures(COMPOSED, text) == changed
