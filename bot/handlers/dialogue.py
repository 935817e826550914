"""What a step of a dialogue waits for. Each handler says it of its own steps, in one place; whoever meets one looks it
up in `dialogues`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from telegram import Update

from bot.handlers.context import Context
from storage.models import DialogueStep

Typed = Callable[[Context, DialogueStep, str], Awaitable[None]]


class Takes(Enum):
    """Which texts are for the step; all others speak for themselves."""

    ALL = auto()
    WORDS = auto()  # a conversation is no answer
    CONVERSATIONS = auto()
    NONE = auto()  # a file, or a tap


@dataclass(frozen=True, slots=True)
class Dialogue:
    """``waits_for``: as /ajuda says it. ``draw``: the step as it stands, ``anew`` or in place. ``button``: by which a
    question is asked again, once a step aside has ended it; what has none holds what was sent, and ``cancelled`` lets
    go of that."""

    waits_for: str
    draw: Callable[[Context, DialogueStep, bool], Awaitable[None]]
    typed: Typed | None
    takes: Takes
    button: str = ""
    cancelled: Callable[[Update, Context], Awaitable[None]] | None = None


def case_of(step: DialogueStep) -> int:
    """The case that a step is about: of a dialogue that has always one."""
    assert step.case_id is not None
    return step.case_id


def question(
    button: str,
    waits_for: str,
    ask: Callable[[Context, DialogueStep], Awaitable[None]],
    typed: Typed | None,
    takes: Takes = Takes.ALL,
) -> Dialogue:
    """A step that a step aside ends: nothing typed is lost. It is asked below what stands."""

    async def draw(context: Context, step: DialogueStep, anew: bool) -> None:
        await ask(context, step)

    return Dialogue(waits_for, draw, typed, takes, button)


def holding(
    waits_for: str,
    show: Callable[..., Awaitable[None]],
    cancelled: Callable[[Update, Context], Awaitable[None]],
    typed: Typed | None,
    takes: Takes = Takes.ALL,
) -> Dialogue:
    """A step that holds what was sent until a tap: ``show(context, anew=…)``."""

    async def draw(context: Context, step: DialogueStep, anew: bool) -> None:
        await show(context, anew=anew)

    return Dialogue(waits_for, draw, typed, takes, cancelled=cancelled)
