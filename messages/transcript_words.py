"""What one message of a transcript is: text, media, deleted or the system's, by the words that WhatsApp itself puts.

``\\u200e`` marks text that iOS generated. A file that holds such marks is believed only where they stand, so that a
person who types "imagem ocultada" has typed a text.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    TEXT = "text"
    MEDIA = "media"
    DELETED = "deleted"
    SYSTEM = "system"


class Shape(StrEnum):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


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
_FILE = re.compile(r"[^\n]+\.\w{1,5} \((?:arquivo anexado|file attached)\)(?:\n|$)", re.IGNORECASE)
_ATTACHED = re.compile(r"<(?:anexado|attached): [^<>\n]+>", re.IGNORECASE)
_OMITTED = (
    r"(?:(?:imagem|foto|vídeo|áudio|figurinha|sticker|gif|documento|arquivo|mídia|mensagem de (?:voz|vídeo)"
    r"|nota de vídeo|cartão d[eo] contato) (?:ocultad[ao]|omitid[ao])"
    r"|(?:image|photo|video|audio|sticker|gif|document|media|voice message|video note|contact card) omitted)"
)
_OMITTED_FIRST = re.compile(rf"{_OMITTED}(?:\n|$)", re.IGNORECASE)
_OMITTED_LAST = re.compile(rf"{GENERATED}{_OMITTED}$", re.IGNORECASE)
_FILE_NAME = r"(?:.*\.\w{2,5}|.*•\s*\d+\s*(?:páginas?|pages?))"  # with its count of pages
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


def classify(said: str, shape: Shape, *, believed: bool) -> tuple[str, str, Kind]:
    """Author, text and kind of what follows a header.

    ``believed``: WhatsApp's own words count without a mark of their own, since the line or the whole file tells.
    """
    author, body = _split(said)
    if not author or (shape is Shape.ANDROID and _speaks_of_the_chat(author)):
        return "", _clean(said), Kind.SYSTEM
    body = _without_edited(body)
    if not believed and GENERATED not in body:
        return author, body.strip(), Kind.TEXT
    if _DELETED.fullmatch(_clean(body)):
        return author, "", Kind.DELETED
    if (caption := _caption(body, shape)) is not None:
        return author, caption, Kind.MEDIA
    if _is_system(author, body, shape):
        return "", _clean(body), Kind.SYSTEM
    return author, _clean(body), Kind.TEXT


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


def _caption(body: str, shape: Shape) -> str | None:
    """What was said with a media message; None when it is none. File names and counts of pages are no captions."""
    text = _clean(body)
    for marker in (_HIDDEN, _FILE):
        if found := marker.match(text):
            return text[found.end() :].strip()
    if found := _ATTACHED.search(text):
        return f"{text[: found.start()].rstrip()}\n{text[found.end() :].lstrip()}".strip()
    if shape is not Shape.IOS:
        return None
    if found := _OMITTED_FIRST.match(text):
        return text[found.end() :].strip()
    above, _, last = text.rpartition("\n")
    if len(last) < _LONGEST_LABEL and _OMITTED_FILE.fullmatch(last):
        return above.strip()
    if found := _OMITTED_LAST.search(body):
        return _clean(body[: found.start()])
    return None


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
