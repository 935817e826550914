"""The whole texts at Meta: what it says of them, what may be sent, and what is to be submitted.

The network is `bot.template_desk`'s: it claims here what is to be asked of Meta, and records here what Meta said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from bot.services import audit, notices
from bot.services.operation import Operation, Operations
from bot.services.permission import only_supervisors
from bot.services.unapproving import back_to_drafts
from messages.contracts import AtMeta
from messages.errors import Conflict, MetaRefused, NotFound
from messages.meta_templates import APPROVED, LANGUAGE, MARKETING, PENDING, SUBMITTABLE, problem, told_state
from messages.policy import Whole
from messages.statuses import ChannelName, MessageStatus
from messages.templates import Library, Template
from storage.models import Analyst, Message, MetaAccount, MetaTemplate
from storage.upsert import insert_new

ACCOUNT = 1
DEARER = "A Meta passou este modelo para marketing depois da aprovação: custa mais. Confira e aprove de novo."
EVERY = timedelta(days=1)
SOON = timedelta(minutes=10)  # after a listing that came to nothing
GONE = "DELETED"
NEVER_PULLED = (
    "A Meta ainda não foi consultada sobre os modelos: a supervisão toca em “Consultar a Meta”, em “Modelos na Meta”, "
    "ou a TI roda retencao whatsapp templates pull."
)
NOT_CONNECTED = "A Meta não é consultada: faltam à TI o WHATSAPP_WABA_ID e o WHATSAPP_TOKEN na configuração."
THERE_ALREADY = "A Meta já tem este texto, {state}: não é preciso enviar."

Call = tuple[str, str, Mapping[str, str]]  # a template's name, the text that was shown, its parameters


# --- what may be sent


def judge(session: Session, calls: Sequence[Call]) -> list[Whole]:
    """Whether each may leave as the template it names, in one question for all."""
    if not calls:
        return []
    rows = _rows(session, {name for name, _, _ in calls})
    asked = account(session)
    unasked = asked is None or asked.pulled_at is None
    return [_judged(rows.get(name), unasked, name, text, parameters) for name, text, parameters in calls]


def _judged(row: MetaTemplate | None, unasked: bool, name: str, text: str, parameters: Mapping[str, str]) -> Whole:
    if row is None and unasked:
        return Whole(NEVER_PULLED)
    return Whole(problem(_at_meta(row) if row else None, name, text, parameters), row.category if row else None)


def wholes_of(session: Session, messages: Iterable[Message]) -> dict[int, Whole]:
    """Of the messages that go as templates, how each stands; by the message's id."""
    whole = [m for m in messages if m.template_name and m.channel is ChannelName.WHATSAPP]
    judged = judge(session, [(m.template_name or "", m.text, m.template_parameters) for m in whole])
    return {m.id or 0: found for m, found in zip(whole, judged, strict=True)}


def whole_of(session: Session, message: Message) -> Whole | None:
    return wholes_of(session, [message]).get(message.id or 0)


def _at_meta(row: MetaTemplate) -> AtMeta:
    return AtMeta(row.name, row.language, row.meta_id, row.category, row.status, row.reason, row.quality, row.body)


def _rows(session: Session, names: Iterable[str]) -> dict[str, MetaTemplate]:
    wanted = select(MetaTemplate).where(col(MetaTemplate.name).in_(set(names)), MetaTemplate.language == LANGUAGE)
    return {row.name: row for row in session.exec(wanted)}


# --- what supervisors see


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole text of the library, and its row where there is one."""

    template: Template
    row: MetaTemplate | None

    @property
    def differs(self) -> bool:
        """Meta has other words than the library."""
        row = self.row
        return row is not None and row.status is not None and row.body != self.template.meta_body()

    @property
    def recategorised(self) -> bool:
        """Meta counts it as something else than we submitted it as."""
        return self.row is not None and self.row.category not in (None, self.template.category)

    @property
    def submittable(self) -> bool:
        return self.row is None or why_not_submitted(self.row, self.template) is None


@dataclass(frozen=True, slots=True)
class Overview:
    entries: list[Entry]
    account: MetaAccount | None


def overview(session: Session, analyst: Analyst | None, op: Operation, *, now: datetime) -> Overview:
    """All whole texts, in the library's order. ``analyst`` None: the command line. Raises NotAllowed."""
    if analyst is not None:
        only_supervisors(analyst)
    wholes = _wholes(op.library)
    rows = _rows(session, wholes)
    return Overview([Entry(template, rows.get(name)) for name, template in wholes.items()], account(session))


