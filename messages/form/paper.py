"""Both text layouts of the paper form, cut into parts.

People quote anything in their notes, so a word of the form is taken for a landmark only where the form's own neighbour
proves it: "2º contato Data …" with "Obs.:" below, "Motivo desligamento" with its options below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from messages.errors import InvalidInput
from messages.form import vocabulary
from messages.form.header import Header, read_header
from messages.form.options import has_box, has_options, is_option_line, split_before_box
from messages.form.text import unescape
from messages.form.values import is_blank, read_date

_PAGE = re.compile(r"[\s*_#]*p[aá]gina\s+\d{1,4}\s+de\s+\d{1,4}[\s*_]*", re.IGNORECASE)
_CONTACT = re.compile(r"[\s*#]*(\d{1,2})\s*[º°ªo.]?\s*contato[\s*:–—-]*data\b[\s*:.]*(.*)", re.IGNORECASE)
_NOTES = re.compile(r"[\s*]*obs(?:[.:*]+[\s*:.]*(.*)|\s*)", re.IGNORECASE)
_NOTES_WITHIN = re.compile(r"[\s*]+obs\s*\.?\s*:[\s*:]*", re.IGNORECASE)
_GENERAL = re.compile(r"[\s*#]*obs(?:erva[cç][aãoõ]e?s?)?\.?\s*gera(?:l|is)[\s*:.]*(.*)", re.IGNORECASE)
_HINT = re.compile(
    r"[\s*]*obrigat[oó]ri[oa]\s+justificativa\s+caso\s+selecione\s*[\"“”'‘*]{0,3}outros[\"”'’.*]{0,6}", re.IGNORECASE
)
_RULE = re.compile(r"[\s|:_*\-–—]*")
_DATE_ROOM = 20  # characters: longer text behind "contato Data" is a sentence


@dataclass(slots=True)
class Parts:
    """The form's text cut up; values are still as written. A section that is not there has no key in ``sections``."""

    header: Header
    contacts: list[tuple[int, str, str]] = field(default_factory=list)  # number, date, notes
    sections: dict[str, str] = field(default_factory=dict)  # by JSON key: the text under the section's title
    signers: list[str] = field(default_factory=list)


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


def cut(text: str) -> Parts:
    """Cut a text of either paper layout. Raises InvalidInput where the end is missing, or two forms are in it."""
    lines = [unescape(line) for line in text.split("\n") if not _PAGE.fullmatch(line)]
    start = _start(lines)
    marks = _section_marks(lines, start)
    end_of_contacts = min(marks.values(), default=len(lines))
    blocks = _contact_blocks(lines, start, end_of_contacts)
    top = blocks[0].at if blocks else end_of_contacts
    status = _status_mark(lines, start, top)
    parts = Parts(read_header(lines[start:status]))
    parts.header.strange += [("analyst", line.strip()) for line in lines[: max(start - 1, 0)] if line.strip()]
    if status < top:
        parts.sections["outcome"] = "\n".join(_below(lines[status:top], vocabulary.STATUS_TITLE))
    if not marks and not blocks:
        return parts
    if "sectors" not in marks:
        raise InvalidInput("O formulário está cortado: falta o fim, com o setor responsável; envie o arquivo inteiro.")
    _fill_contacts(parts, lines, blocks, end_of_contacts)
    _fill_sections(parts, lines, marks)
    return parts


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
        if _GENERAL.fullmatch(lines[n]):
            marks["general_notes"] = n
            break
    return marks


