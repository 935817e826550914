"""A yes or a no to what was asked, however it is said: "sim", "pode tocar", "quero", "quero não"."""

import re
from dataclasses import dataclass

from messages.phrases import Phrases, lexicon, struck
from messages.replies.gist import PACKAGE, Gist, Place
from messages.replies.questions import Ask, Asked

_SHORT = 7  # words of gist, within which the last may be the answer
_OPENING = re.compile(
    r"(?: [^ .?,]+){1,2} [?](?= [^ ])"  # the analyst's words, taken up: "Saulo? não."
    r"|(?: (?:[.,]|tudo|obrigad[ao]|agradecer|agradeco|mas|estar ciente|ciente))+"
    r"(?= (?:sim|nao|poder|querer|desejar|confirmar|confirmado) )"
)
_LAST_WORD = re.compile(
    r"(?: [^ .?,]+)* (?P<word>sim|ok|nao)(?= (?:[.,]|$))|(?: [^ .?]+)* , (?P<at_last>sim|nao)(?= (?:[.] )?$)"
)
_OWN_DEED = re.compile(
    r" (?:mando|envio|reenvio|encaminho|passo|mostro|repito|mandamos|enviamos|mandarei|enviarei"
    r"|(?:vou|vamos|irei|vai|posso|podemos|quero|preciso|consigo|conseguimos|para|de) (?:te |lhe |me )?[a-z]+r) "
)
_WHO = 14  # characters before a verb
_CONFIRMS = re.compile(
    r"(?:(?<=^)|(?<= [.,])|(?<= ciente))(?: (?:sim|ela|ele))?(?P<no> nao)? (?:confirmar|desejar)"
    r"(?: tudo)?(?= (?:$|[,.]|sim))"
)
_GOES_ON = re.compile(
    r"(?P<no> nao)? (?:querer|desejo|desejar|pretender|preferir|decidir'?|ir|poder) (?:sim )?"
    r"(?P<verb>seguir|prosseguir|continuar|manter)(?= (?:$|[,.]|sim|assim|frente|adiante))"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """``place``: its words in the gist of the reply."""

    yes: bool
    place: Place


def answer_in(gist: Gist, asked: Asked) -> Answer | None:
    """None: neither, as far as can be told."""
    opening = _OPENING.match(gist.plain)
    skipped = opening.end() if opening else 0
    plain = struck(gist.plain, requests_in(gist, asked))[skipped:]
    if said("no_answer").within(plain) or _wants_another(plain, asked):
        return None
    for yes, name in ((False, "no"), (True, "yes")):
        if place := said(name).first(plain):
            return Answer(yes, (place[0] + skipped, place[1] + skipped))
    return _echo(gist, asked) or _tag(gist, asked) or _last_word(gist)


def _wants_another(plain: str, asked: Asked) -> bool:
    """Whether a leave or a wish is for what nobody asked about."""
    place = said("wants_another").first(plain)
    return place is not None and f" {plain[slice(*place)].split()[-1]} " not in (asked.asking or asked.gist)


def requests_in(gist: Gist, asked: Asked) -> list[Place]:
    """Where something is asked to be sent: "pode mandar a tabela" is a yes only to who asked leave to send."""
    if asked.any(Ask.SENDING):
        return []
    return [
        place for place in said("requests").find(gist.plain) if not _OWN_DEED.search(gist.source, *_around(gist, place))
    ]


def _around(gist: Gist, place: Place) -> Place:
    """Where it stands in the source, with the words that tell who will do it."""
    start, end = gist.place(*place)
    return max(0, start - _WHO), end


def _tag(gist: Gist, asked: Asked) -> Answer | None:
    """What closes the question said back: "..., tudo bem?" "tudo bem"."""
    place = said("tags").first(gist.plain)
    return Answer(True, place) if place and f" , {gist.plain[slice(*place)]} ? " in asked.gist else None


def _echo(gist: Gist, asked: Asked) -> Answer | None:
    """The verb of the question said again: "mantém?" "mantenho"."""
    place = said("echoes").first(gist.plain)
    if place is None:
        return None
    said_again = any(
        f" {word} " in asked.gist for word in gist.plain[slice(*place)].split() if word.isalpha() or "'" in word
    )
    return Answer(True, place) if said_again else None


def goes_on(gist: Gist, asked: Asked) -> list[Answer]:
    """Where the verb of "deseja seguir com o desligamento?" is said again without saying with what."""
    if not asked.any(Ask.TO_LEAVE):
        return []
    confirms = [found for found in _CONFIRMS.finditer(gist.plain) if asked.any(Ask.AWARENESS)]
    goes_on = [found for found in _GOES_ON.finditer(gist.plain) if _leads_out(found["verb"], asked)]
    return [Answer(found["no"] is None, found.span()) for found in (*confirms, *goes_on)]


def _leads_out(verb: str, asked: Asked) -> bool:
    """Whether the question puts leaving behind this verb: "manter o pedido", not "encerrar e manter o cadastro"."""
    after = (rest.split()[:2] for rest in asked.gist.split(f" {verb} ")[1:])
    return any(said(Ask.TO_LEAVE.value).within(f" {' '.join([verb, *words])} ") for words in after)


def _last_word(gist: Gist) -> Answer | None:
    """ "por mim sim", "esse valor não": a short sentence that ends in the answer."""
    found = _LAST_WORD.match(gist.plain)
    if found is None or found[0].count(" ") > _SHORT or said("times").within(found[0]):
        return None
    group = "word" if found["word"] else "at_last"
    return Answer(found[group] != "nao", found.span(group))


def said(name: str) -> Phrases:
    return lexicon(PACKAGE, "gist.txt")[name]
