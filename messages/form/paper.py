"""Both text layouts of the paper form, cut into parts.

People quote anything in their notes, so a word of the form is taken for a landmark only where the form's own neighbour
proves it: "2º contato Data …" with "Obs.:" below, "Motivo desligamento" with its options below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from messages.errors import InvalidInput
from messages.form import vocabulary
from messages.form.header import Header, read_header
from messages.form.options import (
    has_box,
    has_options,
    has_part_of_box,
    is_option_line,
    read_ticks,
    split_before_box,
    with_whole_options,
)
from messages.form.text import unescape
from messages.form.values import is_blank, read_date

_PAGE = re.compile(r"[\s*_#]*p[aá]gina\s+\d{1,4}\s+de\s+\d{1,4}[\s*_]*", re.IGNORECASE)
_NUMBER = re.compile(r"[\s*#]*(\d{1,2}|[lIZzSs])\s*(?:[ºªo⁰]|[^\w\s]){0,2}\s*(?=\w)")
_SLIPS = str.maketrans("lIZzSs", "112255")
_WITHOUT_SLIP = re.compile(r"\d{1,2}[oa]?contatodata")  # the key of a contact's title
_OBS = "[o0]b[s5]"  # too short for the score: what a scanner makes of it
_NOTES = re.compile(rf"[\s*]*{_OBS}(?:[.:*]+[\s*:.]*(.*)|\s*)", re.IGNORECASE)
_NOTES_WITHIN = re.compile(rf"[\s*]+{_OBS}\s*\.?\s*:[\s*:]*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_HINT = re.compile(
    r"[\s*]*obrigat[oó]ri[oa]\s+justificativa\s+caso\s+selecione\s*[\"“”'‘*]{0,3}outros[\"”'’.*]{0,6}", re.IGNORECASE
)
_RULE = re.compile(r"[\s|:_*\-–—]*")
_CONTACT_TITLES = ("contato Data",)
_GENERAL_TITLES = (vocabulary.GENERAL_TITLE, "Obs. gerais", "Observação geral", "Observações gerais")
_TITLE_WORDS = 3  # a slip may part one
_DATE_ROOM = 20  # characters: longer text behind "contato Data" is a sentence
_NO_END = "O formulário está cortado: falta o fim, com o setor responsável; envie o arquivo inteiro."


@dataclass(slots=True)
class Parts:
    """The form's text cut up; values are still as written. A section that is not there has no key in ``sections``.
    ``begun`` tells whether the form's beginning is there: its title, or its first label."""

    header: Header
    contacts: list[tuple[int, str, str]] = field(default_factory=list)  # number, date, notes
    sections: dict[str, str] = field(default_factory=dict)  # by JSON key: the text under the section's title
    signers: list[str] = field(default_factory=list)
    begun: bool = True


@dataclass(frozen=True, slots=True)
class _Block:
    """A landmark "Nº contato Data …": the text begins at ``line`` (and with ``inline``, on the label's own row)."""

    at: int
    number: int
    date: str
    line: int
    inline: str
    proven: bool


# Title, JSON key, and the options that must stand below the title.
_BOXES = (
    (vocabulary.ACTIONS_TITLE, "actions", vocabulary.ACTIONS),
    (vocabulary.REASONS_TITLE, "reasons", vocabulary.REASONS),
    (vocabulary.PROTOCOL_TITLE, "protocol_required", vocabulary.YES_NO),
    (vocabulary.SECTORS_TITLE, "sectors", vocabulary.SECTORS),
)
_LONGEST_LIST = 20_000  # characters; the longest one takes three thousand with its boxes
_NEVER_LEFT_OUT = ("actions", "reasons")


def cut(text: str) -> Parts:
    """Cut a text of either paper layout. Raises InvalidInput where the end or a part between is missing, or two forms
    are in it. A header alone is whole here; whether its own end is there is for the caller to judge."""
    lines = [unescape(line) for line in text.split("\n") if not _PAGE.fullmatch(line)]
    start = _start(lines)
    marks = _section_marks(lines, start)
    end_of_contacts = min(marks.values(), default=len(lines))
    blocks = _contact_blocks(lines, start, end_of_contacts)
    top = blocks[0].at if blocks else end_of_contacts
    status = _status_mark(lines, start, top)
    parts = Parts(read_header(lines[start:status]))
    parts.begun = start > 0 or "analyst" in parts.header.labels
    parts.header.strange += [("analyst", line.strip()) for line in lines[: max(start - 1, 0)] if line.strip()]
    if status < top:
        parts.sections["outcome"] = "\n".join(_below(lines[status:top], vocabulary.STATUS_TITLE))
    if not marks and not blocks:
        return parts
    if "sectors" not in marks:
        raise InvalidInput(_NO_END)
    for title, name, _ in _BOXES:
        if name in _NEVER_LEFT_OUT and name not in marks:
            raise _damaged(f"falta a parte “{title}”")
    _fill_contacts(parts, lines, blocks, end_of_contacts)
    _fill_sections(parts, lines, marks)
    for title, name, _ in _BOXES:
        if len(parts.sections.get(name, "")) > _LONGEST_LIST:
            raise _damaged(f"há texto demais entre as opções de “{title}”")
    known = [
        (options, set(read_ticks(parts.sections[name], options).found))
        for name, options in (("actions", vocabulary.ACTIONS), ("reasons", vocabulary.REASONS))
    ]
    for text in [*(notes for _, _, notes in parts.contacts), parts.sections["other_justification"]]:
        if any(_displaced(line, known) for line in text.split("\n")):
            raise _damaged("há opções dele no meio de um texto")
    return parts


