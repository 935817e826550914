"""One written value of the form → one typed value. None is "cannot be read": the caller keeps the raw text."""

import re
from datetime import date
from decimal import Decimal

from messages import identity
from messages.form.model import two_decimals
from messages.form.vocabulary import key

_DATE = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_COUNT = re.compile(r"\d{1,3}(?:\.\d{3})+|\d{1,9}", re.ASCII)
_AMOUNT = re.compile(r"(?:R\s*\$)?\s*(\d[\d.]{0,19}(?:,\d{1,6})?)", re.ASCII)
_DAYS = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d{1,6})\s*(?:dia\s*\(?s?\)?)?", re.ASCII | re.IGNORECASE)
_COUNCIL = re.compile(r"(?:CRO)?(?:[A-Z]{2}){0,2}")
_BLANK = re.compile(r"[\s_\-–—./]*")
_PERSON_TYPES = {"f": "F", "pf": "F", "fisica": "F", "j": "J", "pj": "J", "juridica": "J"}

# A phone as people write it in a note: area code, then 4–5 and 4 digits; the hyphen or the brackets may be missing.
# Behind it stand no minutes and, behind a slash, no year or branch: there only another phone may follow.
_DASH = r"\-‐‑–—"  # the keyboard's, and what telephones and word processors make of it
_PHONE = re.compile(
    r"(?<!\w)(?<!\d[/.,:\-])"
    rf"(?:\+?55[ .{_DASH}]?)?\(?0?(?P<area>[1-9]\d)\)?[ .{_DASH}]{{0,3}}"
    rf"(?!(?:19|20)\d\d ?[{_DASH}] ?20\d\d)"
    rf"(?P<head>9[ .]?\d{{4}}|\d{{4}})(?:(?P<tight>[{_DASH}])|(?P<apart> ?[{_DASH}] ?)|[ .]?)(?P<tail>\d{{4}})"
    rf"(?!\w|:\d|[.,\-]\d|/\d{{1,4}}(?!\d|[ {_DASH}]{{0,3}}9?[ .]?\d{{4}}))",
    re.ASCII,
)
_CLAUSE_END = re.compile(r"[,;.\n]\s")
_OUTREACH = re.compile(
    r"whats|zap|wpp|\btelef|\bfone|\btel\b|\bcel|contat|\blig[aou]|\bn[uú]mero|\bn[º°]", re.IGNORECASE
)
_DOCUMENT = re.compile(r"protocolo|\bcpf\b|cnpj|\bcro\b|r\$|\bguia", re.IGNORECASE)
_OUR_LINE = re.compile(r"suporte|central|0800", re.IGNORECASE)
_CONTEXT = 45  # characters before a number that tell whose it is


def is_blank(text: str) -> bool:
    """Whether nothing is written there: ``-``, ``_____``, spaces."""
    return _BLANK.fullmatch(text) is not None


def is_no_production(text: str) -> bool:
    """``sem guias``: the dentist never produced, which is an answer and no gap."""
    return key(text).startswith(("semguia", "semproducao"))


def read_date(text: str) -> date | None:
    """dd/mm/aaaa (also with dots, or a year of two digits), or ISO."""
    text = text.strip()
    if match := _DATE.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
        year += 2000 if len(match[3]) == 2 else 0
    elif match := _ISO_DATE.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_count(text: str) -> int | None:
    """A whole number, thousands dotted: ``53.145``."""
    return int(text.replace(".", "")) if _COUNT.fullmatch(text.strip()) else None


def read_days(text: str) -> int | None:
    """``52 dia(s)``."""
    match = _DAYS.fullmatch(text.strip())
    return int(match[1].replace(".", "")) if match else None


def read_amount(text: str) -> Decimal | None:
    """Reais, ``R$ 3.591,50`` or ``0,35``. A dot followed by other than three digits is taken for the decimal comma."""
    match = _AMOUNT.fullmatch(text.strip())
    if not match:
        return None
    digits = match[1]
    if "," in digits:
        whole, _, cents = digits.partition(",")
        return Decimal(f"{whole.replace('.', '')}.{cents}") if _COUNT.fullmatch(whole) or whole.isdigit() else None
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", digits, re.ASCII):
        digits = digits.replace(".", "")
    return Decimal(digits) if re.fullmatch(r"\d+(?:\.\d+)?", digits, re.ASCII) else None


def read_person_type(text: str) -> str | None:
    """F (pessoa física) or J (jurídica)."""
    return _PERSON_TYPES.get(key(text).removeprefix("pessoa"))


def read_cpf(text: str) -> str | None:
    """Its digits, right or wrong: whether they check is a matter of doubt, not of reading."""
    digits = re.sub(r"[\s.\-/]", "", text)
    return digits if re.fullmatch(r"\d{1,14}", digits, re.ASCII) else None


def read_cnpj(text: str) -> str | None:
    """Its digits and capital letters, right or wrong."""
    number = re.sub(r"[\s.\-/]", "", text).upper()
    return number if re.fullmatch(r"(?=.*\d)[0-9A-Z]{1,18}", number) else None


def read_cro(text: str) -> str | None:
    """The number without dots or council: ``CRO-BA 90.485`` is 90485."""
    match = re.fullmatch(r"([A-Z\s./\-]*)(\d[\d.]*)", text.strip().upper(), re.ASCII)
    words = re.findall(r"[A-Z]+", match[1]) if match else []
    return match[2].replace(".", "") if match and all(map(_COUNCIL.fullmatch, words)) else None


def read_protocol(text: str) -> str | None:
    """Upper case, without spaces."""
    number = re.sub(r"\s", "", text).upper()
    return number if re.fullmatch(r"(?=.*\d)[0-9A-Z./\-]{1,32}", number) else None


def read_uf(text: str) -> str | None:
    """Two letters, known or not."""
    uf = text.strip().upper()
    return uf if re.fullmatch(r"[A-Z]{2}", uf) else None


def show_date(day: date) -> str:
    """dd/mm/aaaa."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def show_count(count: int) -> str:
    """Thousands dotted: ``53.145``."""
    return f"{count:,}".replace(",", ".")


def show_amount(amount: Decimal) -> str:
    """At least two decimals, in Brazilian spelling: ``3.591,50``."""
    whole, _, cents = format(two_decimals(amount), "f").partition(".")
    return f"{show_count(int(whole))},{cents}"


def find_phone(notes: str) -> str | None:
    """The first phone that running text names as the dentist's, in E.164.

    It stands after a word of outreach, or is at least written as a phone is; numbers of the support line, protocols,
    documents, dates, times and money are none.
    """
    for match in _PHONE.finditer(notes):
        before = notes[max(0, match.start() - _CONTEXT) : match.start()]
        if _OUR_LINE.search(_CLAUSE_END.split(before)[-1]):
            continue
        outreach, document = _last(_OUTREACH, before), _last(_DOCUMENT, before)
        if document > outreach or (outreach < 0 and not _is_written_as_phone(match)):
            continue
        if phone := identity.normalise_phone(match["area"] + match["head"] + match["tail"]):
            return phone
    return None


def _is_written_as_phone(found: re.Match[str]) -> bool:
    """Its halves are joined by a hyphen. Apart, "11 3000 - 4000" may be two figures: there a ninth digit must tell."""
    if found["tight"]:
        return found["head"][0] in "3456789"
    return found["apart"] is not None and len(found["head"]) > 4


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((found.end() for found in pattern.finditer(text)), default=-1)
