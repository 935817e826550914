"""“Painel”: a period's figures as pictures that are also told in words; a tap draws others, or makes a sheet."""

import asyncio

from telegram import Update
from telegram.constants import ChatAction

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, h
from bot.services import panel
from messages.panel.pages import Page, Section, caption
from messages.panel.picture import to_png
from messages.periods import NAMES, Period
from messages.statuses import Role
from messages.workbooks import to_xlsx

PANEL = Button("📊 Painel", "panel")
PERIODS = ((Period.MONTH, Period.LAST_MONTH), (Period.THREE_MONTHS, Period.YEAR, Period.ALL))
SECTIONS = {
    Section.FUNNEL: "Funil",
    Section.REASONS: "Motivos",
    Section.TIME: "Prazos",
    Section.CITIES: "Cidades",
    Section.PEOPLE: "Pessoas",
}


async def command(update: Update, context: Context) -> None:
    """/painel."""
    await context.leave()
    await _show(context, Section.FUNNEL, Period.MONTH)


async def tapped(update: Update, context: Context) -> None:
    await _show(context, *_chosen(context))


async def sheet(update: Update, context: Context) -> None:
    """The same figures, all of them, as a spreadsheet."""
    _, period = _chosen(context)
    context.action = ChatAction.UPLOAD_DOCUMENT
    found = await context.read(panel.everything, period, context.op)
    today = context.op.local(await context.rt.now()).date()
    await context.hand(f"painel-{period.value}-{today:%Y-%m-%d}.xlsx", await asyncio.to_thread(to_xlsx, found))


def _chosen(context: Context) -> tuple[Section, Period]:
    """What the tapped button asks for; a button that opens the panel asks for its first page."""
    section, period = context.arguments.get("section", Section.FUNNEL), context.arguments.get("period", Period.MONTH)
    return Section(section), Period(period)


async def _show(context: Context, section: Section, period: Period) -> None:
    context.action = ChatAction.UPLOAD_PHOTO
    page = await context.read(panel.page, section, period, context.op)
    picture = await asyncio.to_thread(to_png, page)
    await context.show(_screen(page, picture, section, period, context.analyst.role))


def _screen(page: Page, picture: bytes, section: Section, period: Period, role: Role) -> Screen:
    """``role``: who sees which sections; each use-case asks again."""
    offered = [one for one in Section if one is not Section.PEOPLE or role is Role.SUPERVISOR]
    sections = [_button(SECTIONS[one], one, period, one is section) for one in offered]
    periods = tuple(tuple(_button(NAMES[one], section, one, one is period) for one in row) for row in PERIODS)
    rows = (
        tuple(sections[:3]),
        tuple(sections[3:]),
        *periods,
        (Button("📄 Planilha", "panel_sheet", {"period": period.value}), HOME),
    )
    lines = [f"📊 {bold(page.title)}", *map(h, caption(page))]
    return Screen("\n".join(lines), rows, picture=picture)


def _button(label: str, section: Section, period: Period, chosen: bool) -> Button:
    return Button(f"• {label}" if chosen else label, "panel", {"section": section.value, "period": period.value})


ACTIONS = {"panel": tapped, "panel_sheet": sheet}
