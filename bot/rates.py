"""The IPCA from its publishers over httpx: Banco Central's SGS, and where that fails IBGE's SIDRA.

Both are judged by what can be read, not by status or content type: in outages SGS answers HTML, at times with 200.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import httpx
import structlog

from messages.contracts import RatesUnavailable
from messages.price_index import MOST, Rate, later

log = structlog.get_logger(__name__)

ANSWER_LIMIT = 256 * 1024  # bytes; two years of months are a few thousand
SGS, SIDRA = "BCB, SGS 433", "IBGE, SIDRA 1737"
NOT_PUBLISHED = "Value(s) not found"  # SGS' 404 for months that are not out yet
_MISSING = frozenset({"...", "..", "-", "X"})  # SIDRA's signs for no value
_DAY = re.compile(r"01/(\d{2})/(\d{4})", re.ASCII)
_MONTH = re.compile(r"(\d{4})(\d{2})", re.ASCII)


class Unreadable(Exception):
    """An answer that holds no series; its text is for the log and for supervisors."""


class Publishers:
    """A ``RateSource``: the first that can be read is believed."""

    def __init__(self, sgs_url: str, sidra_url: str, *, patience: float = 20) -> None:
        """``patience``: seconds that each publisher is given, in all."""
        self._sgs_url, self._sidra_url, self._patience = sgs_url, sidra_url, patience
        self._client = httpx.AsyncClient(timeout=patience, follow_redirects=False, trust_env=False)

    async def read(self, first: str, last: str) -> list[Rate]:
        """The published months from one to the other. Raises RatesUnavailable, with both reasons."""
        reasons = []
        for name, way in ((SGS, self._from_sgs), (SIDRA, self._from_sidra)):
            try:
                async with asyncio.timeout(self._patience):
                    return await way(first, last)
            except (Unreadable, httpx.HTTPError, TimeoutError) as error:
                reason = f"{name}: {error if isinstance(error, Unreadable) else type(error).__name__}"
                log.warning("index_not_read", reason=reason)
                reasons.append(reason)
        raise RatesUnavailable("; ".join(reasons))

    async def _from_sgs(self, first: str, last: str) -> list[Rate]:
        asked = {"formato": "json", "dataInicial": _first_day(first), "dataFinal": _first_day(last)}
        status, body = await self._get(f"{self._sgs_url}/dados/serie/bcdata.sgs.433/dados", asked)
        if status == 404 and NOT_PUBLISHED in body:
            return []
        return list(_sgs_rates(_listed(status, body)))

    async def _from_sidra(self, first: str, last: str) -> list[Rate]:
        period = f"{first.replace('-', '')}-{last.replace('-', '')}"
        path = f"/values/t/1737/n1/all/v/63/p/{period}"
        status, body = await self._get(self._sidra_url + path, {"formato": "json"})
        return list(_sidra_rates(_listed(status, body)))

    async def _get(self, url: str, asked: dict[str, str]) -> tuple[int, str]:
        async with self._client.stream("GET", url, params=asked) as answer:
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_LIMIT:
                    raise Unreadable("resposta grande demais")
            return answer.status_code, body.decode(errors="replace")

    async def close(self) -> None:
        await self._client.aclose()


def _first_day(month: str) -> str:
    year, number = month.split("-")
    return f"01/{number}/{year}"


def _listed(status: int, body: str) -> list[dict[str, Any]]:
    """A list of objects, whatever the content type says."""
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable(f"resposta {status} sem JSON") from None
    if status != httpx.codes.OK or not isinstance(items, list) or not all(isinstance(i, dict) for i in items):
        raise Unreadable(f"resposta {status} sem a série")
    return items


def _sgs_rates(items: list[dict[str, Any]]) -> Iterator[Rate]:
    for item in items:
        day = _DAY.fullmatch(str(item.get("data")))
        if day is None:
            raise Unreadable("data que não é de um mês")
        yield _rate(f"{day[2]}-{day[1]}", item.get("valor"), SGS)


def _sidra_rates(items: list[dict[str, Any]]) -> Iterator[Rate]:
    """The first item is the header, which tells where the month stands."""
    header = items[0] if items else {}
    month_key = next((key for key, name in header.items() if name == "Mês (Código)"), "")
    for item in items[1:]:
        if item.get("V") in _MISSING:
            continue
        month = _MONTH.fullmatch(str(item.get(month_key)))
        if month is None:
            raise Unreadable("mês que não se reconhece")
        yield _rate(f"{month[1]}-{month[2]}", item.get("V"), SIDRA)


def _rate(month: str, value: object, source: str) -> Rate:
    """Both give the value as a string with a dot."""
    try:
        percent = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        percent = Decimal("NaN")
    if not (percent.is_finite() and abs(percent) <= MOST and later(month, 0) == month):
        raise Unreadable(f"valor que não se reconhece em {month}")
    return Rate(month, percent, source)
