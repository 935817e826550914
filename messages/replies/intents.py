"""What a reply means: a decision before a question, a question before a promise to look, and the rest."""

import re
from dataclasses import dataclass

from messages.phrases import Phrases, lexicon
from messages.replies.model import Intent
from messages.replies.questions import PACKAGE, Ask, Asked, placed_sentences
from messages.words import Words

Place = tuple[int, int]

_MARKS = (" , ", " . ", " ? ")
_NEGATION = re.compile(
    r" (?:nao|nem|nunca|jamais)(?: (?:e|eu|me|te|mais|vou|a gente|quero|pretendo|posso|ha como|tem como))? $"
)
_IF = re.compile(r"(?: [a-z]+)? (?:so )?se ")
_ON_CONDITION = re.compile(r" (?:so se|se|desde que|caso|contanto que|a nao ser|quando) (?!assim|e assim)")
_SHORTLY = re.compile(r"(?: [a-z,]+){0,3} (?P<word>sim|nao) [.]? ?$")
_NEAR = 24  # characters before some words, in which a "não" turns them round
_PLAIN_CASES = (
    ("opt_out", Intent.OPT_OUT),
    ("automatic", Intent.OTHER),
    ("wrong_chat", Intent.OTHER),
    ("wrong_number", Intent.WRONG_NUMBER),
)
_FOR_NOW = re.compile(
    r"(?: mais)? (?:antes|ate|por enquanto|agora|hoje|n?ess?t?a semana|de manha|a noite|no fim de semana|por hora)(?= )"
)
_ALONE = 4  # words that a bare answer may take


@dataclass(frozen=True, slots=True)
class Decided:
    intent: Intent
    evidence: tuple[Place, ...] = ()


def said(name: str) -> Phrases:
    return lexicon(PACKAGE, "intents.txt")[name]


def decision_in(words: Words, asked: Asked) -> Decided | None:
    """What ends the matter: no more messages, the wrong person, stays, leaves. None: nothing is decided."""
    plain = words.plain
    alone = said("opt_out_alone").first(plain)
    if alone and not plain[: alone[0]].strip() and not plain[alone[1] :].strip(" .?,"):
        return Decided(Intent.OPT_OUT, (alone,))
    for name, intent in _PLAIN_CASES:
        place = said(name).first(plain)
        if place and not (intent is Intent.OPT_OUT and _FOR_NOW.match(plain, place[1])):
            return Decided(intent, (place,))
    if asked.any(Ask.WHO) and (place := said("who_is").first(plain)):
        return Decided(Intent.WRONG_NUMBER, (place,))
    return _stays_or_leaves(plain) or _answered(plain, asked)


def _stays_or_leaves(plain: str) -> Decided | None:
    """By what is said outright; where both are said, the later holds."""
    stated = _without_questions(_without(plain, said("uncertain"), to_clause_end=True))
    leaving = _without(stated, said("staying_leave"))
    found = [(place, Intent.DECLINES) for place in _unnegated("declines", leaving)]
    found += [(place, Intent.ACCEPTS) for place in _unnegated("accepts", stated) if _holds(stated, place)]
    if not found:
        return None
    place, intent = max(found, key=lambda one: one[0][1])
    return Decided(intent, (place,))


def _unnegated(name: str, plain: str) -> list[Place]:
    return [
        place for place in said(name).find(plain) if not _NEGATION.search(plain, max(0, place[0] - _NEAR), place[0])
    ]


def _holds(plain: str, place: Place) -> bool:
    """Whether staying is meant outright: with us, and without an "if"."""
    elsewhere = said("not_here").first(plain[place[1] :])
    return not (elsewhere and elsewhere[0] == 1) and not _on_condition(plain, place)


def _on_condition(plain: str, place: Place) -> bool:
    start, end = _clause(plain, place[0])
    return (
        bool(_IF.match(plain, place[1]))
        or " so se " in plain[place[1] : end + _NEAR]
        or bool(_ON_CONDITION.search(plain, start, place[0]))
    )


def _clause(plain: str, at: int) -> Place:
    """The clause in which something begins, its closing mark left out."""
    start = max(0, *(plain.rfind(mark, 0, at) for mark in _MARKS))
    return start, min((end for mark in _MARKS if (end := plain.find(mark, at)) >= 0), default=len(plain))


def _without(plain: str, phrases: Phrases, *, to_clause_end: bool = False) -> str:
    """The words with those of some phrases made unreadable, place for place."""
    for start, end in phrases.find(plain):
        plain = _struck(plain, start, _clause(plain, end)[1] if to_clause_end else end)
    return plain