def _is_title(lines: Sequence[str], n: int, title: str, options: tuple[str, ...]) -> bool:
    """Whether the title stands here with its options, on its own row or on the next."""
    head, boxes = split_before_box(lines[n])
    if not vocabulary.similar(head, title):
        return False
    below = boxes or _next_text(lines, n + 1)
    return has_options(below, options)


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
    found = _CONTACT.fullmatch(lines[n])
    if not found:
        return None
    number, rest = int(found[1]), found[2].strip(" \t*")
    within = _NOTES_WITHIN.search(" " + rest[: 2 * _DATE_ROOM])
    if within and within.start() <= _DATE_ROOM:
        return _Block(n, number, rest[: within.start()].strip(" \t*"), n + 1, rest[within.end() - 1 :], proven=True)
    rest = "" if is_blank(rest) else rest
    if len(rest) > _DATE_ROOM:
        return None
    below = next((m for m in range(n + 1, end) if lines[m].strip()), end)
    if below < end and (notes := _NOTES.fullmatch(lines[below])):
        return _Block(n, number, rest, below + 1, notes[1] or "", proven=True)
    return _Block(n, number, rest, n + 1, "", proven=False) if not rest or read_date(rest) else None


def _status_mark(lines: Sequence[str], start: int, top: int) -> int:
    """Where the status begins: its title, or its first option where the title is lost; ``top`` where there is none."""
    for n in range(start, top):
        if vocabulary.similar(lines[n], vocabulary.STATUS_TITLE) or is_option_line(lines[n], vocabulary.OUTCOMES):
            return n
    return top


def _fill_contacts(parts: Parts, lines: Sequence[str], blocks: Sequence[_Block], end: int) -> None:
    ends = [block.at for block in blocks[1:]] + [end]
    for block, stop in zip(blocks, ends, strict=True):
        notes = "\n".join([block.inline, *lines[block.line : stop]])
        parts.contacts.append((block.number, block.date, "" if is_blank(notes) else notes))


def _fill_sections(parts: Parts, lines: Sequence[str], marks: dict[str, int]) -> None:
    order = sorted(marks, key=lambda name: marks[name])
    stops = [marks[name] for name in order[1:]] + [len(lines)]
    titles = {name: title for title, name, _ in _BOXES}
    for name, stop in zip(order, stops, strict=True):
        section = lines[marks[name] : stop]
        if inline := _GENERAL.fullmatch(section[0]) if name == "general_notes" else None:
            notes = "\n".join([inline[1], *section[1:]])
            parts.sections[name] = "" if is_blank(notes) else notes
            continue
        body = _below(section, titles[name])
        if name == "actions":
            body, parts.sections["other_justification"] = _justification(body)
        if name == "sectors":
            body, parts.signers = _signers(body)
        parts.sections[name] = "\n".join(body)


def _below(section: Sequence[str], title: str) -> list[str]:
    """The section without its title; boxes on the title's own row stay."""
    head, boxes = split_before_box(section[0])
    return [boxes, *section[1:]] if vocabulary.similar(head, title) else list(section)


def _justification(body: Sequence[str]) -> tuple[list[str], str]:
    """The boxes, and the text below them; the printed "Obs.: obrigatório …" is no text."""
    at = next((n for n, line in enumerate(body) if _NOTES.fullmatch(line) or _HINT.match(line)), len(body))
    below = list(body[at:])
    if below and (label := _NOTES.fullmatch(below[0])):
        below[0] = label[1] or ""
    first = next((n for n, line in enumerate(below) if line.strip()), None)
    if first is not None:
        below[first] = _without_hint(below[first])
    text = "\n".join(below)
    return list(body[:at]), "" if is_blank(text) else text


def _without_hint(line: str) -> str:
    """The line without the printed hint; a misspelt hint goes only if nothing follows it."""
    if _HINT.match(line):
        return _HINT.sub("", line, count=1)
    hint = vocabulary.JUSTIFICATION_HINT
    return "" if vocabulary.similar(line, hint) and len(line.strip(" *")) <= len(hint) + 2 else line


def _signers(body: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options, and the names below the last of them."""
    last = max((n for n, line in enumerate(body) if is_option_line(line, vocabulary.SECTORS)), default=-1)
    names = [name.strip(" *") for line in body[last + 1 :] if not _RULE.fullmatch(line) for name in line.split("\t")]
    return list(body[: last + 1]), [name for name in names if name]


def _next_text(lines: Sequence[str], start: int) -> str:
    """The next line that is more than a table's rule."""
    return next((line for line in lines[start:] if not _RULE.fullmatch(line)), "")
