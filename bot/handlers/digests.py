"""The day's summaries in the chat, and “Avisos”, where each person says which they want."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME, NEXT, title
from bot.handlers.screen import Binding, Button, Screen, box, column, h, short
from bot.handlers.texts import who
from bot.services import digests
from bot.services.digests import Summary
from bot.services.operation import Operation
from messages.calendar import greeting, show_day, show_hour
from messages.people import first_name
from messages.statuses import DayPart, Worklist
from storage.lists import Listed
from storage.models import Analyst, AuditEntry, FollowUp

NAMING = {Worklist.OVERDUE: "Retornos vencidos:", Worklist.TODAY: "Retornos de hoje:"}
NOTICES = Button("🔔 Avisos", "digests")


def summary_screen(analyst: Analyst, told: Summary, op: Operation, now: datetime) -> Screen:
    """What waits, each figure a button to its list."""
    local = op.local(now)
    if told.part is DayPart.MORNING:
        lines = [f"☀️ {greeting(local)}, {h(first_name(analyst.name))}! Hoje é {h(show_day(local.date()))}."]
    else:
        lines = [f"🌙 Fim do expediente, {h(first_name(analyst.name))}. Ficou em aberto:"]
    for which, named in told.named.items():
        lines += ["", _naming(told, which), *(f"• {h(_named(listed, op, now))}" for listed in named)]
        more = told.counts[which] - len(named)
        lines += [f"… e mais {more}"] if more > 0 else []
    buttons = [Button(title(which, n), "list", {"which": which.value}) for which, n in told.counts.items()]
    rows = column(*buttons, NEXT if told.part is DayPart.MORNING else None, NOTICES)
    return Screen("\n".join(lines), rows, Binding(told.part.value, told.part.value), quiet=told.quiet)


def _naming(told: Summary, which: Worklist) -> str:
    if which is Worklist.OVERDUE and told.part is DayPart.MORNING:  # here it may stand for the notice of that name
        return f"{title(which, told.counts[which])}:"
    return NAMING[which]


def _named(listed: Listed, op: Operation, now: datetime) -> str:
    local = op.local(listed.at)
    at = show_hour(local.time()) if local.date() == op.local(now).date() else f"{local:%d/%m}"
    reason = listed.row.reason if isinstance(listed.row, FollowUp) else ""
    return f"{at} · {short(who(listed.dentist), 50)}" + (f": {short(reason, 60)}" if reason else "")


async def command(update: Update, context: Context) -> None:
    """/avisos."""
    await context.leave()
    await show(context)


async def asked(update: Update, context: Context) -> None:
    await show(context)


async def show(context: Context) -> None:
    wanted = await context.read(digests.wanted)
    hours = context.op.hours
    named = {
        DayPart.MORNING: f"Resumo da manhã ({show_hour(hours.start)})",
        DayPart.EVENING: f"O que ficou, no fim do dia ({show_hour(hours.end)})",
    }
    lines = [
        "🔔 <b>Avisos</b>",
        "Os resumos vêm só em dias de trabalho. Um retorno é avisado sempre, na hora marcada; sem ação, de novo, e por "
        "fim à supervisão.",
    ]
    buttons = [
        Button(box(name, wanted[part]), "digest_set", {"part": part.value, "on": not wanted[part]})
        for part, name in named.items()
    ]
    await context.show(Screen("\n".join(lines), column(*buttons, HOME)))


async def switched(update: Update, context: Context) -> None:
    arguments = context.arguments
    await done(context, await context.act(digests.switch, DayPart(arguments["part"]), arguments["on"], context.op))


async def done(context: Context, entry: AuditEntry) -> None:
    await context.toast("Você volta a receber este resumo." if entry.detail["wanted"] else "Você não recebe mais este.")
    await show(context)


ACTIONS = {"digests": asked, "digest_set": switched}
