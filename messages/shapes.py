"""JSON from outside, taken apart without trusting its shape: what is not there is empty."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from messages.errors import InvalidInput

# What may become a half of a surrogate pair, or NUL: most bodies hold none, and are not looked through.
_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object, without what no database takes in a text. Raises InvalidInput for anything else."""
    try:
        told = body.decode(json.detect_encoding(body), "surrogatepass")
        root = json.loads(told, object_pairs_hook=_storable if _UNSTORABLE.search(told) else None)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("O corpo do webhook não é JSON.") from error
    if not isinstance(root, dict):
        raise InvalidInput("O corpo do webhook não é um objeto.")
    return root


def as_dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def dicts(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def first(value: object) -> Mapping[str, Any]:
    """The first object of a list."""
    return next(dicts(value), {})


def text(value: object, limit: int = 4096) -> str:
    """A text, or a number as one; nothing else."""
    told = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value)[:limit] if told else ""


def flat(value: Mapping[str, Any], *, depth: int = 3, most: int = 60) -> dict[str, str]:
    """Its texts and numbers by their dotted path, as ``restriction_info.0.expiration``; no more than ``most``."""
    return dict(islice(_leaves(value, "", depth), most))


def _leaves(value: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    named = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in named:
        at = f"{path}.{key}"[:120].lstrip(".")
        if told := text(inner, 300):
            yield at, told
        elif depth > 1:
            yield from _leaves(inner, at, depth - 1)


def _storable(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with its texts clean, also those in lists."""
    return {clean(key): _cleaned(value) for key, value in pairs}


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return [_cleaned(item) for item in value] if isinstance(value, list) else value


def clean(text: str) -> str:
    """Without what no database takes in a text: halves of a surrogate pair, and NUL."""
    return text.encode(errors="replace").decode().replace("\0", "")
