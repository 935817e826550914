"""How an operation words the messages of the library: seen, proposed, published, taken back. Each change is a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.services import audit, taps
from bot.services.facts import example_of
from bot.services.operation import Operations
from bot.services.permission import only_supervisors
from messages.errors import Conflict, InvalidInput, NotFound, TemplateError
from messages.templates import Template
from storage import changes, queries
from storage.models import Analyst, DialogueStep, TemplateOverride

STEP = "wording"
MOST_TITLE = 60  # characters that a button shows
OVERTAKEN = "Outra pessoa mudou este texto enquanto você editava: confira a versão atual e edite de novo."


@dataclass(frozen=True, slots=True)
class Text:
    """One message of the library as it is said now; ``row`` is the last change, ``by`` whose."""

    template: Template
    packaged: Template
    row: TemplateOverride | None
    by: str = ""
    preview: str = ""

    @property
    def changed(self) -> bool:
        return self.row is not None and (self.row.title, self.row.body) != (None, None)

    @property
    def unusable(self) -> bool:
        """Changed, yet said in our words: after an upgrade it does not compile any more."""
        return self.changed and self.template is self.packaged

    @property
    def version(self) -> int:
        return self.row.version if self.row else 0


def overview(session: Session, analyst: Analyst, operations: Operations, *, now: datetime) -> list[Text]:
    """All messages, in the library's order. Raises NotAllowed."""
    only_supervisors(analyst)
    rows = changes.holding(session, TemplateOverride)
    now_said = operations.current(session).library
    return [Text(now_said[key], ours, rows.get(key)) for key, ours in operations.base.library.items()]


def text(session: Session, analyst: Analyst, key: str, operations: Operations, *, now: datetime) -> Text:
    """One of them, with what a dentist would read. Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    ours, row = _packaged(operations, key), changes.last_of(session, TemplateOverride, key)
    op = operations.current(session)
    by = queries.names_of(session, [row.analyst_id])[row.analyst_id] if row else ""
    return Text(op.library[key], ours, row, by, op.library[key].render(example_of(op)))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is being edited: ``typed`` is None until there is something to publish."""

    step: DialogueStep
    template: Template
    typed: str | None
    preview: str

    @property
    def part(self) -> str:
        return str(self.step.data["part"])


def proposal(session: Session, analyst: Analyst, operations: Operations, *, now: datetime) -> Proposal:
    """Raises NotAllowed, Conflict when nothing is being edited."""
    only_supervisors(analyst)
    step, op = _step(session, analyst), operations.current(session)
    key, typed = step.data["key"], step.data.get("typed")
    template = op.library[key] if typed is None else _worded(session, operations, step, typed)
    return Proposal(step, template, typed, template.render(example_of(op)))


def propose(session: Session, analyst: Analyst, typed: str, operations: Operations, *, now: datetime) -> None:
    """Keep what was typed, when it can be published. Raises NotAllowed, InvalidInput with line and cause, Conflict."""
    only_supervisors(analyst)
    step = _step(session, analyst)
    try:
        _worded(session, operations, step, typed)
    except TemplateError as error:
        raise InvalidInput(
            f"O texto não foi aceito, linha {error.line}: {error.problem}. Corrija e envie o texto inteiro outra vez."
        ) from error
    taps.go_to(session, analyst, STEP, None, {**step.data, "typed": typed}, now=now)


def publish(session: Session, analyst: Analyst, operations: Operations, *, now: datetime) -> TemplateOverride:
    """From now on the message is said so; drafts keep their words. Raises NotAllowed, and Conflict when somebody else
    has published meanwhile or nothing was proposed."""
    only_supervisors(analyst)
    step = _step(session, analyst)
    key, typed = step.data["key"], step.data.get("typed")
    row = changes.last_of(session, TemplateOverride, key)
    if typed is None:
        raise Conflict(taps.OUT_OF_DATE)
    if (row.version if row else 0) != step.data["of"]:
        raise Conflict(OVERTAKEN)
    template, ours = _worded(session, operations, step, typed), _packaged(operations, key)
    title = template.title if template.title != ours.title else None
    body = template.body if template.body != ours.body else None
    published = _publish(session, analyst, key, title, body, now)
    taps.leave(session, analyst, now=now)
    return published


def restore(
    session: Session, analyst: Analyst, key: str, version: int, of: int, operations: Operations, *, now: datetime
) -> TemplateOverride:
    """Say it again as in an earlier version; 0 is ours. ``of`` is the version that the screen showed.

    Raises NotAllowed, NotFound, Conflict when it holds already, another was published or it compiles no more.
    """
    only_supervisors(analyst)
    ours, row = _packaged(operations, key), changes.last_of(session, TemplateOverride, key)
    if (row.version if row else 0) != of:
        raise Conflict(OVERTAKEN)
    title, body = _words_of(session, key, version)
    try:
        ours.reworded(title, body)
    except TemplateError as error:
        raise Conflict(f"Esta versão não vale mais: linha {error.line}, {error.problem}.") from error
    return _publish(session, analyst, key, title, body, now)


def versions(
    session: Session, analyst: Analyst, key: str, before: int | None, limit: int, *, now: datetime
) -> Sequence[tuple[TemplateOverride, str]]:
    """Newest first, each with who published it. Raises NotAllowed."""
    only_supervisors(analyst)
    return changes.history(session, TemplateOverride, key, before, limit)


def version(
    session: Session, analyst: Analyst, key: str, number: int, operations: Operations, *, now: datetime
) -> tuple[str, str]:
    """The title and the words of a version; 0 is ours. Raises NotAllowed, NotFound."""
    only_supervisors(analyst)
    ours = _packaged(operations, key)
    title, body = _words_of(session, key, number)
    return title if title is not None else ours.title, body if body is not None else ours.body


def _words_of(session: Session, key: str, version: int) -> tuple[str | None, str | None]:
    if version == 0:
        return None, None
    row = changes.version_of(session, TemplateOverride, key, version)
    if row is None:
        raise NotFound("Não encontrei esta versão.")
    return row.title, row.body


def _publish(
    session: Session, analyst: Analyst, key: str, title: str | None, body: str | None, now: datetime
) -> TemplateOverride:
    former = changes.last_of(session, TemplateOverride, key)
    if (title, body) == ((former.title, former.body) if former else (None, None)):
        raise Conflict("Este texto já está valendo: nada mudou.")
    row = changes.add(session, TemplateOverride, key, analyst, title=title, body=body, now=now)
    audit.record(session, analyst, "template_published", row, now=now, key=key, version=row.version)
    return row


def _worded(session: Session, operations: Operations, step: DialogueStep, typed: str) -> Template:
    """As it would be with what was typed. Raises TemplateError, InvalidInput for a title."""
    ours = _packaged(operations, step.data["key"])
    row = changes.last_of(session, TemplateOverride, ours.key)
    if step.data["part"] == "title":
        return ours.reworded(_title(typed), row.body if row else None)
    return ours.reworded(row.title if row else None, typed)


def _title(typed: str) -> str:
    title = " ".join(typed.split())
    if not 3 <= len(title) <= MOST_TITLE:
        raise InvalidInput(f"O título precisa ter de 3 a {MOST_TITLE} caracteres: ele aparece num botão.")
    return title


def _step(session: Session, analyst: Analyst) -> DialogueStep:
    step = session.get(DialogueStep, analyst.id)
    if step is None or step.name != STEP:
        raise Conflict(taps.OUT_OF_DATE)
    return step


def _packaged(operations: Operations, key: str) -> Template:
    if key not in operations.base.library:
        raise NotFound("Não encontrei este modelo.")
    return operations.base.library[key]
