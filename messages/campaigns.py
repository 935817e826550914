"""Campaigns: whom one may be for, how far it has come, and why a case is left out."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from messages.people import city_title
from messages.stages import Stage


class CampaignStatus(StrEnum):
    FILLING = "filling"  # the cases are being judged
    READY = "ready"  # for a person to look at
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


STAGES = (Stage.UNTOUCHED, Stage.ADDRESSED, Stage.TALKED)  # whom one may write to unasked
DAYS = (2, 5, 10, 20)  # working days without a touch, as offered

OPTED_OUT = "pediu para não receber mensagens"
RULE = "orientação da supervisão"
WAITING = "há resposta do dentista por tratar"
PROMISED = "há retorno marcado"
IN_HAND = "há mensagem a caminho, em dúvida ou em rascunho"
UNREACHABLE = "sem WhatsApp cadastrado"
JUST_TOUCHED = "contato há menos de um dia"
SAME_NUMBER = "o mesmo número já está na campanha"
ELSEWHERE = "já espera em outra campanha"
UNFIT = "o modelo não serve: é de primeiro contato, ou o caso ainda não teve um"
INCOMPLETE = "falta um dado que o modelo usa"
ORPHANED = "sem responsável ativo"
ENDED = "o caso foi encerrado"
HALTED = "a campanha parou antes"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open cases; what is None does not matter. ``days``: working days without a touch, at least."""

    city: str | None = None
    uf: str | None = None
    reason: str | None = None
    stage: Stage | None = None
    days: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        stage = told.get("stage")
        names = ("city", "uf", "reason", "days")
        return cls(**{name: told.get(name) for name in names}, stage=Stage(stage) if stage else None)

    def told(self) -> str:
        """“Salvador/BA · Valores · aguardando o dentista · parados há 5 dias úteis”, or “todos os casos”."""
        place = f"{city_title(self.city)}/{self.uf}" if self.city else self.uf
        still = f"sem contato há {self.days} dias úteis" if self.days else None
        return " · ".join(part for part in (place, self.reason, self.stage, still) if part) or "todos os casos abertos"
