"""Insert that yields to a row already there: the constraint decides, not a look beforehand."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def table_of(model: type[SQLModel]) -> Table:
    table = getattr(model, "__table__", None)
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is no table.")
    return table


def insert_new(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert the rows that no unique constraint refuses, a thousand a statement; the ids of those that were new.

    Every row must have the same keys. The ids come in no promised order.
    """
    return [row[0] for row in insert_returning(session, model, rows, ("id",))]


def insert_returning(
    session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> Sequence[Row[Any]]:
    """The same, with these columns of the rows that were new."""
    if not rows:
        return ()
    table = table_of(model)
    statement: Any = _insert(session)(table)
    statement = statement.on_conflict_do_nothing().returning(*(table.c[name] for name in columns))
    return session.connection().execute(statement, [dict(row) for row in rows]).all()


def insert_or_update(
    session: Session,
    model: type[SQLModel],
    rows: Sequence[Mapping[str, Any]],
    unique: Sequence[str],
    changes: Mapping[str, Any],
) -> None:
    """Insert the rows; where the unique columns are there already, apply ``changes`` to the row that stands.

    Every row must have the same keys. A change that is a column's name in a string takes that column of the row that
    was to be inserted.
    """
    if not rows:
        return
    table = table_of(model)
    statement: Any = _insert(session)(table)
    taken = {k: getattr(statement.excluded, v) if isinstance(v, str) else v for k, v in changes.items()}
    statement = statement.on_conflict_do_update(index_elements=list(unique), set_=taken)
    session.connection().execute(statement, [dict(row) for row in rows])


def _insert(session: Session) -> Any:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
