"""“Aprovar vários”: prepared drafts ticked, looked at, and approved by one tap; one tap takes them back."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, h, quote, short
from bot.handlers.texts import count, figures_told, phone, size, way, when, who
from bot.services import bulk, drafts
from bot.services.operation import Operation
from messages.errors import Conflict
from storage.lots import Entry
from storage.models import AuditEntry

ROOM = 3800  # characters of previews in one Telegram message
STALE = "O que você marcou mudou, ou já foi decidido: marque de novo."

Ticked = list[list[int]]  # [message id, version]


async def asked(update: Update, context: Context) -> None:
    await show(context, context.arguments.get("ticked", []))


async def show(context: Context, ticked: Ticked) -> None:
    """None is ticked at first: what goes out was looked at."""
    await context.show(_choice_screen(await context.read(bulk.prepared), ticked))


def _choice_screen(lot: bulk.Lot, ticked: Ticked) -> Screen:
    every = [_tick(e) for e in lot.entries]
    ticked = [t for t in ticked if t in every]
    lines = [f"📝 <b>{count(lot.total, 'rascunho', 'rascunhos')} para sair</b>"]
    if not lot.entries:
        lines.append("Nada para aprovar em conjunto agora.")
    else:
        lines.append("Marque, confira em “Ver” e aprove de uma vez.")
    if lot.total > len(every):
        lines.append(f"Aqui estão os {len(every)} mais antigos; os outros vêm depois destes.")
    if lot.by_hand:
        told = count(lot.by_hand, "rascunho vai", "rascunhos vão")
        lines.append(f"{told} pelo seu WhatsApp e não entra{'' if lot.by_hand == 1 else 'm'} aqui: abra um por um.")
    rows = [(_line(e, ticked),) for e in lot.entries]
    if every:
        all_are = len(ticked) == len(every)
        label, after = ("Desmarcar todos", []) if all_are else ("Marcar todos", every)
        rows.append((Button(label, "bulk", {"ticked": after}),))
    if ticked:
        rows.append((Button(f"👁 Ver {_how_many(len(ticked), len(every))}", "bulk_view", {"ticked": ticked}),))
    return Screen("\n".join(lines), (*rows, (HOME,)))


def _how_many(ticked: int, every: int) -> str:
    if ticked == 1:
        return "1 marcado"
    return "todos" if ticked == every else f"{ticked} marcados"


def _tick(entry: Entry) -> list[int]:
    return [entry.message.id or 0, entry.message.version]


def _line(entry: Entry, ticked: Ticked) -> Button:
    own = _tick(entry)
    mark, after = ("☑️", [t for t in ticked if t != own]) if own in ticked else ("▫️", [*ticked, own])
    words = short(entry.message.text or "📎 arquivo", 24)
    return Button(f"{mark} {short(who(entry.dentist), 28)}: {words}", "bulk", {"ticked": after})


async def viewed(update: Update, context: Context) -> None:
    """Each as the dentist will read it; the tap that sends stands under the last. Raises Conflict when all of it has
    changed since it was ticked."""
    ticked: Ticked = context.arguments["ticked"]
    lot = await context.read(bulk.prepared)
    found = [e for e in lot.entries if _tick(e) in ticked]
    if not found:
        raise Conflict(STALE)
    async with context.busy("Mostrando as mensagens…"):
        for text in packed(preview(e, n, len(found), lot) for n, e in enumerate(found, 1)):
            await context.show(Screen(text), anew=True)
    lines = [f"Enviar {'esta mensagem' if len(found) == 1 else f'estas {len(found)} mensagens'}?"]
    lines += [h(short(", ".join(who(e.dentist) for e in found), 900))]
    if gone := len(ticked) - len(found):
        told = count(gone, "rascunho mudou e fica", "rascunhos mudaram e ficam")
        lines.append(f"⚠️ {told} de fora: confira e marque de novo.")
    still = [_tick(e) for e in found]
    go = Button(f"✅ Aprovar {len(found)}", "bulk_approve", {"ticked": still})
    await context.show(Screen("\n".join(lines), ((go,), (Button("Voltar", "bulk", {"ticked": still}),))), anew=True)


def preview(entry: Entry, number: int, of: int, lot: bulk.Lot) -> str:
    message = entry.message
    to = phone(message.address, in_full=entry.case.analyst_id in lot.own)
    lines = [f"{number}/{of} · Para {bold(who(entry.dentist))} · {h(to)}"]
    if file := lot.files.get(message.attachment_id or 0):
        lines.append(f"📎 {h(file.filename)} ({size(file.size)})")
    lines += [quote(message.text)] if message.text else []
    return "\n".join([*lines, h(way(message)), *figures_told(drafts.figures_of(message))])


def packed(texts: Iterable[str]) -> Iterator[str]:
    """Texts joined into as few messages as hold them whole."""
    held = ""
    for text in texts:
        if held and len(held) + len(text) + 2 > ROOM:
            yield held
            held = ""
        held = f"{held}\n\n{text}" if held else text
    if held:
        yield held


async def approved(update: Update, context: Context) -> None:
    chosen = [(number, version) for number, version in context.arguments["ticked"]]
    await done(context, await context.act(bulk.approve, chosen, context.op))


async def done(context: Context, entry: AuditEntry) -> None:
    """What became of a lot, as it was recorded."""
    told = await context.read(bulk.outcome, entry.id)
    await context.show(_outcome_screen(told, context.op, await context.rt.now()))


def _outcome_screen(told: bulk.Outcome, op: Operation, now: datetime) -> Screen:
    detail = told.entry.detail
    if told.entry.action == bulk.UNDONE:
        back = count(len(detail["undone"]), "mensagem voltou", "mensagens voltaram")
        lines = [f"↩️ {back} a rascunho: nada foi enviado."]
        if detail["not"]:
            lines.append(f"{count(detail['not'], 'já não esperava', 'já não esperavam')} para sair.")
        return Screen("\n".join(lines), ((HOME,),))
    went = detail["approved"]
    lines = [f"✅ {count(len(went), 'mensagem aprovada', 'mensagens aprovadas')}{_leaving(told, op, now)}."]
    if told.left:
        lines += ["", "Ficaram como rascunho:"]
        lines += [f"• {h(short(who(dentist), 60))}: {h(short(why, 120))}" for dentist, why in told.left]
    undo = ((Button("↩️ Desfazer todas", "bulk_undo", {"entry_id": told.entry.id}),),) if went else ()
    return Screen("\n".join(lines), (*undo, (HOME,)))


def _leaving(told: bulk.Outcome, op: Operation, now: datetime) -> str:
    if told.leaves is None:
        return ""
    seconds = max(round((told.leaves - now).total_seconds()), 0)
    if seconds < 120:
        return f"; {'sai' if len(told.entry.detail['approved']) == 1 else 'saem'} em {seconds} s"
    return f"; a última sai {when(told.leaves, now, op)}"


async def undone(update: Update, context: Context) -> None:
    await done(context, await context.act(bulk.undo, context.arguments["entry_id"]))


ACTIONS = {"bulk": asked, "bulk_view": viewed, "bulk_approve": approved, "bulk_undo": undone}
