"""A pasted or exported conversation: read, matched, shown in figures, recorded by a tap."""

from dataclasses import replace
from datetime import datetime

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, case_of, holding, question
from bot.handlers.screen import Binding, Button, Screen, bold, h, prompt, short
from bot.handlers.texts import OTHER_CASE, when, who, who_after
from bot.services import cases, pasting, taps
from bot.services.operation import Operation
from messages.errors import InvalidInput
from messages.transcripts import read_transcript
from storage.models import DialogueStep

ASK = "paste"  # the question's step; what was sent is kept in pasting.STEP


def looks_like_transcript(text: str) -> bool:
    """Whether there is at least one message of a WhatsApp conversation in it."""
    try:
        return bool(read_transcript(text).messages)
    except InvalidInput:
        return False


async def pasted(context: Context, text: str, case_id: int | None = None) -> None:
    """Take the conversation in and show what it is."""
    await context.act(pasting.begin, text, case_id)
    await show(context)


async def transcript(context: Context, text: str) -> None:
    """A conversation as text, however it came: a further piece of the one in hand, or of the case it was asked for."""
    step = await context.read(taps.step_of)
    if step is not None and step.name == pasting.STEP:
        await continued(context, text)
    else:
        await pasted(context, text, await asked_for(context))


async def asked_for(context: Context) -> int | None:
    """The case whose conversation was asked for, not too long ago; else the one whose topic it came in."""
    step = await context.read(taps.step_of)
    if step is None or step.name != ASK or taps.is_past(step, now=await context.rt.now()):
        return context.topic_case
    return step.case_id


async def asked(update: Update, context: Context) -> None:
    """The next text, or file, is a conversation of this case."""
    await paste_prompt(context, await context.ask(ASK, context.arguments["case_id"]))


async def paste_prompt(context: Context, step: DialogueStep) -> None:
    view = await context.read(cases.view, step.case_id)
    text = (
        f"Cole aqui a conversa {who_after('com', view.dentist)}, copiada do WhatsApp, encaminhe as mensagens do "
        "Telegram ou envie o arquivo exportado (.txt ou .zip)."
    )
    await context.show(prompt(step, text), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    await pasted(context, text, case_of(step))


async def typed_on(context: Context, step: DialogueStep, text: str) -> None:
    await continued(context, text)


async def continued(context: Context, text: str) -> None:
    """Telegram cuts a long paste in pieces: what comes soon after, of the same people, belongs to the conversation."""
    await context.act(pasting.append, text)
    await show(context)


async def show(context: Context, *, anew: bool = False) -> None:
    preview = await context.read(pasting.preview, context.op)
    await context.show(conversation_screen(preview, context.op, await context.rt.now()), anew=anew)


def conversation_screen(preview: pasting.Preview, op: Operation, now: datetime) -> Screen:
    """What the conversation in hand is, and what is asked about it."""
    screen = replace(_screen(preview, op, now), step=preview.key)
    if preview.left:
        told = f"⚠️ A conversa colada antes ({h(short(', '.join(preview.left), 150))}) não foi registrada."
        screen = replace(screen, text=f"{screen.text}\n\n{told}")
    return screen


def _screen(preview: pasting.Preview, op: Operation, now: datetime) -> Screen:
    cancel = Button("Cancelar", "paste_cancel")
    if preview.case is None or preview.dentist is None:
        rows = tuple(
            (Button(f"{who(d)} · {c.protocol[-4:]}", "paste_case", {"case_id": c.id}),) for c, d in preview.choices
        )
        asking = f"📋 Conversa com {_count(preview.total)}. De qual caso é?"
        binding = Binding(f"prompt:{preview.key}", "prompt")
        return Screen(f"{asking}\n{OTHER_CASE}", (*rows, (cancel,)), binding)
    leave = (Button("Outro caso", "paste_other"), cancel)
    if preview.unknown:
        author = preview.unknown[0]
        sides = (
            Button("Do lado do dentista", "paste_side", {"author": author, "ours": False}),
            Button("É da operadora", "paste_side", {"author": author, "ours": True}),
        )
        return Screen(f"📋 Conversa com {_count(preview.total)}. Quem é {bold(author)}?", (sides, leave))
    known = preview.total - preview.new
    lines = [
        f"📋 <b>{_count(preview.total)}: {preview.new} nova{_s(preview.new)}, {known} já registrada{_s(known)}</b>",
        f"Caso {who_after('de', preview.dentist)} · {h(preview.case.protocol)}",
    ]
    if preview.notes:
        lines.append(f"E {preview.notes} anotaç{'ões' if preview.notes > 1 else 'ão'} entre as mensagens.")
    if preview.first and preview.last:
        lines.append(f"De {h(when(preview.first, now, op))} a {h(when(preview.last, now, op))}.")
    if preview.ambiguous:
        lines.append("⚠️ Não dá para saber qual é o dia e qual é o mês: li como dia/mês. Confira.")
    if not preview.new and not preview.notes:
        return Screen("\n".join([*lines, "Nada a registrar."]), (leave,))
    return Screen("\n".join(lines), ((Button("✅ Registrar", "paste_record"),), leave))


def _count(total: int) -> str:
    return f"{total} mensage{'ns' if total != 1 else 'm'}"


def _s(number: int) -> str:
    return "" if number == 1 else "s"


async def case_chosen(update: Update, context: Context) -> None:
    await context.act(pasting.choose_case, context.arguments["case_id"])
    await show(context)


async def other_case(update: Update, context: Context) -> None:
    """Not the case that was found."""
    await context.act(pasting.ask_case)
    await show(context)


async def named(context: Context, text: str) -> None:
    """A Telegram reply to “De qual caso é?” names the case."""
    await context.act(pasting.choose_named, text)
    await show(context)


async def side_chosen(update: Update, context: Context) -> None:
    await context.act(pasting.choose_side, context.arguments["author"], context.arguments["ours"])
    await show(context)


async def recorded(update: Update, context: Context) -> None:
    case = await context.act(pasting.record, context.op)
    await context.toast("Conversa registrada.")
    assert case.id is not None
    await card(context, case.id)


async def cancelled(update: Update, context: Context) -> None:
    await context.act(taps.leave)
    await context.show(Screen("Conversa descartada. Nada foi registrado."))


DIALOGUES = {
    ASK: question(
        "Colar conversa",
        "Espero a conversa: cole o texto do WhatsApp, encaminhe as mensagens ou envie o arquivo exportado.",
        paste_prompt,
        typed,
    ),
    pasting.STEP: holding(
        "Há uma conversa por registrar: diga de quem é, se a tela pergunta, e toque em “Registrar”.",
        show,
        cancelled,
        typed_on,
        Takes.CONVERSATIONS,
    ),
}
ACTIONS = {
    "paste": asked,
    "paste_case": case_chosen,
    "paste_other": other_case,
    "paste_side": side_chosen,
    "paste_record": recorded,
    "paste_cancel": cancelled,
}
