"""“Agendar envio”: an approved message that leaves at a moment that was chosen, by a tap or by words."""

from datetime import datetime

from telegram import Update

from bot.handlers import drafting
from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, h
from bot.handlers.texts import when, who
from bot.services import drafts
from messages.dates import read_moment
from messages.errors import InvalidInput
from messages.policy import WINDOW
from storage.models import DialogueStep

STEP = "send_at"


async def asked(update: Update, context: Context) -> None:
    arguments = context.arguments
    view = await context.read(drafts.view, arguments["message_id"])
    await show(context, await context.ask(STEP, view.case.id, dict(arguments)))


async def show(context: Context, step: DialogueStep) -> None:
    """Sensible moments; of a free text only those before its window closes."""
    view, op, now = await context.read(drafts.view, step.data["message_id"]), context.op, await context.rt.now()
    case, free = view.case, not view.message.template_name
    lines = [f"🕓 Quando enviar para {bold(who(view.dentist))}?", "Escolha, ou escreva o dia e a hora (“amanhã 9h”)."]
    choices = op.suggestions(now, case.uf)
    if free and case.window_since is not None:
        closes = case.window_since + WINDOW
        choices = [choice for choice in choices if choice[1] < closes]
        lines.append(f"Texto livre sai até {h(when(closes, now, op))}, quando a janela de 24 horas fecha.")
    arguments = {"message_id": view.message.id, "version": step.data["version"]}
    rows = [(Button(label, "send_at", arguments | {"at": moment.isoformat()}),) for label, moment in choices]
    back = Button("Voltar", "draft", {"message_id": view.message.id})
    await context.show(Screen("\n".join(lines), (*rows, (back,))))


async def chosen(update: Update, context: Context) -> None:
    arguments = context.arguments
    at = datetime.fromisoformat(arguments["at"])
    message = await context.finish(drafts.approve, arguments["message_id"], arguments["version"], context.op, at=at)
    await drafting.show(context, message)


async def typed(context: Context, data: dict[str, int], text: str) -> None:
    view = await context.read(drafts.view, data["message_id"])
    now = context.op.local(await context.rt.now())
    at = read_moment(text, now, context.op.hours, view.case.uf, context.op.days_off)
    if at is None:
        raise InvalidInput("Não entendi o horário. Escreva, por exemplo, “amanhã 9h” ou “sexta 14h30”.")
    message = await context.finish(drafts.approve, data["message_id"], data["version"], context.op, at=at)
    await drafting.show(context, message)


ACTIONS = {"send_later": asked, "send_at": chosen}
