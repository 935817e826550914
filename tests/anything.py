"""What may stand in a JSON body from outside: anything, and what is nearly what Meta sends."""

from typing import Any

from hypothesis import strategies as st

NAMES = (
    *("id", "from", "to", "timestamp", "type", "text", "image", "context", "errors", "status", "code", "interactive"),
    *("reaction", "contacts", "profile", "name", "wa_id", "user_id", "category", "value", "system", "edit", "revoke"),
    *("body", "message_id", "original_message_id", "recipient_id", "emoji", "order", "location", "threads", "event"),
)
FIELDS = (
    *("messages", "calls", "history", "smb_message_echoes", "smb_app_state_sync", "user_preferences", "account_update"),
    *("account_alerts", "phone_number_quality_update", "business_capability_update", "security", "novidade"),
)
LISTS = (
    "messages",
    "calls",
    "statuses",
    "message_echoes",
    "user_preferences",
    "history",
    "contacts",
    "errors",
    "metadata",
)
TYPES = ("text", "image", "system", "reaction", "edit", "revoke", "contacts", "interactive", "order", "novo", "button")
TEXTS = st.text(max_size=8) | st.sampled_from(["1698674400", "557180000017", "wamid.A", "BR.a1", "\ud83d", "a\0b"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
        | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, inner))
    ),
    max_leaves=12,
)
# An item that gets past the first checks, whatever else it holds.
ITEMS = st.fixed_dictionaries(
    {"id": TEXTS, "timestamp": st.just("1698674400") | TEXTS | st.integers(), "type": st.sampled_from(TYPES)},
    optional={"from": TEXTS, "to": TEXTS, "from_user_id": TEXTS, "status": st.sampled_from(["failed", "read", "x"])}
    | {"event": st.sampled_from(["connect", "terminate"]) | TEXTS, "direction": st.just("BUSINESS_INITIATED") | JSON}
    | {"duration": st.integers() | JSON, "start_time": st.just("1698674400") | JSON}
    | dict.fromkeys((*TYPES, "context", "errors", "biz_opaque_callback_data", "recipient_id", "value"), JSON),
)
VALUES = st.fixed_dictionaries({}, optional={name: st.lists(ITEMS, max_size=3) | JSON for name in LISTS})


def _body(changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "time": 1698674400, "changes": changes}]}


CHANGES = st.fixed_dictionaries({"field": st.sampled_from(FIELDS) | TEXTS, "value": VALUES | JSON})
BODIES = st.lists(CHANGES, max_size=3).map(_body) | JSON | st.fixed_dictionaries({"entry": JSON})
