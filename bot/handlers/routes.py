"""Which update goes to which handler: the whole chat on one page."""

from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.handlers import (
    access,
    approvals,
    aside,
    attaching,
    blocks,
    bulk,
    business,
    byhand,
    campaign_choosing,
    campaign_people,
    campaign_starting,
    campaigns,
    cases,
    closing,
    completing,
    details,
    digests,
    drafting,
    files,
    followups,
    forms,
    forwarding,
    helping,
    home,
    importing,
    index,
    invitations,
    library,
    lists,
    meta_templates,
    next_up,
    noting,
    opening,
    operation,
    panel,
    pasting,
    pauses,
    preferences,
    questions,
    quick,
    readings,
    readjusting,
    readjustment_card,
    received,
    replies,
    rules,
    searching,
    sending_later,
    settling,
    supervising,
    team,
    topics,
)
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes
from bot.handlers.dialogues import DIALOGUES
from bot.handlers.errors import on_error, refuse
from bot.handlers.screen import asked_again
from bot.runtime import Runtime
from bot.services import notices, taps
from bot.services import pasting as paste
from bot.services.operation import Operations
from messages.case_line import as_protocol
from messages.errors import Conflict, InvalidInput, NotFound, UserError
from messages.finding import folded

MODULES = (
    home,
    lists,
    next_up,
    cases,
    details,
    completing,
    opening,
    importing,
    drafting,
    invitations,
    sending_later,
    bulk,
    byhand,
    attaching,
    replies,
    business,
    received,
    quick,
    readings,
    followups,
    digests,
    campaigns,
    campaign_choosing,
    campaign_people,
    campaign_starting,
    pasting,
    pauses,
    forms,
    closing,
    settling,
    blocks,
    questions,
    noting,
    supervising,
    team,
    rules,
    approvals,
    operation,
    library,
    index,
    preferences,
    topics,
    meta_templates,
    readjusting,
    readjustment_card,
    panel,
    aside,
)
ACTIONS = {name: handler for module in MODULES for name, handler in module.ACTIONS.items()}
LEADS_OUT = frozenset({"campaign", "case", "draft", "reply_card", "rules", "template"})  # of a dialogue
COMMANDS = {
    "start": access.start,
    "inicio": home.command,
    "proximo": next_up.command,
    "novo": opening.command,
    "nota": noting.command,
    "casos": lists.open_cases,
    "retorno": followups.command,
    "avisos": digests.command,
    "reajuste": readjusting.command,
    "campanha": campaigns.command,
    "regras": rules.command,
    "aprovacoes": approvals.command,
    "equipe": team.command,
    "operacao": operation.command,
    "modelos": library.command,
    "buscar": searching.command,
    "preferencias": preferences.command,
    "formularios": forms.command,
    "painel": panel.command,
    "ajuda": helping.command,
    "cancelar": aside.command,
}
PLAIN = {  # what says the same as a command, where nothing else is said
    "inicio": "inicio",
    "menu": "inicio",
    "proximo": "proximo",
    "novo caso": "novo",
    "ajuda": "ajuda",
    "cancelar": "cancelar",
    "cancela": "cancelar",
}
TOO_LONG = (
    "Não reconheci este texto: não é uma conversa do WhatsApp, e é longo demais para uma busca. Para guardá-lo em um "
    "caso, use /nota; para escrever a um dentista, responda à mensagem dele."
)

Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]


def build(
    token: str, api_url: str, rt: Runtime, operations: Operations, failures: dict[int, BaseException]
) -> Application[Any, Any, Any, Any, Any, Any]:
    """The library's application, without its own updater: updates come from rows.

    ``failures`` gets what a handler raised, by update id: the library would swallow it.
    """
    bound = type("BoundContext", (Context,), {"rt": rt, "operations": operations, "failures": failures})
    base = api_url.rstrip("/")
    app: Application[Any, Any, Any, Any, Any, Any] = (
        Application.builder()
        .token(token)
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .updater(None)
        .rate_limiter(AIORateLimiter(max_retries=3))
        .context_types(ContextTypes(context=bound, user_data=dict, chat_data=dict, bot_data=dict))
        .get_updates_connection_pool_size(2)
        .connection_pool_size(64)
        .build()
    )
    message = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
    command = message & ~filters.FORWARDED  # what somebody else typed commands nothing
    app.add_handler(TypeHandler(Update, access.gate), group=-1)
    for name, handler in COMMANDS.items():
        app.add_handler(CommandHandler(name, attended(handler), filters=command))
    app.add_handler(CallbackQueryHandler(attended(tapped)))
    app.add_handler(MessageHandler(message & filters.FORWARDED, attended(forwarding.came)))
    app.add_handler(MessageHandler(message & (filters.Document.ALL | filters.PHOTO), attended(files.came)))
    app.add_handler(MessageHandler(message & filters.COMMAND, attended(helping.unknown_command)))
    app.add_handler(MessageHandler(message & filters.TEXT, attended(written)))
    app.add_handler(MessageHandler(message, attended(helping.unreadable)))
    corrected = filters.ChatType.PRIVATE & filters.UpdateType.EDITED_MESSAGE & filters.TEXT
    app.add_handler(MessageHandler(corrected, attended(helping.corrected)))
    app.add_error_handler(on_error)
    return app


