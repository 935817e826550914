"""The form's reasons as a dentist is told them."""

import pytest

from messages.form.vocabulary import REASONS
from messages.reasons import nouns
from messages.templates import Library

OPENING = Library.packaged()["abertura"]
START = "O motivo do meu contato é o protocolo SAD1, em que a Dra. solicitou o desligamento"
SAID = {
    "Perda de Contato": "",
    "Problemas de Saúde": " por motivos de saúde",
    "Beneficiário Grosseiro": "",
    "Valores": " por insatisfação com os valores",
    "Franquia": " por questões de franquia",
    "Alteração Responsável Técnico": " por alteração do responsável técnico",
    "Removido Prestador": "",
    "Sem Local de Atendimento": " por falta de local de atendimento",
    "Glosas": " por glosas",
    "Dificuldades com o Sistema": " por dificuldades com o sistema",
    "Prazo Liberação de Guias": " por prazo de liberação de guias",
    "Encerramento de Atividades": " por encerramento das atividades",
    "Regras Técnicas": " por dificuldades com as regras técnicas",
    "Apenas procedimentos Estéticos": " por dedicação exclusiva a procedimentos estéticos",
    "Aposentou": " por aposentadoria",
    "Baixa Procura": " por baixa procura",
    "Dificuldade de Contato com a Central": " por dificuldade de contato com a central",
    "Falta de Suporte da Operadora": " por falta de suporte da operadora",
    "Cobrança indevida": "",
    "Burocracia Operadora": " por excesso de burocracia",
    "Negativa de Atendimento": "",
    "Ameaça Judicialização": "",
    "Terceirização de Atendimento": " por terceirização do atendimento",
    "Migração": " por migração",
    "Carteira de Clientes Particular": " por dedicação aos pacientes particulares",
    "Estudos": " por dedicação aos estudos",
    "Servidor Publico": " por ingresso no serviço público",
    "Mudou de Área": " por mudança de área",
    "Óbito": "",
}


def opening(*reasons: str) -> str:
    """What follows the protocol, in the sentence that a dentist reads."""
    case = {"protocol": "SAD1", "reasons_stated": nouns(reasons)}
    return OPENING.statement({"dentist": {"article": "a Dra."}, "case": case})


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_form_reads_well_or_is_not_said(reason: str) -> None:
    assert opening(reason) == f"{START}{SAID[reason]}."


def test_of_several_those_that_can_be_said_are_joined_in_their_order() -> None:
    assert opening("Aposentou", "Óbito", "Servidor Publico", "Baixa Procura") == (
        f"{START} por aposentadoria, ingresso no serviço público e baixa procura."
    )
    assert opening("Óbito", "Perda de Contato") == opening("palavra de ninguém") == f"{START}."
