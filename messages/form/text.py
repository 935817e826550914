"""What any text meets on its way into and out of the form: invisible characters, spaces, Markdown's backslashes."""

import re
import unicodedata
from collections.abc import Iterator

# Marks of direction and joins that a phone leaves in copied text; the joiner of emoji (U+200D) is part of its sign.
_INVISIBLE = dict.fromkeys([0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xAD])
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_NO_TEXT = ("Cc", "Cs")
_MOST_MARKS = 30  # on one letter: what Unicode's own "stream-safe" format allows
_SPACES = re.compile(r"[^\S\n\t]")
_BLANK_LINES = re.compile(r"\n{3,}")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SPECIAL = re.compile(
    r"[\\`*_<]"  # anywhere
    r"|~(?=~)|&(?=#?\w+;)"  # would strike through, would be an entity
    r"|\](?=[(\[:])"  # would make a link of a stamp in brackets
    r"|^>|^[#+\-=](?=[#+\-=\s]|$)",  # would begin a quote, a heading, a list, a rule
)


def plain(text: str) -> str:
    """Composed accents, ``\\n`` line ends, ordinary spaces, no invisible or control characters. Tabs stay."""
    text = _SPACES.sub(" ", _LINE_ENDS.sub("\n", text.translate(_INVISIBLE)))
    return unicodedata.normalize("NFC", "".join(_characters(text)))


def _characters(text: str) -> Iterator[str]:
    """Those that are text. No language heaps up marks on a letter; to compose a heap takes its length squared."""
    marks = 0
    for c in text:
        kind = unicodedata.category(c)
        marks = marks + 1 if kind[0] == "M" else 0
        if marks <= _MOST_MARKS and (c in "\n\t" or kind not in _NO_TEXT):
            yield c


def tidy(text: str | None) -> str | None:
    """Running text as the form keeps it: lines as written, without spaces at their ends, at most one blank line between
    paragraphs, none around them; tabs are spaces. Empty is None."""
    if text is None:
        return None
    lines = (line.strip() for line in plain(text).replace("\t", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") or None


def tidy_line(text: str | None) -> str | None:
    """A value of one line: inner spaces and line ends become single spaces. Empty is None."""
    return None if text is None else " ".join(plain(text).split()) or None


def unescape(text: str) -> str:
    """Markdown's backslashes away: ``R\\$`` is R$."""
    return _ESCAPED.sub(r"\1", text)


def escape(line: str) -> str:
    """One line that a Markdown renderer shows as it stands, and that :func:`unescape` gives back."""
    return _SPECIAL.sub(lambda found: "\\" + found[0], line)
