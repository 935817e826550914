"""The provider, and where a dentist is reached."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from messages.statuses import ChannelName
from storage.models.base import enum_column, partial_index


class Dentist(SQLModel, table=True):
    """The provider. Treatment and the name the dentist goes by come from data, never guessed."""

    __table_args__ = (UniqueConstraint("cro", "cro_uf"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str
    called: str | None = None
    treatment: str | None = None
    cro: str | None = None
    cro_uf: str | None = None
    person_type: str | None = None
    cnpj: str | None = None
    cpf: str | None = None
    enrolled_on: date | None = None
    opted_out_at: datetime | None = None
    opted_in_at: datetime | None = None  # the last wish to get messages again: an older wish to stop comes too late
    created_at: datetime


class DentistAddress(SQLModel, table=True):
    """Where a dentist is reached on a channel. One number may serve two dentists of one clinic."""

    __tablename__ = "dentist_address"
    __table_args__ = (
        UniqueConstraint("dentist_id", "channel", "address"),
        Index("ix_dentist_address_channel_address", "channel", "address"),
        partial_index("uq_dentist_address_stated", "dentist_id", "channel", where="stated_at IS NOT NULL", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    dentist_id: int = Field(foreign_key="dentist.id")
    channel: ChannelName = Field(sa_column=enum_column(ChannelName))
    address: str  # E.164, BSUID or chat id
    name: str | None = None  # of the account there, where the channel tells it
    recipient_id: str | None = None  # as the channel spells it (wa_id)
    blocked_at: datetime | None = None  # the dentist closed the chat: nothing reaches it any more
    stated_at: datetime | None = None  # what an analyst said last: where messages go, whatever else was learnt
    created_at: datetime
