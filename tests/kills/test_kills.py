"""`kill -9` of `serve` at random moments under load: what was acknowledged is there, and nothing was done twice.

The emulators survive; their ledgers are compared with the database. RETENCAO_KILLS says how often (200 for the full
run; a few by default, so that every run of the suite has some), RETENCAO_KILL_SEED which moments.
"""

import asyncio
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.app import once
from bot.sandbox import Sandbox, SandboxConfig
from bot.services import cases, followups, team
from bot.services import settings as operation_settings
from bot.settings import Settings
from messages.form import Form
from messages.people import Treatment
from messages.statuses import Role
from messages.templates import Library
from storage.models import Analyst
from tests.flow.world import START, World, eventually, free_port, settings_for
from tests.patience import PATIENCE

pytestmark = pytest.mark.long

KILLS = int(os.environ.get("RETENCAO_KILLS", "3"))
SEED = int(os.environ.get("RETENCAO_KILL_SEED", "1"))
ANALYSTS, CASES = 3, 24
SUPERVISOR = 2002
LAST_WEEK = START - timedelta(days=7)
LEASE = 3.0  # seconds, real: how long an orphan on PostgreSQL stays uncertain
BACKLOG = 40  # webhooks and updates under way: dentists do not write endlessly into a silence either
QUIET = 90.0  # seconds, real, in which everything must have settled after the last kill


class Product:
    """`retencao serve` in processes of its own, at fixed ports, killed and started again."""

    def __init__(self, settings: Settings, port: int) -> None:
        named = {k.upper(): v for k, v in settings.model_dump().items()}
        values = {k: v.get_secret_value() if hasattr(v, "get_secret_value") else str(v) for k, v in named.items()}
        self._environment = {**os.environ, **values, "HTTP_PORT": str(port), "LOG_LEVEL": "WARNING"}
        self.address = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = await asyncio.to_thread(
            subprocess.Popen, [sys.executable, "-m", "bot", "serve"], env=self._environment
        )
        async with httpx.AsyncClient(trust_env=False) as client:
            deadline = asyncio.get_running_loop().time() + PATIENCE
            while not await self._answers(client):
                assert self._process.poll() is None, "serve ended by itself"
                assert asyncio.get_running_loop().time() < deadline, "serve did not come up"
                await asyncio.sleep(0.05)

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.address}/healthz")).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)


class Load:
    """People at work: dentists write, analysts answer, tap and take back, and cases come up whose first contact leaves
    by itself. Each text is used once, so it can be told."""

    def __init__(self, world: World, numbers: list[str], chance: random.Random) -> None:
        self.world, self.numbers, self.chance = world, numbers, chance
        self.answers: list[str] = []
        self.silent: list[str] = []  # the numbers of those who are written to by the cadence alone
        self._number = 0

    def text(self, who: str) -> str:
        self._number += 1
        return f"{who} mensagem {self._number:05d}"

    async def dentists(self) -> None:
        while True:
            number = self.chance.choice(self.numbers)
            for _ in range(self.chance.choice((1, 1, 3))):
                await self.world.whatsapp.writes(number, self.text("dentista"))
            await asyncio.sleep(self.chance.uniform(0.02, 0.3))
            while self.world.sandbox.pending > BACKLOG:
                await asyncio.sleep(0.05)

    async def silent_cases(self, analyst: Analyst) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.1, 0.5))
            n = len(self.silent)
            await once(self.world.settings, _open, analyst, number := f"+5571981{n:06d}", 5000 + n, None)
            self.silent.append(number)

    async def analyst(self, chat_id: int) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.1, 0.6))
            card = self.world.telegram.last(chat_id, "Responda a esta mensagem")
            if card is None:
                continue
            answer = self.text("analista")
            self.answers.append(answer)
            await self.world.telegram.writes(chat_id, answer, reply_to_message_id=card["message_id"])
            # As people do: the next one after this one is shown.
            while self.world.telegram.last(chat_id, answer) is None:
                await asyncio.sleep(0.1)
            if self.chance.random() < 0.2:
                with contextlib.suppress(Exception):  # the button may be gone by now: a person taps all the same
                    await self.world.telegram.taps(chat_id, text="↩️ Desfazer")


