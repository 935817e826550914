"""What the words around a time in a reply say about it: that it is refused, past, or no time of a return at all."""

import re

from messages.dates.spoken import Mention
from messages.phrases import Phrases, lexicon
from messages.replies.gist import PACKAGE

_FAR = 110  # characters before a mention that may belong to it
ENDS_CLAUSE = re.compile(r" (?:[,.?]|mas|porem|so que|entao) ")
_ONLY = re.compile(r" (?:so|somente|apenas|mas|porem) (?:[a-z]+ )?$")
_ASKED_AND_REFUSED = re.compile(
    r" [?] (?:eu |ai |mas )?(?:nao|impossivel|sem chance|complicado|dificil) "
)  # "hoje? não"
_IF = re.compile(r" (?:se|caso|quando) (?:[^ ,.?]+ ){0,8}$")
_ADDRESS = re.compile(
    r" (?:rua|r|av|avenida|praca|travessa|alameda|rodovia|bairro|largo|vila|edificio|estrada)(?: [a-z]+)? $"
)
_IN_THE_PAST = re.compile(r" [a-z]{2,}(?:ou|eu|iu|(?<!r)ei|aram|eram|iram)(?: (?:em|no|na|dia|desde|ja|la|aqui))? $")
_OF_A_PATIENT = re.compile(r" (?:pacientes?|clientes?|beneficiari[oa]s?)(?: [a-z]+){1,2} $")
_PLURAL = re.compile(r"(?:segundas|tercas|quartas|quintas|sextas|sabados|domingos)(?: feiras)?")
_AHEAD = re.compile(r"(?:depois|apos|amanha|semana que vem|mes que vem) ")
_AND_THEN = re.compile(r" e (?:ja |ai )?(?:te|lhe) [a-z]+(?: [a-z]+){0,2} $")  # "na quarta temos reunião e já te passo"
_EITHER_TENSE = re.compile(r" (?:eu |nos |ja |a gente )?(?:falamos|conversamos|respondemos|mandamos|enviamos) ")
_SOON = 8  # characters, within which what is said next is said of a time
_IF_IT_IS = re.compile(r" se for (?:agora |hoje |la )?$")


def said(name: str) -> Phrases:
    return lexicon(PACKAGE, "times.txt")[name]


def is_blocked(plain: str, mention: Mention) -> bool:
    """Whether what stands around it says that it is no time of a return."""
    return of_something_else(plain, mention) or is_refused(plain, mention)


def is_refused(plain: str, mention: Mention) -> bool:
    before, after = _around(plain, mention)
    if said("free_then").within(after) or _AND_THEN.search(after):
        return False
    return bool(said("refused_after").within(after) or _ASKED_AND_REFUSED.match(plain, mention.end)) or (
        not _only(plain, mention, before) and _close(said("refused_before"), before)
    )


def of_something_else(plain: str, mention: Mention) -> bool:
    """It is past, a habit, an address, a condition, money, or the day on which something ends."""
    if mention.habit or _PLURAL.search(plain[mention.start : mention.end + 2]):
        return True
    before, after = _around(plain, mention)
    if _ADDRESS.search(before) or _OF_A_PATIENT.search(before) or _conditional(before):
        return True
    if _told_after(plain, mention, after) or said("other_after").within(after) or _IN_THE_PAST.search(before):
        return True
    if _only(plain, mention, before) or _close(said("back"), before, left=2):
        return False
    answers = said("answering").first(after)
    if answers and answers[0] <= _SOON and before.endswith(" e "):  # "segunda ela volta de viagem e na terça te falo"
        return False
    return _close(said("past_before"), before, left=0) or _close(said("other_before"), before, left=0)


def is_past(plain: str, mention: Mention) -> bool:
    before, after = _around(plain, mention)
    return (
        _told_after(plain, mention, after)
        or bool(_IN_THE_PAST.search(before))
        or _close(said("past_before"), before, left=0)
    )


def _told_after(plain: str, mention: Mention, after: str) -> bool:
    """Whether what follows tells of the past: of "falamos" only the time itself can say whether it does."""
    ahead = _AHEAD.match(plain, mention.start) and _EITHER_TENSE.match(after)
    return said("past_after").within(after) and not ahead


def _only(plain: str, mention: Mention, before: str) -> bool:
    """Whether "só", or a turn of the sentence, sets it apart from what is refused before."""
    return plain.startswith(("so ", "somente ", "apenas ", "mas "), mention.start) or bool(_ONLY.search(before))


def _around(plain: str, mention: Mention) -> tuple[str, str]:
    """The words of its clause before and after it, each with spaces around."""
    start = 0
    for turn in ENDS_CLAUSE.finditer(plain, max(0, mention.start - _FAR), mention.start):
        start = turn.end() - 1
    stop = ENDS_CLAUSE.search(plain, mention.end)
    before = plain[max(start, mention.start - _FAR) : mention.start]
    return before, plain[mention.end : stop.end() if stop else len(plain)]


def _conditional(before: str) -> bool:
    """Whether it hangs on something other than the dentist's own leisure."""
    condition = _IF.search(before)
    if condition is None or _IF_IT_IS.search(before) or " ver se " in before:
        return False
    words = before[condition.start() :]
    return not said("working").within(words) and not said("back").within(words)


def _close(phrases: Phrases, before: str, left: int = 1) -> bool:
    """Whether one of them stands right before a mention, but for a word or so."""
    return any(len(before[end:].split()) <= left for _, end in phrases.find(before))
