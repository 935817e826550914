"""Telegram Business: an analyst's own account that is connected to the assistant."""

from telegram import BusinessConnection, Update
from telegram.error import BadRequest

from bot.handlers.context import Context
from bot.handlers.screen import Screen
from bot.runtime import Work
from bot.services import business, notices
from bot.services.business import Told

CONNECTED = (
    "✈️ A sua conta do Telegram está conectada. O que os dentistas escreverem nela, e o que você escrever a eles, entra "
    "nos casos. De quem eu não conhecer, pergunto uma vez, só a você; conversa que não é de dentista eu esqueço."
)
DISCONNECTED = "✈️ A sua conta do Telegram foi desconectada: o que chegar nela não entra mais nos casos."
FORGOTTEN = "Certo: esqueci esta conversa e não pergunto mais por ela."


def concerns(update: Update) -> bool:
    """Whether it comes from a connected account, and is no message to the assistant."""
    return bool(
        update.business_connection
        or update.business_message
        or update.edited_business_message
        or update.deleted_business_messages
    )


async def came(update: Update, context: Context) -> None:
    """A connection, or what happened in one. Nobody is answered here."""
    if update.business_connection is not None:
        await _connected(context, update.business_connection)
        return
    message = update.business_message or update.edited_business_message
    gone = update.deleted_business_messages
    number = update.update_id
    if message is not None and message.business_connection_id is not None:
        connection_id = message.business_connection_id
        await _make_known(context, connection_id)
        edited = update.edited_business_message is not None
        await context.rt.write(business.take, connection_id, message.to_dict(), number, edited)
    elif gone is not None:
        connection_id = gone.business_connection_id
        await _make_known(context, connection_id)
        await context.rt.write(business.deleted, connection_id, gone.chat.id, list(gone.message_ids), number)
    context.rt.ring(Work.NOTICES, Work.SENDS, Work.FILES)


async def _connected(context: Context, connection: BusinessConnection) -> None:
    row = await context.rt.write(business.connected, _told(connection))
    if row is not None:
        told = CONNECTED if connection.is_enabled else DISCONNECTED
        sent = await context.bot.send_message(connection.user_chat_id, told)
        await context.rt.write(notices.reached, row.analyst_id, sent.message_id, None)


async def _make_known(context: Context, connection_id: str) -> None:
    """A connection that was made while nobody listened."""
    if await context.rt.read(business.is_known, connection_id):
        return
    try:
        connection = await context.bot.get_business_connection(connection_id)
    except BadRequest:  # it is over
        return
    await context.rt.write(business.connected, _told(connection))


def _told(connection: BusinessConnection) -> Told:
    can_reply = bool(connection.rights and connection.rights.can_reply)
    return Told(connection.id, connection.user.id, can_reply, connection.is_enabled)


async def not_a_dentist(update: Update, context: Context) -> None:
    await context.act(business.not_a_dentist, context.arguments["contact_id"], context.incoming.update_id)
    await context.show(Screen(FORGOTTEN))


ACTIONS = {"not_dentist": not_a_dentist}
