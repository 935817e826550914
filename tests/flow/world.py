"""The whole product against the sandbox, over real HTTP, with a clock that the test moves."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Self

from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.app import once, running
from bot.sandbox import Sandbox, SandboxConfig
from bot.services import team
from bot.settings import Settings
from messages.statuses import Role
from messages.templates import Library
from storage.engine import connect
from tests.patience import PATIENCE

A_SECOND = 1.0
A_MOMENT = 0.5  # seconds
FORMS = Path(__file__).parent.parent / "data" / "forms"
ANALYST = 1001
DENTIST = "+5571980000017"
START = datetime(2023, 10, 30, 14, 0, tzinfo=UTC)  # 11:00 in São Paulo, a Monday


def settings_for(sandbox: Sandbox, address: str, url: str, **more: Any) -> Settings:
    """The product's settings, pointed at the emulators."""
    config = sandbox.config
    values: dict[str, Any] = {
        "database_url": url,
        "http_port": 0,
        "telegram_token": config.telegram_token,
        "telegram_api_url": address,
        "whatsapp_token": config.whatsapp_token,
        "whatsapp_phone_number_id": config.phone_number_id,
        "whatsapp_waba_id": config.waba_id,
        "whatsapp_app_secret": config.app_secret,
        "whatsapp_verify_token": config.verify_token,
        "whatsapp_api_url": address,
        "clock_url": f"{address}/clock",
        "support_phone": "71 98000-0001",
    }
    return Settings(_env_file=None, **(values | more))


