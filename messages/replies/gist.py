"""The gist of a reply: its words without those that only join them, verbs by their infinitive.

"Os sócios optaram pela descontinuidade do convênio" and "vamos optar por descontinuar o convênio" come close, so that a
phrase about them is written once. A verb that tells of the past bears an apostrophe ("optar'").
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from messages.phrases import sections
from messages.verbs import form_of
from messages.words import Words

Place = tuple[int, int]
PACKAGE = "messages.replies.lexicon"

_LISTS = {heading: frozenset(" ".join(lines).split()) for heading, lines in sections(PACKAGE, "joining.txt").items()}
_JOINING, _KEPT_PLURALS = _LISTS["joining"], _LISTS["plural"]
_MARKS = frozenset((",", ".", "?"))
_PLURALS = (("oes", "ao"), ("ns", "m"), ("ares", "ar"), ("ores", "or"), ("as", "a"), ("es", "e"), ("os", "o"))
_REFLEXIVE_AFTER = _MARKS | {"so", "mas", "porem", "e", "nem", "que"}
_STARTS = frozenset((".", ",", "?", "e"))
_GREETINGS = frozenset(("oi", "ola", "opa"))  # every greeting is one of them in plain words
_ANSWERS = frozenset(("sim", "nao", "ok", "claro", "certo", "tudo", "obrigada", "beleza", "joinha"))
_GIVES = frozenset(("da", "de"))  # else they but join
_BEFORE_GIVES = frozenset(("nao", "nem", "ja", "me", "te", "nos", "lhe", "quem", "nunca", "tambem", "so", "assim"))
_CONDITIONED = frozenset(("aceitar", "topar", "ficar", "continuar", "permanecer", "concordar"))
_EMOJI = frozenset(("joinha", "coracao"))  # after words they only stress them
_LOOKS = frozenset(
    ("estou", "estamos", "esta", "estao", "estava", "ando", "fico", "ficou", "fiquei", "vou", "ainda", "to")
)
_NEGATIONS = {"nem": "nao", "nunca": "nao", "jamais": "nao", "tampouco": "nao"}


@dataclass(frozen=True, slots=True)
class Gist:
    """``plain`` begins and ends with a space, as that of `messages.words.Words`."""

    plain: str
    source: str  # the plain words it is the gist of
    _starts: tuple[int, ...]
    _places: tuple[Place, ...]  # of each word in the source

    def place(self, start: int, end: int) -> Place:
        """Where a stretch of it stands in the plain words."""
        first = max(0, bisect_right(self._starts, start) - 1)
        last = max(first, bisect_right(self._starts, max(start, end - 1)) - 1)
        return self._places[first][0], self._places[last][1]


def gist_of(words: Words) -> Gist:
    plain = words.plain
    kept: list[str] = []
    starts: list[int] = []
    places: list[Place] = []
    at, position, before = 1, 1, "."
    for word, after in pairwise([*plain.split(), "."]):
        told = "" if before in _GREETINGS and after in _MARKS and _is_a_name(word) else _told(word, before)
        if told:
            kept.append(told)
            starts.append(at)
            places.append((position, position + len(word)))
            at += len(told) + 1
        position += len(word) + 1
        before = word
    if not kept:
        return Gist(" ", plain, (0,), ((0, len(plain)),))
    return Gist(f" {' '.join(kept)} ", plain, tuple(starts), tuple(places))


def _is_a_name(word: str) -> bool:
    """Of a word between a greeting and a pause: "oi Ana, pode sim"."""
    return word.isalpha() and word not in _ANSWERS and word not in _JOINING and form_of(word) is None


def _told(word: str, before: str) -> str:
    """What a word is in the gist; empty: nothing."""
    if word in _MARKS:
        return word
    if word == "se":  # "if" where a clause begins, else but part of a verb
        form = form_of(before)
        return word if before in _REFLEXIVE_AFTER or (form and form.verb in _CONDITIONED) else ""
    if word in _EMOJI and before not in _MARKS:
        return ""
    if word == "vendo" and before not in _LOOKS:  # "vendo imóveis": sells
        return "vender"
    if word == "estao" and form_of(before):  # "ganhar tão pouco"
        return ""
    if word == "isso" and before in _STARTS:
        return word
    if word in _GIVES and before in _BEFORE_GIVES:
        return "dar"
    if word in _JOINING:
        return ""
    if form := form_of(word):
        return f"{form.verb}'" if form.past else form.verb
    if word in _NEGATIONS:
        return _NEGATIONS[word]
    return _singular(word)


def _singular(word: str) -> str:
    if len(word) < 5 or word in _KEPT_PLURALS:
        return word
    if word.endswith(("issimo", "issima")):
        return f"{word[:-6]}o"
    for ending, singular in _PLURALS:
        if word.endswith(ending):
            return f"{word[: -len(ending)]}{singular}"
    return word
