"""Search over the dentists' names and over what was said, and indexes for the lists."""

from unicodedata import normalize

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = {"dentist": ("name", "called"), "contact": ("text",)}
ACCENTED = "áàâãäåéèêëíìîïóòôõöúùûüçñÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑ"
PLAIN = "".join(normalize("NFD", letter)[0] for letter in ACCENTED)
MARKS = r"[\u0300-\u036f]"  # accents that stand by themselves


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, columns in TABLES.items():
        (_on_sqlite if sqlite else _on_postgresql)(table, columns)
    for status in ("draft", "unknown"):
        where = sa.text(f"status = '{status}'")
        columns = ["created_at", "id"]
        op.create_index(f"ix_message_{status}", "message", columns, sqlite_where=where, postgresql_where=where)


def _on_sqlite(table: str, columns: tuple[str, ...]) -> None:
    """A full-text table without a copy of the texts. Whoever rebuilds the table in a batch must renew the triggers."""
    words, names = f"{table}_words", ", ".join(columns)
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("new", "old"))
    add = f"INSERT INTO {words}(rowid, {names}) VALUES (new.id, {new});"
    drop = f"INSERT INTO {words}({words}, rowid, {names}) VALUES ('delete', old.id, {old});"
    op.execute(
        f"CREATE VIRTUAL TABLE {words} USING fts5({names}, content='{table}', content_rowid='id', detail=none, "
        'tokenize="unicode61 remove_diacritics 2")'
    )
    op.execute(f"INSERT INTO {words}({words}) VALUES ('rebuild')")
    op.execute(f"CREATE TRIGGER {words}_added AFTER INSERT ON {table} BEGIN {add} END")
    op.execute(f"CREATE TRIGGER {words}_removed AFTER DELETE ON {table} BEGIN {drop} END")
    op.execute(f"CREATE TRIGGER {words}_changed AFTER UPDATE OF {names} ON {table} BEGIN {drop} {add} END")


def _on_postgresql(table: str, columns: tuple[str, ...]) -> None:
    text = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
    plain = f"lower(translate(regexp_replace({text}, '{MARKS}', '', 'g'), '{ACCENTED}', '{PLAIN}'))"
    words = f"to_tsvector('simple', regexp_replace({plain}, '[^a-z0-9]+', ' ', 'g'))"
    op.execute(f"ALTER TABLE {table} ADD COLUMN words tsvector GENERATED ALWAYS AS ({words}) STORED")
    # What was added last lies in a list that every search reads through: kept short, in kB.
    op.execute(f"CREATE INDEX ix_{table}_words ON {table} USING gin (words) WITH (gin_pending_list_limit = 256)")
