"""Texts with HTML markup, as the Bot API reads them (https://core.telegram.org/bots/api#html-style)."""

import html
import re
from dataclasses import dataclass
from typing import Any

from bot.sandbox.telegram.errors import bad_request

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_TOKEN = re.compile(r"<(?P<close>/?)(?P<tag>[^\s<>/]*)(?P<rest>[^<>]*)>|(?P<bare><)|(?P<text>[^<]+)")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")


@dataclass(frozen=True, slots=True)
class Formatted:
    """Plain text and what is marked in it; offsets and lengths in UTF-16 units."""

    text: str
    entities: list[dict[str, Any]]


def units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def read(text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None, limit: int, what: str) -> Formatted:
    """Strip the markup and check the length. ``what`` is "message" or "message caption". Raises ApiError."""
    if parse_mode is None:
        formatted = Formatted(text, entities or [])
    elif parse_mode.lower() == "html":
        formatted = _from_html(text)
    else:
        raise bad_request(f"unsupported parse_mode (the sandbox reads HTML only, not {parse_mode})")
    formatted = _trimmed(formatted)
    if what == "message" and not formatted.text:
        raise bad_request("message text is empty")
    if units(formatted.text) > limit:
        raise bad_request("message is too long" if what == "message" else "message caption is too long")
    return formatted


def commands_in(text: str) -> list[dict[str, Any]]:
    """The ``/commands`` of what a person wrote, as the app marks them."""
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found.group())}
        for found in re.finditer(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w+)?", text)
    ]


def _from_html(source: str) -> Formatted:
    parts: list[str] = []
    entities: list[dict[str, Any]] = []
    open_tags: list[tuple[str, dict[str, Any]]] = []
    length = 0
    for token in _TOKEN.finditer(source):
        at = len(source[: token.start()].encode())
        if token["text"] is not None:
            plain = _REFERENCE.sub(lambda found: html.unescape(found.group()), token["text"])
            parts.append(plain)
            length += units(plain)
        elif token["bare"] is not None:
            raise _unparsable(f"Unclosed start tag at byte offset {at}")
        elif token["close"]:
            entity = _closed(open_tags, token["tag"].lower(), at)
            entity["length"] = length - entity["offset"]
            if (entity["length"] and entity["type"] != "text_link") or entity.get("url"):
                entities.append(entity)
        else:
            tag = token["tag"].lower()
            open_tags.append((tag, {**_opened(tag, token["rest"], at), "offset": length}))
    if open_tags:
        tag = open_tags[-1][0]
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{tag}"')
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return Formatted("".join(parts), entities)


def _opened(tag: str, rest: str, at: int) -> dict[str, Any]:
    attributes = {name.lower(): html.unescape(value.strip("\"'")) for name, value in _ATTRIBUTE.findall(rest)}
    if tag not in _KINDS or (tag == "span" and attributes.get("class") != "tg-spoiler"):
        raise _unparsable(f'Unsupported start tag "{tag}" at byte offset {at}')
    entity: dict[str, Any] = {"type": _KINDS[tag]}
    if tag == "a" and "href" in attributes:
        entity["url"] = attributes["href"]
    if tag == "blockquote" and "expandable" in rest:
        entity["type"] = "expandable_blockquote"
    if tag == "tg-emoji":
        entity["custom_emoji_id"] = attributes.get("emoji-id", "")
    if tag == "code" and attributes.get("class", "").startswith("language-"):
        entity["language"] = attributes["class"].removeprefix("language-")
    return entity


def _closed(open_tags: list[tuple[str, dict[str, Any]]], tag: str, at: int) -> dict[str, Any]:
    if not open_tags:
        raise _unparsable(f"Unexpected end tag at byte offset {at}")
    expected, entity = open_tags.pop()
    if tag not in ("", expected):
        raise _unparsable(f'Unmatched end tag at byte offset {at}, expected "</{expected}>", found "</{tag}>"')
    return entity


def _unparsable(problem: str) -> Exception:
    return bad_request(f"can't parse entities: {problem}")


def _trimmed(formatted: Formatted) -> Formatted:
    """Without white space around, as Telegram stores it; what is marked moves along."""
    text = formatted.text.strip()
    lead, end = units(formatted.text) - units(formatted.text.lstrip()), units(text)
    entities = []
    for entity in formatted.entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] - lead + entity["length"], end)
        if stop > start:
            entities.append({**entity, "offset": start, "length": stop - start})
    return Formatted(text, entities)
