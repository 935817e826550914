"""The schema that migrations make is the one that the models describe, however often and by whomever they are run."""

import functools
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Index, MetaData, inspect, text

from bot.services import drafts, searching
from messages.errors import RetencaoError, StorageUnavailable
from storage.engine import MIGRATIONS, connect, migrate, parse_url, revisions
from storage.models import Analyst, FollowUp, Message, ReadingFeedback, metadata
from tests.factory import NOW, Store, create_analyst, create_case, create_contact, create_operation
from tests.patience import PATIENCE
from tests.servers import Databases


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'a folder' / 'novo %41.db'}"
        return
    databases: Databases = request.getfixturevalue("postgresql")
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url)
    yield engine
    engine.dispose()


def test_the_migrated_schema_is_that_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": _is_modelled})
        assert compare_metadata(context, metadata) == []


def test_migrations_follow_each_other_by_their_numbers() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [revisions()[-1]]
    assert [one.revision for one in script.walk_revisions()][::-1] == revisions()


def test_a_database_of_the_newest_schema_is_left_alone_while_somebody_writes(sqlite_url: str) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None) as writing:
        writing.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        migrate(sqlite_url)
        assert time.monotonic() - began < 10  # Alembic's own transaction would wait for half a minute


def _is_modelled(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """The search's own tables, columns and indexes are the database's, not the models'."""
    return not (name or "").removeprefix("ix_").startswith(("contact_words", "dentist_words")) and name != "words"


def test_every_index_is_there_with_its_condition(engine: Engine) -> None:
    """Alembic does not compare the conditions of partial indexes, so they are asked for one by one."""
    wanted = {i.name: _condition(i, engine) for table in metadata.tables.values() for i in table.indexes}
    column, source = ("sql", "sqlite_master") if engine.dialect.name == "sqlite" else ("indexdef", "pg_indexes")
    name = "name" if engine.dialect.name == "sqlite" else "indexname"
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {name}, {column} FROM {source} WHERE {column} IS NOT NULL"))
        there = {row[0]: _plain(row[1].partition(" WHERE ")[2]) for row in rows}
    assert wanted.items() <= there.items()


def _condition(index: Index, engine: Engine) -> str:
    where = index.dialect_options[engine.dialect.name]["where"]
    return "" if where is None else _plain(str(where))


def _plain(condition: str) -> str:
    for noise in ("(", ")", "::text", "::character varying"):
        condition = condition.replace(noise, "")
    return " ".join(condition.split())


def test_an_empty_database_is_created_with_its_folder_and_migrating_again_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    store = Store(empty_url)
    case = create_case(store, create_analyst(store))
    create_contact(store, case)
    migrate(empty_url)
    assert inspect(store.engine).has_table("contact")
    assert [t.name for t in metadata.sorted_tables if not inspect(store.engine).has_table(t.name)] == []
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM contact")).scalar() == 1
        if store.engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    store.close()


LISTS = ("signers", "doubts", "reasons_stated", "reasons", "actions_imported", "sectors")
A_CASE: dict[str, dict[str, Any]] = {
    "analyst": {"name": "Ana", "role": "analyst", "active": True},
    "dentist": {"name": "MARINA PRADO"},
    "case": {"dentist_id": 1, "analyst_id": 1, "protocol": "SAD1", "unread": 0} | {key: [] for key in LISTS},
}


LATER: dict[str, dict[str, Any]] = {  # what the next tables want besides
    "analyst": {"chat_bottom": 0},
    "contact": {"author": "", "kind": "text", "media": {}, "day_only": False, "imported": False, "undated": False},
}


def keep_as_then(store: Store, rows: dict[str, dict[str, Any]]) -> None:
    """Rows as the tables were at an older revision, which the models no longer describe; all at one time."""
    then = MetaData()
    then.reflect(store.engine)
    with store.engine.begin() as connection:
        for name, row in rows.items():
            times = {c.name: NOW for c in then.tables[name].columns if c.name.endswith("_at") and not c.nullable}
            connection.execute(then.tables[name].insert(), row | times)


def test_what_was_said_of_whole_readings_is_said_of_their_parts(empty_url: str) -> None:
    migrate(empty_url, "0015")
    store = Store(empty_url)
    keep_as_then(store, {name: row | LATER.get(name, {}) for name, row in A_CASE.items()})
    read = {"intent": "declines", "reasons": ["Valores"], "promise": None}
    stop = read | {"intent": "opt_out"}
    for number, answer, suggested, said in (
        (1, "wrong", read, {"intent": "other"}),
        (1, "promise", read, {}),
        (2, "stop", stop, {}),
        (3, "wrong", stop, {"intent": "question"}),
        (3, "stop", stop, {}),
    ):
        contact = {"id": number, "case_id": 1, "channel": "whatsapp", "direction": "in", "text": ""} | LATER["contact"]
        if answer != "promise" and (number, answer) != (3, "stop"):
            keep_as_then(store, {"contact": contact})
        told = {"contact_id": number, "analyst_id": 1, "answer": answer, "suggested": suggested, "said": said}
        keep_as_then(store, {"reading_feedback": told})
    migrate(empty_url)
    assert sorted((f.contact_id, f.part.value, str(f.said)) for f in store.all(ReadingFeedback)) == [
        (1, "intent", "{'intent': 'other'}"),
        (1, "promise", "{}"),
        (1, "reasons", "{'reasons': []}"),
        (2, "intent", "{}"),
        (3, "intent", "{'intent': 'question'}"),
        (3, "promise", "{'promise': None}"),
        (3, "reasons", "{'reasons': []}"),
    ]
    store.close()


def test_what_was_said_before_the_search_came_is_found(empty_url: str) -> None:
    migrate(empty_url, "0001")
    store = Store(empty_url)
    note = {"case_id": 1, "channel": "internal", "direction": "note", "text": "palavra antiga", "author": ""}
    keep_as_then(
        store, A_CASE | {"contact": note | {"day_only": False, "imported": False, "kind": "text", "media": {}}}
    )
    migrate(empty_url)
    analyst = store.get(Analyst, 1)
    (found,) = store.do(searching.find, analyst, "antiga")
    assert found.contact is not None and found.contact.text == "palavra antiga"
    assert len(store.do(searching.find, analyst, "marina")) == 1
    store.close()


def test_what_a_draft_of_before_says_still_counts_when_it_is_edited(empty_url: str) -> None:
    migrate(empty_url, "0002")
    store = Store(empty_url)
    offers = [{"action": "Ofertado Suporte", "justification": ""}]
    draft = {"case_id": 1, "analyst_id": 1, "channel": "manual", "status": "draft", "text": "Temos suporte."}
    draft |= {"blocks": ["suporte"], "offers": offers, "template_parameters": {}, "edited": False}
    keep_as_then(store, A_CASE | {"message": draft | {"version": 1, "attempts": 0, "idempotency_key": "k"}})
    migrate(empty_url)
    edit = functools.partial(store.do, drafts.edit, store.get(Analyst, 1), 1, op=create_operation())
    assert edit(text="Temos suporte. Um abraço!").offers == offers
    assert edit(text="Um abraço!").offers == []
    store.close()


def test_what_waited_before_sends_were_scheduled_is_asked_about_and_answered_for(empty_url: str) -> None:
    migrate(empty_url, "0012")
    store = Store(empty_url)
    message = {"case_id": 1, "analyst_id": 1, "text": "Bom dia!", "blocks": [], "offers": [], "template_parameters": {}}
    message |= {"edited": False, "version": 1, "attempts": 0, "idempotency_key": "k"}
    analyst = A_CASE["analyst"] | {"chat_bottom": 0}
    by_hand = message | {"channel": "manual", "status": "draft"}
    keep_as_then(store, A_CASE | {"analyst": analyst, "message": by_hand})
    queued = message | {"channel": "whatsapp", "status": "queued", "idempotency_key": "q"}
    keep_as_then(store, {"message": queued})
    migrate(empty_url)
    offered, waits = store.all(Message)
    assert (offered.offered_at, offered.put_off) == (NOW, False)
    assert (waits.offered_at, waits.put_off) == (None, True)
    store.close()


def test_follow_ups_of_before_are_told_once_more_or_not_at_all(empty_url: str) -> None:
    migrate(empty_url, "0019")
    store = Store(empty_url)
    due = {"case_id": 1, "analyst_id": 1, "reason": "", "due_at": NOW}
    keep_as_then(store, A_CASE | {"analyst": A_CASE["analyst"] | {"chat_bottom": 0}, "follow_up": due})
    keep_as_then(store, {"follow_up": due | {"nudged_at": NOW}})
    migrate(empty_url)
    untold, told = store.all(FollowUp)
    assert (untold.nudge_at, untold.nudges) == (NOW, 0)
    assert (told.nudge_at, told.nudges) == (None, 1)
    store.close()


def test_a_step_that_fails_takes_back_those_before_it(empty_url: str) -> None:
    migrate(empty_url, "0001")
    engine = connect(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE topic (in_the_way INTEGER)"))
    before = inspect(engine).get_table_names()
    with pytest.raises(StorageUnavailable, match="topic"):
        migrate(empty_url)
    assert inspect(engine).get_table_names() == before
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
    engine.dispose()


def test_several_processes_may_start_at_once(empty_url: str) -> None:
    code = "import sys; from storage.engine import migrate; sys.stdin.readline(); migrate(sys.argv[1])"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, empty_url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    complaints = [process.communicate(timeout=PATIENCE)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], complaints
    engine = connect(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone_with_a_clear_error(empty_url: str) -> None:
    migrate(empty_url)
    engine = connect(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RetencaoError, match=r"versão mais nova.*9999"):
        migrate(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


def test_a_new_file_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'retencao.db'}")
    assert stat.S_IMODE((tmp_path / "retencao.db").stat().st_mode) == 0o600


def test_rows_that_point_nowhere_are_told(tmp_path: Path) -> None:
    sqlite_url = f"sqlite:///{tmp_path / 'retencao.db'}"
    migrate(sqlite_url, revisions()[-2])
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:  # keys are not checked here
        connection.execute(
            "INSERT INTO audit_entry (at, analyst_id, action, subject, detail) VALUES ('2023-01-01', 9, 'a', 's', '{}')"
        )
    connection.close()
    with pytest.raises(RuntimeError, match="1 rows that point nowhere"):
        migrate(sqlite_url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_postgresql_address_is_spoken_to_with_psycopg(scheme: str) -> None:
    url = parse_url(f"{scheme}://ana:secret@db.example:5433/retencao?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert url.render_as_string(hide_password=False).endswith("://ana:secret@db.example:5433/retencao?sslmode=require")


def test_a_reader_of_sqlite_cannot_write(sqlite_url: str) -> None:
    engine = connect(sqlite_url, readonly=True)
    with engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(text("DELETE FROM contact"))
    engine.dispose()
