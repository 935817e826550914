"""A sandbox on real TCP, with a stand-in for the product behind it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bot.sandbox import Sandbox, SandboxConfig
from tests.patience import PATIENCE
from tests.sandbox.product import START, Listener, listening


@pytest.fixture
async def product() -> AsyncIterator[Listener]:
    async with listening(Listener()) as listener:
        yield listener


@pytest.fixture
def sandbox(product: Listener) -> Sandbox:
    return Sandbox(SandboxConfig(product_url=product.url, start_at=START))


@pytest.fixture
async def url(sandbox: Sandbox) -> AsyncIterator[str]:
    async with sandbox.serving() as address:
        yield address


@pytest.fixture
async def http(url: str, sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the Cloud API as the product does; the control endpoints don't mind the token."""
    headers = {"Authorization": f"Bearer {sandbox.config.whatsapp_token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def send(http: httpx.AsyncClient, sandbox: Sandbox) -> Callable[..., Any]:
    """POST one message; keywords replace or add to the plain text's fields."""

    async def post(to: str = "+5571980000017", text: str = "Bom dia, Dra. Helena.", **fields: Any) -> httpx.Response:
        message = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": text}, **fields}
        return await http.post(f"/v26.0/{sandbox.config.phone_number_id}/messages", json=message)

    return post
