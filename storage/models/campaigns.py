"""Many dentists written to at once: who, why not, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.campaigns import CampaignStatus
from storage.models.base import enum_column, json_column, partial_index


class Campaign(SQLModel, table=True):
    """One message of the library for the cases that a person chose. Filled, looked at, approved, fed to the outbox."""

    __table_args__ = (
        partial_index("ix_campaign_at_work", "next_at", "id", where="ended_at IS NULL"),
        Index("ix_campaign_analyst_id", "analyst_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    template_key: str
    wanted: dict[str, Any] = Field(sa_column=json_column())  # as `messages.campaigns.Wanted.as_json`
    status: CampaignStatus = Field(sa_column=enum_column(CampaignStatus))
    filled_to: int = 0  # the last case that was judged
    next_at: datetime  # when there is something to do for it
    created_at: datetime
    approved_at: datetime | None = None
    starts_at: datetime | None = None  # the moment that was chosen for its beginning
    ended_at: datetime | None = None


class CampaignCase(SQLModel, table=True):
    """One case of a campaign: to be written to, left out with a reason, or written to with a message."""

    __tablename__ = "campaign_case"
    __table_args__ = (
        UniqueConstraint("campaign_id", "case_id"),
        partial_index("ix_campaign_case_waiting", "campaign_id", "id", where="excluded IS NULL AND message_id IS NULL"),
        partial_index("ix_campaign_case_written", "campaign_id", "id", where="message_id IS NOT NULL"),
        partial_index("ix_campaign_case_excluded", "campaign_id", "excluded", "id", where="excluded IS NOT NULL"),
        Index("ix_campaign_case_case_id", "case_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    case_id: int = Field(foreign_key="case.id")
    address: str | None = None
    excluded: str | None = None  # why it is not written to
    message_id: int | None = Field(default=None, foreign_key="message.id")
