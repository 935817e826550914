"""What channels bring besides words: files of dentists, and notices of the operation's own account."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.base import json_column, partial_index


class ReceivedFile(SQLModel, table=True):
    """A file that came with a contact: fetched by the worker, kept beside the database, never opened."""

    __tablename__ = "received_file"
    __table_args__ = (
        UniqueConstraint("contact_id"),
        partial_index("ix_received_file_due", "id", where="fetched_at IS NULL AND given_up_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")
    media_id: str  # at the channel, good for seven days
    attempts: int = 0
    lease_until: datetime | None = None  # of whoever fetches it; else not to be tried before
    stored: str | None = None  # its name in the folder, made here
    size: int | None = None  # bytes
    sha256: str | None = None  # of what was stored
    fetched_at: datetime | None = None
    given_up_at: datetime | None = None
    error: str | None = None  # why it is not there, for the analyst
    created_at: datetime


class AccountNotice(SQLModel, table=True):
    """What WhatsApp told of the operation's account: kept once, told to those who supervise."""

    __tablename__ = "account_notice"
    __table_args__ = (UniqueConstraint("key"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str  # the same notice, told twice, has the same
    name: str  # the channel's own, as `account_update`
    detail: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    occurred_at: datetime
    recorded_at: datetime
