"""The test helper that starts PostgreSQL, on every set of binaries that is here, and by URL."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.servers import Databases, PostgresServer, local_binaries, wheel_binaries

BINARIES = {folder for folder in (local_binaries(), wheel_binaries()) if folder}


@pytest.mark.parametrize("binaries", sorted(BINARIES), ids=lambda folder: folder.parts[-3])
def test_a_server_starts_copies_databases_and_leaves_nothing_behind(binaries: Path) -> None:
    with PostgresServer(binaries) as server:
        databases = Databases(server.url)
        first = databases.create()
        engine = create_engine(first)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE word (text varchar)"))
            connection.execute(text("INSERT INTO word VALUES ('Retenção')"))
        engine.dispose()
        copy = create_engine(databases.create(template=first))
        with copy.begin() as connection:
            assert connection.execute(text("SELECT upper(text) FROM word")).scalar() == "RETENÇÃO"
            databases.drop(first)
            connection.execute(text("DELETE FROM word"))
        copy.dispose()
    assert not server.folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url, connect_timeout=2)


def test_a_server_given_by_url_is_used_whatever_the_form_of_the_url(postgresql: Databases) -> None:
    with_parameters = postgresql.create() + "?application_name=tests"
    databases = Databases(with_parameters)
    url = databases.create()
    assert url.startswith("postgresql+psycopg://")
    assert url.endswith("?application_name=tests")
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_setting('application_name')")).scalar() == "tests"
    databases.drop(url)  # the engine's pool is still connected, which is no obstacle
    engine.dispose()
    postgresql.drop(with_parameters)


INTERRUPTED = """
from tests.servers import PostgresServer, local_binaries, wheel_binaries

def test_that_never_ends():
    server = PostgresServer(local_binaries() or wheel_binaries())
    print(server.folder, server._process.pid, flush=True)
    while True:
        pass
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_an_interrupted_run_stops_its_server(tmp_path: Path, how: signal.Signals) -> None:
    tests = Path(__file__).parent
    (tmp_path / "test_interrupted.py").write_text(INTERRUPTED, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_configure\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-s", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(tmp_path)]
    with subprocess.Popen(command, cwd=tests.parent, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        folder, pid = run.stdout.readline().split()
        run.send_signal(how)
        run.stdout.read()
    assert run.returncode != 0
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
