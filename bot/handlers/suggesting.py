"""How a reading of the dentist's words is suggested: each part with its words, a tap that makes it true, and one that
says what it is instead."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.handlers.screen import Button, h, short
from bot.handlers.texts import when
from bot.services.operation import Operation
from bot.services.readings import Suggestion
from bot.services.replies import ReplyView
from messages.replies import Intent

_QUOTED = 90  # characters of the words behind a part
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


def capitalized(meaning: str) -> str:
    return meaning[0].upper() + meaning[1:]


def suggested(suggestion: Suggestion | None, op: Operation, now: datetime) -> list[str]:
    """What the words seem to mean, each part with those that it rests on."""
    if suggestion is None:
        return []
    told = [f"• “{h(short(words, _QUOTED))}” → {h(part)}" for words, part in _told(suggestion, op, now)]
    lines = ["", *(["Entendi:", *told] if told else [])]
    return [*lines, f"✓ Confirmado: {MEANINGS[suggestion.meant]}"] if suggestion.meant else lines


def _told(suggestion: Suggestion, op: Operation, now: datetime) -> Iterator[tuple[str, str]]:
    """(the dentist's words, what they seem to mean)."""
    if suggestion.due_at is not None:
        yield suggestion.words, f"retorno {when(suggestion.due_at, now, op)}"
    if suggestion.intent is not None:
        yield suggestion.intent_words, MEANINGS[suggestion.intent]
    for reason, words in suggestion.reasons.items():
        yield words, f"motivo: {reason}"


def suggested_rows(view: ReplyView, op: Operation, now: datetime, *, onward: bool) -> tuple[tuple[Button, ...], ...]:
    suggestion = view.suggestion
    if suggestion is None:
        return ()
    about: dict[str, Any] = {
        "case_id": view.case.id,
        "reply_id": view.burst[0].id,
        "contact_id": suggestion.contact_id,
        "onward": onward,
        "words": suggestion.words,
        "suggested": suggestion.read,
    }
    right, wrong, promised = [], [], []
    if suggestion.due_at is not None:
        verb = "Mudar retorno para" if view.follow_up is not None else "Marcar"
        label = f"⏰ {verb} {when(suggestion.due_at, now, op)}"
        promised.append(Button(label, "promised", about | {"due_at": suggestion.due_at.isoformat()}))
        wrong.append(Button("✖️ Data", "promise_wrong", about))
    heeded = suggestion.intent is Intent.OPT_OUT and view.dentist.opted_out_at is not None
    if suggestion.intent is not None and not heeded:
        right.append(_confirming(suggestion.intent, about))
    if suggestion.intent is not None or suggestion.meant is not None:
        stands = suggestion.meant or suggestion.intent
        wrong.append(Button("✖️ Sentido", "intent_wrong", about | {"stands": stands}))
    if suggestion.reasons:
        reasons = about | {"reasons": list(suggestion.reasons)}
        right.append(Button("✅ Guardar motivos", "reasons_confirmed", reasons))
        wrong.append(Button("✖️ Motivos", "reasons_wrong", reasons))
    return tuple(tuple(row) for row in (promised, right, wrong) if row)


def _confirming(intent: Intent, about: dict[str, Any]) -> Button:
    label = "✋ Não enviar mais" if intent is Intent.OPT_OUT else f"✅ {capitalized(MEANINGS[intent])}"
    return Button(label, "meant", about | {"intent": intent.value})
