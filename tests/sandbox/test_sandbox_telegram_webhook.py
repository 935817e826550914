"""Telegram's updates by webhook: the secret header, order, repetition, and the way back to polling."""

import json
from collections.abc import AsyncIterator

import pytest
from telegram import Bot, Update
from telegram.error import Conflict

from bot.sandbox import Sandbox
from tests.sandbox.product import Listener, listening

ANA, BIA = 1001, 1002


@pytest.fixture
async def bot(url: str, sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.config.telegram_token, f"{url}/bot") as bot:
        yield bot


def texts(product: Listener, bot: Bot) -> list[str | None]:
    updates = [Update.de_json(json.loads(body), bot) for _, body in product.received]
    return [update.message.text for update in updates if update.message]


async def test_updates_arrive_with_the_secret_and_in_order(bot: Bot, sandbox: Sandbox, product: Listener) -> None:
    await sandbox.telegram.writes(ANA, "antes")
    await bot.set_webhook(f"{product.url}/webhooks/telegram", secret_token="segredo")
    for n in range(5):
        await sandbox.telegram.writes(ANA, str(n))
    assert await sandbox.settled()
    assert texts(product, bot) == ["antes", "0", "1", "2", "3", "4"]
    assert {headers["x-telegram-bot-api-secret-token"] for headers, _ in product.received} == {"segredo"}
    assert all(entry["delivered"] for entry in sandbox.ledger.updates)


async def test_an_update_is_repeated_until_taken_and_blocks_only_its_own_chat(
    bot: Bot, sandbox: Sandbox, product: Listener
) -> None:
    await bot.set_webhook(product.url)
    product.answers = [503, 500]
    await sandbox.telegram.writes(ANA, "primeira")
    await sandbox.telegram.writes(ANA, "segunda")
    assert await sandbox.settled()
    assert texts(product, bot) == ["primeira", "primeira", "primeira", "segunda"]
    await sandbox.telegram.writes(BIA, "outra pessoa")
    assert await sandbox.settled()


async def test_updates_outlive_a_product_that_is_down(bot: Bot, sandbox: Sandbox) -> None:
    async with listening(Listener()) as first:
        await bot.set_webhook(first.url)
        port = int(first.url.rpartition(":")[2])
    await sandbox.telegram.writes(ANA, "ninguém em casa")
    assert not await sandbox.settled(timeout=0.3)
    assert sandbox.ledger.updates[0]["delivered"] is False
    async with listening(Listener(), port) as second:
        assert await sandbox.settled()
        assert texts(second, bot) == ["ninguém em casa"]


async def test_polling_and_webhook_exclude_each_other_and_nothing_is_lost_between(
    bot: Bot, sandbox: Sandbox, product: Listener
) -> None:
    product.answers = [500] * 50
    await bot.set_webhook(product.url)
    assert (await bot.get_webhook_info()).url == product.url
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await sandbox.telegram.writes(ANA, "oi")
    await bot.delete_webhook()
    [update] = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "oi"
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_doubled_updates_arrive_twice_with_one_id(bot: Bot, sandbox: Sandbox, product: Listener) -> None:
    await bot.set_webhook(product.url)
    sandbox.faults.add("telegram.update", "duplicate")
    await sandbox.telegram.writes(ANA, "duas vezes")
    assert await sandbox.settled()
    await product.has(2)
    first, second = (json.loads(body)["update_id"] for _, body in product.received)
    assert first == second
