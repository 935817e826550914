"""What came in, raw; an analyst's topics, and where they stand in a dialogue; what a button does."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.statuses import ChannelName
from storage.models.base import enum_column, json_column, partial_index


class InboxEvent(SQLModel, table=True):
    """What came in, raw, kept before it was acknowledged."""

    __tablename__ = "inbox_event"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        partial_index("ix_inbox_event_waiting", "source", "lane", "id", where="filed_at IS NULL AND parked_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: ChannelName = Field(sa_column=enum_column(ChannelName))
    external_id: str | None = None  # Telegram's update_id; a WhatsApp batch has no identity of its own
    lane: str = ""  # events of one lane are handled in order
    body: bytes = Field(sa_type=LargeBinary)
    received_at: datetime
    acted_at: datetime | None = None  # the act is done; only its screen may be missing
    outcome: str | None = None  # the row the act returned, so that its screen can be redrawn
    filed_at: datetime | None = None
    attempts: int = 0
    lease_until: datetime | None = None
    parked_at: datetime | None = None  # given up until a person looks
    error: str | None = None


class Topic(SQLModel, table=True):
    """The topic of a case in an analyst's chat."""

    __table_args__ = (UniqueConstraint("analyst_id", "case_id"), UniqueConstraint("analyst_id", "thread_id"))

    id: int | None = Field(default=None, primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    case_id: int = Field(foreign_key="case.id")
    thread_id: int = Field(sa_type=BigInteger)  # Telegram's
    bottom: int = Field(default=0, sa_type=BigInteger)  # id of the last screen in it
    created_at: datetime


class DialogueStep(SQLModel, table=True):
    """Where an analyst stands in a dialogue: what the next typed text means."""

    __tablename__ = "dialogue_step"

    analyst_id: int = Field(foreign_key="analyst.id", primary_key=True)
    key: str  # another one each time the step changes: buttons and prompts drawn before are out of date
    name: str
    case_id: int | None = Field(default=None, foreign_key="case.id")
    data: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    updated_at: datetime


class ButtonToken(SQLModel, table=True):
    """What a button does, for whom, on what. The chat only ever holds the token."""

    __tablename__ = "button_token"
    __table_args__ = (Index("ix_button_token_created_at", "created_at"),)

    token: str = Field(primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    action: str
    arguments: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    created_at: datetime
    used_at: datetime | None = None
