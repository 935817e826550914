"""Checkboxes in text: ``[x]``, ``☒``, ``( )``, ``<input checked="" …/>``, or bare words where the boxes were lost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from messages.form.vocabulary import folded, likeness, match

_BOX = re.compile(
    r"<input\b(?P<attributes>[^<>]*)/?>"
    r"|\[\s*+(?P<square>[xX✓✔]?)\s*+\]|\(\s*+(?P<round>[xX✓✔]?)\s*+\)"
    r"|(?P<sign>[☐☑☒✓✔✗✘■□▢⬜✅🗹])",
    re.IGNORECASE,
)
_CHECKED = re.compile(r"\bchecked\b", re.IGNORECASE)
_TICKED_SIGNS = "☑☒✓✔✗✘■✅🗹"
_BREAK = re.compile(r"[\t|\n]")
_LONGEST = 1_000  # characters of a whole list on one line
_LONGEST_ROW = 5_000  # the same with its boxes, which a converter writes as long tags
_MOST_WORDS = 12  # of one option, its letters parted by slips
_RULE = re.compile(r"[\s|:\-–—_*]*")


@dataclass(frozen=True, slots=True)
class Ticks:
    """What a run of checkboxes says. ``bare`` are options printed without any box, ``strange`` texts that are none;
    a strange text with a tick is marked so. ``remarks`` are what stands behind the colon of a box's option."""

    ticked: tuple[str, ...]
    unticked: tuple[str, ...]
    bare: tuple[str, ...]
    strange: tuple[tuple[bool, str], ...]
    remarks: tuple[tuple[str, str], ...]

    @property
    def boxed(self) -> tuple[str, ...]:
        return self.ticked + self.unticked

    @property
    def found(self) -> tuple[str, ...]:
        return self.boxed + self.bare


def has_box(text: str) -> bool:
    return _BOX.search(text) is not None


def has_part_of_box(text: str) -> bool:
    """Whether there is a box in the text, be it one that was cut short."""
    return has_box(text) or "<input" in text.lower()


def read_ticks(text: str, options: tuple[str, ...]) -> Ticks:
    """The options of one list found in ``text``. Each box stands before its words."""
    ticked: list[str] = []
    unticked: list[str] = []
    bare: list[str] = []
    strange: list[tuple[bool, str]] = []
    remarks: list[tuple[str, str]] = []
    for mark, piece in _pieces(text):
        # Without a box it is a sentence: "Valores: a tabela está baixa".
        words, remark = _without_remark(piece, options) if mark is not None else (piece, "")
        if remark:
            remarks.append((words, remark))
        for option in _split(words, options):
            if option not in options:
                strange.append((mark is True, option))
            elif mark is None:
                bare.append(option)
            else:
                (ticked if mark else unticked).append(option)
    return Ticks(tuple(ticked), tuple(unticked), tuple(bare), tuple(strange), tuple(remarks))


def is_option_line(line: str, options: tuple[str, ...]) -> bool:
    """Whether the line is made of options of this list and nothing else."""
    if len(line) > _LONGEST_ROW:
        return False
    ticks = read_ticks(line, options)
    return bool(ticks.found) and not ticks.strange


def has_options(line: str, options: tuple[str, ...]) -> bool:
    """Whether the line is a row of this list, even if one of its words is past recognition."""
    if len(line) > _LONGEST_ROW:
        return False
    ticks = read_ticks(line, options)
    return bool(ticks.found) and (not ticks.strange or has_box(line))


def with_whole_options(lines: Sequence[str], options: tuple[str, ...]) -> list[str]:
    """Options that a narrow column broke go on in the next line, which then holds nothing else."""
    whole: list[str] = []
    for line in lines:
        if whole and (joined := _joined(whole[-1], line, options)):
            whole[-1] = joined
        else:
            whole.append(line)
    return whole


def _joined(above: str, line: str, options: tuple[str, ...]) -> str | None:
    """The row above with the ends of its options, if the line holds such ends and nothing else."""
    ends = [cell.strip() for cell in _BREAK.split(line) if cell.strip()]
    if not ends or len(line) > _LONGEST_ROW or has_box(line) or not has_box(above):
        return None
    parts = _boxes_apart(above)
    for n, part in enumerate(parts):
        whole = f"{part.strip()} {ends[0]}" if ends else ""
        option = match(whole, options)
        if option and likeness(whole, option) > likeness(part, option):
            parts[n] = f"{part.rstrip()} {ends.pop(0)}\t"
    return None if ends else "".join(parts)


def _boxes_apart(line: str) -> list[str]:
    """The line cut before and behind each of its boxes."""
    edges = sorted({0, len(line), *(edge for box in _BOX.finditer(line) for edge in box.span())})
    return [line[a:b] for a, b in pairwise(edges)]


def split_before_box(line: str) -> tuple[str, str]:
    """What stands before the first box, and the rest from the box on."""
    box = _BOX.search(line)
    return (line[: box.start()], line[box.start() :]) if box else (line, "")


def _pieces(text: str) -> list[tuple[bool | None, str]]:
    """(ticked, words) in reading order; a box cut off from its words by a tab or a line end still belongs to them."""
    pieces: list[tuple[bool | None, str]] = []
    mark: bool | None = None
    for chunk in _boxes_and_words(text):
        if isinstance(chunk, bool):
            mark = chunk
            continue
        for words in _BREAK.split(chunk):
            words = words.strip(" *")
            if _RULE.fullmatch(words):
                continue
            pieces.append((mark, words.removeprefix("- ")))
            mark = None
    return pieces


def _boxes_and_words(text: str) -> list[bool | str]:
    chunks: list[bool | str] = []
    end = 0
    for box in _BOX.finditer(text):
        chunks += [text[end : box.start()], _is_ticked(box)]
        end = box.end()
    return [*chunks, text[end:]]


def _is_ticked(box: re.Match[str]) -> bool:
    if box["attributes"] is not None:
        return _CHECKED.search(box["attributes"]) is not None
    return bool(box["square"] or box["round"] or (box["sign"] and box["sign"] in _TICKED_SIGNS))


def _without_remark(piece: str, options: tuple[str, ...]) -> tuple[str, str]:
    """The option and the words behind its colon ("Outros: pediu prazo"), or the whole piece and no words."""
    head, _, remark = piece.partition(":")
    option = match(head, options) if remark.strip() else None
    return (option, remark.strip()) if option else (piece, "")


def _split(words: str, options: tuple[str, ...]) -> list[str]:
    """The options that a piece spells one after the other ("SIM  NÃO"), or the piece itself where it spells none."""
    if option := match(words, options):
        return [option]
    if len(words) > _LONGEST:
        return [words]
    by_key = {folded(option): option for option in options}
    found: list[str] = []
    rest = words.split()
    while rest:
        taken = next((n for n in range(min(len(rest), _MOST_WORDS), 0, -1) if folded("".join(rest[:n])) in by_key), 0)
        if not taken:
            return [words]
        found.append(by_key[folded("".join(rest[:taken]))])
        rest = rest[taken:]
    return found