class World:
    """What a test holds: the sandbox, the running product's database, and shorthand for what people do."""

    def __init__(self, sandbox: Sandbox, settings: Settings) -> None:
        self.sandbox, self.settings = sandbox, settings
        self.telegram, self.whatsapp = sandbox.telegram, sandbox.whatsapp
        self._database = connect(settings.database_url, readonly=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.dispose()

    async def invited(self, chat_id: int = ANALYST, name: str = "Ana", role: Role = Role.ANALYST) -> None:
        """Somebody is invited and comes in."""
        code = await once(self.settings, team.invite, role)
        self.telegram.person(chat_id, first_name=name)
        await self.telegram.starts(chat_id, code)
        await self.sees("Acesso liberado", chat_id)

    async def opens_case(self, file: str = "real-a-opening.txt", shows: str = "Etapa: sem 1º contato") -> None:
        """The analyst sends a form and answers what is asked."""
        content = (FORMS / file).read_bytes()
        await self.telegram.sends_document(ANALYST, content, file)
        await self.sees("Qual o WhatsApp")
        await self.telegram.writes(ANALYST, DENTIST)
        await self.sees("Como tratamos")
        await self.taps("Dra.")
        await self.sees("Por qual nome")
        await self.taps("Pular")
        await self.taps("Abrir caso")
        await self.sees(shows)

    async def sees(
        self, words: str, chat_id: int = ANALYST, *, within: float = PATIENCE, known: bool = True
    ) -> dict[str, Any]:
        """Wait until the newest message that holds these words is in the analyst's chat. ``known``: and until the
        product has that on record, so that nobody answers it quicker than people can."""

        def there() -> Any:
            found = self.telegram.last(chat_id, words)
            is_there = found and (not known or self._is_known(chat_id, found["message_id"]))
            return found if is_there else None

        return await eventually(there, f"{words!r}", lambda: self.chat(chat_id), within)

    def _is_known(self, chat_id: int, message_id: int) -> bool:
        """Whether what this screen is about is on record, as far as its chat is one that is recorded."""
        ends = self.rows(
            "SELECT a.chat_bottom, max(t.bottom) AS topics FROM analyst a LEFT JOIN topic t ON t.analyst_id = a.id "
            "WHERE a.telegram_user_id = :chat GROUP BY a.chat_bottom",
            chat=chat_id,
        )
        return all(message_id <= max(end["chat_bottom"], end["topics"] or 0) for end in ends)

    async def sees_in(self, message_id: int, words: str, chat_id: int = ANALYST) -> None:
        """Wait until this message holds these words."""

        def there() -> bool:
            messages = self.telegram.chat(chat_id)["messages"]
            return any(m["message_id"] == message_id and words in m["text"] for m in messages)

        await eventually(there, f"{words!r} in message {message_id}", lambda: self.chat(chat_id))

    async def taps(self, label: str, chat_id: int = ANALYST, *, within: float = PATIENCE) -> Any:
        """Tap the newest button that begins with the label, once it is there."""
        found = await eventually(
            lambda: self.button(label, chat_id), f"button {label!r}", lambda: self.chat(chat_id), within
        )
        message_id, exact = found
        return await self.telegram.taps(chat_id, message_id, text=exact)

    async def sees_document(self, ending: str, chat_id: int = ANALYST) -> Any:
        """Wait for a file of this kind; its description as in the chat."""

        def look() -> Any:
            files = [m["document"] for m in self.telegram.chat(chat_id)["messages"] if m["document"]]
            return next((f for f in reversed(files) if f["filename"].endswith(ending)), None)

        return await eventually(look, f"a {ending}", lambda: self.chat(chat_id))

    def button(self, label: str, chat_id: int = ANALYST) -> tuple[int, str] | None:
        for message in reversed(self.telegram.chat(chat_id)["messages"]):
            for row in message["buttons"]:
                for button in row:
                    if label in button["text"]:
                        return message["message_id"], button["text"]
        return None

    def chat(self, chat_id: int = ANALYST) -> str:
        """The chat as the analyst sees it, for a failing test's message."""
        return "\n".join(
            f"{m['from']}: {m['text']}  {[b['text'] for r in m['buttons'] for b in r]}"
            for m in self.telegram.chat(chat_id)["messages"]
        )

    async def comes_to_the_end(self, outcome: str = "Retenção Efetiva") -> None:
        """“Encerrar”, and what the opening's form makes the gate ask; the end itself is one tap away."""
        await self.taps("Encerrar")
        await self.taps(outcome)
        await self.taps("Continuar")
        await self.taps("▫️ NÃO")
        await self.offered("☑️ NÃO")
        await self.explains("Vários CROs", "Sai só o CRO 90485.")
        await self.offered("Encerrar o caso")

    async def explains(self, point: str, words: str) -> None:
        """A point in the way of the end stands by these words."""
        await self.taps(f"· {point}")
        await self.taps("Explicar")
        await self.sees("Escreva a explicação")
        await self.telegram.writes(ANALYST, words)
        await self.sees("Conferido ou liberado")

    async def explains_to_supervision(self, point: str, words: str) -> None:
        """A supervisor is asked to let a point stand."""
        await self.taps(f"· {point}")
        await self.taps("Pedir à supervisão")
        await self.sees("a supervisão decide")
        await self.telegram.writes(ANALYST, words)
        await self.offered("com a supervisão")

    async def approves(self, number: int) -> str:
        """Approve the draft on the screen and let the undo time pass; the text of what went out as the n-th message."""
        await self.taps("Aprovar e enviar")
        await self.sees("aprovada")
        self.forward(seconds=15)
        return await self.sent(number)

    async def offered(self, label: str, chat_id: int = ANALYST) -> None:
        """Wait until a button with this label is there."""
        await eventually(lambda: self.button(label, chat_id), f"button {label!r}", lambda: self.chat(chat_id))

    async def sent(self, number: int) -> str:
        """Wait until WhatsApp has taken this many messages and that is on record; the text of the last."""
        under_way = "SELECT 1 FROM message WHERE status = 'sending'"
        await eventually(
            lambda: len(self.accepted()) >= number and not self.rows(under_way), f"{number} sends", self.chat
        )
        text: str = self.accepted()[number - 1]["text"]
        return text

    async def has_asked_meta(self) -> None:
        """Wait until it is known how the templates stand, which is asked as the product starts."""
        asked = "SELECT 1 FROM meta_account WHERE pulled_at IS NOT NULL OR error IS NOT NULL"
        await eventually(
            lambda: self.rows(asked), "Meta's answer", lambda: str(self.rows("SELECT * FROM meta_account"))
        )

    def forward(self, **duration: float) -> None:
        self.sandbox.clock.forward(timedelta(**duration))

    def accepted(self) -> list[dict[str, Any]]:
        """What WhatsApp took from us."""
        return list(self.sandbox.ledger.whatsapp_accepted)

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """The database as it is."""
        with self._database.connect() as connection:
            return [dict(r) for r in connection.execute(text(query), values).mappings()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def eventually(look: Callable[[], Any], what: str, state: Callable[[], str], within: float = PATIENCE) -> Any:
    """Wait until there is something to see; fails with the state as it is.

    A pause between two looks counts for a moment however long it was: a machine that stood still is not a product that
    does not answer.
    """
    now, left = asyncio.get_running_loop().time, within
    while not (found := look()):
        if left <= 0:
            raise AssertionError(f"{what} did not come:\n{state()}")
        began = now()
        await asyncio.sleep(0.02)
        left -= min(now() - began, A_MOMENT)
    return found


class Late:
    """The answers to what one emulator is asked to send come a second after their effect, as on a slow network.

    What a test takes for done must be done, not only under way: `--late=whatsapp` and `--late=telegram` find where it
    is not.
    """

    whose = ""
    CALLS: ClassVar = {"whatsapp": "/messages", "telegram": "Message"}  # what the addresses of such calls hold

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(A_SECOND)
            await send(message)

        is_late = self.whose and scope["type"] == "http" and self.CALLS[self.whose] in scope["path"]
        await self._app(scope, receive, late if is_late else send)


@contextlib.asynccontextmanager
async def emulators() -> AsyncIterator[tuple[Sandbox, str]]:
    """Both emulators and their address; the clock stands at the story's first day and ticks."""
    sandbox = Sandbox(SandboxConfig(start_at=START))
    sandbox.app.add_middleware(Late)
    if Late.whose == "whatsapp":
        sandbox.faults.add("whatsapp.webhook", "delay", times=None, seconds=A_SECOND)
    for template in Library.packaged().values():
        if template.whole:
            sandbox.whatsapp.template(template.whatsapp_name, template.meta_body(), template.category)
    async with sandbox.serving(port=0) as address:
        yield sandbox, address


Serving = Callable[[Sandbox, Settings], contextlib.AbstractAsyncContextManager[World]]


@contextlib.asynccontextmanager
async def by_one(sandbox: Sandbox, settings: Settings) -> AsyncIterator[World]:
    """A product in this very process, from the conversation's beginning to its end."""
    async with running(settings, sandbox.clock.now) as sandbox.product_url:
        with World(sandbox, settings) as world:
            yield world


serving: Serving = by_one  # what --processes asks for takes its place: see conftest.py


@contextlib.asynccontextmanager
async def world_on(url: str, **more: Any) -> AsyncIterator[World]:
    """A running product."""
    async with (
        emulators() as (sandbox, address),
        serving(sandbox, settings_for(sandbox, address, url, **more)) as world,
    ):
        yield world
        assert sandbox.whatsapp.cloud.refusals == []  # whatever a test is about, WhatsApp's rules are kept
