"""A campaign as a table for a spreadsheet: a row a person, how it stands with them, and what they answered."""

from collections.abc import Iterable, Sequence

from messages.statuses import MessageStatus
from messages.workbooks import Sheet

COLUMNS = (
    ("Protocolo", 18),
    ("Dentista", 34),
    ("Cidade", 22),
    ("UF", 5),
    ("Com quem", 24),
    ("Situação", 18),
    ("Por quê", 44),
    ("Enviada em", 17),
    ("Situação desde", 17),
    ("Última resposta em", 18),
    ("Última resposta", 80),
)
ANSWERED, WAITING, LEFT_OUT = "respondeu", "vai receber", "ficou de fora"
SITUATIONS = {
    MessageStatus.DRAFT: "não saiu",
    MessageStatus.QUEUED: "na fila",
    MessageStatus.SENDING: "na fila",
    MessageStatus.ACCEPTED: "enviada",
    MessageStatus.DELIVERED: "entregue",
    MessageStatus.READ: "lida",
    MessageStatus.FAILED: "falhou",
    MessageStatus.UNKNOWN: "não sei se chegou",
    MessageStatus.HANDED_OVER: "enviada",
    MessageStatus.DISCARDED: "não saiu",
}
_ARRIVED = {MessageStatus.ACCEPTED, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.HANDED_OVER}


def situation(status: MessageStatus | None, *, left_out: bool, answered: bool) -> str:
    """One word of a person. Who has written since answers what arrived; what did not is told also of them."""
    if left_out:
        return LEFT_OUT
    if status is None:
        return WAITING
    return ANSWERED if answered and status in _ARRIVED else SITUATIONS[status]


def sheets(about: Sequence[tuple[str, object]], rows: Iterable[Sequence[object]]) -> list[Sheet]:
    """``about``: what the campaign is, as pairs; ``rows``: under `COLUMNS`."""
    return [Sheet("Pessoas", COLUMNS, rows), Sheet("Campanha", (("O quê", 20), ("Valor", 60)), about)]
