"""Search: from a few words to the cases that they can mean."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session

from messages.case_line import protocol_in
from messages.errors import InvalidInput, NotFound
from messages.finding import Wanted, wanted
from messages.people import title_name
from messages.template_source import join_pt
from storage import queries, search
from storage.models import Analyst, Case
from storage.queries import Whose
from storage.search import Found

SHOWN = 8
NAMED = 4  # where several can be meant


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


def meant(session: Session, analyst: Analyst, text: str, *, now: datetime) -> Case:
    """The one case that is meant where a case is asked for: by protocol, its end, CRO, phone or name; of several the
    open one. Raises NotFound where there is none, InvalidInput where there are several."""
    if protocol := protocol_in(text):
        return queries.case_by_protocol(session, protocol, analyst)
    asked, whose = wanted(text), queries.whose_cases(session, analyst)
    found = search.by_number(session, asked, whose, SHOWN)
    if not found and asked.words:
        found = search.by_name(session, asked.words, whose, SHOWN)
    likely = [one for one in found if one.case.closed_at is None] or found
    if len(likely) == 1:
        return likely[0].case
    if not likely:
        raise NotFound(
            "Não encontrei esse caso. Responda com o nº do protocolo, o CRO, o telefone ou o nome do dentista."
        )
    some = join_pt([f"{title_name(one.dentist.name)} ({one.case.protocol})" for one in likely[:NAMED]])
    raise InvalidInput(
        f"Pode ser mais de um caso: {some}. Responda com o nº do protocolo; bastam os últimos algarismos."
    )


def _ways(session: Session, asked: Wanted, whose: Whose) -> Iterator[list[Found]]:
    """The surest way first; the next is gone only when it is asked for."""
    yield search.by_number(session, asked, whose, SHOWN)
    if asked.words:
        yield search.by_name(session, asked.words, whose, SHOWN)
        yield search.by_words(session, asked.words, whose, SHOWN)
