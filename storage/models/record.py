"""What happened, as it stands as evidence: touches, how they were read, who did what."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.notes import AnsweredBy
from messages.statuses import ChannelName, Direction, ReadingPart
from storage.models.base import enum_column, json_column, partial_index


class Contact(SQLModel, table=True):
    """One timestamped touch with a dentist: a message, a reply, a call or a note. Without a case: in quarantine."""

    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        UniqueConstraint("message_id"),
        Index("ix_contact_timeline", "case_id", "occurred_at", "id"),
        Index("ix_contact_address", "address", "occurred_at"),
        partial_index("ix_contact_quarantine", "id", where="case_id IS NULL AND set_aside_at IS NULL"),
        partial_index("ix_contact_reply_to", "reply_to", where="reply_to IS NOT NULL"),
        partial_index("ix_contact_answered_by", "case_id", where="answered_by IS NOT NULL"),
        partial_index("ix_contact_imported", "case_id", where="imported", on_sqlite="imported = 1"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int | None = Field(default=None, foreign_key="case.id")
    channel: ChannelName = Field(sa_column=enum_column(ChannelName))
    direction: Direction = Field(sa_column=enum_column(Direction))
    external_id: str | None = None
    occurred_at: datetime
    day_only: bool = False  # a day is known, no hour: never invented
    undated: bool = False  # not even a day: its place among the imported blocks is all that is known
    imported: bool = False  # a block of a form that came with the case: printed verbatim
    author: str = ""
    address: str | None = None  # who wrote, as the channel tells; what a quarantined contact is filed by
    bsuid: str | None = None  # the same person's identity without a number, where the channel tells it too
    kind: str = "text"  # what was said or sent; of what was written down by hand, what it is, or how a call went
    text: str = Field(default="", sa_type=Text)
    answered_by: AnsweredBy | None = Field(default=None, sa_column=enum_column(AnsweredBy, nullable=True))  # of a call
    reply_to: str | None = None  # the message that this one answers, reacts to, edits or takes back
    past: bool = False  # recorded when it had long been said, by a phone or by a person: nobody need answer it
    opens_window: bool = True  # of a dentist's message over the API: free text goes for 24 hours from it
    media: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    message_id: int | None = Field(default=None, foreign_key="message.id")
    analyst_id: int | None = Field(default=None, foreign_key="analyst.id")
    recorded_at: datetime
    set_aside_at: datetime | None = None  # a supervisor said that it is of no case: nobody is asked about it any more
    withdrawn_at: datetime | None = None  # by its author, as a mistake: no touch any more, kept for the auditor


class ReadingFeedback(SQLModel, table=True):
    """What a person said last of a part of what the dentist's messages were taken to mean; kept to read better."""

    __tablename__ = "reading_feedback"
    __table_args__ = (UniqueConstraint("contact_id", "part"),)

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")  # the last of the messages that were read together
    analyst_id: int = Field(foreign_key="analyst.id")
    part: ReadingPart = Field(sa_column=enum_column(ReadingPart))
    suggested: dict[str, Any] = Field(sa_column=json_column())  # as `messages.replies.Reading.as_json`
    said: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())  # what it is instead; empty: so
    created_at: datetime


class AuditEntry(SQLModel, table=True):
    """Who did what to what, and when. Only ever added to."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    analyst_id: int | None = Field(default=None, foreign_key="analyst.id")
    action: str
    subject: str  # table:id
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
