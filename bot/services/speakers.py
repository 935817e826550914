"""Who speaks in a conversation: which of the analyst's cases it is about, and who of its authors is ours."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select
from unidecode import unidecode

from messages.transcripts import Transcript
from storage import queries
from storage.models import Analyst, Case, Dentist

CRO_DIGITS = range(3, 7)  # how long a number in a saved name is, if it is a CRO
CHOICES = 8  # cases offered where it is not clear whose the conversation is
KEPT = ("text", "media", "deleted")  # system lines are the app's, nobody said them


def spoken(read: Transcript) -> int:
    """How many messages somebody said."""
    return sum(m.kind in KEPT for m in read.messages)


def authors(read: Transcript) -> list[str]:
    """Everybody who says something, in order of appearance."""
    return list(dict.fromkeys(m.author for m in read.messages if m.kind in KEPT))


def offered(session: Session, analyst: Analyst, read: Transcript, now: datetime) -> list[tuple[Case, Dentist]]:
    """Those that match, then those touched last: whoever matches may still not be the one."""
    found = [*matching(session, analyst, read, now), *queries.recent_cases(session, analyst, limit=CHOICES)]
    return list({case.id: (case, dentist) for case, dentist in found}.values())[:CHOICES]


def matching(session: Session, analyst: Analyst, read: Transcript, now: datetime) -> list[tuple[Case, Dentist]]:
    """The analyst's open cases whose dentist is an author: by CRO in the saved name, else by name."""
    authors = [words_of(a) for a in {m.author for m in read.messages if m.author}]
    numbers = {number for words in authors for number in cros(words)}
    statement = (
        select(Case, Dentist)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .where(queries.in_hands(queries.whose_cases(session, analyst)), col(Case.closed_at).is_(None))
    )
    by_cro = list(session.exec(statement.where(col(Dentist.cro).in_(numbers)))) if numbers else []
    if by_cro:
        return by_cro
    everybody = session.exec(statement.order_by(col(Case.last_touch_at).desc()).limit(500)).all()
    return [(c, d) for c, d in everybody if any(_is_named(words, d) for words in authors)]


def sides_of(
    read: Transcript, dentist: Dentist, analyst: Analyst, case: Case, told: dict[str, bool]
) -> tuple[dict[str, bool], list[str]]:
    """Who is ours (True) and who is on the dentist's side; and the authors that must be asked about.

    Once one side is sure, whoever is left of two authors is the other. Two who seem to be on one side are asked about.
    """
    people = authors(read)
    seeming = {a: _side(words_of(a), dentist, analyst, case) for a in people if a not in told}
    sides = {a: told[a] for a in people if a in told} | {a: s for a, s in seeming.items() if s is not None}
    if len(people) > 1 and len(set(sides.values())) == 1 and len(sides) == len(people):
        sides = {a: told[a] for a in people if a in told}
    unknown = [a for a in people if a not in sides]
    if len(people) == 2 and len(unknown) == 1:
        (known,) = sides.values()
        sides[unknown.pop()] = not known
    return sides, unknown


def _side(words: list[str], dentist: Dentist, analyst: Analyst, case: Case) -> bool | None:
    """The side that a name tells: by what only one side has (the sector, the operator; the CRO), else by first names.
    None where it fits both sides, or none."""
    marks = (
        ("retencao" in words or words == words_of(case.operator or "-"), dentist.cro in cros(words)),
        (words[:1] == words_of(analyst.name)[:1], _is_named(words, dentist)),
    )
    ours, theirs = next((mark for mark in marks if any(mark)), (False, False))
    return None if ours == theirs else ours


def _is_named(words: Sequence[str], dentist: Dentist) -> bool:
    """The author's name holds the dentist's first name, and no number that could be a CRO and is another one."""
    if cros(words) - {dentist.cro}:
        return False
    for name in (dentist.called, dentist.name):
        known = words_of(name or "")
        if known and known[0] in words:
            return True
    return False


def cros(words: Sequence[str]) -> set[str]:
    """The numbers in a saved name that could be a CRO. What holds no word at all is the phone of somebody unsaved."""
    if all(w.isdigit() for w in words):
        return set()
    return {w for w in words if w.isdigit() and len(w) in CRO_DIGITS}


def words_of(text: str) -> list[str]:
    joined = re.sub(r"(?<=\d)\.(?=\d)", "", text)  # "90.485" is one number
    plain = "".join(c if c.isalnum() else " " for c in unidecode(joined).lower())
    return [w for w in plain.split() if w not in ("dr", "dra", "drs", "doutor", "doutora")]
