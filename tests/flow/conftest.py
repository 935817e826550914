"""A world for each flow test, on each kind of database, served as ``--processes`` asks for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flow import processes, world
from tests.flow.world import World, world_on


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "one_process(why): says nothing of which process serves the next act")
    world.Late.whose = config.getoption("--late")
    world.serving = processes.SERVED[config.getoption("--processes")]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--processes") == "one":
        return
    for item in items:
        if marker := item.get_closest_marker("one_process"):
            item.add_marker(pytest.mark.skip(reason=marker.args[0]))


@pytest.fixture(name="world")
async def a_world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world_on(database_url, media_folder=str(tmp_path / "files")) as world:
        await world.has_asked_meta()
        yield world
