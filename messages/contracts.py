"""What passes between the services and the outside: messages out, messages in, receipts, and who carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from messages.price_index import Rate
from messages.statuses import ChannelName, MessageStatus


@dataclass(frozen=True, slots=True)
class TemplateCall:
    """An approved template at Meta, named, with its named parameters filled in."""

    name: str
    parameters: Mapping[str, str]
    language: str = "pt_BR"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a message; the message's text is its caption."""

    filename: str
    mime_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one dentist. ``key`` is ours and comes back on every receipt."""

    key: str
    to: str  # E.164 for WhatsApp, chat id for Telegram
    text: str  # what the dentist will read, for a template too
    template: TemplateCall | None = None
    reply_to: str | None = None  # the channel's id of the message that this one answers
    document: Document | None = None
    via: str | None = None  # on Telegram, the connection to the account in whose name it goes


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    RETRY = "retry"  # certainly not accepted
    REJECTED = "rejected"  # accepted never; retrying is useless
    SHUT = "shut"  # certainly not accepted, nor would anything else be: the fault is the account's, not the message's
    UNKNOWN = "unknown"  # may be out: only a person sends again


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one send. ``reason`` is Portuguese and says what to do; ``code`` is the channel's own."""

    verdict: Verdict
    external_id: str | None = None
    recipient_id: str | None = None  # the address as the channel spells it (wa_id)
    code: int | None = None
    reason: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of fetching a file. ``reason`` is Portuguese and says what to do; empty: it is there whole.
    ``again``: another try may succeed."""

    size: int = 0  # bytes
    sha256: str = ""
    reason: str = ""
    again: bool = False


class MediaSource(Protocol):
    """Gives out the files of dentists' messages. Never raises for what the wire does: it judges it."""

    async def fetch(self, media_id: str, into: BinaryIO, limit: int) -> Fetched: ...


class Channel(Protocol):
    """Carries messages to dentists. Never raises for what the wire does: it judges it."""

    async def send(self, message: Outgoing) -> SendResult: ...


@dataclass(frozen=True, slots=True)
class AtMeta:
    """One template as Meta has it, in Meta's own words. None: it did not say."""

    name: str
    language: str = "pt_BR"
    meta_id: str | None = None
    category: str | None = None
    status: str | None = None
    reason: str | None = None
    quality: str | None = None
    body: str | None = None


class TemplatesAtMeta(Protocol):
    """The operation's templates, where Meta keeps them, and to how many people a day they may go. All raise
    MetaRefused."""

    async def listed(self) -> list[AtMeta]: ...

    async def create(self, payload: Mapping[str, Any]) -> AtMeta: ...

    async def edit(self, meta_id: str, payload: Mapping[str, Any]) -> AtMeta: ...

    async def people_a_day(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as far as the channel tells. At least one of the addresses is there."""

    phone: str | None = None  # E.164
    wa_id: str | None = None  # digits, as WhatsApp spells it
    bsuid: str | None = None
    name: str = ""
    chat: str | None = None  # on Telegram


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from outside, or typed on the analyst's own phone (``echo``)."""

    channel: ChannelName
    external_id: str
    sender: Sender
    occurred_at: datetime
    kind: str  # the channel's type: text, image, button, …
    text: str
    reply_to: str | None = None
    media: Mapping[str, str] = field(default_factory=dict)  # id, mime_type, filename, sha256, as given
    echo: bool = False
    past: bool = False  # from before the number was connected: recorded without a word to anybody
    opens_window: bool = True  # free text goes for 24 hours from it
    became: Sender | None = None  # who the sender is from now on, where the channel tells that they have changed


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel later tells of a message of ours."""

    channel: ChannelName
    external_id: str
    status: MessageStatus
    occurred_at: datetime
    key: str | None = None  # ours, when the channel gives it back
    recipient: Sender | None = None
    code: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """What a channel tells of the operation's own account. ``key``: the same notice has the same."""

    name: str  # the channel's own, as `account_update`
    detail: Mapping[str, str]  # texts and numbers by their dotted path
    key: str
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class OptOut:
    """A dentist's wish about marketing messages, told through the platform's own switch."""

    channel: ChannelName
    sender: Sender
    occurred_at: datetime
    stop: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """Something an analyst must see: drawn when delivered, drawn anew in place when ``screen`` is known."""

    notification_id: int
    chat_id: int
    kind: str
    case_id: int | None
    subject_id: int | None  # of the kind's own row: message, follow-up, contact
    screen: int | None  # the chat's id of the message to redraw


class NotDelivered(Exception):
    """The notice could not be shown now. ``retry_after`` None: never (the analyst blocked the bot)."""

    def __init__(self, reason: str, retry_after: timedelta | None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Notifier(Protocol):
    """Shows notices to analysts. Returns the id of the screen; raises NotDelivered."""

    async def deliver(self, notice: Notice) -> int: ...


class RatesUnavailable(Exception):
    """No publisher of the index gave an answer that can be read; the text says of each why."""


class RateSource(Protocol):
    """Reads the price index. Raises RatesUnavailable."""

    async def read(self, first: str, last: str) -> list[Rate]:
        """The published months, YYYY-MM, from one to the other, both included."""
        ...
