"""Taps on what was suggested about a reply: it comes true, or what it is instead is told."""

from datetime import datetime
from typing import Any

from telegram import Update

from bot.handlers import next_up
from bot.handlers.context import Context
from bot.handlers.replies import reply_screen
from bot.handlers.screen import Button, Screen
from bot.handlers.suggesting import MEANINGS
from bot.handlers.texts import heading, when
from bot.services import readings, replies
from messages.replies import Intent

_A_ROW = 2  # meanings


async def promised(update: Update, context: Context) -> None:
    arguments = context.arguments
    due_at = datetime.fromisoformat(arguments["due_at"])
    follow_up = await context.act(
        readings.keep_promise, *_about(arguments), due_at, arguments["words"], arguments["suggested"]
    )
    await context.toast(f"Retorno marcado: {when(follow_up.due_at, await context.rt.now(), context.op)}.")
    await back(update, context)


async def noted(update: Update, context: Context) -> None:
    await context.act(readings.note_reasons, *_about(context.arguments), context.arguments["suggested"])
    await context.toast("Motivos guardados no caso.")
    await back(update, context)


async def stopped(update: Update, context: Context) -> None:
    await context.act(readings.note_stop, *_about(context.arguments), context.arguments["suggested"])
    await context.toast("Registrado: não enviamos mais mensagens.")
    await back(update, context)


async def misread(update: Update, context: Context) -> None:
    """What is it, then? Nothing is recorded before that is told."""
    arguments = context.arguments
    card = await _card(context)
    choices = [
        Button(meaning[0].upper() + meaning[1:], "meant", arguments | {"intent": intent.value})
        for intent, meaning in MEANINGS.items()
    ]
    rows = tuple(tuple(choices[n : n + _A_ROW]) for n in range(0, len(choices), _A_ROW))
    screen = reply_screen(card, context.op, await context.rt.now())
    asking = "O que a mensagem quer dizer? A sugestão sai da tela e eu guardo a correção."
    text = f"{heading(card.case, card.dentist)}\n{asking}"
    await context.show(Screen(text, (*rows, (Button("Voltar", "reply_card", arguments),)), screen.binding))


async def meant(update: Update, context: Context) -> None:
    arguments = context.arguments
    await context.act(readings.correct, *_about(arguments), Intent(arguments["intent"]), arguments["suggested"])
    await context.toast("Correção guardada.")
    await back(update, context)


async def back(update: Update, context: Context) -> None:
    """To the card, as it stands now."""
    if context.arguments["onward"]:
        await next_up.show(context)
    else:
        await context.show(reply_screen(await _card(context), context.op, await context.rt.now()))


async def _card(context: Context) -> replies.ReplyView:
    arguments = context.arguments
    return await context.read(replies.card, arguments["case_id"], arguments["reply_id"], context.op)


def _about(arguments: dict[str, Any]) -> tuple[int, int]:
    return arguments["case_id"], arguments["contact_id"]


ACTIONS = {
    "promised": promised,
    "reasons_noted": noted,
    "stop_noted": stopped,
    "misread": misread,
    "meant": meant,
    "reply_card": back,
}
