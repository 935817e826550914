"""What Telegram takes as one message: whatever the rows hold, a screen fits."""

from html import unescape
from types import SimpleNamespace
from typing import cast

import pytest
from telegram.ext import ExtBot

from bot.handlers.context import draw
from bot.handlers.screen import CUT, LIMIT, Screen, bold, fitting, h, quote
from bot.runtime import Runtime
from messages.statuses import Role
from storage.models import Analyst
from tests.factory import NOW


@pytest.mark.parametrize("text", ["", "Bom dia!", bold("<") * LIMIT, "&amp;" * LIMIT])
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    assert fitting(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "x" * (LIMIT + 1),
        quote("a <b> & c\n" * 1000),
        f"Para {bold('Marina')}\n<pre>{h('<' * LIMIT)}</pre>",
        "😀" * (LIMIT // 2 + 1),  # two units each
        "x" + "😀" * LIMIT,
    ],
)
def test_a_text_that_is_too_long_is_cut_where_everybody_sees_it_and_no_markup_is_broken(text: str) -> None:
    cut = fitting(text)
    assert "<" not in cut and cut.endswith(CUT)
    plain = unescape(cut)
    assert LIMIT - 2 <= len(plain.encode("utf-16-le")) // 2 <= LIMIT
    assert h(plain) == cut  # entities are whole


class Chat:
    """Telegram, as far as a screen is drawn into it."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def send_message(self, chat_id: int, text: str, **more: object) -> SimpleNamespace:
        self.shown.append(text)
        return SimpleNamespace(message_id=9)

    async def edit_message_text(self, text: str, chat_id: int, message_id: int, **more: object) -> None:
        self.shown.append(text)


async def in_the_chat() -> None:
    return None


@pytest.mark.parametrize(("into", "shown"), [(None, 9), (5, 5)])
async def test_no_screen_is_drawn_that_telegram_would_refuse(into: int | None, shown: int) -> None:
    chat = Chat()
    analyst = Analyst(id=1, role=Role.ANALYST, telegram_user_id=1001, created_at=NOW)
    screen = Screen(quote("a & b " * 1000))
    assert await draw(cast("ExtBot[None]", chat), cast(Runtime, None), analyst, screen, into, in_the_chat) == shown
    assert chat.shown == [fitting(screen.text)] != [screen.text]
