"""A form's text → its data, and every doubt about it."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from messages import identity
from messages.errors import InvalidInput
from messages.form import markdown, paper, values, vocabulary
from messages.form.doubts import judge
from messages.form.model import ContactBlock, Doubt, Form, ReadForm
from messages.form.options import Ticks, read_ticks
from messages.form.paper import Parts
from messages.form.text import plain
from messages.form.vocabulary import LABEL_OF
from messages.statuses import Outcome

LARGEST = 1_000_000  # characters and bytes
MOST_LINES = 10_000  # a long form has three hundred
_ESSENTIAL = {"dentist_name", "protocol"}
_FEWEST_LABELS = 16  # of the paper's 26
_LAST_LABEL = LABEL_OF["days"]
_AFTER_THE_HEADER = (vocabulary.STATUS_TITLE, "1º contato Data")
_CELL_ENDS = re.compile(r"[\t\n]|\s{2,}")
# A date or a number of days that goes on; at a text's very end "18/09/20" is as likely a year cut short as a whole one.
_HALF_VALUE = re.compile(r"\d{1,2}(?:/(?:\d{1,2}(?:/\d{0,3})?)?)?|\d+\s*(?:di?)?", re.ASCII)
_TITLE_WITHIN = re.compile(
    r"^\W{0,4}\w{0,2}\W{0,4}c[o0]ntat[o0] data\b.{0,25}\n\n?\W{0,4}[o0]b[s5]\b", re.IGNORECASE | re.MULTILINE
)
_MOST_STRANGE = 20  # texts told of one list
_FEW_LOST = 2  # options that people leave out of a list of their own accord; a row of the paper holds three
_CONTROL = frozenset(map(chr, (*range(9), *range(14, 28), 0xFFFD)))

_T = TypeVar("_T")


def read_form(text: str) -> ReadForm:
    """Read a form in either text layout of the paper, or as we print it in Markdown.

    What cannot be read is None and a doubt that quotes it. Raises InvalidInput for a text that is no form, whose
    beginning or end is cut off, or that is larger than 1 MB or 10 000 lines.
    """
    _refuse_what_is_no_text(text)
    text = plain(text)
    parts = markdown.cut(text) if markdown.is_ours(text) else paper.cut(text)
    _refuse_what_is_no_form(parts)
    if not parts.contacts and parts.sections.keys() <= {"outcome"}:
        _refuse_a_cut_header(parts, text)
    reading = _Reading(parts)
    form = reading.form()
    return ReadForm(form, (*reading.doubts, *judge(form, already={doubt.field for doubt in reading.doubts})))


def _refuse_what_is_no_text(text: str) -> None:
    if len(text) > LARGEST or len(text.encode(errors="replace")) > LARGEST:
        raise InvalidInput(
            "O arquivo passa de 1 MB e um formulário não chega a tanto: envie só o formulário, em texto."
        )
    if text.count("\n") > MOST_LINES:
        raise InvalidInput("O arquivo tem linhas demais para um formulário: envie só o formulário, em texto.")
    if not text.strip():
        raise InvalidInput("O arquivo está vazio: envie o formulário em texto.")
    if sum(text.count(c) for c in _CONTROL) > len(text) // 200:
        raise InvalidInput("Isto não é um arquivo de texto: envie o formulário em texto (.txt ou .md).")


def _refuse_what_is_no_form(parts: Parts) -> None:
    labels = len(parts.header.labels)
    if labels >= _FEWEST_LABELS and parts.header.labels >= _ESSENTIAL and parts.begun:
        return
    if labels > 2:
        raise InvalidInput("O formulário está danificado: falta parte do cabeçalho; envie o arquivo inteiro.")
    raise InvalidInput("Isto não é um Formulário - Processo de Retenção: envie o formulário em texto.")


def _refuse_a_cut_header(parts: Parts, text: str) -> None:
    """A whole header alone opens a case; one that breaks off in its last row, or in the status below it, is cut."""
    last = _CELL_ENDS.split(text)[-1].strip(" *#")
    midway = _HALF_VALUE.fullmatch(last) or vocabulary.begins(last, _LAST_LABEL.printed)
    beyond = any(vocabulary.begins(last, title) or vocabulary.begins(title, last) for title in _AFTER_THE_HEADER)
    if parts.sections or midway or beyond or _LAST_LABEL.field not in parts.header.labels:
        raise InvalidInput(
            "O formulário está cortado: falta o fim do cabeçalho ou o que vem abaixo; envie o arquivo inteiro."
        )


class _Reading:
    """One form being read: types every part and notes the doubts on the way."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.doubts: list[Doubt] = []

    def form(self) -> Form:
        contacts = self._contacts()
        general = self.parts.sections.get("general_notes")
        data: dict[str, Any] = {name: self._value(name, read) for name, read in _READERS.items()}
        if "phone" not in self.parts.header.labels:  # the paper has no place for it
            data["phone"] = self._phone_in([*(block.notes for block in contacts), general or ""])
        data |= {
            "other_plans": self._yes_or_no("other_plans", self.parts.header.values.get("other_plans", "")),
            "outcome": self._outcome(),
            "contacts": contacts,
            "actions": self._several("actions", vocabulary.ACTIONS),
            "other_justification": self._justification(),
            "reasons": self._several("reasons", vocabulary.REASONS),
            "protocol_required": self._yes_or_no("protocol_required", self.parts.sections.get("protocol_required", "")),
            "general_notes": general,
            "sectors": self._several("sectors", vocabulary.SECTORS),
            "signers": tuple(self.parts.signers),
        }
        for name, text in self.parts.header.strange:
            self._doubt(name, f"Há um texto fora do lugar no cabeçalho: “{text}”.")
        for name, title in _SECTION_TITLES.items():
            if self.parts.sections and name not in self.parts.sections:
                self._doubt(name, f"A parte “{title}” não foi encontrada no formulário.")
        if self.parts.sections and not self.parts.contacts:
            self._doubt("contacts", "Nenhum contato foi encontrado no formulário.")
        for name in (label.field for label in vocabulary.LABELS if label.field != "phone"):
            if name not in self.parts.header.labels and data[name] is None:
                self._doubt(name, f"O campo “{LABEL_OF[name].printed}” não foi encontrado no formulário.")
        return Form(**data)

    def _doubt(self, name: str, text: str) -> None:
        self.doubts.append(Doubt(name, text))

    def _value(self, name: str, read: Callable[[str], _T | None]) -> _T | None:
        raw = self.parts.header.values.get(name, "").strip()
        if not raw or (name == "last_production_on" and values.is_no_production(raw)):
            return None
        if name == "last_production_value" and values.is_blank(raw.upper().replace("R$", "")):
            return None
        value = read(raw)
        if value is None:
            self._doubt(name, f"Não consegui ler “{LABEL_OF[name].printed}”: está escrito “{raw}”.")
        return value

    def _contacts(self) -> tuple[ContactBlock, ...]:
        blocks = []
        for number, raw, notes in self.parts.contacts:
            on: date | None = None
            if not values.is_blank(raw) and (on := values.read_date(raw)) is None:
                self._doubt("contacts", f"Não consegui ler a data do {number}º contato: está escrito “{raw}”.")
            blocks.append(ContactBlock(number, on, notes))
            if _TITLE_WITHIN.search(blocks[-1].notes):
                self._doubt("contacts", f"No {number}º contato há um título de outro, com o número ilegível: confira.")
        return tuple(blocks)

    def _phone_in(self, notes: list[str]) -> str | None:
        phone = next((found for text in notes if (found := values.find_phone(text))), None)
        if phone:
            shown = identity.mask_phone(phone)
            self._doubt("phone", f"O telefone {shown} veio das observações: confirme se é mesmo do dentista.")
        return phone

    def _ticks(self, name: str, text: str, options: tuple[str, ...]) -> Ticks:
        ticks = read_ticks(text, options)
        for ticked, words in ticks.strange[:_MOST_STRANGE]:
            seen = "está marcada uma opção que não conheço" if ticked else "há um texto que não é opção"
            self._doubt(name, f"Em “{_NAMES[name]}” {seen}: “{words}”.")
        if more := len(ticks.strange[_MOST_STRANGE:]):
            self._doubt(name, f"Em “{_NAMES[name]}” há mais {more} texto(s) que não são opções: veja o arquivo.")
        for option, words in ticks.remarks:
            if option != vocabulary.OTHER_ACTION:
                self._doubt(name, f"Em “{_NAMES[name]}” há um texto junto de “{option}”: “{words}”.")
        return ticks

    def _several(self, name: str, options: tuple[str, ...]) -> tuple[str, ...]:
        ticks = self._ticks(name, self.parts.sections.get(name, ""), options)
        for option in sorted(set(ticks.ticked) & set(ticks.unticked)):
            self._doubt(name, f"Em “{_NAMES[name]}” a opção “{option}” aparece marcada e desmarcada: confira.")
        if name in self.parts.sections and len(options) - len(set(ticks.found)) - len(ticks.strange) > _FEW_LOST:
            self._doubt(name, f"Em “{_NAMES[name]}” faltam opções do formulário: confira se o arquivo está inteiro.")
        return ticks.ticked

    def _justification(self) -> str:
        """What stands behind the option's own box, and below the boxes."""
        ticks = read_ticks(self.parts.sections.get("actions", ""), vocabulary.ACTIONS)
        beside = (words for option, words in ticks.remarks if option == vocabulary.OTHER_ACTION)
        return "\n".join([*beside, self.parts.sections.get("other_justification", "")])

    def _one(self, name: str, text: str, options: tuple[str, ...]) -> str | None:
        """The ticked option of a list that allows one; a bare word standing alone counts as chosen."""
        ticks = self._ticks(name, text, options)
        chosen = tuple(dict.fromkeys(ticks.ticked))
        if len(chosen) > 1:
            self._doubt(name, f"Em “{_NAMES[name]}” há mais de uma opção marcada ({', '.join(chosen)}): escolha uma.")
            return None
        if not chosen and len(ticks.bare) == 1 and not ticks.unticked:
            return ticks.bare[0]
        return chosen[0] if chosen else None

    def _yes_or_no(self, name: str, text: str) -> bool | None:
        chosen = self._one(name, text, vocabulary.YES_NO)
        return None if chosen is None else chosen == "SIM"

    def _outcome(self) -> Outcome | None:
        chosen = self._one("outcome", self.parts.sections.get("outcome", ""), vocabulary.OUTCOMES)
        return Outcome(chosen) if chosen else None


