"""Search for cases: by numbers, by names, and by what was said in them. Accents and capitals make no difference.

The words lie in indexes that the models do not name; the database keeps them itself (migration 0002): full-text tables
fed by triggers on SQLite, generated columns on PostgreSQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, column, func, literal_column, or_, select, table
from sqlmodel import Session, SQLModel, col

from messages.finding import Wanted
from storage.models import Case, Contact, Dentist, DentistAddress
from storage.queries import STANDS, Whose, in_hands
from storage.upsert import table_of

NEWEST = 20_000  # touches: where a word that everybody uses is found often enough


@dataclass(frozen=True, slots=True)
class Found:
    """A case, and the touch in which the words stand, where it was found by them."""

    case: Case
    dentist: Dentist
    contact: Contact | None = None


def by_number(session: Session, wanted: Wanted, whose: Whose, limit: int) -> list[Found]:
    """Whose protocol, registration or phone it is."""
    ways: list[ColumnElement[bool]] = []
    if wanted.protocol_end is not None:
        ways.append(col(Case.protocol).endswith(wanted.protocol_end, autoescape=True))
    if wanted.cro is not None:
        number, uf = wanted.cro
        of_cro = select(col(Dentist.id)).where(col(Dentist.cro) == number)
        ways.append(col(Case.dentist_id).in_(of_cro if uf is None else of_cro.where(col(Dentist.cro_uf) == uf)))
    reached: list[ColumnElement[bool]] = [col(DentistAddress.address).in_(wanted.phones)] if wanted.phones else []
    if wanted.phone_end is not None:
        reached.append(col(DentistAddress.address).endswith(wanted.phone_end, autoescape=True))
    if reached:
        ways.append(col(Case.dentist_id).in_(select(col(DentistAddress.dentist_id)).where(or_(*reached))))
    return _cases(session, or_(*ways), whose, limit) if ways else []


def by_name(session: Session, words: tuple[str, ...], whose: Whose, limit: int) -> list[Found]:
    """Whose dentist's name holds words that begin like all of these."""
    named, _ = _holding(session, Dentist, words, col(Dentist.id))
    return _cases(session, col(Case.dentist_id).in_(named), whose, limit)


def by_words(session: Session, words: tuple[str, ...], whose: Whose, limit: int) -> list[Found]:
    """In which something was said or noted with words that begin like all of these; what is newest first.

    The newest touches are looked at first: a word that everybody uses is in them, and the index would answer it with
    half of all there ever were. What they don't hold is rare, or long ago, and the index's to answer.
    """
    ids = _last_said(session, _newest_holding(session, words), whose, limit)
    if len(ids) < limit:
        hits, number = _holding(session, Contact, words, col(Contact.id), col(Contact.case_id))
        ids = _last_said(session, hits.where(STANDS).order_by(number.desc()).limit(NEWEST), whose, limit)
    rows = session.execute(
        select(Case, Dentist, Contact)
        .join(Dentist, col(Case.dentist_id) == col(Dentist.id))
        .join(Contact, col(Contact.case_id) == col(Case.id))
        .where(col(Contact.id).in_(ids))
        .order_by(col(Contact.id).desc())
    )
    return [Found(case, dentist, contact) for case, dentist, contact in rows]


def _newest_holding(session: Session, words: tuple[str, ...]) -> Any:
    """Number and case of those among the NEWEST touches that hold the words."""
    hits, number = _holding(session, Contact, words, col(Contact.id), col(Contact.case_id))
    last = select(func.max(col(Contact.id))).scalar_subquery()
    return hits.where(STANDS, number > last - NEWEST)


def _last_said(session: Session, hits: Any, whose: Whose, limit: int) -> Sequence[int]:
    """Of each case the last of these touches, the newest cases first."""
    found = hits.subquery()
    last = (
        select(func.max(found.c.id))
        .join(Case, found.c.case_id == col(Case.id))
        .group_by(found.c.case_id)
        .order_by(func.max(found.c.id).desc())
        .limit(limit)
    )
    return session.execute(_of(last, whose)).scalars().all()


def _cases(session: Session, where: ColumnElement[bool], whose: Whose, limit: int) -> list[Found]:
    """Open ones first, then the last touched."""
    statement = select(Case, Dentist).join(Dentist, col(Case.dentist_id) == col(Dentist.id)).where(where)
    order = (col(Case.closed_at).is_not(None), col(Case.last_touch_at).desc(), col(Case.id).desc())
    rows = session.execute(_of(statement, whose).order_by(*order).limit(limit))
    return [Found(case, dentist) for case, dentist in rows]


def _of(statement: Any, whose: Whose) -> Any:
    return statement.where(in_hands(whose))


def _holding(session: Session, model: type[SQLModel], words: tuple[str, ...], *columns: Any) -> tuple[Any, Any]:
    """Columns of the rows with words that begin like all of these, and the row's number, by which they can be ordered.

    ``words`` are letters and digits only.
    """
    rows = table_of(model)
    if session.get_bind().dialect.name == "sqlite":
        index = table(f"{rows.name}_words", column("rowid"), column(f"{rows.name}_words"))
        asked = " ".join(f'"{word}"*' for word in words)
        match = index.c[f"{rows.name}_words"].op("MATCH")(asked)
        return select(*columns).join_from(index, rows, rows.c.id == index.c.rowid).where(match), index.c.rowid
    asked = " & ".join(f"{word}:*" for word in words)
    match = literal_column(f"{rows.name}.words").op("@@")(func.to_tsquery(literal_column("'simple'"), asked))
    return select(*columns).where(match), rows.c.id
