"""Files for a dentist: sent as a Telegram reply to the dentist's card they go as an answer does; asked for by “Arquivo”
they are shown first."""

import asyncio
from dataclasses import dataclass

from telegram import Document, Message, PhotoSize, Update

from bot.handlers import drafting
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, question
from bot.handlers.screen import prompt
from bot.handlers.texts import who_after
from bot.services import cases, sending_files, taps
from messages.errors import InvalidInput
from messages.files import SENDABLE_LIMIT, sendable
from storage.models import DialogueStep

STEP = "attach"


@dataclass(frozen=True, slots=True)
class _Use:
    """Whom a file is for. ``shown_first``: it was asked for, and becomes a draft."""

    case_id: int
    shown_first: bool


async def asked(update: Update, context: Context) -> None:
    """The next file is for this case's dentist."""
    await show(context, await context.ask(STEP, context.arguments["case_id"]))


async def show(context: Context, step: DialogueStep) -> None:
    view = await context.read(cases.view, step.case_id)
    text = (
        f"Envie o arquivo {who_after('para', view.dentist)}: PDF, imagem, Word ou Excel. O que você escrever na "
        "legenda vai junto. Antes de sair, você confere."
    )
    await context.show(prompt(step, text), anew=True)


async def taken(update: Update, context: Context) -> bool:
    """Whether the file that came was for a dentist."""
    message = update.effective_message
    assert message is not None
    use = await _use_of(context, message)
    if use is None:
        return False
    file = message.document or message.photo[-1]
    content = await _download(context, file)
    name = file.file_name or "arquivo" if isinstance(file, Document) else "foto.jpg"
    document = await asyncio.to_thread(sendable, name, content)
    caption = message.caption or ""
    if use.shown_first:
        sent = await context.finish(sending_files.draft, use.case_id, document, caption, context.op)
    else:
        sent = await context.act(sending_files.answer, use.case_id, document, caption, context.op)
    await drafting.show(context, sent)
    return True


async def _use_of(context: Context, message: Message) -> _Use | None:
    step = await context.read(taps.step_of)
    waits = step is not None and step.name == STEP
    if message.reply_to_message is not None:
        about = await context.about(message.reply_to_message)
        if about.case_id is not None:
            return _Use(about.case_id, shown_first=False)
        if waits and step is not None and step.case_id is not None and about.prompt == f"prompt:{step.key}":
            return _Use(step.case_id, shown_first=True)
        return None
    if waits and step is not None and step.case_id is not None and not taps.is_past(step, now=await context.rt.now()):
        return _Use(step.case_id, shown_first=True)
    return None


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    raise InvalidInput("Espero o arquivo: envie-o, e o que o dentista vai ler com ele vai na legenda.")


async def _download(context: Context, file: Document | PhotoSize) -> bytes:
    if (file.file_size or 0) > SENDABLE_LIMIT:
        raise InvalidInput(f"O arquivo passa de {SENDABLE_LIMIT // 1024**2} MB: envie uma versão menor.")
    return bytes(await (await context.bot.get_file(file.file_id)).download_as_bytearray())


DIALOGUES = {
    STEP: question(
        "Arquivo",
        "Espero o arquivo para o dentista: PDF, imagem, Word ou Excel. Antes de sair, você confere.",
        show,
        typed,
        Takes.WORDS,
    )
}
ACTIONS = {"attach": asked}
