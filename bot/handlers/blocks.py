"""“Blocos”: the form's contacts before they are issued, regrouped and worded; the record itself never changes."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.dialogue import case_of, question
from bot.handlers.screen import Button, Screen, bold, h, prompt, short
from bot.handlers.texts import count, heading
from bot.services import blocks
from bot.services.operation import Operation
from messages.blocks import MAX_BLOCKS, Talk, Touch
from storage.models import DialogueStep

STEP = "block"
SHOWN = 3000  # characters of a block on the screen; the form has it whole
PLACES = 12  # touches at which a block may be parted, on one screen


async def asked(update: Update, context: Context) -> None:
    await _list(context, context.arguments["case_id"])


async def _list(context: Context, case_id: int, *, anew: bool = False) -> None:
    await context.show(list_screen(await context.read(blocks.view, case_id, context.op)), anew=anew)


def list_screen(view: blocks.View) -> Screen:
    lines = [heading(view.case, view.dentist), "", bold("Blocos do formulário"), "O que foi registrado não muda."]
    rows: list[tuple[Button, ...]] = []
    for n, talk in enumerate(view.talks, 1):
        name = f"{_name(n, talk)}{' · reescrito' if talk.key in view.worded else ''}"
        lines.append(f"• {h(name)}: {h(short(talk.notes, 100))}")
        rows.append((Button(name, "block", {"case_id": view.case.id, "key": talk.key}),))
    if not view.talks:
        lines.append("Ainda sem contatos.")
    return Screen("\n".join(lines), (*rows[:40], (Button("Voltar", "case", {"case_id": view.case.id}),)))


def _name(number: int, talk: Talk) -> str:
    day = f"{talk.date:%d/%m/%Y}" if talk.date else "sem data"
    return f"{number}º contato, {day}" if number <= MAX_BLOCKS else f"No {MAX_BLOCKS}º contato, {day}"


async def opened(update: Update, context: Context) -> None:
    await _block(context, context.arguments["case_id"], context.arguments["key"])


async def _block(context: Context, case_id: int, key: int, *, anew: bool = False) -> None:
    view = await context.read(blocks.view, case_id, context.op)
    await context.show(block_screen(view, key), anew=anew)


def block_screen(view: blocks.View, key: int) -> Screen:
    place = view.place(key)
    talk, about = view.talks[place], {"case_id": view.case.id, "key": key}
    lines = [heading(view.case, view.dentist), bold(_name(place + 1, talk)), "", h(_beginning(talk.notes))]
    rows: list[tuple[Button, ...]] = []
    if talk.imported:
        lines += ["", blocks.VERBATIM]
    elif view.case.closed_at is None:
        lines += ["", count(len(talk.touches), "registro", "registros")]
        rows.append((Button("✏️ Reescrever", "block_words", about),))
        if key in view.worded:
            rows.append((Button("Voltar ao texto do registro", "block_restore", about),))
        if place > 0 and not view.talks[place - 1].imported:
            rows.append((Button("Juntar ao anterior", "block_join", about),))
        if len(talk.touches) > 1:
            rows.append((Button("Separar…", "block_places", about),))
    rows.append((Button("Voltar", "blocks", {"case_id": view.case.id}),))
    return Screen("\n".join(lines), tuple(rows))


def _beginning(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


async def places(update: Update, context: Context) -> None:
    """At which touch does the next block begin?"""
    case_id, key = context.arguments["case_id"], context.arguments["key"]
    view = await context.read(blocks.view, case_id, context.op)
    choices = [
        (Button(_touch(touch, context.op), "block_split", {"case_id": case_id, "key": touch.key}),)
        for touch in view.talk(key).touches[1 : PLACES + 1]
    ]
    back = (Button("Voltar", "block", {"case_id": case_id, "key": key}),)
    text = f"{heading(view.case, view.dentist)}\n\nO bloco seguinte começa em qual registro?"
    await context.show(Screen(text, (*choices, back)))


def _touch(touch: Touch, op: Operation) -> str:
    local = op.local(touch.at)
    at = f"{local:%d/%m}" if touch.day_only else f"{local:%d/%m %H:%M}"
    return short(f"{at} {touch.text or touch.media}", 45)


async def joined(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(blocks.join, case_id, context.arguments["key"], context.op)
    await _list(context, case_id)


async def parted(update: Update, context: Context) -> None:
    case_id = context.arguments["case_id"]
    await context.act(blocks.split, case_id, context.arguments["key"], context.op)
    await _list(context, case_id)


async def restored(update: Update, context: Context) -> None:
    case_id, key = context.arguments["case_id"], context.arguments["key"]
    await context.act(blocks.restore, case_id, key, context.op)
    await _block(context, case_id, key)


async def words_asked(update: Update, context: Context) -> None:
    """The next text is the block's."""
    case_id, key = context.arguments["case_id"], context.arguments["key"]
    await context.read(blocks.view, case_id, context.op)
    await show(context, await context.ask(STEP, case_id, {"key": key}))


async def show(context: Context, step: DialogueStep) -> None:
    view = await context.read(blocks.view, step.case_id or 0, context.op)
    name = _name(view.place(step.data["key"]) + 1, view.talk(step.data["key"]))
    text = (
        f"{heading(view.case, view.dentist)}\n{bold(name)}\nEscreva o texto do bloco, como deve sair no formulário. "
        "O que foi registrado não muda, e a data do bloco também não."
    )
    await context.show(prompt(step, text), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    case_id, key = case_of(step), step.data["key"]
    await context.finish(blocks.reword, case_id, key, text, context.op)
    await _block(context, case_id, key, anew=True)


DIALOGUES = {STEP: question("Reescrever", "Espero o texto do bloco, como deve sair no formulário.", show, typed)}
ACTIONS = {
    "blocks": asked,
    "block": opened,
    "block_places": places,
    "block_join": joined,
    "block_split": parted,
    "block_restore": restored,
    "block_words": words_asked,
}
