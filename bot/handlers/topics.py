"""One topic a case: where a case's notices are drawn, and what a text typed in its topic may mean."""

from telegram import Update
from telegram.error import BadRequest
from telegram.ext import ExtBot

from bot.handlers import drafting, noting, searching
from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, column, quote
from bot.handlers.texts import heading, spoken_to
from bot.runtime import Runtime
from bot.services import cases, drafts, topics
from bot.services import noting as noting_service
from messages.errors import Conflict
from storage.models import Analyst

NO_TOPICS = "chat is not a forum"  # Telegram's words: whoever made the bot has not turned its threaded mode on
GONE = ("thread not found", "topic_deleted", "topic_id_invalid")


async def thread_of(bot: ExtBot[None], rt: Runtime, analyst: Analyst, case_id: int | None) -> int | None:
    """The thread that a case's notices go to, made where there is none yet; None: the chat itself."""
    if case_id is None:
        return None
    place = await rt.read(topics.place, analyst, case_id)
    if place.name is None:
        return place.thread_id
    assert analyst.telegram_user_id is not None
    try:
        made = await bot.create_forum_topic(analyst.telegram_user_id, place.name)
    except BadRequest as error:
        if NO_TOPICS not in error.message.lower():
            raise
        return None
    kept = await rt.write(topics.keep, analyst, case_id, made.message_thread_id)
    if kept != made.message_thread_id:  # two processes at once: one topic is enough
        await bot.delete_forum_topic(analyst.telegram_user_id, made.message_thread_id)
    return kept


def is_gone(error: BadRequest) -> bool:
    """Whether Telegram refused because the topic has been deleted."""
    return any(reason in error.message.lower() for reason in GONE)


async def typed(context: Context, case_id: int, text: str) -> None:
    """A text in a case's topic that answers nothing: for whom it is, is asked before anything goes anywhere."""
    if len(text) > drafts.TEXT_LIMIT:
        raise Conflict(f"O texto passa de {drafts.TEXT_LIMIT} caracteres: encurte ou divida em duas mensagens.")
    view = await context.read(cases.view, case_id)
    about = {"case_id": case_id, "text": text}
    rows = column(
        Button(f"Enviar {spoken_to(view.dentist)}", "topic_send", about),
        Button("🗒 Anotar no caso", "topic_note", about),
        Button("🔎 Buscar estas palavras", "topic_search", about) if len(text) <= searching.LONGEST else None,
    )
    asking = "O que faço com este texto? Nada saiu ainda."
    await context.show(Screen(f"{heading(view.case, view.dentist)}\n{quote(text)}\n{asking}", rows))


async def sent(update: Update, context: Context) -> None:
    arguments = context.arguments
    message = await context.act(drafts.answer, arguments["case_id"], arguments["text"], None, context.op)
    await drafting.show(context, message)


async def noted(update: Update, context: Context) -> None:
    arguments = context.arguments
    await context.begin(noting_service.begin, arguments["text"], arguments["case_id"])
    await noting.show(context)


async def searched(update: Update, context: Context) -> None:
    await searching.search(context, context.arguments["text"])


ACTIONS = {"topic_send": sent, "topic_note": noted, "topic_search": searched}
