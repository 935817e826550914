"""Taps on what was suggested about a reply: a part of it comes true, or what it is instead is told."""

from datetime import datetime
from typing import Any

from telegram import Update

from bot.handlers import next_up
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, question
from bot.handlers.followups import read_when
from bot.handlers.replies import reply_screen
from bot.handlers.screen import Binding, Button, Screen, abreast, box, column, h, toggled
from bot.handlers.suggesting import MEANINGS, capitalized
from bot.handlers.texts import heading, when
from bot.services import readings, replies
from messages.errors import InvalidInput
from messages.form.vocabulary import REASONS
from messages.replies import Intent
from storage.models import DialogueStep

STEP = "promise_wrong"
_OF_PROMISE = ("case_id", "reply_id", "contact_id", "onward", "words", "suggested")
ONLY_WHEN = (
    "Aqui vão só o dia e a hora: o motivo do retorno são as palavras do dentista. Escreva, por exemplo, “sexta 14h”."
)
HELD = "Guardado. A cadência deste caso fica parada até você a retomar, no cartão do caso."


async def promised(update: Update, context: Context) -> None:
    """As it was read, or at the moment that was chosen instead."""
    arguments = context.arguments
    await _promised(context, arguments, datetime.fromisoformat(arguments["due_at"]), bool(arguments.get("instead")))


async def _promised(context: Context, arguments: dict[str, Any], due_at: datetime, instead: bool) -> None:
    local, said = context.op.local(due_at), {}
    if instead:
        said = {"promise": {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}}
    do = context.finish if instead else context.act
    follow_up = await do(
        readings.keep_promise, *_about(arguments), due_at, arguments["words"], arguments["suggested"], said
    )
    await context.toast(f"Retorno marcado: {when(follow_up.due_at, await context.rt.now(), context.op)}.")
    await _back(context, arguments)


async def promise_wrong(update: Update, context: Context) -> None:
    """For when is it, then?"""
    arguments = {name: context.arguments[name] for name in _OF_PROMISE}
    await show_promise(context, await context.ask(STEP, arguments["case_id"], arguments))


async def show_promise(context: Context, step: DialogueStep) -> None:
    """By a tap, or in words."""
    arguments = step.data
    card = await _card(context, arguments)
    choices = [
        Button(label, "promised", arguments | {"due_at": moment.isoformat(), "instead": True})
        for label, moment in context.op.suggestions(await context.rt.now(), card.case.uf)
    ]
    lines = [
        heading(card.case, card.dentist),
        f"“{h(arguments['words'])}”: para quando é o retorno? A correção fica guardada.",
        "Escolha, ou escreva o dia e a hora (“sexta 14h”).",
    ]
    rows = column(*choices, Button("Não prometeu retorno", "no_promise", arguments), _back_button(arguments))
    binding = Binding(f"prompt:{step.key}", "prompt", card.case.id)
    await context.show(Screen("\n".join(lines), rows, binding, step=step.key))


async def promise_typed(context: Context, step: DialogueStep, text: str) -> None:
    card = await _card(context, step.data)
    now = context.op.local(await context.rt.now())
    due_at, reason = read_when(text, now, context.op, card.case.uf)
    if reason:
        raise InvalidInput(ONLY_WHEN)
    await _promised(context, step.data, due_at, instead=True)


async def not_promised(update: Update, context: Context) -> None:
    await context.finish(readings.no_promise, *_about(context.arguments), context.arguments["suggested"])
    await context.toast("Correção guardada.")
    await back(update, context)


async def reasons_confirmed(update: Update, context: Context) -> None:
    arguments = context.arguments
    await context.act(readings.give_reasons, *_about(arguments), arguments["reasons"], arguments["suggested"])
    await context.toast("Motivos guardados no caso." if arguments["reasons"] else "Correção guardada.")
    await back(update, context)


async def reasons_wrong(update: Update, context: Context) -> None:
    """Which are they, then? Nothing is recorded before that is told."""
    arguments = context.arguments
    card, ticked = await _card(context, arguments), arguments["reasons"]
    offered = REASONS if arguments.get("all") else arguments["suggested"]["reasons"]
    boxes = [
        Button(box(reason, reason in ticked), "reasons_wrong", arguments | {"reasons": toggled(ticked, reason)})
        for reason in offered
    ]
    more = Button("Outro motivo…", "reasons_wrong", arguments | {"all": True})
    none = Button("Nenhum destes", "reasons_confirmed", arguments | {"reasons": []})
    keep = Button("Guardar", "reasons_confirmed", arguments) if ticked else None
    rows = (*abreast(boxes), *column(None if arguments.get("all") else more, none, keep))
    await _ask(context, card, "Que motivos o dentista deu? Marque só os que ele disse.", rows)


async def intent_wrong(update: Update, context: Context) -> None:
    """What does it mean, then? Nothing is recorded before that is told."""
    choices = [
        Button(capitalized(meaning), "meant", context.arguments | {"intent": intent.value})
        for intent, meaning in MEANINGS.items()
        if intent.value != context.arguments["stands"]
    ]
    asking = "O que a mensagem quer dizer? Vale o que você disser, e eu guardo a correção."
    await _ask(context, await _card(context, context.arguments), asking, abreast(choices))


async def meant(update: Update, context: Context) -> None:
    """As it was read, or otherwise."""
    arguments = context.arguments
    intent = Intent(arguments["intent"])
    await context.act(readings.mean, *_about(arguments), intent, arguments["suggested"])
    told = HELD if intent in readings.LEAVING else "Guardado."
    await context.toast("Registrado: não enviamos mais mensagens." if intent is Intent.OPT_OUT else told)
    await back(update, context)


async def back(update: Update, context: Context) -> None:
    """To the card, as it stands now."""
    await _back(context, context.arguments)


async def _back(context: Context, arguments: dict[str, Any]) -> None:
    if arguments["onward"]:
        await next_up.show(context)
    else:
        await context.show(reply_screen(await _card(context, arguments), context.op, await context.rt.now()))


async def _ask(context: Context, card: replies.ReplyView, asking: str, rows: tuple[tuple[Button, ...], ...]) -> None:
    """In the card's place, with the way back to it."""
    binding = reply_screen(card, context.op, await context.rt.now()).binding
    back_to_it = (_back_button(context.arguments),)
    await context.show(Screen(f"{heading(card.case, card.dentist)}\n{asking}", (*rows, back_to_it), binding))


def _back_button(arguments: dict[str, Any]) -> Button:
    return Button("Voltar", "reply_card", arguments)


async def _card(context: Context, arguments: dict[str, Any]) -> replies.ReplyView:
    return await context.read(replies.card, arguments["case_id"], arguments["reply_id"], context.op)


def _about(arguments: dict[str, Any]) -> tuple[int, int]:
    return arguments["case_id"], arguments["contact_id"]


DIALOGUES = {
    STEP: question(
        "✖️ Data",
        "Espero o dia do retorno que o dentista prometeu: toque em um, ou escreva, por exemplo “sexta 14h”.",
        show_promise,
        promise_typed,
        Takes.WORDS,
    )
}
ACTIONS = {
    "promised": promised,
    STEP: promise_wrong,
    "no_promise": not_promised,
    "reasons_confirmed": reasons_confirmed,
    "reasons_wrong": reasons_wrong,
    "intent_wrong": intent_wrong,
    "meant": meant,
    "reply_card": back,
}
