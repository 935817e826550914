"""Search: from a few words to the cases that they can mean."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from messages.finding import Wanted, wanted
from storage import queries, search
from storage.models import Analyst
from storage.queries import Whose
from storage.search import Found

SHOWN = 8


def find(session: Session, analyst: Analyst, text: str, *, now: datetime) -> list[Found]:
    """Among the cases that an analyst works through, each once: by number, by name, by what was said. At most SHOWN."""
    asked = wanted(text)
    each: dict[int | None, Found] = {}
    for found in _ways(session, asked, queries.whose_cases(session, analyst)):
        for one in found:
            each.setdefault(one.case.id, one)
        if len(each) >= SHOWN:
            break
    return list(each.values())[:SHOWN]


def _ways(session: Session, asked: Wanted, whose: Whose) -> Iterator[list[Found]]:
    """The surest way first; the next is gone only when it is asked for."""
    yield search.by_number(session, asked, whose, SHOWN)
    if asked.words:
        yield search.by_name(session, asked.words, whose, SHOWN)
        yield search.by_words(session, asked.words, whose, SHOWN)
