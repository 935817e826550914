"""A yes to the time that the analyst proposed, and what is no such yes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from messages.dates.forms import Today
from messages.dates.spoken import Mention, mentions
from messages.phrases import lexicon
from messages.replies.answers import answer_in, requests_in
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.questions import Ask, Asked, placed_sentences
from messages.replies.surroundings import is_past, said
from messages.words import Words

_SUITS_ALONE = re.compile(
    r"(?: (?:e|ai|entao|assim|por|mim|a|o|senhora?|voce|doutora?|dra?|para|tudo|bem|ok|ate|la|n?esse|dia|horario|data|"
    r"pode|podemos|ser|posso|contar|aguardar|da|certo|serve|fica|bom|melhor|esta|consegue|conseguiria|rola|combinado|"
    r"combinamos|fechado|marcado|confirma|confirmado|te|lhe|isso))+ [?] "
)
_ANALYST_ACTS = re.compile(r" (?:posso|podemos|poderia|poderiamos|ligo|retorno|chamo|falo|volto|marcamos|combinamos) ")
_DONE = re.compile(r"[a-z]' ")  # a verb of the past
_LETS = re.compile(
    r" (?:[,.] )*(?:(?:sim|ok|claro) (?:, )?)?(?:poder|querer) (?:sim )?"
    r"(?P<verb>(?!(?:ser|deixar|contar|confirmar|marcar|agendar|anotar|registrar|ficar|cobrar) )[a-z]+r) "
)


def offered_in(asked: Asked, now_local: datetime, today: Today) -> Mention | None:
    """The time that the analyst proposed last, if it was one."""
    if asked.message is None:
        return None
    plain = asked.words.plain
    sent_on = asked.message.sent_on or today.day
    then = replace(today, day=sent_on)
    sent_at = now_local - timedelta(days=(today.day - sent_on).days)
    named = [m for m in mentions(plain, sent_at, then) if not m.unclear and not m.habit and not is_past(plain, m)]
    found = _asked_about(plain, named)
    other = asked.any(Ask.REASON, Ask.DATA, Ask.AWARENESS, Ask.TO_LEAVE, Ask.TO_STAY)
    other = other or lexicon(PACKAGE, "intents.txt")["about_other_things"].within(plain)
    if not found or not (said("proposes").within(plain) or (" ? " in plain and not other)):
        return None
    days = {m.days for m in found if m.days}
    hours = {m.hour for m in found if m.hour}
    if len(days) > 1:
        return None
    hour = hours.pop() if len(hours) == 1 else None
    return replace(found[0], days=days.pop() if days else None, hour=hour, part=found[0].part)


def _asked_about(plain: str, found: Sequence[Mention]) -> list[Mention]:
    """The times that a yes is to: those of the sentences that ask; before one that asks but whether it suits, those of
    the sentence it is about. "A guia agora sai em 48 horas. Podemos conversar?" asks about no time."""
    if " ? " not in plain:
        return [*found]
    asked: list[Mention] = []
    before: list[Mention] = []
    for start, sentence in placed_sentences(plain):
        its = [m for m in found if start <= m.start < start + len(sentence) - 1]
        if sentence.endswith(" ? "):
            asked += its or (before if _SUITS_ALONE.fullmatch(sentence) else [])
        before = its
    return asked


def agrees(words: Words, gist: Gist, asked: Asked) -> Place | None:
    """Where the reply says yes to the time that it was asked about."""
    if asked.any(Ask.AWARENESS, Ask.TO_STAY, Ask.TO_LEAVE) or "?" not in asked.words.plain:
        return None
    plain = words.plain
    answer = answer_in(gist, asked)
    yes = said("agreeing").first(plain) or (gist.place(*answer.place) if answer and answer.yes else None)
    if said("hedged").within(plain) or " nao " in plain or _agrees_to_no_time(plain, gist, asked):
        return None
    return yes


def _agrees_to_no_time(plain: str, gist: Gist, asked: Asked) -> bool:
    """Whether its yes is to no time: it is polite, tells of what is done, waits for the analyst where the dentist was
    to act, or gives leave to do something else: "pode mandar a tabela"."""
    if said("social").within(plain) or _DONE.search(gist.plain):
        return True
    if lexicon(PACKAGE, "intents.txt")["awaits"].within(plain) and not _ANALYST_ACTS.search(asked.words.plain):
        return True
    let = _LETS.match(gist.plain)
    return bool(requests_in(gist, asked)) or bool(let and f" {let['verb']} " not in asked.gist)
