"""Reasons for leaving as a dentist can be told them: nouns after “solicitou o desligamento por …”.

The form's words are for the form: there a reason is ticked, by people who speak about the dentist, not to the dentist.
"""

from collections.abc import Iterable, Mapping

# What is not here is not said: what befell the dentist (Óbito, Perda de Contato, Removido Prestador), and what accuses
# somebody (Beneficiário Grosseiro, Cobrança indevida, Negativa de Atendimento, Ameaça Judicialização).
_NOUNS: Mapping[str, str] = {
    "Problemas de Saúde": "motivos de saúde",
    "Valores": "insatisfação com os valores",
    "Franquia": "questões de franquia",
    "Alteração Responsável Técnico": "alteração do responsável técnico",
    "Sem Local de Atendimento": "falta de local de atendimento",
    "Glosas": "glosas",
    "Dificuldades com o Sistema": "dificuldades com o sistema",
    "Prazo Liberação de Guias": "prazo de liberação de guias",
    "Encerramento de Atividades": "encerramento das atividades",
    "Regras Técnicas": "dificuldades com as regras técnicas",
    "Apenas procedimentos Estéticos": "dedicação exclusiva a procedimentos estéticos",
    "Aposentou": "aposentadoria",
    "Baixa Procura": "baixa procura",
    "Dificuldade de Contato com a Central": "dificuldade de contato com a central",
    "Falta de Suporte da Operadora": "falta de suporte da operadora",
    "Burocracia Operadora": "excesso de burocracia",
    "Terceirização de Atendimento": "terceirização do atendimento",
    "Migração": "migração",
    "Carteira de Clientes Particular": "dedicação aos pacientes particulares",
    "Estudos": "dedicação aos estudos",
    "Servidor Publico": "ingresso no serviço público",
    "Mudou de Área": "mudança de área",
}


def nouns(reasons: Iterable[str]) -> tuple[str, ...]:
    """The form's reasons as running text names them, in their order; what cannot be said to the dentist is left out."""
    return tuple(_NOUNS[reason] for reason in reasons if reason in _NOUNS)
