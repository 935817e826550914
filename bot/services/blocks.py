"""The blocks of a form before it is issued: regrouped and worded by people. The touches themselves never change."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.services import audit, forms
from bot.services.gate import still_open
from bot.services.notes import LIMIT
from bot.services.operation import Operation
from messages.blocks import Talk
from messages.errors import Conflict, InvalidInput, NotFound
from messages.form.text import tidy
from messages.statuses import BlockChange
from storage import queries
from storage.forms import edits_of
from storage.models import Analyst, BlockEdit, Case, Dentist

VERBATIM = "Este bloco veio no formulário de abertura: ele fica como veio."


@dataclass(frozen=True, slots=True)
class View:
    """The conversations in the form's order. ``worded``: keys of those that are told in a person's words."""

    case: Case
    dentist: Dentist
    talks: list[Talk]
    worded: frozenset[int]

    def talk(self, key: int) -> Talk:
        """Raises NotFound."""
        return self.talks[self.place(key)]

    def place(self, key: int) -> int:
        """Raises NotFound."""
        found = next((n for n, talk in enumerate(self.talks) if talk.key == key), None)
        if found is None:
            raise NotFound("Este bloco mudou: veja os blocos de novo.")
        return found


def view(session: Session, analyst: Analyst, case_id: int, op: Operation, *, now: datetime) -> View:
    """Raises NotFound."""
    return _view(session, queries.case_for(session, case_id, analyst), op)


def _view(session: Session, case: Case, op: Operation) -> View:
    record = forms.record_of(session, case)
    talks = forms.talks_of(record, op)
    last = {edit.contact_id: edit.words for edit in record.edits if edit.change is BlockChange.WORDED}
    worded = frozenset(talk.key for talk in talks if last.get(talk.key) == talk.notes)
    return View(case, record.dentist, talks, worded)


def join(session: Session, analyst: Analyst, case_id: int, key: int, op: Operation, *, now: datetime) -> Case:
    """The block that begins with this touch goes on from the one before. Raises NotFound, Conflict."""
    case, seen = _open(session, analyst, case_id, op)
    place = seen.place(key)
    if place == 0 or seen.talks[place].imported or seen.talks[place - 1].imported:
        raise Conflict("Não há bloco antes deste com que juntar.")
    return _changed(session, analyst, case, key, BlockChange.GOES_ON, now)


def split(session: Session, analyst: Analyst, case_id: int, key: int, op: Operation, *, now: datetime) -> Case:
    """A block begins with this touch. Raises NotFound, Conflict where it begins one already."""
    case, seen = _open(session, analyst, case_id, op)
    if not any(touch.key == key for talk in seen.talks for touch in talk.touches[1:]):
        raise Conflict("O bloco já começa aqui.")
    return _changed(session, analyst, case, key, BlockChange.BEGINS, now)


def reword(
    session: Session, analyst: Analyst, case_id: int, key: int, words: str, op: Operation, *, now: datetime
) -> Case:
    """Tell a block in these words, while its touches stay the same. Raises NotFound, Conflict, InvalidInput."""
    told = tidy(words)
    if told is None:
        raise InvalidInput("Escreva o texto do bloco.")
    if len(told) > LIMIT:
        raise InvalidInput(f"O texto passa de {LIMIT} caracteres: resuma.")
    case, seen = _open(session, analyst, case_id, op)
    talk = seen.talk(key)
    if talk.imported:
        raise Conflict(VERBATIM)
    own = _own_words(session, seen, talk)
    return _changed(session, analyst, case, key, BlockChange.WORDED, now, words=told, instead_of=own)


def restore(session: Session, analyst: Analyst, case_id: int, key: int, op: Operation, *, now: datetime) -> Case:
    """Tell a block in its own words again. Raises NotFound, Conflict where it is."""
    case, seen = _open(session, analyst, case_id, op)
    if seen.talk(key).key not in seen.worded:
        raise Conflict("O bloco já está com o texto do registro.")
    return _changed(session, analyst, case, key, BlockChange.WORDED, now)


def _own_words(session: Session, seen: View, talk: Talk) -> str:
    """As the touches tell it: what a worded block stands instead of."""
    if talk.key not in seen.worded:
        return talk.notes
    worded = [e for e in edits_of(session, seen.case.id or 0) if e.change is BlockChange.WORDED]
    return next(edit.instead_of for edit in reversed(worded) if edit.contact_id == talk.key)


def _open(session: Session, analyst: Analyst, case_id: int, op: Operation) -> tuple[Case, View]:
    case = still_open(session, analyst, case_id)
    return case, _view(session, case, op)


def _changed(
    session: Session,
    analyst: Analyst,
    case: Case,
    key: int,
    change: BlockChange,
    now: datetime,
    *,
    words: str = "",
    instead_of: str = "",
) -> Case:
    assert case.id is not None and analyst.id is not None
    session.add(
        BlockEdit(
            case_id=case.id,
            contact_id=key,
            change=change,
            words=words,
            instead_of=instead_of,
            analyst_id=analyst.id,
            created_at=now,
        )
    )
    audit.record(session, analyst, "block_changed", case, now=now, contact=key, change=change.value)
    return case
