"""A file to a dentist: as an answer, which goes by itself after the undo time, or as a draft to be looked at first."""

from datetime import datetime

from sqlmodel import Session

from bot.services import attachments, drafts
from bot.services.operation import Operation
from messages.contracts import Document
from storage import queries
from storage.models import Analyst, Message


def answer(
    session: Session, analyst: Analyst, case_id: int, document: Document, caption: str, op: Operation, *, now: datetime
) -> Message:
    """Goes as a typed answer does (see `drafts.answer`)."""
    message = draft(session, analyst, case_id, document, caption, op, now=now)
    return drafts.leave(session, analyst, message, op, now=now)


def draft(
    session: Session, analyst: Analyst, case_id: int, document: Document, caption: str, op: Operation, *, now: datetime
) -> Message:
    """To be approved. Raises InvalidInput for too long a caption, Conflict where nothing may go to the dentist."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    caption = attachments.checked_caption(caption)
    kept = attachments.keep(session, analyst, document, now=now)
    return drafts.typed(session, analyst, case, caption, op, attachment_id=kept, now=now)
