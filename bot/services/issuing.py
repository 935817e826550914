"""The form as it leaves the house: numbered revisions that nothing changes, and how one is recognised.

The form of an open case is issued as the rows stand; when the case ends, it is frozen. What comes later is told on the
case, and stands on no form of it until it is opened again.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session

from bot.services import audit, forms
from bot.services.cases import HEADER, PERSON
from bot.services.gate import checked_reason
from bot.services.operation import Operation
from bot.services.permission import only_supervisors
from messages.calendar import at
from messages.errors import Conflict, NotFound
from messages.form import Form
from messages.form.model import form_of_json
from messages.form.printing import printed
from messages.statuses import FormFormat
from storage import forms as stored
from storage import queries
from storage.models import Analyst, Case, FormRevision

MOST = 200  # forms at once
CODE_LENGTH = 10  # letters and digits that nobody takes for one another
_OF_END = {"form_date", "started_on", "ended_on", "other_justification", "protocol_required", "general_notes"}
_OF_HEADER = {*HEADER, *PERSON, "dentist_name", "cro", "cro_uf", "currency", "last_production_value"} - _OF_END


@dataclass(frozen=True, slots=True)
class Issued:
    """A revision with the form it holds. ``files``: those that were made of it, by format; ``closed``: its case."""

    revision: FormRevision
    form: Form
    files: dict[FormFormat, bytes]
    closed: bool

    @property
    def note(self) -> str:
        """What is printed to recognise it by."""
        return f"Revisão {self.revision.number} · código {shown(self.revision.code)}"

    def printed(self, wanted: FormFormat) -> bytes:
        """A file of it, made anew: out of any transaction, for it may take a second."""
        return printed(self.form, wanted, note=self.note, issued_at=self.revision.issued_at)


def issue(session: Session, analyst: Analyst | None, case: Case, op: Operation, *, now: datetime) -> Issued:
    """The form of a case, as it is handed out; a new revision only where it says something new. Audited.

    The case's lock is held, or nobody else writes.
    """
    last = stored.last_revision(session, case.id or 0)
    if last is None or case.closed_at is None:
        last = _revision(session, analyst, case, forms.build(session, case, op), last, "", now)
    audit.record(session, analyst, "form_issued", case, now=now, revision=last.number)
    return _issued(session, [(last, case)])[0]


def of_case(session: Session, analyst: Analyst, case_id: int, op: Operation, *, now: datetime) -> Issued:
    """The same for somebody who may see the case. Raises NotFound."""
    return issue(session, analyst, queries.case_for(session, case_id, analyst, lock=True), op, now=now)


def of_protocol(session: Session, protocol: str, op: Operation, *, now: datetime) -> Issued:
    """For the command line: of a protocol's newest case. Raises NotFound."""
    case = queries.newest_case(session, protocol, lock=True)
    if case is None:
        raise NotFound(f"Não há caso com o protocolo {protocol}.")
    return issue(session, None, case, op, now=now)


def freeze(session: Session, analyst: Analyst, case: Case, op: Operation, *, now: datetime) -> FormRevision:
    """The form of a case that ends now. The case's lock is held."""
    last = stored.last_revision(session, case.id or 0)
    return _revision(session, analyst, case, forms.build(session, case, op), last, "", now)


def reissue(
    session: Session, analyst: Analyst, case_id: int, reason: str, op: Operation, *, now: datetime
) -> FormRevision:
    """A closed case's form once more, with its header as it is on record now: a new revision, whose reason is kept.

    Contacts, actions, reasons and outcome stay as they were. Raises NotFound, InvalidInput without a reason, Conflict
    for an open case, and where the header says nothing new.
    """
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is None:
        raise Conflict("O caso está aberto: “Formulário” já traz o que está registrado agora.")
    reason = checked_reason(reason)
    last = issue(session, analyst, case, op, now=now)
    current = forms.build(session, case, op)
    header = {f.name: getattr(current, f.name) for f in fields(Form) if f.name in _OF_HEADER}
    revision = _revision(session, analyst, case, replace(last.form, **header), last.revision, reason, now)
    if revision.number == last.revision.number:
        raise Conflict("Nada mudou no cabeçalho desde a última revisão: corrija em “Dados” antes de reemitir.")
    audit.record(session, analyst, "form_reissued", case, now=now, revision=revision.number)
    return revision


