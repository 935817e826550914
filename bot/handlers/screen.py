"""What is shown in the chat: a text with buttons. Everything that comes from data is escaped here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from bot.services import notices
from storage.models import DialogueStep

LIMIT = 4096  # units of UTF-16 in a Telegram message, its markup not counted
CAPTION = 1024  # the same under a picture
CUT = "… (cortado)"
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Button:
    """A tap: either an action with its arguments, or a link."""

    label: str
    action: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """What a screen is about: a later change is drawn into it, and a reply to it is about the same."""

    key: str
    kind: str
    case_id: int | None = None
    subject_id: int | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """``text`` is Telegram's HTML; ``rows`` are the buttons. ``picture``: a PNG that stands above the text. ``quiet``:
    as a new message it makes no sound."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    binding: Binding | None = None
    step: str | None = None  # the key of the dialogue's step that it was drawn for
    picture: bytes | None = None
    quiet: bool = False


CANCEL = ((Button("Cancelar", notices.OF_QUESTION),),)


def h(value: object) -> str:
    """Data in a screen's text."""
    return escape(str(value), quote=False)


def bold(value: object) -> str:
    return f"<b>{h(value)}</b>"


def quote(value: str) -> str:
    """A text as the dentist sees it, or wrote it."""
    return f"<blockquote>{h(value)}</blockquote>"


def short(text: str, limit: int = 300) -> str:
    """For lists: the beginning of a text, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def fitting(text: str, limit: int = LIMIT) -> str:
    """A screen's text as Telegram takes it: one that is too long loses its markup and its end, and says so.

    A last resort, since what Telegram refuses would be tried again in vain: screens shorten what may grow long.
    """
    plain = unescape(_TAG.sub("", text))
    units = plain.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    room = 2 * (limit - len(CUT))
    return h(units[:room].decode("utf-16-le", errors="ignore").rstrip() + CUT)


def shares(texts: Sequence[str], limit: int) -> list[str]:
    """Texts for one screen, each on one line: short ones whole, the long ones share what room is left."""
    sizes = sorted(len(" ".join(text.split())) for text in texts)
    room = limit
    for n, size in enumerate(sizes):
        share = room // (len(sizes) - n)
        if size > share:
            return [short(text, share) for text in texts]
        room -= size
    return [" ".join(text.split()) for text in texts]


def toggled(ticked: list[str], choice: str) -> list[str]:
    """The ticks after one more tap."""
    return [c for c in ticked if c != choice] if choice in ticked else [*ticked, choice]


def box(label: str, ticked: bool) -> str:
    """A choice of several, with its tick."""
    return f"{'☑️' if ticked else '▫️'} {label}"


def column(*buttons: Button | None) -> tuple[tuple[Button, ...], ...]:
    """One button a row."""
    return tuple((b,) for b in buttons if b is not None)


def abreast(buttons: Sequence[Button], number: int = 2) -> tuple[tuple[Button, ...], ...]:
    """So many buttons a row."""
    return tuple(tuple(buttons[n : n + number]) for n in range(0, len(buttons), number))


def prompt(step: DialogueStep, text: str) -> Screen:
    """Ask for a typed answer. A reply to it is for this step, also when another was begun meanwhile."""
    return Screen(text, CANCEL, Binding(f"prompt:{step.key}", "prompt", step.case_id), step=step.key)


def asked_again(step: DialogueStep, text: str) -> Screen:
    """Why an answer was not taken: the question stands."""
    return Screen(h(text), CANCEL, step=step.key)
