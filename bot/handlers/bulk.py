"""“Aprovar vários”: prepared drafts ticked, looked at, and approved by one tap; one tap takes them back."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, h, quote, short
from bot.handlers.texts import count, way, who
from bot.services import bulk
from messages.people import title_name
from storage.models import AuditEntry

Ticked = list[list[int]]  # [message id, version]


async def asked(update: Update, context: Context) -> None:
    """None is ticked at first: what goes out was looked at."""
    found = await context.read(bulk.prepared)
    if not found:
        await context.show(Screen("📝 Nenhum rascunho para sair pela API do WhatsApp.", ((HOME,),)))
        return
    ticked: Ticked = context.arguments.get("ticked", [])
    every = [[p.message.id, p.message.version] for p in found]
    lines = [f"📝 <b>{count(len(found), 'rascunho', 'rascunhos')} para sair pela API do WhatsApp</b>"]
    lines.append("Marque, confira em “Ver marcados” e aprove. O que vai pelo seu WhatsApp não está aqui.")
    rows = [(_tick(p, ticked),) for p in found]
    all_of_them = Button("Marcar todos", "bulk", {"ticked": every})
    none_of_them = Button("Desmarcar todos", "bulk", {"ticked": []})
    rows.append((none_of_them if len(ticked) == len(found) else all_of_them,))
    if ticked:
        rows.append((Button(f"👁 Ver marcados ({len(ticked)})", "bulk_view", {"ticked": ticked}),))
    await context.show(Screen("\n".join(lines), (*rows, (HOME,))))


def _tick(prepared: bulk.Prepared, ticked: Ticked) -> Button:
    own = [prepared.message.id or 0, prepared.message.version]
    mark, after = ("☑️", [t for t in ticked if t != own]) if own in ticked else ("▫️", [*ticked, own])
    return Button(
        f"{mark} {short(who(prepared.dentist), 28)}: {short(prepared.message.text, 24)}", "bulk", {"ticked": after}
    )


async def viewed(update: Update, context: Context) -> None:
    """Each as the dentist will read it, in as many messages as that takes; the tap that sends stands under the last."""
    ticked: Ticked = context.arguments["ticked"]
    found = [p for p in await context.read(bulk.prepared) if [p.message.id, p.message.version] in ticked]
    for n, one in enumerate(found, 1):
        text = f"{n}/{len(found)} · Para {bold(who(one.dentist))}\n{quote(one.message.text)}\n{h(way(one.message))}"
        await context.show(Screen(text), anew=True)
    go = Button(f"✅ Aprovar {len(found)}", "bulk_approve", {"ticked": ticked})
    names = ", ".join(who(p.dentist) for p in found)
    rows = ((go,), (Button("Voltar", "bulk", {"ticked": ticked}),))
    await context.show(Screen(f"Enviar estas {len(found)} mensagens? {h(short(names, 600))}", rows), anew=True)


async def approved(update: Update, context: Context) -> None:
    chosen = [(number, version) for number, version in context.arguments["ticked"]]
    await done(context, await context.act(bulk.approve, chosen, context.op))


async def done(context: Context, entry: AuditEntry) -> None:
    """What became of a lot, as it was recorded."""
    if "undone" in entry.detail:
        told = count(len(entry.detail["undone"]), "mensagem voltou", "mensagens voltaram")
        await context.show(Screen(f"↩️ {told} a rascunho: nada delas foi enviado.", ((HOME,),)))
        return
    went, left = entry.detail["approved"], entry.detail["left"]
    lines = [f"✅ {count(len(went), 'mensagem aprovada', 'mensagens aprovadas')}."]
    if left:
        lines += ["", "Ficaram como rascunho:", *(f"• {h(title_name(n))}: {h(short(why, 120))}" for n, why in left)]
    undo = ((Button("↩️ Desfazer todas", "bulk_undo", {"entry_id": entry.id}),),) if went else ()
    await context.show(Screen("\n".join(lines), (*undo, (HOME,))))


async def undone(update: Update, context: Context) -> None:
    await done(context, await context.act(bulk.undo, context.arguments["entry_id"]))


ACTIONS = {"bulk": asked, "bulk_view": viewed, "bulk_approve": approved, "bulk_undo": undone}
