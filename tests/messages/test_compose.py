from datetime import datetime

import pytest

from messages.calendar import ZONE
from messages.compose import Composed, compose, offers_in_house_style
from messages.errors import InvalidInput
from messages.facts import EXAMPLE
from messages.people import Addressed, Treatment
from messages.templates import Library, Offer, Template

LIBRARY = Library.packaged()
MORNING = datetime(2023, 10, 30, 11, 1, tzinfo=ZONE)
AFTERNOON = datetime(2024, 1, 17, 14, 30, tzinfo=ZONE)


def case_of(name: str = "MARINA", treatment: Treatment | None = Treatment.DRA, **more: object) -> dict[str, object]:
    dentist = Addressed.of(name, treatment)
    return {
        **EXAMPLE,
        "case": {
            "protocol": "SAD169000763629",
            "city_title": "Salvador",
            "reasons_stated": ["baixa procura", "prazo de liberação de guias"],
            "offers_proven": ["foi realizado o reajuste da tabela", "foram oferecidos suporte e ação de divulgação"],
            "attempt_dates": ["30/10", "09/11"],
        },
        "dentist": {
            "addressed": dentist.addressed,
            "article": dentist.article,
            "of_article": dentist.of_article,
            "of_addressed": dentist.of_addressed,
        },
        **more,
    }


def composed(
    keys: str,
    context: dict[str, object] | None = None,
    *,
    greet: bool = True,
    introduce: bool = False,
    closing: Template | str | None = None,
    now_local: datetime = AFTERNOON,
) -> Composed:
    blocks = [LIBRARY[key] for key in keys.split()]
    return compose(blocks, context or case_of(), greet=greet, introduce=introduce, closing=closing, now_local=now_local)


def test_the_first_message_of_a_case_says_who_writes_why_and_what_can_be_done() -> None:
    message = composed(
        "abertura divulgacao prazo_guias suporte reajuste_direito",
        introduce=True,
        closing=LIBRARY["fechamento"],
        now_local=MORNING,
    )
    assert message.text == (
        "Bom dia, Dra. Marina! Aqui é Ana, do setor de Retenção da Sorriso Pleno.\n"
        "\n"
        "O motivo do meu contato é o protocolo SAD169000763629, em que a Dra. solicitou o desligamento por baixa "
        "procura e prazo de liberação de guias.\n"
        "\n"
        "Podemos fazer uma ação de divulgação do seu consultório em Salvador, para aumentar a procura dos "
        "beneficiários e, com isso, o seu repasse.\n"
        "\n"
        "O prazo de liberação das guias, que era de até 7 dias úteis, agora é de 24 a 48 horas, e muitas saem em "
        "questão de minutos. Para garantir, agende o paciente no mínimo dois dias depois de lançar a guia: se lançou "
        "em 20/11, marque a partir de 22/11, conforme a sua agenda. Se alguma atrasar, me envie o número.\n"
        "\n"
        "Temos um WhatsApp exclusivo de suporte ao dentista: 71 98000-0017, de segunda a sexta, das 08h às 18h. "
        "Vale salvar nos contatos!\n"
        "\n"
        "Verifiquei que a Dra. tem direito ao reajuste da tabela, que está sem correção desde 20/10/2021. Posso "
        "solicitar a análise e trazer os novos valores?\n"
        "\n"
        "Fico à disposição por aqui e aguardo o seu retorno."
    )
    assert message.offers == (
        Offer("Ofertado Divulgação"),
        Offer("Outros", "informada a redução do prazo de liberação de guias"),
        Offer("Ofertado Suporte"),
        Offer("Ofertado Novos Valores"),
    )
    assert message.templates == (
        "abertura",
        "divulgacao",
        "prazo_guias",
        "suporte",
        "reajuste_direito",
        "fechamento",
    )


def test_the_opening_alone_asks_what_weighed_most() -> None:
    assert composed("abertura", introduce=True).text == (
        "Boa tarde, Dra. Marina! Aqui é Ana, do setor de Retenção da Sorriso Pleno.\n"
        "\n"
        "O motivo do meu contato é o protocolo SAD169000763629, em que a Dra. solicitou o desligamento por baixa "
        "procura e prazo de liberação de guias. O que mais pesou na decisão?"
    )


def test_a_bare_greeting_leads_the_first_sentence() -> None:
    message = composed("acompanhar_tabela", now_local=MORNING)
    assert message.text == (
        "Bom dia, Dra. Marina! Gostaria de saber se a Dra. conseguiu analisar a tabela de reajuste. "
        "Podemos continuar com a parceria?"
    )


def test_later_the_same_day_nobody_greets_again() -> None:
    assert composed("acompanhar_prazo", greet=False).text == "Até sexta, 19/01, a Dra. consegue verificar?"


