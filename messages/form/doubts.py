"""What a person should look at before a form is believed: numbers that do not check, gaps, and contradictions.

Nothing here changes the form and nothing blocks: each finding is one sentence. Identity numbers are not repeated in
them, because the sentences are shown in the chat.
"""

import re
from collections.abc import Callable, Iterator, Set
from datetime import date

from messages import identity
from messages.errors import InvalidInput
from messages.form import vocabulary
from messages.form.model import ContactBlock, Doubt, Form
from messages.form.values import read_date, show_amount, show_date
from messages.statuses import Outcome

_MISSING = {
    "phone": "Falta o telefone do dentista, que o formulário não traz: informe o número.",
    "analyst": "Falta o nome do colaborador.",
    "cro_count": "Falta a quantidade de CROs.",
    "operator": "Falta a operadora.",
    "cro": "Falta o número do CRO.",
    "cro_uf": "Falta a UF do CRO.",
    "dentist_name": "Falta o nome do dentista.",
    "cpf": "Falta o CPF.",
    "enrolled_on": "Falta a data de inclusão.",
    "person_type": "Falta o tipo (F ou J).",
    "requested_by": "Falta dizer por quem foi demandado.",
    "protocol": "Falta o número do protocolo.",
    "protocol_opened_on": "Falta a data de abertura do protocolo.",
    "uf": "Falta a UF da cidade.",
    "city": "Falta a cidade.",
    "lives": "Falta o número de vidas.",
    "published_cros": "Falta o número de CROs únicos divulgados.",
    "other_plans": "Falta dizer se atende outros convênios.",
    "currency": "Falta a moeda.",
    "started_on": "Falta a data de início.",
}
_MISSING_AT_THE_END = {
    "form_date": "Falta a data do formulário.",
    "days": "Falta o tempo de finalização.",
    "outcome": "O processo tem data final e nenhum status de retenção marcado.",
    "protocol_required": "Falta dizer se é necessária a abertura de protocolo.",
}
_STAMP = re.compile(
    r"\[\d{1,2}:\d{2}(?::\d{2})?, (\d{2}/\d{2}/\d{4})\]"  # WhatsApp Web's copy
    r"|\[(\d{2}/\d{2}/\d{4}),? \d{1,2}:\d{2}"  # iOS
    r"|\b(\d{2}/\d{2}/\d{4}),? (?:às |as )?\d{1,2}:\d{2}"  # Android, and "em 30/10/2023 às 11:01"
    r"|-- ?(\d{2}/\d{2}/\d{4}) ?--",  # appended by hand
    re.ASCII,
)
_COMPETITOR = re.compile(r"rede concorrente\W+([\w.&' ]{2,40}?)(?=\s*(?:[,;.\n]|$|\bDisp))", re.IGNORECASE)


def judge(form: Form, already: Set[str] = frozenset()) -> tuple[Doubt, ...]:
    """All doubts about a form, in the form's order of subjects. ``already`` are fields doubted while reading: that they
    are missing is then known."""
    return (*_gaps(form, already), *contradictions(form, len(form.contacts)))


def contradictions(form: Form, read_blocks: int) -> Iterator[Doubt]:
    """What does not check or does not fit together. Of the contact blocks the first ``read_blocks`` were written by
    people: their messages may be of other days than they say."""
    yield from _numbers(form)
    yield from _dates(form)
    yield from _contacts(form, read_blocks)
    yield from _closing(form)


def is_gap(doubt: Doubt) -> bool:
    """Whether it only tells that a field of the header is empty."""
    return doubt.text == _MISSING.get(doubt.field)


def _gaps(form: Form, already: Set[str]) -> Iterator[Doubt]:
    expected = _MISSING | (_MISSING_AT_THE_END if form.ended_on else {})
    if form.person_type == "J":
        expected = expected | {"cnpj": "Falta o CNPJ da pessoa jurídica."}
    for name, text in expected.items():
        if getattr(form, name) is None and name not in already:
            yield Doubt(name, text)
    if not form.signers:
        yield Doubt("signers", "Faltam os nomes dos supervisores no fim do formulário.")


def _numbers(form: Form) -> Iterator[Doubt]:
    if form.cpf is not None:
        yield from _refused("cpf", identity.check_cpf, form.cpf)
    if form.cnpj is not None:
        yield from _refused("cnpj", identity.check_cnpj, form.cnpj)
    if form.cro is not None:
        yield from _refused("cro", lambda cro: identity.check_cro(cro, "SP"), form.cro)
    for name, what in (("cro_uf", "do CRO"), ("uf", "da cidade")):
        uf = getattr(form, name)
        if uf is not None and uf not in identity.UFS:
            yield Doubt(name, f"A UF {what}, “{uf}”, não existe: confira.")
    if form.uf in identity.UFS and form.cro_uf in identity.UFS and form.uf != form.cro_uf:
        yield Doubt("cro_uf", f"O CRO é de {form.cro_uf} e a cidade fica em {form.uf}: confira.")
    if form.protocol is not None and not re.fullmatch(r"SAD\d{12}", form.protocol, re.ASCII):
        yield Doubt("protocol", f"O protocolo “{form.protocol}” não tem a forma SAD e 12 dígitos: confira.")
    if form.cro_count == 0:
        yield Doubt("cro_count", "A quantidade de CROs é zero: confira.")
    if form.cro_count is not None and form.cro_count > 1:
        yield Doubt("cro_count", f"São {form.cro_count} CROs e o formulário só traz um: pergunte quais querem sair.")
    if form.currency is not None and not 0 < form.currency < 5:
        yield Doubt("currency", f"A moeda de {show_amount(form.currency)} está fora do comum: confira.")
    if form.last_production_on is None and form.last_production_value:
        yield Doubt("last_production_on", "Há valor de última produção sem a data: confira.")
    if form.last_production_on is not None and form.last_production_value is None:
        yield Doubt("last_production_value", "Há data de última produção sem o valor: confira.")


