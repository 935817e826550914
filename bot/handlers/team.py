"""“Equipe”, for supervisors: who is in, invitations, suspension, roles, absences, and cases that change hands."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from telegram import Update

from bot.handlers import menu
from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.dialogue import question
from bot.handlers.lists import HOME, NEXT
from bot.handlers.screen import Button, Screen, bold, h, prompt, short
from bot.handlers.texts import count, heading
from bot.services import absences, cases, codes, handovers, team
from bot.services.operation import Operation
from messages.calendar import at, show_day
from messages.dates import read_day
from messages.errors import InvalidInput
from messages.people import first_name
from messages.statuses import Role, Worklist
from storage.models import Absence, Analyst, DialogueStep

PAGE = 10  # people a screen
ROLES = {Role.ANALYST: "analista", Role.SUPERVISOR: "supervisão"}
STEP = "absence"
TEAM = Button("👥 Equipe", "team")
_FROM = re.compile(r"^(?:de|do|desde)\s+(?:o\s+)?", re.IGNORECASE)
_UNTIL = re.compile(r"\s+(?:a|até|ate|à)\s+", re.IGNORECASE)


async def command(update: Update, context: Context) -> None:
    """/equipe."""
    await context.leave()
    await show(context)


async def asked(update: Update, context: Context) -> None:
    await show(context, context.arguments.get("after", 0))


async def show(context: Context, after: int = 0) -> None:
    """``after``: how many were shown before."""
    everybody = await context.read(team.people)
    await context.show(team_screen(everybody, after, context.op))


def team_screen(everybody: Sequence[team.Person], after: int, op: Operation) -> Screen:
    shown = everybody[after : after + PAGE]
    lines = [f"👥 <b>Equipe</b>: {_how_many(everybody)}", ""]
    lines += [f"• {h(_told(person, op))}" for person in shown]
    rows = [(Button(_name(person), "person", {"person_id": person.analyst.id}),) for person in shown]
    if after + PAGE < len(everybody):
        rows.append((Button("Mais ▼", "team", {"after": after + PAGE}),))
    invite = (
        Button("➕ Convidar analista", "invite", {"role": Role.ANALYST.value}),
        Button("➕ Convidar supervisão", "invite", {"role": Role.SUPERVISOR.value}),
    )
    return Screen("\n".join(lines), (*rows, invite, (HOME,)))


def _how_many(everybody: Sequence[team.Person]) -> str:
    """“3 pessoas e 1 convite”."""
    invitations = sum(person.analyst.telegram_user_id is None for person in everybody)
    people = count(len(everybody) - invitations, "pessoa", "pessoas")
    return f"{people} e {count(invitations, 'convite', 'convites')}" if invitations else people


def _name(person: team.Person) -> str:
    if person.analyst.telegram_user_id is None:
        return f"Convite de {ROLES[person.analyst.role]}"
    return short(person.analyst.name, 40)


def _told(person: team.Person, op: Operation) -> str:
    who = person.analyst
    if who.telegram_user_id is None:
        by = f", de {person.invited_by}" if person.invited_by else ""
        until = f", vale até {show_day(op.local(who.invite_expires_at).date())}" if who.invite_expires_at else ""
        return f"convite de {ROLES[who.role]}{by}{until}"
    parts = [f"{who.name}, {ROLES[who.role]}", count(person.open_cases, "caso aberto", "casos abertos")]
    if not who.active:
        parts.append("acesso suspenso")
    if person.absence is not None:
        parts.append(_away(person.absence, person.substitute or "", op))
    return " · ".join(parts)


def _away(absence: Absence, substitute: str, op: Operation) -> str:
    first, last = op.local(absence.starts_at).date(), op.local(absence.ends_at - timedelta(seconds=1)).date()
    when = show_day(first) if first == last else f"{show_day(first)} a {show_day(last)}"
    return f"ausente {when}, com {substitute} no lugar"


async def person(update: Update, context: Context) -> None:
    await show_person(context, context.arguments["person_id"])


async def show_person(context: Context, person_id: int) -> None:
    view = await context.read(team.person, person_id)
    await context.show(person_screen(view, context.analyst, context.op))


def person_screen(view: team.Person, reader: Analyst, op: Operation) -> Screen:
    who, to = view.analyst, {"person_id": view.analyst.id}
    lines = [bold(_name(view)), h(_told(view, op))]
    back = (Button("Voltar", "team"),)
    if who.invite_hash is not None:
        lines.append("O link só aparece uma vez: se ele se perdeu, cancele este convite e crie outro.")
        return Screen("\n".join(lines), ((Button("Cancelar convite", "revoke", to),), back))
    if who.telegram_user_id is None:
        return Screen("Convite cancelado: ele não deixa mais ninguém entrar.", (back,))
    rows: list[tuple[Button, ...]] = []
    if view.open_cases:
        rows.append((Button("↔️ Passar os casos para…", "give_all_to", to),))
    if view.absence is not None:
        rows.append((Button("Encerrar a ausência", "absence_end", {"absence_id": view.absence.id}),))
    elif who.active:
        rows.append((Button("🏖 Ausência e substituto", "absence_for", to),))
    if who.id != reader.id:
        other = Role.ANALYST if who.role is Role.SUPERVISOR else Role.SUPERVISOR
        rows.append((Button(f"Mudar papel para {ROLES[other]}", "role", to | {"role": other.value}),))
        rows.append(
            (Button("Suspender o acesso", "suspend", to) if who.active else Button("Reativar", "reactivate", to),)
        )
    return Screen("\n".join(lines), (*rows, back))


async def invited(update: Update, context: Context) -> None:
    """The link is shown once; of the code only a hash is kept."""
    role, code = Role(context.arguments["role"]), codes.new_code()
    await context.act(team.invite_by, role, code)
    link = f"https://t.me/{context.bot.username}?start={code}"
    lines = [
        f"➕ <b>Convite de {ROLES[role]}</b>",
        "Encaminhe o link à pessoa; vale uma vez, por 7 dias:",
        h(link),
        f"Ou o código, para enviar como <code>/start {h(code)}</code>.",
    ]
    await context.show(Screen("\n".join(lines), ((Button("Voltar", "team"),),)), anew=True)


async def revoked(update: Update, context: Context) -> None:
    await context.act(team.revoke, context.arguments["person_id"])
    await context.toast("Convite cancelado.")
    await show(context)


async def suspend_asked(update: Update, context: Context) -> None:
    """What it means, before it is done."""
    view = await context.read(team.person, context.arguments["person_id"])
    to = {"person_id": view.analyst.id}
    lines = [
        f"Suspender o acesso de {bold(view.analyst.name)}?",
        "",
        "• Os botões e os textos dessa pessoa deixam de valer na hora, e os avisos param.",
        "• O que ela já aprovou ainda sai; nada novo é enviado.",
    ]
    if view.open_cases:
        left = count(view.open_cases, "caso aberto", "casos abertos")
        lines.append(f"• Sem responsável ativo, até você passar a alguém: {left}.")
    sure = (Button("Suspender agora", "suspended", to), Button("Voltar", "person", to))
    await context.show(Screen("\n".join(lines), (sure,)))


async def suspended(update: Update, context: Context) -> None:
    who = await context.act(team.suspend, context.arguments["person_id"])
    await context.toast("Acesso suspenso.")
    await changed(context, who)


async def reactivated(update: Update, context: Context) -> None:
    who = await context.act(team.reactivate, context.arguments["person_id"])
    await context.toast("Acesso reativado.")
    await changed(context, who)


async def role_changed(update: Update, context: Context) -> None:
    role = Role(context.arguments["role"])
    await changed(context, await context.act(team.change_role, context.arguments["person_id"], role))


async def changed(context: Context, who: Analyst) -> None:
    """How somebody stands after an act on them; their commands follow."""
    await menu.register_one(context.bot, who)
    await show_person(context, who.id or 0)


async def give_all_to(update: Update, context: Context) -> None:
    """Whom all of a person's cases go to."""
    from_id = context.arguments["person_id"]
    view = await context.read(team.person, from_id)
    text = f"Passar {count(view.open_cases, 'caso aberto', 'casos abertos')} de {bold(view.analyst.name)} para quem?"
    rows = await _colleagues(context, from_id, "give_all", {"person_id": from_id})
    await context.show(Screen(text, (*rows, (Button("Voltar", "person", {"person_id": from_id}),))))


