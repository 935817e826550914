"""What keeps every message alike from leaving, as supervisors read it."""

from datetime import datetime

from bot.handlers.screen import Screen, h
from bot.handlers.texts import count, when
from bot.services.operation import Operation
from messages.refusals import refusal_of
from storage.models import SendingTrouble


def trouble_screen(row: SendingTrouble, op: Operation, now: datetime) -> Screen:
    """One cause: what to do, and how many messages it has held up so far."""
    refused = count(row.messages, "mensagem não saiu", "mensagens não saíram")
    lines = [
        f"⚠️ <b>WhatsApp</b>: {h(refusal_of(row.code).to_supervisors)}",
        f"Desde {h(when(row.began_at, now, op))}, {refused}; cada uma está no caso, com “Enviar de novo”.",
        f"Código da Meta: {row.code}.",
    ]
    return Screen("\n".join(lines))
