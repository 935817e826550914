"""The closed lists that rows, chat and form share, and the order in which a message's status may move."""

from enum import StrEnum


class ChannelName(StrEnum):
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    MANUAL = "manual"  # the analyst's own phone: wa.me link out, pasted conversation in
    PHONE = "phone"
    INTERNAL = "internal"  # notes: nothing left the house


class Direction(StrEnum):
    """Of a contact. The values stand in the database and in scripts that read it."""

    IN = "in"
    OUT = "out"
    CALL = "call"
    NOTE = "note"


class MessageStatus(StrEnum):
    """Of a message to a dentist, from draft to what the channel tells of it."""

    DRAFT = "draft"
    QUEUED = "queued"  # approved; leaves at due_at unless undone
    SENDING = "sending"  # committed before the call goes out
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"  # may be out: only a person sends again
    HANDED_OVER = "handed_over"  # the analyst says it was sent by hand
    DISCARDED = "discarded"


class Worklist(StrEnum):
    """What waits for somebody, as lists."""

    REPLIES = "replies"  # written and not yet dealt with
    UNTOUCHED = "untouched"  # no first contact
    OVERDUE = "overdue"  # follow-ups that are due
    PREPARED = "prepared"  # drafts that the cadence made
    ESCALATED = "escalated"  # follow-ups that were told again and again in vain
    TODAY = "today"  # follow-ups that fall due today
    STILL = "still"  # nobody has said anything for days, and nothing is promised
    DRAFTS = "drafts"
    SCHEDULED = "scheduled"  # approved for later
    DOUBTS = "doubts"  # sends whose fate is unknown
    WAITING = "waiting"  # for the dentist
    ORPHANED = "orphaned"  # open cases of somebody who is suspended
    OPEN = "open"  # all open cases


class FollowUpKind(StrEnum):
    RETURN = "return"  # promised, or planned by a person
    CLOSING = "closing"  # proposed by the cadence: to close without an answer


class DayPart(StrEnum):
    """When the summaries of a working day come."""

    MORNING = "morning"
    EVENING = "evening"


# What a receipt may move a status to. `failed` and `delivered` of one message can both come, shuffled: delivered wins.
_PROGRESS = {
    MessageStatus.QUEUED: 0,
    MessageStatus.SENDING: 0,
    MessageStatus.UNKNOWN: 0,
    MessageStatus.ACCEPTED: 1,
    MessageStatus.FAILED: 2,
    MessageStatus.DELIVERED: 3,
    MessageStatus.READ: 4,
}

LEFT_THE_HOUSE = frozenset(
    {MessageStatus.ACCEPTED, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.HANDED_OVER}
)


def advances(current: MessageStatus, reported: MessageStatus) -> bool:
    """Whether a reported status moves this one forward. Statuses never move back."""
    if current not in _PROGRESS or reported not in _PROGRESS:
        return False
    return _PROGRESS[reported] > _PROGRESS[current]


class Outcome(StrEnum):
    """How a case ended; the values are the form's own words."""

    RETAINED = "Retenção Efetiva"
    LEFT = "Desligamento"
    NOT_RETENTION = "Não se trata de Retenção"


class ApprovalKind(StrEnum):
    """What supervisors are asked to allow."""

    EXCEPTION = "exception"  # from a rule, for one case
    CONTACT = "contact"  # to write to a dentist who had asked for no messages
    CLOSING = "closing"  # that a case ends, where supervisors sign off
    OVERRULE = "overrule"  # that a case ends in spite of what the closing gate found
    READJUSTMENT = "readjustment"  # these figures, and no others


class ReadingPart(StrEnum):
    """What of a reading a person answered: that it is so, or what it is instead."""

    INTENT = "intent"
    REASONS = "reasons"
    PROMISE = "promise"


class FormFormat(StrEnum):
    """What the official form is handed out as."""

    PDF = "pdf"
    DOCX = "docx"
    MD = "md"


class BlockChange(StrEnum):
    """What a person did to a block of the form; touches never change."""

    BEGINS = "begins"  # a block begins with this touch
    GOES_ON = "goes_on"  # this touch goes on in the block before
    WORDED = "worded"  # the block that begins with this touch is told in these words; empty: in its own again


class Settled(StrEnum):
    """How something that the closing gate found may stand without being mended."""

    CHECKED = "checked"  # whoever closes has looked: a tap
    EXPLAINED = "explained"  # whoever closes says why, in words
    OVERRULED = "overruled"  # a supervisor says why


class Role(StrEnum):
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