def _text(raw: str) -> str | None:
    return raw


_READERS: Mapping[str, Callable[[str], object]] = {
    "phone": identity.normalise_phone,
    "analyst": _text,
    "cro_count": values.read_count,
    "form_date": values.read_date,
    "operator": _text,
    "cro": values.read_cro,
    "cro_uf": values.read_uf,
    "dentist_name": _text,
    "cnpj": values.read_cnpj,
    "cpf": values.read_cpf,
    "enrolled_on": values.read_date,
    "person_type": values.read_person_type,
    "requested_by": _text,
    "protocol": values.read_protocol,
    "protocol_opened_on": values.read_date,
    "uf": values.read_uf,
    "city": _text,
    "lives": values.read_count,
    "published_cros": values.read_count,
    "other_plans_detail": _text,
    "currency": values.read_amount,
    "last_production_on": values.read_date,
    "last_production_value": values.read_amount,
    "started_on": values.read_date,
    "ended_on": values.read_date,
    "days": values.read_days,
}
# Of the sections whose absence means that something was lost; people leave the status out.
_SECTION_TITLES = {
    "actions": vocabulary.ACTIONS_TITLE,
    "reasons": vocabulary.REASONS_TITLE,
    "protocol_required": vocabulary.PROTOCOL_TITLE,
    "general_notes": vocabulary.GENERAL_TITLE,
}
_NAMES = {
    "other_plans": LABEL_OF["other_plans"].printed,
    "outcome": vocabulary.STATUS_TITLE,
    "actions": vocabulary.ACTIONS_TITLE,
    "reasons": vocabulary.REASONS_TITLE,
    "protocol_required": vocabulary.PROTOCOL_TITLE,
    "sectors": vocabulary.SECTORS_TITLE,
}
