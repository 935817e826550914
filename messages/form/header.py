"""The header's tables as tab-separated text: which value belongs to which label.

On paper a value stands right of its label or in the row below, and the tabs between them do not line up. So each of the
eight rows of the paper is solved as a small assignment: the kind of each value (a date, fourteen characters, an UF …)
weighs most, then its place.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from messages.errors import InvalidInput
from messages.form import values
from messages.form.options import has_box
from messages.form.vocabulary import HEADER_ROWS, LABELS, YES_NO, Label, begins, likeness, match, match_label, similar
from messages.identity import UFS, normalise_phone

_MOST_LINES = 120  # the paper's header takes under twenty
_LONGEST_LINE = 2_000  # characters
_MOST_VALUES = 8  # of one row of the paper
_PLANS_ROW = 5
_LONGEST_LABEL = 5  # words
_END_OF_LABEL = re.compile(r"[:?][\s:]*")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    line: int
    column: int


@dataclass(slots=True)
class Header:
    """Raw values by field, the labels that were there, and texts that found no label (with the nearest field)."""

    values: dict[str, str] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    strange: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    labels: list[tuple[Label, Cell]] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)


def read_header(lines: Sequence[str]) -> Header:
    """Solve the header's lines (after the title, before the status). Raises InvalidInput when they can be no header."""
    if sum(1 for line in lines if line.strip()) > _MOST_LINES or max(map(len, lines), default=0) > _LONGEST_LINE:
        raise InvalidInput("O cabeçalho do formulário não foi reconhecido: envie o formulário original.")
    header = Header()
    rows = _rows(_with_whole_labels(_grid(lines)), header)
    for row in rows:
        boxes = [cell for cell in row.cells if _is_plans(cell, row)]
        if boxes:
            header.values["other_plans"] = "\t".join(cell.text for cell in boxes)
        labels = [pair for pair in row.labels if pair[0].field != "other_plans"]
        _assign(labels, [cell for cell in row.cells if cell not in boxes and not values.is_blank(cell.text)], header)
        header.labels.update(label.field for label, _ in row.labels)
    return header


def _grid(lines: Sequence[str]) -> list[list[Cell]]:
    """Cells by line. Where a tool turned the tabs into spaces, two or more of them part cells."""
    gap = re.compile(r"\t" if any("\t" in line for line in lines) else r"\s{2,}")
    return [
        [
            Cell(text, number, column)
            for column, raw in enumerate(part for cell in gap.split(line) for part in _parted(cell.replace("**", "")))
            if (text := " ".join(raw.split()))
        ]
        for number, line in enumerate(lines)
    ]


def _parted(text: str) -> list[str]:
    """Labels that run together in one cell, "UF: BA Cidade: SALVADOR", each with what follows it."""
    starts: list[int] = []
    former = 0
    for end in _END_OF_LABEL.finditer(text):
        words = list(_WORD.finditer(text, former, end.start()))[-_LONGEST_LABEL:]
        known = [(likeness(head, found[0].printed), word.start())
                 for word in words if (found := match_label(head := text[word.start() : end.start()]))]  # fmt: skip
        if known:
            starts.append(max(known)[1])
        former = end.end()
    if len(starts) < 2:
        return [text]
    return [text[a:b] for a, b in pairwise([0, *filter(None, starts), len(text)])]


def _with_whole_labels(grid: list[list[Cell]]) -> list[list[Cell]]:
    """Labels that a narrow column broke go on in the next line, which then holds nothing else."""
    whole: list[list[Cell]] = []
    for cells in grid:
        above = whole[-1] if whole else []
        if joined := _joined(above, cells):
            whole[-1] = joined
        elif cells:
            whole.append(cells)
    return whole


def _joined(above: list[Cell], cells: list[Cell]) -> list[Cell]:
    """The line above with the ends of its labels, if all of these cells are such ends; else nothing."""
    joined, n = list(above), 0
    for cell in cells:
        while n < len(above) and not _goes_on(above[n], cell):
            n += 1
        if n == len(above):
            return []
        joined[n] = Cell(f"{above[n].text} {cell.text}", above[n].line, above[n].column)
        n += 1
    return joined if cells else []


def _goes_on(start: Cell, rest: Cell) -> bool:
    both = f"{start.text} {rest.text}"
    begun = (label.printed for label in LABELS if begins(start.text, label.printed))
    return any(begins(both, printed) or similar(both, printed) for printed in begun)


def _rows(grid: list[list[Cell]], header: Header) -> list[_Row]:
    """Labels and values of each of the paper's rows. The paper's order only goes down: "Operadora" below
    "Demandado por?" is a value."""
    rows = [_Row() for _ in HEADER_ROWS]
    current = -1
    for cells in grid:
        found = _labels_of_line(cells, rows, current)
        if found:
            current = max(label.row for label, _ in found.values())
        for cell in cells:
            if cell in found:
                label, inline = found[cell]
                rows[current].labels.append((label, cell))
                if inline:
                    rows[current].cells.append(Cell(inline, cell.line, cell.column))
            elif current >= 0:
                rows[current].cells.append(cell)
            else:
                header.strange.append(("analyst", cell.text))
    return rows