def _without_questions(plain: str) -> str:
    """The clause that a question mark closes asks; what goes before it in the sentence may state."""
    for start, sentence in placed_sentences(plain):
        if sentence.endswith(" ? "):
            plain = _struck(plain, start + max(0, sentence.rfind(" , ")) + 1, start + len(sentence) - 1)
    return plain


def _struck(plain: str, start: int, end: int) -> str:
    return plain[:start] + "-" * (end - start) + plain[end:]


def _answered(plain: str, asked: Asked) -> Decided | None:
    """A yes or a no to a question that decides."""
    if asked.any(Ask.AWARENESS) or not asked.any(Ask.TO_LEAVE, Ask.TO_STAY):
        return None
    no, yes = said("no").first(plain), said("yes").first(plain)
    if not (no or yes) and (short := _SHORTLY.match(plain)):
        no, yes = (short.span("word"), None) if short["word"] == "nao" else (None, short.span("word"))
    if not (no or yes) or said("hesitates").within(plain) or said("uncertain").within(plain):
        return None
    leaving = asked.any(Ask.TO_LEAVE)
    if no:
        if said("no_answer").within(plain):
            return None
        stays = leaving and " nao " not in asked.words.plain
        return Decided(Intent.ACCEPTS if stays else Intent.DECLINES, (no,))
    assert yes is not None
    if plain.startswith(" ? ", _clause(plain, yes[1])[1]) or " so se " in plain or " desde que " in plain:
        return None
    return Decided(Intent.DECLINES if leaving else Intent.ACCEPTS, (yes,))


def intent_of(words: Words, asked: Asked, *, promised: bool, dated: bool, complains: bool) -> Decided:
    """What is left when nothing was decided. ``dated``: it speaks of a time at least; ``complains``: it names reasons
    for leaving."""
    plain = words.plain
    if place := _question(plain):
        return Decided(Intent.QUESTION, (place,))
    if promised:
        return Decided(Intent.WILL_CHECK)
    if complains and asked.any(Ask.REASON):
        return Decided(Intent.DECLINES)
    for kind in ("hesitates", "uncertain"):
        if place := said(kind).first(plain):
            return Decided(Intent.WILL_CHECK, (place,))
    if complains or _explains(plain, asked):
        return Decided(Intent.DECLINES)
    if place := said("will_check").first(plain):
        return Decided(Intent.WILL_CHECK, (place,))
    for kind in ("data", "office_hours", "noticing"):
        if place := said(kind).first(plain):
            return Decided(Intent.OTHER, (place,))
    return _short(plain, asked, dated)


def _explains(plain: str, asked: Asked) -> bool:
    """An answer to "why?" in words that name none of the form's reasons."""
    if not asked.any(Ask.REASON) or said("no").within(plain):
        return False
    silent = any(said(kind).within(plain) for kind in ("data", "noticing"))
    return not silent and not (said("acknowledges").within(plain) and len(plain.split()) <= _ALONE)


def _short(plain: str, asked: Asked, dated: bool) -> Decided:
    """A few words that mean something by what was asked, or little."""
    no, yes = said("no").first(plain), said("yes").first(plain)
    if asked.any(Ask.WHO) and no and not said("answers_for").within(plain):
        return Decided(Intent.WRONG_NUMBER, (no,))
    if place := said("listening").first(plain):
        return Decided(Intent.ACKNOWLEDGES, (place,))
    answered = no or yes
    awaits = asked.any(Ask.RETURN, Ask.WHEN, Ask.SENDING) and not asked.any(Ask.AWARENESS, Ask.WHO, Ask.HELP)
    if answered and awaits and "?" in asked.words.plain and not (asked.any(Ask.CHECKED) and yes):
        return Decided(Intent.WILL_CHECK, (answered,))
    if dated and awaits:
        return Decided(Intent.WILL_CHECK)
    if no and asked.any(Ask.CHECKED):
        return Decided(Intent.WILL_CHECK, (no,))
    if yes and asked.any(Ask.CHECKED, Ask.AWARENESS, Ask.WHO):
        return Decided(Intent.ACKNOWLEDGES, (yes,))
    if place := said("acknowledges").first(plain):
        return Decided(Intent.ACKNOWLEDGES, (place,))
    return Decided(Intent.OTHER)


def _question(plain: str) -> Place | None:
    """Something is asked, not only "tudo bem?" or "pode me ligar?"."""
    for start, sentence in placed_sentences(plain):
        marked = sentence.endswith(" ? ")
        if marked and (said("rhetorical").within(sentence) or said("proposal").within(sentence)):
            continue
        if marked and (len(sentence.split()) > 1 or sentence == plain):
            return start, start + len(sentence) - 1
        place = said("question").first(sentence)
        if place and not _NEGATION.search(sentence, max(0, place[0] - _NEAR), place[0]):
            return start + place[0], start + place[1]
    return None
