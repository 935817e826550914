"""What an analyst types of a new case in one line: "SAD169000763629 Dra. Marina Prado 90485/BA 71 98000-0017"."""

import re

from messages.finding import folded
from messages.form import Doubt
from messages.identity import STATES, UFS, check_cro, normalise_phone
from messages.people import title_name, without_treatment

_PROTOCOL = re.compile(r"\bSAD(?:[ .-]*\d){12}\b", re.IGNORECASE)
_UF = "|".join(sorted(UFS))
_CRO = (
    re.compile(rf"\bCRO\s*[-/: ]?\s*(?P<uf>{_UF})\s*[-/: ]?\s*(?P<number>\d[\d.]{{0,6}})\b", re.IGNORECASE),
    re.compile(rf"\b(?:CRO\s*[-/:]?\s*)?(?P<number>\d[\d.]{{0,6}})\s*[-/ ]\s*(?P<uf>{_UF})\b", re.IGNORECASE),
)
_PHONE = re.compile(r"(?<![\w+])\+?\(?\d[\d\s().\-]{7,18}\d\b")
_NOISE = re.compile(
    r"\b(?:protocolo|cro|whatsapp|telefone|celular|tel|fone|dentista|nome)\b\s*:?|[,;|:\n\t]+|\s[-–—]\s", re.IGNORECASE
)


def protocol_in(text: str) -> str | None:
    """The first protocol that stands in a text, as it stands on forms; its digits may be written in groups."""
    found = _PROTOCOL.search(text)
    return _plain(found) if found is not None else None


def as_protocol(text: str) -> str | None:
    """The protocol that a text is, and nothing besides."""
    found = _PROTOCOL.fullmatch(text.strip())
    return _plain(found) if found is not None else None


def _plain(protocol: re.Match[str]) -> str:
    return f"SAD{re.sub(r'[^0-9]', '', protocol[0])}"


def read_line(text: str) -> dict[str, str]:
    """What can be told from it, by field: ``protocol``, ``cro`` ("90485/BA"), ``phone`` (E.164), ``treatment`` and
    ``dentist_name``. What is left after the others is the name; digits that nothing explains leave it out."""
    told: dict[str, str] = {}
    if found := _PROTOCOL.search(text):
        told["protocol"] = _plain(found)
        text = _without(text, found)
    if found := next((match for pattern in _CRO if (match := pattern.search(text))), None):
        told["cro"] = f"{found['number'].replace('.', '')}/{found['uf'].upper()}"
        text = _without(text, found)
    for found in _PHONE.finditer(text):
        if phone := normalise_phone(found[0]):
            told["phone"] = phone
            text = _without(text, found)
            break
    return told | _name(text)


def read_cro(text: str) -> tuple[str, str] | None:
    """Number and UF of the registration that a text names ("90485/BA", "90485 Bahia"); None without its UF. Raises
    InvalidInput for a wrong one."""
    if told := read_line(text).get("cro"):
        return check_cro(*told.split("/"))
    words, number = " ".join(folded(text)), re.search(r"\d[\d.]*", text)
    uf = next((uf for name, uf in STATES.items() if re.search(rf"\b{name}\b", words)), None)
    return check_cro(number[0], uf) if number is not None and uf is not None else None


def read_phone(text: str) -> str | None:
    """The one phone that a text tells, in E.164, whatever else it says; None where it tells none, or several."""
    if whole := normalise_phone(text):
        return whole
    found = {phone for match in _PHONE.finditer(text) if (phone := normalise_phone(match[0]))}
    return found.pop() if len(found) == 1 else None


def uf_of_cro(uf: str) -> Doubt:
    """What is to be looked at where nothing but the registration tells the case's UF."""
    return Doubt("uf", f"A UF do caso foi tomada do CRO ({uf}): confira.")


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} , {text[found.end() :]}"


def _name(text: str) -> dict[str, str]:
    name, treatment = without_treatment(_NOISE.sub(" ", text))
    told: dict[str, str] = {"treatment": treatment.value} if treatment else {}
    name = name.strip(" .-")
    if re.search(r"[^\W\d_]{2}", name) and not re.search(r"\d", name):
        told["dentist_name"] = title_name(name)
    return told
