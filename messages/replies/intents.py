"""What a reply means: a decision before a question, a question before a promise to look, and the rest."""

import re
from dataclasses import dataclass

from messages.phrases import Phrases, lexicon, struck
from messages.replies.answers import Answer, answer_in, goes_on, requests_in
from messages.replies.decisions import Told, on_condition, told, told_barely
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.model import Intent
from messages.replies.questions import Ask, Asked, placed_sentences
from messages.words import Words

_NEGATION = re.compile(
    r" (?:nao|nem|nunca|jamais)(?: (?:e|eu|me|te|mais|vou|a gente|quero|pretendo|posso|ha como|tem como))? $"
)
_NOT_TO = r" nao (?:ir |querer |pretender |dever |poder ){0,2}"
_NOT_TO_STAY = re.compile(rf"{_NOT_TO}(?:aceitar|ficar|continuar|permanecer|seguir|manter)'? ")
_NOT_TO_LEAVE = re.compile(rf"{_NOT_TO}(?:sair|cancelar|desligar|encerrar|descredenciar|deixar|desistir) ")
_AFTER_ALL = re.compile(r" (?:ir|querer|sair|cancelar|deixar) sim ")  # what was denied in the question
_CANNOT = re.compile(r" mas (?:nao |(?:[^ .]+ )*?nao (?:ter como|dar|poder|conseguir) )")
_ENDS = re.compile(r" (?:(?:querer|desejar|desejo|confirmar|ir) )?(?:$|[,.] )")
_GOES_ON_WITH_EITHER = frozenset(("manter", "continuar"))  # the exit, or the contract?
_ASKS_BACK = re.compile(r"(?! (?:quando|qual|quanto|como|onde|quem) )(?: [^ .,?]+)* [?] ")
_NEAR = 24  # characters before some words, in which a "não" turns them round
_PLAIN_CASES = (
    ("automatic", Intent.OTHER),
    ("wrong_chat", Intent.OTHER),
    ("wrong_number", Intent.WRONG_NUMBER),
)
_FOR_NOW = re.compile(r"(?: mais)? (?:antes|ate|enquanto|agora|hoje|semana|manha|noite|fim|hora|tarde|amanha)(?= )")
_GIST_CASES = (("puts_off", Intent.WILL_CHECK), ("noticing", Intent.OTHER), ("scorns", Intent.DECLINES))
_SHORT = 20  # characters of a question that but opens a complaint: "melhorar o quê?"
_TELLS_OF_THE_PAST = re.compile(r"[a-z]' ")
_ECHO = 3  # words
_OPENS = frozenset(("sinceramente", "serio", "verdade", "eu", "sabe", "resumindo", "conclusao", "resultado", "agora"))
_MAY_I = re.compile(r" (?:posso|podemos|poderia|poderiamos) [^?]{1,80}[?]")  # of the analyst: a yes lets them go on
_BARE = 2  # words of the gist of a bare yes
_ALONE = 4  # words that a bare answer may take
_SAYS_LITTLE = 8  # words and marks of a gist, beside which a greeting still counts


@dataclass(frozen=True, slots=True)
class Decided:
    intent: Intent
    evidence: tuple[Place, ...] = ()


def said(name: str) -> Phrases:
    return lexicon(PACKAGE, "intents.txt")[name]


def _in_gist(name: str, gist: Gist) -> Place | None:
    """Where one of the phrases about the gist stands in the plain words."""
    place = lexicon(PACKAGE, "gist.txt")[name].first(gist.plain)
    return place and gist.place(*place)


def decision_in(words: Words, gist: Gist, asked: Asked) -> Decided | None:
    """What ends the matter: no more messages, the wrong person, stays, leaves. None: nothing is decided."""
    plain = words.plain
    if place := _opts_out(plain, gist):
        return Decided(Intent.OPT_OUT, (place,))
    nobody_else = struck(plain, said("in_the_dentists_stead").find(plain))
    for name, intent in _PLAIN_CASES:
        if place := said(name).first(nobody_else):
            return Decided(intent, (place,))
    for name in ("who_is", "gone") if asked.any(Ask.WHO) else ():
        if place := said(name).first(plain):
            return Decided(Intent.WRONG_NUMBER, (place,))
    decides = asked.any(Ask.TO_STAY, Ask.TO_LEAVE, Ask.DECISION)
    talk = asked.any(Ask.RETURN, Ask.WHEN) and asked.awaits and not decides
    outright = _decided(told(gist, goes_on(gist, asked), talk=talk))
    if outright is None and asked.any(Ask.OFFERED) and not talk and (place := _in_gist("takes_it", gist)):
        return Decided(Intent.ACCEPTS, (place,))
    if outright or said("awaits").within(plain) or _unless_denied("busy", plain):
        return outright
    no_decision = talk or (asked.any(Ask.DATA) and not decides)
    return _answered(words, gist, asked) or _decided(told_barely(gist, talk=no_decision))


