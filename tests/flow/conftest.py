"""A world for each flow test, on each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flow.world import World, world_on


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world_on(database_url, media_folder=str(tmp_path / "files")) as world:
        yield world
