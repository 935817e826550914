"""A spreadsheet of protocols as cases to open: columns recognised by their Portuguese names, each row checked alone."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from messages.errors import InvalidInput
from messages.finding import folded
from messages.form import Doubt, Form
from messages.form.values import read_amount, read_count, read_date, read_person_type
from messages.form.vocabulary import REASONS, match
from messages.identity import check_cnpj, check_cpf, check_cro, check_uf, normalise_phone
from messages.people import Treatment

HEADER_WITHIN = 20  # rows in which the columns' names are looked for
NAME_LENGTH = range(3, 121)

# field → how people head its column, without accents, articles and the like
_NAMES: Mapping[str, tuple[str, ...]] = {
    "protocol": ("protocolo", "sad"),
    "dentist_name": ("nome", "dentista", "prestador", "nome dentista", "nome prestador", "profissional", "credenciado"),
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
    "published_cros": ("cros unicos divulgados", "cro s unicos divulgados", "cros divulgados"),
    "currency": ("moeda",),
    "last_production_on": ("ultima producao", "data ultima producao", "ultima produc"),
    "last_production_value": ("valor ultima producao", "valor ultima prod"),
    "reasons": ("motivo", "motivos", "motivo desligamento", "motivo protocolo"),
    "contract": ("contrato",),
    "analyst": ("analista", "responsavel", "colaborador"),
}
_FILLERS = frozenset({"de", "da", "do", "das", "dos", "o", "a", "n", "no", "num", "numero", "com"})
_BY_NAME = {name: column for column, names in _NAMES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that can be opened. ``row`` counts from 1, as the spreadsheet shows it."""

    row: int
    form: Form
    doubts: tuple[Doubt, ...]
    treatment: str | None = None
    called: str | None = None
    analyst: str | None = None
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """``problems``: rows that cannot be opened, with why; ``unknown``: columns that nobody recognised."""

    entries: tuple[Entry, ...]
    problems: tuple[tuple[int, str], ...]
    unknown: tuple[str, ...]


def read_table(rows: Sequence[Sequence[str]]) -> Table:
    """The cases that a sheet lists. Raises InvalidInput where no row names the columns."""
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
    unknown = tuple(name for n, name in enumerate(rows[at]) if name and n not in columns)
    return Table(tuple(entries), tuple(problems), unknown)


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, dict[int, str]]:
    """The row that names the columns, and column number → field. The first of two columns for one field counts."""
    best: tuple[int, dict[int, str]] = (0, {})
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        columns: dict[int, str] = {}
        for n, name in enumerate(row):
            column = _column(name)
            if column is not None and column not in columns.values():
                columns[n] = column
        if "protocol" in columns.values() and len(columns) > len(best[1]):
            best = (at, columns)
    if not {"protocol", "dentist_name"} <= set(best[1].values()):
        raise InvalidInput("Não encontrei as colunas “protocolo” e “nome”: elas precisam estar na primeira linha.")
    return best


def _column(name: str) -> str | None:
    """The field that a column's head names: the longest known name within it, its words together and in order."""
    words = [w for w in folded(re.sub(r"[^\w]+", " ", name)) if w not in _FILLERS]
    spans = [words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    found = [name for span in spans if (name := " ".join(span)) in _BY_NAME]
    return _BY_NAME[max(found, key=lambda name: name.count(" "))] if found else None


def _entry(row: int, cells: Mapping[str, str]) -> Entry:
    """One row. Raises InvalidInput where there is no protocol or no name; what else is wrong is left out and told."""
    form = Form(protocol=_protocol(cells.get("protocol", "")), dentist_name=_name(cells.get("dentist_name", "")))
    doubts: list[Doubt] = []
    told: dict[str, Any] = {}
    for column, read in _READERS.items():
        if column in cells:
            try:
                told[column] = read(cells[column])
            except InvalidInput as doubt:
                doubts.append(Doubt(column, doubt.text))
    if "cro" in cells:
        number, _, uf = cells["cro"].partition("/")
        try:
            told["cro"], told["cro_uf"] = check_cro(number, uf or cells.get("cro_uf") or cells.get("uf", ""))
        except InvalidInput as doubt:
            doubts.append(Doubt("cro", doubt.text))
    if "uf" not in told and "cro_uf" in told:
        told["uf"] = told["cro_uf"]
        doubts.append(Doubt("uf", f"A UF do caso foi tomada do CRO ({told['cro_uf']}): confira."))
    treatment = Treatment.read(cells.get("treatment", ""))
    called = cells.get("called", "")[:60] or None
    return Entry(
        row,
        replace(form, **told),
        tuple(doubts),
        treatment.value if treatment else None,
        called,
        cells.get("analyst"),
        cells.get("contract", "")[:60] or None,
    )


def _protocol(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if not re.fullmatch(r"(?:SAD)?\s*\d{12}", text, re.IGNORECASE):
        told = f"Protocolo com {len(digits)} algarismo{'' if len(digits) == 1 else 's'} em vez de 12."
        raise InvalidInput(told if digits else "Falta o protocolo.")
    return f"SAD{digits}"


def _name(text: str) -> str:
    if len(text) not in NAME_LENGTH or not re.search(r"[^\W\d_]{2}", text):
        raise InvalidInput("Falta o nome do dentista.")
    return text


def _read(what: str, read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader whose None is a doubt."""

    def checked(text: str) -> Any:
        value = read(text)
        if value is None:
            raise InvalidInput(f"Não reconheci {what} na planilha: confira.")
        return value

    return checked


def _reasons(text: str) -> tuple[str, ...]:
    found = {match(part.strip(), REASONS) for part in re.split(r"[;,/|]", text)}
    if None in found:
        raise InvalidInput("Há um motivo na planilha que não é do formulário: confira.")
    return tuple(reason for reason in REASONS if reason in found)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "phone": _read("o telefone", normalise_phone),
    "uf": check_uf,
    "city": str.upper,
    "operator": str.upper,
    "requested_by": str,
    "cpf": lambda text: check_cpf(text, from_spreadsheet=True),
    "cnpj": lambda text: check_cnpj(text, from_spreadsheet=True),
    "person_type": _read("o tipo (F ou J)", read_person_type),
    "protocol_opened_on": _read("a data de abertura", read_date),
    "enrolled_on": _read("a data de inclusão", read_date),
    "cro_count": _read("a quantidade de CROs", read_count),
    "lives": _read("o número de vidas", read_count),
    "published_cros": _read("o número de CROs divulgados", read_count),
    "currency": _read("a moeda", read_amount),
    "last_production_on": _read("a data da última produção", read_date),
    "last_production_value": _read("o valor da última produção", read_amount),
    "reasons": _reasons,
}
