"""“Campanha”: those there are, and of each one screen: a look at it, the tap, and then how far it has come."""

from collections.abc import Iterator
from datetime import datetime
from math import ceil

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Binding, Button, Screen, abreast, bold, column, h, quote, short
from bot.handlers.texts import STATUS, cost_told, count, when, who
from bot.runtime import Work
from bot.services import campaigns
from bot.services.campaigns import View
from bot.services.operation import Operation
from messages.campaigns import STATUSES, CampaignStatus, Group
from messages.errors import Conflict
from messages.form.values import show_count
from messages.panel.figures import share
from messages.people import first_name
from messages.statuses import MessageStatus
from storage.campaigns import Tally
from storage.models import Campaign

RECENT = 5  # on a page
STANDS = {
    CampaignStatus.FILLING: "⏳ conferindo os casos",
    CampaignStatus.READY: "👁 pronta para conferir",
    CampaignStatus.SCHEDULED: "🕓 agendada",
    CampaignStatus.RUNNING: "▶️ em andamento",
    CampaignStatus.PAUSED: "⏸ pausada",
    CampaignStatus.STOPPED: "⏹ parada",
    CampaignStatus.DONE: "✅ concluída",
}
GROUPS = {
    Group.WAITING: "👥 Vão receber",
    Group.LEAVING: "🕓 Na fila",
    Group.SENT: "✓ Enviadas",
    Group.RECEIVED: "✓✓ Receberam",
    Group.ANSWERED: "💬 Responderam",
    Group.FAILED: "✗ Falharam",
    Group.DOUBTFUL: "❔ Em dúvida",
    Group.HELD: "📝 Não saíram",
    Group.LEFT_OUT: "🚫 Ficam de fora",
}


async def command(update: Update, context: Context) -> None:
    """/campanha."""
    await context.leave()
    await asked(update, context)


async def asked(update: Update, context: Context) -> None:
    """The latest ones, and the way to a new one."""
    await _list(context, None)


async def older(update: Update, context: Context) -> None:
    await _list(context, context.arguments["before"])


async def _list(context: Context, before: int | None) -> None:
    found = await context.read(campaigns.recent, before, RECENT + 1, context.op)
    shown, now = found[:RECENT], await context.rt.now()
    lines = ["📣 <b>Campanhas</b>", "Um modelo aprovado para muitos casos de uma vez, aos poucos, no horário de envio."]
    if shown:
        lines += ["", *(f"• {h(_line(one))}" for one in shown)]
    rows = column(
        *(
            Button(
                f"nº {one.campaign.id} · {_stands(one.campaign, now, context.op)}",
                "campaign",
                {"campaign_id": one.campaign.id},
            )
            for one in shown
        ),
        Button("Mais ▼", "campaigns_older", {"before": shown[-1].campaign.id}) if len(found) > RECENT else None,
        Button("▲ Do começo", "campaigns") if before is not None else None,
        Button("➕ Nova campanha", "campaign_new", {"wanted": {}}),
        HOME,
    )
    await context.show(Screen("\n".join(lines), rows))


def _stands(campaign: Campaign, now: datetime, op: Operation) -> str:
    """And since when, or for when."""
    told = STANDS[campaign.status]
    if campaign.status is CampaignStatus.SCHEDULED:
        return f"{told} para {when(campaign.next_at, now, op)}"
    return f"{told} · {when(campaign.created_at, now, op)}"


def _line(one: campaigns.Listed) -> str:
    """Which is which: whom it is for, and what it says."""
    parts = (f"nº {one.campaign.id}", one.wanted.told(), short(one.title, 40), first_name(one.by) if one.by else "")
    return " · ".join(part for part in parts if part)


async def opened(update: Update, context: Context) -> None:
    await show(context, context.arguments["campaign_id"])


async def show(context: Context, campaign_id: int) -> None:
    view = await context.read(campaigns.view, campaign_id, context.op)
    await context.show(campaign_screen(view, context.op, await context.rt.now()))


