"""Messages a second: what is let go arrives no faster than WhatsApp takes it, whoever lets it go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.whatsapp import WhatsApp
from bot.clock import LocalClock
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.sandbox import Sandbox, SandboxConfig
from bot.services.operation import Operation, Operations
from bot.worker import Parts, Worker
from messages.statuses import ChannelName, MessageStatus
from storage.models import Message
from tests.factory import Store, create_analyst, create_case, create_dentist, create_message, create_operation
from tests.patience import PATIENCE

A_SECOND, MESSAGES = 12, 30
SECOND = timedelta(seconds=1)


@asynccontextmanager
async def sender(url: str, address: str, sandbox: Sandbox, op: Operation) -> AsyncIterator[tuple[Worker, WhatsApp]]:
    """A process of its own, as far as the database can tell."""
    config, rt = sandbox.config, Runtime(url, LocalClock())
    channel = WhatsApp(address, "v26.0", config.phone_number_id, config.whatsapp_token, timeout=PATIENCE)
    yield Worker(rt, Operations(op), Parts(), Metrics(), send_lease=60 * SECOND, beat=SECOND), channel
    await channel.close()
    await rt.close()


@pytest.mark.parametrize(("kind", "processes"), [("sqlite", 1), ("postgresql", 2)])
async def test_however_much_waits_no_more_arrives_in_a_second_than_whatsapp_takes(
    request: pytest.FixtureRequest, kind: str, processes: int
) -> None:
    url: str = request.getfixturevalue(f"{kind}_url")
    sandbox, now = Sandbox(SandboxConfig(messages_per_second=A_SECOND)), datetime.now(UTC)
    with closing(Store(url)) as store:
        await drained(sandbox, store, url, processes, now)
        assert sandbox.whatsapp.cloud.refusals == []
        assert {m.status for m in store.all(Message)} == {MessageStatus.ACCEPTED}


async def drained(sandbox: Sandbox, store: Store, url: str, processes: int, now: datetime) -> None:
    """All that waits is sent, by so many at once, unless something is refused."""
    analyst = create_analyst(store)
    for n in range(MESSAGES):
        phone = f"+55719{80000000 + n}"
        await sandbox.whatsapp.writes(phone, "Oi")
        case = create_case(store, analyst, create_dentist(store, f"DENTISTA {n}", phone=phone), window_since=now)
        create_message(store, case, MessageStatus.QUEUED, due_at=now, address=phone)
    op = replace(create_operation(), messages_a_second=A_SECOND)

    async def drain(worker: Worker, channel: WhatsApp) -> None:
        while len(sandbox.ledger.whatsapp_accepted) < MESSAGES and not sandbox.whatsapp.cloud.refusals:
            await worker.send(ChannelName.WHATSAPP, channel)
            await asyncio.sleep(0.01)

    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(sandbox.serving())
        each = [await stack.enter_async_context(sender(url, address, sandbox, op)) for _ in range(processes)]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(drain(*one) for one in each))
