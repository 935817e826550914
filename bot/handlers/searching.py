"""Search in the chat: /buscar, or any words that are nothing else."""

from collections.abc import Iterator
from datetime import datetime

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, h, short
from bot.handlers.texts import body, when, who
from bot.services import searching
from bot.services.operation import Operation
from messages.case_line import read_line
from messages.finding import excerpt, folded
from messages.statuses import Role
from storage.search import Found

ASK = "Digite o que procura: protocolo, CRO, telefone, nome ou palavras da conversa."
LONGEST = 100  # characters: what is longer was meant for something else
EXCERPT = 80


async def command(update: Update, context: Context) -> None:
    """/buscar, with what to look for or without."""
    await context.leave()
    words = " ".join(context.args or [])
    if words:
        await search(context, words)
    else:
        await context.show(Screen(ASK))


async def search(context: Context, words: str) -> None:
    """One case found by what it is, not by what was said in it: its card. Else the list."""
    words = words[:LONGEST]
    found = await context.read(searching.find, words)
    if len(found) == 1 and found[0].contact is None and found[0].case.id is not None:
        await card(context, found[0].case.id)
    else:
        await context.show(found_screen(words, found, context.analyst.role, context.op, await context.rt.now()))


def found_screen(words: str, found: list[Found], reader: Role, op: Operation, now: datetime) -> Screen:
    if not found:
        among = "nos casos da equipe" if reader is Role.SUPERVISOR else "nos seus casos"
        lines = [
            f"🔎 Não encontrei {bold(short(words, 60))} {among}.",
            ASK,
            "Para escrever a um dentista, responda à mensagem dele aqui no chat.",
        ]
        return Screen("\n".join(lines), (*_as_new(words), (HOME,)))
    lines = [f"🔎 {bold(short(words, 60))}", "", *(f"• {h(_told(words, one, op, now))}" for one in found)]
    if len(found) == searching.SHOWN:
        lines += ["", f"Mostro os {searching.SHOWN} primeiros; com mais uma palavra a busca fica mais precisa."]
    rows = [
        (Button(f"{short(who(f.dentist), 40)} · {f.case.protocol[-4:]}", "case", {"case_id": f.case.id}),)
        for f in found
    ]
    return Screen("\n".join(lines), (*rows, (HOME,)))


def _as_new(words: str) -> Iterator[tuple[Button, ...]]:
    """What was typed may be a new case, told in one line."""
    if {"protocol", "dentist_name"} <= set(read_line(words)):
        yield (Button("➕ Abrir caso com estes dados", "opening_new", {"line": words}),)


def _told(words: str, one: Found, op: Operation, now: datetime) -> str:
    told = f"{short(who(one.dentist), 60)} · {one.case.protocol}"
    if one.case.closed_at is not None:
        told += " · encerrado"
    if one.contact is not None:
        said = excerpt(body(one.contact), folded(words), EXCERPT)
        told += f"\n   {when(one.contact.occurred_at, now, op)}: {said}"
    return told
