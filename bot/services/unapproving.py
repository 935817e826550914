"""An approval that no longer holds."""

from datetime import datetime

from messages.statuses import MessageStatus
from storage.models import Message


def back_to_draft(message: Message, now: datetime) -> None:
    """What was approved is so no longer: a button drawn before does not approve it again."""
    message.status, message.due_at, message.status_at, message.put_off = MessageStatus.DRAFT, None, now, False
    message.version += 1
