"""“Completar”: what the header of a case lacks, or says wrongly, is told a thing at a time."""

from typing import Any

from telegram import Update

from bot.handlers import readjusting
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, case_of, question
from bot.handlers.screen import Button, Screen, abreast, bold, h, prompt
from bot.handlers.texts import heading, who
from bot.services import cases, stating
from storage.models import DialogueStep

STEP = "fact"


async def asked(update: Update, context: Context) -> None:
    await _choices(context, context.arguments["case_id"])


async def _choices(context: Context, case_id: int, *, anew: bool = False) -> None:
    await context.show(choices_screen(await context.read(cases.view, case_id)), anew=anew)


def choices_screen(view: cases.View) -> Screen:
    """What is missing comes first."""
    rows = {field: view.dentist if field in stating.OF_DENTIST else view.case for field in stating.ASKED}
    missing = [field for field, row in rows.items() if getattr(row, field) is None]
    known = [field for field in rows if field not in missing]
    lines = [heading(view.case, view.dentist), ""]
    if missing:
        lines.append(f"Falta: {h(', '.join(stating.ASKED[field].label for field in missing))}.")
    lines.append("Toque no que quer informar ou corrigir.")
    buttons = [
        Button(f"{sign} {stating.ASKED[field].label}", "fact", {"case_id": view.case.id, "field": field})
        for sign, fields in (("➕", missing), ("✏️", known))
        for field in fields
    ]
    return Screen("\n".join(lines), (*abreast(buttons), (Button("Voltar", "details", {"case_id": view.case.id}),)))


async def fact(update: Update, context: Context) -> None:
    """The next text tells it."""
    data: dict[str, Any] = {name: context.arguments[name] for name in ("field", "back") if name in context.arguments}
    await show(context, await context.ask(STEP, context.arguments["case_id"], data))


async def show(context: Context, step: DialogueStep) -> None:
    asked_for, view = stating.ASKED[step.data["field"]], await context.read(cases.view, step.case_id)
    text = f"Escreva {h(asked_for.called)}, por exemplo {h(asked_for.example)}. Caso: {bold(who(view.dentist))}."
    await context.show(prompt(step, text), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    case_id = case_of(step)
    await context.finish(stating.state_fact, case_id, step.data["field"], text)
    if step.data.get("back") == readjusting.STEP:
        await readjusting.show(context, case_id, anew=True)
    else:
        await _choices(context, case_id, anew=True)


DIALOGUES = {
    STEP: question(
        "Completar ou corrigir",
        "Espero o valor que falta ou está errado: escreva-o, como no exemplo da tela.",
        show,
        typed,
        Takes.WORDS,
    )
}
ACTIONS = {"complete": asked, "fact": fact}
