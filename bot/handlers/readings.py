"""Taps on what was suggested about a reply: a part of it comes true, or what it is instead is told."""

from datetime import datetime
from typing import Any

from telegram import Update

from bot.handlers import next_up
from bot.handlers.context import Context
from bot.handlers.replies import reply_screen
from bot.handlers.screen import Button, Screen, abreast, box, column, h, toggled
from bot.handlers.suggesting import MEANINGS, capitalized
from bot.handlers.texts import heading, when
from bot.services import readings, replies
from messages.form.vocabulary import REASONS
from messages.replies import Intent

HELD = "Guardado. A cadência deste caso fica parada até você a retomar, no cartão do caso."


async def promised(update: Update, context: Context) -> None:
    """As it was read, or at the moment that was chosen instead."""
    arguments = context.arguments
    due_at = datetime.fromisoformat(arguments["due_at"])
    local, said = context.op.local(due_at), {}
    if arguments.get("instead"):
        said = {"promise": {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}}
    follow_up = await context.act(
        readings.keep_promise, *_about(arguments), due_at, arguments["words"], arguments["suggested"], said
    )
    await context.toast(f"Retorno marcado: {when(follow_up.due_at, await context.rt.now(), context.op)}.")
    await back(update, context)


async def promise_wrong(update: Update, context: Context) -> None:
    """For when is it, then?"""
    arguments = context.arguments
    card = await _card(context)
    choices = [
        Button(label, "promised", arguments | {"due_at": moment.isoformat(), "instead": True})
        for label, moment in context.op.suggestions(await context.rt.now(), card.case.uf)
    ]
    asking = (
        f"“{h(arguments['words'])}”: para quando é o retorno? A correção fica guardada.\n"
        "Para outro dia, toque em “Não prometeu retorno” e depois em “⏰ Agendar retorno”."
    )
    await _ask(context, card, asking, column(*choices, Button("Não prometeu retorno", "no_promise", arguments)))


async def not_promised(update: Update, context: Context) -> None:
    await context.act(readings.no_promise, *_about(context.arguments), context.arguments["suggested"])
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
    card, ticked = await _card(context), arguments["reasons"]
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
    await _ask(context, await _card(context), asking, abreast(choices))


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
    if context.arguments["onward"]:
        await next_up.show(context)
    else:
        await context.show(reply_screen(await _card(context), context.op, await context.rt.now()))


async def _ask(context: Context, card: replies.ReplyView, asking: str, rows: tuple[tuple[Button, ...], ...]) -> None:
    """In the card's place, with the way back to it."""
    binding = reply_screen(card, context.op, await context.rt.now()).binding
    back_to_it = (Button("Voltar", "reply_card", context.arguments),)
    await context.show(Screen(f"{heading(card.case, card.dentist)}\n{asking}", (*rows, back_to_it), binding))


async def _card(context: Context) -> replies.ReplyView:
    arguments = context.arguments
    return await context.read(replies.card, arguments["case_id"], arguments["reply_id"], context.op)


def _about(arguments: dict[str, Any]) -> tuple[int, int]:
    return arguments["case_id"], arguments["contact_id"]


ACTIONS = {
    "promised": promised,
    "promise_wrong": promise_wrong,
    "no_promise": not_promised,
    "reasons_confirmed": reasons_confirmed,
    "reasons_wrong": reasons_wrong,
    "intent_wrong": intent_wrong,
    "meant": meant,
    "reply_card": back,
}
