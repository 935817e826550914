"""A spreadsheet of protocols as cases to open: columns recognised by their Portuguese names, each row checked alone."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from messages.case_line import read_line, uf_of_cro
from messages.errors import InvalidInput
from messages.finding import folded
from messages.form import Doubt, Form
from messages.form.vocabulary import REASONS, match
from messages.header_facts import FACTS, HeaderFact
from messages.identity import check_cnpj, check_cpf, check_cro, mask_phone, normalise_phone
from messages.people import Treatment, without_treatment

HEADER_WITHIN = 20  # rows in which the columns' names are looked for
HEAD_LENGTH = 80  # characters of a column's name that are looked at
NAME_LENGTH = range(3, 121)
CALLED_LENGTH = 60
_SHORTENED = re.compile(r"\d(?:[.,]\d*)?E\+?\d{1,3}", re.IGNORECASE | re.ASCII)
_BETWEEN_PHONES = re.compile(r"[/;,|]|\b(?:e|ou)\b", re.IGNORECASE)

# field → how people head its column, without accents, articles and the like
_NAMES: Mapping[str, tuple[str, ...]] = {
    "protocol": ("protocolo", "sad", "protocolo sad"),
    "dentist_name": (
        "nome",
        "dentista",
        "prestador",
        "nome dentista",
        "nome prestador",
        "profissional",
        "credenciado",
        "nome completo",
    ),
    "cro": ("cro", "registro", "registro cro", "inscricao cro"),
    "cro_uf": ("uf cro", "cro uf", "uf conselho", "uf registro"),
    "uf": ("uf", "estado"),
    "city": ("cidade", "municipio"),
    "phone": ("telefone", "whatsapp", "celular", "fone", "tel", "telefone whatsapp", "telefone celular", "contato"),
    "treatment": ("tratamento", "dr dra"),
    "called": ("chamado", "apelido", "como chamar", "nome social"),
    "operator": ("operadora",),
    "cpf": ("cpf",),
    "cnpj": ("cnpj",),
    "person_type": ("tipo", "tipo pessoa"),
    "requested_by": ("demandado por", "demandado", "demanda"),
    "protocol_opened_on": (
        "abertura",
        "data abertura",
        "dt abertura",
        "data protocolo",
        "abertura protocolo",
        "data abertura protocolo",
        "dt abertura protocolo",
    ),
    "enrolled_on": ("inclusao", "data inclusao", "dt inclusao", "credenciamento", "data credenciamento"),
    "cro_count": ("qtd cro", "qtd cro s", "quantidade cro", "qtd cros"),
    "lives": ("vidas",),
    "other_plans": ("outros convenios", "atende outros convenios"),
    "other_plans_detail": ("quais", "quais convenios"),
    "published_cros": ("cros unicos divulgados", "cro s unicos divulgados", "cros divulgados"),
    "currency": ("moeda",),
    "last_production_on": ("ultima producao", "data ultima producao", "ultima produc"),
    "last_production_value": ("valor ultima producao", "valor ultima prod"),
    "reasons": ("motivo", "motivos", "motivo desligamento", "motivo protocolo"),
    "contract": ("contrato",),
    "analyst": ("analista", "responsavel", "colaborador"),
}
# These mean it only where nothing else is said: “responsável técnico” and “data do contato” are something else.
_ALONE = frozenset({"contato", "contrato", "estado", "tipo", "demanda", "registro", "responsavel", "chamado"})
_FILLERS = frozenset({"de", "da", "do", "das", "dos", "o", "a", "n", "no", "num", "numero", "com"})
_BY_NAME = {name: column for column, names in _NAMES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that can be opened. ``row`` counts from 1, as the spreadsheet shows it; ``other_phones``: besides the
    form's, where its cell holds several."""

    row: int
    form: Form
    doubts: tuple[Doubt, ...]
    treatment: str | None = None
    called: str | None = None
    analyst: str | None = None
    contract: str | None = None
    other_phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """``problems``: rows that cannot be opened, with why; ``unknown``: columns that nobody recognised."""

    entries: tuple[Entry, ...]
    problems: tuple[tuple[int, str], ...]
    unknown: tuple[str, ...]


