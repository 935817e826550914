"""How the Cloud API refuses (https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes)."""

import uuid
from typing import Any

_TITLES = {
    4: "Application request limit reached",
    33: "Unsupported request",
    80007: "Rate limit issues",
    100: "Invalid parameter",
    190: "Invalid OAuth access token",
    368: "Temporarily blocked for policies violations",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131026: "Message undeliverable",
    131031: "Account has been locked",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement",
    131050: "User has stopped marketing messages from this business",
    131051: "Unsupported message type",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131057: "Account in maintenance mode",
    131062: "Recipient unknown",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Translated text too long",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132018: "There's an issue with the parameters in your template",
}
_HTTP_STATUS = {190: 401, 368: 403, 130429: 429, 131000: 500, 131016: 503, 131031: 403, 132001: 404}


def title(code: int) -> str:
    return f"(#{code}) {_TITLES.get(code, 'Told to fail')}"


class Refused(Exception):
    """Answered as ``{"error": {"message", "type", "code", "error_data": {…, "details"}, "fbtrace_id"}}``."""

    def __init__(self, code: int, details: str = "", subcode: int | None = None) -> None:
        super().__init__(details)
        self.code, self.details, self.subcode = code, details, subcode

    @property
    def http_status(self) -> int:
        return _HTTP_STATUS.get(self.code, 400)

    def as_json(self) -> dict[str, Any]:
        error: dict[str, Any] = {
            "message": title(self.code),
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details or _TITLES.get(self.code, "")},
            "fbtrace_id": "A" + uuid.uuid4().hex[:22],
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return {"error": error}


def in_status(code: int) -> dict[str, Any]:
    """The error as a ``failed`` status carries it."""
    name = _TITLES.get(code, "Told to fail")
    return {"code": code, "title": name, "message": name, "error_data": {"details": name}}
