"""Campaigns: whom one may be for, how far it has come, and why a case is left out."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from messages.people import city_title
from messages.places import NO_UF, Place
from messages.stages import Stage
from messages.statuses import MessageStatus


class CampaignStatus(StrEnum):
    FILLING = "filling"  # the cases are being judged
    READY = "ready"  # for a person to look at
    SCHEDULED = "scheduled"  # approved, and begins at a moment that was chosen
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
HALTED_CASE = "cadência parada no caso: alguém confirmou que o dentista sai, ou a parou à mão"
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
TAKEN_OUT = "tirado à mão"


class Group(StrEnum):
    """Of a campaign's cases, those that are told together. Who has answered is in another one besides."""

    WAITING = "waiting"  # to be written to
    LEAVING = "leaving"  # in the outbox
    SENT = "sent"  # nothing is known of it since
    RECEIVED = "received"
    ANSWERED = "answered"
    FAILED = "failed"
    DOUBTFUL = "doubtful"
    HELD = "held"  # taken back, or held back as it was to leave
    LEFT_OUT = "left_out"


STATUSES = {
    Group.LEAVING: (MessageStatus.QUEUED, MessageStatus.SENDING),
    Group.SENT: (MessageStatus.ACCEPTED, MessageStatus.HANDED_OVER),
    Group.RECEIVED: (MessageStatus.DELIVERED, MessageStatus.READ),
    Group.FAILED: (MessageStatus.FAILED,),
    Group.DOUBTFUL: (MessageStatus.UNKNOWN,),
    Group.HELD: (MessageStatus.DRAFT, MessageStatus.DISCARDED),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open cases; what is None does not matter. ``city``: in any of its spellings; ``uf``: `places.NO_UF` for a
    city whose cases tell none. ``days``: working days without a touch, at least."""

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

    @property
    def place(self) -> str | None:
        """“Salvador/BA”, “Bahia inteira”; a city in whatever state by its name alone."""
        if self.city and self.uf is None:
            return city_title(self.city)
        return Place(self.city, self.uf or NO_UF).told if self.city or self.uf else None

    def told(self) -> str:
        """“Salvador/BA · Valores · aguardando o dentista · sem contato há 5 dias úteis”; where nothing matters, all."""
        still = f"sem contato há {self.days} dias úteis" if self.days else None
        parts = (self.place, self.reason, self.stage, still)
        return " · ".join(part for part in parts if part) or "todos os casos abertos"