def _labels_of_line(cells: list[Cell], rows: list[_Row], current: int) -> dict[Cell, tuple[Label, str]]:
    """Which cells of a line are labels, all of one row of the paper: the row that most cells speak for."""
    candidates = [(cell, label, inline) for cell in cells for label, inline in _candidates(cell)]
    best: dict[Cell, tuple[Label, str]] = {}
    if not candidates:
        return best
    for row in range(max(current, 0), len(rows)):
        seen = {label.field for label, _ in rows[row].labels}
        here: dict[Cell, tuple[Label, str]] = {}
        for cell, label, inline in candidates:
            if label.row == row and label.field not in seen:
                seen.add(label.field)
                here[cell] = (label, inline)
        # A city may be called Moeda: one word alone opens a new row of the paper only at the line's beginning.
        opens = row == current or len(here) > 1 or cells[0] in here
        if opens and len(here) > len(best):
            best = here
    return best


def _candidates(cell: Cell) -> list[tuple[Label, str]]:
    head, *tail = _END_OF_LABEL.split(cell.text, maxsplit=1)
    if any(tail) and (labels := match_label(head)):
        return [(label, tail[0]) for label in labels]
    return _beside(cell.text) or [(label, "") for label in match_label(cell.text)]


def _beside(text: str) -> list[tuple[Label, str]]:
    """A label and, without a colon between, a value of its kind: "CRO 90485"."""
    return [
        (label, rest)
        for word in list(_WORD.finditer(text))[1:_LONGEST_LABEL]
        for label in match_label(text[: word.start()])
        if (rest := text[word.start() :]) and (kind := _KINDS.get(label.field)) and kind(rest)
    ]


def _is_plans(cell: Cell, row: _Row) -> bool:
    in_plans_row = any(label.row == _PLANS_ROW for label, _ in row.labels)
    return in_plans_row and (has_box(cell.text) or match(cell.text, YES_NO) is not None or _both(cell.text))


def _both(text: str) -> bool:
    words = text.split()
    return len(words) == 2 and all(match(word, YES_NO) for word in words)


def _assign(labels: list[tuple[Label, Cell]], cells: list[Cell], header: Header) -> None:
    """The best-scoring choice of one cell, or none, for each label; what is left over is strange."""
    cells, beyond = cells[:_MOST_VALUES], cells[_MOST_VALUES:]
    options = [
        [(score, index) for index, cell in enumerate(cells) if (score := _score(*pair, cell, labels)) is not None]
        for pair in labels
    ]
    best: tuple[float, tuple[int | None, ...]] = (-1.0, ())

    def choose(taken: tuple[int | None, ...], total: float) -> None:
        nonlocal best
        if len(taken) == len(labels):
            best = max(best, (total, taken), key=lambda choice: choice[0])  # the first found stays on a tie
            return
        for score, index in options[len(taken)]:
            if index not in taken:
                crossing = sum(1 for other in taken if other is not None and other > index)
                choose((*taken, index), total + score - crossing)
        choose((*taken, None), total)

    choose((), 0.0)
    for (label, _), choice in zip(labels, best[1], strict=True):
        if choice is not None:
            header.values[label.field] = cells[choice].text
    chosen = [(label, cells[choice]) for (label, _), choice in zip(labels, best[1], strict=True) if choice is not None]
    for cell in [*(cell for index, cell in enumerate(cells) if index not in best[1]), *beyond]:
        # It may be the rest of a text that a narrow column broke.
        near = [label.field for label, above in chosen if label.field not in _KINDS and above.line < cell.line]
        header.strange += [(name, cell.text) for name in near or [labels[-1][0].field if labels else "other_plans"]]


def _score(label: Label, at: Cell, cell: Cell, labels: list[tuple[Label, Cell]]) -> float | None:
    """How well a cell serves as a label's value; None where it cannot be."""
    kind = _KINDS.get(label.field)
    fit = 10.0 if kind and kind(cell.text) else 1.0
    if kind is None:
        fit = 5.0 if any(map(str.isalpha, cell.text)) and not values.read_date(cell.text) else 1.5
    if cell.line == at.line:
        left = [other.column for _, other in labels if other.line == at.line and other.column <= cell.column]
        return fit + 3 if left and max(left) == at.column else None
    if cell.line < at.line:
        return None
    return fit + max(2 - 0.4 * abs(cell.column - at.column), -0.9)


def _is_amount(text: str) -> bool:
    return values.read_amount(text) is not None or values.is_blank(text.upper().replace("R$", "").replace("R $", ""))


def _is_date(text: str) -> bool:
    return values.read_date(text) is not None


# What marks a value as one of a field; fields of free text have no entry.
_KINDS: dict[str, Callable[[str], bool]] = {
    "cro_count": lambda text: values.read_count(text) is not None,
    "form_date": _is_date,
    "cro": lambda text: values.read_cro(text) is not None,
    "cro_uf": lambda text: text.upper() in UFS,
    "cnpj": lambda text: len(values.read_cnpj(text) or "") == 14,
    "cpf": lambda text: len(values.read_cpf(text) or "") == 11,
    "phone": lambda text: normalise_phone(text) is not None,
    "enrolled_on": _is_date,
    "person_type": lambda text: values.read_person_type(text) is not None,
    "protocol": lambda text: (values.read_protocol(text) or "").startswith("SAD"),
    "protocol_opened_on": _is_date,
    "uf": lambda text: text.upper() in UFS,
    "lives": lambda text: values.read_count(text) is not None,
    "published_cros": lambda text: values.read_count(text) is not None,
    "currency": _is_amount,
    "last_production_on": lambda text: _is_date(text) or values.is_no_production(text),
    "last_production_value": _is_amount,
    "started_on": _is_date,
    "ended_on": _is_date,
    "days": lambda text: values.read_days(text) is not None,
}