def read_table(rows: Sequence[Sequence[str]]) -> Table:
    """The cases that a sheet lists. Raises InvalidInput where no row names the columns, or none follows that does."""
    at, columns = _header(rows)
    entries: list[Entry] = []
    problems: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[at + 1 :], at + 2):
        cells = {column: row[n] for n, column in columns.items() if n < len(row) and row[n]}
        if not cells:
            continue
        try:
            entry = _entry(number, cells)
        except InvalidInput as problem:
            problems.append((number, problem.text))
            continue
        protocol = entry.form.protocol or ""
        if protocol in seen:
            problems.append((number, f"O protocolo {protocol} já está na linha {seen[protocol]}."))
            continue
        seen[protocol] = number
        entries.append(entry)
    if not entries and not problems:
        raise InvalidInput("A planilha só tem os títulos das colunas: preencha uma linha por caso e envie de novo.")
    unknown = tuple(name for n, name in enumerate(rows[at]) if name and n not in columns)
    return Table(tuple(entries), tuple(problems), unknown)


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, dict[int, str]]:
    """The row that names the columns, and column number → field."""
    best: tuple[int, dict[int, str]] = (0, {})
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        columns = _columns(row)
        if "protocol" in columns.values() and len(columns) > len(best[1]):
            best = (at, columns)
    if not {"protocol", "dentist_name"} <= set(best[1].values()):
        raise InvalidInput(
            "Não encontrei as colunas “protocolo” e “nome” no alto da primeira aba que tem dados: confira os títulos."
        )
    return best


def _columns(row: Sequence[str]) -> dict[int, str]:
    """Column number → field. Of two columns for one field the one whose name says less else counts, then the first."""
    named = [(extra, n, field) for n, name in enumerate(row) for field, extra in _field(name)]
    columns: dict[int, str] = {}
    for _, n, field in sorted(named):
        if field not in columns.values():
            columns[n] = field
    return columns


def _field(name: str) -> Iterator[tuple[str, int]]:
    """The field that a column's head names, if it names one, and how many words it has besides: the longest known name
    within it, its words together and in order."""
    words = [w for w in folded(re.sub(r"[^\w]+", " ", name)[:HEAD_LENGTH]) if w not in _FILLERS]
    spans = [words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    found = [span for span in spans if " ".join(span) in _BY_NAME]
    if found:
        known = max(found, key=len)
        extra, field = len(words) - len(known), _BY_NAME[" ".join(known)]
        if not extra or " ".join(known) not in _ALONE:
            yield field, extra


def _entry(row: int, cells: Mapping[str, str]) -> Entry:
    """One row. Raises InvalidInput where there is no protocol or no name; what else is wrong is left out and told."""
    name, treatment = without_treatment(cells.get("dentist_name", ""))
    protocol, name = _protocol(cells.get("protocol", "")), _name(name)
    told, doubts = _told(cells)
    treatment = told.pop("treatment", None) or treatment
    called, contract = told.pop("called", None), told.pop("contract", None)
    return Entry(
        row,
        Form(protocol=protocol, dentist_name=name, **told),
        tuple(doubts),
        treatment.value if treatment else None,
        called,
        cells.get("analyst"),
        contract,
        tuple(_phones(cells.get("phone", ""))[1:]),
    )


def _told(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Doubt]]:
    """What a row tells besides protocol and name, by field."""
    told: dict[str, Any] = {}
    doubts: list[Doubt] = []
    for column, read in _READERS.items():
        if column in cells:
            try:
                told[column] = read(cells[column])
            except InvalidInput as doubt:
                doubts.append(Doubt(column, doubt.text))
    if "cro" in cells:
        try:
            told["cro"], told["cro_uf"] = _registration(cells)
        except InvalidInput as doubt:
            doubts.append(Doubt("cro", doubt.text))
    if "cro_uf" in told and "uf" not in told:
        told["uf"] = told["cro_uf"]
        doubts.append(uf_of_cro(told["cro_uf"]))
    return told, [*doubts, *_left_over(cells)]