def _unless_denied(kind: str, plain: str) -> Place | None:
    return next((place for place in said(kind).find(plain) if not plain.endswith(" nao ", 0, place[0])), None)


def _opts_out(plain: str, gist: Gist) -> Place | None:
    """Where messages are asked to stop for good."""
    alone = said("opt_out_alone").first(plain)
    if alone and not plain[: alone[0]].strip() and not plain[alone[1] :].strip(" .?,"):
        return alone
    if place := said("opt_out").first(plain):
        return place
    phrases = lexicon(PACKAGE, "gist.txt")
    place = phrases["opt_out"].first(gist.plain)
    if place is None or _FOR_NOW.match(gist.plain, place[1]) or phrases["no_opt_out"].within(gist.plain):
        return None
    return gist.place(*place)


def _decided(told: Told | None) -> Decided | None:
    return Decided(told.intent, (told.place,)) if told else None


def _answered(words: Words, gist: Gist, asked: Asked) -> Decided | None:
    """A yes or a no to a question that decides; a yes with an "if" asks for something."""
    answer = answer_in(gist, asked)
    if answer is None or not asked.any(Ask.TO_LEAVE, Ask.TO_STAY):
        return None
    if said("hesitates").within(words.plain) or said("uncertain").within(words.plain):
        return None
    if asked.any(Ask.AWARENESS) and _but_notes(gist, answer):
        return None
    evidence = (gist.place(*answer.place),)
    if answer.yes and on_condition(gist.plain, answer.place):
        return Decided(Intent.QUESTION, evidence)
    if _ASKS_BACK.match(gist.plain, answer.place[1]):
        return None
    if answer.yes and _CANNOT.search(gist.plain, answer.place[1]):
        return None
    leaves = answer.yes == asked.any(Ask.TO_LEAVE)
    if asked.any(Ask.TO_STAY) and answer.yes:
        leaves = _NOT_TO_STAY.search(asked.gist) is not None
    if not answer.yes and asked.any(Ask.TO_LEAVE):
        leaves = " nao " in asked.words.plain
    if asked.any(Ask.TO_LEAVE) and _NOT_TO_LEAVE.search(asked.gist):  # "não vai cancelar, certo?" "certo", "não"
        leaves = _AFTER_ALL.search(gist.plain) is not None
    return Decided(Intent.DECLINES if leaves else Intent.ACCEPTS, evidence)


def _but_notes(gist: Gist, answer: Answer) -> bool:
    """Whether it may be an answer only to what one knows of: "ok", "não fui informada"; or say to go on with either."""
    if answer.yes:
        goes_on = gist.plain[slice(*answer.place)] in _GOES_ON_WITH_EITHER
        return goes_on or lexicon(PACKAGE, "gist.txt")["takes_note"].within(gist.plain)
    return not _ENDS.match(gist.plain, answer.place[1])


def intent_of(words: Words, gist: Gist, asked: Asked, *, promised: bool, dated: bool, complains: bool) -> Decided:
    """What is left when nothing was decided. ``dated``: it speaks of a time at least; ``complains``: it names reasons
    for leaving."""
    plain, answer = words.plain, answer_in(gist, asked)
    place = _question(plain, asked) or (None if complains else _asks_for(gist, asked, answer))
    if place and not (complains and _opens_a_complaint(plain, place)):
        return Decided(Intent.QUESTION, (place,))
    if promised:
        return Decided(Intent.WILL_CHECK)
    if complains and asked.any(Ask.REASON):
        return Decided(Intent.DECLINES)
    if found := _whatever_was_asked(plain, asked, dated):
        return found
    if complains and answer and answer.yes and _MAY_I.search(asked.words.plain):
        return Decided(Intent.WILL_CHECK, (gist.place(*answer.place),))
    if complains and asked.any(Ask.AWARENESS) and asked.any(Ask.TO_LEAVE):
        return Decided(Intent.OTHER)
    if complains or _explains(plain, gist, asked, answer):
        return Decided(Intent.DECLINES)
    if answer and answer.yes and asked.any(Ask.AWARENESS):
        return Decided(Intent.ACKNOWLEDGES, (gist.place(*answer.place),))
    if place := said("already").first(plain):
        return Decided(Intent.OTHER, (place,))
    if place := _unless_denied("will_check", plain):
        return Decided(Intent.WILL_CHECK, (place,))
    for kind in ("data", "office_hours", "noticing", *(() if asked.any(Ask.WHO) else ("introduces",))):
        if place := said(kind).first(plain):
            return Decided(Intent.OTHER, (place,))
    for kind, intent in _GIST_CASES:
        if place := _in_gist(kind, gist):
            return Decided(intent, (place,))
    return _short(plain, gist, asked, answer, dated)


