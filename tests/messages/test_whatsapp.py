"""WhatsApp's payloads: what is sent, and what an answer means."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.contracts import Outgoing, TemplateCall, Verdict
from messages.whatsapp import read_answer, send_payload
from tests.anything import JSON

BSUID = "BR.a1b2c3"


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
