"""How a reading of the dentist's words is suggested: a line or two, and a tap that makes it true or corrects it."""

from datetime import datetime
from typing import Any

from bot.handlers.screen import Button, h
from bot.handlers.texts import when
from bot.services.operation import Operation
from bot.services.readings import Suggestion
from bot.services.replies import ReplyView
from messages.replies import Intent

MEANINGS = {
    Intent.ACCEPTS: "quer ficar",
    Intent.DECLINES: "quer sair",
    Intent.WILL_CHECK: "ainda vai decidir",
    Intent.QUESTION: "tem uma pergunta",
    Intent.ACKNOWLEDGES: "só tomou nota",
    Intent.OPT_OUT: "não quer mais mensagens",
    Intent.WRONG_NUMBER: "número errado",
    Intent.OTHER: "outra coisa",
}


def suggested(suggestion: Suggestion | None, op: Operation, now: datetime) -> list[str]:
    """What the words seem to mean, a promise with the words it rests on."""
    if suggestion is None:
        return []
    lines = [""]
    if suggestion.due_at is not None:
        lines.append(f"Entendi: “{h(suggestion.words)}” → {h(when(suggestion.due_at, now, op))}")
    seems = [MEANINGS[suggestion.intent]] if suggestion.intent else []
    seems += [", ".join(reason.lower() for reason in suggestion.reasons)] if suggestion.reasons else []
    if seems:
        lines.append(f"Parece: {h(' · '.join(seems))}")
    return lines


def suggested_rows(view: ReplyView, op: Operation, now: datetime, *, onward: bool) -> tuple[tuple[Button, ...], ...]:
    suggestion = view.suggestion
    if suggestion is None:
        return ()
    arguments: dict[str, Any] = {
        "case_id": view.case.id,
        "reply_id": view.burst[0].id,
        "contact_id": suggestion.contact_id,
        "onward": onward,
        "suggested": suggestion.reading.as_json() | {"reasons": list(suggestion.reasons)},
    }
    rows: list[tuple[Button, ...]] = []
    if suggestion.due_at is not None:
        verb = "Mudar retorno para" if view.follow_up is not None else "Marcar"
        promise = arguments | {"due_at": suggestion.due_at.isoformat(), "words": suggestion.words}
        rows.append((Button(f"⏰ {verb} {when(suggestion.due_at, now, op)}", "promised", promise),))
    wrong = Button("Não é isso", "misread", arguments)
    if suggestion.intent is Intent.OPT_OUT and view.dentist.opted_out_at is None:
        rows.append((Button("✋ Não enviar mais", "stop_noted", arguments), wrong))
    elif suggestion.reasons:
        rows.append((Button("✅ Guardar motivos", "reasons_noted", arguments), wrong))
    else:
        rows.append((wrong,))
    return tuple(rows)
