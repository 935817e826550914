"""“Operação”: what supervisors set for everybody, a value a screen, each with where it comes from and what it was."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.dialogue import question
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, column, h, prompt, short
from bot.handlers.texts import when
from bot.services import settings
from messages.operation import NONE
from storage.models import DialogueStep

PAGE = 10
OPERATION = Button("⚙️ Operação", "operation")


async def command(update: Update, context: Context) -> None:
    """/operacao."""
    await context.leave()
    await asked(update, context)


async def asked(update: Update, context: Context) -> None:
    values = await context.read(settings.overview, context.operations)
    lines = ["⚙️ <b>Operação</b>", "Vale para toda a equipe, a partir da próxima mensagem.", ""]
    lines += [
        f"• {v.setting.title}: {h(short(v.shown, 80))}" + (" (alterado)" if v.changed is not None else "")
        for v in values
    ]
    buttons = [Button(v.setting.title, "setting", {"setting": v.key}) for v in values]
    await context.show(Screen("\n".join(lines), (*column(*buttons), (HOME,))))


async def opened(update: Update, context: Context) -> None:
    await show_setting(context, context.arguments["setting"])


async def show_setting(context: Context, key: str) -> None:
    """The value, where it comes from, and what can be done about it."""
    value, about = await context.read(settings.value, key, context.operations), {"setting": key}
    lines = [f"⚙️ {bold(value.setting.title)}", h(value.setting.asking), "", bold(value.shown)]
    if value.changed is None:
        lines.append("Padrão do servidor.")
    else:
        at = when(value.changed.created_at, await context.rt.now(), context.op)
        lines.append(f"Alterado por {h(value.by)}, {h(at)}.")
    back = Button(f"Voltar ao padrão: {short(value.base, 30)}", "setting_reset", about)
    rows = column(
        Button("✏️ Mudar", "setting_edit", about),
        back if value.changed is not None else None,
        Button("Histórico", "setting_history", about),
        Button("Voltar", "operation"),
    )
    await context.show(Screen("\n".join(lines), rows))


async def edit(update: Update, context: Context) -> None:
    """The next text is the new value."""
    key = context.arguments["setting"]
    await context.read(settings.value, key, context.operations)
    await prompt_again(context, await context.ask(settings.STEP, None, {"key": key}))


async def prompt_again(context: Context, step: DialogueStep) -> None:
    value = await context.read(settings.value, step.data["key"], context.operations)
    setting = value.setting
    text = (
        f"⚙️ {bold(setting.title)}\n{h(setting.asking)}\nAgora: {bold(value.shown)}\n"
        f"Escreva o novo valor, como “{h(setting.example)}”."
    )
    await context.show(prompt(step, text), anew=True)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    key = step.data["key"]
    await context.finish(settings.change, key, text)
    await show_setting(context, key)


async def reset(update: Update, context: Context) -> None:
    row = await context.act(settings.reset, context.arguments["setting"])
    await context.toast("O padrão do servidor voltou a valer.")
    await show_setting(context, row.key)


async def history(update: Update, context: Context) -> None:
    """What it was, when, and by whom it was changed."""
    key, before = context.arguments["setting"], context.arguments.get("before")
    value = await context.read(settings.value, key, context.operations)
    found = await context.read(settings.history, key, before, PAGE + 1)
    now, shown = await context.rt.now(), found[:PAGE]
    lines = [f"⚙️ {bold(value.setting.title)}: histórico", ""]
    for row, by in shown:
        told = "voltou ao padrão do servidor" if row.value is None else short(row.value or NONE, 100)
        lines.append(f"• {h(when(row.created_at, now, context.op))}, {h(by)}: {h(told)}")
    if not found:
        lines.append("Nunca foi alterado.")
    more = Button("Mais ▼", "setting_history", {"setting": key, "before": shown[-1][0].version}) if shown else None
    rows = column(more if len(found) > PAGE else None, Button("Voltar", "setting", {"setting": key}))
    await context.show(Screen("\n".join(lines), rows))


DIALOGUES = {
    settings.STEP: question("Mudar", "Espero o novo valor: escreva-o como no exemplo da tela.", prompt_again, typed)
}
ACTIONS = {
    "operation": asked,
    "setting": opened,
    "setting_edit": edit,
    "setting_reset": reset,
    "setting_history": history,
}
