"""Cases: opened from a form, and read. How they end is in `closing`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from bot.services import audit, contacts, dentists, notes, notices, readjustment_stages, received
from bot.services.permission import only_supervisors
from bot.services.standing import rules_for
from bot.services.threads import Around, around
from messages.blocks import count_conversations
from messages.case_line import read_phone
from messages.errors import Conflict, InvalidInput
from messages.finding import folded
from messages.form import ContactBlock, Doubt, Form
from messages.identity import mask_phone
from messages.offers import OTHERS, last_offered, short_name
from messages.people import Treatment
from messages.policy import window_open
from messages.stages import Stage, stage_of
from messages.statuses import LEFT_THE_HOUSE, ChannelName, Direction, Role
from storage import addresses, queries
from storage.models import Analyst, Case, Contact, Dentist, DentistAddress, FollowUp, Message, Rule

HEADER = (
    "operator",
    "cro_count",
    "requested_by",
    "protocol_opened_on",
    "uf",
    "city",
    "lives",
    "published_cros",
    "other_plans",
    "other_plans_detail",
    "last_production_on",
    "form_date",
    "started_on",
    "ended_on",
    "other_justification",
    "protocol_required",
    "general_notes",
)  # what form and case call by the same name
PERSON = ("person_type", "cnpj", "cpf", "enrolled_on")


@dataclass(frozen=True, slots=True)
class Person:
    """What the form has no field for, asked once."""

    phone: str | None = None  # E.164
    treatment: Treatment | None = None
    called: str | None = None
    confirmed: bool = True  # False: the phone is what the form's notes tell, and nobody has looked


def open_case(
    session: Session,
    analyst: Analyst,
    form: Form,
    person: Person,
    doubts: Sequence[Doubt],
    zone: ZoneInfo,
    *,
    now: datetime,
) -> Case:
    """Open a case from a form. Doubtful or missing values never block; without protocol and name there is no case.

    Raises InvalidInput, or Conflict when the protocol is open already.
    """
    if not form.protocol or not form.dentist_name:
        raise InvalidInput("Para abrir o caso preciso ao menos do nº do protocolo e do nome do dentista.")
    standing = queries.open_case_by_protocol(session, form.protocol)
    if standing:
        raise already_open(session, analyst, standing)
    dentist, told = _dentist(session, form, person, now)
    assert dentist.id is not None and analyst.id is not None
    case = Case(
        dentist_id=dentist.id,
        analyst_id=analyst.id,
        protocol=form.protocol,
        collaborator=form.analyst,
        currency=form.currency,
        last_production_value=form.last_production_value,
        signers=list(form.signers),
        sectors=list(form.sectors),
        reasons_stated=list(form.reasons),
        reasons=list(form.reasons),
        actions_imported=list(form.actions),
        outcome=form.outcome,
        doubts=[{"field": d.field, "text": d.text} for d in (*doubts, *told)],
        opened_at=now,
        last_touch_at=now,
        **{name: getattr(form, name) for name in HEADER},
    )
    session.add(case)
    session.flush()
    contacts.record(
        session,
        [_imported(case, block, analyst, zone, now) for block in form.contacts],
    )
    audit.record(session, analyst, "opened", case, now=now, doubts=len(case.doubts))
    return case


def already_open(session: Session, analyst: Analyst, case: Case) -> Conflict:
    """Where an open protocol is found: whoever may see it is shown it, others are told who has it."""
    owner = "você" if case.analyst_id == analyst.id else session.get_one(Analyst, case.analyst_id).name
    told = f"O protocolo {case.protocol} já está aberto com {owner}"
    if queries.attends(session, analyst, case):
        return Conflict(f"{told}: mostro o caso.", {"case_id": case.id})
    return Conflict(f"{told}: combine com essa pessoa ou com a supervisão.")


def known_dentist(session: Session, form: Form) -> Dentist | None:
    """Who is on record under the form's CRO and UF."""
    if not form.cro or not form.cro_uf:
        return None
    return session.exec(select(Dentist).where(Dentist.cro == form.cro, Dentist.cro_uf == form.cro_uf)).first()


