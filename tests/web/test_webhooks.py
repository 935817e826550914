"""Webhooks over real HTTP: checked, kept, then acknowledged; nothing else is ever answered with 200."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import sqlite3
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from starlette.applications import Starlette

from bot.clock import LocalClock
from bot.handlers.intake import raw_update
from bot.metrics import Metrics
from bot.runtime import STUCK, Runtime
from bot.services import inbox
from bot.web.protocol import HEAD_LIMIT
from bot.web.server import Server, server, web_app
from bot.web.webhooks import BODY_LIMIT, PROBE, Keeper, TelegramWebhook, WhatsAppWebhook
from messages.errors import InvalidInput
from messages.statuses import ChannelName
from storage.models import Contact, InboxEvent
from tests.anything import BODIES
from tests.factory import NOW, PHONE, Store, create_analyst, create_case, create_follow_up, wa_message, webhook
from tests.patience import PATIENCE

SECRET, VERIFY, TELEGRAM = "app-secret", "verify-token", "telegram-secret"
PATH = "/webhooks/whatsapp"


class Web:
    """The application behind real HTTP, and the database behind it."""

    def __init__(self, url: str, rt: Runtime, metrics: Metrics, http: httpx.AsyncClient, app: Starlette) -> None:
        self.url, self.rt, self.metrics, self.http, self.app = url, rt, metrics, http, app
        self.store = Store(url)

    async def post(self, body: bytes, signature: str | None = None) -> int:
        given = signed(body) if signature is None else signature
        return (await self.http.post(PATH, content=body, headers={b"X-Hub-Signature-256": given.encode()})).status_code

    async def file(self) -> None:
        read = await self.rt.read(inbox.read_waiting, (), 200, wall=self.rt.wall())
        await self.rt.write_many(inbox.file_whatsapp, read)

    def kept(self) -> list[bytes]:
        return [e.body for e in self.store.all(InboxEvent)]


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def application(rt: Runtime, metrics: Metrics) -> Starlette:
    keeper = Keeper(rt, metrics)
    routes = WhatsAppWebhook(SECRET.encode(), VERIFY, keeper).route()
    routes += TelegramWebhook(TELEGRAM, raw_update, keeper).route()
    return web_app(rt, metrics, routes, {"telegram": True, "whatsapp_receives": True, "whatsapp_sends": False})


@contextlib.asynccontextmanager
async def serving(url: str) -> AsyncIterator[Web]:
    rt, metrics = Runtime(url, LocalClock()), Metrics()
    app = application(rt, metrics)
    listening: Server = server(app, "127.0.0.1", 0)
    await listening.begin()
    address = f"http://127.0.0.1:{listening.port}"
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE) as http:
        web = Web(url, rt, metrics, http, app)
        yield web
        web.store.close()
    await listening.end()
    await rt.close()


@pytest.fixture
async def web(database_url: str) -> AsyncIterator[Web]:
    async with serving(database_url) as web:
        yield web


@pytest.fixture
async def web_on_sqlite(sqlite_url: str) -> AsyncIterator[Web]:
    async with serving(sqlite_url) as web:
        yield web


async def test_a_rightly_signed_body_is_kept_as_it_came(web: Web) -> None:
    escaped = json.dumps(webhook({"messages": [wa_message("wamid.A", "Até sexta 👍")]})).replace("/", "\\/").encode()
    assert b"\\u00e9" in escaped
    for body in (escaped, b"not JSON at all", b"", b"\x00\xff"):
        assert await web.post(body) == 200
    assert web.kept() == [escaped, b"not JSON at all", b"", b"\x00\xff"]
    assert web.store.all(InboxEvent)[0].source is ChannelName.WHATSAPP


async def test_a_wrong_signature_is_refused_and_nothing_is_kept(web: Web) -> None:
    body = b'{"entry": []}'
    wrong = [
        "",
        "sha256=",
        signed(body).removeprefix("sha256="),
        signed(body).upper(),
        signed(body, "another secret"),
        signed(body + b" "),
        signed(body)[:-1],
        signed(body) + "0",
        "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest(),
        "sha256=é",
    ]
    answers = [await web.post(body, signature) for signature in wrong]
    answers.append((await web.http.post(PATH, content=body)).status_code)
    assert set(answers) == {401}
    assert web.kept() == []


async def test_a_probe_is_judged_like_any_body_and_not_kept(web_on_sqlite: Web) -> None:
    web, body = web_on_sqlite, b"{}"
    for secret, status in ((SECRET, 204), ("another secret", 401)):
        headers = {"X-Hub-Signature-256": signed(body, secret), PROBE: "1"}
        assert (await web.http.post(PATH, content=body, headers=headers)).status_code == status
    assert web.kept() == []


async def test_a_body_beyond_the_limit_is_refused_declared_or_not(web_on_sqlite: Web) -> None:
    web, big = web_on_sqlite, b"x" * (BODY_LIMIT + 1)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 65536):
            yield big[start : start + 65536]

    assert await web.post(big) == 413
    undeclared = await web.http.post(PATH, content=chunks(), headers={"X-Hub-Signature-256": signed(big)})
    assert undeclared.status_code == 413
    assert web.kept() == []
    assert await web.post(big[:-1]) == 200  # exactly 4 MiB


@pytest.mark.parametrize("head", ["", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"], ids=["head", "trailers"])
async def test_a_request_that_does_not_end_is_ended(web_on_sqlite: Web, head: str) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", web_on_sqlite.http.base_url.port)
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: a\r\n{head}".encode())
    lines = [b"X-A: " + b"a" * 1000 + b"\r\n"] * (20 * HEAD_LIMIT // 1000)
    with pytest.raises(ConnectionError):
        for line in lines:
            writer.write(line)
            await writer.drain()
            await asyncio.sleep(0)
    writer.close()
    assert web_on_sqlite.kept() == []
    assert await web_on_sqlite.post(b"{}") == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}, 200),
        ({"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "1"}, 403),
        ({"hub.mode": "subscribe", "hub.challenge": "1"}, 403),
        ({"hub.mode": "unsubscribe", "hub.verify_token": VERIFY, "hub.challenge": "1"}, 403),
        ({}, 403),
    ],
)
async def test_the_challenge_is_answered_for_the_right_token_only(
    web_on_sqlite: Web, query: dict[str, str], status: int
) -> None:
    answer = await web_on_sqlite.http.get(PATH, params=query)
    assert answer.status_code == status
    assert (answer.text == "1158201444") is (status == 200)
    assert answer.headers.get("content-type", "").startswith("text/plain") is (status == 200)


async def test_without_a_verify_token_no_challenge_is_answered(sqlite_url: str) -> None:
    rt = Runtime(sqlite_url, LocalClock())
    app = Starlette(routes=list(WhatsAppWebhook(b"s", "", Keeper(rt, Metrics())).route()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        answer = await http.get(PATH, params={"hub.mode": "subscribe", "hub.verify_token": ""})
    assert answer.status_code == 403
    await rt.close()


async def test_while_the_file_is_locked_it_answers_503_and_afterwards_keeps_again(web_on_sqlite: Web) -> None:
    web = web_on_sqlite
    other = sqlite3.connect(web.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    answer = await web.http.post(PATH, content=b"{}", headers={"X-Hub-Signature-256": signed(b"{}")})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    other.execute("ROLLBACK")
    other.close()
    assert web.kept() == []
    assert await web.post(b"{}") == 200
    assert web.kept() == [b"{}"]


async def test_the_same_body_posted_three_times_gives_one_contact(web: Web) -> None:
    case = create_case(web.store, create_analyst(web.store))
    body = json.dumps(webhook({"messages": [wa_message("wamid.A")]})).encode()
    assert [await web.post(body) for _ in range(3)] == [200, 200, 200]
    await web.file()
    assert [(c.case_id, c.address) for c in web.store.all(Contact)] == [(case.id, PHONE)]


async def test_what_comes_at_once_is_kept_whole_in_a_few_commits(web: Web) -> None:
    commits: list[object] = []
    event.listen(web.rt._engines[0], "commit", commits.append)
    bodies = [b"body %d" % n for n in range(80)]
    assert await asyncio.gather(*(web.post(body) for body in bodies)) == [200] * 80
    assert sorted(web.kept()) == sorted(bodies)
    assert len(commits) < 40


async def test_telegrams_updates_are_kept_once_in_the_lane_of_their_chat(web: Web) -> None:
    async def post(body: bytes, secret: str = TELEGRAM) -> int:
        headers = {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
        return (await web.http.post("/webhooks/telegram", content=body, headers=headers)).status_code

    update = json.dumps({"update_id": 7, "message": {"chat": {"id": 42}, "text": "oi"}}).encode()
    tap = json.dumps({"update_id": 8, "callback_query": {"message": {"chat": {"id": 42}}, "from": {"id": 1}}}).encode()
    assert [await post(b) for b in (update, update, tap)] == [200, 200, 200]
    assert [(e.external_id, e.lane, e.body) for e in web.store.all(InboxEvent)] == [
        ("7", "chat:42", update),
        ("8", "chat:42", tap),
    ]
    assert [await post(update, secret) for secret in ("", "wrong", TELEGRAM + "x", "é")] == [401] * 4
    assert [await post(b) for b in (b"", b"[]", b"{}", b'{"update_id": "7"}', b"[" * 100_000)] == [400] * 5
    assert web.store.count(InboxEvent) == 2


async def test_health_tells_the_parts_and_metrics_the_figures(web: Web) -> None:
    create_follow_up(web.store, create_case(web.store, create_analyst(web.store)), NOW)
    await web.post(b"{}")
    health = await web.http.get("/healthz")
    assert health.json() == {
        "status": "ok",
        "parts": {"telegram": True, "whatsapp_receives": True, "whatsapp_sends": False},
    }
    web.metrics.outbox.labels(status="accepted").inc()
    told = (await web.http.get("/metrics")).text
    for line in (
        "retencao_inbox_received_total 1.0",
        "retencao_inbox_filed_total 0.0",
        "retencao_inbox_quarantined_total 0.0",
        'retencao_outbox_total{status="accepted"} 1.0',
        "retencao_followups_due 1.0",
    ):
        assert line in told


async def test_other_methods_and_paths_are_not_there(web_on_sqlite: Web) -> None:
    answers = [
        await web_on_sqlite.http.request(m, p) for m, p in (("PUT", PATH), ("GET", "/webhooks/telegram"), ("GET", "/"))
    ]
    assert [a.status_code for a in answers] == [405, 405, 404]
    assert "server" not in answers[0].headers


async def test_a_loop_that_stands_still_is_told_by_healthz(web_on_sqlite: Web) -> None:
    web_on_sqlite.rt.turn("poller")
    assert (await web_on_sqlite.http.get("/healthz")).status_code == 200
    web_on_sqlite.rt._turns["poller"] -= STUCK + 1
    answer = await web_on_sqlite.http.get("/healthz")
    assert (answer.status_code, answer.json()["loops"]) == (503, ["poller"])


async def test_a_taken_port_is_told_by_name(web_on_sqlite: Web) -> None:
    taken = int(str(web_on_sqlite.http.base_url).rsplit(":", 1)[1].strip("/"))
    with pytest.raises(InvalidInput, match=f"porta {taken} .*HTTP_PORT"):
        await server(web_on_sqlite.app, "127.0.0.1", taken).begin()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), noise=st.binary(min_size=1, max_size=8))
async def test_any_bytes_rightly_signed_are_kept_and_wrongly_signed_are_not(
    web_on_sqlite: Web, body: bytes, noise: bytes
) -> None:
    web, before = web_on_sqlite, len(web_on_sqlite.kept())
    assert await web.post(body, signed(body + noise)) == 401
    assert len(web.kept()) == before
    assert await web.post(body) == 200
    assert web.kept()[before:] == [body]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(root=BODIES, noise=st.binary(min_size=1, max_size=8))
async def test_any_json_rightly_signed_is_answered_200_and_kept_and_filing_it_breaks_nothing(
    web: Web, root: object, noise: bytes
) -> None:
    body, before = json.dumps(root).encode(), web.store.count(InboxEvent)
    assert await web.post(body, signed(body + noise)) == 401
    assert web.store.count(InboxEvent) == before
    assert await web.post(body) == 200
    assert web.kept()[before:] == [body]
    await web.file()
    assert await web.rt.read(inbox.count_waiting) == 0  # filed, or set aside for a person