async def seed(world: World, chance: random.Random) -> tuple[Analyst, list[str]]:
    """Analysts who have come in, open cases, and follow-ups that fall due while the kills go on; the last of the
    analysts, and the dentists' numbers."""
    numbers = []
    for n in range(ANALYSTS):
        code = await once(world.settings, team.invite, Role.ANALYST)
        analyst = await once(world.settings, team.redeem, code, 1001 + n, f"Analista {n}")
        world.telegram.person(1001 + n, first_name=f"Analista {n}")
        await world.telegram.writes(1001 + n, "/ajuda")  # a bot cannot write first
        for c in range(CASES // ANALYSTS):
            number = f"+5571980{n:02d}{c:04d}"
            numbers.append(number)
            await once(world.settings, _open, analyst, number, n * 100 + c, chance.uniform(1, 3 + KILLS))
    code = await once(world.settings, team.invite, Role.SUPERVISOR)
    sofia = await once(world.settings, team.redeem, code, SUPERVISOR, "Sofia")
    await once(world.settings, operation_settings.change, sofia, "by_itself", "primeiro contato")
    return analyst, numbers


def _open(session: Any, analyst: Analyst, phone: str, n: int, due: float | None, *, now: Any) -> None:
    """With a return after so many seconds; without one, opened last week."""
    form = Form(protocol=f"SAD{n:012d}", dentist_name=f"DENTISTA EXEMPLO {n}", cro=f"{n + 1000}", cro_uf="BA", uf="BA")
    zone = Settings(_env_file=None).zone
    opened = LAST_WEEK if due is None else now
    case = cases.open_case(session, analyst, form, cases.Person(phone, Treatment.DRA), (), zone, now=opened)
    assert case.id is not None
    if due is not None:
        followups.schedule(session, analyst, case.id, now + timedelta(seconds=due), f"retorno {n:03d}", now=now)


@contextlib.asynccontextmanager
async def stage(url: str, processes: int) -> AsyncIterator[tuple[World, list[Product]]]:
    sandbox = Sandbox(SandboxConfig(start_at=START, pair_rate=False))
    for template in Library.packaged().values():
        if template.whole:
            sandbox.whatsapp.template(template.whatsapp_name, template.meta_body(), template.category)
    async with sandbox.serving(port=0) as address:
        short = {"undo_seconds": 0.3, "send_timeout_seconds": LEASE - 1, "send_lease_seconds": LEASE}
        settings = settings_for(sandbox, address, url, **short)
        products = [Product(settings, free_port()) for _ in range(processes)]
        try:
            with World(sandbox, settings) as world:
                yield world, products
        finally:
            for product in products:
                product.kill()


@pytest.mark.parametrize("processes", [1, 2])
async def test_nothing_is_lost_and_nothing_done_twice(request: pytest.FixtureRequest, processes: int) -> None:
    """One process on SQLite; two on PostgreSQL, either of which is killed."""
    url: str = request.getfixturevalue("sqlite_url" if processes == 1 else "postgresql_url")
    chance = random.Random(SEED)
    async with stage(url, processes) as (world, products):
        analyst, numbers = await seed(world, chance)
        for product in products:
            await product.start()
        world.sandbox.product_url = products[0].address
        approved = "SELECT 1 FROM meta_template WHERE status = 'APPROVED'"
        await eventually(lambda: world.rows(approved), "what Meta has approved", world.chat)
        for kind, probability in (("500_after", 0.03), ("500_before", 0.03), ("hang_after", 0.01), ("429", 0.03)):
            world.sandbox.faults.add("whatsapp.messages", kind, times=None, seconds=1, probability=probability)
        load = Load(world, numbers, chance)
        people = [asyncio.create_task(load.dentists()), asyncio.create_task(load.silent_cases(analyst))]
        people += [asyncio.create_task(load.analyst(1001 + n)) for n in range(ANALYSTS)]
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.1, 1.5))
            victim = chance.choice(products)
            victim.kill()
            await victim.start()
        for task in people:
            task.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        world.sandbox.faults.clear()
        await settled(world)
        for product in products:
            assert await asyncio.to_thread(product.stop) == 0
        check(world, load)


async def test_sigterm_finishes_what_is_in_hand(sqlite_url: str) -> None:
    """A send under way is waited for and recorded; the process ends in order."""
    async with stage(sqlite_url, 1) as (world, (product,)):
        _, (number, *_) = await seed(world, random.Random(SEED))
        await product.start()
        world.sandbox.product_url = product.address
        await world.whatsapp.writes(number, "Oi")
        card = await world.sees("Responda a esta mensagem")
        world.sandbox.faults.add("whatsapp.messages", "delay", times=1, seconds=1)
        await world.telegram.writes(1001, "Bom dia, doutora!", reply_to_message_id=card["message_id"])
        await eventually(
            lambda: world.rows("SELECT 1 FROM message WHERE status = 'sending'"), "a send under way", world.chat
        )
        assert await asyncio.to_thread(product.stop) == 0
        assert [m["text"] for m in world.accepted()] == ["Bom dia, doutora!"]
        assert world.rows("SELECT status FROM message")[0]["status"] in ("accepted", "delivered")


