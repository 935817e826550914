"""A world for each flow test, on each kind of database."""

from collections.abc import AsyncIterator

import pytest

from tests.flow.world import World, world_on


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with world_on(database_url) as world:
        yield world
