"""/preferencias: what each person sets for their own chat."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.digests import NOTICES
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, column
from bot.services import topics
from messages.errors import Conflict
from storage.models import AuditEntry

PREFERENCES = Button("⚙️ Preferências", "preferences")
HELP = "/preferencias muda o que vale só para a sua conversa: um tópico por caso, e os avisos do dia."
NO_TOPICS = (
    "O Telegram ainda não deixa este assistente criar tópicos: peça à TI para ligar o modo de tópicos (“Threaded "
    "Mode”) nas configurações do bot, no @BotFather, e toque de novo."
)


async def command(update: Update, context: Context) -> None:
    await context.leave()
    await show(update, context)


async def show(update: Update, context: Context) -> None:
    await context.show(_screen(context.analyst.topics_on))


def _screen(topics_on: bool) -> Screen:
    state, change = ("ligado", "Desligar") if topics_on else ("desligado", "Ligar")
    lines = [
        "<b>Preferências</b>",
        "Valem só para a sua conversa.",
        "",
        f"Um tópico por caso: {state}.",
        "Ligado, o que o dentista escreve e os lembretes do caso chegam em um tópico com o nome dele.",
    ]
    return Screen("\n".join(lines), column(Button(f"{change} tópicos", "topics", {"on": not topics_on}), NOTICES, HOME))


async def topics_turned(update: Update, context: Context) -> None:
    """Raises Conflict where Telegram makes no topics for this bot."""
    on = bool(context.arguments["on"])
    if on and not (await context.bot.get_me()).has_topics_enabled:
        raise Conflict(NO_TOPICS)
    await turned(context, await context.act(topics.turn, on))


async def turned(context: Context, entry: AuditEntry) -> None:
    await context.show(_screen(entry.action == topics.ON))


ACTIONS = {"preferences": show, "topics": topics_turned}
