"""“Campanha”: whom, what, a look at it, and then one screen that tells how far it has come."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Binding, Button, Screen, bold, column, h, quote, short
from bot.handlers.texts import STATUS, count, when, who
from bot.runtime import Work
from bot.services import campaigns
from bot.services.campaigns import View
from bot.services.operation import Operation
from messages.campaigns import DAYS, STAGES, CampaignStatus, Wanted
from messages.form import REASONS
from messages.people import city_title
from storage.models import Campaign

PLACES = 20  # cities that are offered
RECENT = 5
STANDS = {
    CampaignStatus.FILLING: "⏳ conferindo os casos",
    CampaignStatus.READY: "👁 pronta para conferir",
    CampaignStatus.RUNNING: "▶️ em andamento",
    CampaignStatus.PAUSED: "⏸ pausada",
    CampaignStatus.STOPPED: "⏹ parada",
    CampaignStatus.DONE: "✅ concluída",
}


async def command(update: Update, context: Context) -> None:
    """/campanha."""
    await context.leave()
    await asked(update, context)


async def asked(update: Update, context: Context) -> None:
    """The latest ones, and the way to a new one."""
    found = await context.read(campaigns.recent, RECENT)
    now = await context.rt.now()
    rows = column(
        *(
            Button(
                f"nº {c.id} · {STANDS[c.status]} · {when(c.created_at, now, context.op)}",
                "campaign",
                {"campaign_id": c.id},
            )
            for c in found
        ),
        Button("➕ Nova campanha", "campaign_new", {"wanted": {}}),
        HOME,
    )
    text = "📣 <b>Campanhas</b>\nUm modelo aprovado para muitos casos de uma vez, aos poucos, no horário de envio."
    await context.show(Screen(text, rows))


async def choosing(update: Update, context: Context) -> None:
    """Whom and what, a tap at a time; nothing is kept before “Conferir”."""
    wanted, key = Wanted.of(context.arguments["wanted"]), context.arguments.get("key")
    number = await context.read(campaigns.count, wanted, context.op)
    titles = {t.key: t.title for t in await context.read(campaigns.templates, context.op)}
    about = context.arguments
    values = {
        "city": ("📍 Onde", city_title(wanted.city) if wanted.city else wanted.uf or "todas as cidades"),
        "reason": ("🏷 Motivo", wanted.reason or "todos"),
        "stage": ("🚦 Etapa", str(wanted.stage or "qualquer")),
        "days": ("⏸ Sem contato há", f"{wanted.days} dias úteis ou mais" if wanted.days else "qualquer tempo"),
        "key": ("✉️ Mensagem", short(titles.get(key or "", "escolha"), 40)),
    }
    buttons = [
        Button(f"{name}: {value}", "campaign_pick", {**about, "choosing": of}) for of, (name, value) in values.items()
    ]
    go = Button(f"👁 Conferir {count(number, 'caso', 'casos')}", "campaign_begin", about) if key and number else None
    lines = ["📣 <b>Nova campanha</b>", h(wanted.told()), f"{count(number, 'caso aberto', 'casos abertos')}.", ""]
    lines.append("Nada sai antes de você conferir e aprovar.")
    back = Button("Voltar", "campaigns")
    await context.show(Screen("\n".join(lines), column(*buttons, go, back)))


async def picking(update: Update, context: Context) -> None:
    """One of the choices."""
    arguments = dict(context.arguments)
    of = arguments.pop("choosing")
    wanted = arguments["wanted"]
    options = [o async for o in _options(context, of, Wanted.of(wanted))]
    buttons = [
        Button(label, "campaign_new", arguments | (change if of == "key" else {"wanted": {**wanted, **change}}))
        for label, change in options
    ]
    rows = [tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2)] if of == "reason" else column(*buttons)
    await context.show(Screen("📣 Escolha:", (*rows, (Button("Voltar", "campaign_new", arguments),))))


async def _options(context: Context, of: str, wanted: Wanted) -> AsyncIterator[tuple[str, dict[str, object]]]:
    """(label, what it changes) for each."""
    match of:
        case "city":
            yield "Todas as cidades", {"city": None, "uf": None}
            everywhere = Wanted.of(wanted.as_json() | {"city": None, "uf": None})
            for city, uf, many in await context.read(campaigns.places, everywhere, PLACES, context.op):
                yield f"{short(city_title(city), 30)}/{uf or '?'} · {many}", {"city": city, "uf": uf}
        case "reason":
            yield "Todos", {"reason": None}
            for reason in REASONS:
                yield reason, {"reason": reason}
        case "stage":
            yield "Qualquer etapa", {"stage": None}
            for stage in STAGES:
                yield stage.value.capitalize(), {"stage": stage.value}
        case "days":
            yield "Qualquer tempo", {"days": None}
            for days in DAYS:
                yield f"{days} dias úteis ou mais", {"days": days}
        case _:
            for template in await context.read(campaigns.templates, context.op):
                yield template.title, {"key": template.key}


async def begun(update: Update, context: Context) -> None:
    wanted = Wanted.of(context.arguments["wanted"])
    await _acted(context, await context.act(campaigns.begin, wanted, context.arguments["key"], context.op))


async def opened(update: Update, context: Context) -> None:
    await show(context, context.arguments["campaign_id"])


async def show(context: Context, campaign_id: int) -> None:
    view = await context.read(campaigns.view, campaign_id, context.op)
    await context.show(campaign_screen(view, context.op, await context.rt.now()))


def campaign_screen(view: View, op: Operation, now: datetime) -> Screen:
    """How it stands: drawn anew in place as it goes on."""
    campaign, tally = view.campaign, view.tally
    out, left_out = sum(tally.sent.values()), sum(tally.excluded.values())
    lines = [
        f"📣 <b>Campanha nº {campaign.id}</b> · {STANDS[campaign.status]}",
        h(view.wanted.told()),
        f"Mensagem: {bold(view.title)} · por {h(view.by)}",
        "",
        *_figures(view, out, op, now),
    ]
    if left_out:
        lines += ["", f"<b>Ficam de fora: {left_out}</b>"]
        lines += [f"• {many}: {h(why)}" for why, many in tally.excluded.items()]
    for dentist, text in view.samples:
        lines += ["", f"Para {bold(who(dentist))}:", quote(short(text, 500))]
    rows = (*_decisions(view), (Button("Campanhas", "campaigns"), HOME))
    key = f"{campaigns.NOTICE}:{campaign.id}"
    return Screen("\n".join(lines), rows, Binding(key, campaigns.NOTICE, None, campaign.id))


def _figures(view: View, out: int, op: Operation, now: datetime) -> Iterator[str]:
    tally = view.tally
    match view.campaign.status:
        case CampaignStatus.FILLING:
            yield f"{count(tally.waiting, 'caso entra', 'casos entram')} até agora…"
        case CampaignStatus.READY:
            yield f"<b>{count(tally.waiting, 'dentista vai receber', 'dentistas vão receber')}.</b>"
            yield f"Saem até {op.campaign_rate} por minuto, no horário de envio. Cada caso é conferido de novo na hora."
        case _:
            yield f"{out} de {out + tally.waiting} na fila de envio ou enviadas."
            yield from (f"• {STATUS[status]}: {many}" for status, many in tally.sent.items())
            if out:
                yield f"• 💬 responderam: {tally.answered}"
    if view.campaign.status is CampaignStatus.RUNNING and not view.tally.sent:
        yield f"Começa a sair {h(when(view.campaign.next_at, now, op))}; até lá, “Desfazer” a traz de volta."
    elif view.campaign.status is CampaignStatus.RUNNING and view.campaign.next_at > now + campaigns.A_LOT:
        yield f"Continua {h(when(view.campaign.next_at, now, op))}."


def _decisions(view: View) -> tuple[tuple[Button, ...], ...]:
    about = {"campaign_id": view.campaign.id}
    again = Button("🔄 Atualizar", "campaign", about)
    stop = Button("⏹ Parar", "campaign_stop", about)
    match view.campaign.status:
        case CampaignStatus.FILLING:
            return ((again, Button("Desistir", "campaign_stop", about)),)
        case CampaignStatus.READY:
            go = Button(f"✅ Aprovar {view.tally.waiting}", "campaign_approve", about)
            drop = Button("Desistir", "campaign_stop", about)
            return ((go, drop),) if view.tally.waiting else ((drop,),)
        case CampaignStatus.RUNNING if not view.tally.sent:
            return ((Button("↩️ Desfazer", "campaign_undo", about), stop), (again,))
        case CampaignStatus.RUNNING:
            return ((Button("⏸ Pausar", "campaign_pause", about), stop), (again,))
        case CampaignStatus.PAUSED:
            return ((Button("▶️ Continuar", "campaign_resume", about), stop), (again,))
        case _:
            return ((again,),)


async def approved(update: Update, context: Context) -> None:
    await _acted(context, await context.act(campaigns.approve, context.arguments["campaign_id"], context.op))


async def undone(update: Update, context: Context) -> None:
    await _acted(context, await context.act(campaigns.undo, context.arguments["campaign_id"]))


async def paused(update: Update, context: Context) -> None:
    await _acted(context, await context.act(campaigns.pause, context.arguments["campaign_id"]))


async def resumed(update: Update, context: Context) -> None:
    await _acted(context, await context.act(campaigns.resume, context.arguments["campaign_id"]))


async def stopped(update: Update, context: Context) -> None:
    await _acted(context, await context.act(campaigns.stop, context.arguments["campaign_id"]))


async def _acted(context: Context, campaign: Campaign) -> None:
    context.rt.ring(Work.FOLLOW_UPS)
    assert campaign.id is not None
    await show(context, campaign.id)


ACTIONS = {
    "campaigns": asked,
    "campaign_new": choosing,
    "campaign_pick": picking,
    "campaign_begin": begun,
    "campaign": opened,
    "campaign_approve": approved,
    "campaign_undo": undone,
    "campaign_pause": paused,
    "campaign_resume": resumed,
    "campaign_stop": stopped,
}