def differing(dentist: Dentist, form: Form) -> list[Doubt]:
    """What a form tells of a dentist on record that the record tells otherwise: what stands is kept."""
    told = []
    if folded(dentist.name) != folded(name := form.dentist_name or ""):
        kept = f"O CRO já estava cadastrado com o nome {dentist.name}; agora veio {name}: confira."
        told.append(Doubt("dentist_name", kept))
    for name in PERSON:
        if None not in (standing := getattr(dentist, name), new := getattr(form, name)) and standing != new:
            told.append(Doubt(name, "O valor informado difere do cadastro do dentista: confira."))
    return told


def _dentist(session: Session, form: Form, person: Person, now: datetime) -> tuple[Dentist, list[Doubt]]:
    """The dentist by CRO and UF, completed by the form; where the two differ, what stands is kept and it is told."""
    dentist = known_dentist(session, form)
    told = differing(dentist, form) if dentist is not None else []
    if dentist is None:
        dentist = Dentist(name=form.dentist_name or "", cro=form.cro, cro_uf=form.cro_uf, created_at=now)
    for name in PERSON:
        if getattr(dentist, name) is None:
            setattr(dentist, name, getattr(form, name))
    dentist.treatment = person.treatment or dentist.treatment
    dentist.called = person.called or dentist.called
    session.add(dentist)
    session.flush()
    if person.phone and not person.confirmed:
        dentists.learn_address(session, dentist, ChannelName.WHATSAPP, person.phone, now=now)
    elif person.phone and (before := dentists.state_phone(session, dentist, person.phone, now=now)):
        text = f"As mensagens vão ao telefone informado, que difere do cadastro ({mask_phone(before)}): confira."
        told.append(Doubt("phone", text))
    return dentist, told


