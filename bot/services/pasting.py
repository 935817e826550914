"""Conversations held on the analyst's own phone: pasted, exported or forwarded, matched to a case, recorded once with
true times.

The dialogue is one row: what was read, which case it is for, and which of its authors are ours.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlmodel import Session

from bot.services import audit, contacts, dentists, notices, searching, speakers, spoken_lines, taps
from bot.services.cases import seen
from bot.services.operation import Operation
from messages.errors import Conflict, InvalidInput
from messages.forwarded import Forwarded, as_message
from messages.policy import is_opt_out
from messages.transcripts import Transcript, read_transcript
from storage import queries
from storage.models import Analyst, Case, Dentist, DialogueStep

STEP = "pasted"
DOING = "o registro da conversa colada"
TOGETHER = timedelta(minutes=10)  # pieces of one conversation are pasted within so long of each other
RUN = timedelta(minutes=1)  # what is forwarded within so long of each other is one conversation, whoever speaks in it
QUIET = timedelta(seconds=1.5)  # after the last forwarded message its conversation is shown
MOST_FORWARDED = 1000
AHEAD = timedelta(days=1)  # a transcript names no zone; what lies further ahead was mistyped, or misread


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be recorded, or what must be asked first: whose case, who is who."""

    key: str  # of the dialogue's step
    case: Case | None
    dentist: Dentist | None
    choices: list[tuple[Case, Dentist]]
    unknown: list[str]  # authors that are neither surely ours nor surely the dentist's side
    total: int
    new: int
    notes: int
    first: datetime | None
    last: datetime | None
    ambiguous: bool  # day and month cannot be told apart
    left: tuple[str, ...] = ()  # the authors of an earlier conversation that this one took the place of, unrecorded


def begin(session: Session, analyst: Analyst, text: str, case_id: int | None, *, now: datetime) -> None:
    """Keep a conversation until it is clear where it belongs; one that waited unrecorded is left, and told.

    Raises InvalidInput when it is none, or not of this time.
    """
    _read(text, now)
    _start(session, analyst, {"text": text}, case_id, now)


def append(session: Session, analyst: Analyst, text: str, *, now: datetime) -> None:
    """A further piece of the conversation that waits, if it comes soon after and from the same people; else it begins
    anew. Raises InvalidInput when it is no conversation, or not of this time."""
    step = _step(session, analyst, now)
    piece = _read(text, now)
    if now - step.updated_at > TOGETHER or not _same_people(session, analyst, step, piece):
        begin(session, analyst, text, None, now=now)
    elif text.strip() not in step.data["text"]:  # pasted twice, it adds nothing
        joined = f"{step.data['text']}\n{text}"
        _read(joined, now)
        _keep(session, analyst, step.case_id, {**step.data, "text": joined}, now)


def forward(
    session: Session, analyst: Analyst, piece: Forwarded, sent_at: datetime, case_id: int | None, *, now: datetime
) -> None:
    """One message that was forwarded at ``sent_at``: a run of them is one conversation, shown when it is over.
    ``case_id``: whose conversation was asked for.

    While another dialogue holds something it is not taken, and that is told once for the whole run.
    """
    held = taps.held(session, analyst, now=now)
    if held is None or held.name == STEP:
        _take(session, analyst, held, piece, sent_at, case_id, now)
    notices.show_below(session, [analyst], "forwarded", wait=QUIET, now=now)


def _take(
    session: Session,
    analyst: Analyst,
    waiting: DialogueStep | None,
    piece: Forwarded,
    sent_at: datetime,
    case_id: int | None,
    now: datetime,
) -> None:
    kept = piece.as_json()
    if waiting is not None and not _goes_on(session, analyst, waiting, kept, sent_at, now):
        waiting = None
    former: dict[str, Any] = waiting.data if waiting is not None else {"text": ""}
    before = former.get("forwarded", [])
    if len(before) >= MOST_FORWARDED:
        raise InvalidInput(
            f"Já são {MOST_FORWARDED} mensagens encaminhadas: registre estas antes de encaminhar mais, ou envie a "
            "conversa exportada."
        )
    data = former | {
        "forwarded": before if kept in before else [*before, kept],
        "ours": former.get("ours", {}) | ({piece.author: True} if piece.own else {}),
        "sent_at": sent_at.isoformat(),
    }
    if waiting is not None:
        _keep(session, analyst, waiting.case_id, data, now)
    else:
        _start(session, analyst, data, case_id, now)


