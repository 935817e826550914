"""What was to go by the analyst's own WhatsApp: whether it went, told one by one or, at the day's end, in one list."""

from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Binding, Button, Screen, h, short
from bot.handlers.texts import count, when, who
from bot.services import byhand
from bot.services.operation import Operation
from storage.lots import Entry
from storage.models import AuditEntry

DONE = "✅ Nada em aberto pelo seu WhatsApp."
SHOWN = Binding(byhand.NOTICE, byhand.NOTICE)


def byhand_screen(page: byhand.Page, op: Operation, now: datetime) -> Screen:
    """Each with its two answers; what is not answered is asked about again."""
    if not page.entries:
        return Screen(DONE, ((HOME,),), SHOWN)
    lines = [
        "📱 <b>Foram enviadas pelo seu WhatsApp?</b>",
        f"{count(page.total, 'ficou', 'ficaram')} sem resposta. “Enviei” registra o contato; “Não enviei” não registra "
        "nada, e o rascunho continua guardado.",
        "",
        *(_told(n, entry, op, now) for n, entry in enumerate(page.entries, 1)),
    ]
    rows = [_answers(f"{n} · Enviei", f"{n} · Não enviei", [entry]) for n, entry in enumerate(page.entries, 1)]
    if len(page.entries) > 1:
        one_page = page.total == len(page.entries)
        some = f"estas {len(page.entries)}"
        rows.append(
            _answers(
                "✅ Enviei todas" if one_page else f"✅ Enviei {some}",
                "Não enviei nenhuma" if one_page else f"Não enviei {some}",
                page.entries,
            )
        )
    if page.after is not None:
        at, number = page.after
        rows.append((Button("Mais ▼", "byhand", {"after": [at.isoformat(), number]}),))
    return Screen("\n".join(lines), (*rows, (HOME,)), SHOWN)


def _told(number: int, entry: Entry, op: Operation, now: datetime) -> str:
    at = when(entry.message.offered_at or entry.message.created_at, now, op)
    return f"{number}. {h(short(who(entry.dentist), 60))}, {h(at)}: {h(short(entry.message.text, 70))}"


def _answers(yes: str, no: str, entries: list[Entry]) -> tuple[Button, ...]:
    told = [[e.message.id, e.message.version] for e in entries]
    return tuple(
        Button(label, "byhand_told", {"told": told, "sent": sent}) for label, sent in ((yes, True), (no, False))
    )


async def asked(update: Update, context: Context) -> None:
    after = context.arguments.get("after")
    await show(context, (datetime.fromisoformat(after[0]), after[1]) if after else None)


async def show(context: Context, after: tuple[datetime, int] | None = None) -> None:
    page = await context.read(byhand.left, after)
    await context.show(byhand_screen(page, context.op, await context.rt.now()))


async def told(update: Update, context: Context) -> None:
    chosen = [(number, version) for number, version in context.arguments["told"]]
    await done(context, await context.act(byhand.tell, chosen, sent=context.arguments["sent"]))


async def done(context: Context, entry: AuditEntry) -> None:
    """What was told, as it was recorded; and what is still open."""
    number, left = len(entry.detail["messages"]), entry.detail["left"]
    if entry.detail["sent"]:
        told = f"{count(number, 'registrada como contato', 'registradas como contatos')}."
    else:
        told = "Nada foi registrado; o rascunho continua guardado."
    if left:
        told = f"{told} {count(left, 'já estava resolvida ou mudou', 'já estavam resolvidas ou mudaram')}."
    await context.toast(told)
    await show(context)


ACTIONS = {"byhand": asked, "byhand_told": told}
