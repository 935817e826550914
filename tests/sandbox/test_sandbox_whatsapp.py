"""The emulated Cloud API as the product sees it: windows, templates, files, statuses, refusals."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.sandbox import Sandbox, SandboxError
from tests.sandbox.product import Listener

HELENA = "+5571980000017"
BODY = "Olá, {{dentista}}! O motivo do contato é o protocolo {{protocolo}}."


def code(answer: httpx.Response) -> int:
    error = answer.json()["error"]
    assert error["type"] == "OAuthException"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert error["error_data"]["details"]
    return int(error["code"])


def template(name: str = "primeiro_contato", **values: str) -> dict[str, Any]:
    parameters = [{"type": "text", "parameter_name": key, "text": value} for key, value in values.items()]
    components = [{"type": "body", "parameters": parameters}]
    return {"type": "template", "template": {"name": name, "language": {"code": "pt_BR"}, "components": components}}


def told(product: Listener, key: str) -> list[dict[str, Any]]:
    """Every item of this kind in every entry and change of every webhook."""
    payloads = [json.loads(body) for _, body in product.received]
    changes = [change for payload in payloads for entry in payload["entry"] for change in entry["changes"]]
    return [item for change in changes for item in change["value"].get(key, [])]


async def test_an_accepted_message_gets_metas_answer_and_its_statuses(
    sandbox: Sandbox, product: Listener, send: Callable[..., Any]
) -> None:
    await sandbox.whatsapp.writes(HELENA, "Bom dia")
    answer = await send(HELENA, biz_opaque_callback_data="17")
    assert answer.status_code == 200
    content = answer.json()
    assert content["contacts"] == [{"input": HELENA, "wa_id": "557180000017"}]
    wamid = content["messages"][0]["id"]
    assert wamid.startswith("wamid.")
    assert sandbox.ledger.whatsapp_accepted[0] | {"at": ""} == {
        "id": wamid,
        "to": HELENA,
        "type": "text",
        "text": "Bom dia, Dra. Helena.",
        "template": None,
        "parameters": None,
        "biz_opaque_callback_data": "17",
        "quoting": None,
        "at": "",
    }
    assert await sandbox.settled()
    assert await sandbox.whatsapp.opens(HELENA) == [wamid]
    assert await sandbox.whatsapp.opens(HELENA) == []
    assert await sandbox.settled()
    statuses = told(product, "statuses")
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {(status["id"], status["recipient_id"], status["biz_opaque_callback_data"]) for status in statuses} == {
        (wamid, "557180000017", "17")
    }
    assert all(entry["acknowledged_at"] for entry in sandbox.ledger.statuses)


async def test_free_text_needs_a_window_that_the_sandboxs_clock_closes(
    sandbox: Sandbox, send: Callable[..., Any]
) -> None:
    assert code(await send()) == 131047
    await sandbox.whatsapp.writes(HELENA, "Oi")
    assert (await send()).status_code == 200
    sandbox.clock.forward(timedelta(hours=23, minutes=59))
    assert (await send()).status_code == 200
    sandbox.clock.forward(timedelta(minutes=1))
    refused = await send()
    assert (refused.status_code, code(refused)) == (400, 131047)
    assert len(sandbox.ledger.whatsapp_accepted) == 2
    assert code(await send("+5571980000018")) == 131047


async def test_a_refusal_may_come_as_a_failed_status(
    sandbox: Sandbox, product: Listener, send: Callable[..., Any]
) -> None:
    sandbox.config.window_refusal = "async"
    sandbox.whatsapp.person("+5511980000018", on_whatsapp=False)
    assert (await send()).status_code == 200
    assert (await send("+5511980000018")).status_code == 200
    assert await sandbox.settled()
    failed = [(status["status"], status["errors"][0]["code"]) for status in told(product, "statuses")]
    assert sorted(failed) == [("failed", 131026), ("failed", 131047)]
    assert sandbox.whatsapp.chat(HELENA)["messages"] == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (template("inexistente"), 132001),
        (template("pendente"), 132001),
        (template("pausado"), 132015),
        (template(dentista="Dra. Helena"), 132000),
        (template(dentista="Dra. Helena", protocolo="1", sobra="x"), 132000),
        (template(dentista="Dra. Helena", protocol="1"), 132012),
        (template(dentista="Dra. Helena", protocolo=""), 131008),
        (template(dentista="Dra.\nHelena", protocolo="1"), 132018),
        (template(dentista="D" * 1024, protocolo="1"), 132005),
        ({"text": "x" * 4097}, 100),
        ({"text": " "}, 131008),
        ({"to": "123"}, 131009),
        ({"type": "sticker", "sticker": {}}, 131051),
        ({"type": "document", "document": {"id": "1"}}, 131053),
        ({"messaging_product": "sms"}, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
    ],
)
async def test_what_meta_refuses_is_refused_and_not_kept(
    sandbox: Sandbox, send: Callable[..., Any], message: dict[str, Any], expected: int
) -> None:
    sandbox.whatsapp.template("primeiro_contato", BODY)
    sandbox.whatsapp.template("pendente", "Oi", status="PENDING")
    sandbox.whatsapp.template("pausado", "Oi", status="PAUSED")
    await sandbox.whatsapp.writes(HELENA, "Oi")
    assert code(await send(**message)) == expected
    assert sandbox.ledger.whatsapp_accepted == []


async def test_a_template_opens_a_conversation_and_reads_as_filled_in(
    sandbox: Sandbox, product: Listener, send: Callable[..., Any]
) -> None:
    sandbox.whatsapp.template("primeiro_contato", BODY, footer="Retenção", buttons=["Podemos conversar"])
    assert (await send(**template(dentista="Dra. Helena", protocolo="SAD000000000001"))).status_code == 200
    text = "Olá, Dra. Helena! O motivo do contato é o protocolo SAD000000000001.\nRetenção"
    [entry] = sandbox.ledger.whatsapp_accepted
    assert (entry["text"], entry["template"]) == (text, "primeiro_contato")
    assert entry["parameters"] == {"dentista": "Dra. Helena", "protocolo": "SAD000000000001"}
    [shown] = sandbox.whatsapp.chat(HELENA)["messages"]
    assert (shown["from"], shown["text"], shown["buttons"]) == ("operator", text, ["Podemos conversar"])
    await sandbox.whatsapp.presses(HELENA, "Podemos conversar")
    assert await sandbox.settled()
    [pressed] = told(product, "messages")
    assert (pressed["type"], pressed["button"]["text"]) == ("button", "Podemos conversar")
    assert pressed["context"]["id"] == entry["id"]
    assert (await send()).status_code == 200, "the tap opens the window"


async def test_templates_are_created_listed_and_reviewed(
    sandbox: Sandbox, product: Listener, http: httpx.AsyncClient
) -> None:
    path = f"/v26.0/{sandbox.config.waba_id}/message_templates"
    body: dict[str, Any] = {
        "type": "BODY",
        "text": BODY,
        "example": {
            "body_text_named_params": [
                {"param_name": "dentista", "example": "Dra. Helena"},
                {"param_name": "protocolo", "example": "SAD000000000001"},
            ]
        },
    }
    request: dict[str, Any] = {
        "name": "primeiro_contato",
        "category": "UTILITY",
        "language": "pt_BR",
        "parameter_format": "NAMED",
        "components": [body],
    }
    sandbox.config.template_review = "PENDING"
    created = await http.post(path, json=request)
    assert (created.status_code, created.json()["status"]) == (200, "PENDING")
    assert code(await http.post(path, json=request)) == 100
    for wrong in (
        "{{dentista}} no começo.",
        "No fim {{dentista}}",
        "Lado {{dentista}} {{protocolo}} a lado.",
        "{{ Não }} x",
    ):
        answer = await http.post(path, json=request | {"name": "outro", "components": [body | {"text": wrong}]})
        assert code(answer) == 100, wrong
    without = {key: value for key, value in body.items() if key != "example"}
    assert code(await http.post(path, json=request | {"name": "outro", "components": [without]})) == 100
    assert (await http.get(path, params={"status": "APPROVED"})).json()["data"] == []
    await sandbox.whatsapp.judge_template("primeiro_contato", "APPROVED")
    assert [found["name"] for found in (await http.get(path)).json()["data"]] == ["primeiro_contato"]
    assert await sandbox.settled()
    change = json.loads(product.received[0][1])["entry"][0]["changes"][0]
    assert (change["field"], change["value"]["event"]) == ("message_template_status_update", "APPROVED")


async def test_a_wrong_token_or_number_opens_nothing(
    sandbox: Sandbox, http: httpx.AsyncClient, send: Callable[..., Any]
) -> None:
    message = {"messaging_product": "whatsapp", "to": HELENA, "text": {"body": "Oi"}}
    answer = await http.post("/v26.0/1/messages", json=message)
    assert (answer.status_code, code(answer)) == (400, 100)
    http.headers["Authorization"] = "Bearer falso"
    refused = await send()
    assert (refused.status_code, code(refused)) == (401, 190)


async def test_a_pair_may_burst_and_then_waits(sandbox: Sandbox, send: Callable[..., Any]) -> None:
    await sandbox.whatsapp.writes(HELENA, "Oi")
    taken, begun = 0, time.monotonic()
    while (answer := await send()).status_code == 200:
        taken += 1
    assert code(answer) == 131056
    assert 45 <= taken <= 46 + (time.monotonic() - begun) / 6  # one more every six seconds
    sandbox.config.pair_rate = False
    assert (await send()).status_code == 200


async def test_no_more_messages_a_second_are_taken_than_the_number_may_send(
    sandbox: Sandbox, send: Callable[..., Any]
) -> None:
    sandbox.config.messages_per_second = 3
    await sandbox.whatsapp.writes(HELENA, "Oi")
    answers = [await send() for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert (code(answers[-1]), len(sandbox.ledger.whatsapp_accepted)) == (130429, 3)
    assert [number for number, _ in sandbox.whatsapp.cloud.refusals] == [130429]
    await asyncio.sleep(1)
    assert (await send()).status_code == 200


async def test_a_blocked_account_sends_nothing(sandbox: Sandbox, send: Callable[..., Any]) -> None:
    await sandbox.whatsapp.writes(HELENA, "Oi")
    sandbox.config.can_send = "BLOCKED"
    refused = await send()
    assert (refused.status_code, code(refused), sandbox.ledger.whatsapp_accepted) == (403, 131031, [])


async def test_files_go_up_out_and_come_in(sandbox: Sandbox, product: Listener, http: httpx.AsyncClient) -> None:
    content = b"%PDF-1.7 conte\xc3\xbado"
    await sandbox.whatsapp.sends_image(HELENA, b"\xff\xd8 jpeg", caption="a tabela")
    number = sandbox.config.phone_number_id
    up = await http.post(
        f"/v26.0/{number}/media",
        data={"messaging_product": "whatsapp", "type": "application/pdf"},
        files={"file": ("tabela.pdf", content, "application/pdf")},
    )
    document = {"id": up.json()["id"], "filename": "tabela.pdf", "caption": "Segue"}
    message = {"messaging_product": "whatsapp", "to": HELENA, "type": "document", "document": document}
    assert (await http.post(f"/v26.0/{number}/messages", json=message)).status_code == 200
    assert sandbox.whatsapp.chat(HELENA)["messages"][-1]["filename"] == "tabela.pdf"

    assert await sandbox.settled()
    image = told(product, "messages")[0]["image"]
    described = (await http.get(f"/v26.0/{image['id']}")).json()
    assert (described["sha256"], described["mime_type"]) == (image["sha256"], "image/jpeg")
    assert (await http.get(described["url"])).content == b"\xff\xd8 jpeg"
    http.headers["Authorization"] = "Bearer falso"
    assert (await http.get(described["url"])).status_code == 401
    http.headers["Authorization"] = f"Bearer {sandbox.config.whatsapp_token}"
    exe = {"file": ("x.exe", b"MZ", "application/x-msdownload")}
    assert code(await http.post(f"/v26.0/{number}/media", data={"messaging_product": "whatsapp"}, files=exe)) == 100


async def test_reading_reacting_and_quoting(
    sandbox: Sandbox, product: Listener, http: httpx.AsyncClient, send: Callable[..., Any]
) -> None:
    asked = await sandbox.whatsapp.writes(HELENA, "Quanto fica?")
    sent = (await send(context={"message_id": asked})).json()["messages"][0]["id"]
    assert sandbox.ledger.whatsapp_accepted[0]["quoting"] == asked
    await sandbox.whatsapp.writes(HELENA, "Sim", quoting=sent)
    await sandbox.whatsapp.reacts(HELENA, sent, "👍")
    assert await sandbox.settled()
    quoted = told(product, "messages")[1]
    assert quoted["context"] == {"from": sandbox.config.phone_number, "id": sent}
    with pytest.raises(SandboxError):
        await sandbox.whatsapp.writes(HELENA, "Sim", quoting="wamid.nada")
    path = f"/v26.0/{sandbox.config.phone_number_id}/messages"
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": asked}
    assert (await http.post(path, json=read)).json() == {"success": True}
    assert code(await http.post(path, json=read | {"message_id": "wamid.nada"})) == 131009


async def test_whoever_stopped_marketing_gets_none(
    sandbox: Sandbox, product: Listener, send: Callable[..., Any]
) -> None:
    sandbox.whatsapp.template("divulgacao", "Ação de divulgação.", category="MARKETING")
    await sandbox.whatsapp.prefers(HELENA, stop=True)
    assert (await send(**template("divulgacao"))).status_code == 200
    assert await sandbox.settled()
    [preference] = told(product, "user_preferences")
    assert (preference["category"], preference["value"], preference["wa_id"]) == (
        "marketing_messages",
        "stop",
        "557180000017",
    )
    assert told(product, "statuses")[0]["errors"][0]["code"] == 131050


@pytest.mark.parametrize(
    ("number", "wa_id"),
    [
        ("+5571980000017", "557180000017"),
        ("557180000017", "557180000017"),
        ("+5511980000017", "5511980000017"),
        ("+557133330017", "557133330017"),
        ("+5531980000017", "553180000017"),
    ],
)
async def test_wa_ids_may_lack_the_ninth_digit(sandbox: Sandbox, number: str, wa_id: str) -> None:
    assert sandbox.whatsapp.person(number)["wa_id"] == wa_id
    sandbox.whatsapp.person(number, wa_id="5500000000")
    assert sandbox.whatsapp.chat(number)["wa_id"] == "5500000000"


async def test_a_person_without_a_phone_comes_as_a_bsuid(
    sandbox: Sandbox, product: Listener, send: Callable[..., Any]
) -> None:
    sandbox.whatsapp.person(HELENA, "Helena Prado", bsuid="BR.abc123", hides_phone=True)
    await sandbox.whatsapp.writes(HELENA, "Oi")
    assert await sandbox.settled()
    [message], [contact] = told(product, "messages"), told(product, "contacts")
    assert (message["from_user_id"], "from" in message) == ("BR.abc123", False)
    assert contact == {"profile": {"name": "Helena Prado"}, "user_id": "BR.abc123"}
    answer = await send(to="", recipient="BR.abc123")
    assert answer.json()["contacts"] == [{"input": "BR.abc123", "user_id": "BR.abc123"}]
    assert code(await send(to="", recipient="BR.ninguem")) == 131062


async def test_statuses_can_take_their_time(sandbox: Sandbox, send: Callable[..., Any]) -> None:
    sandbox.config.delivered_after, sandbox.config.read_after = 0.5, 0.5
    await sandbox.whatsapp.writes(HELENA, "Oi")
    await send()
    assert [entry["status"] for entry in sandbox.ledger.statuses] == ["sent"]
    while len(sandbox.ledger.statuses) < 3:
        await asyncio.sleep(0.01)
    assert [entry["status"] for entry in sandbox.ledger.statuses] == ["sent", "delivered", "read"]


@pytest.mark.usefixtures("url")
async def test_what_is_changed_afterwards_is_told_with_what_it_concerns(sandbox: Sandbox, product: Listener) -> None:
    said = await sandbox.whatsapp.writes(HELENA, "quinta")
    await sandbox.whatsapp.edits(HELENA, said, "sexta")
    await sandbox.whatsapp.deletes(HELENA, said)
    await sandbox.whatsapp.sends(HELENA, "location", {"latitude": -12.9, "longitude": -38.5})
    assert await sandbox.settled()
    _, edit, revoke, place = told(product, "messages")
    assert edit["edit"] == {"original_message_id": said, "message": {"type": "text", "text": {"body": "sexta"}}}
    assert (revoke["type"], revoke["revoke"]) == ("revoke", {"original_message_id": said})
    assert place["location"]["latitude"] == -12.9
    with pytest.raises(SandboxError):
        await sandbox.whatsapp.edits(HELENA, "wamid.unknown", "?")


@pytest.mark.usefixtures("url")
async def test_the_connected_phone_echoes_what_is_done_there_and_shares_its_past(
    sandbox: Sandbox, product: Listener
) -> None:
    typed = await sandbox.whatsapp.typed_on_phone(HELENA, "Bom dia")
    await sandbox.whatsapp.edited_on_phone(HELENA, typed, "Boa tarde")
    await sandbox.whatsapp.deleted_on_phone(HELENA, typed)
    await sandbox.whatsapp.shares_past(HELENA, [{"ours": False, "text": "Oi", "at": 1698674400}])
    assert await sandbox.settled()
    assert [(echo["type"], echo["to"]) for echo in told(product, "message_echoes")] == [
        (kind, "557180000017") for kind in ("text", "edit", "revoke")
    ]
    (chunk,) = told(product, "history")
    (thread,) = chunk["threads"]
    assert (thread["id"], thread["messages"][0]["text"]["body"]) == ("557180000017", "Oi")
    assert told(product, "messages") == []


@pytest.mark.usefixtures("url")
async def test_a_change_of_number_and_news_of_the_account_are_told(sandbox: Sandbox, product: Listener) -> None:
    sandbox.whatsapp.person(HELENA, bsuid="BR.helena")
    await sandbox.whatsapp.moves(HELENA, "+5571991110000")
    await sandbox.whatsapp.account_news("account_update", {"event": "DISABLED_UPDATE"})
    assert await sandbox.settled()
    (item,) = told(product, "messages")
    assert (item["type"], item["from"]) == ("system", "557180000017")
    assert item["system"]["previous_user_id"] == "BR.helena" and item["system"]["wa_id"] == "557191110000"
    changes = [c for _, body in product.received for e in json.loads(body)["entry"] for c in e["changes"]]
    assert (changes[-1]["field"], changes[-1]["value"]) == ("account_update", {"event": "DISABLED_UPDATE"})