def _goes_on(
    session: Session, analyst: Analyst, step: DialogueStep, kept: dict[str, Any], sent_at: datetime, now: datetime
) -> bool:
    """Whether a forwarded message belongs to the conversation that waits."""
    last = step.data.get("sent_at")
    if last is not None and sent_at - datetime.fromisoformat(last) <= RUN:
        return True
    piece = Transcript((as_message(kept),), ())
    return now - step.updated_at <= TOGETHER and _same_people(session, analyst, step, piece)


def _start(session: Session, analyst: Analyst, data: dict[str, Any], case_id: int | None, now: datetime) -> None:
    """Another conversation; whoever spoke in one that waited is remembered, so that it can be told."""
    waiting = taps.step_of(session, analyst, now=now)
    left = speakers.authors(_conversation(waiting)) if waiting is not None and waiting.name == STEP else []
    _keep(session, analyst, case_id, {"ours": {}, "left": left, "doing": DOING} | data, now)


def _keep(session: Session, analyst: Analyst, case_id: int | None, data: dict[str, Any], now: datetime) -> None:
    """The conversation so far; its case is looked for while none is known and none was refused."""
    if case_id is None and not data.get("refused"):
        matching = speakers.matching(session, analyst, _read_all(data), now)
        case_id = matching[0][0].id if len(matching) == 1 else None
    taps.go_to(session, analyst, STEP, case_id, data, now=now)


