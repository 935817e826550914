"""Portuguese verbs in plain words: which verb a word is a form of, and whether it tells of the past.

Regular verbs are conjugated from their infinitives; the others are written out in `verbs.txt`. Only verbs that people
answer with are known: any other word is itself. Forms that are much oftener another word ("para", "suporte") are left
out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from messages.phrases import sections

_ENDINGS = {
    "a": (
        "o a as amos am arei ara aremos arao aria ariam ariamos e es emos em ar ares armos arem ando",
        "ei ou aram ava avamos avam asse assem aste",
    ),
    "e": (
        "o e es emos em erei era eremos erao eria eriam eriamos a as amos am er eres ermos erem endo",
        "i eu eram ia iamos iam esse essem",
    ),
    "i": (
        "o e es imos em irei ira iremos irao iria iriam iriamos a as amos am ir ires irmos irem indo",
        "i iu iram ia iamos iam isse issem",
    ),
}
_PARTICIPLES = {"a": "ad", "e": "id", "i": "id"}


@dataclass(frozen=True, slots=True)
class Form:
    """What a word is a form of. ``verb`` is the infinitive, or the participle's masculine ("decidido")."""

    verb: str
    past: bool = False
    participle: bool = False


def form_of(word: str) -> Form | None:
    """None: of no verb that is known."""
    return _FORMS.get(word)


def _conjugated(verb: str) -> Iterator[tuple[str, Form]]:
    stem, kind = verb[:-2], verb[-2]
    now, past = _ENDINGS[kind]
    for endings, form in ((now, Form(verb)), (past, Form(verb, past=True))):
        for ending in endings.split():
            yield f"{_spelt(stem, kind, ending)}{ending}", form
    participle = f"{stem}{_PARTICIPLES[kind]}"
    form = Form(f"{participle}o", participle=True)
    for gender in ("o", "a", "os", "as"):
        yield f"{participle}{gender}", form


def _spelt(stem: str, kind: str, ending: str) -> str:
    """The stem as it is written before an ending: "fiquei", "liguei", "siga"."""
    if kind == "a" and ending[0] == "e":
        if stem.endswith("c") and stem not in _CEDILLA:
            return f"{stem[:-1]}qu"
        return f"{stem}u" if stem.endswith("g") else stem
    return stem


_ALL_IRREGULAR = frozenset(("ir", "ser", "por", "vir"))
_CEDILLA = frozenset(("comec", "lanc", "alcanc", "avanc"))


def _all_forms() -> dict[str, Form]:
    """What is written out comes before what is conjugated."""
    lists = sections("messages", "verbs.txt")
    regular = " ".join(lists["regular"]).split()
    written: dict[str, Form] = {}
    for line in lists["irregular"]:
        verb, _, forms = line.partition(":")
        now, _, past = forms.partition("/")
        if verb not in _ALL_IRREGULAR:
            regular.append(verb)
        written |= dict.fromkeys((verb, *now.split()), Form(verb))
        written |= dict.fromkeys(past.split(), Form(verb, past=True))
    conjugated = {word: form for verb in reversed(regular) for word, form in _conjugated(verb)}
    oftener_another = {*" ".join(lists["oftener another word"]).split()}
    return {word: form for word, form in (conjugated | written).items() if word not in oftener_another}


_FORMS = _all_forms()