def _damaged(what: str) -> InvalidInput:
    return InvalidInput(f"O formulário está danificado: {what}; envie o arquivo inteiro.")


def _displaced(line: str, known: Sequence[tuple[tuple[str, ...], set[str]]]) -> bool:
    """Whether a line of free text holds a box that its own section lacks: what stood between has been cut out. One
    that is there too is somebody's word about a tick. ``known``: lists, and those of their options that are there."""
    return has_box(line) and any(not set(read_ticks(line, options).boxed) <= found for options, found in known)


def _start(lines: Sequence[str]) -> int:
    """The line below the title."""
    titles = [n for n, line in enumerate(lines) if vocabulary.similar(line, vocabulary.TITLE)]
    proven = [n for n in titles if vocabulary.key(_next_text(lines, n + 1)).startswith("colaborador")]
    if len(proven) > 1:
        raise InvalidInput("O arquivo traz mais de um formulário: envie um de cada vez.")
    return next(iter(proven or titles), -1) + 1


def _section_marks(lines: Sequence[str], start: int) -> dict[str, int]:
    """The line where each section begins, in the paper's order; general notes are found between their neighbours.

    The first proven title counts, but the last for the sectors: what stands between is free text that may quote it.
    Where a title is lost its boxes tell; not for SIM and NÃO, which stand in the header too.
    """
    marks: dict[str, int] = {}
    for title, name, options in _BOXES:
        found = [n for n in range(start, len(lines)) if _is_title(lines, n, title, options)]
        if not found and options is not vocabulary.YES_NO:
            found = [n for n in range(start, len(lines)) if has_box(lines[n]) and is_option_line(lines[n], options)][:1]
        if found:
            marks[name] = found[-1] if name == "sectors" else found[0]
            start = marks[name] + 1
    after = max((marks[name] for name in ("actions", "reasons", "protocol_required") if name in marks), default=start)
    for n in range(after, marks.get("sectors", len(lines))):
        if _behind(lines[n], _GENERAL_TITLES) is not None:
            marks["general_notes"] = n
            break
    return marks


def _is_title(lines: Sequence[str], n: int, title: str, options: tuple[str, ...]) -> bool:
    """Whether the title stands here with its options, on its own row or on the next."""
    rows = _title_rows(lines, n, title)
    if not rows:
        return False
    _, boxes = split_before_box(lines[n + rows - 1])
    return has_options(boxes or _next_text(lines, n + rows), options)


def _title_rows(lines: Sequence[str], n: int, title: str) -> int:
    """How many rows the title takes here: one, two where a narrow column broke it, or none."""
    head, boxes = split_before_box(lines[n])
    if vocabulary.similar(head, title):
        return 1
    if boxes or n + 1 == len(lines) or not vocabulary.begins(head, title):
        return 0
    return 2 if vocabulary.similar(f"{head} {split_before_box(lines[n + 1])[0]}", title) else 0


def _contact_blocks(lines: Sequence[str], start: int, end: int) -> list[_Block]:
    """The weightiest chain of contact landmarks with growing numbers; an unproven one only next to its predecessor."""
    blocks = [block for n in range(start, end) if (block := _block(lines, n, end))]
    chains: dict[int, tuple[int, list[_Block]]] = {0: (0, [])}  # weight and chain by the last number
    for block in blocks:
        if not block.proven and block.number - 1 not in chains:
            continue
        weight, before = max((chains[n] for n in chains if n < block.number), key=lambda chain: chain[0])
        weight += 3 if block.proven else 1
        if weight > chains.get(block.number, (0, []))[0]:  # the first found stays on a tie
            chains[block.number] = (weight, [*before, block])
    return max(chains.values(), key=lambda chain: chain[0])[1]


def _block(lines: Sequence[str], n: int, end: int) -> _Block | None:
    found = _NUMBER.match(lines[n])
    behind = _behind(lines[n][found.end() :], _CONTACT_TITLES) if found else None
    if found is None or behind is None:
        return None
    number = int(found[1].translate(_SLIPS))
    rest = behind.lstrip(" \t*:.").rstrip(" \t*")
    within = _NOTES_WITHIN.search(" " + rest[: 2 * _DATE_ROOM])
    if within and within.start() <= _DATE_ROOM:
        return _Block(n, number, rest[: within.start()].strip(" \t*"), n + 1, rest[within.end() - 1 :], proven=True)
    rest = "" if is_blank(rest) else rest
    if len(rest) > _DATE_ROOM:
        return None
    below = next((m for m in range(n + 1, end) if lines[m].strip()), end)
    if below < end and (notes := _NOTES.fullmatch(lines[below])):
        return _Block(n, number, rest, below + 1, notes[1] or "", proven=True)
    title = lines[n].removesuffix(behind)
    if not _WITHOUT_SLIP.fullmatch(vocabulary.key(title)) or (rest and not read_date(rest)):
        return None
    return _Block(n, number, rest, n + 1, "", proven=False)


