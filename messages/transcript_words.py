"""What one message of a transcript is: text, media, deleted or the system's, by the words that WhatsApp itself puts.

``\\u200e`` marks text that iOS generated. A file that holds such marks is believed only where they stand, so that a
person who types "imagem ocultada" has typed a text.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from messages.media import kind_of_file, kind_of_label


class Kind(StrEnum):
    TEXT = "text"
    MEDIA = "media"
    DELETED = "deleted"
    SYSTEM = "system"


class Shape(StrEnum):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Said:
    """``text``: of a file its caption; ``media`` is then its kind, and ``filename`` its name, where that is told."""

    author: str  # empty for the system
    text: str
    kind: Kind
    media: str = ""
    filename: str = ""


GENERATED = "\u200e"
_LONGEST_AUTHOR = 100  # characters of a name or number that WhatsApp shows: what is longer is words
_LONGEST_LABEL = 300  # characters of a name, or of a line that tells a file: longer ones are words

_EDITED = re.compile(
    r"<(?:mensagem editada|ess?t?a mensagem foi editada|(?:this )?message (?:was )?edited)>$", re.IGNORECASE
)
_DELETED = re.compile(
    r"(?:mensagem apagada|ess?t?a mensagem foi apagada|você apagou ess?t?a mensagem"
    r"|this message was deleted|you deleted this message)(?: (?:pel[oa]|por|by) .{1,80})?\.?",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"<[^<>\n]*\b(?:ocult[ao]|ocultad[ao]|omitid[ao]|omitted)>(?:\s+|$)", re.IGNORECASE)
_FILE = re.compile(r"(?P<name>[^\n]+\.\w{1,5}) \((?:arquivo anexado|file attached)\)(?:\n|$)", re.IGNORECASE)
_ATTACHED = re.compile(r"<(?:anexado|attached): (?P<name>[^<>\n]+)>", re.IGNORECASE)
_OMITTED = (
    r"(?:(?:imagem|foto|vídeo|áudio|figurinha|sticker|gif|documento|arquivo|mídia|mensagem de (?:voz|vídeo)"
    r"|nota de vídeo|cartão d[eo] contato) (?:ocultad[ao]|omitid[ao])"
    r"|(?:image|photo|video|audio|sticker|gif|document|media|voice message|video note|contact card) omitted)"
)
_OMITTED_FIRST = re.compile(rf"{_OMITTED}(?:\n|$)", re.IGNORECASE)
_OMITTED_LAST = re.compile(rf"{GENERATED}{_OMITTED}$", re.IGNORECASE)
_FILE_NAME = r"(?P<name>.*\.\w{2,5}|.*(?=•))(?:\s*•\s*\d+\s*(?:páginas?|pages?))?"  # with its count of pages
_OMITTED_FILE = re.compile(rf"{_FILE_NAME}\s+{_OMITTED}", re.IGNORECASE)

_CALL = re.compile(
    r"(?:(?:ligação|chamada)(?: de (?:voz|vídeo))?(?: em grupo)? (?:perdida|recusada|não atendida)"
    r"|missed (?:group )?(?:voice|video) call)(?: (?:às|at) [\d: apm.]+)?\.?(?: (?:toque|tap) [^\n]*)?"
    r"|(?:(?:ligação|chamada) de (?:voz|vídeo)|(?:voice|video) call)[,.] ?[^\n]*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(  # whole sentences of the system's, which no person writes
    r"(?:as )?mensagens e (?:as )?(?:chamadas|ligações)[^\n]* criptografia de ponta a ponta"
    r"|messages and calls are end-to-end encrypted"
    r"|(?:o )?seu código de segurança com [^\n]+ mudou|your security code with [^\n]+ changed"
    r"|as mensagens temporárias foram|disappearing messages were",
    re.IGNORECASE,
)
_HAPPENED = re.compile(  # what somebody did to the chat, after the name
    r"\b(?:mudou (?:o|a|as|para)|criou (?:o|este) grupo|adicionou|removeu|saiu|entrou|(?:des)?ativou as mensagens"
    r"|fixou uma mensagem|(?:des)?bloqueou"
    r"|changed (?:the|their|this|to)|created (?:this )?group|added|removed|left|joined|turned o|pinned a message)\b",
    re.IGNORECASE,
)
_SHARED = re.compile(r"(?:localização|location|enquete|poll)\b", re.IGNORECASE)  # generated, yet said by a person


def classify(said: str, shape: Shape, *, believed: bool) -> Said:
    """What follows a header.

    ``believed``: WhatsApp's own words count without a mark of their own, since the line or the whole file tells.
    """
    author, body = _split(said)
    if not author or (shape is Shape.ANDROID and _speaks_of_the_chat(author)):
        return Said("", _clean(said), Kind.SYSTEM)
    body = _without_edited(body)
    if not believed and GENERATED not in body:
        return Said(author, body.strip(), Kind.TEXT)
    if _DELETED.fullmatch(_clean(body)):
        return Said(author, "", Kind.DELETED)
    if (file := _file(body, shape)) is not None:
        return Said(author, file.caption, Kind.MEDIA, file.kind, file.name)
    if _is_system(author, body, shape):
        return Said("", _clean(body), Kind.SYSTEM)
    return Said(author, _clean(body), Kind.TEXT)


def _split(said: str) -> tuple[str, str]:
    """Name and words, at the first ": " of the first line. No name, or none that could be one: the system speaks."""
    first, newline, more = said.partition("\n")
    author, colon, words = first.partition(": ")
    if not colon and first.rstrip().endswith(":"):
        author, colon, words = first.rstrip()[:-1], ":", ""
    author = _clean(author)
    return (author, f"{words}{newline}{more}") if colon and len(author) <= _LONGEST_AUTHOR else ("", said)


def _clean(text: str) -> str:
    return text.replace(GENERATED, "").strip()


def _without_edited(body: str) -> str:
    body = body.rstrip()
    marker = body.rfind("<")
    if marker >= 0 and _EDITED.match(body, marker):
        return body[:marker].rstrip(f"{GENERATED} \n")
    return body


@dataclass(frozen=True, slots=True)
class _File:
    caption: str
    kind: str
    name: str = ""


def _file(body: str, shape: Shape) -> _File | None:
    """What was sent in a media message and said with it; None when it is none. Names and counts of pages are no
    captions."""
    text = _clean(body)
    if found := _HIDDEN.match(text):
        return _File(text[found.end() :].strip(), kind_of_label(found[0]))
    if found := _FILE.match(text):
        return _named(text[found.end() :].strip(), found["name"])
    if found := _ATTACHED.search(text):
        return _named(f"{text[: found.start()].rstrip()}\n{text[found.end() :].lstrip()}".strip(), found["name"])
    if shape is not Shape.IOS:
        return None
    if found := _OMITTED_FIRST.match(text):
        return _File(text[found.end() :].strip(), kind_of_label(found[0]))
    above, _, last = text.rpartition("\n")
    if len(last) < _LONGEST_LABEL and (found := _OMITTED_FILE.fullmatch(last)):
        return _File(above.strip(), kind_of_label(last.removeprefix(found["name"])), found["name"].strip())
    if found := _OMITTED_LAST.search(body):
        return _File(_clean(body[: found.start()]), kind_of_label(found[0]))
    return None


def _named(caption: str, name: str) -> _File:
    return _File(caption, kind_of_file(name), name.strip())


def _speaks_of_the_chat(text: str) -> bool:
    return bool(_SENTENCE.search(text[:_LONGEST_LABEL]) or _HAPPENED.search(text[:_LONGEST_LABEL]))


def _is_system(author: str, body: str, shape: Shape) -> bool:
    text = _clean(body)
    if _CALL.fullmatch(text):
        return True
    if shape is not Shape.IOS:  # the others put no name to the system's lines
        return False
    if body.lstrip().startswith(GENERATED):
        return not _SHARED.match(text)
    return bool(_SENTENCE.match(text)) or (
        text.startswith((f"{author} ", "Você ", "You ")) and bool(_HAPPENED.search(text[:_LONGEST_LABEL]))
    )
