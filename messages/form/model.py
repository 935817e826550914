"""The form as data. Field names are those of its JSON everywhere: in storage, in warnings, in spreadsheets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from messages.form import vocabulary
from messages.form.text import tidy, tidy_line
from messages.statuses import Outcome

_LINES = (
    *("analyst", "operator", "cro", "cro_uf", "dentist_name", "cnpj", "cpf", "person_type", "requested_by", "protocol"),
    *("uf", "city", "other_plans_detail", "phone"),
)


@dataclass(frozen=True, slots=True)
class ContactBlock:
    """One numbered block "Nº contato": its date and its text. ``notes`` may be empty when only the date is known."""

    number: int
    date: date | None
    notes: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tidy(self.notes) or "")


@dataclass(frozen=True, slots=True)
class Form:
    """Everything the form "Processo de Retenção" holds; None is "not written".

    ``currency`` and ``last_production_value`` are reais, ``days`` calendar days, ``phone`` E.164, the closed lists in
    the form's own order. Texts are brought to one spelling of white space (see :mod:`messages.form.text`) and empty
    contact blocks left out, so that what is printed reads back equal. ValueError for an entry that no list holds.
    """

    phone: str | None = None
    analyst: str | None = None
    cro_count: int | None = None
    form_date: date | None = None
    operator: str | None = None
    cro: str | None = None
    cro_uf: str | None = None
    dentist_name: str | None = None
    cnpj: str | None = None
    cpf: str | None = None
    enrolled_on: date | None = None
    person_type: str | None = None
    requested_by: str | None = None
    protocol: str | None = None
    protocol_opened_on: date | None = None
    uf: str | None = None
    city: str | None = None
    lives: int | None = None
    published_cros: int | None = None
    other_plans: bool | None = None
    other_plans_detail: str | None = None
    currency: Decimal | None = None
    last_production_on: date | None = None
    last_production_value: Decimal | None = None
    started_on: date | None = None
    ended_on: date | None = None
    days: int | None = None
    outcome: Outcome | None = None
    contacts: tuple[ContactBlock, ...] = ()
    actions: tuple[str, ...] = ()
    other_justification: str | None = None
    reasons: tuple[str, ...] = ()
    protocol_required: bool | None = None
    general_notes: str | None = None
    sectors: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        settled: dict[str, object] = {name: tidy_line(getattr(self, name)) for name in _LINES}
        settled["other_justification"] = tidy(self.other_justification)
        settled["general_notes"] = tidy(self.general_notes)
        settled["signers"] = tuple(filter(None, map(tidy_line, self.signers)))
        written = (block for block in self.contacts if block.date or block.notes)
        settled["contacts"] = tuple(sorted(written, key=lambda block: block.number))
        settled["actions"] = _in_order(self.actions, vocabulary.ACTIONS)
        settled["reasons"] = _in_order(self.reasons, vocabulary.REASONS)
        settled["sectors"] = _in_order(self.sectors, vocabulary.SECTORS)
        for name, value in settled.items():
            object.__setattr__(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values in the form's order: dates ISO, amounts strings of two decimals or more, unknown null."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to be looked at by a person: the JSON key it concerns and one Portuguese sentence."""

    field: str
    text: str

    def as_json(self) -> Mapping[str, str]:
        return {"field": self.field, "text": self.text}


@dataclass(frozen=True, slots=True)
class ReadForm:
    """What a text gave: the form, and every value that is doubtful, missing or could not be read."""

    form: Form
    doubts: tuple[Doubt, ...]


def form_of_json(content: Mapping[str, Any]) -> Form:
    """The form that :meth:`Form.as_json` gave; keys that this version does not know are left out."""
    known = {field.name: content[field.name] for field in fields(Form) if field.name in content}
    return Form(**{name: _typed(name, value) for name, value in known.items()})


_DATES = ("form_date", "enrolled_on", "protocol_opened_on", "last_production_on", "started_on", "ended_on")


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _DATES:
        return date.fromisoformat(value)
    if name in ("currency", "last_production_value"):
        return Decimal(value)
    if name == "outcome":
        return Outcome(value)
    if name == "contacts":
        return tuple(ContactBlock(b["number"], _typed("form_date", b["date"]), b["notes"]) for b in value)
    return tuple(value) if isinstance(value, list) else value


def _in_order(chosen: Iterable[str], options: tuple[str, ...]) -> tuple[str, ...]:
    wanted = set(chosen)
    if unknown := wanted.difference(options):
        raise ValueError(f"not on the form: {sorted(unknown)}")
    return tuple(option for option in options if option in wanted)


def _plain(value: object) -> object:
    match value:
        case tuple():
            return [_plain(item) for item in value]
        case ContactBlock():
            return {"number": value.number, "date": _plain(value.date), "notes": value.notes}
        case date():
            return value.isoformat()
        case Decimal():
            return format(two_decimals(value), "f")
        case Outcome():
            return value.value
        case _:
            return value


def two_decimals(amount: Decimal) -> Decimal:
    """The amount with at least two decimals: 0,5 is written 0.50, 0,355 stays."""
    exponent = amount.normalize().as_tuple().exponent
    return amount.quantize(Decimal((0, (1,), min(-2, exponent)))) if isinstance(exponent, int) else amount
