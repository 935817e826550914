"""Telegram away, refusing or answering nonsense: the rest of the product goes on, and nothing that was said is lost."""

import asyncio

import httpx
import pytest
from sqlalchemy import text

from messages.statuses import MessageStatus
from storage.engine import connect
from tests.factory import NOW, Store, create_analyst, create_case, create_message
from tests.flow.world import ANALYST, World, eventually, world_on


def queued_message(url: str) -> None:
    store = Store(url)
    case = create_case(store, create_analyst(store), window_since=NOW)
    create_message(store, case, MessageStatus.QUEUED, due_at=NOW)
    store.close()


async def left(world: World) -> None:
    """Whatever became of the send: WhatsApp was asked."""
    statuses = "SELECT status FROM message WHERE status <> 'queued' AND status <> 'sending'"
    await eventually(lambda: world.rows(statuses), "the send", lambda: str(world.rows("SELECT * FROM message")))
    world.sandbox.whatsapp.cloud.refusals.clear()  # nobody has written to the number there: it may refuse


async def test_without_telegram_dentists_are_still_written_to(sqlite_url: str) -> None:
    queued_message(sqlite_url)
    async with world_on(sqlite_url, telegram_api_url="http://127.0.0.1:1") as world:
        await left(world)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{world.sandbox.product_url}/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"telegram_token": "999:somebody-elses"}, "TELEGRAM_TOKEN"),
        ({"telegram_mode": "webhook", "telegram_webhook_secret": "s", "public_url": "http://x"}, "PUBLIC_URL"),
    ],
)
async def test_what_telegram_refuses_is_one_line_that_names_the_variable(
    sqlite_url: str, wrong: dict[str, str], variable: str, capsys: pytest.CaptureFixture[str]
) -> None:
    queued_message(sqlite_url)
    told = ""
    async with world_on(sqlite_url, **wrong) as world:
        if variable == "PUBLIC_URL":
            world.sandbox.faults.add("telegram.setWebhook", "error", times=None, code=400)
        await left(world)
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(100):
                told += capsys.readouterr().out
                health = (await client.get(f"{world.sandbox.product_url}/healthz")).json()
                if not health["parts"]["telegram"]:
                    break
                await asyncio.sleep(0.05)
    told += capsys.readouterr().out
    assert health["parts"] == {"telegram": False, "whatsapp_receives": True, "whatsapp_sends": True}
    assert [variable in line for line in told.splitlines() if "part_off" in line] == [True]
    assert "Traceback" not in told


async def test_an_outage_of_telegram_counts_no_try_and_the_answer_comes_after_it(world: World) -> None:
    await world.invited()
    world.sandbox.faults.add("telegram.sendMessage", "500_before", times=2)
    await world.telegram.writes(ANALYST, "/ajuda")
    await world.sees("envie o arquivo do formulário")
    assert {r["attempts"] for r in world.rows("SELECT attempts FROM inbox_event")} == {0}


async def test_what_telegram_refuses_of_one_update_is_counted(world: World) -> None:
    await world.invited()
    world.sandbox.faults.add("telegram.sendMessage", "error", times=1, code=400)
    await world.telegram.writes(ANALYST, "/ajuda")
    await world.sees("envie o arquivo do formulário")
    assert max(r["attempts"] for r in world.rows("SELECT attempts FROM inbox_event")) == 1


@pytest.mark.one_process("takes a table away, without which none starts")
async def test_taking_in_and_handling_survive_what_nobody_expected(world: World) -> None:
    await world.invited()
    engine = connect(world.settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbox_event RENAME TO mislaid"))
    await world.telegram.writes(ANALYST, "/ajuda")
    await asyncio.sleep(2.5)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE mislaid RENAME TO inbox_event"))
    engine.dispose()
    await world.sees("envie o arquivo do formulário")
