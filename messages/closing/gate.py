"""The closing gate: what is missing or contradictory in a case that is about to end, and what to do about it.

Nothing here changes anything. A finding goes away when it is mended; else it may stand, by whoever :class:`Settled`
says. Its key holds its very words: what was let stand is asked again once it reads otherwise.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType

from rapidfuzz import fuzz

from messages.closing.consent import Consent, plain
from messages.form import Doubt, Form
from messages.form.doubts import contradictions, named_competitor
from messages.form.values import read_date, show_date
from messages.form.vocabulary import OTHER_ACTION
from messages.header_facts import FACTS
from messages.people import first_name
from messages.statuses import Outcome, Settled


class Mend(StrEnum):
    """What leads to a finding's end."""

    OUTCOME = "outcome"
    REASONS = "reasons"
    CONFIRM = "confirm"  # ask the dentist for the final confirmation
    ANSWERED_BY = "answered_by"
    FOLLOW_UP = "follow_up"
    COMPLETE = "complete"  # say the value of the finding's field
    OTHER_PLANS = "other_plans"
    PROTOCOL = "protocol"
    SECTORS = "sectors"
    ACTIONS = "actions"
    WRITE = "write"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class Finding:
    """``title`` for a button, ``text`` and ``todo`` one sentence each; ``about`` what a mend needs to know."""

    code: str
    title: str
    text: str
    todo: str
    settled: Settled = Settled.CHECKED
    mends: tuple[Mend, ...] = ()
    about: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def key(self) -> str:
        return f"{self.code}:{blake2b(self.text.encode(), digest_size=6).hexdigest()}"

    def settled_by(self, how: Settled) -> bool:
        return how in (self.settled, Settled.OVERRULED)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case that is about to end.

    ``form`` is the form as it would be issued; of its blocks the first ``read_blocks`` were read from another form.
    ``unproven`` are ticked actions that nothing shows; ``not_arrived`` those that only a message offered that did not
    arrive. ``follow_up`` and ``rule`` are told as people read them. ``wants_to_leave``: the dentist's last word seems
    to say so. ``doubts`` are those of the opening that nobody has settled.
    """

    form: Form
    called: str = ""
    read_blocks: int = 0
    reasons_stated: tuple[str, ...] = ()
    confirmation: Consent = Consent.NOT_ASKED
    wants_to_leave: bool = False
    follow_up: str | None = None
    rule: str | None = None
    last_readjusted_on: date | None = None
    unproven: tuple[str, ...] = ()
    not_arrived: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def findings(facts: Facts) -> tuple[Finding, ...]:
    """All of them, what only a supervisor lets pass first."""
    parts = (_ending(facts), _dentists_word(facts), _promises(facts), _offers(facts), _names(facts), _record(facts))
    found = {finding.key: finding for part in parts for finding in part}
    order = [Settled.OVERRULED, Settled.EXPLAINED, Settled.CHECKED]
    return tuple(sorted(found.values(), key=lambda finding: order.index(finding.settled)))


def _ending(facts: Facts) -> Iterator[Finding]:
    """What the end itself lacks."""
    form = facts.form
    if form.outcome is None:
        yield Finding(
            "outcome", "Sem desfecho", "Falta dizer como o caso terminou.", "Escolha o desfecho.",
            Settled.OVERRULED, (Mend.OUTCOME,),
        )  # fmt: skip
    if form.outcome is Outcome.LEFT and not form.reasons:
        yield Finding(
            "reasons", "Sem motivo", "O desligamento está sem motivo marcado.", "Marque ao menos um motivo.",
            Settled.OVERRULED, (Mend.REASONS,),
        )  # fmt: skip
    if form.protocol_required is None:
        yield Finding(
            "protocol_required", "Abertura de protocolo", "Falta dizer se é necessária a abertura de protocolo.",
            "Toque em SIM ou NÃO.", Settled.OVERRULED, (Mend.PROTOCOL,),
        )  # fmt: skip
    if form.protocol_required and not form.sectors:
        yield Finding(
            "sectors", "Sem setor", "É necessária a abertura de protocolo, mas não há setor responsável.",
            "Escolha o setor.", Settled.OVERRULED, (Mend.SECTORS,),
        )  # fmt: skip
    if OTHER_ACTION in form.actions and not form.other_justification:
        yield Finding(
            "justification", "“Outros” sem justificativa",
            "“Outros” está marcado sem a justificativa, que é obrigatória.",
            "Escreva a justificativa, ou tire a marca.", Settled.OVERRULED, (Mend.ACTIONS,),
        )  # fmt: skip
    if facts.rule is not None and form.outcome is Outcome.LEFT:
        yield Finding(
            "rule", "Não descredenciar", f"Há uma orientação para não descredenciar: {facts.rule}.",
            "Peça exceção à supervisão.", Settled.OVERRULED, (Mend.EXCEPTION,),
        )  # fmt: skip
    apart = set(facts.reasons_stated) ^ set(form.reasons)
    if form.outcome is Outcome.LEFT and form.reasons and apart and facts.reasons_stated:
        stated, final = ", ".join(facts.reasons_stated), ", ".join(form.reasons)
        yield Finding(
            "reasons_apart", "Motivos diferem", f"O protocolo diz {stated}; o motivo final é {final}.",
            "Se o motivo mudou no contato, está certo: confira e siga.", mends=(Mend.REASONS,),
        )  # fmt: skip


_WITHOUT_CONSENT: Mapping[Consent, tuple[str, str]] = {
    Consent.NOT_ASKED: (
        "O dentista ainda não confirmou o desligamento.",
        "Envie a confirmação final e espere a resposta.",
    ),
    Consent.UNANSWERED: (
        "A confirmação final foi pedida e o dentista não respondeu.",
        "Espere a resposta, ou peça de novo.",
    ),
    Consent.UNCLEAR: (
        "A resposta à confirmação final não diz que o dentista quer sair: “Sim” a “está ciente?” não basta.",
        "Pergunte se deseja seguir com o desligamento.",
    ),
    Consent.STAYS: (
        "Na última resposta o dentista parece querer ficar.",
        "Confirme com ele antes de encerrar como desligamento.",
    ),
    Consent.BY_SOMEBODY: (
        "A saída foi confirmada, mas falta dizer quem respondeu.",
        "Diga se foi o dentista, a secretária ou outra pessoa.",
    ),
    Consent.BY_ANOTHER: (
        "Quem confirmou a saída não foi o dentista.",
        "Peça a confirmação ao próprio dentista.",
    ),
}


def _dentists_word(facts: Facts) -> Iterator[Finding]:
    if facts.form.outcome is Outcome.LEFT and facts.confirmation is not Consent.GIVEN:
        text, todo = _WITHOUT_CONSENT[facts.confirmation]
        asked = facts.confirmation in (Consent.UNCLEAR, Consent.BY_SOMEBODY, Consent.BY_ANOTHER)
        mends = (*((Mend.ANSWERED_BY,) if asked else ()), Mend.CONFIRM)
        yield Finding("confirmation", "Confirmação do dentista", text, todo, Settled.OVERRULED, mends)
    if facts.form.outcome is Outcome.RETAINED and facts.wants_to_leave:
        yield Finding(
            "wants_to_leave", "O dentista quer sair?", "Na última resposta o dentista parece querer sair.",
            "Confira a conversa antes de encerrar como retenção.", Settled.EXPLAINED,
        )  # fmt: skip


def _promises(facts: Facts) -> Iterator[Finding]:
    if facts.follow_up is not None:
        yield Finding(
            "follow_up", "Retorno marcado", f"Há um retorno em aberto: {facts.follow_up}.",
            "Conclua o retorno, ou espere por ele.", Settled.OVERRULED, (Mend.FOLLOW_UP,),
        )  # fmt: skip


_CLAIMED: Mapping[str, re.Pattern[str]] = {
    "Ofertado Novos Valores": re.compile(r"\b(?:ofert|realiz|aplic|conced)\w*[^.;\n]{0,60}?reajuste"),
    "Ofertado Suporte": re.compile(r"\bofert\w*[^.;\n]{0,80}?suporte"),
    "Ofertado Divulgação": re.compile(r"\bofert\w*[^.;\n]{0,80}?divulgacao"),
    "Ofertado Treinamento": re.compile(r"\bofert\w*[^.;\n]{0,80}?treinamento"),
    "Ofertado Reciclagem": re.compile(r"\bofert\w*[^.;\n]{0,80}?reciclagem"),
}


def _offers(facts: Facts) -> Iterator[Finding]:
    for action in facts.unproven:
        yield Finding(
            "unproven", "Oferta sem prova", f"“{action}” está marcado, e nenhuma mensagem que saiu o ofertou.",
            "Diga por que fica marcado, ou tire a marca.", Settled.OVERRULED, (Mend.ACTIONS,), {"action": action},
        )  # fmt: skip
    told = plain(_running_text(facts.form))
    for action, claim in _CLAIMED.items():
        if action not in facts.form.actions and claim.search(told):
            yield Finding(
                "claimed", "Oferta não marcada",
                f"O registro fala de “{action}”, e nenhuma mensagem que saiu o ofertou: a ação não está marcada.",
                "Se foi ofertado de outro modo, marque e diga como.", Settled.EXPLAINED, (Mend.ACTIONS,),
                {"action": action},
            )  # fmt: skip
    for action in facts.not_arrived:
        if action not in facts.form.actions:
            yield Finding(
                "not_arrived", "Oferta que não chegou", f"“{action}” só foi em mensagem que não chegou ao dentista.",
                "Envie de novo, ou encerre sem essa oferta.", mends=(Mend.WRITE,),
            )  # fmt: skip


# Spoken of, not to: after “Certo, Dra.” a new sentence may begin.
_SPOKEN_OF = re.compile(r"\b(?:[aàoAO]|d[ao]|ao|com|pel[ao]) +$")
_TREATED = re.compile(r"\b[Dd](?:r[aª]?|outora?)\b\.?ª? +([A-ZÀ-Ý][\wà-ÿ'-]{2,})")
_ALIKE = 60  # of 100


def _names(facts: Facts) -> Iterator[Finding]:
    form = facts.form
    own = {plain(word) for word in (*(form.dentist_name or "").split(), *facts.called.split())}
    called = facts.called or first_name(form.dentist_name or "")
    told: dict[str, bool] = {}  # each once: whether somebody of that name is spoken of
    running = _running_text(form)
    for found in _TREATED.finditer(running):
        told[found[1]] = told.get(found[1], False) or bool(
            _SPOKEN_OF.search(running[max(0, found.start() - 8) : found.start()])
        )
    for name, spoken_of in told.items():
        slip = fuzz.ratio(plain(name), plain(called)) >= _ALIKE
        if own and plain(name) not in own and (slip or spoken_of):
            text = f"O registro fala em {name}, e o cadastro em {called}"
            yield Finding(
                "names", "Nomes diferem", f"{text}: parece erro de grafia." if slip else f"{text}.",
                "Confira se é a mesma pessoa.",
            )  # fmt: skip


_READJUSTED = re.compile(
    r"(?:sem reajuste desde|ultimo reajuste(?: foi)?(?: em| de| no dia)?:?|reajustad[oa] em) *(\d{2}/\d{2}/\d{4})"
)


def _last_readjusted(facts: Facts) -> Sequence[date]:
    """As the case says it; where it does not, as notes tell."""
    if facts.last_readjusted_on is not None:
        return (facts.last_readjusted_on,)
    told = _READJUSTED.findall(plain(_running_text(facts.form)))
    return [day for day in map(read_date, told) if day is not None]


def _record(facts: Facts) -> Iterator[Finding]:
    """What the form would contradict itself in, or leave open."""
    form = facts.form
    for last in _last_readjusted(facts):
        if form.enrolled_on and last < form.enrolled_on:
            yield Finding(
                "readjustment", "Reajuste antes da inclusão",
                f"O último reajuste ({show_date(last)}) é antes da inclusão ({show_date(form.enrolled_on)}).",
                "Confira as duas datas.", mends=(Mend.COMPLETE,), about={"field": "enrolled_on"},
            )  # fmt: skip
    if form.cro_count is not None and form.cro_count > 1:
        yield Finding(
            "cro_count", "Vários CROs", f"São {form.cro_count} CROs e o formulário só traz um: quais saem?",
            "Escreva quais CROs saem.", Settled.EXPLAINED,
        )  # fmt: skip
    for doubt in (*contradictions(form, facts.read_blocks), *facts.doubts):
        if doubt.field not in _TOLD_HERE:
            yield _doubted(doubt, form)
    blank = [FACTS[name].label for name in FACTS if name in _EXPECTED and getattr(form, name) is None]
    if blank:
        yield Finding(
            "blank", "Em branco", f"Sai em branco no formulário: {', '.join(blank)}.",
            "Complete o que souber.", mends=(Mend.COMPLETE,),
        )  # fmt: skip


_TOLD_HERE = frozenset({"reasons", "sectors", "other_justification", "cro_count", "phone"})
_EXPECTED = frozenset(FACTS) - {"contract", "cnpj", "other_plans_detail", "last_production_on", "last_production_value"}


def _doubted(doubt: Doubt, form: Form) -> Finding:
    if doubt.field == "other_plans" and (competitor := named_competitor(form)):
        return Finding(
            "competitor", "Outros convênios", doubt.text, "Corrija para SIM, ou confira o contato.",
            Settled.EXPLAINED, (Mend.OTHER_PLANS,), {"plans": competitor},
        )  # fmt: skip
    mendable = doubt.field in FACTS or doubt.field in ("cro", "cro_uf")
    about = {"field": "cro" if doubt.field == "cro_uf" else doubt.field} if mendable else {}
    return Finding(
        doubt.field, _TITLES.get(doubt.field, "A conferir"), doubt.text,
        "Corrija, ou confira que está certo." if mendable else "Confira que está certo.",
        mends=(Mend.COMPLETE,) if mendable else (), about=about,
    )  # fmt: skip


_TITLES: Mapping[str, str] = {
    "contacts": "Contatos",
    "days": "Tempo de finalização",
    "started_on": "Data de início",
    "ended_on": "Data final",
    "form_date": "Data do formulário",
    "dentist_name": "Nomes diferem",
    "protocol": "Protocolo",
    "actions": "Ações",
    "cro": "CRO",
    "cro_uf": "UF do CRO",
    **{name: fact.label for name, fact in FACTS.items()},
}


def _running_text(form: Form) -> str:
    return "\n".join([*(block.notes for block in form.contacts), form.general_notes or ""])
