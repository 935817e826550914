"""The form in Markdown: shown well by any renderer, plain enough to be read as it is, and read back equal.

Free text stands in block quotes and is escaped, so that nothing a dentist wrote can pass for a part of the form.
"""

import re
from collections.abc import Iterator, Sequence

from messages.errors import InvalidInput
from messages.form import vocabulary
from messages.form.header import Header
from messages.form.model import Form
from messages.form.paper import Parts
from messages.form.printed import header_value, printed_blocks, rows_of_three
from messages.form.text import escape, unescape
from messages.form.values import show_date
from messages.form.vocabulary import HEADER_ROWS, Label

_HEADING = re.compile(r"## (.+)")
_CONTACT = re.compile(r"(\d+)º contato Data (.*)")
_PIPE = re.compile(r"(?<!\\)\|")
_BLANK_DATE = "_____"
_SIGNERS_TITLE = "Supervisores"
_SECTIONS = {
    vocabulary.STATUS_TITLE: "outcome",
    vocabulary.ACTIONS_TITLE: "actions",
    vocabulary.REASONS_TITLE: "reasons",
    vocabulary.PROTOCOL_TITLE: "protocol_required",
    vocabulary.GENERAL_TITLE: "general_notes",
    vocabulary.SECTORS_TITLE: "sectors",
}


def to_markdown(form: Form, *, note: str = "") -> str:
    """The whole form, empty fields and all. ``read_form`` gives an equal form back. ``note`` (a revision, say) stands
    under the title."""
    return "\n".join(_lines(form, note))


def is_ours(text: str) -> bool:
    """Whether the text is a form that :func:`to_markdown` printed: on paper no header stands between pipes."""
    return any(line.startswith("|") and vocabulary.key(_cells(line)[0]) == "colaborador" for line in text.split("\n"))


def cut(text: str) -> Parts:
    """Cut our Markdown into the parts of a form. Only quoted lines are free text, whatever they say.

    Raises InvalidInput where the form's end is missing.
    """
    parts = Parts(Header())
    sections = _sections([line.rstrip() for line in text.split("\n")])
    _read_tables(next(sections)[1], parts.header)
    ended = False
    for title, body in sections:
        if contact := _CONTACT.fullmatch(title):
            parts.contacts.append((int(contact[1]), contact[2], _quoted(body)))
        elif title == _SIGNERS_TITLE:
            ended = True
            parts.signers = [unescape(line[2:]) for line in body if line.startswith("- ")]
        elif name := _SECTIONS.get(title):
            boxes = [line for line in body if line.startswith(("|", "- ", "["))]
            parts.sections[name] = _quoted(body) if name == "general_notes" else "\n".join(boxes)
            if name == "actions":
                parts.sections["other_justification"] = _quoted(body)
    if not ended:
        raise InvalidInput("O formulário está cortado: faltam os supervisores, no fim; envie o arquivo inteiro.")
    return parts


def _lines(form: Form, note: str) -> Iterator[str]:
    yield f"# {vocabulary.TITLE}"
    yield ""
    if note:
        yield from (f"*{note}*", "")
    for labels in HEADER_ROWS:
        yield from _header_table(form, labels)
    yield from _section(vocabulary.STATUS_TITLE)
    yield from (f"- {_box(option == form.outcome)} {option}" for option in vocabulary.OUTCOMES)
    yield ""
    for block in printed_blocks(form):
        yield from _section(f"{block.number}º contato Data {show_date(block.date) if block.date else _BLANK_DATE}")
        yield "**Obs.:**"
        yield ""
        yield from _quote(block.notes)
    yield from _section(vocabulary.ACTIONS_TITLE)
    yield from _grid(vocabulary.ACTIONS, form.actions)
    yield f"**Obs.:** *{vocabulary.JUSTIFICATION_HINT}*"
    yield ""
    yield from _quote(form.other_justification)
    yield from _section(vocabulary.REASONS_TITLE)
    yield from _grid(vocabulary.REASONS, form.reasons)
    yield from _section(vocabulary.PROTOCOL_TITLE)
    yield _yes_no(form.protocol_required)
    yield ""
    yield from _section(vocabulary.GENERAL_TITLE)
    yield from _quote(form.general_notes)
    yield from _section(vocabulary.SECTORS_TITLE)
    yield "  ".join(f"{_box(sector in form.sectors)} {sector}" for sector in vocabulary.SECTORS)
    yield ""
    yield from _section(_SIGNERS_TITLE)
    yield from (f"- {escape(name)}" for name in form.signers)
    yield ""


def _section(title: str) -> tuple[str, str]:
    return f"## {title}", ""


def _header_table(form: Form, labels: Sequence[Label]) -> Iterator[str]:
    printed = [
        _yes_no(form.other_plans) if label.field == "other_plans" else header_value(form, label.field)
        for label in labels
    ]
    yield _row(label.printed for label in labels)
    yield _row("---" for _ in labels)
    yield _row(escape(value).replace("|", "\\|") for value in printed)
    yield ""


def _grid(options: Sequence[str], chosen: Sequence[str]) -> Iterator[str]:
    yield "|   |   |   |"
    yield _row(("---", "---", "---"))
    for three in rows_of_three(options):
        yield _row(f"{_box(option in chosen)} {option}" if option else "" for option in three)
    yield ""


def _row(cells: Iterator[str] | Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _box(ticked: bool) -> str:
    return "[x]" if ticked else "[ ]"


def _yes_no(answer: bool | None) -> str:
    return f"{_box(answer is True)} SIM  {_box(answer is False)} NÃO"


def _quote(text: str | None) -> Iterator[str]:
    """The text as a block quote; a backslash at a line's end keeps the line break when rendered."""
    if not text:
        return
    lines = text.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        yield f"> {escape(line)}{chr(92) if line and following else ''}".rstrip()
    yield ""


def _quoted(body: Sequence[str]) -> str:
    lines = (line[1:].removeprefix(" ") for line in body if line.startswith(">"))
    return "\n".join(unescape(_without_break(line)) for line in lines)


def _without_break(line: str) -> str:
    backslashes = len(line) - len(line.rstrip("\\"))
    return line[:-1] if backslashes % 2 else line


def _sections(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Title and body of each section; the first has no title and holds the header's tables."""
    title, body = "", list[str]()
    for line in lines:
        if heading := _HEADING.fullmatch(line):
            yield title, body
            title, body = heading[1], []
        else:
            body.append(line)
    yield title, body


def _read_tables(lines: Sequence[str], header: Header) -> None:
    """Each table of the header: a row of labels, a rule, a row of values."""
    rows = [_cells(line) for line in lines if line.startswith("|")]
    for labels, _, cells in zip(rows[::3], rows[1::3], rows[2::3], strict=False):
        for row in HEADER_ROWS:
            by_key = {vocabulary.key(label.printed): label.field for label in row}
            fields = [by_key.get(vocabulary.key(label)) for label in labels]
            if all(fields):
                header.labels.update(name for name in fields if name)
                header.values.update({name: cell for name, cell in zip(fields, cells, strict=False) if name})


def _cells(line: str) -> list[str]:
    return [unescape(cell.strip()) for cell in _PIPE.split(line)[1:-1]] or [""]
