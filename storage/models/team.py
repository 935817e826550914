"""People of the house: who may use the assistant, and who stands in for whom."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, false, true
from sqlmodel import Field, SQLModel

from messages.statuses import Role
from storage.models.base import enum_column, partial_index


class Analyst(SQLModel, table=True):
    """A person who may use the assistant. Until the invitation is redeemed there is no Telegram user."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = ""
    role: Role = Field(sa_column=enum_column(Role))
    telegram_user_id: int | None = Field(default=None, sa_type=BigInteger, unique=True)
    invite_hash: str | None = Field(default=None, unique=True)
    invite_expires_at: datetime | None = None
    active: bool = True
    invited_by: int | None = Field(default=None, foreign_key="analyst.id")
    substitute_id: int | None = Field(default=None, foreign_key="analyst.id")  # who stands in while they are absent
    asked_on: date | None = None  # the last working day of which they were asked what they had sent by hand
    morning_digest: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    evening_digest: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    morning_told_on: date | None = None  # the last day whose summary they got as it began
    evening_told_on: date | None = None  # and as it ended
    topics_on: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # each case has its own
    chat_bottom: int = Field(
        default=0, sa_type=BigInteger
    )  # id of the last screen in the chat, topics apart: older ones scrolled away
    created_at: datetime


class Absence(SQLModel, table=True):
    """From when to when somebody is absent, and who stands in; the worker begins and ends it."""

    __table_args__ = (
        partial_index("ix_absence_to_begin", "starts_at", where="begun_at IS NULL AND ended_at IS NULL"),
        partial_index("ix_absence_to_end", "ends_at", where="ended_at IS NULL"),
        Index("ix_absence_analyst_id", "analyst_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    substitute_id: int = Field(foreign_key="analyst.id")
    set_by: int = Field(foreign_key="analyst.id")
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    begun_at: datetime | None = None
    ended_at: datetime | None = None
