"""On which channel a dentist is answered: where the last message came from."""

from sqlmodel import Session

from messages.statuses import ChannelName
from storage import addresses, queries
from storage.models import Case


def answering_chat(session: Session, case: Case) -> str | None:
    """The chat on Telegram where the dentist wrote last; None where that was elsewhere, or it is blocked."""
    wrote = queries.last_written(session, case)
    if wrote is None or wrote.channel is not ChannelName.TELEGRAM:
        return None
    reached = addresses.reachable_chats(session, [case.dentist_id]).get(case.dentist_id, ())
    return wrote.address if wrote.address in reached else None


def chat_for(session: Session, case: Case, wanted: str | None = None) -> str | None:
    """A chat on Telegram that takes messages for the dentist: the one that is ``wanted``, else where they wrote last,
    else their own."""
    reached = addresses.reachable_chats(session, [case.dentist_id]).get(case.dentist_id, [])
    if wanted in reached:
        return wanted
    return answering_chat(session, case) or next(iter(reached), None)
