"""The tables. Constraints and indexes say the rules, so that no path around a use-case can break them.

Times are stored in UTC. Lists that only the form knows (offers, reasons, sectors) are JSON in the form's own words.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy import Enum as EnumType
from sqlmodel import Field, SQLModel

from messages.notes import AnsweredBy
from messages.statuses import ApprovalKind, ChannelName, Direction, MessageStatus, Outcome, ReadingAnswer, Role

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


def enum_column(values: type[Enum], *, nullable: bool = False) -> Any:
    """A closed list kept as its own words, readable in any SQL shell."""
    kind = EnumType(values, native_enum=False, length=32, values_callable=lambda c: [m.value for m in c])
    return Column(kind, nullable=nullable)


def json_column(*, server_default: str | None = None) -> Any:
    return Column(JSON, nullable=False, server_default=server_default)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the few rows that a list or a loop asks for."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


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
    chat_bottom: int = Field(
        default=0, sa_type=BigInteger
    )  # id of the last screen in the chat: older ones scrolled away
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
    recipient_id: str | None = None  # as the channel spells it (wa_id)
    stated_at: datetime | None = None  # what an analyst said last: where messages go, whatever else was learnt
    created_at: datetime


class Case(SQLModel, table=True):
    """One dentist's request to leave, from protocol to outcome, with what the form's header says of it."""

    __tablename__ = "case"
    __table_args__ = (
        partial_index("uq_case_open_protocol", "protocol", where="closed_at IS NULL", unique=True),
        Index("ix_case_protocol", "protocol"),
        Index("ix_case_dentist_id", "dentist_id"),
        partial_index("ix_case_open", "analyst_id", "last_touch_at", "id", where="closed_at IS NULL"),
        partial_index("ix_case_unread", "analyst_id", "last_in_at", where="unread > 0"),
        partial_index(
            "ix_case_untouched", "analyst_id", "opened_at", where="closed_at IS NULL AND first_out_at IS NULL"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    dentist_id: int = Field(foreign_key="dentist.id")
    analyst_id: int = Field(foreign_key="analyst.id")
    protocol: str
    contract: str | None = None  # of the clinic with the operator; the form has no field for it
    operator: str | None = None
    cro_count: int | None = None
    requested_by: str | None = None
    protocol_opened_on: date | None = None
    uf: str | None = None
    city: str | None = None
    lives: int | None = None
    published_cros: int | None = None
    other_plans: bool | None = None
    other_plans_detail: str | None = None
    currency: Decimal | None = Field(default=None, sa_type=Numeric(12, 4))
    last_production_on: date | None = None
    last_production_value: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    form_date: date | None = None
    started_on: date | None = None
    ended_on: date | None = None
    signers: list[str] = Field(default_factory=list, sa_column=json_column())
    collaborator: str | None = None  # the form's own spelling of the analyst
    doubts: list[dict[str, str]] = Field(default_factory=list, sa_column=json_column())

    reasons_stated: list[str] = Field(default_factory=list, sa_column=json_column())
    reasons: list[str] = Field(default_factory=list, sa_column=json_column())
    actions_imported: list[str] = Field(default_factory=list, sa_column=json_column())
    other_justification: str | None = None
    outcome: Outcome | None = Field(default=None, sa_column=enum_column(Outcome, nullable=True))
    protocol_required: bool | None = None
    general_notes: str | None = Field(default=None, sa_type=Text)
    sectors: list[str] = Field(default_factory=list, sa_column=json_column())

    opened_at: datetime
    closed_at: datetime | None = None
    unread: int = 0
    put_aside_at: datetime | None = None  # “Próximo” does not bring it again that day, unless the dentist writes
    first_out_at: datetime | None = None
    last_out_at: datetime | None = None
    last_in_at: datetime | None = None
    window_since: datetime | None = None  # the last reply over the API: free text goes for 24 hours from it
    last_touch_at: datetime


class CaseImport(SQLModel, table=True):
    """A spreadsheet of protocols that waits for its tap: as it was read, so that a restart changes nothing."""

    __tablename__ = "case_import"

    id: int | None = Field(default=None, primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    filename: str
    rows: bytes = Field(sa_type=LargeBinary)  # a list of lists of texts, as JSON
    created_at: datetime


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
        Index("ix_message_case_id", "case_id"),
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
    edited: bool = False
    version: int = 1  # rises with each edit: a button drawn for an older text does not send the newer one
    status: MessageStatus = Field(sa_column=enum_column(MessageStatus))
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
    status_at: datetime | None = None


class Contact(SQLModel, table=True):
    """One timestamped touch with a dentist: a message, a reply, a call or a note. Without a case: in quarantine."""

    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        UniqueConstraint("message_id"),
        Index("ix_contact_timeline", "case_id", "occurred_at", "id"),
        partial_index("ix_contact_quarantine", "id", where="case_id IS NULL"),
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
    kind: str = "text"  # what was said or sent; of what was written down by hand, what it is, or how a call went
    text: str = Field(default="", sa_type=Text)
    answered_by: AnsweredBy | None = Field(default=None, sa_column=enum_column(AnsweredBy, nullable=True))  # of a call
    reply_to: str | None = None
    media: dict[str, str] = Field(default_factory=dict, sa_column=json_column())
    message_id: int | None = Field(default=None, foreign_key="message.id")
    analyst_id: int | None = Field(default=None, foreign_key="analyst.id")
    recorded_at: datetime
    withdrawn_at: datetime | None = None  # by its author, as a mistake: no touch any more, kept for the auditor


class ReadingFeedback(SQLModel, table=True):
    """What a person said of a reading of the dentist's messages; kept to read better, and never changed."""

    __tablename__ = "reading_feedback"
    __table_args__ = (UniqueConstraint("contact_id", "answer"),)

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")  # the last of the messages that were read together
    analyst_id: int = Field(foreign_key="analyst.id")
    answer: ReadingAnswer = Field(sa_column=enum_column(ReadingAnswer))
    suggested: dict[str, Any] = Field(sa_column=json_column())  # as `messages.replies.Reading.as_json`
    said: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())  # what it is instead
    created_at: datetime