def choose_case(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> None:
    """It belongs to this case."""
    step = _step(session, analyst, now)
    queries.case_for(session, case_id, analyst)
    taps.go_to(session, analyst, STEP, case_id, step.data, now=now)


def choose_named(session: Session, analyst: Analyst, text: str, *, now: datetime) -> None:
    """The same for a case that is not among those offered. Raises as `searching.meant`."""
    case = searching.meant(session, analyst, text, now=now)
    assert case.id is not None
    choose_case(session, analyst, case.id, now=now)


def ask_case(session: Session, analyst: Analyst, *, now: datetime) -> None:
    """The case that was found is not the one: it is asked for."""
    step = _step(session, analyst, now)
    taps.go_to(session, analyst, STEP, None, {**step.data, "refused": True}, now=now)


def choose_side(session: Session, analyst: Analyst, author: str, ours: bool, *, now: datetime) -> None:
    """An author is one of ours, or on the dentist's side."""
    step = _step(session, analyst, now)
    data = {**step.data, "ours": {**step.data["ours"], author: ours}}
    taps.go_to(session, analyst, STEP, step.case_id, data, now=now)


def preview(session: Session, analyst: Analyst, op: Operation, *, now: datetime) -> Preview:
    """How it stands; nothing is recorded yet."""
    step = _step(session, analyst, now)
    return replace(_preview(session, analyst, op, step, now), left=tuple(step.data.get("left", ())))


def _preview(session: Session, analyst: Analyst, op: Operation, step: DialogueStep, now: datetime) -> Preview:
    read = _conversation(step)
    nothing_yet = Preview(
        step.key, None, None, [], [], speakers.spoken(read), 0, len(spoken_lines.notes_of(read)), None, None, False
    )
    if step.case_id is None:
        return replace(nothing_yet, choices=speakers.offered(session, analyst, read, now))
    case = queries.case_for(session, step.case_id, analyst)
    of_case = replace(nothing_yet, case=case, dentist=queries.dentist_of(session, case))
    assert of_case.dentist is not None
    sides, unknown = speakers.sides_of(read, of_case.dentist, analyst, case, step.data["ours"])
    if unknown:
        return replace(of_case, unknown=unknown)
    lines = spoken_lines.lines_of(read, sides, op)
    new, _ = spoken_lines.unrecorded(session, case, lines)
    moments = [line.at for line in lines]
    return replace(
        of_case,
        total=len(lines),
        new=len(new),
        first=min(moments, default=None),
        last=max(moments, default=None),
        ambiguous=read.ambiguous and read.twelve_hour,
    )


def record(session: Session, analyst: Analyst, op: Operation, *, now: datetime) -> Case:
    """Record what is not there yet, with its true times. Raises Conflict when it is not clear yet whose it is."""
    step = _step(session, analyst, now)
    if step.case_id is None:
        raise Conflict("Escolha primeiro de qual caso é a conversa.")
    case = queries.case_for(session, step.case_id, analyst, lock=True)
    read = _conversation(step)
    sides, unknown = speakers.sides_of(read, queries.dentist_of(session, case), analyst, case, step.data["ours"])
    if unknown:
        raise Conflict("Diga primeiro quem é quem na conversa.")
    lines = spoken_lines.lines_of(read, sides, op)
    new, corrected = spoken_lines.unrecorded(session, case, lines)
    waiting = spoken_lines.unanswered(lines, case.last_out_at)
    if wishes := [line.at for line, _ in new if not line.ours and line.kind == "text" and is_opt_out(line.text)]:
        dentists.stop(session, [step.case_id], max(wishes), now=now)
    rows = [spoken_lines.row(case, line, number, analyst, now, past=line not in waiting) for line, number in new]
    rows += [spoken_lines.note_row(case, day, text, analyst, op, now) for day, text in spoken_lines.notes_of(read)]
    kept = contacts.record(session, rows)
    for contact, at in corrected:
        contact.occurred_at = at
        session.add(contact)
    contacts.count_in(session, [c for c, _ in corrected])
    if not waiting and case.last_in_at and case.last_out_at and case.last_in_at <= case.last_out_at:
        seen(session, case)  # what had come was answered on the phone
    taps.leave(session, analyst, now=now)
    audit.record(session, analyst, "pasted", case, now=now, new=len(kept), known=len(read.messages) - len(new))
    return case


def _step(session: Session, analyst: Analyst, now: datetime) -> DialogueStep:
    step = taps.step_of(session, analyst, now=now)
    if step is None or step.name != STEP:
        raise Conflict("Não há conversa colada em andamento: cole de novo.")
    return step


def _conversation(step: DialogueStep) -> Transcript:
    return _read_all(step.data)


def _read_all(data: dict[str, Any]) -> Transcript:
    """All that was pasted, and all that was forwarded."""
    pasted = read_transcript(data["text"]) if data["text"] else Transcript((), ())
    return replace(pasted, messages=(*pasted.messages, *map(as_message, data.get("forwarded", ()))))


def _read(text: str, now: datetime) -> Transcript:
    """Raises InvalidInput for what is no conversation, and for one of a day that is still to come."""
    read = read_transcript(text)
    latest = max([m.at for m in read.messages] + [datetime.combine(note.date, time.min) for note in read.notes])
    if latest > (now + AHEAD).replace(tzinfo=None):
        raise InvalidInput(
            f"A conversa traz a data {latest:%d/%m/%Y}, que ainda não chegou; nada foi registrado. "
            "Corrija a data e cole de novo."
        )
    return read


def _same_people(session: Session, analyst: Analyst, step: DialogueStep, piece: Transcript) -> bool:
    """Whether all who speak in this piece spoke before, or one is the dentist's side of the conversation that waits:
    by having been so before, or by the CRO."""
    former = _conversation(step)
    before, after = speakers.authors(former), speakers.authors(piece)
    if set(after) <= set(before):
        return True
    if step.case_id is None:
        return False
    case = queries.case_for(session, step.case_id, analyst)
    dentist = queries.dentist_of(session, case)
    sides, _ = speakers.sides_of(former, dentist, analyst, case, step.data["ours"])
    return any(
        sides.get(author) is False or dentist.cro in speakers.cros(speakers.words_of(author)) for author in after
    )