def _revision(
    session: Session,
    analyst: Analyst | None,
    case: Case,
    form: Form,
    last: FormRevision | None,
    reason: str,
    now: datetime,
) -> FormRevision:
    """The form as a revision: the last one, where that says the same."""
    assert case.id is not None
    content = form.as_json()
    digest = digest_of(content)
    if last is not None and last.digest == digest:
        return last
    number = last.number + 1 if last else 1
    revision = FormRevision(
        case_id=case.id,
        number=number,
        code=_code(case.id, number, digest),
        digest=digest,
        content=content,
        reason=reason,
        analyst_id=analyst.id if analyst else None,
        issued_at=now,
    )
    session.add(revision)
    session.flush()
    return revision


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of a form's content, whatever the order in which a database gives its keys back."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _code(case_id: int, number: int, digest: str) -> str:
    return base64.b32encode(hashlib.sha256(f"{case_id}:{number}:{digest}".encode()).digest()).decode()[:CODE_LENGTH]


def shown(code: str) -> str:
    """“K7QF2-9XMTR”."""
    return f"{code[:5]}-{code[5:]}"


def _issued(
    session: Session, revisions: Sequence[tuple[FormRevision, Case]], *, only: FormFormat | None = None
) -> list[Issued]:
    """``only``: the files of one format."""
    files: dict[int, dict[FormFormat, bytes]] = {}
    for file in stored.files_of(session, [revision.id or 0 for revision, _ in revisions], only=only):
        files.setdefault(file.revision_id, {})[file.format] = file.content
    return [
        Issued(revision, form_of_json(revision.content), files.get(revision.id or 0, {}), case.closed_at is not None)
        for revision, case in revisions
    ]


def keep(session: Session, revision_id: int, made: FormFormat, content: bytes, *, now: datetime) -> None:
    """A file that was just made of a revision; one that somebody else has kept meanwhile stands."""
    stored.keep_file(session, revision_id, made, content, hashlib.sha256(content).hexdigest(), now)


def may_take_all(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """Raises NotAllowed."""
    only_supervisors(analyst, "Só a supervisão recebe os formulários de toda a equipe.")


def of_closed(
    session: Session, analyst: Analyst, since: date, until: date, op: Operation, *, now: datetime
) -> list[Issued]:
    """For supervisors: the forms of the cases that ended from one local day to before another, the first `MOST`.
    Audited. Raises NotAllowed."""
    may_take_all(session, analyst, now=now)
    begin, end = (at(day, time.min, op.zone) for day in (since, until))
    last = stored.last_of_closed(session, begin, end, MOST)
    found = [(revision or _late(session, analyst, case, op, now), case) for case, revision in last]
    audit.record_many(session, analyst, "form_issued", [case for _, case in found], now=now)
    return _issued(session, found, only=FormFormat.PDF)


def _late(session: Session, analyst: Analyst, case: Case, op: Operation, now: datetime) -> FormRevision:
    """The first revision of a case that ended before forms were kept."""
    held = queries.case_for(session, case.id or 0, analyst, lock=True)
    last = stored.last_revision(session, held.id or 0)
    return last or _revision(session, analyst, held, forms.build(session, held, op), None, "", now)


@dataclass(frozen=True, slots=True)
class Verified:
    """What is on record of a printed form. ``newest``: no later revision was issued. ``same_file``: None where no file
    was compared."""

    protocol: str
    dentist_name: str
    revision: FormRevision
    newest: bool
    same_file: bool | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "protocol": self.protocol,
            "dentist_name": self.dentist_name,
            "revision": self.revision.number,
            "issued_at": self.revision.issued_at.isoformat(),
            "digest": self.revision.digest,
            "newest": self.newest,
            "same_file": self.same_file,
        }


def verify(session: Session, code: str, file: bytes | None = None, *, now: datetime) -> Verified:
    """Whether a form was issued by us, by the code that is printed on it; and whether a file of it is the one that was
    handed out. Raises NotFound."""
    plain = "".join(filter(str.isalnum, code)).upper()
    found = stored.by_code(session, plain)
    if found is None or digest_of(found[0].content) != found[0].digest:
        raise NotFound(f"Nenhum formulário foi emitido com o código {code}: confira o código no rodapé.")
    revision, case = found
    same = None
    if file is not None:
        ours = {f.digest for f in stored.files_of(session, [revision.id or 0])}
        same = hashlib.sha256(file).hexdigest() in ours
    last = stored.last_revision(session, case.id or 0)
    newest = last is not None and last.id == revision.id
    return Verified(case.protocol, str(revision.content["dentist_name"] or ""), revision, newest, same)
