"""What goes wrong on the wire: signatures, repetition, batches, every fault, and a product that dies."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot.sandbox import Sandbox, SandboxConfig, SandboxError
from tests.sandbox.product import Listener, listening

HELENA = "+5571980000017"


def texts(product: Listener) -> list[str]:
    payloads = [json.loads(body) for _, body in product.received]
    changes = [change for payload in payloads for entry in payload["entry"] for change in entry["changes"]]
    return [item["text"]["body"] for change in changes for item in change["value"].get("messages", [])]


async def test_webhooks_are_signed_over_bytes_that_cannot_be_rebuilt(
    sandbox: Sandbox, url: str, product: Listener
) -> None:
    await sandbox.whatsapp.writes(HELENA, "Não. Veja https://exemplo.invalid/tabela")
    assert await sandbox.settled()
    [(headers, body)] = product.received
    digest = hmac.new(sandbox.config.app_secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={digest}"
    assert rb"N\u00e3o" in body
    assert rb"https:\/\/exemplo.invalid\/tabela" in body
    assert json.dumps(json.loads(body), separators=(",", ":")).encode() != body


async def test_a_message_carries_who_wrote_and_when_by_the_sandboxs_clock(
    sandbox: Sandbox, url: str, product: Listener
) -> None:
    sandbox.clock.freeze()
    sandbox.whatsapp.person(HELENA, "Helena Prado")
    await sandbox.whatsapp.writes(HELENA, "Oi")
    assert await sandbox.settled()
    value = json.loads(product.received[0][1])["entry"][0]["changes"][0]["value"]
    assert value["metadata"]["phone_number_id"] == sandbox.config.phone_number_id
    assert value["contacts"] == [{"profile": {"name": "Helena Prado"}, "wa_id": "557180000017"}]
    assert value["messages"][0]["from"] == "557180000017"
    assert int(value["messages"][0]["timestamp"]) == int(sandbox.clock.now().timestamp())


async def test_a_webhook_is_repeated_until_it_is_taken(sandbox: Sandbox, url: str, product: Listener) -> None:
    product.answers = [500, 503]
    await sandbox.whatsapp.writes(HELENA, "um")
    await sandbox.whatsapp.writes(HELENA, "dois")
    assert [entry["acknowledged_at"] for entry in sandbox.ledger.inbound] == [None, None]
    assert await sandbox.settled()
    assert texts(product) == ["um", "um", "um", "dois"]
    assert all(entry["acknowledged_at"] for entry in sandbox.ledger.inbound)


async def test_webhooks_wait_for_a_product_that_comes_back_elsewhere(sandbox: Sandbox, url: str) -> None:
    sandbox.product_url = "http://127.0.0.1:9"
    await sandbox.whatsapp.writes(HELENA, "há alguém?")
    assert not await sandbox.settled(timeout=0.3)
    async with listening(Listener()) as again:
        sandbox.product_url = again.url
        assert await sandbox.settled()
        assert texts(again) == ["há alguém?"]


async def test_what_is_given_up_never_arrives(sandbox: Sandbox, url: str, product: Listener) -> None:
    sandbox.product_url = None
    await sandbox.whatsapp.writes(HELENA, "esquecida")
    assert sandbox.whatsapp.give_up() == 1
    sandbox.product_url = product.url
    await sandbox.whatsapp.writes(HELENA, "seguinte")
    assert await sandbox.settled()
    assert texts(product) == ["seguinte"]


async def test_a_batch_is_one_post_with_several_entries(
    sandbox: Sandbox, product: Listener, send: Callable[..., Any]
) -> None:
    async with sandbox.whatsapp.batch():
        await sandbox.whatsapp.writes(HELENA, "um")
        await sandbox.whatsapp.writes("+5571980000018", "dois")
        await send()
        await sandbox.whatsapp.prefers(HELENA)
    assert await sandbox.settled()
    [(_, body)] = product.received
    entries = json.loads(body)["entry"]
    changes = [change for entry in entries for change in entry["changes"]]
    assert len(entries) == 2
    assert [len(change["value"].get("messages", [])) for change in changes] == [2, 0, 0]
    assert [len(change["value"].get("statuses", [])) for change in changes] == [0, 2, 0]
    assert changes[2]["field"] == "user_preferences"
    assert all(entry["acknowledged_at"] for entry in sandbox.ledger.inbound + sandbox.ledger.statuses)


async def test_an_echo_of_the_phone_opens_no_window(
    sandbox: Sandbox, product: Listener, send: Callable[..., Any]
) -> None:
    await sandbox.whatsapp.typed_on_phone(HELENA, "Do meu celular")
    assert (await send()).json()["error"]["code"] == 131047
    assert await sandbox.settled()
    change = json.loads(product.received[0][1])["entry"][0]["changes"][0]
    assert change["field"] == "smb_message_echoes"
    assert change["value"]["message_echoes"][0]["to"] == "557180000017"


async def test_the_subscription_challenge_is_put_as_meta_puts_it(sandbox: Sandbox, url: str) -> None:
    assert await sandbox.whatsapp.verify_webhook()
    assert not await sandbox.whatsapp.verify_webhook("falso")


@pytest.mark.parametrize(
    ("kind", "options", "status", "accepted"),
    [
        ("delay", {"seconds": 0.2}, 200, 1),
        ("429", {}, 429, 0),
        ("500_before", {}, 500, 0),
        ("500_after", {}, 500, 1),
        ("hang_before", {}, None, 0),
        ("hang_after", {}, None, 1),
        ("error", {"code": 131049}, 400, 0),
        ("failed", {"code": 131049}, 200, 1),
    ],
)
async def test_each_fault_of_a_call_strikes_once(
    sandbox: Sandbox, send: Callable[..., Any], kind: str, options: dict[str, Any], status: int | None, accepted: int
) -> None:
    await sandbox.whatsapp.writes(HELENA, "Oi")
    sandbox.faults.add("whatsapp.messages", kind, **options)
    started = time.monotonic()
    if status is None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(send(), 0.3)
    else:
        assert (await send()).status_code == status
    if kind == "delay":
        assert time.monotonic() - started >= 0.2
    assert len(sandbox.ledger.whatsapp_accepted) == accepted
    reported = [entry["status"] for entry in sandbox.ledger.statuses]
    assert reported == (["failed"] if kind == "failed" else ["sent", "delivered"] * accepted)
    assert (await send()).status_code == 200, "the fault is used up"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("delay", ["um", "dois"]),
        ("duplicate", ["um", "dois", "um"]),
        ("reorder", ["dois", "um"]),
        ("drop", ["dois"]),
    ],
)
async def test_each_fault_of_a_webhook_strikes_once(
    sandbox: Sandbox, url: str, product: Listener, kind: str, expected: list[str]
) -> None:
    sandbox.faults.add("whatsapp.webhook", kind, seconds=0.15)
    await sandbox.whatsapp.writes(HELENA, "um")
    await sandbox.whatsapp.writes(HELENA, "dois")
    assert await sandbox.settled()
    await product.has(len(expected))
    assert sorted(texts(product)) == sorted(expected)
    assert kind == "duplicate" or texts(product) == expected
    assert [bool(entry.get("dropped")) for entry in sandbox.ledger.inbound] == [kind == "drop", False]


async def test_faults_are_told_listed_and_cleared_over_http(http: httpx.AsyncClient, send: Callable[..., Any]) -> None:
    told = await http.post("/sandbox/faults", json={"target": "whatsapp.*", "kind": "429", "times": None})
    assert told.json()["faults"][0]["times"] is None
    assert [(await send()).status_code for _ in range(3)] == [429] * 3
    assert (await http.delete("/sandbox/faults")).json() == {"faults": []}
    assert (await send()).status_code == 400
    for wrong in (
        {"target": "whatsapp.webhook", "kind": "429"},
        {"target": "telegram.sendMessage", "kind": "drop"},
        {"target": "signal.send", "kind": "delay"},
        {"target": "whatsapp.messages", "kind": "error"},
        {"target": "whatsapp.messages", "kind": "delay", "times": 0},
        {"kind": "delay"},
    ):
        answer = await http.post("/sandbox/faults", json=wrong)
        assert (answer.status_code, bool(answer.json()["error"])) == (400, True), wrong


async def test_chance_is_repeatable() -> None:
    def struck(sandbox: Sandbox) -> list[bool]:
        sandbox.faults.add("whatsapp.messages", "429", times=None, probability=0.5)
        return [sandbox.faults.strike("whatsapp.messages", {"429"}) is not None for _ in range(100)]

    first, second = struck(Sandbox()), struck(Sandbox())
    assert first == second
    assert 30 < sum(first) < 70


async def test_state_survives_being_served_again(product: Listener) -> None:
    sandbox = Sandbox(SandboxConfig(product_url=product.url))
    async with sandbox.serving():
        await sandbox.telegram.writes(1001, "oi")
    async with sandbox.serving():
        await sandbox.whatsapp.writes(HELENA, "ainda aqui")
        assert len(sandbox.telegram.chat(1001)["messages"]) == 1
        await product.has(1)


async def test_a_hanging_call_does_not_hold_up_the_end(product: Listener) -> None:
    sandbox = Sandbox(SandboxConfig(product_url=product.url))
    sandbox.faults.add("whatsapp.messages", "hang_before")
    started = time.monotonic()
    async with sandbox.serving() as url, httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {sandbox.config.whatsapp_token}"}
        path = f"{url}/v26.0/{sandbox.config.phone_number_id}/messages"
        call = asyncio.create_task(client.post(path, headers=headers, json={}))
        await asyncio.sleep(0.1)
        call.cancel()
    assert time.monotonic() - started < 60  # it hangs for an hour


async def test_what_no_phone_can_do_is_refused(sandbox: Sandbox, url: str) -> None:
    with pytest.raises(SandboxError):
        await sandbox.whatsapp.writes(HELENA, "  ")
    with pytest.raises(SandboxError):
        await sandbox.whatsapp.presses(HELENA, "Sim")
    with pytest.raises(SandboxError):
        await sandbox.whatsapp.writes("12", "Oi")
    with pytest.raises(SandboxError):
        await sandbox.telegram.taps(1001, text="Aprovar")
    sandbox.telegram.person(1001, "Ana")
    sandbox.telegram.blocks(1001)
    with pytest.raises(SandboxError):
        await sandbox.telegram.writes(1001, "Oi")


@pytest.mark.parametrize("path", ["/bot{token}/sendMessage", "/v26.0/{number}/messages"])
async def test_whoever_calls_may_go_away_in_the_middle_of_it(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    config = sandbox.config
    path = path.format(token=config.telegram_token, number=config.phone_number_id)
    _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99\r\n\r\n--b\r\n"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: a\r\n{form}".encode())
    await writer.drain()
    await asyncio.sleep(0.05)  # the call has begun
    writer.close()
    await writer.wait_closed()
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{url}/clock")).status_code == 200
    await asyncio.sleep(0.05)
    assert [record.getMessage() for record in caplog.records if record.name == "uvicorn.error"] == []
