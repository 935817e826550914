"""The lists: what waits in each, a page at a time; a tap leads to the case, the draft or the follow-up."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold, h, short
from bot.handlers.texts import body, when, who
from bot.services import day
from bot.services.operation import Operation
from messages.people import first_name
from messages.statuses import ChannelName, Worklist
from storage.lists import Listed
from storage.models import FollowUp, Message

HOME = Button("Início", "home")
NEXT = Button("Próximo ▶", "next")
TITLES = {  # list → (for one, for several, when there is none)
    Worklist.REPLIES: ("💬 {n} resposta nova", "💬 {n} respostas novas", "💬 Nenhuma resposta nova."),
    Worklist.UNTOUCHED: ("🆕 {n} caso sem 1º contato", "🆕 {n} casos sem 1º contato", "🆕 Nenhum caso sem 1º contato."),
    Worklist.OVERDUE: ("⏰ {n} retorno vencido", "⏰ {n} retornos vencidos", "✅ Nenhum retorno vencido."),
    Worklist.PREPARED: (
        "📝 {n} próximo contato pronto",
        "📝 {n} próximos contatos prontos",
        "📝 Nenhum contato pronto.",
    ),
    Worklist.ESCALATED: (
        "🚨 {n} retorno sem ação",
        "🚨 {n} retornos sem ação",
        "✅ Nenhum retorno sem ação.",
    ),
    Worklist.TODAY: ("📅 {n} retorno hoje", "📅 {n} retornos hoje", "📅 Nenhum outro retorno hoje."),
    Worklist.STILL: ("⏸ {n} caso parado", "⏸ {n} casos parados", "⏸ Nenhum caso parado."),
    Worklist.DRAFTS: ("📝 {n} rascunho", "📝 {n} rascunhos", "📝 Nenhum rascunho."),
    Worklist.SCHEDULED: ("🕓 {n} envio agendado", "🕓 {n} envios agendados", "🕓 Nenhum envio agendado."),
    Worklist.DOUBTS: ("❔ {n} envio em dúvida", "❔ {n} envios em dúvida", "❔ Nenhum envio em dúvida."),
    Worklist.WAITING: (
        "⌛ {n} à espera do dentista",
        "⌛ {n} à espera do dentista",
        "⌛ Nada à espera do dentista.",
    ),
    Worklist.ORPHANED: (
        "⚠️ {n} caso sem responsável ativo",
        "⚠️ {n} casos sem responsável ativo",
        "✅ Nenhum caso sem responsável ativo.",
    ),
    Worklist.OPEN: ("📂 {n} caso aberto", "📂 {n} casos abertos", "📂 Nenhum caso aberto."),
}


def title(which: Worklist, total: int) -> str:
    """“3 respostas novas”, as people say it."""
    one, several, none = TITLES[which]
    return (none if total == 0 else one if total == 1 else several).format(n=total)


def page_screen(page: day.Page, op: Operation, now: datetime) -> Screen:
    """A page of a list, with what leads to each row, to the rest and back."""
    lines = [bold(title(page.which, page.total))]
    rows: list[tuple[Button, ...]] = [(_lead(listed),) for listed in page.rows]
    if page.rows:
        lines += ["", *(f"• {h(_told(page, listed, op, now))}" for listed in page.rows)]
    rows += _turns(page)
    if page.which is Worklist.DRAFTS:
        rows += _of_drafts(page)
    rows.append((HOME,))
    return Screen("\n".join(lines), tuple(rows))


def _turns(page: day.Page) -> list[tuple[Button, ...]]:
    """To the first page, and to the next."""
    which = {"which": page.which.value}
    turns = [] if page.first else [Button("▲ Do começo", "list", which)]
    if page.after is not None:
        at, number = page.after
        turns.append(Button("Mais ▼", "list", which | {"after": [at.isoformat(), number]}))
    return [tuple(turns)] if turns else []


def _of_drafts(page: day.Page) -> list[tuple[Button, ...]]:
    """What can be done with several at once."""
    ways = {listed.row.channel for listed in page.rows if isinstance(listed.row, Message)}
    several = Button("✅ Aprovar vários", "bulk") if page.total > 1 and ways - {ChannelName.MANUAL} else None
    by_hand = Button("📱 O que enviei pelo meu WhatsApp", "byhand") if ChannelName.MANUAL in ways else None
    return [(button,) for button in (several, by_hand) if button is not None]


def _lead(listed: Listed) -> Button:
    row, label = listed.row, f"{short(who(listed.dentist), 40)} · {listed.case.protocol[-4:]}"
    if isinstance(row, FollowUp):
        return Button(label, "due", {"follow_up_id": row.id})
    if isinstance(row, Message):
        return Button(label, "draft", {"message_id": row.id})
    return Button(label, "case", {"case_id": row.id})


def _told(page: day.Page, listed: Listed, op: Operation, now: datetime) -> str:
    """Who, since or for when, what about, and, where it is a colleague's case, whose."""
    case, row = listed.case, listed.row
    about = ""
    if isinstance(row, FollowUp):
        about = row.reason
    elif isinstance(row, Message):
        about = row.text
    elif case.id in page.said:
        about = body(page.said[case.id])
    owner = page.owners.get(case.analyst_id)
    parts = [f"{short(who(listed.dentist), 60)}, {when(listed.at, now, op)}"]
    parts += [f"com {first_name(owner)}"] if owner else []
    return " · ".join(parts) + (f": {short(about, 70)}" if about else "")


async def open_cases(update: Update, context: Context) -> None:
    """/casos."""
    await context.leave()
    await show(context, Worklist.OPEN)


async def tapped(update: Update, context: Context) -> None:
    after = context.arguments.get("after")
    start = (datetime.fromisoformat(after[0]), after[1]) if after else None
    await show(context, Worklist(context.arguments["which"]), start)


async def show(context: Context, which: Worklist, after: tuple[datetime, int] | None = None) -> None:
    page = await context.read(day.page, which, context.op, after=after)
    await context.show(page_screen(page, context.op, await context.rt.now()))


ACTIONS = {"list": tapped}
