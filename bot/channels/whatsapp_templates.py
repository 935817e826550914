"""The operation's templates at Meta, over httpx."""

from collections.abc import Mapping
from typing import Any

import httpx

from bot.channels.wire import ask, client_of
from messages.contracts import AtMeta
from messages.errors import InvalidInput, MetaRefused
from messages.limits import people_a_day
from messages.meta_templates import read_created, read_page, read_refusal
from messages.shapes import read_object

FIELDS = "id,name,language,category,status,rejected_reason,quality_score,components"
LIMIT = "whatsapp_business_manager_messaging_limit"
ANSWER_LIMIT = 4 * 1024**2  # bytes; a page of long templates is a few hundred thousand
PAGE, MOST_PAGES = 100, 60  # Meta lets an account have 6,000 templates
OUT_OF_REACH = "Não consegui falar com a Meta: confira a rede e tente de novo."


class WhatsAppTemplates:
    """Lists, creates and edits. Every call raises MetaRefused."""

    def __init__(self, url: str, version: str, waba_id: str, number: str, token: str, *, timeout: float) -> None:
        self._version, self._owner, self._number = version, waba_id, number
        self._client = client_of(url, timeout=timeout, token=token)

    async def listed(self) -> list[AtMeta]:
        """All of the account's templates, page by page."""
        found: list[AtMeta] = []
        query: dict[str, Any] = {"fields": FIELDS, "limit": PAGE}
        for _ in range(MOST_PAGES):
            body = await self._call("GET", f"{self._owner}/message_templates", params=query)
            try:
                page, after = read_page(body)
            except InvalidInput:
                raise MetaRefused("A Meta respondeu algo que não é uma lista de modelos.", retry=True) from None
            found += page
            if after is None:
                return found
            query["after"] = after
        return found

    async def create(self, payload: Mapping[str, Any]) -> AtMeta:
        return read_created(await self._call("POST", f"{self._owner}/message_templates", json=payload))

    async def edit(self, meta_id: str, payload: Mapping[str, Any]) -> AtMeta:
        """Its words only: what is approved keeps its category."""
        return read_created(await self._call("POST", meta_id, json={"components": payload["components"]}))

    async def people_a_day(self) -> int | None:
        """0: without limit. None: the sending number is not known, or Meta does not say."""
        if not self._number:
            return None
        answer = await self._call("GET", self._number, params={"fields": LIMIT})
        try:
            return people_a_day(read_object(answer))
        except InvalidInput:
            raise MetaRefused("A Meta respondeu algo que não é um número de telefone.", retry=True) from None

    async def _call(self, method: str, path: str, **content: Any) -> bytes:
        try:
            status, body = await ask(self._client, method, f"/{self._version}/{path}", ANSWER_LIMIT, **content)
        except httpx.HTTPError as error:
            raise MetaRefused(OUT_OF_REACH, retry=True) from error
        if not 200 <= status < 300:
            raise read_refusal(status, body)
        return body

    async def close(self) -> None:
        await self._client.aclose()
