"""Calls to the outside: each bounded in time and in size, none of them following a redirect."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

ANSWER_LIMIT = 1024 * 1024  # bytes
_LATE = "não respondeu a tempo"
_REASONS = {  # by what the system's own words hold
    "certificate": "o certificado não foi aceito",
    "refused": "a conexão foi recusada",
    "name or service": "o nome não foi encontrado",
    "name resolution": "o nome não foi encontrado",
    "nodename": "o nome não foi encontrado",
}


class Unreachable(Exception):
    """No answer came; the text says why, in Portuguese and without the address, which may hold a token."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    ahead: timedelta | None  # of our clock by the Date that came with it, where it did
    json: dict[str, Any]  # empty when the body is no JSON object

    @property
    def ok(self) -> bool:
        return self.status == httpx.codes.OK


class Wire:
    def __init__(self, seconds: float) -> None:
        """``seconds``: how long one call may take, from the first byte to the last."""
        self._seconds = seconds

    def ask(self, method: str, url: str, **content: Any) -> Answer:
        """One call and its answer, whatever it says. Raises Unreachable."""
        deadline = time.monotonic() + self._seconds
        try:
            with (
                httpx.Client(timeout=self._seconds, trust_env=False) as client,
                client.stream(method, url, **content) as answer,
            ):
                ahead = _ahead(answer.headers.get("date", ""))
                body = b""
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > ANSWER_LIMIT:
                        raise Unreachable("a resposta é longa demais")
                    if time.monotonic() > deadline:
                        raise Unreachable(_LATE)
        except httpx.TimeoutException as error:
            raise Unreachable(_LATE) from error
        except httpx.HTTPError as error:
            raise Unreachable(_reason(error)) from error
        return Answer(answer.status_code, body, ahead, _object(body))


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _reason(error: Exception) -> str:
    told = str(error).lower()
    return next((reason for sign, reason in _REASONS.items() if sign in told), "a conexão não se completou")


def _ahead(date: str) -> timedelta | None:
    try:
        return datetime.now(UTC) - parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None
