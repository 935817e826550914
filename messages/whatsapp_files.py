"""How a file of a dentist's message is got from Meta: an id gives an address, good for five minutes and for nobody who
lacks the token; and to which addresses that token may be shown."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from messages.contracts import Fetched
from messages.errors import InvalidInput
from messages.shapes import as_dict, read_object, text
from messages.whatsapp import code_of

META = ("facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net")  # and what lies below them
GONE = Fetched(reason="O WhatsApp não tem mais este arquivo: peça que enviem de novo.")
ELSEWHERE = Fetched(reason="O WhatsApp indicou um endereço desconhecido para este arquivo: avise a TI.")
LATER = Fetched(reason="O WhatsApp não entregou o arquivo agora; a busca será repetida.", again=True)
REFUSED = Fetched(reason="O WhatsApp recusou o acesso ao arquivo: avise a TI (WHATSAPP_TOKEN).", again=True)
UNKNOWN_ID = frozenset({33, 100, 131052})


@dataclass(frozen=True, slots=True)
class Link:
    """Where a file is for five minutes. ``size`` in bytes and ``sha256`` as Meta tells them, else 0 and empty."""

    url: str
    size: int
    sha256: str


def read_link(http_status: int, body: bytes) -> Link | Fetched:
    """What the answer to ``GET /{id}`` says."""
    try:
        answer = read_object(body)
    except InvalidInput:
        answer = {}
    if 200 <= http_status < 300 and (url := text(answer.get("url"))):
        size = text(answer.get("file_size"), 15)
        return Link(url, int(size) if size.isascii() and size.isdigit() else 0, text(answer.get("sha256"), 64))
    code = code_of(as_dict(answer.get("error")))
    if code in UNKNOWN_ID or http_status in (404, 410):
        return GONE
    if http_status in (401, 403) or code in (0, 10, 190):
        return REFUSED
    return LATER


def may_fetch(url: str, api_url: str) -> bool:
    """Whether the token may be shown there: Meta's own hosts over TLS, and the API that was configured."""
    try:
        parts, api = urlsplit(url), urlsplit(api_url)
        if parts.username is not None or parts.password is not None:
            return False
        if (parts.scheme, parts.hostname, parts.port) == (api.scheme, api.hostname, api.port):
            return True
        host = parts.hostname or ""
        known = any(host == name or host.endswith(f".{name}") for name in META)
        return parts.scheme == "https" and parts.port in (None, 443) and known
    except ValueError:
        return False


def same_content(link: Link, sha256: str) -> bool:
    """Whether what came is what was announced, where that was announced as hexadecimal digits."""
    return not re.fullmatch(r"[0-9a-f]{64}", link.sha256) or link.sha256 == sha256
