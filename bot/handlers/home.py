"""“Início”: the day at a glance, each figure a button to its list."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import NEXT, title
from bot.handlers.preferences import PREFERENCES
from bot.handlers.screen import Button, Screen, column, h
from bot.handlers.supervising import SUPERVISION
from bot.handlers.texts import count
from bot.services import day
from bot.services.next_up import ORDER
from bot.services.operation import Operation
from messages.calendar import greeting, show_day
from messages.people import first_name
from messages.statuses import Role, Worklist
from storage.models import Analyst

EMPTY = "{who} ainda não tem casos abertos. Para abrir um, envie aqui o arquivo do formulário ou toque em “Novo caso”."
NEW = Button("➕ Novo caso", "opening_new")
CALM = "Nada espera por você agora."
OTHERS = frozenset({Worklist.SCHEDULED, Worklist.WAITING, Worklist.OPEN})  # they wait for a time, or somebody else


def home_screen(analyst: Analyst, glance: day.Glance, op: Operation, now: datetime) -> Screen:
    """Greeting, and what there is; what there is none of is left out."""
    local, counts = op.local(now), glance.counts
    lines = [f"{greeting(local)}, {h(first_name(analyst.name))}! Hoje é {h(show_day(local.date()))}."]
    supervises = analyst.role is Role.SUPERVISOR
    if supervises and counts[Worklist.OPEN]:
        lines.append("Casos de toda a equipe:")
    if not counts[Worklist.OPEN]:
        lines += ["", EMPTY.format(who="A equipe" if supervises else "Você")]
    elif not (glance.quarantined or glance.approvals) and not any(
        n for which, n in counts.items() if which not in OTHERS
    ):
        lines += ["", CALM]
    waits = any(counts[which] for which in ORDER)
    buttons = [NEXT] if waits else []
    buttons += [Button(title(which, n), "list", {"which": which.value}) for which, n in counts.items() if n]
    if glance.approvals:
        buttons.append(Button(f"✅ {count(glance.approvals, 'aprovação', 'aprovações')}", "approvals"))
    if glance.quarantined:
        people = "1 remetente" if glance.quarantined == 1 else f"{glance.quarantined} remetentes"
        buttons.append(Button(f"❓ De quem é? {people}", "unfiled"))
    own = [NEW, SUPERVISION, PREFERENCES] if supervises else [NEW, PREFERENCES]
    return Screen("\n".join(lines), (*column(*buttons), *column(*own)))


async def command(update: Update, context: Context) -> None:
    """/inicio. A question that was open is left behind."""
    await context.leave()
    await show(context)


async def tapped(update: Update, context: Context) -> None:
    await show(context)


async def show(context: Context) -> None:
    glance = await context.read(day.glance, context.op)
    await context.show(home_screen(context.analyst, glance, context.op, await context.rt.now()))


ACTIONS = {"home": tapped}