def attended(handler: Handler) -> Handler:
    """Whoever waits longer than a moment for it sees that something is being done, and is told what cannot be.

    Here it is known who asks and what was tapped: the library's last resort gets a context without both.
    """

    async def handle(update: Update, context: Context) -> None:
        async with context.attending():
            try:
                await handler(update, context)
            except UserError as error:
                await refuse(context, error)

    return handle


async def tapped(update: Update, context: Context) -> None:
    """A button: its token says what it is for. One that leads elsewhere leaves the open dialogue behind."""
    assert update.callback_query is not None
    context.tap = await context.read(taps.read_tap, update.callback_query.data or "")
    if context.tap.action not in ACTIONS:  # drawn by an earlier version
        raise NotFound(taps.GONE)
    if taps.STEP_KEY not in context.tap.arguments or context.tap.action in LEADS_OUT:
        await context.leave()
    await ACTIONS[context.tap.action](update, context)
    await context.toast("")


async def written(update: Update, context: Context) -> None:
    """A text: a Telegram reply to a screen is about that screen; a command's plain word is the command; a protocol is
    looked up; else it is for the open dialogue; else it speaks for itself: a conversation, or what to search for."""
    message = update.effective_message
    assert message is not None and message.text is not None
    text = message.text
    if message.reply_to_message is not None:
        about = await context.about(message.reply_to_message)
        if await _replied(context, about, text):
            return
        context.prompted = about.prompt is not None
    if name := PLAIN.get(" ".join(folded(text))):
        await COMMANDS[name](update, context)
        return
    protocol = as_protocol(text)
    if protocol and not (await noting.asks_for_case(context) or await opening.asks_for_protocol(context)):
        await context.leave()
        await cases.find(context, protocol)
    elif await _for_dialogue(context, text):
        return
    elif pasting.looks_like_transcript(text):
        await pasting.pasted(context, text, context.topic_case)
    elif context.topic_case is not None:
        await topics.typed(context, context.topic_case, text)
    elif len(text) <= searching.LONGEST:
        await searching.search(context, text)
    elif not await noting.continued(context, text):
        raise InvalidInput(TOO_LONG)


async def _replied(context: Context, about: notices.Subject, text: str) -> bool:
    """Whether the reply was to a screen that takes one: new text for a draft, words for the dentist of a card."""
    if about.message_id is not None:
        await drafting.edited(context, about.message_id, text)
    elif about.case_id is not None:
        await replies.answered(context, about.case_id, text)
    elif about.contact_id is not None:
        await replies.named(context, about.contact_id, text)
    elif about.prompt is not None:
        step = await context.read(taps.step_of)
        if step is None or about.prompt != f"prompt:{step.key}":
            raise Conflict("Esta pergunta ficou para trás, e nada foi registrado: toque de novo no botão.")
        if step.name != paste.STEP or pasting.looks_like_transcript(text):
            return False
        await pasting.named(context, text)
    else:
        return False
    return True


async def _for_dialogue(context: Context, text: str) -> bool:
    """Whether an open dialogue was waiting for this text. Raises Conflict when the question was asked too long ago."""
    step = await context.read(taps.step_of)
    if step is None:
        return False
    dialogue, conversation = DIALOGUES[step.name], pasting.looks_like_transcript(text)
    if not context.prompted and taps.is_past(step, now=await context.rt.now()):
        await context.leave()
        if conversation:
            return False
        raise Conflict(
            f"A pergunta de “{dialogue.button}” ficou para trás, e nada foi registrado: toque de novo "
            "no botão. Para procurar um caso, escreva outra vez."
        )
    others = {Takes.ALL: False, Takes.WORDS: conversation, Takes.CONVERSATIONS: not conversation, Takes.NONE: True}
    if dialogue.typed is None or others[dialogue.takes]:
        return False
    try:
        await dialogue.typed(context, step, text)
    except InvalidInput as error:
        await context.show(asked_again(step, error.text))
    return True
