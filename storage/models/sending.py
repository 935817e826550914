"""What WhatsApp lets us send: what it has approved, and what it refuses."""

from datetime import datetime

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.statuses import ChannelName
from storage.models.base import enum_column, partial_index


class SendingTrouble(SQLModel, table=True):
    """A refusal that hits every message alike, as long as it lasts."""

    __tablename__ = "sending_trouble"

    code: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # Meta's
    episode: int = 1  # rises when it begins again
    began_at: datetime
    last_at: datetime
    messages: int = 0  # refused in this episode


class SendingPause(SQLModel, table=True):
    """A channel whose account takes nothing of ours: one row a channel, the last time that it was so."""

    __tablename__ = "sending_pause"
    __table_args__ = (UniqueConstraint("channel"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: ChannelName = Field(sa_column=enum_column(ChannelName))
    episode: int = 1  # rises when it begins again
    code: int  # the channel's own
    reason: str  # and what to do, for supervisors
    reported: bool = False  # a status told of it: that a message is accepted proves nothing, only that it arrives does
    began_at: datetime
    ended_at: datetime | None = None
    probe_at: datetime | None = None  # when one message is tried, in real time; None: not yet planned
    probed_at: datetime | None = None  # when the last one was let go, in real time
    probes: int = 0


class MetaTemplate(SQLModel, table=True):
    """A whole text of the library as Meta has it, and the wish to submit it. States are in Meta's own words."""

    __tablename__ = "meta_template"
    __table_args__ = (
        UniqueConstraint("name", "language"),
        partial_index("ix_meta_template_wanted", "wanted_at", "id", where="wanted_at IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str
    language: str
    meta_id: str | None = None
    category: str | None = None
    status: str | None = None  # None: not there
    reason: str | None = None
    quality: str | None = None
    body: str | None = Field(default=None, sa_type=Text)
    checked_at: datetime | None = None
    news: int = 0  # rises with what supervisors have to know: a new notice each time
    wanted_at: datetime | None = None  # to be submitted in the words that the library has then
    wanted_by: int | None = Field(default=None, foreign_key="analyst.id")
    lease_until: datetime | None = None
    attempts: int = 0
    error: str | None = None  # why the last submission came to nothing


class MetaAccount(SQLModel, table=True):
    """The operation's account at Meta: one row."""

    __tablename__ = "meta_account"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    pull_due_at: datetime
    pulled_at: datetime | None = None  # when the templates were listed last
    lease_until: datetime | None = None
    error: str | None = None  # why the last listing came to nothing
    people_a_day: int | None = None  # to whom templates may go; 0: as many as there are; None: not told yet
