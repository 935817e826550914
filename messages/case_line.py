"""What an analyst types of a new case in one line: "SAD169000763629 Dra. Marina Prado 90485/BA 71 98000-0017"."""

import re

from messages.form import Doubt
from messages.identity import UFS, check_cro, normalise_phone
from messages.people import title_name, without_treatment

PROTOCOL = re.compile(r"\bSAD\s*(\d{12})\b", re.IGNORECASE)
_UF = "|".join(sorted(UFS))
_CRO = (
    re.compile(rf"\bCRO\s*[-/: ]?\s*(?P<uf>{_UF})\s*[-/: ]?\s*(?P<number>\d[\d.]{{0,6}})\b", re.IGNORECASE),
    re.compile(rf"\b(?:CRO\s*[-/:]?\s*)?(?P<number>\d[\d.]{{0,6}})\s*[-/ ]\s*(?P<uf>{_UF})\b", re.IGNORECASE),
)
_PHONE = re.compile(r"(?<![\w+])\+?\(?\d[\d\s().\-]{7,18}\d\b")
_NOISE = re.compile(
    r"\b(?:protocolo|cro|whatsapp|telefone|celular|tel|fone|dentista|nome)\b\s*:?|[,;|:\n\t]+|\s[-–—]\s", re.IGNORECASE
)


def read_line(text: str) -> dict[str, str]:
    """What can be told from it, by field: ``protocol``, ``cro`` ("90485/BA"), ``phone`` (E.164), ``treatment`` and
    ``dentist_name``. What is left after the others is the name; digits that nothing explains leave it out."""
    told: dict[str, str] = {}
    if found := PROTOCOL.search(text):
        told["protocol"] = f"SAD{found[1]}"
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
    """Number and UF of the registration that a text names; None without its UF. Raises InvalidInput for a wrong one."""
    told = read_line(text).get("cro")
    return check_cro(*told.split("/")) if told is not None else None


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
