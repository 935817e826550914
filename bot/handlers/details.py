"""“Dados”: what is on record of a case and its dentist; identity numbers in full only on a tap, which is audited."""

from collections.abc import Iterator, Sequence

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, column, h
from bot.handlers.texts import cro, heading, network, phone, place
from bot.services import cases
from messages.form.values import show_amount, show_date
from messages.identity import mask_cnpj, mask_cpf, show_cnpj, show_cpf
from messages.people import title_name
from messages.template_source import join_pt

PERSON_TYPES = {"F": "Pessoa física", "J": "Pessoa jurídica"}
DOUBTS_SHOWN = 12


async def asked(update: Update, context: Context) -> None:
    await _show(context, in_full=False)


async def revealed(update: Update, context: Context) -> None:
    """The numbers in full, once for each time that somebody asks."""
    await context.act(cases.reveal, context.arguments["case_id"])
    await _show(context, in_full=True)


async def _show(context: Context, *, in_full: bool) -> None:
    case_id = context.arguments["case_id"]
    view = await context.read(cases.view, case_id)
    others = await context.read(cases.other_phones, case_id)
    await context.show(details_screen(view, others, in_full=in_full))


def details_screen(view: cases.View, others: Sequence[str], *, in_full: bool) -> Screen:
    """``others``: phones besides the one that is written to."""
    case_id = {"case_id": view.case.id}
    lines = [heading(view.case, view.dentist), "", *(h(line) for line in _facts(view, others, in_full))]
    if view.case.doubts:
        lines += ["", "<b>A conferir</b>", *(f"• {h(d['text'])}" for d in view.case.doubts[:DOUBTS_SHOWN])]
    complete = Button("✏️ Completar ou corrigir", "complete", case_id)
    goes_on = view.case.closed_at is None and view.case.cadence_held_at is None
    pause = Button("⏸ Parar cadência deste caso", "cadence_off", case_id) if goes_on else None
    rows = column(complete, pause, Button("Voltar", "case", case_id))
    if hidden := _hidden(view, others):
        shows = Button(f"Mostrar {join_pt(hidden)}", "reveal", case_id)
        rows = ((Button("Ocultar", "details", case_id) if in_full else shows,), *rows)
    return Screen("\n".join(lines), rows)


def _hidden(view: cases.View, others: Sequence[str]) -> list[str]:
    """What the screen masks, until somebody asks."""
    phones = [one for one in (view.address or "", *others) if one.startswith("+")]
    masked = (("CPF", view.dentist.cpf), ("CNPJ", view.dentist.cnpj), ("telefone", not view.own and phones))
    return [name for name, value in masked if value]


def _facts(view: cases.View, others: Sequence[str], in_full: bool) -> Iterator[str]:
    """A line each, of what is known."""
    case, dentist = view.case, view.dentist
    of_person, of_company = (show_cpf, show_cnpj) if in_full else (mask_cpf, mask_cnpj)
    facts = (
        ("Registro", cro(dentist)),
        ("CROs da clínica", case.cro_count),
        ("Tipo", PERSON_TYPES.get(dentist.person_type or "")),
        ("CPF", dentist.cpf and of_person(dentist.cpf)),
        ("CNPJ", dentist.cnpj and of_company(dentist.cnpj)),
        ("WhatsApp", phone(view.address, in_full=in_full or view.own)),
        ("Outros telefones", ", ".join(phone(one, in_full=in_full or view.own) for one in others)),
        ("Na rede desde", dentist.enrolled_on and show_date(dentist.enrolled_on)),
        ("Operadora", case.operator and title_name(case.operator)),
        ("Demandado por", case.requested_by),
        ("Protocolo aberto em", case.protocol_opened_on and show_date(case.protocol_opened_on)),
        ("Local", place(case)),
        ("Rede no local", network(case)),
        ("Outros convênios", _other_plans(view)),
        ("Moeda", f"R$ {show_amount(case.currency)}" if case.currency is not None else ""),
        ("Moeda de ortodontia", f"R$ {show_amount(case.ortho_currency)}" if case.ortho_currency is not None else ""),
        ("Último reajuste", case.last_readjusted_on and show_date(case.last_readjusted_on)),
        ("Última produção", _production(view)),
        ("Motivos do protocolo", ", ".join(case.reasons_stated)),
    )
    return (f"{name}: {value}" for name, value in facts if value)


def _other_plans(view: cases.View) -> str:
    case = view.case
    told = None if case.other_plans is None else "sim" if case.other_plans else "não"
    return ", ".join(p for p in (told, case.other_plans_detail) if p)


def _production(view: cases.View) -> str:
    day, value = view.case.last_production_on, view.case.last_production_value
    parts = (show_date(day) if day else "", f"R$ {show_amount(value)}" if value is not None else "")
    return ", ".join(p for p in parts if p)


ACTIONS = {"details": asked, "reveal": revealed}
