"""What is sent besides plain text: how each kind and its file are called, and which kind words tell of."""

import re

from messages.contracts import Fetched

UNKNOWN = "media"  # a file of which nothing more is told
NAMES = {
    "image": "imagem",
    "audio": "áudio",
    "video": "vídeo",
    "document": "documento",
    "sticker": "figurinha",
    "location": "localização",
    "contacts": "contato",
    UNKNOWN: "arquivo",
    "media_placeholder": "arquivo",
    "edit": "mensagem editada",
    "revoke": "mensagem apagada",
    "unsupported": "mensagem que não se mostra aqui",
    "start": "abriu o convite do Telegram",
}
_ENDINGS = {
    ending: kind
    for kind, endings in (
        ("image", "jpg jpeg png gif heic"),
        ("audio", "opus ogg oga m4a mp3 aac amr wav"),
        ("video", "mp4 mov 3gp"),
        ("sticker", "webp"),
        ("contacts", "vcf"),
    )
    for ending in endings.split()
}
_WORDS = (
    (re.compile(r"áudio|audio|\bvoz\b|voice", re.IGNORECASE), "audio"),
    (re.compile(r"imagem|foto|image|photo", re.IGNORECASE), "image"),
    (re.compile(r"vídeo|video|\bgif\b", re.IGNORECASE), "video"),
    (re.compile(r"figurinha|sticker", re.IGNORECASE), "sticker"),
    (re.compile(r"contato|contact", re.IGNORECASE), "contacts"),
    (re.compile(r"document", re.IGNORECASE), "document"),
)


def told(kind: str, text: str, filename: str) -> str:
    """What was said; what is no text is named."""
    if kind in NAMES:
        name = f" {filename}" if filename else ""
        return f"[{NAMES[kind]}{name}] {text}".strip()
    return text or "(sem texto)"


_OF_TYPES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_LONGEST = 80  # characters of a file's name
_UNSAFE = re.compile(r"[^\w .()\-]+")


def file_name(kind: str, mime_type: str, given: str, number: int) -> str:
    """How a file is called when it is handed out: the sender's own name, as far as it can do no harm, else by what it
    is said to be: ``áudio-12.ogg``."""
    stem, dot, ending = _UNSAFE.sub("_", given.replace("\\", "/").rpartition("/")[2]).strip(" .").rpartition(".")
    if dot and stem.strip("_ ."):
        return f"{stem[:_LONGEST].strip()}.{ending[:8]}"
    named = _OF_TYPES.get(mime_type.partition(";")[0].strip().lower(), "bin")
    return f"{NAMES.get(kind, NAMES[UNKNOWN])}-{number}.{named}"


def too_large(limit: int) -> Fetched:
    """Of a file beyond the operation's own limit, in bytes."""
    megabytes = limit // 1024**2
    return Fetched(reason=f"O arquivo passa do limite de {megabytes} MB e não foi guardado: peça outro, menor.")


def kind_of_file(name: str) -> str:
    """By the name's ending; what has no ending of a picture, a sound or the like is a document."""
    return _ENDINGS.get(name.rpartition(".")[2].lower(), "document")


def kind_of_label(words: str) -> str:
    """By what WhatsApp puts in a file's place: "imagem ocultada", "audio omitted"."""
    return next((kind for pattern, kind in _WORDS if pattern.search(words)), UNKNOWN)
