"""Phrases as people say them, written shortly and looked for in plain words (`messages.words`).

``(a|b c)`` one or the other · ``{name}`` the words under ``[=name]``, within such brackets · ``stem*`` any ending ·
``[a|b]`` may be missing · ``#`` a number · ``..`` up to four words between, of the same clause · ``,`` ``.`` ``?`` the
punctuation itself · ``^`` the beginning and ``$`` the end of a clause · ``^^`` the beginning and ``$$`` the end of all
that is looked at.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_PIECES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\S+")
_CLASS = re.compile(r"\{([a-z_]+)\}")
_MARKS = {
    "..": r"(?:[a-z0-9@][^ ]* ){0,4}?",
    "#": r"[0-9][^ ]* ",
    "^^": r"(?<=^ )",
    "^": r"(?:(?<=^ )|(?<= [.?,] ))",
    "$": r"(?=$|[.?,] )",
    "$$": r"$",
}


class Phrases:
    """A list of phrases, found in one pass."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._pattern = re.compile(rf"(?<= )(?:{'|'.join(_pattern(phrase) for phrase in phrases)})")

    def find(self, plain: str) -> list[tuple[int, int]]:
        """Where they stand in ``plain``, without the space after; none overlaps another."""
        return [(found.start(), found.end() - 1) for found in self._pattern.finditer(plain)]

    def first(self, plain: str) -> tuple[int, int] | None:
        found = self._pattern.search(plain)
        return (found.start(), found.end() - 1) if found else None

    def within(self, plain: str) -> bool:
        return self._pattern.search(plain) is not None


def struck(plain: str, places: Iterable[tuple[int, int]]) -> str:
    """Some words made unreadable, place for place."""
    for start, end in places:
        plain = plain[:start] + "-" * (end - start) + plain[end:]
    return plain


def _pattern(phrase: str) -> str:
    return "".join(_piece(piece) for piece in _PIECES.findall(phrase))


def _piece(piece: str) -> str:
    if piece[0] == "[":
        return f"{_either(piece[1:-1])}?"
    return _either(piece[1:-1] if piece[0] == "(" else piece)


def _either(piece: str) -> str:
    return f"(?:{'|'.join(_words(words) for words in piece.split('|'))})"


def _words(words: str) -> str:
    """With the space after them."""
    if words in _MARKS:
        return _MARKS[words]
    return re.escape(words).replace(r"\ ", " ").replace(r"\*", "[a-z0-9']*") + " "


@cache
def lexicon(package: str, name: str) -> Mapping[str, Phrases]:
    """The phrases of a packaged list, by the heading in square brackets above them."""
    found = sections(package, name)
    classes = {heading[1:]: "|".join(lines) for heading, lines in found.items() if heading.startswith("=")}
    return {
        heading: Phrases(_CLASS.sub(lambda named: classes[named[1]], phrase) for phrase in phrases)
        for heading, phrases in found.items()
        if not heading.startswith("=")
    }


def sections(package: str, name: str) -> Mapping[str, list[str]]:
    """The lines of a packaged list, by the heading in square brackets above them, without remarks."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in files(package).joinpath(name).read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and line.count("[") == 1:
            current = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            current.append(line)
    return found
