"""Identity numbers of Brazil: CPF, CNPJ, CRO and phones, checked, brought to one spelling, masked where less will do.

The ``check_*`` functions return the canonical spelling and raise :class:`InvalidInput` with a sentence for the analyst.
Sources: CPF/CNPJ modulo 11 (alphanumeric CNPJ: Nota Técnica COCAD/SUARA/RFB 49/2024); phones: Anatel's area codes and
the ninth digit, which WhatsApp's ids may lack.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from stdnum.br import cnpj as _cnpj
from stdnum.br import cpf as _cpf

from messages.errors import InvalidInput

# fmt: off
UFS = frozenset((
    "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA",
    "PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO",
))
STATES = {  # by name, without accents, but "para", which is a preposition; the longer of two that begin alike first
    "acre": "AC", "alagoas": "AL", "amapa": "AP", "amazonas": "AM", "bahia": "BA", "ceara": "CE",
    "distrito federal": "DF", "espirito santo": "ES", "goias": "GO", "maranhao": "MA", "mato grosso do sul": "MS",
    "mato grosso": "MT", "minas gerais": "MG", "minas": "MG", "paraiba": "PB", "parana": "PR",
    "pernambuco": "PE", "piaui": "PI", "rio de janeiro": "RJ", "rio grande do norte": "RN", "rio grande do sul": "RS",
    "rondonia": "RO", "roraima": "RR", "santa catarina": "SC", "sao paulo": "SP", "sergipe": "SE", "tocantins": "TO",
}
DDDS = frozenset((
    "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "22", "24", "27", "28", "31", "32", "33", "34", "35",
    "37", "38", "41", "42", "43", "44", "45", "46", "47", "48", "49", "51", "53", "54", "55", "61", "62", "63", "64",
    "65", "66", "67", "68", "69", "71", "73", "74", "75", "77", "79", "81", "82", "83", "84", "85", "86", "87", "88",
    "89", "91", "92", "93", "94", "95", "96", "97", "98", "99",
))
# fmt: on

KNOWN_PHONES = 4096  # a reply asks for its number's spellings several times, and a dentist writes several replies
_SEPARATORS = re.compile(r"[\s./\-–—]")
_CRO_PREFIX = re.compile(r"(?:CRO)?(?:CD)?(?:[A-Z]{2})?(?:CD)?")
_PHONE_CHARACTERS = re.compile(r"[\d+()\s.\-–—/]*", re.ASCII)


def check_cpf(text: str, *, from_spreadsheet: bool = False) -> str:
    """The 11 digits. ``from_spreadsheet``: up to two leading zeros may be lost and are put back, check digits agreeing;
    elsewhere a short number has lost its end as easily, and one in eleven of those would check."""
    digits = _SEPARATORS.sub("", text)
    if from_spreadsheet and 9 <= len(digits) < 11 and _is_digits(digits):
        digits = digits.zfill(11)
    if len(digits) != 11 or not _is_digits(digits):
        raise InvalidInput("O CPF deve ter 11 dígitos: confira o número.")
    if len(set(digits)) == 1 or not _cpf.is_valid(digits):
        raise InvalidInput("O CPF não confere com seus dígitos verificadores: confira o número.")
    return digits


def check_cnpj(text: str, *, from_spreadsheet: bool = False) -> str:
    """The 14 characters, upper case; the first twelve may be letters. ``from_spreadsheet`` as for the CPF."""
    number = _SEPARATORS.sub("", text).upper()
    if from_spreadsheet and 12 <= len(number) < 14 and _is_digits(number):
        number = number.zfill(14)
    if not re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", number):
        raise InvalidInput("O CNPJ deve ter 14 caracteres, os dois últimos dígitos: confira o número.")
    if len(set(number)) == 1 or not _cnpj.is_valid(number):
        raise InvalidInput("O CNPJ não confere com seus dígitos verificadores: confira o número.")
    return number


def check_uf(text: str) -> str:
    """Two upper-case letters of one of the 27 federative units."""
    uf = text.strip().upper()
    if uf not in UFS:
        raise InvalidInput("A UF deve ser uma das 27 siglas, como BA ou SP: confira.")
    return uf


def check_cro(cro: str, uf: str) -> tuple[str, str]:
    """``(number, uf)``. A registration identifies only with its UF; ``CRO-BA 90.485`` is read as 90485."""
    number = _SEPARATORS.sub("", cro).upper()
    number = number[_CRO_PREFIX.match(number).end() :]  # type: ignore[union-attr]  # the pattern matches the empty string
    if not re.fullmatch(r"[0-9]{1,6}", number) or not number.strip("0"):
        raise InvalidInput("O CRO deve ter de 1 a 6 dígitos: confira o número.")
    return number, check_uf(uf)


@lru_cache(maxsize=KNOWN_PHONES)
def normalise_phone(text: str, default_ddd: str | None = None) -> str | None:
    """E.164 of the one phone that ``text`` holds, or None.

    Brazilian numbers of eight digits starting 6–9 get the ninth digit; landlines stay as they are. A number without an
    area code needs ``default_ddd``. Numbers of other countries need their ``+`` and are judged by libphonenumber.
    """
    plain = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
    if not _PHONE_CHARACTERS.fullmatch(plain):
        return None
    digits = re.sub(r"\D", "", plain)
    if plain.startswith(("+", "00")):
        digits = digits.removeprefix("00") if plain.startswith("00") else digits
        return _brazilian(digits[2:]) if digits.startswith("55") else _foreign(digits)
    if digits.startswith("0"):  # trunk prefix, possibly with the carrier's code: 0 71 … or 0 15 71 …
        digits = digits[3:] if len(digits) in (13, 14) else digits[1:]
    if len(digits) in (12, 13) and digits.startswith("55"):
        digits = digits[2:]
    if len(digits) in (8, 9) and default_ddd is not None:
        digits = default_ddd + digits
    return _brazilian(digits)


@lru_cache(maxsize=KNOWN_PHONES)
def phone_aliases(e164: str) -> tuple[str, ...]:
    """The canonical number, and the spelling without the ninth digit under which WhatsApp may know it."""
    if re.fullmatch(r"\+55\d{2}9[6-9]\d{7}", e164, re.ASCII):
        return e164, e164[:5] + e164[6:]
    return (e164,)


def show_phone(e164: str) -> str:
    """As people write it: ``71 98000-0017``; numbers of other countries with their code."""
    if match := re.fullmatch(r"\+55(\d{2})(\d{4,5})(\d{4})", e164, re.ASCII):
        return f"{match[1]} {match[2]}-{match[3]}"
    try:
        parsed = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def mask_phone(e164: str) -> str:
    """Area code and last four digits: ``71 •••••-0017``."""
    if match := re.fullmatch(r"\+55(\d{2})\d{4,5}(\d{4})", e164, re.ASCII):
        return f"{match[1]} •••••-{match[2]}"
    return "•••••" + e164[-4:] if re.fullmatch(r"\+\d{8,15}", e164, re.ASCII) else "•••••"


def show_cpf(cpf: str) -> str:
    """As people write it: ``215.736.819-11``."""
    return str(_cpf.format(cpf))


def show_cnpj(cnpj: str) -> str:
    """As people write it: ``94.580.730/0001-52``."""
    return str(_cnpj.format(cnpj))


def mask_cpf(cpf: str) -> str:
    """The middle six digits, as public bodies show it: ``***.736.819-**``."""
    return f"***.{cpf[3:6]}.{cpf[6:9]}-**" if len(cpf) == 11 else "***.***.***-**"


def mask_cnpj(cnpj: str) -> str:
    """The first two characters and the check digits: ``94.***.***/****-52``."""
    return f"{cnpj[:2]}.***.***/****-{cnpj[12:]}" if len(cnpj) == 14 else "**.***.***/****-**"


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _brazilian(national: str) -> str | None:
    ddd, number = national[:2], national[2:]
    if ddd not in DDDS:
        return None
    if re.fullmatch(r"[6-9]\d{7}", number):
        number = "9" + number
    if not re.fullmatch(r"9\d{8}|[2-5]\d{7}", number):
        return None
    return f"+55{ddd}{number}"


def _foreign(digits: str) -> str | None:
    try:
        parsed = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return None
    return f"+{digits}" if phonenumbers.is_valid_number(parsed) else None