def entry(session: Session, analyst: Analyst, key: str, operations: Operations, *, now: datetime) -> Entry:
    """One of them, in its words of this moment. Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    template = _whole(operations.current(session).library, key)
    return Entry(template, _rows(session, [template.whatsapp_name]).get(template.whatsapp_name))


def entry_of_row(session: Session, _: Analyst, row_id: int, op: Operation, *, now: datetime) -> Entry:
    """By the row's id, for a notice: where nobody supervises, everybody is told. Raises NotFound for what the library
    no longer has."""
    row = session.get(MetaTemplate, row_id)
    template = _wholes(op.library).get(row.name) if row else None
    if row is None or template is None:
        raise NotFound("Este modelo não está mais na biblioteca.")
    return Entry(template, row)


def _wholes(library: Library) -> dict[str, Template]:
    """By their names at Meta."""
    return {template.whatsapp_name: template for template in library.values() if template.whole}


def _whole(library: Library, key: str) -> Template:
    template = library.get(key)
    if template is None or not template.whole:
        raise NotFound("Não encontrei este modelo: só os textos inteiros vão para a Meta.")
    return template


def account(session: Session) -> MetaAccount | None:
    """None: nobody has ever asked Meta, nor was told to."""
    return session.get(MetaAccount, ACCOUNT)


# --- what is asked of Meta


def ask_pull(session: Session, analyst: Analyst | None, *, now: datetime) -> MetaAccount:
    """Have the templates listed at once. Raises NotAllowed."""
    if analyst is not None:
        only_supervisors(analyst)
    row = hold_account(session, now=now)
    row.pull_due_at = now
    return row


def hold_account(session: Session, *, now: datetime) -> MetaAccount:
    """To be changed, or to have what depends on it done by one after the other: locked until the commit."""
    held = select(MetaAccount).where(MetaAccount.id == ACCOUNT).with_for_update()
    held = held.execution_options(populate_existing=True)  # another may have changed it while we waited
    row = session.exec(held).first()
    if row is None:
        insert_new(session, MetaAccount, [{"id": ACCOUNT, "pull_due_at": now}])
        row = session.exec(held).one()
    session.add(row)
    return row


def claim_pull(session: Session, *, now: datetime, wall: datetime, lease: timedelta) -> bool:
    """Whether the listing is due, and ours to ask for."""
    due = select(MetaAccount).where(_pull_due(now, wall))
    row = session.exec(due.with_for_update(skip_locked=True)).first()
    if row is None:
        return False
    row.lease_until, row.pull_due_at = wall + lease, now + SOON  # should we die: again then
    session.add(row)
    return True


def pulled(session: Session, listed: Sequence[AtMeta], op: Operation, *, now: datetime) -> list[MetaTemplate]:
    """All that Meta has: kept of our own texts, which are told where something has changed. Others are not ours."""
    there = {t.name: t for t in listed if t.language == LANGUAGE}
    rows = _rows(session, _wholes(op.library))
    for name in _wholes(op.library):
        row, found = rows.get(name), there.get(name)
        if found is not None:
            rows[name] = _learn(session, row or MetaTemplate(name=name, language=LANGUAGE), found, whole=True, now=now)
        elif row is not None and row.meta_id is not None:
            _learn(session, row, AtMeta(name, status=GONE), now=now)
    session.flush()
    kept = hold_account(session, now=now)
    kept.pulled_at, kept.lease_until, kept.error = now, None, None
    if kept.pull_due_at > now:  # else somebody has asked for it since, or a webhook came
        kept.pull_due_at = now + EVERY
    return [rows[name] for name in sorted(rows)]


def not_pulled(session: Session, refused: MetaRefused, *, now: datetime) -> None:
    kept = hold_account(session, now=now)
    kept.pull_due_at, kept.lease_until, kept.error = now + SOON, None, str(refused)


def submit(session: Session, analyst: Analyst, key: str, op: Operation, *, now: datetime) -> MetaTemplate:
    """Have a whole text submitted in its words of now. Raises NotAllowed, NotFound, Conflict where Meta would not take
    it, or has it already."""
    only_supervisors(analyst)
    template = _whole(op.library, key)
    row = _wanted(session, template, analyst.id, now)
    audit.record(session, analyst, "template_submitted", row, now=now, name=row.name)
    return row


def submit_all(session: Session, op: Operation, *, now: datetime) -> list[tuple[Entry, str]]:
    """From the command line: whatever Meta lacks or has in other words. What is not submitted comes back, with why."""
    left = []
    rows = _rows(session, _wholes(op.library))
    for name, template in _wholes(op.library).items():
        try:
            _wanted(session, template, None, now)
        except Conflict as error:
            left.append((Entry(template, rows.get(name)), error.text))
    return left


def _wanted(session: Session, template: Template, by: int | None, now: datetime) -> MetaTemplate:
    named = select(MetaTemplate).where(MetaTemplate.name == template.whatsapp_name, MetaTemplate.language == LANGUAGE)
    row = session.exec(named.with_for_update()).first()
    row = row or MetaTemplate(name=template.whatsapp_name, language=LANGUAGE)
    if reason := why_not_submitted(row, template):
        raise Conflict(reason)
    row.wanted_at, row.wanted_by, row.error, row.attempts = now, by, None, 0
    session.add(row)
    session.flush()
    return row


def why_not_submitted(row: MetaTemplate, template: Template) -> str | None:
    """Why it makes no sense to submit it now, as supervisors read it."""
    if row.wanted_at is not None:
        return "Este modelo já está sendo enviado à Meta: espere a resposta."
    if row.status in (None, GONE):
        return None
    if row.status in (APPROVED, PENDING) and row.body == template.meta_body():
        return THERE_ALREADY.format(state=told_state(row.status))
    if row.status not in SUBMITTABLE:
        return f"Enquanto está {told_state(row.status)}, a Meta não aceita mudança neste modelo."
    return None


@dataclass(frozen=True, slots=True)
class Submission:
    """What is asked of Meta. ``meta_id``: of the template that is to be changed; None creates it."""

    row_id: int
    name: str
    meta_id: str | None
    payload: Mapping[str, Any]
    body: str


def anything_due(session: Session, *, now: datetime, wall: datetime) -> bool:
    """Whether Meta is to be asked for anything: a look that locks and writes nothing."""
    listing, wish = select(MetaAccount.id).where(_pull_due(now, wall)), select(MetaTemplate.id).where(_due(now, wall))
    return any(session.exec(due.limit(1)).first() is not None for due in (listing, wish))


def _pull_due(now: datetime, wall: datetime) -> ColumnElement[bool]:
    free = or_(col(MetaAccount.lease_until).is_(None), col(MetaAccount.lease_until) < wall)
    return and_(col(MetaAccount.pull_due_at) <= now, free)


def _due(now: datetime, wall: datetime) -> ColumnElement[bool]:
    free = or_(col(MetaTemplate.lease_until).is_(None), col(MetaTemplate.lease_until) < wall)
    return and_(col(MetaTemplate.wanted_at) <= now, free)


def claim_submissions(
    session: Session, limit: int, op: Operation, *, now: datetime, wall: datetime, lease: timedelta
) -> list[Submission]:
    """Lease what is to be submitted. What Meta has got since the wish, or the library has lost, is wanted no more."""
    wanted = select(MetaTemplate).where(_due(now, wall))
    found, library = [], _wholes(op.library)
    ordered = wanted.order_by(col(MetaTemplate.wanted_at), col(MetaTemplate.id)).limit(limit)
    for row in session.exec(ordered.with_for_update(skip_locked=True)):
        template = library.get(row.name)
        there = template is not None and row.status in (APPROVED, PENDING) and row.body == template.meta_body()
        if template is None or there:
            _done(row)
        else:
            row.lease_until = wall + lease
            meta_id = row.meta_id if row.status != GONE else None
            found.append(Submission(row.id or 0, row.name, meta_id, template.meta_payload(), template.meta_body()))
        session.add(row)
    return found


def submitted(session: Session, one: Submission, told: AtMeta, *, now: datetime) -> MetaTemplate:
    """Meta has taken it; what it decides comes by webhook, or with the next listing."""
    row = _locked(session, one.row_id)
    _done(row)
    row.meta_id, row.body, row.error = told.meta_id or row.meta_id, one.body, None
    row.category, row.status, row.reason = told.category or row.category, told.status, None
    row.checked_at = now
    session.add(row)
    _tell(session, row, now)
    return row


def not_submitted(
    session: Session, one: Submission, refused: MetaRefused, *, now: datetime, wall: datetime
) -> MetaTemplate:
    """Tried again later, where that may help; else told. One that is there already is looked up, then changed."""
    row = _locked(session, one.row_id)
    row.attempts, row.error = row.attempts + 1, str(refused)
    if refused.exists or refused.retry:
        row.lease_until = wall + timedelta(seconds=min(2**row.attempts, 600))
    else:
        _done(row)
        _tell(session, row, now)
    if refused.exists:
        ask_pull(session, None, now=now)
    session.add(row)
    return row


def heed(session: Session, changes: Sequence[AtMeta], *, now: datetime) -> None:
    """What webhooks say of our texts. They repeat and overtake each other, so Meta is asked how it stands as well."""
    if not changes:
        return
    rows = _rows(session, {change.name for change in changes})
    for change in changes:
        if change.name in rows and change.language == LANGUAGE:
            _learn(session, rows[change.name], change, now=now)
    session.flush()
    ask_pull(session, None, now=now)


def _learn(session: Session, row: MetaTemplate, told: AtMeta, *, whole: bool = False, now: datetime) -> MetaTemplate:
    """Take over what is told. ``whole``: all of it, so that what is not there is not so."""
    new, before = row.id is None, (row.status, row.category, row.quality == "RED")
    for name in ("meta_id", "category", "status", "quality", "body"):
        value = getattr(told, name)
        if value is not None or whole:
            setattr(row, name, value)
    if told.status is not None:  # a state comes with its reason
        row.reason = told.reason
    row.checked_at = now
    session.add(row)
    if not new and (row.status, row.category, row.quality == "RED") != before:
        _tell(session, row, now)
    if not new and row.category == MARKETING != before[1]:
        _ask_again(session, row.name, now)
    return row


def _ask_again(session: Session, name: str, now: datetime) -> None:
    """What waits to leave was approved at another price. What is being claimed just now is not waited for."""
    waiting = session.exec(
        select(Message)
        .where(
            Message.status == MessageStatus.QUEUED,
            Message.channel == ChannelName.WHATSAPP,
            Message.template_name == name,
        )
        .order_by(col(Message.id))
        .with_for_update(skip_locked=True)
    ).all()
    back_to_drafts(session, waiting, now)
    for message in waiting:
        message.error = DEARER
    session.flush()
    notices.message_changed(session, waiting, now=now)


def _tell(session: Session, row: MetaTemplate, now: datetime) -> None:
    """A new notice: an edit of the last one would make no sound."""
    row.news += 1
    session.add(row)
    session.flush()
    notices.tell_supervisors(session, f"meta_template:{row.id}:{row.news}", "meta_template", row.id, now=now)


def _done(row: MetaTemplate) -> None:
    row.wanted_at, row.lease_until, row.attempts = None, None, 0


def _locked(session: Session, row_id: int) -> MetaTemplate:
    return session.exec(select(MetaTemplate).where(MetaTemplate.id == row_id).with_for_update()).one()
