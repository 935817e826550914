"""What WhatsApp lets us send: what it has approved, how much, and what it refuses."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class SendingTrouble(SQLModel, table=True):
    """A refusal that hits every message alike, as long as it lasts."""

    __tablename__ = "sending_trouble"

    code: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # Meta's
    episode: int = 1  # rises when it begins again
    began_at: datetime
    last_at: datetime
    messages: int = 0  # refused in this episode
