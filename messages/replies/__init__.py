"""Dentists' replies, read: what they mean, the reasons for leaving they give, and when the dentist will be back.

Everything here is a suggestion with its evidence; when in doubt nothing is said.
"""

import json
from collections.abc import Container
from datetime import date, datetime
from typing import Any

from messages.calendar import ZONE
from messages.dates.forms import Today
from messages.errors import InvalidInput
from messages.replies.gist import gist_of
from messages.replies.intents import decision_in, intent_of
from messages.replies.model import Earlier, Intent, Promise, Reading, Reason, Reply
from messages.replies.promises import promise_in, speaks_of_time
from messages.replies.questions import last_asked
from messages.replies.reasons import OF_A_PLACE, reasons_in
from messages.words import Span, words_of

__all__ = ["Earlier", "Intent", "Promise", "Reading", "Reason", "Reply", "Span", "read_json", "read_line", "read_reply"]


def read_reply(reply: Reply, uf: str | None = None, extra_days: Container[date] = ()) -> Reading:
    """What a reply says. ``uf`` and ``extra_days`` tell working days, as in `messages.calendar`."""
    words, asked = words_of(reply.text), last_asked(reply.previous)
    today = Today(reply.now_local.date(), uf, extra_days)
    gist = gist_of(words)
    decided = decision_in(words, gist, asked)
    settled = decided is not None
    now = reply.now_local.replace(tzinfo=None)
    reasons = reasons_in(words, gist)
    promise = None
    if decided is None or decided.intent in (Intent.ACCEPTS, Intent.DECLINES, Intent.WRONG_NUMBER):
        promise = promise_in(words, gist, asked, now, today, decided=settled, complains=bool(reasons))
    dated = promise is not None or speaks_of_time(words, now, today)
    told = decided or intent_of(words, gist, asked, promised=promise is not None, dated=dated, complains=bool(reasons))
    if told.intent is Intent.WRONG_NUMBER:
        reasons = tuple(reason for reason in reasons if reason.name not in OF_A_PLACE)
    evidence = tuple(words.span(*place) for place in told.evidence)
    return Reading(told.intent, evidence, reasons, promise)


def read_json(item: Any) -> dict[str, Any]:
    """The same for ``{"now", "previous", "text"}``, as the command line takes it. Raises InvalidInput."""
    return read_reply(_reply(item)).as_json()


def read_line(line: bytes) -> dict[str, Any]:
    """The same for a line of JSON, with the item's ``id``. Raises InvalidInput."""
    try:
        item = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidInput("não é um objeto JSON em UTF-8.") from error
    read = read_json(item)
    return {"id": item.get("id")} | read


def _reply(item: Any) -> Reply:
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        raise InvalidInput("falta o campo “text”, com o texto da resposta.")
    try:
        now = datetime.fromisoformat(item["now"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput("o campo “now” deve ser a data e a hora da resposta, como 2024-01-17T09:37.") from error
    if now.tzinfo is not None:
        now = now.astimezone(ZONE)
    previous = item.get("previous") or []
    if not isinstance(previous, list) or not all(_is_message(said) for said in previous):
        raise InvalidInput("“previous” deve ser uma lista de mensagens com “from” (analyst ou dentist) e “text”.")
    return Reply(item["text"], now, [Earlier(said["from"] == "dentist", said["text"]) for said in previous])


def _is_message(said: Any) -> bool:
    return isinstance(said, dict) and said.get("from") in ("analyst", "dentist") and isinstance(said.get("text"), str)
