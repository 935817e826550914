"""Who a campaign's cases are, a page at a time or as a spreadsheet; before somebody's turn, what they would read."""

from datetime import datetime

from telegram import Update
from telegram.constants import ChatAction

from bot.handlers.campaigns import GROUPS, show
from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, column, h, quote, short
from bot.handlers.texts import body, heading, standing, when, who
from bot.services import campaign_people, campaign_report
from bot.services.campaign_people import Example, Page, Shown
from bot.services.operation import Operation
from messages.campaigns import TAKEN_OUT, Group
from messages.form.values import show_count
from messages.people import first_name

LONGEST = 3000  # characters of a message as somebody would read it


async def opened(update: Update, context: Context) -> None:
    """A page of a group. Of those left out one reason at a time: it is what one can do something about."""
    arguments = context.arguments
    campaign_id, group, why = arguments["campaign_id"], Group(arguments["group"]), arguments.get("why")
    if group is Group.LEFT_OUT and why is None:
        reasons = await context.read(campaign_people.reasons, campaign_id)
        if len(reasons) != 1:
            await context.show(reasons_screen(campaign_id, reasons))
            return
        (why,) = reasons
    page = await context.read(campaign_people.page, campaign_id, group, why, after=arguments.get("after", 0))
    await context.show(page_screen(page, context.op, await context.rt.now()))


def reasons_screen(campaign_id: int, reasons: dict[str, int]) -> Screen:
    """Why cases are left out, each reason a button to who they are."""
    about = {"campaign_id": campaign_id, "group": Group.LEFT_OUT.value}
    total = show_count(sum(reasons.values()))
    buttons = [Button(f"{many}: {why}", "campaign_people", about | {"why": why}) for why, many in reasons.items()]
    text = f"📣 Campanha nº {campaign_id}\n<b>{GROUPS[Group.LEFT_OUT]}: {total}</b>\nPor quê?"
    return Screen(text, (*column(*buttons), (_back(campaign_id),)))


def page_screen(page: Page, op: Operation, now: datetime) -> Screen:
    campaign_id = page.campaign.id or 0
    why = f" · {h(page.why)}" if page.why else ""
    lines = [f"📣 Campanha nº {campaign_id}", f"<b>{GROUPS[page.group]}: {show_count(page.total)}</b>{why}"]
    if page.rows:
        lines += ["", *(f"• {h(_told(page.group, row, op, now))}" for row in page.rows)]
    rows = [_leads(page, row) for row in page.rows if row.case is not None]
    return Screen("\n".join(lines), (*rows, *_turns(page), (_back(campaign_id),)))


def _told(group: Group, row: Shown, op: Operation, now: datetime) -> str:
    """Who, whose, and what became of it."""
    if row.case is None or row.dentist is None:
        return f"um caso que agora é com {first_name(row.owner or '')}"
    parts = [short(who(row.dentist), 60), *([f"com {first_name(row.owner)}"] if row.owner else [])]
    message = row.message
    if group is Group.ANSWERED and row.case.last_in_at is not None:
        said = f": {short(body(row.said), 70)}" if row.said is not None else ""
        parts.append(f"{when(row.case.last_in_at, now, op)}{said}")
    elif message is not None:
        at = f" {when(message.status_at, now, op)}" if message.status_at is not None else ""
        parts.append(f"{standing(message)}{at}{f': {short(message.error, 150)}' if message.error else ''}")
    return " · ".join(parts)


def _leads(page: Page, row: Shown) -> tuple[Button, ...]:
    """To the case; to what somebody who waits would read, from where it is one tap more."""
    assert row.case is not None and row.dentist is not None
    label = f"{short(who(row.dentist), 40)} · {row.case.protocol[-4:]}"
    about = {"campaign_id": page.campaign.id, "number": row.number}
    if page.group is Group.WAITING:
        return (Button(label, "campaign_example", about),)
    case = Button(label, "case", {"case_id": row.case.id})
    if page.why == TAKEN_OUT and page.campaign.status in campaign_people.CHANGING:
        return case, Button("↩️ Devolver", "campaign_put_back", about)
    return (case,)