def _behind(line: str, titles: Sequence[str]) -> str | None:
    """What the line says behind the title it begins with, slips forgiven; None where it begins with none of them."""
    words = islice(_WORD.finditer(line), _TITLE_WORDS)
    heads = [(line[: word.end()], title) for word in words for title in titles]
    head, title = max(heads, key=lambda pair: vocabulary.likeness(*pair), default=("", ""))
    return line[len(head) :] if head and vocabulary.similar(head, title) else None


def _status_mark(lines: Sequence[str], start: int, top: int) -> int:
    """Where the status begins: its title, or its first option where the title is lost; ``top`` where there is none."""
    for n in range(start, top):
        if vocabulary.similar(lines[n], vocabulary.STATUS_TITLE) or is_option_line(lines[n], vocabulary.OUTCOMES):
            return n
    return top


def _fill_contacts(parts: Parts, lines: Sequence[str], blocks: Sequence[_Block], end: int) -> None:
    stops = [*(block.at for block in blocks), end][1:]
    for block, stop in zip(blocks, stops, strict=True):
        notes = "\n".join([block.inline, *lines[block.line : stop]])
        parts.contacts.append((block.number, block.date, "" if is_blank(notes) else notes))


def _fill_sections(parts: Parts, lines: Sequence[str], marks: dict[str, int]) -> None:
    order = sorted(marks, key=lambda name: marks[name])
    stops = [marks[name] for name in order[1:]] + [len(lines)]
    titles = {name: title for title, name, _ in _BOXES}
    for name, stop in zip(order, stops, strict=True):
        section = lines[marks[name] : stop]
        if name == "general_notes":
            inline = _behind(section[0], _GENERAL_TITLES) or ""
            notes = "\n".join([inline.lstrip(" \t*:."), *section[1:]])
            parts.sections[name] = "" if is_blank(notes) else notes
            continue
        body = _below(section, titles[name])
        if name == "actions":
            body, parts.sections["other_justification"] = _justification(body)
        if name == "sectors":
            body, parts.signers = _signers(body)
        if name == "reasons":
            body = with_whole_options(body, vocabulary.REASONS)
        parts.sections[name] = "\n".join(body)


def _below(section: Sequence[str], title: str) -> list[str]:
    """The section without its title; boxes on the title's own row stay."""
    rows = _title_rows(section, 0, title)
    return [split_before_box(section[rows - 1])[1], *section[rows:]] if rows else list(section)


def _justification(body: Sequence[str]) -> tuple[list[str], str]:
    """The boxes, and the text below them; the printed "Obs.: obrigatório …" is no text, wherever it stands."""
    at = next((n for n, line in enumerate(body) if _NOTES.fullmatch(line) or _HINT.match(line)), len(body))
    rows, above = _rows_and_text(body[:at], vocabulary.ACTIONS)
    below = list(body[at:])
    if below and (label := _NOTES.fullmatch(below[0])):
        below[0] = label[1] or ""
    first = next((n for n, line in enumerate(below) if line.strip()), None)
    if first is not None:
        below[first] = _without_hint(below[first])
    text = "\n".join([*above, *below])
    return rows, "" if is_blank(text) else text


def _without_hint(line: str) -> str:
    """The line without the printed hint; a misspelt hint goes only if nothing follows it."""
    if _HINT.match(line):
        return _HINT.sub("", line, count=1)
    hint = vocabulary.JUSTIFICATION_HINT
    return "" if vocabulary.similar(line, hint) and len(line.strip(" *")) <= len(hint) + 2 else line


def _signers(body: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options, and the names below the last of them. Raises InvalidInput where the text ends among the options."""
    rows, below = _rows_and_text(body, vocabulary.SECTORS)
    names = [name for line in below for cell in line.split("\t") if (name := cell.strip(" *"))]
    if not names and not _are_sectors_whole("\n".join(rows)):
        raise InvalidInput(_NO_END)
    return rows, names


def _are_sectors_whole(rows: str) -> bool:
    last = vocabulary.SECTORS[-1]
    return last in read_ticks(rows, vocabulary.SECTORS).found and not vocabulary.begins(rows.split()[-1], last)


def _rows_and_text(body: Sequence[str], options: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The rows of a list, and the text below the last of them without its rules; a box never is text."""
    body = with_whole_options(body, options)
    end = 1 + max((n for n, line in enumerate(body) if has_options(line, options)), default=-1)
    below = ["" if _RULE.fullmatch(line) else line for line in body[end:]]
    boxes = [line for line in below if has_part_of_box(line)]
    return [*body[:end], *boxes], [line for line in below if not has_part_of_box(line)]


def _next_text(lines: Sequence[str], start: int) -> str:
    """The next line that is more than a table's rule."""
    return next((line for line in lines[start:] if not _RULE.fullmatch(line)), "")