class FollowUp(SQLModel, table=True):
    """Something due at a time. Only a tap ends it: a reply leaves it standing."""

    __tablename__ = "follow_up"
    __table_args__ = (
        partial_index("ix_follow_up_due", "due_at", "id", where="done_at IS NULL AND nudged_at IS NULL"),
        partial_index("ix_follow_up_open", "case_id", "due_at", where="done_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="case.id")
    analyst_id: int = Field(foreign_key="analyst.id")
    due_at: datetime
    reason: str = ""
    nudged_at: datetime | None = None
    done_at: datetime | None = None
    created_at: datetime


class Notification(SQLModel, table=True):
    """A screen the analyst must see, kept current: touched again, it is drawn anew in place."""

    __table_args__ = (
        UniqueConstraint("analyst_id", "key"),
        partial_index("ix_notification_due", "due_at", "id", where="sent_at IS NULL"),
        Index("ix_notification_screen", "analyst_id", "screen"),
        Index("ix_notification_key", "key"),  # everybody who has a screen about the same
    )

    id: int | None = Field(default=None, primary_key=True)
    analyst_id: int = Field(foreign_key="analyst.id")
    key: str  # what it is about; the same key is the same screen
    kind: str
    case_id: int | None = Field(default=None, foreign_key="case.id")
    subject_id: int | None = None
    screen: int | None = Field(default=None, sa_type=BigInteger)  # message id in the analyst's chat
    version: int = 1
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    error: str | None = None


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


class IndexRate(SQLModel, table=True):
    """One month of a price index, percent, with where it was read."""

    __tablename__ = "index_rate"

    series: str = Field(primary_key=True)
    month: str = Field(primary_key=True)  # YYYY-MM
    percent: Decimal = Field(sa_type=Numeric(10, 4))
    source: str
    recorded_at: datetime


class OperationSetting(SQLModel, table=True):
    """A value that a supervisor set for the operation; the last version of a key holds. Only ever added to."""

    __tablename__ = "operation_setting"
    __table_args__ = (UniqueConstraint("key", "version"),)  # two changes at once: the second is made after the first

    id: int | None = Field(default=None, primary_key=True)
    key: str
    version: int
    value: str | None = Field(default=None, sa_type=Text)  # as `messages.operation` reads it; None: the server's again
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime


class TemplateOverride(SQLModel, table=True):
    """A supervisor's wording of a message of the library; the last version of a key holds. Only ever added to."""

    __tablename__ = "template_override"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str
    version: int
    title: str | None = None  # None: the packaged one, as for the words
    body: str | None = Field(default=None, sa_type=Text)
    analyst_id: int = Field(foreign_key="analyst.id")
    created_at: datetime


class Rule(SQLModel, table=True):
    """A supervisor's rule for a city, a UF, a contract or a dentist: don't contact, don't remove from the network, or
    both."""

    __table_args__ = (partial_index("ix_rule_standing", "uf", "city", where="ended_at IS NULL"),)

    id: int | None = Field(default=None, primary_key=True)
    uf: str | None = None
    city: str | None = None
    contract: str | None = None
    dentist_id: int | None = Field(default=None, foreign_key="dentist.id")
    no_contact: bool = False
    no_removal: bool = False
    reason: str
    instructed_by: str
    since: datetime
    set_by: int | None = Field(default=None, foreign_key="analyst.id")
    ended_at: datetime | None = None
    ended_by: int | None = Field(default=None, foreign_key="analyst.id")


class Approval(SQLModel, table=True):
    """Something that a supervisor is asked to allow, and what was decided. Granted, it is the record that allows."""

    __table_args__ = (
        partial_index("ix_approval_open", "asked_at", "id", where="decided_at IS NULL"),
        partial_index("uq_approval_open", "kind", "case_id", "rule_id", where="decided_at IS NULL", unique=True),
        Index("ix_approval_case_id", "case_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: ApprovalKind = Field(sa_column=enum_column(ApprovalKind))
    case_id: int = Field(foreign_key="case.id")
    rule_id: int | None = Field(default=None, foreign_key="rule.id")
    asked_by: int = Field(foreign_key="analyst.id")
    reason: str = Field(sa_type=Text)
    asked_at: datetime
    decided_by: int | None = Field(default=None, foreign_key="analyst.id")
    decided_at: datetime | None = None
    granted: bool | None = None