def _left_over(cells: Mapping[str, str]) -> Iterator[Doubt]:
    """What a cell says besides what was taken from it."""
    phones = [mask_phone(phone) for phone in _phones(cells.get("phone", ""))]
    if len(phones) > 1:
        told = f"Há mais de um telefone na planilha: as mensagens vão para {phones[0]}; o resto também fica conhecido."
        yield Doubt("phone", told)
    for part, reason in _reasons_in(cells.get("reasons", "")).items():
        if reason is None:
            yield Doubt("reasons", f"O motivo “{part[:60]}”, da planilha, não é do formulário: confira.")


def _protocol(text: str) -> str:
    if _SHORTENED.fullmatch(text):
        raise InvalidInput(f"O Excel encurtou o protocolo para {text}: formate a coluna como texto e digite de novo.")
    digits = re.sub(r"\D", "", text)
    if not re.fullmatch(r"(?:SAD)?[\s-]*\d{12}", text, re.IGNORECASE | re.ASCII):
        told = f"Protocolo com {len(digits)} algarismo{'' if len(digits) == 1 else 's'} em vez de 12."
        if len(digits) == 12:
            told = f"Protocolo “{text[:40]}” não é SAD e 12 algarismos."
        raise InvalidInput(told if digits else "Falta o protocolo.")
    return f"SAD{digits}"


def _name(text: str) -> str:
    if len(text) not in NAME_LENGTH or not re.search(r"[^\W\d_]{2}", text):
        raise InvalidInput("Falta o nome do dentista.")
    return text


def _registration(cells: Mapping[str, str]) -> tuple[str, str]:
    """CRO and UF, which stand in one cell or in two. Raises InvalidInput."""
    number, _, uf = (read_line(cells["cro"]).get("cro") or cells["cro"]).partition("/")
    return check_cro(number, uf or cells.get("cro_uf") or cells.get("uf", ""))


def _phones(text: str) -> list[str]:
    """One phone, or several in one cell."""
    whole = normalise_phone(text)
    parts = [whole] if whole else map(normalise_phone, _BETWEEN_PHONES.split(text))
    return list(dict.fromkeys(phone for phone in parts if phone))


def _phone(text: str) -> str:
    if not (found := _phones(text)):
        raise InvalidInput(f"Não reconheci o telefone “{text[:40]}” da planilha: confira.")
    return found[0]


def _treatment(text: str) -> Treatment:
    if (treatment := Treatment.read(text)) is None:
        raise InvalidInput(f"O tratamento “{text[:40]}” da planilha não é Dra. nem Dr.: confira.")
    return treatment


def _called(text: str) -> str:
    if len(text) > CALLED_LENGTH or re.search(r"\d", text):
        raise InvalidInput(f"“{text[:40]}”, na planilha, não parece o nome pelo qual o dentista é chamado: confira.")
    return text


def _reasons_in(text: str) -> dict[str, str | None]:
    """What is written there, and which of the form's reasons it is."""
    return {part: match(part, REASONS) for part in map(str.strip, re.split(r"[;,/|]", text)) if part}


def _reasons(text: str) -> tuple[str, ...]:
    found = set(_reasons_in(text).values())
    return tuple(reason for reason in REASONS if reason in found)


def _as_fact(fact: HeaderFact) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = fact.read(text)
        if value is None:
            raise InvalidInput(f"Não reconheci {fact.called} na planilha (“{text[:40]}”): confira.")
        return value

    return read


_READERS: Mapping[str, Callable[[str], Any]] = {
    **{name: _as_fact(fact) for name, fact in FACTS.items()},
    "cpf": lambda text: check_cpf(text, from_spreadsheet=True),
    "cnpj": lambda text: check_cnpj(text, from_spreadsheet=True),
    "phone": _phone,
    "treatment": _treatment,
    "called": _called,
    "reasons": _reasons,
}
