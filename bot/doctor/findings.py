"""What a check tells: how it stands, what was found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    OK = "ok"
    WARNS = "warns"  # it works, or could not be told; somebody should look
    FAILS = "fails"


LEVELS = {Level.OK: "ok", Level.WARNS: "atenção", Level.FAILS: "falha"}
SUBJECTS = {
    "settings": "Configuração",
    "database": "Banco de dados",
    "disk": "Disco",
    "polling": "Telegram, busca",
    "sending": "Envios",
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "webhook": "Webhook",
    "clock": "Relógio",
    "zone": "Fuso horário",
    "printing": "Impressão",
    "team": "Equipe",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``found`` says in Portuguese how it is; ``remedy`` is a sentence, empty where nothing is to be done; ``check`` is
    a key of ``SUBJECTS``, by which scripts know it."""

    level: Level
    found: str
    remedy: str = ""
    check: str = ""

    def line(self) -> str:
        return f"{LEVELS[self.level]:<8} {SUBJECTS[self.check]}: {self.found}. {self.remedy}".rstrip()

    def as_json(self) -> dict[str, Any]:
        return {"check": self.check, "level": self.level.value, "found": self.found, "remedy": self.remedy or None}


def ok(found: str) -> Finding:
    return Finding(Level.OK, found)


def warns(found: str, remedy: str = "") -> Finding:
    return Finding(Level.WARNS, found, remedy)


def fails(found: str, remedy: str) -> Finding:
    return Finding(Level.FAILS, found, remedy)


def printable(told: object) -> str:
    """What somebody else's server said, on one line and without what a terminal would act on."""
    text = "".join(c if c.isprintable() else " " for c in str(told))
    return " ".join(text.split())[:300]
