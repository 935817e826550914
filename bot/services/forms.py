"""The official form of a case, built from rows: touches become blocks, delivered offers become ticks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlmodel import Session

from bot.services import proofs
from bot.services.cases import HEADER, PERSON
from bot.services.operation import Operation
from messages.blocks import SAME_CONVERSATION, Outreach, Talk, Touch, laid_out, to_blocks, to_talks
from messages.closing import CONFIRMATION
from messages.compose import offers_in_house_style
from messages.form import ContactBlock, Form
from messages.identity import show_phone
from messages.media import NAMES as media_names
from messages.notes import AnsweredBy
from messages.offers import OTHERS
from messages.people import first_name, title_name
from messages.statuses import LEFT_THE_HOUSE, BlockChange, ChannelName, Direction
from storage import closing, queries
from storage.forms import edits_of
from storage.models import ActionTick, Analyst, BlockEdit, Case, Contact, Dentist, Message

_ANSWERED = {AnsweredBy.SECRETARY: "secretária", AnsweredBy.OTHER: "outra pessoa"}


@dataclass(frozen=True, slots=True)
class Record:
    """The rows that a form is made of. ``contacts``: the blocks that came along first, as the form had them."""

    case: Case
    dentist: Dentist
    owner: Analyst | None
    sent: list[Message]
    contacts: list[Contact]
    ticks: Mapping[str, ActionTick]
    edits: list[BlockEdit]
    phone: str | None


def record_of(session: Session, case: Case) -> Record:
    """What came after the end of a case is no part of its form."""
    assert case.id is not None
    touches = [c for c in queries.timeline(session, case.id) if not after_the_end(c, case)]
    came_along = sorted((c for c in touches if c.imported), key=lambda c: c.id or 0)
    address = queries.address_of(session, case, ChannelName.WHATSAPP)
    return Record(
        case,
        queries.dentist_of(session, case),
        session.get(Analyst, case.analyst_id),
        queries.messages_of(session, case.id, LEFT_THE_HOUSE),
        [*came_along, *(c for c in touches if not c.imported)],
        closing.ticks_of(session, case.id),
        edits_of(session, case.id),
        address.address if address and address.address.startswith("+") else None,
    )


def after_the_end(contact: Contact, case: Case) -> bool:
    return case.closed_at is not None and contact.recorded_at > case.closed_at


def build(session: Session, case: Case, op: Operation) -> Form:
    """The form as the rows stand."""
    return form_of(record_of(session, case), op)


def form_of(record: Record, op: Operation) -> Form:
    """Header from the case and its dentist, blocks from the touches, ticks from what was delivered."""
    case, dentist, owner, sent, contacts = record.case, record.dentist, record.owner, record.sent, record.contacts
    ticked = proofs.of_actions(case, sent, record.ticks)
    confirmation = _confirmation(contacts, sent)
    blocks = laid_out(talks_of(record, op))
    return Form(
        phone=record.phone,
        analyst=case.collaborator or (owner.name if owner else None),
        dentist_name=dentist.name,
        cro=dentist.cro,
        cro_uf=dentist.cro_uf,
        protocol=case.protocol,
        currency=case.currency,
        last_production_value=case.last_production_value,
        days=(case.ended_on - case.started_on).days if case.ended_on and case.started_on else None,
        outcome=case.outcome,
        contacts=tuple(ContactBlock(b.number, b.date, b.notes) for b in blocks),
        actions=tuple(proof.action for proof in ticked),
        reasons=tuple(case.reasons),
        sectors=tuple(case.sectors),
        signers=tuple(case.signers),
        **{name: getattr(dentist, name) for name in PERSON},
        **{name: getattr(case, name) for name in HEADER}
        | {
            "other_justification": _joined(
                case.other_justification, *(p.justification for p in ticked if p.action == OTHERS)
            ),
            "general_notes": _joined(case.general_notes, _told(confirmation, sent, dentist, case, op), by="\n"),
        },
    )


def talks_of(record: Record, op: Operation) -> list[Talk]:
    """The conversations that make the form's blocks, grouped and worded as people said."""
    apart = _confirmation(record.contacts, record.sent)
    contacts = [c for c in record.contacts if c not in apart]
    begins = {e.contact_id: e.change is BlockChange.BEGINS for e in record.edits if e.change is not BlockChange.WORDED}
    touches = _touches(contacts, record.sent, record.dentist, record.case, op)
    grouped = to_talks([replace(touch, begins=begins.get(touch.key)) for touch in touches], op.zone)
    worded = {edit.contact_id: edit for edit in record.edits if edit.change is BlockChange.WORDED}
    return [_worded(talk, worded.get(talk.key)) for talk in grouped]