async def give_all(update: Update, context: Context) -> None:
    """So many are not passed by a slip of the thumb."""
    view = await context.read(team.person, context.arguments["person_id"])
    to = await context.read(team.person, context.arguments["to_id"])
    cases_told = count(view.open_cases, "caso aberto", "casos abertos")
    text = (
        f"Passar {cases_told} de {bold(view.analyst.name)} para {bold(to.analyst.name)}?\n"
        "Retornos e rascunhos vão junto; o que já foi aprovado sai como está."
    )
    sure = Button(f"Passar {cases_told}", "gave_all", context.arguments)
    back = Button("Voltar", "person", {"person_id": view.analyst.id})
    await context.show(Screen(text, ((sure,), (back,))))


async def gave_all(update: Update, context: Context) -> None:
    to = await context.act(handovers.hand_over_all, context.arguments["person_id"], context.arguments["to_id"])
    await context.toast(f"Casos passados para {first_name(to.name)}.")
    await show(context)


async def give_case_to(update: Update, context: Context) -> None:
    """Whom a case goes to."""
    case_id = {"case_id": context.arguments["case_id"]}
    view = await context.read(cases.view, case_id["case_id"])
    rows = await _colleagues(context, view.case.analyst_id, "give_case", case_id)
    text = f"{heading(view.case, view.dentist)}\nPassar o caso para quem?"
    await context.show(Screen(text, (*rows, (Button("Voltar", "case", case_id),))))


async def gave_case(update: Update, context: Context) -> None:
    case = await context.act(handovers.hand_over_case, context.arguments["case_id"], context.arguments["to_id"])
    await context.toast("Caso passado.")
    await card(context, case.id or 0)


