"""The official form as it left the house: immutable revisions, and the files that were made of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.statuses import BlockChange, FormFormat
from storage.models.base import enum_column, json_column


class FormRevision(SQLModel, table=True):
    """The form of a case as it was at a moment. Only ever added to."""

    __tablename__ = "form_revision"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        UniqueConstraint("code"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    number: int  # from 1
    code: str  # printed on it; looked up to verify it
    digest: str  # SHA-256 of the content, in hex
    content: dict[str, Any] = Field(sa_column=json_column())  # as `messages.form.Form.as_json`
    reason: str = ""  # of a reissue
    analyst_id: int | None = Field(default=None, foreign_key="analyst.id")  # None: from the command line
    issued_at: datetime


class FormFile(SQLModel, table=True):
    """A revision as a file, kept as it was handed out first."""

    __tablename__ = "form_file"
    __table_args__ = (UniqueConstraint("revision_id", "format"),)

    id: int | None = Field(default=None, primary_key=True)
    revision_id: int = Field(foreign_key="form_revision.id")
    format: FormFormat = Field(sa_column=enum_column(FormFormat))
    content: bytes = Field(sa_type=LargeBinary)
    digest: str  # SHA-256 of the bytes, in hex
    made_at: datetime


class BlockEdit(SQLModel, table=True):
    """How a person grouped or worded a block of the form before it was issued. Only ever added to; the last of a touch
    holds."""

    __tablename__ = "block_edit"
    __table_args__ = (Index("ix_block_edit_case_id", "case_id"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    contact_id: int = Field(foreign_key="contact.id")  # the touch that it is about
    change: BlockChange = Field(sa_column=enum_column(BlockChange))
    words: str = Field(default="", sa_type=Text)
    instead_of: str = Field(default="", sa_type=Text)  # the block's own words then: others are told as they are
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime
