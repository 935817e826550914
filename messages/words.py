"""A message as a string of plain words, each of which knows where it stands in what was written.

Plain: no accents, lower case, abbreviations and slips of the thumb of the phone's keyboard spelt out, one space between
words, sentences closed by " . " or " ? ", pauses by " , ". Phrases are looked for in this string; what they find is
told as spans of the message itself.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from rapidfuzz.distance import OSA
from unidecode import unidecode

LONGEST = 3000  # characters that are read of a message: who writes more than that promises early, or not at all
_TOKEN = re.compile(
    r"(?P<greeting>\b(?i:bom|boa|bo|bm)\s{1,3}(?i:dia|tarde|noite)s?\b)|(?P<mail>[\w.+-]{1,60}@[\w.-]{1,60})|(?P<link>https?://\S{1,300})"
    r"|(?P<number>\d[\dªº°]{0,14}(?:[h:/.,-]\d{1,9}){0,4}(?:[a-zA-Zªº°]{1,6}\d{0,2})?)"
    r"|(?P<title>\b(?i:dra?s?|sra?s?|profa?|av|tel|obs)(?=\.))\."
    r"|(?P<with>\b[cC](?= (?i:[ao]s?|ela|ele|meus?|minhas?|calma|particular(?:es)?|clientes?|pacientes?)\b))"
    r"|(?P<more>\+(?=\s?[a-z]))"
    r"|(?P<word>[^\W\d_]{1,40})|(?P<pause>\.\.+|…|[,:()–—]| -+ )|(?P<asks>[?][!?]*)|(?P<end>[.!;\n]+)"
    r"|(?P<yes>[👍👌🤝✅☑])|(?P<heart>[🙏😀-🙏🌀-🗿🚀-🛿🤀-🧿☀-➿❤])"
)
_SHORTEST_SLIP = 6
_REPEATED = re.compile(r"([a-z])\1{2,}")
_DRAWN_OUT = re.compile(r"([aiou])\1$")
_LAUGHTER = re.compile(r"(?:k{2,}|(?:ha|he|hua|kk){2,}h?|(?:rs)+)")  # one "ha" is "há"
_ALIASES = {
    spelt: word
    for word, spellings in {
        "voce": "vc c ce vce vosce oce",
        "voces": "vcs ces vces",
        "que": "q qe ki",
        "porque": "pq porq pqe",
        "nao": "n nn naum num nop nope nao nope",
        "hoje": "hj hije hoej hoge oje",
        "amanha": "amanhan amanh amnha amanham amnh amha aman manhan amanah amamha amaha ammanha",
        "tambem": "tb tbm tmb tbem",
        "depois": "dps dpois depos depoi",
        "beleza": "blz belez belesa",
        "obrigada": "obg obgd obgda obgado brigada brigado obrigado agradecida agradecido grata grato gratidao",
        "mensagem": "msg mensage msn mensg",
        "mensagens": "msgs",
        "fim de semana": "fds findi finde",
        "ok": "okay okey oki okk oky okei",
        "sim": "ss simm sin sm siim yes yep",
        "para": "pra p",
        "para o": "pro",
        "para os": "pros",
        "para as": "pras",
        "de novo": "dnv denovo",
        "sistema": "sist",
        "funciona": "funfa",
        "bom fim de semana": "bfds",
        "e": "eh",
        "quando": "qdo qnd qndo qd",
        "quanto": "qto qnto",
        "qualquer": "qq qlqr",
        "muito": "mt mto mtu",
        "muita": "mta",
        "muitos": "mts mtos",
        "comigo": "cmg",
        "beneficiario": "benef",
        "certeza": "ctz crtz",
        "semana": "smana semna semnaa semama",
        "feira": "fera feria fra",
        "segunda": "sgunda segnda seguda",
        "terca": "tersa",
        "sexta": "sesta sextaa",
        "doutora": "dra dr drs dras doutor doutores doutoras",
        "senhora": "sra sr senhor srs",
        "esta": "ta tah",
        "estao": "tao",
        "estou": "to tou",
        "estava": "tava",
        "estamos": "tamo tamos",
        "cadastro": "cad",
        "paciente": "pcte pac pacte",
        "pacientes": "pctes pacs",
        "procedimento": "proc",
        "whatsapp": "zap zapzap wpp whats whatssap watsap wats zapp",
        "telefone": "tel fone",
        "celular": "cel",
        "favor": "fvr fv",
        "por favor": "pfv pf pfvr plis pls",
        "ate": "ateh",
        "mesmo": "msm",
        "mes": "mez",
        "hora": "hr",
        "horas": "hs hrs",
        "min": "mins",
        "gente": "gnt",
        "tudo": "td",
        "todo": "tdo",
        "falou": "flw vlw",
        "valeu": "vlw",
        "certo": "crt",
        "joia": "jóia joinha",
        "nada": "nd",
        "duvida": "duvda dvd",
        "proxima": "prox proxma prox",
        "retorno": "retrno",
        "ainda": "aind",
        "daqui": "daki daq",
        "aqui": "aki aq",
    }.items()
    for spelt in spellings.split()
}


def spelt_out(word: str) -> str:
    """A plain word in full, where it is one that is written short for the thumb: "hj", "dps"."""
    return _ALIASES.get(word, word)


_SLIPS = ("segunda", "quarta", "quinta", "sabado", "domingo", "amanha", "semana", "proxima", "janeiro", "fevereiro",
          "agosto", "setembro", "outubro", "novembro", "dezembro", "feriado", "carnaval", "quinzena", "respondo",
          "retorno", "resposta", "aceito", "desligamento", "cancelar", "descredenciamento", "interesse", "obrigada",
          "paciente", "proposta", "secretaria", "continuar", "consigo", "analisar", "verificar",
          "confirmo")  # fmt: skip
_NO_SLIPS = frozenset((
    "(gosto", "aceita", "aceitos", "aceitou", "agostos", "amanhã", "cancela", "carnavais", "confirma",
    "confirmou", "consegue", "continua", "domingos", "feriados", "interessa", "manha", "obrigado", "propostas",
    "proximas", "proximo", "quartas", "quarto", "quinta", "quintas", "quinzenas", "quita", "respondeu",
    "respostas", "resposto", "retorna", "retornou", "sabados", "sabendo", "secretarias", "secretario",
    "seguida", "seguinda", "segundas", "segundo", "semanal", "semanas",
))  # fmt: skip
_YES, _HEART = "joinha", "coracao"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the message: ``message[start:end]``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Words:
    """``plain`` begins and ends with a space."""

    plain: str
    _starts: tuple[int, ...]  # where each word begins in ``plain``
    _spans: tuple[Span, ...]  # where it stands in the message

    def span(self, start: int, end: int) -> Span:
        """Where a stretch of ``plain`` stands in the message."""
        while end - start > 1 and self.plain[start] == " ":
            start += 1
        while end - start > 1 and self.plain[end - 1] == " ":
            end -= 1
        first = max(0, bisect_right(self._starts, start) - 1)
        last = max(first, bisect_right(self._starts, end - 1) - 1)
        return Span(self._spans[first].start, self._spans[last].end)


def words_of(message: str) -> Words:
    """The plain words of a message; of a very long one those of its beginning."""
    pieces: list[str] = []
    starts: list[int] = []
    spans: list[Span] = []
    at = 1
    for found in _TOKEN.finditer(message[:LONGEST]):
        for word in _plain(found):
            pieces.append(word)
            starts.append(at)
            spans.append(Span(found.start(), found.end()))
            at += len(word) + 1
    if not pieces:
        return Words(" ", (0,), (Span(0, 0),))
    return Words(f" {' '.join(pieces)} ", tuple(starts), tuple(spans))


def _plain(found: re.Match[str]) -> list[str]:
    match found.lastgroup:
        case "greeting":  # it names no part of the day
            return ["ola"]
        case "mail":
            return ["@mail"]
        case "link":
            return ["@link"]
        case "end":
            return ["."]
        case "asks":
            return ["?"]
        case "pause":
            return [","]
        case "with":
            return ["com"]
        case "more":
            return ["mais"]
        case "yes":
            return [_YES]
        case "heart":
            return [_HEART]
        case "number":
            return [unidecode(found[0]).lower().replace("deg", "o")]
    word = unidecode(found["title"] or found[0]).lower()
    if _LAUGHTER.fullmatch(word):
        return ["rs"]
    word = _REPEATED.sub(r"\1", word)
    word = _ALIASES.get(word) or _ALIASES.get(_DRAWN_OUT.sub(r"\1", word)) or _DRAWN_OUT.sub(r"\1", word)
    return _right(word).split() or ["."]


def _right(word: str) -> str:
    """A longer word that people slip on, with one letter too few, too many, or two of them changed round."""
    if len(word) < _SHORTEST_SLIP or word in _SLIPS or word in _NO_SLIPS:
        return word
    return next((right for right in _SLIPS if _slipped(word, right)), word)


def _slipped(word: str, right: str) -> bool:
    if word[0] != right[0] or right == f"{word}s" or word == f"{right}s":
        return False
    turned = len(word) == len(right) and sorted(word) == sorted(right)
    return (turned or abs(len(word) - len(right)) == 1) and OSA.distance(word, right, score_cutoff=1) == 1
