"""Meta's answers and webhooks about templates, and whether one may be sent."""

import json
from typing import Any

import pytest
from hypothesis import given

from messages.contracts import AtMeta
from messages.errors import InvalidInput
from messages.meta_templates import filled, problem, read_change, read_created, read_page, read_refusal
from messages.webhook import read_webhook
from tests.anything import JSON

GOOD = AtMeta("x", status="APPROVED", body="Olá, {{who}}!")


@pytest.mark.parametrize(
    ("template", "shown", "says"),
    [
        (GOOD, "Olá, Dra. Helena!", None),
        (GOOD, "Oi, Dra. Helena!", "outro texto"),
        (None, "Olá, Dra. Helena!", "não consta"),
        (AtMeta("x", status="APPROVED"), "Olá, Dra. Helena!", "outro texto"),
        (AtMeta("x", status="PAUSED", body=GOOD.body), "Olá, Dra. Helena!", "pausado"),
        (AtMeta("x", status="REJECTED", reason="SCAM", body=GOOD.body), "Olá, Dra. Helena!", "parece golpe"),
    ],
)
def test_only_what_is_approved_in_the_same_words_may_leave(
    template: AtMeta | None, shown: str, says: str | None
) -> None:
    found = problem(template, "x", shown, {"who": "Dra. Helena"})
    assert (found is None) if says is None else (found is not None and says in found)


def test_a_value_that_looks_like_a_variable_is_left_as_it_is() -> None:
    assert filled("{{a}} e {{b}}", {"a": "{{b}}", "b": "2"}) == "{{b}} e 2"
    assert filled("{{a}}", {}) == "{{a}}"


def test_a_listing_is_read_page_by_page() -> None:
    item = {
        "id": "1", "name": "x", "language": "pt_BR", "category": "UTILITY", "status": "REJECTED",
        "rejected_reason": "SCAM", "quality_score": {"score": "RED", "date": 1},
        "components": [{"type": "HEADER", "text": "h"}, {"type": "BODY", "text": "Olá\r\nmundo "}],
    }  # fmt: skip
    paging = {"cursors": {"after": "abc"}, "next": "https://…"}
    found, after = read_page(json.dumps({"data": [item, {"id": "2"}, 3], "paging": paging}).encode())
    assert found == [AtMeta("x", "pt_BR", "1", "UTILITY", "REJECTED", "SCAM", "RED", "Olá\nmundo")]
    assert after == "abc"
    assert read_page(json.dumps({"data": [], "paging": {"cursors": {"after": "abc"}}}).encode()) == ([], None)
    for wrong in (b"", b"[]", b"<html>", b'{"data": {}}'):
        with pytest.raises(InvalidInput):
            read_page(wrong)


@pytest.mark.parametrize(
    ("field", "value", "change"),
    [
        ("message_template_status_update", {"event": "APPROVED", "reason": "NONE"}, {"status": "APPROVED"}),
        (
            "message_template_status_update",
            {"event": "REJECTED", "reason": "INCORRECT_CATEGORY"},
            {"status": "REJECTED", "reason": "INCORRECT_CATEGORY"},
        ),
        ("message_template_status_update", {"event": "FLAGGED"}, {"status": "APPROVED"}),
        ("message_template_status_update", {"event": "PAUSED", "other_info": {"title": "…"}}, {"status": "PAUSED"}),
        ("template_category_update", {"new_category": "MARKETING"}, {"category": "MARKETING"}),
        ("message_template_quality_update", {"new_quality_score": "RED"}, {"quality": "RED"}),
    ],
)
def test_a_webhook_says_what_has_changed(field: str, value: dict[str, Any], change: dict[str, str]) -> None:
    value = value | {"message_template_name": "x", "message_template_language": "pt-BR", "message_template_id": 1}
    body = {"entry": [{"changes": [{"field": field, "value": value}]}]}
    read = read_webhook(json.dumps(body).encode(), ("1",))
    assert read.templates == [AtMeta("x", "pt_BR", **change)]
    assert read.unread == []


def test_another_webhook_is_none_of_a_template() -> None:
    assert read_change("messages", {"message_template_name": "x"}) is None
    assert read_change("message_template_status_update", {"event": "APPROVED"}) is None


@pytest.mark.parametrize(
    ("http", "error", "says", "retry", "exists"),
    [
        (400, {"code": 100, "error_subcode": 2388024}, "já tem um modelo", False, True),
        (400, {"code": 100, "error_user_msg": "Variables can't be at the start"}, "at the start", False, False),
        (400, {"code": 100, "message": "Invalid parameter"}, "Invalid parameter", False, False),
        (401, {"code": 190}, "WHATSAPP_TOKEN", False, False),
        (400, {"code": 80007}, "limitou as chamadas", True, False),
        (403, {"code": 10}, "permissão", False, False),
        (500, {"code": 1, "message": "unknown"}, "unknown", True, False),
        (429, {}, "HTTP 429", True, False),
        (502, None, "HTTP 502", True, False),
    ],
)
def test_a_refusal_says_why_and_whether_to_come_back(
    http: int, error: dict[str, Any] | None, says: str, retry: bool, exists: bool
) -> None:
    found = read_refusal(http, b"<html>" if error is None else json.dumps({"error": error}).encode())
    assert says in str(found) and (found.retry, found.exists) == (retry, exists)


def test_an_edit_is_reviewed_anew_and_a_creation_says_how_it_stands() -> None:
    assert read_created(b'{"success": true}') == AtMeta("", status="PENDING")
    assert read_created(b'{"id": "9", "status": "APPROVED", "category": "UTILITY"}') == AtMeta(
        "", meta_id="9", category="UTILITY", status="APPROVED"
    )


@given(JSON, JSON)
def test_no_json_makes_it_fail(value: Any, other: Any) -> None:
    raw = json.dumps({"data": [{"name": "x", "components": value, "quality_score": other}], "error": value}).encode()
    read_page(raw)
    read_created(raw)
    read_refusal(400, raw)
    if isinstance(value, dict):
        read_change("message_template_status_update", {"message_template_name": "x", "event": other, **value})