async def settled(world: World) -> None:
    """Everything acknowledged, handled, sent or known to be uncertain, and told."""
    assert await world.sandbox.settled(timeout=QUIET)
    waiting = (
        "SELECT (SELECT count(*) FROM inbox_event WHERE filed_at IS NULL AND parked_at IS NULL) AS events,"
        " (SELECT count(*) FROM message WHERE status IN ('queued', 'sending')) AS messages,"
        " (SELECT count(*) FROM notification WHERE sent_at IS NULL) AS notices,"
        " (SELECT count(*) FROM follow_up WHERE nudged_at IS NULL AND done_at IS NULL) AS follow_ups"
    )
    quiet: Callable[[], bool] = lambda: not any(world.rows(waiting)[0].values())  # noqa: E731
    await eventually(quiet, "quiet", lambda: str(world.rows(waiting)), QUIET)


def check(world: World, load: Load) -> None:
    """The ledgers against the database."""
    ledger = world.sandbox.ledger
    inbound = [e for e in ledger.inbound if e["acknowledged_at"]]
    filed = Counter(r["external_id"] for r in world.rows("SELECT external_id FROM contact WHERE direction = 'in'"))
    assert {e["wamid"]: filed[e["wamid"]] for e in inbound if filed[e["wamid"]] != 1} == {}
    assert len(inbound) > KILLS

    accepted = ledger.whatsapp_accepted
    assert [k for k, n in Counter(e["biz_opaque_callback_data"] for e in accepted).items() if n > 1] == []
    assert [t for t, n in Counter(e["text"] for e in accepted).items() if n > 1] == []

    by_itself = Counter(e["to"] for e in accepted if e["to"] in load.silent)
    written_to = {
        row["address"]: row["n"]
        for row in world.rows(
            "SELECT address, count(*) AS n FROM message WHERE approved_at IS NOT NULL GROUP BY address"
        )
    }
    assert {number: n for number, n in by_itself.items() if n > 1} == {}
    assert {number: written_to.get(number) for number in load.silent} == dict.fromkeys(load.silent, 1)
    assert len(by_itself) >= KILLS

    updates = {str(e["update_id"]) for e in ledger.updates}
    kept = {r["external_id"]: r for r in world.rows("SELECT * FROM inbox_event WHERE source = 'telegram'")}
    assert updates - set(kept) == set()
    assert [k for k, r in kept.items() if r["parked_at"] is not None] == []

    messages = world.rows("SELECT * FROM message")
    written = Counter(m["text"] for m in messages)
    assert {t: written[t] for t in load.answers if written[t] != 1} == {}
    keys = {m["idempotency_key"]: m for m in messages}
    for sent in accepted:
        assert keys[sent["biz_opaque_callback_data"]]["status"] in ("accepted", "delivered", "read"), sent
    told = told_to(world)
    for message in messages:
        assert message["status"] in ("accepted", "delivered", "read", "unknown", "draft"), message
        if message["status"] == "unknown":
            assert message["idempotency_key"] not in {e["biz_opaque_callback_data"] for e in accepted}
            assert any("não sei se chegou" in t and message["text"] in t for t in shown(world)), message["text"]
    logged = Counter(r["message_id"] for r in world.rows("SELECT message_id FROM contact WHERE direction = 'out'"))
    out = {m["id"] for m in messages if m["status"] in ("accepted", "delivered", "read")}
    assert logged == Counter(out)

    nudged = Counter(due for text in told if "Marcado para" in text or "vencidos" in text for due in reasons(text))
    assert len(nudged) == CASES
    assert sum(n - 1 for n in nudged.values()) <= KILLS


def shown(world: World) -> list[str]:
    """What stands in the analysts' chats now."""
    return [m["text"] for n in range(ANALYSTS) for m in world.telegram.chat(1001 + n)["messages"]]


def told_to(world: World) -> list[str]:
    """What the analysts were sent as new messages."""
    return [e["text"] for e in world.sandbox.ledger.telegram_accepted if e["method"] == "sendMessage"]


def reasons(text: str) -> list[str]:
    return re.findall(r"retorno \d{3}", text)