def _opens_a_complaint(plain: str, place: Place) -> bool:
    """Whether a question but leads to what is said next: "melhorar o quê? vocês glosam tudo"."""
    end = min((mark for stop in (" ? ", " . ") if (mark := plain.find(stop, place[0])) >= 0), default=len(plain))
    return end - place[0] < _SHORT and plain[end:].strip(" ?") != ""


def _whatever_was_asked(plain: str, asked: Asked, dated: bool) -> Decided | None:
    """Words that say by themselves that nothing is decided."""
    if place := said("awaits").first(plain):
        return Decided(Intent.ACKNOWLEDGES, (place,))
    if place := _unless_denied("busy", plain):
        return Decided(Intent.WILL_CHECK, (place,))
    listens = not dated and not asked.any(Ask.SENDING)
    for kind in ("listening", "only_that") if listens else ("only_that",):
        if place := said(kind).first(plain):
            return Decided(Intent.ACKNOWLEDGES, (place,))
    if asked.any(Ask.DATA) and (place := said("data").first(plain)):
        return Decided(Intent.OTHER, (place,))
    put_off = _unless_denied("hesitates", plain) or _unless_denied("uncertain", plain)
    return Decided(Intent.WILL_CHECK, (put_off,)) if put_off else None


def _asks_for(gist: Gist, asked: Asked, answer: Answer | None) -> Place | None:
    """Where something is asked for with no question mark; beside a yes to a return it is but a word."""
    yes = answer is not None and answer.yes
    if yes and asked.any(Ask.SENDING):
        return None
    agrees = yes and asked.any(Ask.RETURN, Ask.WHEN, Ask.CHECKED)
    requests = [] if agrees else requests_in(gist, asked)
    return gist.place(*requests[0]) if requests else _in_gist("asks", gist)


def _explains(plain: str, gist: Gist, asked: Asked, answer: Answer | None) -> bool:
    """An answer to "why?" in words that name none of the form's reasons."""
    if not asked.any(Ask.REASON) or (answer and (not answer.yes or len(gist.plain.split()) <= _BARE)):
        return False
    silent = any(
        said(kind).within(plain) for kind in ("data", "noticing", "already", "hesitates", "rhetorical", "will_check")
    )
    return not (silent or _in_gist("puts_off", gist)) and not (
        said("acknowledges").within(plain) and len(plain.split()) <= _ALONE
    )


def _short(plain: str, gist: Gist, asked: Asked, answer: Answer | None, dated: bool) -> Decided:
    """A few words that mean something by what was asked, or little."""
    no, yes = (gist.place(*answer.place) if answer and answer.yes is is_yes else None for is_yes in (False, True))
    found = (
        _to_who_it_is(plain, gist, asked, no, yes) or _to_a_proposal(asked, no, yes, dated) or _to_an_offer(gist, asked)
    )
    if found:
        return found
    only_aware = asked.any(Ask.AWARENESS) and not asked.any(Ask.TO_LEAVE, Ask.TO_STAY)
    if only_aware and answer is None and " nao " not in plain and len(plain.split()) <= _ALONE:
        return Decided(Intent.ACKNOWLEDGES)
    if dated and plain.startswith(" ate "):  # a farewell
        return Decided(Intent.ACKNOWLEDGES)
    tone = _by_its_tone(gist, asked)
    if tone and tone.intent is Intent.DECLINES:
        return tone
    if asked.any(Ask.DATA) and (place := said("unchanged").first(plain)):
        return Decided(Intent.ACKNOWLEDGES, (place,))
    if yes and asked.any(Ask.CHECKED, Ask.AWARENESS, Ask.WHO, Ask.ON_FILE):
        return Decided(Intent.ACKNOWLEDGES, (yes,))
    if (place := said("acknowledges").first(plain)) and len(gist.plain.split()) <= _SAYS_LITTLE:
        return Decided(Intent.ACKNOWLEDGES, (place,))
    for kind, intent in (("thanking", Intent.ACKNOWLEDGES), ("proposes", Intent.WILL_CHECK)):
        if place := _in_gist(kind, gist):
            return Decided(intent, (place,))
    if tone:
        return tone
    return Decided(Intent.OTHER if _TELLS_OF_THE_PAST.search(gist.plain) else _by_what_was_asked(asked))


def _to_who_it_is(plain: str, gist: Gist, asked: Asked, no: Place | None, yes: Place | None) -> Decided | None:
    """What answers "falo com…?" and "posso ajudar?"."""
    in_the_dentists_stead = said("answers_for").first(plain)
    if asked.any(Ask.WHO) and in_the_dentists_stead:
        return Decided(Intent.ACKNOWLEDGES, (in_the_dentists_stead,))
    if asked.any(Ask.WHO) and no:
        return Decided(Intent.WRONG_NUMBER, (no,))
    if asked.any(Ask.HELP) and yes and len(gist.plain.split()) > _BARE:  # "sim, sobre a ortodontia"
        return Decided(Intent.QUESTION, (yes,))
    if asked.any(Ask.HELP) and no:
        return Decided(Intent.ACKNOWLEDGES, (no,))
    return None


