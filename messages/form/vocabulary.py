"""The printed words of the form: labels and closed lists in the form's own order, and how a misspelt one is met.

Forms pass through OCR and through people, so words are compared without accents, case or punctuation, and longer ones
with some tolerance ("Régras Técnicas", "Beneficiário Grossoeiro"). The options of a closed list, which have few
neighbours, are met with a little more of it ("T.1", "G1osas").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from unidecode import unidecode

from messages.statuses import Outcome

TITLE = "Formulário - Processo de Retenção"

OUTCOMES = tuple(outcome.value for outcome in Outcome)
ACTIONS = (
    "Ofertado Novos Valores",
    "Ofertado Suporte",
    "Ofertado Divulgação",
    "Ofertado Treinamento",
    "Ofertado Reciclagem",
    "Outros",
)
OTHER_ACTION = "Outros"
REASONS = (
    "Perda de Contato",
    "Problemas de Saúde",
    "Beneficiário Grosseiro",
    "Valores",
    "Franquia",
    "Alteração Responsável Técnico",
    "Removido Prestador",
    "Sem Local de Atendimento",
    "Glosas",
    "Dificuldades com o Sistema",
    "Prazo Liberação de Guias",
    "Encerramento de Atividades",
    "Regras Técnicas",
    "Apenas procedimentos Estéticos",
    "Aposentou",
    "Baixa Procura",
    "Dificuldade de Contato com a Central",
    "Falta de Suporte da Operadora",
    "Cobrança indevida",
    "Burocracia Operadora",
    "Negativa de Atendimento",
    "Ameaça Judicialização",
    "Terceirização de Atendimento",
    "Migração",
    "Carteira de Clientes Particular",
    "Estudos",
    "Servidor Publico",
    "Mudou de Área",
    "Óbito",
)
SECTORS = ("T.I", "Central de atendimento", "Análise Técnica", "Comercial")
YES_NO = ("SIM", "NÃO")

STATUS_TITLE = "Status retenção"
ACTIONS_TITLE = "Ação Retenção"
REASONS_TITLE = "Motivo desligamento"
PROTOCOL_TITLE = "Necessário abertura de protocolo"
GENERAL_TITLE = "Obs. Geral"
SECTORS_TITLE = "Setor responsável"
JUSTIFICATION_HINT = 'OBRIGATÓRIO JUSTIFICATIVA CASO SELECIONE "OUTROS".'


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the header: the field it names, how it is printed, and the row of the paper it stands in."""

    field: str
    printed: str
    row: int


LABELS = (
    Label("analyst", "Colaborador", 0),
    Label("cro_count", "Qtd CRO(s)", 0),
    Label("form_date", "Data", 0),
    Label("operator", "Operadora", 1),
    Label("cro", "CRO", 1),
    Label("cro_uf", "UF", 1),
    Label("dentist_name", "Nome dentista", 1),
    Label("cnpj", "CNPJ", 2),
    Label("cpf", "CPF", 2),
    Label("phone", "Telefone (WhatsApp)", 2),  # not on the paper: ours
    Label("enrolled_on", "Data inclusão", 3),
    Label("person_type", "Tipo", 3),
    Label("requested_by", "Demandado por?", 3),
    Label("protocol", "Nº do protocolo", 3),
    Label("protocol_opened_on", "Dt. abertura protocolo", 3),
    Label("uf", "UF", 4),
    Label("city", "Cidade", 4),
    Label("lives", "nº de vidas", 4),
    Label("published_cros", "nº CRO(S) únicos divulgados", 4),
    Label("other_plans", "Atende outros convênios", 5),
    Label("other_plans_detail", "Quais?", 5),
    Label("currency", "Moeda", 6),
    Label("last_production_on", "Última produç.", 6),
    Label("last_production_value", "Valor última prod.", 6),
    Label("started_on", "Data início", 7),
    Label("ended_on", "Data final", 7),
    Label("days", "Tempo finalização", 7),
)
LABEL_OF = {label.field: label for label in LABELS}
HEADER_ROWS = tuple(tuple(label for label in LABELS if label.row == row) for row in range(8))

_FUZZY_FROM = 6  # shorter words are one slip away from each other: they must be exact
_FUZZY_SCORE = 84
_ONE_SLIP = range(5, 8)  # letters of an option that one slip may spoil: too short for the score, long enough to be told
_CONFUSED = str.maketrans("01l5", "oiis")  # what a scanner takes for one another

_LONGEST = 120  # characters; no printed phrase comes near, a paragraph need not be looked at


def key(text: str) -> str:
    """A word or phrase reduced to what survives a scanner: lower-case letters and digits. Longer texts have no key."""
    return _key(text) if len(text) <= _LONGEST else ""


@lru_cache(4096)
def _key(text: str) -> str:
    return "".join(filter(str.isalnum, unidecode(text.replace("°", "º")).lower()))


def folded(text: str) -> str:
    """The key, with digits and letters that scanners confuse made one: ``T.1``, ``T.l`` and ``T.I`` are the same."""
    return key(text).translate(_CONFUSED)


def begins(text: str, printed: str) -> bool:
    """Whether ``text`` is a beginning of the printed phrase and not the whole of it."""
    start, whole = key(text), key(printed)
    return start != "" and start != whole and whole.startswith(start)


def likeness(text: str, printed: str) -> float:
    """How much of the printed phrase the text is: 0 to 100."""
    return _score(key(text), key(printed))


def similar(text: str, printed: str) -> bool:
    """Whether ``text`` is the printed phrase, slips forgiven."""
    return likeness(text, printed) >= _FUZZY_SCORE


def match(text: str, options: Iterable[str]) -> str | None:
    """The one option that ``text`` spells, slips forgiven, or None."""
    wanted = folded(text)
    known = _spelt(tuple(options))
    if not wanted or wanted in known:
        return known.get(wanted)
    if len(wanted) >= _FUZZY_FROM:
        long = [spelt for spelt in known if len(spelt) >= _FUZZY_FROM]
        if best := process.extractOne(wanted, long, scorer=fuzz.ratio, score_cutoff=_FUZZY_SCORE):
            return known[best[0]]
    near = [option for spelt, option in known.items() if len(spelt) in _ONE_SLIP and OSA.distance(wanted, spelt) <= 1]
    return near[0] if len(near) == 1 else None


@lru_cache(32)
def _spelt(options: tuple[str, ...]) -> dict[str, str]:
    return {folded(option): option for option in options}


def match_label(text: str) -> tuple[Label, ...]:
    """The labels that ``text`` may be: none, one, or both of those printed "UF"."""
    wanted = folded(text)
    if not wanted:
        return ()
    scores = [(_score(wanted, known), label) for known, label in _KEYS]
    best = max(score for score, _ in scores)
    return tuple(label for score, label in scores if score == best) if best >= _FUZZY_SCORE else ()


def _score(wanted: str, known: str) -> float:
    if wanted == known:
        return 100.0
    if min(len(wanted), len(known)) < _FUZZY_FROM:
        return 0.0
    return fuzz.ratio(wanted, known)


_KEYS = tuple((folded(label.printed), label) for label in LABELS)