def test_of_two_questions_about_the_best_day_one_is_asked() -> None:
    assert composed("treinamento reciclagem", greet=False).text == (
        "Oferecemos um treinamento rápido, on-line, sobre o portal e o lançamento de guias, para a Dra. e a equipe.\n"
        "\n"
        "Para evitar glosas, fazemos uma reciclagem com a sua equipe sobre as regras técnicas e o envio de documentos. "
        "Qual o melhor dia e horário?"
    )


def test_the_authorised_readjustment_is_told_with_its_figures() -> None:
    assert composed("reajuste_autorizado", case_of("TEO", Treatment.DR)).text == (
        "Boa tarde, Dr. Teo! O reajuste foi autorizado: moeda de R$ 0,35 para R$ 0,37, pelo IPCA de setembro de 2022 a "
        "outubro de 2023 (5,1319%, arredondado ao centavo). A moeda de ortodontia continua em R$ 0,30. Os atos "
        "diferenciados não mudam. Posso aplicar a partir de 01/12/2023?"
    )


def test_the_final_confirmation_is_one_question_that_a_yes_answers_whole() -> None:
    assert composed("confirmacao_final").text == (
        "Boa tarde, Dra. Marina! Para concluir o protocolo SAD169000763629, preciso de uma última confirmação. "
        "A Dra. confirma que está ciente de que foi realizado o reajuste da tabela e foram oferecidos suporte e ação "
        "de divulgação, e que, mesmo assim, deseja seguir com o desligamento? Se outra pessoa estiver respondendo, "
        "informe o nome, por favor."
    )


def test_without_treatment_data_the_message_stays_natural() -> None:
    message = composed("abertura treinamento", case_of("MARINA", None), introduce=True, now_local=MORNING)
    assert message.text == (
        "Bom dia, Marina! Aqui é Ana, do setor de Retenção da Sorriso Pleno.\n"
        "\n"
        "O motivo do meu contato é o protocolo SAD169000763629, em que você solicitou o desligamento por baixa procura "
        "e prazo de liberação de guias.\n"
        "\n"
        "Oferecemos um treinamento rápido, on-line, sobre o portal e o lançamento de guias, para você e a equipe. "
        "Qual o melhor dia e horário?"
    )


def test_a_block_that_was_only_its_question_falls_away_and_is_not_recorded() -> None:
    message = composed("acompanhar_prazo suporte", greet=False, closing="Podemos conversar por aqui?")
    assert message.text == (
        "Temos um WhatsApp exclusivo de suporte ao dentista: 71 98000-0017, de segunda a sexta, das 08h às 18h. "
        "Vale salvar nos contatos!\n"
        "\n"
        "Podemos conversar por aqui?"
    )
    assert message.templates == ("suporte",)


def test_a_closing_of_the_analysts_own_that_asks_nothing_leaves_the_question_standing() -> None:
    assert composed("acompanhar_prazo", greet=False, closing=" Obrigada! ").text == (
        "Até sexta, 19/01, a Dra. consegue verificar?\n\nObrigada!"
    )


def test_a_block_ticked_twice_is_said_once() -> None:
    assert composed("suporte suporte", greet=False).text.count("WhatsApp exclusivo") == 1


@pytest.mark.parametrize("first", [key for key, template in LIBRARY.items() if not template.whole])
def test_any_pair_of_blocks_asks_at_most_once_and_never_starts_two_sentences_with_posso(first: str) -> None:
    for second, template in LIBRARY.items():
        if template.whole:
            continue
        text = composed(f"{first} {second}", introduce=True, closing=LIBRARY["fechamento"]).text
        assert text.count("?") <= 1
        assert text.count("Posso ") <= 1
        assert text.count("Boa tarde") == 1


def test_a_missing_name_is_told_before_anything_is_written() -> None:
    with pytest.raises(InvalidInput, match="preencha: tratamento e nome do dentista"):
        composed("fechamento", {"operator": "Sorriso Pleno"})


def test_a_whole_text_is_never_composed() -> None:
    with pytest.raises(ValueError, match="sent alone: retomar"):
        composed("retomar suporte")


@pytest.mark.parametrize(
    ("keys", "phrase"),
    [
        ("", ""),
        ("fechamento", ""),
        ("suporte", "informando nosso contato de suporte ao WhatsApp"),
        ("divulgacao treinamento", "ofertando ação de divulgação e treinamento"),
        ("divulgacao prazo_guias", "ofertando ação de divulgação e informando redução do prazo de liberação de guias"),
        (
            "divulgacao prazo_guias suporte reajuste_direito",
            "ofertando ação de divulgação, informando redução do prazo de liberação de guias e nosso contato de "
            "suporte ao WhatsApp, e ofertando reajuste contratual",
        ),
        (
            "primeiro_contato",
            "informando redução do prazo de liberação de guias, e ofertando ação de divulgação, suporte pelo WhatsApp "
            "e análise de reajuste contratual",
        ),
    ],
)
def test_the_form_tells_the_offers_in_house_style(keys: str, phrase: str) -> None:
    assert offers_in_house_style([LIBRARY[key] for key in keys.split()]) == phrase
