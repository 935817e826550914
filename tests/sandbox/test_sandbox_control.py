"""The control endpoints: the same hands, clock and ledger over HTTP, for a product in another process."""

import base64
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.sandbox import Sandbox
from bot.sandbox.clock import Clock
from tests.sandbox.product import START, Listener

HELENA = "+5571980000017"


async def test_the_clock_ticks_stands_and_moves(http: httpx.AsyncClient) -> None:
    first = (await http.get("/clock")).json()
    assert first["frozen"] is False
    assert timedelta(0) <= datetime.fromisoformat(first["now"]) - START < timedelta(seconds=5)
    assert first["now"].endswith("Z")
    assert len(first["now"]) == len("2023-10-30T14:01:00.000000Z")
    stood = (await http.post("/clock", json={"frozen": True, "now": "2023-11-10T09:00:00-03:00"})).json()
    assert stood == {"now": "2023-11-10T12:00:00.000000Z", "frozen": True}
    moved = (await http.post("/clock", json={"forward": 3600})).json()
    assert moved["now"] == "2023-11-10T13:00:00.000000Z"
    assert (await http.get("/clock")).json() == moved
    assert (await http.post("/clock", json={"frozen": False})).json()["now"] > moved["now"]
    for wrong in ({"now": "amanhã"}, {"now": "2023-11-10T09:00:00"}, {"now": 5}):
        assert (await http.post("/clock", json=wrong)).status_code == 400, wrong


def test_a_running_clock_runs() -> None:
    clock = Clock(START)
    assert clock.now() < clock.now()


async def act(http: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await http.post(f"/sandbox/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def test_people_act_over_http_and_the_ledger_tells(http: httpx.AsyncClient, product: Listener) -> None:
    await act(http, "telegram/person", chat_id=1001, first_name="Ana")
    await act(http, "telegram/starts", chat_id=1001, payload="CODIGO")
    content = base64.b64encode(b"formul\xc3\xa1rio").decode()
    await act(http, "telegram/sends_document", chat_id=1001, filename="form.txt", content_base64=content)
    wamid = await act(http, "whatsapp/writes", number=HELENA, text="Sim")
    chat = (await http.get("/sandbox/telegram/chat/1001")).json()
    assert [message["text"] for message in chat["messages"]] == ["/start CODIGO", ""]
    file_id = chat["messages"][1]["document"]["file_id"]
    assert (await http.get(f"/sandbox/telegram/file/{file_id}")).content == "formulário".encode()
    talk = (await http.get(f"/sandbox/whatsapp/chat/{HELENA}")).json()
    assert [(message["id"], message["from"], message["text"]) for message in talk["messages"]] == [
        (wamid, "dentist", "Sim")
    ]
    assert talk["window_open_until"].startswith("2023-10-31T14:01")
    settled = (await http.get("/sandbox/settled", params={"timeout": 1})).json()
    assert settled == {"settled": False, "pending": 2}, "nobody polls Telegram"
    ledger = (await http.get("/sandbox/ledger")).json()
    assert set(ledger) == {"whatsapp", "telegram"}
    assert [update["summary"] for update in ledger["telegram"]["updates"]] == ["/start CODIGO", "form.txt"]
    [inbound] = ledger["whatsapp"]["inbound"]
    assert (inbound["wamid"], inbound["from"], inbound["text"]) == (wamid, HELENA, "Sim")
    assert inbound["acknowledged_at"]
    state = (await http.get("/sandbox/state", params={"telegram": 1001, "whatsapp": HELENA})).json()
    assert (state["telegram"], state["whatsapp"]) == (chat, talk)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("telegram/writes", {"chat_id": 1001}),
        ("telegram/writes", {"chat_id": 1001, "text": "Oi", "sobra": 1}),
        ("telegram/writes", {"chat_id": -1, "text": "Oi"}),
        ("telegram/sends_document", {"chat_id": 1001, "filename": "x", "content_base64": "não é"}),
        ("telegram/stored", {"file_id": "x"}),
        ("telegram/__init__", {}),
        ("whatsapp/presses", {"number": HELENA, "button": "Sim"}),
        ("signal/writes", {}),
        ("config", {"app_secret": "outro"}),
        ("faults", [1]),
    ],
)
async def test_control_calls_that_make_no_sense_are_refused(http: httpx.AsyncClient, path: str, body: Any) -> None:
    answer = await http.post(f"/sandbox/{path}", json=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)


async def test_settings_change_while_it_runs(http: httpx.AsyncClient, sandbox: Sandbox) -> None:
    answer = await http.post("/sandbox/config", json={"pair_rate": False, "product_url": "http://127.0.0.1:9"})
    assert answer.json()["pair_rate"] is False
    assert sandbox.product_url == "http://127.0.0.1:9"
    assert "app_secret" not in answer.json()


async def test_the_screen_is_served_and_needs_nothing_from_outside(http: httpx.AsyncClient) -> None:
    page = await http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    for name in ("screen.css", "screen.js"):
        part = await http.get(f"/screen/{name}")
        assert part.status_code == 200
        assert f"screen/{name}" in page.text
        assert "http://" not in part.text + page.text
        assert "https://" not in part.text + page.text
    script = (await http.get("/screen/screen.js")).text
    assert "innerHTML" not in script