def _worded(talk: Talk, edit: BlockEdit | None) -> Talk:
    """In a person's words, while it says what it said when they were written."""
    if edit is None or not edit.words or edit.instead_of != talk.notes:
        return talk
    return replace(talk, notes=edit.words)


def _confirmation(contacts: Sequence[Contact], sent: Sequence[Message]) -> list[Contact]:
    """The last confirmation that was asked for and what was said to it: it stands under the general notes.

    It is final only while the talk is not taken up again on another day: then it is a contact like the others.
    """
    asking = {m.id for m in sent if CONFIRMATION in m.blocks}
    asked = [n for n, c in enumerate(contacts) if c.message_id is not None and c.message_id in asking]
    if not asked:
        return []
    talk = [c for c in contacts[asked[-1] :] if c.direction is not Direction.NOTE]
    taken_up = any(
        later.direction is not Direction.IN and later.occurred_at - former.occurred_at >= SAME_CONVERSATION
        for former, later in pairwise(talk)
    )
    return [] if taken_up else talk


def _told(
    contacts: Sequence[Contact], sent: Sequence[Message], dentist: Dentist, case: Case, op: Operation
) -> str | None:
    """A stretch of conversation in the house style, without the block around it."""
    plain = [m for m in sent if CONFIRMATION not in m.blocks]
    blocks = to_blocks(_touches(contacts, plain, dentist, case, op), op.zone)
    return "\n".join(b.notes for b in blocks) or None


def _touches(
    contacts: Sequence[Contact], sent: Sequence[Message], dentist: Dentist, case: Case, op: Operation
) -> list[Touch]:
    messages = {m.id: m for m in sent}
    return [_touch(c, messages.get(c.message_id), dentist, case, op) for c in contacts]


def _touch(contact: Contact, message: Message | None, dentist: Dentist, case: Case, op: Operation) -> Touch:
    media = media_names.get(contact.kind, "")
    return Touch(
        at=contact.occurred_at,
        direction=contact.direction,
        channel=contact.channel,
        author=_author(contact, dentist, case, op),
        text=contact.text,
        day_only=contact.day_only,
        undated=contact.undated,
        imported=contact.imported,
        outreach=_outreach(message, op) if message is not None else None,
        key=contact.id or 0,
        media=f"{media} {contact.media.get('filename', '')}".strip() if media else "",
    )


def _author(contact: Contact, dentist: Dentist, case: Case, op: Operation) -> str:
    """Ours is the sector; the dentist is the first name in capitals, as people save it."""
    if contact.direction is Direction.OUT:
        return f"{op.sender} - {title_name(case.operator) if case.operator else op.name}"
    if contact.channel is ChannelName.MANUAL and contact.author:
        return contact.author
    name = (dentist.called or first_name(dentist.name)).upper()
    other = _ANSWERED.get(contact.answered_by) if contact.answered_by else None
    return f"{name} ({other})" if other else name


def _outreach(message: Message, op: Operation) -> Outreach | None:
    """A message made of standard texts is told in one line; a typed one stands as it is."""
    templates = [op.library[key] for key in message.blocks if key in op.library]
    phrase = offers_in_house_style(templates)
    if not phrase:
        return None
    phone = message.address if message.channel is not ChannelName.TELEGRAM else None
    presented = next((told for offer in message.offers if (told := offer.get("figures"))), None)
    figures = f"Valores apresentados: {presented}." if presented else ""
    return Outreach(show_phone(phone) if phone else "", phrase, message.edited, figures)


def _joined(*parts: str | None, by: str = "; ") -> str | None:
    return by.join(p for p in parts if p) or None