async def _colleagues(
    context: Context, person_id: int, action: str, arguments: dict[str, int]
) -> list[tuple[Button, ...]]:
    """A button for each other active person."""
    found = await context.read(team.colleagues, person_id)
    if not found:
        raise InvalidInput("Não há outra pessoa ativa na equipe: convide alguém antes.")
    return [(Button(short(p.name, 40), action, arguments | {"to_id": p.id}),) for p in found]


async def absence_for(update: Update, context: Context) -> None:
    """Who stands in."""
    person_id = context.arguments["person_id"]
    view = await context.read(team.person, person_id)
    text = f"Quem fica no lugar de {bold(view.analyst.name)}?"
    rows = await _colleagues(context, person_id, "absence_with", {"person_id": person_id})
    await context.show(Screen(text, (*rows, (Button("Voltar", "person", {"person_id": person_id}),))))


async def absence_with(update: Update, context: Context) -> None:
    """From when to when, in words."""
    data = {"person_id": context.arguments["person_id"], "to_id": context.arguments["to_id"]}
    await absence_prompt(context, await context.ask(STEP, None, data))


async def absence_prompt(context: Context, step: DialogueStep) -> None:
    view = await context.read(team.person, step.data["person_id"])
    text = (
        f"De que dia a que dia {bold(view.analyst.name)} estará ausente? Por exemplo: “12/01 a 20/01”, ou só “amanhã”."
    )
    await context.show(prompt(step, text), anew=True)


async def absence_typed(context: Context, step: DialogueStep, text: str) -> None:
    data = step.data
    starts_at, ends_at = _period(text, context.op, await context.rt.now())
    await context.finish(absences.plan, data["person_id"], data["to_id"], starts_at, ends_at)
    await show_person(context, data["person_id"])


def _period(text: str, op: Operation, now: datetime) -> tuple[datetime, datetime]:
    """Whole days of the operation. Raises InvalidInput."""
    today = op.local(now).date()
    days = [read_day(part, today) for part in _UNTIL.split(_FROM.sub("", text.strip()))]
    if len(days) > 2 or None in days:
        raise InvalidInput("Não entendi os dias. Escreva, por exemplo, “12/01 a 20/01”, ou um dia só.")
    first, last = days[0], days[-1]
    assert first is not None and last is not None
    return at(first, time.min, op.zone), at(last + timedelta(days=1), time.min, op.zone)


async def absence_ended(update: Update, context: Context) -> None:
    absence = await context.act(absences.end, context.arguments["absence_id"])
    await context.toast("Ausência encerrada.")
    await show_person(context, absence.analyst_id)


def given_screen(cases_given: int, by: str) -> Screen:
    """For whoever gets cases."""
    got = count(cases_given, "caso passou", "casos passaram")
    open_cases = Button("Ver os casos abertos", "list", {"which": Worklist.OPEN.value})
    return Screen(f"↔️ {got} para você, por {h(by)}.", ((open_cases,), (HOME,)))


def absence_screen(view: absences.View, op: Operation) -> Screen:
    """To the two whom it concerns, as it begins and as it ends."""
    last = h(show_day(op.local(view.absence.ends_at - timedelta(seconds=1)).date()))
    if view.absence.ended_at is not None:
        told = "A substituição terminou: os seus casos e avisos voltam para você." if view.away else _no_longer(view)
        return Screen(f"🏖 {told}", ((HOME,),))
    if view.away:
        text = f"🏖 Até {last}, {bold(view.substitute)} cuida dos seus casos, e os avisos deles vão para lá."
        return Screen(text, ((HOME,),))
    text = (
        f"🏖 Você fica no lugar de {bold(view.absent)} até {last}. Os casos dessa pessoa aparecem nas suas listas, e as "
        "respostas e os retornos deles chegam a você."
    )
    return Screen(text, ((NEXT,), (HOME,)))


def _no_longer(view: absences.View) -> str:
    """For whoever stood in."""
    left = f"Você não fica mais no lugar de {bold(view.absent)}"
    if view.suspended:
        return f"{left}, cujo acesso foi suspenso: os casos ficam com a supervisão, até que alguém os receba."
    return f"{left}: os casos e avisos voltam para lá."


DIALOGUES = {
    STEP: question(
        "Ausência e substituto",
        "Espero o período da ausência: por exemplo “12/01 a 20/01”, ou só “amanhã”.",
        absence_prompt,
        absence_typed,
    )
}
ACTIONS = {
    "team": asked,
    "person": person,
    "invite": invited,
    "revoke": revoked,
    "suspend": suspend_asked,
    "suspended": suspended,
    "reactivate": reactivated,
    "role": role_changed,
    "give_all_to": give_all_to,
    "give_all": give_all,
    "gave_all": gave_all,
    "give_case_to": give_case_to,
    "give_case": gave_case,
    "absence_for": absence_for,
    "absence_with": absence_with,
    "absence_end": absence_ended,
}
