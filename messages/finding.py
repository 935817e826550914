"""What somebody who types a few words is looking for: a protocol, a registration, a phone, a name, or what was said."""

import re
from dataclasses import dataclass

from unidecode import unidecode

from messages.identity import UFS, normalise_phone, phone_aliases

MOST_WORDS, LONGEST_WORD = 8, 40
_PROTOCOL = re.compile(r"(?:SAD)?\s*(\d{4,12})", re.IGNORECASE)
_CRO = re.compile(r"(?:CRO)?[\s/-]*([A-Z]{2})?[\s/-]*(\d{1,6})[\s/-]*([A-Z]{2})?")
_PHONE = re.compile(r"[\d\s()+.-]{8,24}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything that a text may stand for; short numbers may be several things."""

    protocol_end: str | None  # its last digits, at least four
    cro: tuple[str, str | None] | None  # number and, where given, the UF
    phones: tuple[str, ...]  # the spellings of a whole number, in E.164
    phone_end: str | None  # the digits of one without its area code
    words: tuple[str, ...]  # without accents, lower case


def wanted(text: str) -> Wanted:
    """Read a search; nothing in it is refused."""
    plain = " ".join(unidecode(text).upper().split())
    protocol, digits = _PROTOCOL.fullmatch(plain), re.sub(r"\D", "", plain)
    phone = normalise_phone(text) if _PHONE.fullmatch(plain) else None
    local = phone is None and _PHONE.fullmatch(plain) is not None and len(digits) in (8, 9)
    return Wanted(
        protocol[1] if protocol else None,
        _cro(plain),
        phone_aliases(phone) if phone else (),
        digits if local else None,
        folded(text)[:MOST_WORDS],
    )


def _cro(plain: str) -> tuple[str, str | None] | None:
    found = _CRO.fullmatch(plain.replace(".", ""))
    if found is None:
        return None
    before, number, after = found.groups()
    uf = before or after
    return (number, uf) if uf is None or uf in UFS else None


def folded(text: str) -> tuple[str, ...]:
    """The words of a text as the search's indexes keep them: letters and digits, no accents, lower case."""
    return tuple(word[:LONGEST_WORD] for word in re.findall(r"[a-z0-9]+", unidecode(text).lower()))


def excerpt(text: str, words: tuple[str, ...], limit: int) -> str:
    """The part of a text, on one line, in which the first of the words stands; from its beginning where none does."""
    line = " ".join(text.split())
    hit = next((m.start() for m in re.finditer(r"\w+", line) if unidecode(m[0]).lower().startswith(words)), 0)
    start = max(0, hit - limit // 3) if len(line) > limit else 0
    end = start + limit
    return ("…" if start else "") + line[start:end].strip() + ("…" if end < len(line) else "")