def _imported(case: Case, block: ContactBlock, analyst: Analyst, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """A block that came with the form, verbatim, also where it has only a date; a day may be known, no hour."""
    on = datetime.combine(block.date, time.min, zone) if block.date else case.opened_at
    return contacts.row(
        case_id=case.id,
        channel=ChannelName.INTERNAL,
        direction=Direction.NOTE,
        occurred_at=on,
        now=now,
        text=block.notes,
        day_only=True,
        undated=block.date is None,
        imported=True,
        analyst_id=analyst.id,
    )


@dataclass(frozen=True, slots=True)
class View:
    """All that a case's card shows."""

    case: Case
    dentist: Dentist
    address: str | None
    chats: list[DentistAddress]  # on Telegram, the one where messages go first
    last: list[Contact]
    not_arrived: set[int]  # of those, what the dentist has never seen
    follow_ups: list[FollowUp]
    drafts: list[Message]
    may_authorise: bool  # whoever looks may lift the dentist's wish to get no messages
    rules: list[Rule]  # that stand in its way
    supervises: bool  # whoever looks may pass the case on
    own: bool  # a colleague's case shows no phone unasked
    stage: Stage
    conversations: int  # the form's blocks so far
    readjustment: readjustment_stages.Stage | None
    offered: dict[str, datetime | None]  # what was delivered, and when last; None: the form that came along tells it
    around: Around  # the last touches
    files: int  # that the dentist has sent


def view(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> View:
    case = queries.case_for(session, case_id, analyst)
    address = queries.address_of(session, case, ChannelName.WHATSAPP)
    dentist = queries.dentist_of(session, case)
    last = queries.last_contacts(session, case_id, 3)
    imported, moments = queries.touch_moments(session, case_id)
    return View(
        case,
        dentist,
        address.address if address else None,
        addresses.chats_of(session, case.dentist_id),
        last,
        queries.not_arrived(session, last),
        queries.open_follow_ups(session, case_id),
        queries.unsettled_messages(session, case_id),
        dentist.opted_out_at is not None and analyst.role is Role.SUPERVISOR,
        rules_for(session, [case]).get(case_id, []),
        analyst.role is Role.SUPERVISOR,
        queries.holds(session, analyst, case),
        stage_of(
            closed=case.closed_at is not None,
            unread=case.unread,
            first_out_at=case.first_out_at,
            last_in_at=case.last_in_at,
        ),
        imported + count_conversations(moments),
        readjustment_stages.stage_of(session, case),
        _offered(session, case),
        around(session, last),
        received.count_of_case(session, case_id),
    )


def _offered(session: Session, case: Case) -> dict[str, datetime | None]:
    imported = {short_name(action): None for action in case.actions_imported if action != OTHERS}
    sent = queries.messages_of(session, case.id or 0, LEFT_THE_HOUSE)
    return imported | last_offered((m.sent_at or m.created_at, m.offers) for m in sent)


def other_phones(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> list[str]:
    """Where the dentist is known besides the phone that is written to. Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    written_to = queries.address_of(session, case, ChannelName.WHATSAPP)
    known = addresses.numbers_of(session, [case.dentist_id]).get(case.dentist_id, set())
    return sorted(known - dentists.spellings(written_to.address if written_to is not None else ""))


def reveal(session: Session, analyst: Analyst, case_id: int, *, now: datetime) -> Case:
    """Somebody looks at the dentist's CPF, CNPJ and phone in full: audited. Raises NotFound."""
    case = queries.case_for(session, case_id, analyst)
    audit.record(session, analyst, "identity_shown", case, now=now)
    return case


def by_protocol(session: Session, analyst: Analyst, protocol: str, *, now: datetime) -> Case:
    """The newest case of a protocol among those this analyst may see. Raises NotFound."""
    return queries.case_by_protocol(session, protocol, analyst)


def state_phone(session: Session, analyst: Analyst, case_id: int, text: str, *, now: datetime) -> Case:
    """Say where the dentist is written to. What has not left goes there too, save an answer to whoever wrote.

    Raises InvalidInput.
    """
    case, unsent = queries.case_and_unsent(session, case_id, analyst)
    phone = read_phone(text)
    if phone is None:
        raise InvalidInput("Não reconheci esse telefone: envie um só, com DDD, por exemplo 71 98000-0017.")
    dentists.state_phone(session, queries.dentist_of(session, case), phone, now=now)
    moved = send_to(session, case, unsent, phone, now)
    case.doubts = [d for d in case.doubts if d["field"] != "phone"]
    session.add(case)
    audit.record(session, analyst, "phone_stated", case, now=now, messages=[m.id for m in moved])
    return case


def send_to(session: Session, case: Case, unsent: Sequence[Message], phone: str, now: datetime) -> list[Message]:
    """What has not left goes to this number: by hand, as a template, or as a text whose window has closed.

    An answer while the window is open stays with the number that wrote: WhatsApp takes it for no other.
    """
    answering = window_open(case.window_since, now) and queries.answering_address(session, case) is not None
    moved = [
        m
        for m in unsent
        if m.channel is not ChannelName.TELEGRAM
        and m.address != phone
        and not (answering and m.channel is ChannelName.WHATSAPP and not m.template_name)
    ]
    for message in moved:
        message.address, message.version = phone, message.version + 1  # a preview of before shows the other number
    session.add_all(moved)
    notices.message_changed(session, moved, now=now)
    return moved


def treat(session: Session, analyst: Analyst, case_id: int, treatment: Treatment, *, now: datetime) -> Case:
    """Say how the dentist is treated: in messages composed from now on."""
    case = queries.case_for(session, case_id, analyst)
    dentist = queries.dentist_of(session, case)
    dentist.treatment = treatment.value
    session.add(dentist)
    audit.record(session, analyst, "treatment_stated", case, now=now)
    return case


def authorise(session: Session, analyst: Analyst, case_id: int, reason: str, *, now: datetime) -> Case:
    """For supervisors: the dentist, who had asked for no messages, may be written to again. The reason is part of the
    record. The next wish to stop bars again.

    Raises NotAllowed, InvalidInput without a reason, Conflict when nothing is barred.
    """
    case = queries.case_for(session, case_id, analyst)
    only_supervisors(analyst, "Só a supervisão pode registrar a autorização para escrever.")
    if not reason.strip():
        raise InvalidInput("Escreva o motivo: sem ele a autorização não é registrada.")
    reason = notes.checked(reason)
    if not dentists.resume(session, case.dentist_id, now=now):
        raise Conflict("Este dentista não está bloqueado: não é preciso autorizar.")
    kept = notes.noted(session, case, analyst, f"Autorizado voltar a escrever ao dentista: {reason}", now)
    audit.record(session, analyst, "authorised", case, now=now, contact=kept.id)
    return case


def recent(session: Session, analyst: Analyst, *, now: datetime) -> list[tuple[Case, Dentist]]:
    """The open cases touched last, for whoever has not said which is meant."""
    return queries.recent_cases(session, analyst)


def seen(session: Session, case: Case) -> None:
    """The analyst has dealt with what the dentist wrote."""
    case.unread = 0
    session.add(case)