def alert(view: View) -> str:
    """What nobody should overlook: an edit makes no sound."""
    if view.campaign.status is CampaignStatus.DONE:
        return f"✅ A campanha nº {view.campaign.id} terminou: veja acima."
    if view.campaign.status is CampaignStatus.PAUSED and view.at_meta is not None and view.at_meta.problem is not None:
        return f"⏸ A campanha nº {view.campaign.id} parou: veja o motivo acima."
    return ""


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
    lines += _warnings(view)
    if left_out:
        lines += ["", f"<b>Ficam de fora: {left_out}</b>"]
        lines += [f"• {many}: {h(why)}" for why, many in tally.excluded.items()]
    for dentist, text in view.samples:
        lines += ["", f"Para {bold(who(dentist))}:", quote(short(text, 500))]
    rows = (*_decisions(view), *_people(view), (Button("Campanhas", "campaigns"), HOME))
    key = f"{campaigns.NOTICE}:{campaign.id}"
    return Screen("\n".join(lines), rows, Binding(key, campaigns.NOTICE, None, campaign.id))


def _figures(view: View, out: int, op: Operation, now: datetime) -> Iterator[str]:
    tally = view.tally
    match view.campaign.status:
        case CampaignStatus.FILLING:
            yield f"{count(tally.waiting, 'caso entra', 'casos entram')} até agora…"
        case CampaignStatus.READY | CampaignStatus.SCHEDULED:
            yield f"<b>{count(tally.waiting, 'dentista vai receber', 'dentistas vão receber')}.</b>"
            yield from _pace(view, op)
            yield "Cada caso é conferido de novo na hora."
        case _:
            yield f"{out} de {out + tally.waiting} na fila de envio ou enviadas."
            yield from (f"• {STATUS[status]}: {many}" for status, many in tally.sent.items())
            if out:
                part = share(tally.answered, out)
                yield f"• 💬 responderam: {tally.answered}{f' ({part})' if part else ''}"
    if view.campaign.status is CampaignStatus.SCHEDULED:
        yield f"🕓 <b>Começa a sair {h(when(view.campaign.next_at, now, op))}.</b>"
    elif view.campaign.status is CampaignStatus.RUNNING and not view.tally.sent:
        yield f"Começa a sair {h(when(view.campaign.next_at, now, op))}; até lá, “Desfazer” a traz de volta."
    elif view.campaign.status is CampaignStatus.RUNNING and view.campaign.next_at > now + campaigns.A_LOT:
        yield f"Continua {h(when(view.campaign.next_at, now, op))}."


def _pace(view: View, op: Operation) -> Iterator[str]:
    """How long it takes: as many as leave in a minute, or as many people as WhatsApp lets us write to in a day."""
    number, room = view.tally.waiting, view.room
    told = f"Saem até {op.campaign_rate} por minuto, no horário de envio"
    if room is None or number <= room.left:
        yield f"{told}: {_duration(number, op.campaign_rate)} ao todo."
        return
    yield f"{told}."
    limit = f"O WhatsApp deixa abrir conversa com {count(room.a_day, 'pessoa', 'pessoas')} por dia"
    if not room.left:
        limit += ", e já foram todas"
    elif room.left < room.a_day:
        limit += f", e ainda {'cabe' if room.left == 1 else 'cabem'} {show_count(room.left)}"
    yield f"⚠️ {limit}: esta campanha leva cerca de {show_count(room.days(number))} dias úteis."


def _duration(number: int, rate: int) -> str:
    """How long so many take of the time in which messages leave."""
    minutes = max(1, ceil(number / rate))
    hours = round(minutes / 60)
    return f"cerca de {count(minutes, 'minuto', 'minutos') if minutes < 100 else count(hours, 'hora', 'horas')}"


def _warnings(view: View) -> Iterator[str]:
    """What Meta says of the message: that it does not leave, or costs more."""
    if view.at_meta is None:
        return
    if view.at_meta.problem is not None:
        yield f"⚠️ {h(view.at_meta.problem)}"
    elif (cost := cost_told(view.at_meta, view.submitted_as)) is not None:
        yield cost


def _people(view: View) -> tuple[tuple[Button, ...], ...]:
    """To who they are, in each group that has somebody."""
    campaign = view.campaign
    if campaign.status is CampaignStatus.FILLING:
        return ()
    about = {"campaign_id": campaign.id}
    buttons = [
        Button(f"{name}: {many}", "campaign_people", about | {"group": group.value})
        for group, name in GROUPS.items()
        if (many := how_many(view.tally, group))
    ]
    if view.tally.waiting and campaign.status in campaigns.AHEAD:
        buttons.append(Button("👁 Outro exemplo", "campaign_example", about | {"after": view.last_sample}))
    return abreast(buttons)


