"""Files that go to dentists: kept as rows, so that whichever process sends has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from messages import checks
from messages.contracts import Document
from messages.errors import InvalidInput
from storage.models import Analyst, Attachment, Message

CAPTION_LIMIT = 1024  # characters that WhatsApp takes below a file


@dataclass(frozen=True, slots=True)
class Named:
    """What a screen tells of a file. ``size`` in bytes."""

    filename: str
    mime_type: str
    size: int


def keep(session: Session, analyst: Analyst, document: Document, *, now: datetime) -> int:
    """The row's id."""
    assert analyst.id is not None
    row = Attachment(
        filename=document.filename,
        mime_type=document.mime_type,
        size=len(document.content),
        content=document.content,
        analyst_id=analyst.id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def named(session: Session, message: Message) -> Named | None:
    """What goes with a message, without its content."""
    return names(session, [message]).get(message.attachment_id or 0)


def names(session: Session, messages: Sequence[Message]) -> dict[int, Named]:
    """Attachment id → what goes with these messages, without its content."""
    ids = {m.attachment_id for m in messages if m.attachment_id is not None}
    columns = (col(Attachment.id), col(Attachment.filename), col(Attachment.mime_type), col(Attachment.size))
    rows = session.execute(select(*columns).where(col(Attachment.id).in_(ids))) if ids else ()
    return {number: Named(filename, mime_type, size) for number, filename, mime_type, size in rows}


def documents(session: Session, messages: Sequence[Message]) -> dict[int, Document]:
    """Attachment id → the file, of messages that are about to leave."""
    ids = {m.attachment_id for m in messages if m.attachment_id is not None}
    if not ids:
        return {}
    rows = session.exec(select(Attachment).where(col(Attachment.id).in_(ids)))
    return {row.id: Document(row.filename, row.mime_type, row.content) for row in rows if row.id is not None}


def checked_caption(text: str) -> str:
    """What an analyst wrote below a file; may be nothing. Raises InvalidInput."""
    text = text.strip()
    if len(text) > CAPTION_LIMIT:
        raise InvalidInput(
            f"A legenda tem {len(text)} caracteres e pode ter até {CAPTION_LIMIT}: encurte, ou mande o texto à parte."
        )
    checks.refuse_unfilled(text)
    return text
