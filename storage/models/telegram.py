"""How dentists come to Telegram."""

from datetime import datetime

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
