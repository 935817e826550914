"""How dentists come to Telegram, and analysts' own accounts there."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from storage.models.base import partial_index


class DentistInvitation(SQLModel, table=True):
    """A link that binds one chat to one dentist, once. Only the hash of its code is kept."""

    __tablename__ = "dentist_invitation"
    __table_args__ = (partial_index("uq_dentist_invitation_open", "dentist_id", where="ended_at IS NULL", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    dentist_id: int = Field(foreign_key="dentist.id")
    analyst_id: int = Field(foreign_key="analyst.id")
    code_hash: str = Field(unique=True)
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None  # used, or another one took its place
    chat: str | None = None  # which was bound by it


class BusinessConnection(SQLModel, table=True):
    """An analyst's own account, connected to the assistant. Another connection of the same account has another id."""

    __tablename__ = "business_connection"
    __table_args__ = (Index("ix_business_connection_user_id", "user_id"),)

    id: str = Field(primary_key=True)  # Telegram's
    analyst_id: int = Field(foreign_key="analyst.id")
    user_id: int = Field(sa_type=BigInteger)  # the owner's
    can_reply: bool = False
    enabled: bool = True
    created_at: datetime


class IgnoredChat(SQLModel, table=True):
    """A chat in a connected account that is no dentist's: never asked about again, and nothing of it is kept."""

    __tablename__ = "ignored_chat"

    analyst_id: int = Field(foreign_key="analyst.id", primary_key=True)
    chat: str = Field(primary_key=True)
    ignored_at: datetime
