"""Keyboards under messages, checked as the Bot API checks them."""

from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.telegram.errors import bad_request

Button = dict[str, Any]
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
_CALLBACK_BYTES = 64
_MOST_BUTTONS = 100
_MOST_TO_COPY = 256


def check(markup: Any) -> dict[str, Any]:
    """The reply markup, checked. Raises ApiError."""
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline keyboard")
        for button in (button for row in rows for button in row):
            _check_inline(button)
    elif "keyboard" in markup:
        for button in (button for row in _rows(markup["keyboard"], "keyboard") for button in row):
            if not label(button):
                raise bad_request("can't parse keyboard button: Button text must be non-empty")
    elif not (markup.get("remove_keyboard") or markup.get("force_reply")) and markup:
        raise bad_request("object expected as reply markup")
    return markup


def label(button: Button | str) -> str:
    return button if isinstance(button, str) else str(button.get("text", ""))


def shown(markup: dict[str, Any] | None) -> list[list[Button]]:
    """An inline keyboard as the chat view and the ledger tell it: ``data`` or ``url`` or the other action's name."""
    names = {"callback_data": "data"}
    return [
        [{names.get(key, key): value for key, value in button.items()} for button in row]
        for row in (markup or {}).get("inline_keyboard", [])
    ]


def _rows(rows: Any, what: str) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{what.replace(" ", "_")}" of the ReplyMarkup must be an Array of Array of buttons')
    if sum(len(row) for row in rows) > _MOST_BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return rows


def _check_inline(button: Any) -> None:
    if not isinstance(button, dict) or not button.get("text"):
        raise bad_request("can't parse inline keyboard button: Button text must be non-empty")
    actions = [action for action in _ACTIONS if action in button]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"can't parse inline keyboard button: one action expected, found {', '.join(actions)}")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= _CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        _check_url(str(button["url"]))
    if "web_app" in button:
        address = str(button["web_app"].get("url", ""))
        if urlsplit(address).scheme != "https":
            raise bad_request(
                f"inline keyboard button Web App URL '{address}' is invalid: Only HTTPS links are allowed"
            )
    if "copy_text" in button and not 1 <= len(button["copy_text"].get("text", "")) <= _MOST_TO_COPY:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def _check_url(address: str) -> None:
    """A host needs a dot: links to "localhost" are refused by the real one too."""
    wrong = bad_request(f"inline keyboard button URL '{address}' is invalid: Wrong HTTP URL")
    try:
        parts = urlsplit(address)
    except ValueError:
        raise wrong from None
    if parts.scheme != "tg" and (
        parts.scheme not in ("http", "https") or "." not in (parts.hostname or "") or " " in address
    ):
        raise wrong
