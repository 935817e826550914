"""An emulator of its own for each test, and where it is served; a module may put people into it first."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox import Sandbox, SandboxConfig
from tests.factory import NOW


@pytest.fixture
async def sandbox() -> Sandbox:
    return Sandbox(SandboxConfig(start_at=NOW))


@pytest.fixture
async def address(sandbox: Sandbox) -> AsyncIterator[str]:
    async with sandbox.serving() as address:
        yield address
