"""What goes out to dentists."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from messages.cadence import Step
from messages.statuses import ChannelName, MessageStatus
from storage.models.base import enum_column, json_column, partial_index


class Attachment(SQLModel, table=True):
    """A file that goes to a dentist with a message, kept as it was sent."""

    id: int | None = Field(default=None, primary_key=True)
    filename: str
    mime_type: str
    size: int  # bytes
    content: bytes = Field(sa_type=LargeBinary)
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime


class Message(SQLModel, table=True):
    """The outbox: one message to one dentist, from draft to what the channel told of it."""

    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        UniqueConstraint("idempotency_key"),
        partial_index("ix_message_due", "due_at", "id", where="status = 'queued'"),
        partial_index("ix_message_sending", "lease_until", where="status = 'sending'"),
        partial_index("ix_message_draft", "created_at", "id", where="status = 'draft'"),
        partial_index("ix_message_unknown", "created_at", "id", where="status = 'unknown'"),
        partial_index("ix_message_offered", "offered_at", "id", where="status = 'draft' AND offered_at IS NOT NULL"),
        partial_index("ix_message_prepared", "created_at", "id", where="status = 'draft' AND cadence_step IS NOT NULL"),
        Index("ix_message_case_id", "case_id"),
        partial_index("ix_message_answered", "answered_at", where="answered_at IS NOT NULL"),
        partial_index("ix_message_left_to", "address", "left_at", where="left_at IS NOT NULL"),
        partial_index("ix_message_reached", "sent_at", "address", where="template_name IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    analyst_id: int = Field(foreign_key="analyst.id")
    channel: ChannelName = Field(sa_column=enum_column(ChannelName))
    address: str | None = None
    text: str = Field(sa_type=Text)
    blocks: list[str] = Field(default_factory=list, sa_column=json_column())  # keys of the templates it is made of
    said: dict[str, str] = Field(default_factory=dict, sa_column=json_column(server_default="{}"))  # block → its words
    offers: list[dict[str, str | None]] = Field(default_factory=list, sa_column=json_column())
    template_name: str | None = None  # at Meta
    template_parameters: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    reply_to: str | None = None
    again_of: int | None = Field(default=None, foreign_key="message.id")  # the send that a person repeats with this
    attachment_id: int | None = Field(default=None, foreign_key="attachment.id")
    cadence_step: Step | None = Field(default=None, sa_column=enum_column(Step, nullable=True))  # it was prepared by it
    prepared_for: datetime | None = None  # `Case.spoke_at` then; a message that a person has approved is their own
    readjustment_id: int | None = Field(
        default=None, foreign_key="readjustment.id", index=True
    )  # whose figures it tells
    edited: bool = False
    version: int = 1  # rises with each edit: a button drawn for an older text does not send the newer one
    status: MessageStatus = Field(sa_column=enum_column(MessageStatus))
    answers: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # what of `Case.unread` it dealt with
    idempotency_key: str  # ours at the channel: comes back on every receipt
    due_at: datetime | None = None
    put_off: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # not due with the undo time
    offered_at: datetime | None = None  # to be sent by hand; nobody has said yet whether it was
    attempts: int = 0
    lease_until: datetime | None = None
    external_id: str | None = None
    error_code: int | None = None
    error: str | None = None
    created_at: datetime
    approved_at: datetime | None = None
    sent_at: datetime | None = None
    left_at: datetime | None = None  # the last time it was let go to the channel, in real time
    answered_at: datetime | None = None  # the channel's last answer, in real time: by then it had arrived
    status_at: datetime | None = None
