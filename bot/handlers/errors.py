"""What a handler raises: shown when it is the person's to mend, marked for another try when it is not.

The library swallows a handler's exception, so the update's row is marked here.
"""

import secrets

import structlog
from telegram import Update
from telegram.error import TelegramError

from bot.handlers import redraw
from bot.handlers.context import Context
from bot.services import inbox
from messages.errors import Conflict, StorageUnavailable, UserError

log = structlog.get_logger(__name__)


async def on_error(update: object, context: Context) -> None:
    """The library's last resort. Whatever happens here must not raise."""
    error = context.error
    if not isinstance(update, Update) or error is None:
        log.error("error_without_update", exc_info=error)
        return
    try:
        if isinstance(error, UserError):
            await _complain(context, error)
        else:
            await _failed(update, context, error)
    except (TelegramError, StorageUnavailable) as second:
        log.warning("error_not_told", first=repr(error), second=repr(second))
        await _mark(update, context, second)


async def _complain(context: Context, error: UserError) -> None:
    """A sentence to the person; a button that came too late shows how things stand now."""
    if context.incoming.callback_query is None:
        await context.bot.send_message(context.chat_id, error.text)
        return
    await context.toast(error.text, alert=True)
    if isinstance(error, Conflict) and context.tap is not None:
        await redraw.subject(context, context.tap.arguments)


async def _failed(update: Update, context: Context, error: Exception) -> None:
    """Ours to mend: the row is marked for another try; the person gets a reference to quote."""
    attempts = await _mark(update, context, error)
    if isinstance(error, TelegramError | StorageUnavailable):
        log.warning("handler_failed", update=update.update_id, error=repr(error))
        return
    code = secrets.token_hex(3).upper()
    log.error("handler_failed", update=update.update_id, code=code, exc_info=error)
    if attempts == 1 and update.effective_chat is not None:
        text = f"Algo deu errado do meu lado (código {code}). Vou tentar de novo; se repetir, informe o código à TI."
        await context.bot.send_message(update.effective_chat.id, text)


async def _mark(update: Update, context: Context, error: Exception) -> int:
    """One try more on the update's row; how many that makes."""
    event = await context.rt.read(inbox.update_event, update.update_id)
    if event is None or event.id is None:
        return 0
    marked = await context.rt.write(inbox.mark_failed, event.id, repr(error), wall=context.rt.wall())
    return marked.attempts