def _turns(page: Page) -> list[tuple[Button, ...]]:
    """To the first page, and to the next."""
    about = {"campaign_id": page.campaign.id, "group": page.group.value, "why": page.why}
    turns = [] if page.first else [Button("▲ Do começo", "campaign_people", about)]
    if page.after is not None:
        turns.append(Button("Mais ▼", "campaign_people", about | {"after": page.after}))
    return [tuple(turns)] if turns else []


def _back(campaign_id: int) -> Button:
    return Button("Voltar", "campaign", {"campaign_id": campaign_id})


async def example(update: Update, context: Context) -> None:
    """As one of those who wait would read it."""
    arguments = context.arguments
    which = {"number": arguments.get("number"), "after": arguments.get("after", 0)}
    found = await context.read(campaign_people.example, arguments["campaign_id"], context.op, **which)
    await context.show(example_screen(found))


def example_screen(found: Example) -> Screen:
    about = {"campaign_id": found.campaign.id}
    lines = [f"📣 Campanha nº {found.campaign.id} · exemplo", heading(found.case, found.dentist), ""]
    if found.text is None:
        lines.append("⚠️ Falta um dado que o modelo usa, ou quem responda pelo caso: assim ela não sai para este caso.")
    else:
        lines.append(quote(short_lines(found.text)))
    change = (
        [Button("🚫 Deixar de fora", "campaign_take_out", about | {"number": found.number})]
        if found.campaign.status in campaign_people.CHANGING
        else []
    )
    waiting = Button("👥 Lista", "campaign_people", about | {"group": Group.WAITING.value})
    return Screen(
        "\n".join(lines),
        (
            (Button("Outro exemplo ▶", "campaign_example", about | {"after": found.number}), waiting),
            (Button("Abrir caso", "case", {"case_id": found.case.id}), *change),
            (_back(found.campaign.id or 0),),
        ),
    )


def short_lines(text: str) -> str:
    """As it is, in its lines; a very long one loses its end."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}…"


async def taken_out(update: Update, context: Context) -> None:
    arguments = context.arguments
    campaign_id, number = arguments["campaign_id"], arguments["number"]
    found = await context.read(campaign_people.example, campaign_id, context.op, number=number)
    await context.act(campaign_people.take_out, campaign_id, number)
    about = {"campaign_id": campaign_id}
    text = f"🚫 {bold(who(found.dentist))} ficou de fora da campanha nº {campaign_id}. O caso segue como estava."
    buttons = (
        Button("↩️ Desfazer", "campaign_put_back", about | {"number": number}),
        Button("Outro exemplo ▶", "campaign_example", about | {"after": number}),
        Button("👥 Lista", "campaign_people", about | {"group": Group.WAITING.value}),
        _back(campaign_id),
    )
    await context.show(Screen(text, (buttons[:2], buttons[2:])))


async def put_back(update: Update, context: Context) -> None:
    campaign_id = context.arguments["campaign_id"]
    await context.act(campaign_people.put_back, campaign_id, context.arguments["number"])
    await context.toast("Voltou para a campanha.")
    await show(context, campaign_id)


async def sheet(update: Update, context: Context) -> None:
    """All of them as a spreadsheet, below everything else."""
    campaign_id = context.arguments["campaign_id"]
    await context.rt.write(campaign_report.taken, context.analyst, campaign_id)
    context.action = ChatAction.UPLOAD_DOCUMENT
    today = context.op.local(await context.rt.now()).date()
    async with context.busy("Preparando a planilha…"):
        content = await context.read(campaign_report.report, campaign_id, context.op)
        await context.hand(f"campanha-{campaign_id}-{today:%Y-%m-%d}.xlsx", content)


ACTIONS = {
    "campaign_people": opened,
    "campaign_example": example,
    "campaign_take_out": taken_out,
    "campaign_put_back": put_back,
    "campaign_sheet": sheet,
}
