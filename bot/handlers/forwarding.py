"""Messages that an analyst forwards from another chat: with whom they spoke there, each with its author and moment."""

from dataclasses import dataclass

from telegram import (
    Message,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
    User,
)

from bot.handlers import attaching, files, pasting
from bot.handlers.context import Context
from bot.services import pasting as paste
from bot.services import taps
from messages import media
from messages.errors import InvalidInput
from messages.forwarded import Forwarded
from messages.telegram_updates import KINDS

SPOKEN_OF = (".pdf", ".docx")  # a form, or what somebody sent in the talk: the content tells
OURS = "Esta mensagem é minha, e não da conversa com o dentista: encaminhe só as mensagens de vocês."


@dataclass(frozen=True, slots=True)
class _Author:
    name: str
    own: bool


async def came(update: Update, context: Context) -> None:
    """A conversation as text is one; a file is read where it is one of ours; all else is a message of the talk."""
    message = update.effective_message
    assert message is not None
    if message.text and pasting.looks_like_transcript(message.text):
        await pasting.transcript(context, message.text)
    elif not await _is_file(update, context, message):
        await _take(update, context, message)


async def _is_file(update: Update, context: Context, message: Message) -> bool:
    """Whether it was for a dentist, or a form, a sheet, an exported conversation; in the midst of a talk it is not."""
    if message.photo:
        return await attaching.taken(update, context)
    if message.document is None or message.animation:
        return False
    step = await context.read(taps.step_of)
    if step is not None and step.name == paste.STEP:
        return False
    name = (message.document.file_name or "").lower()
    try:
        await files.came(update, context)
    except InvalidInput:
        if name.endswith(files.TEXTS) or not name.endswith(SPOKEN_OF):
            raise
        return False
    return True


async def _take(update: Update, context: Context, message: Message) -> None:
    assert update.effective_user is not None and message.forward_origin is not None
    author = _author(message, update.effective_user, context.bot.id)
    field = next((name for name in KINDS if getattr(message, name)), None)
    kind = KINDS[field] if field else "" if message.text else media.UNKNOWN
    filename = getattr(getattr(message, field), "file_name", None) if field else None
    at = context.op.local(message.forward_origin.date)
    piece = Forwarded(at, author.name, message.text or message.caption or "", kind, filename or "", author.own)
    await context.act(paste.forward, piece, message.date, await pasting.asked_for(context))


def _author(message: Message, analyst: User, bot_id: int) -> _Author:
    """Raises InvalidInput for what the assistant itself wrote."""
    match message.forward_origin:
        case MessageOriginUser(sender_user=user) if user.id == bot_id:
            raise InvalidInput(OURS)
        case MessageOriginUser(sender_user=user):
            return _Author(user.full_name, user.id == analyst.id)
        case MessageOriginHiddenUser(sender_user_name=name):
            return _Author(name, name == analyst.full_name)
        case MessageOriginChat(sender_chat=chat) | MessageOriginChannel(chat=chat):
            return _Author(chat.effective_name or "", own=False)
    raise InvalidInput("Não consegui saber quem escreveu esta mensagem: copie o texto e use /nota.")
