"""What templates may say of a case: the facts' names, what each means, and an example of it.

A context is a plain nested mapping of these (``{"case": {"protocol": "SAD…"}, "operator": "…"}``). Every value is one
line of text as the dentist will read it, or a list of such. A fact that is absent, None or empty is missing: the
template that needs it is not offered.
"""

from collections.abc import Mapping

Fact = str | tuple[str, ...]

_FACTS: dict[str, tuple[str, Fact]] = {
    "analyst.first_name": ("primeiro nome do analista", "Ana"),
    "operator": ("nome da operadora", "Sorriso Pleno"),
    "dentist.addressed": ("tratamento e nome do dentista", "Dra. Helena"),
    "dentist.article": ("artigo e tratamento do dentista, no texto corrido", "a Dra."),
    "dentist.of_article": ("“da” ou “do” com o tratamento do dentista", "da Dra."),
    "dentist.of_addressed": ("“da” ou “do” com o tratamento e o nome do dentista", "da Dra. Helena"),
    "case.protocol": ("número do protocolo", "SAD123456789012"),
    "case.city_title": ("cidade do dentista", "Salvador"),
    "case.reasons_stated": (
        "motivos que constam no protocolo, como se dizem ao dentista",
        ("baixa procura", "prazo de liberação de guias"),
    ),
    "case.offers_proven": (
        "o que já foi oferecido, em orações",
        ("foi realizado o reajuste da tabela", "foram oferecidos suporte e ação de divulgação"),
    ),
    "case.attempt_dates": ("dias das tentativas de contato", ("30/10", "09/11", "22/11")),
    "case.last_touch_day": ("dia do último contato", "17/01/2024"),
    "follow_up.proposed_day": ("dia proposto para o retorno", "sexta, 19/01"),
    "follow_up.deadline": ("prazo final para a resposta", "26/01/2024"),
    "guide.term": ("prazo de liberação de guias", "24 a 48 horas"),
    "guide.former_term": ("prazo de liberação de guias que valia antes", "até 7 dias úteis"),
    "guide.launched": ("dia de lançamento da guia, de exemplo", "20/11"),
    "guide.book_from": ("dia a partir do qual marcar o paciente", "22/11"),
    "incident.until": ("até quando houve instabilidade no sistema", "março deste ano"),
    "readjustment.old": ("moeda atual", "0,35"),
    "readjustment.new": ("moeda reajustada", "0,37"),
    "readjustment.first_month": ("primeiro mês do índice", "setembro de 2022"),
    "readjustment.last_month": ("último mês do índice", "outubro de 2023"),
    "readjustment.percent": ("percentual do reajuste", "5,1319"),
    "readjustment.basis": (
        "de onde vem o percentual do reajuste, em uma oração",
        "pelo IPCA de setembro de 2022 a outubro de 2023 (5,1319%, arredondado ao centavo)",
    ),
    "readjustment.ortho_sentence": (
        "o que muda na ortodontia, em uma frase",
        "A moeda de ortodontia continua em R$ 0,30.",
    ),
    "readjustment.effective_on": ("dia em que o reajuste passa a valer", "01/12/2023"),
    "readjustment.last_on": ("dia do último reajuste", "20/10/2021"),
    "telegram.link": ("link do convite para o Telegram", "https://t.me/sorriso_pleno_bot"),
    "support.phone": ("telefone do suporte", "71 98000-0017"),
    "support.hours": ("horário do suporte", "das 08h às 18h"),
}

VOCABULARY: Mapping[str, str] = {name: meaning for name, (meaning, _) in _FACTS.items()}
# Facts that nobody fills in: what has to happen first.
BY_DEEDS: Mapping[str, str] = {
    "case.offers_proven": "neste caso ainda não saiu nenhuma oferta: envie uma antes, em “✍️ Escrever”",
}
LISTS = frozenset(name for name, (_, example) in _FACTS.items() if isinstance(example, tuple))


def fact(context: Mapping[str, object], name: str) -> Fact | None:
    """The value of a dotted name, each text on one line; None when it is missing. TypeError: not what it should be."""
    value: object = context
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return None
    if name not in LISTS and isinstance(value, str):
        return " ".join(value.split()) or None
    if name in LISTS and isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(" ".join(item.split()) for item in value) or None
    wanted = "a list of texts" if name in LISTS else "text"
    raise TypeError(f"{name} must be {wanted}, not {type(value).__name__}")


def nest(facts: Mapping[str, Fact | None]) -> dict[str, object]:
    """Dotted names as the nested mapping that a template reads."""
    context: dict[str, object] = {}
    for name, value in facts.items():
        *parents, last = name.split(".")
        level = context
        for parent in parents:
            level = level.setdefault(parent, {})  # type: ignore[assignment]
        level[last] = value
    return context


EXAMPLE: Mapping[str, object] = nest({name: example for name, (_, example) in _FACTS.items()})
