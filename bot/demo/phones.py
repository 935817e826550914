"""What the two people do, over the sandbox's control endpoints: they write, tap, and look until they see something."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx

from messages.errors import RetencaoError

ZONE = ZoneInfo("America/Sao_Paulo")
PATIENCE = 60.0  # real seconds that somebody looks for something, also on a slow machine
BY_ITSELF = ("☀️", "🌙", "⏰ Retorno ·")  # how summaries and nudges begin: they answer nothing
LOOK_AGAIN = 0.015  # real seconds

Screen = dict[str, Any]  # a message of the chat, as the sandbox shows it
T = TypeVar("T")


class StoryStopped(RetencaoError):
    """Something did not happen in time, or could not be done."""


class Emulators:
    """The sandbox at an address: its clock and its two phones."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str) -> Any:
        return _checked(await self._client.get(path)).json()

    async def content(self, path: str) -> bytes:
        return _checked(await self._client.get(path)).content

    async def post(self, path: str, **arguments: Any) -> Any:
        return _checked(await self._client.post(path, json=arguments)).json()

    async def at(self, moment: str) -> None:
        """Move the clock to "30/10/2023 11:00:50", São Paulo."""
        local = datetime.strptime(moment, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZONE)
        await self.post("/clock", now=local.isoformat())

    async def forward(self, seconds: float) -> None:
        await self.post("/clock", forward=seconds)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise StoryStopped(f"O emulador recusou {answer.request.url.path}: {answer.text}")
    return answer


class Analyst:
    """Somebody with the assistant's chat open. What had been seen before the last act is no news."""

    def __init__(self, emulators: Emulators, chat_id: int, first_name: str, last_name: str) -> None:
        self._emulators, self.chat_id = emulators, chat_id
        self.first_name, self.last_name = first_name, last_name
        self._seen: list[Screen] = []
        self._before: dict[int, Screen] = {}

    async def arrives(self, code: str) -> None:
        """Come in by an invitation."""
        await self._post("person", first_name=self.first_name, last_name=self.last_name)
        await self._post("starts", payload=code)

    async def writes(self, text: str, *, to: Screen | None = None) -> None:
        """Send a text; ``to``: as a Telegram reply to that message."""
        await self._acts("writes", text=text, reply_to_message_id=to and to["message_id"])

    async def sends_document(self, content: bytes, filename: str) -> None:
        await self._acts("sends_document", content_base64=base64.b64encode(content).decode(), filename=filename)

    async def taps(self, label: str, on: Screen) -> Screen:
        """Tap a message's button once it is there; what comes of it: the message redrawn, or a new one."""
        message_id = on["message_id"]

        def button(messages: list[Screen]) -> str | None:
            shown = next(m for m in messages if m["message_id"] == message_id)
            return next((b["text"] for row in shown["buttons"] for b in row if label in b["text"]), None)

        exact = await self._looks_for(button, f"o botão “{label}”")
        await self._acts("taps", message_id=message_id, text=exact)

        def result(messages: list[Screen]) -> Screen | None:
            new = [m for m in messages if m["message_id"] not in self._before and not m["text"].startswith(BY_ITSELF)]
            if new:
                return new[-1]
            return next((m for m in messages if m["message_id"] == message_id and m != self._before[message_id]), None)

        return await self._looks_for(result, f"o resultado de “{exact}”")

    async def sees(self, words: str, on: Screen | None = None) -> Screen:
        """The newest message that has come or changed since the last act and holds these words, in text or buttons."""

        def news(messages: list[Screen]) -> Screen | None:
            changed = (m for m in reversed(messages) if m["from"] == "bot" and m != self._before.get(m["message_id"]))
            return next((m for m in changed if words in _all_words(m) and (not on or same(m, on))), None)

        def same(one: Screen, other: Screen) -> bool:
            return bool(one["message_id"] == other["message_id"])

        return await self._looks_for(news, f"“{words}”")

    async def receives(self, filename: str) -> bytes:
        """Wait for a document and download it."""

        def document(messages: list[Screen]) -> str | None:
            files = [m["document"] for m in messages if m["document"]]
            return next((f["file_id"] for f in reversed(files) if f["filename"] == filename), None)

        file_id = await self._looks_for(document, f"o arquivo {filename}")
        return await self._emulators.content(f"/sandbox/telegram/file/{file_id}")

    async def _looks_for(self, find: Callable[[list[Screen]], T | None], what: str) -> T:
        async def look() -> T | None:
            chat = await self._emulators.get(f"/sandbox/telegram/chat/{self.chat_id}")
            self._seen = chat["messages"]
            return find(self._seen)

        return await _until(look, f"{what} não apareceu no Telegram de {self.first_name}")

    async def _acts(self, act: str, **arguments: Any) -> None:
        self._before = {m["message_id"]: m for m in self._seen}
        await self._post(act, **arguments)

    async def _post(self, act: str, **arguments: Any) -> None:
        await self._emulators.post(f"/sandbox/telegram/{act}", chat_id=self.chat_id, **arguments)


class Dentist:
    """Somebody with WhatsApp, and the operator's number in it."""

    def __init__(self, emulators: Emulators, number: str, name: str) -> None:
        self._emulators, self.number, self.name = emulators, number, name

    async def joins(self) -> None:
        await self._post("person", name=self.name)

    async def opens(self) -> None:
        """Read what has come."""
        await self._post("opens")

    async def writes(self, *texts: str) -> None:
        """Read what has come, and write: several messages at one go."""
        await self.opens()
        for text in texts:
            await self._post("writes", text=text)

    async def chat(self) -> dict[str, Any]:
        found: dict[str, Any] = await self._emulators.get(f"/sandbox/whatsapp/chat/{self.number}")
        return found

    async def _post(self, act: str, **arguments: Any) -> None:
        await self._emulators.post(f"/sandbox/whatsapp/{act}", number=self.number, **arguments)


def _all_words(screen: Screen) -> str:
    return "\n".join([screen["text"], *(b["text"] for row in screen["buttons"] for b in row)])


async def _until(look: Callable[[], Awaitable[T | None]], problem: str) -> T:
    """Look again and again. Raises StoryStopped."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while (found := await look()) is None:
        if asyncio.get_running_loop().time() > deadline:
            raise StoryStopped(f"A demonstração parou: {problem} em {PATIENCE:.0f} s.")
        await asyncio.sleep(LOOK_AGAIN)
    return found
