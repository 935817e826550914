"""A dentist's own chat with the assistant on Telegram: greeted under the operation's name, heard, and told nothing of
the tool."""

from telegram import ChatMember, Update
from telegram.error import BadRequest, Forbidden

from bot.handlers import menu
from bot.handlers.context import Context
from bot.runtime import Work
from bot.services import dentist_chats, invitations
from bot.services.facts import addressed, operator_of
from bot.services.operation import Operation
from messages.contracts import Incoming
from messages.people import first_name
from messages.policy import is_opt_out
from messages.telegram_updates import STARTED, read_message

STOPPED = "Pronto: não enviaremos mais mensagens. Se precisar de nós, é só escrever por aqui."
HOW_TO_STOP = "Para não receber mais mensagens, envie SAIR."


async def invited(update: Update, context: Context, code: str, op: Operation) -> bool:
    """Whether the code was a dentist's: then the chat is theirs, and they are greeted.

    Raises as `invitations.redeem`.
    """
    came = _written(update)
    if came is None:
        return False
    started = Incoming(came.channel, came.external_id, came.sender, came.occurred_at, STARTED, "")
    bound = await context.rt.write(invitations.redeem, code, started)
    if bound is None:
        return False
    context.rt.ring(Work.NOTICES, Work.SENDS)
    hello = (
        f"Olá, {addressed(bound.dentist).addressed}! Aqui é o setor de Retenção da {operator_of(bound.case, op)}. Por "
        f"este chat você fala com {first_name(bound.analyst.name)}: escreva quando quiser. {HOW_TO_STOP}"
    )
    await _say(context, hello)
    await menu.register_dentist(context.bot, context.chat_id, True)
    return True


async def came(update: Update, context: Context, op: Operation) -> None:
    """What comes from a bound chat: a message, a change of one, a block."""
    if update.my_chat_member is not None:
        await _turned(update, context)
        return
    item = _written(update)
    if item is None:
        return
    if item.text.split(maxsplit=1)[:1] == ["/start"]:
        await context.rt.write(dentist_chats.opened, item.sender.chat)
        hello = f"Olá! Aqui é o setor de Retenção da {op.name}. Escreva por aqui, que a mensagem chega a nós."
        await _say(context, f"{hello} {HOW_TO_STOP}")
        return
    await context.rt.write(dentist_chats.take, item)
    context.rt.ring(Work.NOTICES, Work.SENDS, Work.FILES)
    if item.kind == "text" and is_opt_out(item.text):
        await _say(context, STOPPED)


async def _turned(update: Update, context: Context) -> None:
    """The dentist blocked the chat, or took that back."""
    change = update.my_chat_member
    assert change is not None
    chat = str(change.chat.id)
    if change.new_chat_member.status == ChatMember.BANNED:
        await context.rt.write(dentist_chats.closed, chat, change.date, update.update_id)
    else:
        await context.rt.write(dentist_chats.opened, chat)
    context.rt.ring(Work.NOTICES, Work.SENDS)


def _written(update: Update) -> Incoming | None:
    message = update.message or update.edited_message
    if message is None:
        return None
    return read_message(message.to_dict(), update.update_id, edited=update.edited_message is not None)


async def _say(context: Context, text: str) -> None:
    """A sentence of ours; whoever has blocked the chat meanwhile misses nothing."""
    try:
        await context.say(text)
    except (BadRequest, Forbidden):
        return
