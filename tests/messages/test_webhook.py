"""What a webhook's body says: every type, every item, every identity; and nothing that it may hold makes it fail."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from messages import account_news
from messages.contracts import Sender
from messages.errors import InvalidInput
from messages.statuses import MessageStatus
from messages.webhook import read_webhook
from tests.anything import BODIES

AT = {"timestamp": "1698674400"}
MOMENT = datetime(2023, 10, 30, 14, 0, tzinfo=UTC)
HEAD = {"id": "wamid.A", "from": "557180000017", **AT}
BSUID = "BR.a1b2c3"
UNKNOWN_WORDS = "veja no celular, ou peça que escrevam em texto."


def body(*values: dict[str, Any], field: str = "messages") -> bytes:
    """Two changes an entry, as batches come."""
    changes = [{"field": field, "value": value} for value in values]
    entries = [{"id": "1", "time": 1698674400, "changes": changes[n : n + 2]} for n in range(0, len(changes), 2)]
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


CARD = {"name": {"formatted_name": "Rui Lima"}, "phones": [{"phone": "+55 71 98000-0042", "wa_id": "557180000042"}]}
PLACE = {"name": "Clínica Prado", "address": "Rua das Flores, 10", "latitude": -12.9, "longitude": -38.4}
TYPES: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "text", "text": {"body": "Até sexta 👍"}}, "text", "Até sexta 👍"),
    ({"type": "text", "text": {"body": None}}, "text", ""),
    ({"type": "text"}, "text", ""),
    ({"type": "button", "button": {"text": "Sim", "payload": "yes"}}, "button", "Sim"),
    ({"type": "button", "button": {"payload": "Sim"}}, "button", "Sim"),
    (
        {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Não"}}},
        "interactive",
        "Não",
    ),
    (
        {"type": "interactive", "interactive": {"list_reply": {"title": "Tabela", "description": "moeda nova"}}},
        "interactive",
        "Tabela (moeda nova)",
    ),
    (
        {"type": "interactive", "interactive": {"nfm_reply": {"body": "Enviado", "response_json": "{}"}}},
        "interactive",
        "Respondeu a um formulário: Enviado",
    ),
    ({"type": "interactive", "interactive": {"nfm_reply": {}}}, "interactive", "Respondeu a um formulário"),
    ({"type": "image", "image": {"id": "9", "caption": "a tabela"}}, "image", "a tabela"),
    ({"type": "image", "image": {"id": "9"}}, "image", ""),
    ({"type": "video", "video": {"id": "9", "caption": "a sala"}}, "video", "a sala"),
    ({"type": "audio", "audio": {"id": "9", "voice": True}}, "audio", ""),
    ({"type": "document", "document": {"id": "9", "filename": "t.pdf", "caption": "veja"}}, "document", "veja"),
    ({"type": "sticker", "sticker": {"id": "9", "animated": False}}, "sticker", ""),
    ({"type": "reaction", "reaction": {"message_id": "wamid.Q", "emoji": "👍"}}, "reaction", "Reagiu com 👍"),
    ({"type": "reaction", "reaction": {"message_id": "wamid.Q"}}, "reaction", "Retirou a reação"),
    (
        {"type": "location", "location": PLACE},
        "location",
        "Clínica Prado, Rua das Flores, 10, https://maps.google.com/?q=-12.9,-38.4",
    ),
    ({"type": "location", "location": {"latitude": 0}}, "location", ""),
    ({"type": "contacts", "contacts": [CARD, {"name": None}]}, "contacts", "Rui Lima (71 98000-0042)"),
    ({"type": "contacts", "contacts": [{"phones": [{"phone": "190"}]}]}, "contacts", "190"),
    (
        {"type": "order", "order": {"product_items": [{}, {}], "text": "kit"}},
        "order",
        "Pedido pelo catálogo, 2 itens: kit",
    ),
    ({"type": "order", "order": {"product_items": [{}]}}, "order", "Pedido pelo catálogo, 1 item"),
    (
        {
            "type": "edit",
            "edit": {"original_message_id": "wamid.Q", "message": {"type": "text", "text": {"body": "sexta"}}},
        },
        "edit",
        "sexta",
    ),
    (
        {
            "type": "edit",
            "edit": {"original_message_id": "wamid.Q", "message": {"type": "image", "image": {"caption": "b"}}},
        },
        "edit",
        "b",
    ),
    ({"type": "edit", "edit": {}}, "edit", ""),
    ({"type": "revoke", "revoke": {"original_message_id": "wamid.Q"}}, "revoke", ""),
    ({"type": "request_welcome"}, "request_welcome", "Abriu a conversa pela primeira vez, sem escrever."),
    ({"type": "system", "system": {"body": "algo mudou"}}, "system", "Aviso do WhatsApp: algo mudou"),
    ({"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]}, "unsupported", ""),
    ({"type": "poll", "poll": {"question": "Qual dia?"}}, "poll", "Mensagem do tipo “poll”: Qual dia?"),
    ({"type": "poll", "poll": {"text": {"body": "Qual?"}}}, "poll", "Mensagem do tipo “poll”: Qual?"),
    ({"type": "poll", "poll": {"options": 3}}, "poll", f"Mensagem do tipo “poll”: {UNKNOWN_WORDS}"),
    ({"type": ["list"]}, "unknown", f"Mensagem do tipo “unknown”: {UNKNOWN_WORDS}"),
    ({}, "unknown", f"Mensagem do tipo “unknown”: {UNKNOWN_WORDS}"),
]


@pytest.mark.parametrize(("content", "kind", "text"), TYPES)
def test_every_type_says_what_a_person_would_say(content: dict[str, Any], kind: str, text: str) -> None:
    (item,) = read_webhook(body({"messages": [HEAD | content]})).incoming
    assert (item.kind, item.text, item.external_id, item.occurred_at) == (kind, text, "wamid.A", MOMENT)
    assert item.sender.phone == "+5571980000017"
    assert not item.echo and not item.past


@pytest.mark.parametrize(("content", "kind", "text"), TYPES)
def test_an_echo_of_every_type_says_the_same(content: dict[str, Any], kind: str, text: str) -> None:
    echo = {"id": "wamid.E", **AT, "from": "557140000000", "to": "557180000017", **content}
    (item,) = read_webhook(body({"message_echoes": [echo]}, field="smb_message_echoes")).incoming
    assert (item.kind, item.text, item.echo) == (kind, text, True)
    assert not item.opens_window


@pytest.mark.parametrize("kind", ["image", "audio", "video", "document", "sticker"])
def test_media_keep_what_they_are_fetched_by(kind: str) -> None:
    media = {"id": "77", "mime_type": "image/jpeg", "filename": "tabela.jpg", "sha256": "…", "url": "https://…"}
    (item,) = read_webhook(body({"messages": [HEAD | {"type": kind, kind: media}]})).incoming
    assert item.media == {"id": "77", "mime_type": "image/jpeg", "filename": "tabela.jpg", "sha256": "…"}


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
        ([{"user_id": BSUID, "profile": {"name": "Marina"}}], "Marina"),
        ([{"wa_id": "557180000017", "profile": {"name": None}}], ""),
        ([{"wa_id": "557180000017", "profile": {"name": "x" * 500}}], "x" * 120),
        ([{"wa_id": "1", "profile": {"name": "Outra"}}], ""),
        (None, ""),
    ],
)
def test_the_name_comes_from_the_contacts_when_there_are_any(contacts: Any, name: str) -> None:
    message = HEAD | {"type": "text", "from_user_id": BSUID}
    value = {"messages": [message]} | ({"contacts": contacts} if contacts else {})
    assert read_webhook(body(value)).incoming[0].sender.name == name


@pytest.mark.parametrize(
    ("content", "concerned"),
    [
        ({"type": "text", "context": {"id": "wamid.Q", "from": "557140000000"}}, "wamid.Q"),
        ({"type": "text", "context": {"forwarded": True}}, None),
        ({"type": "reaction", "reaction": {"message_id": "wamid.R"}}, "wamid.R"),
        ({"type": "edit", "edit": {"original_message_id": "wamid.O"}, "context": {"id": "wamid.Q"}}, "wamid.O"),
        ({"type": "revoke", "revoke": {"original_message_id": "wamid.O"}}, "wamid.O"),
    ],
)
def test_what_a_message_answers_or_concerns_is_kept(content: dict[str, Any], concerned: str | None) -> None:
    assert read_webhook(body({"messages": [HEAD | content]})).incoming[0].reply_to == concerned


@pytest.mark.parametrize(
    ("content", "opens"),
    [
        ({"type": "text"}, True),
        ({"type": "reaction"}, True),
        ({"type": "edit"}, False),
        ({"type": "revoke"}, False),
        ({"type": "system"}, False),
        ({"type": "text", "group_id": "g"}, False),
    ],
)
def test_only_what_a_person_sends_us_opens_the_window(content: dict[str, Any], opens: bool) -> None:
    assert read_webhook(body({"messages": [HEAD | content]})).incoming[0].opens_window is opens


def test_an_echo_is_about_whom_it_was_written_to() -> None:
    echo = {"id": "wamid.E", **AT, "from": "557140000000", "to": "557180000017", "type": "text", "text": {"body": "Oi"}}
    (item,) = read_webhook(body({"message_echoes": [echo]}, field="smb_message_echoes")).incoming
    assert item.echo and item.sender.phone == "+5571980000017"


def history(*messages: dict[str, Any], thread: str = "557180000017", **more: Any) -> bytes:
    metadata = {"display_phone_number": "+55 71 4000-0000", "phone_number_id": "1"}
    chunk = {
        "metadata": {"phase": 0, "chunk_order": 1, "progress": 55},
        "threads": [{"id": thread, "messages": list(messages)}],
    }
    return body({"metadata": metadata, "history": [chunk], **more}, field="history")


def test_the_past_of_a_phone_is_read_with_its_sides_and_opens_no_window() -> None:
    theirs = HEAD | {"type": "text", "text": {"body": "Oi"}, "history_context": {"status": "READ"}}
    ours = theirs | {"id": "wamid.B", "from": "557140000000", "text": {"body": "Bom dia"}}
    read = read_webhook(history(theirs, ours))
    assert [(i.text, i.echo, i.past, i.opens_window) for i in read.incoming] == [
        ("Oi", False, True, False),
        ("Bom dia", True, True, False),
    ]
    assert {i.sender.phone for i in read.incoming} == {"+5571980000017"}


def test_a_thread_of_the_past_may_be_named_by_the_identity() -> None:
    theirs = {"id": "wamid.A", "from_user_id": BSUID, **AT, "type": "text", "text": {"body": "Oi"}}
    ours = {"id": "wamid.B", "from": "557140000000", **AT, "type": "text", "text": {"body": "Bom dia"}}
    read = read_webhook(history(theirs, ours, thread=BSUID))
    assert [(i.sender.bsuid, i.sender.phone, i.echo) for i in read.incoming] == [
        (BSUID, None, False),
        (BSUID, None, True),
    ]


def test_the_files_of_the_past_come_by_themselves() -> None:
    value = {
        "metadata": {"display_phone_number": "557140000000"},
        "messages": [
            HEAD | {"type": "image", "image": {"id": "9"}},
            HEAD
            | {"id": "wamid.B", "from": "557140000000", "to": "557180000017", "type": "image", "image": {"id": "8"}},
        ],
    }
    read = read_webhook(body(value, field="history"))
    assert [(i.media["id"], i.echo, i.past) for i in read.incoming] == [("9", False, True), ("8", True, True)]


def test_a_past_that_was_not_shared_is_told() -> None:
    chunk = {"errors": [{"code": 2593109, "title": "History sharing is turned off by the business"}]}
    (event,) = read_webhook(body({"history": [chunk]}, field="history")).account
    assert "não foi compartilhado" in account_news.told(event.name, event.detail).meaning


def test_the_phones_address_book_is_left_alone_on_purpose() -> None:
    value = {
        "state_sync": [{"type": "contact", "contact": {"full_name": "Outra", "phone_number": "5571"}, "action": "add"}]
    }
    read = read_webhook(body(value, field="smb_app_state_sync"))
    assert (read.incoming, read.unread, read.unreadable) == ([], [], [])


@pytest.mark.parametrize(
    ("item", "before", "after", "text"),
    [
        (
            {
                "from": "557180000017",
                "system": {
                    "type": "user_changed_number",
                    "wa_id": "557191110000",
                    "user_id": "BR.new",
                    "previous_user_id": BSUID,
                },
            },
            Sender("+5571980000017", "557180000017", BSUID),
            Sender("+5571991110000", "557191110000", "BR.new"),
            "O WhatsApp informou que o dentista mudou de número: 71 99111-0000.",
        ),
        (
            {"from": "557180000017", "system": {"type": "customer_changed_number", "new_wa_id": "557191110000"}},
            Sender("+5571980000017", "557180000017"),
            Sender("+5571991110000", "557191110000"),
            "O WhatsApp informou que o dentista mudou de número: 71 99111-0000.",
        ),
        (
            {"system": {"type": "user_changed_user_id", "user_id": "BR.new", "previous_user_id": BSUID}},
            Sender(bsuid=BSUID),
            Sender(bsuid="BR.new"),
            "O WhatsApp informou que a identificação do dentista mudou; o telefone não foi informado.",
        ),
        (
            {"from": "557180000017", "system": {"type": "user_identity_changed"}},
            Sender("+5571980000017", "557180000017"),
            None,
            "O WhatsApp informou que o dentista trocou de aparelho ou reinstalou o aplicativo.",
        ),
    ],
)
def test_whatsapps_notices_tell_who_somebody_was_and_is(
    item: dict[str, Any], before: Sender, after: Sender | None, text: str
) -> None:
    (read,) = read_webhook(body({"messages": [{"id": "wamid.S", **AT, "type": "system", **item}]})).incoming
    assert (read.sender, read.became, read.text) == (before, after, text)


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
    item = {"id": "wamid.S", "status": told, **AT, "recipient_id": "557180000017", "recipient_user_id": BSUID}
    (receipt,) = read_webhook(body({"statuses": [item | {"biz_opaque_callback_data": "k"}]})).receipts
    assert (receipt.status, receipt.key, receipt.occurred_at) == (status, "k", MOMENT)
    assert receipt.recipient == Sender("+5571980000017", "557180000017", BSUID)
    assert (receipt.code, receipt.reason) == (None, "")


def test_a_status_may_name_nobody() -> None:
    (receipt,) = read_webhook(body({"statuses": [{"id": "wamid.S", "status": "failed", **AT}]})).receipts
    assert receipt.recipient is None


@pytest.mark.parametrize(("code", "kept"), [(131047, 131047), (10**30, None), (-1, None), ("131047", None)])
def test_a_failed_status_tells_its_code_and_what_to_do(code: object, kept: int | None) -> None:
    errors = [{"code": code, "title": "Re-engagement message", "error_data": {"details": "24 hours"}}]
    (receipt,) = read_webhook(body({"statuses": [{"id": "w", "status": "failed", **AT, "errors": errors}]})).receipts
    assert receipt.code == kept and ("modelo" in receipt.reason) is (kept is not None)


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


def test_changes_are_told_apart_by_the_number_they_came_to() -> None:
    value = {"metadata": {"phone_number_id": "2"}, "messages": [HEAD | {"type": "text"}]}
    assert read_webhook(body(value), ["1"]).incoming == []
    assert read_webhook(body(value), ["1"]).unread == ["messages of another number"]
    assert [i.opens_window for i in read_webhook(body(value), ["2"]).incoming] == [True]
    assert [i.opens_window for i in read_webhook(body(value), ["1", "2"]).incoming] == [False]
    assert [i.opens_window for i in read_webhook(body(value)).incoming] == [True]


@pytest.mark.parametrize(
    "item",
    [
        {"from": "557180000017", **AT, "type": "text"},
        {**HEAD, "id": ""},
        {"id": "wamid.A", "from": "557180000017", "type": "text"},
        {**HEAD, "timestamp": "yesterday"},
        {**HEAD, "timestamp": "9" * 30},
        {**HEAD, "timestamp": "253402300000"},
        {**HEAD, "timestamp": True},
        {"id": "wamid.A", **AT, "type": "text"},
    ],
)
def test_what_lacks_identity_time_or_sender_is_named_and_left(item: dict[str, Any]) -> None:
    read = read_webhook(body({"messages": [item, HEAD | {"type": "text"}]}))
    assert len(read.incoming) == 1 and len(read.unreadable) == 1


def test_a_field_without_a_reader_is_named() -> None:
    assert read_webhook(body({"event": "x"}, field="novidade")).unread == ["novidade"]


ACCOUNT: list[tuple[str, dict[str, Any], str, str, bool]] = [
    (
        "account_update",
        {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
        "bloqueou a conta",
        "revisão",
        True,
    ),
    (
        "account_update",
        {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}},
        "Motivo dado pela Meta: SPAM",
        "Segure",
        True,
    ),
    (
        "account_update",
        {
            "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [
                {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": "2026-04-19T13:59:20+0000"}
            ],
        },
        "não se pode iniciar conversas até 19/04/2026",
        "até quando",
        True,
    ),
    ("account_update", {"event": "PARTNER_REMOVED"}, "desconectado", "reconectar", True),
    ("account_update", {"event": "ACCOUNT_OFFBOARDED"}, "desligado da API", "celular", True),
    ("account_update", {"event": "ACCOUNT_RECONNECTED"}, "voltou a funcionar", "Não é preciso", False),
    ("account_update", {"event": "SOMETHING_NEW"}, "SOMETHING_NEW", "quem cuida da conta", False),
    ("account_update", {}, "account_update", "quem cuida da conta", False),
    (
        "phone_number_quality_update",
        {"event": "FLAGGED", "current_limit": "TIER_1K"},
        "Limite atual: 1.000 pessoas",
        "Segure os envios",
        True,
    ),
    (
        "phone_number_quality_update",
        {"event": "DOWNGRADE", "max_daily_conversations_per_business": "TIER_250"},
        "250 pessoas",
        "amanhã",
        True,
    ),
    (
        "phone_number_quality_update",
        {"event": "UPGRADE", "current_limit": "TIER_UNLIMITED"},
        "sem limite",
        "Não é preciso",
        False,
    ),
    (
        "business_capability_update",
        {"max_daily_conversations_per_business": 2000},
        "2.000 pessoas por dia",
        "lote",
        False,
    ),
    ("business_capability_update", {"max_daily_conversation_per_phone": -1}, "sem limite", "lote", False),
    ("business_capability_update", {"max_phone_numbers_per_business": 20}, "limites", "Não é preciso", False),
    (
        "account_alerts",
        {"alert_severity": "CRITICAL", "alert_type": "OBA_REJECTED", "alert_description": "Rejected"},
        "A Meta diz: “Rejected”",
        "veja o que ela pede",
        True,
    ),
    (
        "account_alerts",
        {"alert_info": {"alert_severity": "INFORMATIONAL", "alert_type": "OBA_APPROVED"}},
        "OBA_APPROVED",
        "quem cuida",
        False,
    ),
    ("account_review_update", {"decision": "REJECTED"}, "não passou", "revisão", True),
    ("phone_number_name_update", {"decision": "APPROVED"}, "aprovou o nome", "Não é preciso", False),
    ("security", {"event": "PIN_CHANGED"}, "PIN_CHANGED", "quem cuida", False),
]


@pytest.mark.parametrize(("field", "value", "meaning", "remedy", "grave"), ACCOUNT)
def test_what_is_told_of_the_account_says_what_it_means_and_what_to_do(
    field: str, value: dict[str, Any], meaning: str, remedy: str, grave: bool
) -> None:
    read = read_webhook(body(value, field=field), ["1"])
    (event,) = read.account
    assert (event.name, event.occurred_at, read.unread) == (field, MOMENT, [])
    news = account_news.told(event.name, event.detail)
    assert meaning in news.meaning and remedy in news.remedy and news.grave is grave


def test_an_error_of_the_account_is_told_in_our_words() -> None:
    error = {"code": 130429, "title": "Rate limit hit", "error_data": {"details": "Throughput"}}
    (event,) = read_webhook(body({"errors": [error]})).account
    assert "130429" in account_news.told(event.name, event.detail).meaning
    assert "sem número" in account_news.told("errors", {"code": "x"}).meaning


def test_errors_of_one_kind_are_one_notice_a_day() -> None:
    keys = {
        read_webhook(body({"errors": [{"code": code, "title": title}]})).account[0].key
        for code, title in ((130429, "a"), (130429, "b"), (131000, "a"))
    }
    assert len(keys) == 2


def test_the_same_notice_told_twice_has_the_same_key_and_another_has_another() -> None:
    first, again, other = (
        read_webhook(body({"event": event}, field="account_update")).account[0].key
        for event in ("DISABLED_UPDATE", "DISABLED_UPDATE", "ACCOUNT_DELETED")
    )
    assert first == again != other


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


@given(BODIES)
def test_no_json_makes_it_fail(root: Any) -> None:
    try:
        read = read_webhook(json.dumps(root).encode())
    except InvalidInput:
        return
    for item in read.incoming:
        (item.text + item.external_id + item.sender.name).encode()
    for event in read.account:
        news = account_news.told(event.name, event.detail)
        (news.meaning + news.remedy).encode()
