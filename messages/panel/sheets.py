"""The panel's figures as tables for a spreadsheet: every row, and what each word means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from messages.panel.figures import LEAST, Spans, Step, Tally, largest_first
from messages.panel.pages import BANDS, ENDS, FUNNEL, Heading, band
from messages.statuses import Outcome
from messages.workbooks import Sheet

OPEN = "Em aberto"
DEFINITIONS = (
    ("Período", "Conta o dia de abertura do protocolo; sem essa data, o dia em que o caso foi aberto no assistente."),
    ("Casos", "Os casos do período, para quem está com eles agora."),
    ("Contatados", "Saiu mensagem, houve ligação ou resposta, ou o formulário de abertura já trazia contatos."),
    ("Responderam", "O dentista escreveu, ou alguém atendeu uma ligação."),
    ("Com oferta", "Responderam, e uma ação está marcada: por mensagem que saiu, à mão ou no formulário de abertura."),
    ("Retidos", "Encerrados com Retenção Efetiva. No funil, só os que também responderam e receberam oferta."),
    ("Saídas", "Encerrados com Desligamento."),
    (OPEN, "Ainda não encerrados."),
    ("Taxa de retenção", "Retidos entre retidos e saídas; em aberto e “Não se trata de Retenção” ficam fora da conta."),
    ("Motivos", "Como estão agora no caso. Um caso com dois motivos conta nos dois."),
    ("Dias", "Da data de início à data final do formulário, em dias corridos. Mediana: a metade levou isso ou menos."),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that the panel counts. ``people`` and ``spans`` are by name; without ``people`` they are not told."""

    total: Tally
    reasons: Mapping[str, Tally]
    cities: Mapping[str, Tally]
    spans: Mapping[str, Spans]
    taken: Spans
    people: Mapping[str, Tally] | None = None


def sheets(heading: Heading, figures: Figures) -> list[Sheet]:
    about = [("De quem", heading.whose), ("Dias", heading.period), ("Quando", heading.counted_at), *DEFINITIONS]
    return [
        Sheet("Funil", (("Passo", 52), ("Casos", 10), ("% dos casos", 12)), _funnel(figures.total)),
        Sheet("Motivos", (("Motivo", 40), ("Casos", 10), *_ENDS), _reasons(figures.reasons)),
        Sheet("Prazos", (("Prazo", 34), ("Casos ou dias", 14)), _taken(figures.taken)),
        Sheet("Cidades", (("Cidade", 40), *_STEPS, *_ENDS), [(n, *_all(t)) for n, t in largest_first(figures.cities)]),
        *([] if figures.people is None else [_people(figures.people, figures.spans)]),
        Sheet("Definições", (("Termo", 20), ("O que conta", 110)), about),
    ]


_END_NAMES = tuple(end.value if end else OPEN for end in ENDS)
_ENDS = tuple((name, 18) for name in _END_NAMES)
_STEPS = tuple((label, 14) for label in ("Casos", *list(FUNNEL.values())[1:-1], "Retidos (funil)"))


def _ends(tally: Tally) -> tuple[int, ...]:
    return tuple(tally.ended(end) for end in ENDS)


def _all(tally: Tally) -> tuple[int, ...]:
    """Under `_STEPS` and `_ENDS`."""
    return (*(tally.reached(step) for step in FUNNEL), *_ends(tally))


def _funnel(tally: Tally) -> Sequence[tuple[object, ...]]:
    steps = zip((name for name, _ in _STEPS), (tally.reached(step) for step in FUNNEL), strict=True)
    ends = zip(_END_NAMES, _ends(tally), strict=True)
    apart = (
        ("Retidos sem resposta ou oferta registrada", tally.unproven),
        ("Contatos no formulário de abertura, sem resposta registrada", tally.at(Step.TOLD)),
    )
    told = [(name, n, _percent(n, tally.total)) for name, n in (*steps, *ends, *apart)]
    return [
        *told,
        (
            "Taxa de retenção: retidos entre retidos e saídas",
            tally.decided,
            _percent(tally.ended(Outcome.RETAINED), tally.decided),
        ),
    ]


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole >= LEAST else None


def _reasons(tallies: Mapping[str, Tally]) -> Sequence[tuple[object, ...]]:
    return [(name, tally.total, *_ends(tally)) for name, tally in largest_first(tallies)]


def _taken(spans: Spans) -> Sequence[tuple[str, object]]:
    bands = [(band(*days), spans.between(*days)) for days in BANDS]
    told: list[tuple[str, object]] = [*bands, ("Encerrados sem datas válidas", spans.undated)]
    if spans.total:
        told += [("Mediana, em dias", spans.median), ("Média, em dias", round(spans.mean or 0, 1))]
        told += [("90% em até, em dias", spans.within(90))] if spans.total >= LEAST else []
    return told


def _people(tallies: Mapping[str, Tally], spans: Mapping[str, Spans]) -> Sheet:
    columns = (("Pessoa", 34), *_STEPS, *_ENDS, ("Mediana de dias", 16))
    rows = [(name, *_all(t), spans[name].median if name in spans else None) for name, t in largest_first(tallies)]
    return Sheet("Pessoas", columns, rows)