def _to_a_proposal(asked: Asked, no: Place | None, yes: Place | None, dated: bool) -> Decided | None:
    """A yes, a no or a time to who asked for a return, or whether something was seen."""
    answered = no or yes
    awaits = asked.any(Ask.RETURN, Ask.WHEN, Ask.SENDING) and not asked.any(Ask.AWARENESS, Ask.WHO, Ask.HELP, Ask.DATA)
    if answered and awaits and "?" in asked.words.plain and not (asked.any(Ask.CHECKED) and yes):
        return Decided(Intent.DECLINES if no and _refuses_all(asked) else Intent.WILL_CHECK, (answered,))
    if dated and awaits:
        return Decided(Intent.WILL_CHECK)
    return Decided(Intent.WILL_CHECK, (no,)) if no and asked.any(Ask.CHECKED) else None


def _refuses_all(asked: Asked) -> bool:
    """Whether a no refuses a talk or an offer, and not only the day named for it."""
    if not asked.any(Ask.OFFERED, Ask.TALK):
        return False
    return asked.any(Ask.WHEN) or not lexicon(PACKAGE, "gist.txt")["times"].within(asked.asking)


def _to_an_offer(gist: Gist, asked: Asked) -> Decided | None:
    """A will that can only be to what was offered, where something else was asked or nothing."""
    if not asked.any(Ask.OFFERED):
        return None
    for kind, intent in (("unwilling", Intent.DECLINES), ("willing", Intent.ACCEPTS)):
        if place := _in_gist(kind, gist):
            return Decided(intent, (place,))
    return None


def _by_its_tone(gist: Gist, asked: Asked) -> Decided | None:
    """Praise or blame for what was offered decides; of anything else it is but a word."""
    if not asked.any(Ask.DECISION, Ask.TO_STAY, Ask.CHECKED):
        return None
    if place := _in_gist("scolds", gist):
        return Decided(Intent.DECLINES, (place,))
    if place := _in_gist("praises", gist):
        offered = lexicon(PACKAGE, "gist.txt")["offers"].within(asked.gist)
        return Decided(Intent.ACCEPTS if offered else Intent.ACKNOWLEDGES, (place,))
    return None


def _by_what_was_asked(asked: Asked) -> Intent:
    """Of words that say nothing known: who is asked to decide and does not say yes declines; who is asked for an
    answer puts it off."""
    if asked.any(Ask.WHO, Ask.DATA, Ask.HELP, Ask.AWARENESS):
        return Intent.OTHER
    if asked.any(Ask.TO_STAY, Ask.TO_LEAVE, Ask.DECISION):
        return Intent.DECLINES
    if asked.any(Ask.WHEN, Ask.CHECKED, Ask.RETURN) and "?" in asked.words.plain:
        return Intent.WILL_CHECK
    return Intent.OTHER


def _says_again(sentence: str, rest: str, asked: Asked) -> bool:
    """Whether a short question but takes up the analyst's words, begins what is said next ("este ano? amanhã só"), or
    names a time that is answered at once ("de janeiro? consigo")."""
    words = sentence.split()[:-1]
    if len(words) > _ECHO:
        return False
    if lexicon(PACKAGE, "gist.txt")["times"].within(sentence):
        agrees = lexicon(PACKAGE, "times.txt")["agreeing"].first(rest) == (1, rest.find(" ", 1))
        return agrees or rest.startswith((" nao ", " so ", " impossivel "))
    return all(f" {word} " in asked.words.plain or word in _OPENS for word in words)


def _question(plain: str, asked: Asked) -> Place | None:
    """Something is asked, not only "tudo bem?" or "pode me ligar?"."""
    for start, sentence in placed_sentences(plain):
        marked = sentence.endswith(" ? ")
        opens = start + len(sentence) < len(plain) - 1
        rest = plain[start + len(sentence) - 1 :]
        if marked and opens and (_says_again(sentence, rest, asked) or said("surprise").within(sentence)):
            continue
        place = said("question").first(struck(sentence, said("wants_a_call").find(sentence)))
        if place and not _NEGATION.search(sentence, max(0, place[0] - _NEAR), place[0]):
            return start + place[0], start + place[1]
        if marked and any(said(kind).within(sentence) for kind in ("rhetorical", "proposal", "wants_a_call")):
            continue
        if marked and (len(sentence.split()) > 1 or sentence == plain):
            return start, start + len(sentence) - 1
    return None
