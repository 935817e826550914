"""What is sent besides text: how each kind is called, and which kind a file's name or WhatsApp's own words tell."""

import re

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


def kind_of_file(name: str) -> str:
    """By the name's ending; what has no ending of a picture, a sound or the like is a document."""
    return _ENDINGS.get(name.rpartition(".")[2].lower(), "document")


def kind_of_label(words: str) -> str:
    """By what WhatsApp puts in a file's place: "imagem ocultada", "audio omitted"."""
    return next((kind for pattern, kind in _WORDS if pattern.search(words)), UNKNOWN)