def _refused(name: str, check: Callable[[str], object], value: str) -> Iterator[Doubt]:
    try:
        check(value)
    except InvalidInput as refusal:
        yield Doubt(name, refusal.text)


def _dates(form: Form) -> Iterator[Doubt]:
    for early, late, name, text in (
        (form.enrolled_on, form.protocol_opened_on, "enrolled_on", "A inclusão é depois da abertura do protocolo"),
        (form.protocol_opened_on, form.started_on, "started_on", "O início é antes da abertura do protocolo"),
        (form.started_on, form.ended_on, "ended_on", "A data final é antes da data de início"),
        (form.started_on, form.form_date, "form_date", "A data do formulário é antes do início do processo"),
        (form.ended_on, form.form_date, "form_date", "A data do formulário é antes da data final"),
        (form.enrolled_on, form.last_production_on, "last_production_on", "A última produção é antes da inclusão"),
        (form.last_production_on, form.ended_on, "last_production_on", "A última produção é depois da data final"),
    ):
        if early and late and late < early:
            yield Doubt(name, f"{text} ({show_date(late if name != 'enrolled_on' else early)}): confira.")
    if form.started_on and form.ended_on and form.days is not None:
        span = (form.ended_on - form.started_on).days
        if span != form.days:
            yield Doubt("days", f"O tempo de finalização é de {form.days} dia(s), mas as datas dão {span}.")
    elif form.days is not None:
        yield Doubt("days", "Há tempo de finalização sem as datas de início e fim: confira.")


def _contacts(form: Form, read_blocks: int) -> Iterator[Doubt]:
    first = form.protocol_opened_on or form.started_on
    last = form.ended_on or form.form_date
    before: ContactBlock | None = None
    for block in form.contacts:
        name = f"{block.number}º contato"
        if block.number != (before.number if before else 0) + 1:
            yield Doubt("contacts", f"Há um {name} sem o anterior: confira.")
        if block.number > 5:
            yield Doubt("contacts", f"O formulário tem cinco contatos, e há um {name}: confira.")
        if not block.notes:
            yield Doubt("contacts", f"O {name} tem data e nenhuma observação.")
        if block.date is None:
            yield Doubt("contacts", f"O {name} está sem data.")
        else:
            yield from _contact_date(name, block.date, first, last)
            if block.number <= read_blocks:
                yield from _contact_messages(name, block, block.date)
            if before and before.date and block.date < before.date:
                yield Doubt("contacts", f"O {name} ({show_date(block.date)}) é antes do {before.number}º contato.")
        before = block


def _contact_date(name: str, on: date, first: date | None, last: date | None) -> Iterator[Doubt]:
    if first and on < first:
        yield Doubt("contacts", f"O {name} ({show_date(on)}) é antes da abertura do processo ({show_date(first)}).")
    if last and on > last:
        yield Doubt("contacts", f"O {name} ({show_date(on)}) é depois do fim do processo ({show_date(last)}).")


def _contact_messages(name: str, block: ContactBlock, on: date) -> Iterator[Doubt]:
    stamps = (next(filter(None, found)) for found in _STAMP.findall(block.notes))
    days = sorted({day for stamp in stamps if (day := read_date(stamp))})
    if days and on not in days:
        told = ", ".join(map(show_date, days[:3])) + (" …" if len(days) > 3 else "")
        yield Doubt("contacts", f"O {name} é de {show_date(on)}, mas as mensagens nele são de {told}.")


def _closing(form: Form) -> Iterator[Doubt]:
    if form.other_plans and not form.other_plans_detail:
        yield Doubt("other_plans_detail", "Atende outros convênios, mas não diz quais.")
    if form.other_plans is False:
        if form.other_plans_detail:
            yield Doubt("other_plans", f"Está marcado NÃO para outros convênios, mas há “{form.other_plans_detail}”.")
        if named := named_competitor(form):
            yield Doubt("other_plans", f"Está marcado NÃO para outros convênios, mas um contato cita {named}.")
    if vocabulary.OTHER_ACTION in form.actions and not form.other_justification:
        yield Doubt("other_justification", "“Outros” está marcado sem a justificativa, que é obrigatória.")
    if form.other_justification and vocabulary.OTHER_ACTION not in form.actions:
        yield Doubt("actions", "Há justificativa para “Outros”, que não está marcado.")
    if form.outcome is Outcome.LEFT and not form.reasons:
        yield Doubt("reasons", "O desligamento está sem motivo marcado.")
    if form.protocol_required and not form.sectors:
        yield Doubt("sectors", "É necessária a abertura de protocolo, mas não há setor responsável.")


def named_competitor(form: Form) -> str | None:
    """The competing network that running text says the dentist works with."""
    notes = "\n".join([*(block.notes for block in form.contacts), form.general_notes or ""])
    found = _COMPETITOR.search(notes)
    return found[1].strip() if found else None
