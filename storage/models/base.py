"""What all tables share: the names of constraints, and columns that need words.

Times are stored in UTC. Lists that only the form knows (offers, reasons, sectors) are JSON in the form's own words.
"""

from enum import Enum
from typing import Any

from sqlalchemy import JSON, Column, Index, MetaData, text
from sqlalchemy import Enum as EnumType
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


def enum_column(values: type[Enum], *, nullable: bool = False, server_default: str | None = None) -> Any:
    """A closed list kept as its own words, readable in any SQL shell."""
    kind = EnumType(values, native_enum=False, length=32, values_callable=lambda c: [m.value for m in c])
    return Column(kind, nullable=nullable, server_default=server_default)


def json_column(*, server_default: str | None = None) -> Any:
    return Column(JSON, nullable=False, server_default=server_default)


def partial_index(name: str, *columns: str, where: str, on_sqlite: str | None = None, unique: bool = False) -> Index:
    """An index over the few rows that a list or a loop asks for. ``on_sqlite``: the condition as it is asked there,
    where it is spelt otherwise."""
    there = text(on_sqlite or where)
    return Index(name, *columns, unique=unique, sqlite_where=there, postgresql_where=text(where))
