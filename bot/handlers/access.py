"""Who may come in: the invited. Strangers get one polite sentence that tells nothing, and only to /start."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session
from telegram import Update
from telegram.ext import ApplicationHandlerStop

from bot.handlers import business, dentist_chat, menu, redraw
from bot.handlers.context import Context, thread_of
from bot.handlers.home import show as show_home
from bot.services import inbox, invitations, team, topics
from bot.services.operation import Operation, Operations
from storage.models import Analyst, InboxEvent, Topic

STRANGER = "Olá! Este assistente é de uso interno. Se você recebeu um convite, abra o link do convite."


async def gate(update: Update, context: Context) -> None:
    """Before every handler: private chats of active analysts pass; all else stops here.

    An update that was acted on before its process died only lacks its screen: it is drawn, and stops here too.
    """
    if business.concerns(update):
        await business.came(update, context)
        raise ApplicationHandlerStop
    user, chat = update.effective_user, update.effective_chat
    if user is None or chat is None or chat.type != chat.PRIVATE:
        raise ApplicationHandlerStop
    entry = await context.rt.read(_entry, context.operations, user.id, update.update_id, thread_of(update))
    analyst, event, op = entry.analyst, entry.event, entry.op
    if analyst is None:
        await _not_of_us(update, context, entry)
        raise ApplicationHandlerStop
    context.admit(analyst, op, entry.topic)
    if event is not None and event.acted_at is not None:
        await redraw.after_act(context, event)
        raise ApplicationHandlerStop


@dataclass(frozen=True, slots=True)
class _Entry:
    """Who comes, the operation as it is now, and the topic they come from."""

    analyst: Analyst | None
    dentist: bool  # the chat is one of a dentist's
    event: InboxEvent | None
    op: Operation
    topic: Topic | None


def _entry(
    session: Session, operations: Operations, user_id: int, update_id: int, thread_id: int | None, *, now: datetime
) -> _Entry:
    analyst, event = inbox.whose(session, user_id, update_id, now=now)
    dentist = analyst is None and invitations.is_bound(session, str(user_id), now=now)
    topic = topics.at(session, analyst, thread_id) if analyst is not None and thread_id is not None else None
    return _Entry(analyst, dentist, event, operations.current(session), topic)


async def _not_of_us(update: Update, context: Context, entry: _Entry) -> None:
    """A dentist, or a stranger: an invitation is heeded from both, anything else only from a dentist. A dentist's chat
    never becomes an analyst's."""
    message, code = update.message, _code(update)
    if message is not None and code and await dentist_chat.invited(update, context, code, entry.op):
        return
    if entry.dentist:
        await dentist_chat.came(update, context, entry.op)
    elif code:
        await _joined(update, context, code, entry.op)
    elif code is not None and message is not None:
        await message.reply_text(STRANGER)


def _code(update: Update) -> str | None:
    """What was said with /start; None for all else."""
    words = (update.message.text or "").split(maxsplit=1) if update.message is not None else []
    if not words or words[0] != "/start":
        return None
    return words[1].strip()[:64] if len(words) > 1 else ""


async def _joined(update: Update, context: Context, code: str, op: Operation) -> None:
    message, user = update.effective_message, update.effective_user
    assert message is not None and user is not None
    analyst = await context.rt.write(team.redeem, code, user.id, user.full_name)
    context.admit(analyst, op)
    await message.reply_text(f"Acesso liberado. Boas-vindas, {user.first_name}!")
    await show_home(context)
    await menu.register_one(context.bot, analyst)


async def start(update: Update, context: Context) -> None:
    """/start of somebody who is in already; a dentist's link is not used up by whoever passes it on."""
    code = _code(update)
    passed_on: bool = await context.rt.read(invitations.is_one, code or "")
    if passed_on:
        await context.say(invitations.NOT_FOR_US)
        return
    await show_home(context)
