"""What a handler raises: shown when it is the person's to mend; else the update is tried again.

The library swallows a handler's exception, so it is put where the dispatcher finds it.
"""

import secrets

import structlog
from telegram import Update
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError
from telegram.ext import ApplicationHandlerStop

from bot.handlers import redraw
from bot.handlers.context import Context
from bot.services import inbox
from messages.errors import Conflict, Repeated, StorageUnavailable, Unfinished, UserError

NOT_KEPT = "O que você mandou agora não foi guardado: mande de novo depois."
log = structlog.get_logger(__name__)


def passes(error: BaseException) -> bool:
    """Telegram's or the database's outage, not the update's fault: however long it lasts, no update is given up."""
    if isinstance(error, BadRequest):  # a NetworkError to the library, though it was understood and refused
        return False
    return isinstance(error, NetworkError | RetryAfter | StorageUnavailable)


async def on_error(update: object, context: Context) -> None:
    """The library's last resort. What failed goes no further: the gate, above all, lets nobody in by failing."""
    error = context.error
    if isinstance(update, Update) and error is not None:
        await _end(context, update, error)
    else:
        log.error("error_without_update", exc_info=error)
    raise ApplicationHandlerStop


async def _end(context: Context, update: Update, error: Exception) -> None:
    try:
        if isinstance(error, UserError):
            await refuse(context, error)
            return
        context.failures[update.update_id] = error
        await _tell(context, error)
    except (TelegramError, StorageUnavailable, UserError) as second:
        context.failures.setdefault(update.update_id, second)
        log.warning("error_not_told", first=repr(error), second=repr(second))


async def refuse(context: Context, error: UserError) -> None:
    """A sentence to the person; a button that came too late shows how things stand now, and so does what was sent
    before and is still in hand."""
    if context.incoming.callback_query is None:
        lost = isinstance(error, Unfinished) and not is_bare_command(context.incoming)
        await context.say(f"{error.text} {NOT_KEPT}" if lost else error.text)
    else:
        await context.toast(error.text, alert=not isinstance(error, Repeated))
    if isinstance(error, Unfinished):
        await redraw.dialogue(context, anew=True)
    elif isinstance(error, Conflict):
        await redraw.subject(context, error.about or (context.tap.arguments if context.tap is not None else {}))


def is_bare_command(update: Update) -> bool:
    """Whether nothing was said but what to begin."""
    text = update.effective_message.text if update.effective_message is not None else None
    return text is not None and text.startswith("/") and len(text.split()) == 1


async def _tell(context: Context, error: Exception) -> None:
    """Ours to mend: the person gets a reference to quote, once. An outage is told elsewhere, or is Telegram's own."""
    number = context.incoming.update_id
    if isinstance(error, TelegramError | StorageUnavailable) or not context.admitted:
        log.warning("handler_failed", update=number, exc_info=error)
        return
    code = secrets.token_hex(3).upper()
    log.error("handler_failed", update=number, code=code, exc_info=error)
    event = await context.rt.read(inbox.update_event, number)
    if event is not None and event.attempts == 0:
        text = f"Algo deu errado do meu lado (código {code}). Vou tentar de novo; se repetir, informe o código à TI."
        await context.say(text)
