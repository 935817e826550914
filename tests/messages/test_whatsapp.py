"""WhatsApp's payloads: what is sent, what a webhook says, and what an answer means."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.contracts import Outgoing, TemplateCall, Verdict
from messages.errors import InvalidInput
from messages.statuses import MessageStatus
from messages.whatsapp import read_answer, read_webhook, send_payload

AT = {"timestamp": "1698674400"}
MOMENT = datetime(2023, 10, 30, 14, 0, tzinfo=UTC)
HEAD = {"id": "wamid.A", "from": "557180000017", **AT}
BSUID = "BR.a1b2c3"


def body(*values: dict[str, Any], field: str = "messages") -> bytes:
    """Two changes an entry, as batches come."""
    changes = [{"field": field, "value": value} for value in values]
    entries = [{"id": "1", "changes": changes[n : n + 2]} for n in range(0, len(changes), 2)]
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"type": "text", "text": {"body": "Até sexta 👍"}}, "text", "Até sexta 👍"),
        ({"type": "button", "button": {"text": "Sim", "payload": "yes"}}, "button", "Sim"),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Não"}},
            },
            "interactive",
            "Não",
        ),
        ({"type": "interactive", "interactive": {"list_reply": {"title": "Tabela"}}}, "interactive", "Tabela"),
        ({"type": "interactive", "interactive": {"nfm_reply": {}}}, "interactive", ""),
        ({"type": "image", "image": {"id": "9", "caption": "a tabela"}}, "image", "a tabela"),
        ({"type": "audio", "audio": {"id": "9"}}, "audio", ""),
        ({"type": "reaction", "reaction": {"message_id": "wamid.Q", "emoji": "👍"}}, "reaction", "Reagiu com 👍"),
        ({"type": "reaction", "reaction": {"message_id": "wamid.Q"}}, "reaction", "Retirou a reação"),
        ({"type": "location", "location": {"name": "Clínica", "latitude": -12.9}}, "location", "Clínica -12.9"),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "Rui"}}, {"name": None}]}, "contacts", "Rui, "),
        ({"type": "system", "system": {"body": "algo mudou"}}, "system", "Aviso do WhatsApp: algo mudou"),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, "unsupported", ""),
        ({"type": "order", "order": {"text": "kit"}}, "order", ""),
        ({"type": "text", "text": {"body": None}}, "text", ""),
        ({"type": "text"}, "text", ""),
        ({}, "unknown", ""),
    ],
)
def test_every_type_says_what_a_person_would_say(content: dict[str, Any], kind: str, text: str) -> None:
    (item,) = read_webhook(body({"messages": [HEAD | content]})).incoming
    assert (item.kind, item.text, item.external_id, item.occurred_at) == (kind, text, "wamid.A", MOMENT)
    assert item.sender.phone == "+5571980000017"
    assert not item.echo


@pytest.mark.parametrize("kind", ["image", "audio", "video", "document", "sticker"])
def test_media_keep_what_they_are_fetched_by(kind: str) -> None:
    media = {"id": "77", "mime_type": "image/jpeg", "filename": "tabela.jpg", "sha256": "…"}
    (item,) = read_webhook(body({"messages": [HEAD | {"type": kind, kind: media}]})).incoming
    assert item.media == {"id": "77", "mime_type": "image/jpeg", "filename": "tabela.jpg"}


@pytest.mark.parametrize(
    ("who", "phone", "wa_id", "bsuid"),
    [
        ({"from": "557180000017"}, "+5571980000017", "557180000017", None),
        ({"from": "5571980000017", "from_user_id": BSUID}, "+5571980000017", "5571980000017", BSUID),
        ({"from_user_id": BSUID}, None, None, BSUID),
        ({"user_id": BSUID}, None, None, BSUID),
        ({"from": "", "from_user_id": BSUID}, None, None, BSUID),
        ({"from": "123"}, None, "123", None),  # no phone that anybody knows: kept, never dropped
    ],
)
def test_a_sender_is_whatever_identity_comes(
    who: dict[str, str], phone: str | None, wa_id: str | None, bsuid: str | None
) -> None:
    item = {"id": "wamid.A", **AT, "type": "text", "text": {"body": "Oi"}, **who}
    (read,) = read_webhook(body({"messages": [item]})).incoming
    assert (read.sender.phone, read.sender.wa_id, read.sender.bsuid) == (phone, wa_id, bsuid)


@pytest.mark.parametrize(
    ("contacts", "name"),
    [
        ([{"wa_id": "557180000017", "profile": {"name": "Marina"}}], "Marina"),
        ([{"wa_id": "557180000017", "profile": {"name": None}}], ""),
        ([{"wa_id": "557180000017", "profile": {"name": "x" * 500}}], "x" * 120),
        ([{"wa_id": "1", "profile": {"name": "Outra"}}], ""),
        (None, ""),
    ],
)
def test_the_name_comes_from_the_contacts_when_there_are_any(contacts: Any, name: str) -> None:
    value = {"messages": [HEAD | {"type": "text"}]} | ({"contacts": contacts} if contacts else {})
    assert read_webhook(body(value)).incoming[0].sender.name == name


def test_what_was_quoted_is_kept() -> None:
    quoting = HEAD | {"type": "text", "context": {"id": "wamid.Q", "from": "557140000000"}}
    assert read_webhook(body({"messages": [quoting]})).incoming[0].reply_to == "wamid.Q"
    reacting = HEAD | {"type": "reaction", "reaction": {"message_id": "wamid.R"}}
    assert read_webhook(body({"messages": [reacting]})).incoming[0].reply_to == "wamid.R"


def test_an_echo_is_about_whom_it_was_written_to() -> None:
    echo = {"id": "wamid.E", **AT, "from": "557140000000", "to": "557180000017", "type": "text", "text": {"body": "Oi"}}
    (item,) = read_webhook(body({"message_echoes": [echo]}, field="smb_message_echoes")).incoming
    assert item.echo and item.sender.phone == "+5571980000017"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("sent", MessageStatus.ACCEPTED),
        ("delivered", MessageStatus.DELIVERED),
        ("read", MessageStatus.READ),
        ("played", MessageStatus.READ),
        ("failed", MessageStatus.FAILED),
    ],
)
def test_statuses_are_read(told: str, status: MessageStatus) -> None:
    item = {"id": "wamid.S", "status": told, **AT, "recipient_id": "557180000017", "biz_opaque_callback_data": "k"}
    (receipt,) = read_webhook(body({"statuses": [item]})).receipts
    assert (receipt.status, receipt.key, receipt.recipient_id, receipt.occurred_at) == (
        status,
        "k",
        "557180000017",
        MOMENT,
    )
    assert (receipt.code, receipt.reason) == (None, "")


def test_a_failed_status_tells_its_code_and_what_to_do() -> None:
    errors = [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours"}}]
    (receipt,) = read_webhook(body({"statuses": [{"id": "w", "status": "failed", **AT, "errors": errors}]})).receipts
    assert receipt.code == 131047 and "modelo" in receipt.reason


@pytest.mark.parametrize(
    ("preference", "stops"),
    [
        ({"value": "stop"}, [True]),
        ({"value": "resume"}, [False]),
        ({"value": "maybe"}, []),
        ({"value": "stop", "category": "utility"}, []),
        ({"value": "stop", "wa_id": None, "user_id": BSUID}, [True]),
        ({"value": "stop", "wa_id": None}, []),
    ],
)
def test_preferences_are_wishes_about_marketing(preference: dict[str, Any], stops: list[bool]) -> None:
    item = {"wa_id": "557180000017", "category": "marketing_messages", **AT} | preference
    read = read_webhook(body({"user_preferences": [item]}, field="user_preferences"))
    assert [wish.stop for wish in read.opt_outs] == stops
    assert len(read.unread) == 1 - len(stops)


def test_every_item_of_every_entry_and_change_is_read_in_order() -> None:
    values = [{"messages": [HEAD | {"id": f"wamid.{n}{m}", "type": "text"} for m in "ab"]} for n in range(5)]
    found = read_webhook(body(*values))
    assert [i.external_id for i in found.incoming] == [f"wamid.{n}{m}" for n in range(5) for m in "ab"]


def test_another_phone_numbers_changes_are_left_unread() -> None:
    value = {"metadata": {"phone_number_id": "2"}, "messages": [HEAD | {"type": "text"}]}
    assert read_webhook(body(value), "1").incoming == []
    assert read_webhook(body(value), "1").unread == ["messages of another number"]
    assert len(read_webhook(body(value), "2").incoming) == 1
    assert len(read_webhook(body(value)).incoming) == 1


@pytest.mark.parametrize(
    "item",
    [
        {"from": "557180000017", **AT, "type": "text"},
        {**HEAD, "id": ""},
        {"id": "wamid.A", "from": "557180000017", "type": "text"},
        {**HEAD, "timestamp": "yesterday"},
        {**HEAD, "timestamp": "9" * 30},
        {"id": "wamid.A", **AT, "type": "text"},
    ],
)
def test_what_lacks_identity_time_or_sender_is_named_and_left(item: dict[str, Any]) -> None:
    read = read_webhook(body({"messages": [item, HEAD | {"type": "text"}]}))
    assert len(read.incoming) == 1 and len(read.unreadable) == 1


def test_a_field_without_a_reader_is_named() -> None:
    assert read_webhook(body({"event": "APPROVED"}, field="message_template_status_update")).unread == [
        "message_template_status_update"
    ]


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[]", b'"x"', b"null", b"\xff\xfe", b"[" * 100_000, b"{" + b'"a":[' * 9000]
)
def test_what_is_no_webhook_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_webhook(raw)


def test_what_no_database_takes_in_a_text_is_left_out() -> None:
    item = HEAD | {"type": "text", "text": {"body": "a\ud83db\0c"}}
    (read,) = read_webhook(body({"messages": [item]})).incoming
    assert read.text == "a?bc"


NAMES = (
    *("id", "from", "to", "timestamp", "type", "text", "image", "context", "errors", "status", "code", "interactive"),
    *("reaction", "contacts", "profile", "name", "wa_id", "user_id", "category", "value"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
        | st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(NAMES, inner),
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["messages", "statuses", "message_echoes", "user_preferences", "contacts"]),
        JSON | st.lists(JSON),
    ),
    JSON,
)
def test_no_json_makes_it_fail(value: dict[str, Any], other: Any) -> None:
    for root in ({"entry": [{"changes": [{"value": value}]}]}, {"entry": other}, {"entry": [{"changes": other}]}):
        for item in read_webhook(json.dumps(root).encode()).incoming:
            (item.text + item.external_id + item.sender.name).encode()


@given(st.binary(max_size=60), st.integers(100, 599))
def test_no_answer_makes_it_fail(raw: bytes, status: int) -> None:
    assert read_answer(status, raw).verdict in Verdict


@given(JSON, st.integers(200, 599))
def test_no_json_answer_makes_it_fail_and_only_an_id_is_accepted(answer: Any, status: int) -> None:
    result = read_answer(status, json.dumps(answer).encode())
    assert (result.verdict is Verdict.ACCEPTED) == (result.external_id is not None)


def error(code: object, details: str = "") -> dict[str, Any]:
    return {"error": {"message": "…", "code": code, "error_data": {"details": details}}}


@pytest.mark.parametrize(
    ("http", "answer", "verdict", "said"),
    [
        (200, {"messages": [{"id": "wamid.A"}], "contacts": [{"wa_id": "557180000017"}]}, Verdict.ACCEPTED, ""),
        (200, {"messages": [{"id": "wamid.A"}]}, Verdict.ACCEPTED, ""),
        (200, {"messages": []}, Verdict.UNKNOWN, "não confirmou"),
        (200, {}, Verdict.UNKNOWN, "não confirmou"),
        (200, "<html>", Verdict.UNKNOWN, "não confirmou"),
        (302, {}, Verdict.UNKNOWN, ""),
        (429, "", Verdict.RETRY, "esperar"),
        (400, "<html>", Verdict.REJECTED, "TI"),
        (404, {}, Verdict.REJECTED, "404"),
        (500, {}, Verdict.UNKNOWN, "não confirmou"),
        (500, error(1), Verdict.UNKNOWN, "não confirmou"),
        (500, error(190), Verdict.UNKNOWN, "não confirmou"),
        (502, "<html>Bad gateway</html>", Verdict.UNKNOWN, "não confirmou"),
        (503, error(131016), Verdict.RETRY, "repetido sozinho"),
        (400, error(131047), Verdict.REJECTED, "modelo aprovado"),
        (400, error(131009, "Invalid phone number"), Verdict.REJECTED, "corrija o número"),
        (400, error(131009, "Param language"), Verdict.REJECTED, "supervisão foi avisada"),
        (400, error(999999, "algo novo"), Verdict.REJECTED, "999999: algo novo"),
        (400, error("100"), Verdict.REJECTED, "HTTP 400"),
        (400, error(True), Verdict.REJECTED, "HTTP 400"),
    ],
)
def test_an_answer_is_judged(http: int, answer: Any, verdict: Verdict, said: str) -> None:
    raw = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
    result = read_answer(http, raw)
    assert result.verdict is verdict
    assert said in result.reason
    assert bool(result.reason) == (verdict is not Verdict.ACCEPTED)
    assert result.external_id == ("wamid.A" if verdict is Verdict.ACCEPTED else None)


def test_a_bare_429_says_how_long_to_wait() -> None:
    assert read_answer(429, b"").retry_after == timedelta(seconds=30)


def test_a_text_is_sent_whole_with_our_key() -> None:
    assert send_payload(Outgoing("k", "+5571980000017", "Oi", reply_to="wamid.Q")) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "5571980000017",
        "biz_opaque_callback_data": "k",
        "context": {"message_id": "wamid.Q"},
        "type": "text",
        "text": {"body": "Oi", "preview_url": False},
    }


def test_whoever_has_no_number_is_written_to_by_identity() -> None:
    payload = send_payload(Outgoing("k", BSUID, "Oi"))
    assert payload["recipient"] == BSUID and "to" not in payload


def test_a_template_is_sent_by_name_with_named_parameters() -> None:
    payload = send_payload(Outgoing("k", "+5571980000017", "Oi", TemplateCall("hello", {"dentist": "Dra. Marina"})))
    assert payload["type"] == "template" and "text" not in payload
    assert payload["template"] == {
        "name": "hello",
        "language": {"code": "pt_BR"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "parameter_name": "dentist", "text": "Dra. Marina"}]}
        ],
    }
    assert "components" not in send_payload(Outgoing("k", "+55", "Oi", TemplateCall("hello", {})))["template"]
