"""Who may come in: the invited. Strangers get one polite sentence that tells nothing, and only to /start."""

from datetime import datetime

from sqlmodel import Session
from telegram import Update
from telegram.ext import ApplicationHandlerStop

from bot.handlers import menu, redraw
from bot.handlers.context import Context, thread_of
from bot.handlers.home import show as show_home
from bot.services import inbox, team, topics
from bot.services.operation import Operation, Operations
from storage.models import Analyst, InboxEvent, Topic

STRANGER = "Olá! Este assistente é de uso interno. Se você recebeu um convite, abra o link do convite."


async def gate(update: Update, context: Context) -> None:
    """Before every handler: private chats of active analysts pass; all else stops here.

    An update that was acted on before its process died only lacks its screen: it is drawn, and stops here too.
    """
    user, chat = update.effective_user, update.effective_chat
    if user is None or chat is None or chat.type != chat.PRIVATE:
        raise ApplicationHandlerStop
    entry = await context.rt.read(_entry, context.operations, user.id, update.update_id, thread_of(update))
    (analyst, event), op, topic = entry
    if analyst is None:
        await _stranger(update, context, op)
        raise ApplicationHandlerStop
    context.admit(analyst, op, topic)
    if event is not None and event.acted_at is not None:
        await redraw.after_act(context, event)
        raise ApplicationHandlerStop


def _entry(
    session: Session, operations: Operations, user_id: int, update_id: int, thread_id: int | None, *, now: datetime
) -> tuple[tuple[Analyst | None, InboxEvent | None], Operation, Topic | None]:
    """Who comes, the operation as it is now, and the topic they come from."""
    analyst, event = inbox.whose(session, user_id, update_id, now=now)
    topic = topics.at(session, analyst, thread_id) if analyst is not None and thread_id is not None else None
    return (analyst, event), operations.current(session), topic


async def _stranger(update: Update, context: Context, op: Operation) -> None:
    message, user = update.effective_message, update.effective_user
    if message is None or user is None or not (message.text or "").startswith("/start"):
        return
    code = (message.text or "").removeprefix("/start").strip()
    if not code:
        await message.reply_text(STRANGER)
        return
    analyst = await context.rt.write(team.redeem, code[:64], user.id, user.full_name)
    context.admit(analyst, op)
    await message.reply_text(f"Acesso liberado. Boas-vindas, {user.first_name}!")
    await show_home(context)
    await menu.register_one(context.bot, analyst)


async def start(update: Update, context: Context) -> None:
    """/start of somebody who is in already."""
    await show_home(context)