def how_many(tally: Tally, group: Group) -> int:
    match group:
        case Group.WAITING:
            return tally.waiting
        case Group.LEFT_OUT:
            return sum(tally.excluded.values())
        case Group.ANSWERED:
            return tally.answered
        case _:
            return sum(tally.sent.get(status, 0) for status in STATUSES[group])


def _decisions(view: View) -> tuple[tuple[Button, ...], ...]:
    about = {"campaign_id": view.campaign.id}
    again = Button("🔄 Atualizar", "campaign", about)
    sheet = Button("📄 Planilha", "campaign_sheet", about)
    stop = Button("⏹ Parar", "campaign_stop", about)
    drop = Button("Desistir", "campaign_stop_now", about)  # of it nothing was approved
    match view.campaign.status:
        case CampaignStatus.FILLING:
            return ((again, drop),)
        case CampaignStatus.READY:
            go = Button(f"✅ Aprovar {view.tally.waiting}", "campaign_approve", about)
            later = Button("🕓 Agendar início", "campaign_later", about)
            return ((go, later), (drop,)) if view.tally.waiting else ((drop,),)
        case CampaignStatus.SCHEDULED:
            return (
                (Button("▶️ Começar agora", "campaign_now", about), Button("🕓 Mudar horário", "campaign_later", about)),
                (Button("↩️ Desfazer", "campaign_undo", about), again),
            )
        case CampaignStatus.RUNNING if not view.tally.sent:
            return ((Button("↩️ Desfazer", "campaign_undo", about), stop), (again,))
        case CampaignStatus.RUNNING:
            return ((Button("⏸ Pausar", "campaign_pause", about), stop), (again, sheet))
        case CampaignStatus.PAUSED:
            return ((Button("▶️ Continuar", "campaign_resume", about), stop), (again, sheet))
        case _:
            return ((again, sheet),)


async def approved(update: Update, context: Context) -> None:
    await acted(context, await context.act(campaigns.approve, context.arguments["campaign_id"], context.op))


async def undone(update: Update, context: Context) -> None:
    await acted(context, await context.act(campaigns.undo, context.arguments["campaign_id"]))


async def paused(update: Update, context: Context) -> None:
    await acted(context, await context.act(campaigns.pause, context.arguments["campaign_id"]))


async def resumed(update: Update, context: Context) -> None:
    await acted(context, await context.act(campaigns.resume, context.arguments["campaign_id"]))


async def stop_asked(update: Update, context: Context) -> None:
    """What it means, before it is done."""
    view = await context.read(campaigns.view, context.arguments["campaign_id"], context.op)
    if view.campaign.ended_at is not None:
        raise Conflict(campaigns.OVER)
    await context.show(stop_screen(view))


def stop_screen(view: View) -> Screen:
    """How many would not get it: those whose turn has not come, and what has not left the outbox."""
    campaign, about = view.campaign, {"campaign_id": view.campaign.id}
    unsent = view.tally.waiting + view.tally.sent.get(MessageStatus.QUEUED, 0)
    lines = [f"⏹ <b>Parar de vez a campanha nº {campaign.id}?</b>"]
    lines.append(f"<b>{count(unsent, 'dentista ficaria', 'dentistas ficariam')} sem receber.</b>")
    lines.append("O que já saiu continua valendo. Parada, ela não recomeça.")
    if campaign.status is CampaignStatus.RUNNING and view.tally.sent:
        lines.append("Para só segurar, volte e use “⏸ Pausar”.")
    sure = (Button("Parar de vez", "campaign_stop_now", about), Button("Voltar", "campaign", about))
    return Screen("\n".join(lines), (sure,))


async def stopped(update: Update, context: Context) -> None:
    await acted(context, await context.act(campaigns.stop, context.arguments["campaign_id"]))


async def acted(context: Context, campaign: Campaign) -> None:
    context.rt.ring(Work.FOLLOW_UPS)
    assert campaign.id is not None
    await show(context, campaign.id)


ACTIONS = {
    "campaigns": asked,
    "campaigns_older": older,
    "campaign": opened,
    "campaign_approve": approved,
    "campaign_undo": undone,
    "campaign_pause": paused,
    "campaign_resume": resumed,
    "campaign_stop": stop_asked,
    "campaign_stop_now": stopped,
}
