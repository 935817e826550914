"""The way out, to dentists: claimed and committed as `sending` before the call, recorded after it.

An answer that leaves it open whether the message is out makes it `unknown`; only a person sends again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from bot.services import attachments, identities, leaving, limits, notices, pauses, receipts
from bot.services.meta_templates import wholes_of
from bot.services.operation import Operation
from bot.services.standing import standings
from bot.services.unapproving import back_to_drafts
from messages.contracts import Document, Outgoing, Sender, SendResult, TemplateCall, Verdict
from messages.policy import refusal
from messages.statuses import ChannelName, MessageStatus, advances
from storage import addresses, claims, silences
from storage.models import Case, DentistAddress, Message

MAX_TRIES = 6  # the backoff makes that about two minutes
ANSWERED = "O dentista respondeu depois da aprovação."
OVERTAKEN = "O caso mudou depois que a cadência preparou esta mensagem."
PROMISED = "Há um retorno marcado neste caso: a cadência não envia por si."
HELD = "A cadência deste caso está parada: aprove, se ainda valer."
NOT_BY_ITSELF = "A cadência não envia mais este contato por si: aprove, se ainda valer."
NOT_TAKEN = "O envio não foi aceito depois de várias tentativas: tente de novo mais tarde."
NOT_CONFIRMED = "O envio não foi confirmado: não sei se chegou."


def claim(
    session: Session,
    limit: int,
    op: Operation,
    *,
    channel: ChannelName = ChannelName.WHATSAPP,
    now: datetime,
    wall: datetime,
    lease: timedelta,
) -> list[Outgoing]:
    """Take what is due on a channel. Whether it may still go is asked again here: what may not goes back to draft, and
    is told; what the night or a weekend has overtaken waits for the next opening. While the channel rests, all of it
    waits, and now and then one message tries."""
    pause = pauses.standing(session, channel)
    if pause is not None and not pauses.may_try(session, pause, wall=wall):
        pauses.hold(session, channel, now=now)
        return []
    due = _due(session, channel, limit if pause is None else 1, op, now, wall)
    if not due:
        return []
    standing, wholes = standings(session, {m.case_id for m in due}), wholes_of(session, due)
    cases = _cases_of(session, due)
    waits = limits.waits(session, due, cases, op, now=now, wall=wall) if channel is ChannelName.WHATSAPP else {}
    promised = silences.with_a_return(session, {m.case_id for m in due if m.cadence_step is not None})
    going, changed, held = [], [], list[Message]()
    for message in due:
        case = cases[message.case_id]
        whole, to = wholes.get(message.id or 0), message.address
        reason = refusal(standing[message.case_id], message.channel, template=whole, address=to, now=now)
        talks_past = message.put_off or message.template_name  # what was typed and leaves at once knows what it answers
        if reason is None and talks_past and _answered_since(case, message):
            reason = ANSWERED
        if reason is None and message.prepared_for is not None:
            reason = _why_not_by_itself(message, case, promised, op)
        opening = now if leaving.in_talk(message, case, now) else op.next_working_moment(now, case.uf)
        if reason is not None:
            message.error = reason
            held.append(message)
        elif opening > now:
            message.due_at, message.put_off = opening, True
            changed.append(message)
        elif (wait := waits.get(message.id or 0)) is not None:
            _put_off(message, wait, case, op)
            changed.append(message)
        else:
            message.status, message.lease_until = MessageStatus.SENDING, wall + lease
            message.sent_at, message.left_at, message.attempts = now, wall, message.attempts + 1
            going.append(message)
        session.add(message)
    if pause is not None and going:
        pauses.tried(session, pause, wall=wall)
    back_to_drafts(session, held, now)
    session.flush()
    notices.message_changed(session, changed + held, now=now)
    files = attachments.documents(session, going)
    via = addresses.connections(session, {m.address for m in going if m.channel is ChannelName.TELEGRAM and m.address})
    return [_outgoing(m, files.get(m.attachment_id or 0), via.get(m.address or "")) for m in going]


def _why_not_by_itself(message: Message, case: Case, promised: Collection[int], op: Operation) -> str | None:
    """Why what the cadence sends by itself may not leave any more: a night may lie between, and what is decided in it.
    A campaign's message was approved with the campaign."""
    if message.prepared_for != case.spoke_at:
        return OVERTAKEN
    if message.cadence_step is None:
        return None
    if message.case_id in promised:
        return PROMISED
    if case.cadence_held_at is not None:
        return HELD
    return None if op.cadence_on and message.cadence_step in op.by_itself else NOT_BY_ITSELF


def _due(
    session: Session, channel: ChannelName, limit: int, op: Operation, now: datetime, wall: datetime
) -> Sequence[Message]:
    """What may be looked at: each for the number that it goes to now, and no more than may leave this second."""
    due = claims.claim_messages(session, channel, limit, now=now, wall=wall)
    if not due or channel is not ChannelName.WHATSAPP:
        return due
    if leaving.readdress(session, due, _cases_of(session, due), now):
        session.flush()  # of each number the first goes first: asked again, now that some are for another
        due = claims.claim_messages(session, channel, limit, now=now, wall=wall)
    return due[: limits.room(session, op, now=now, wall=wall)]


def _cases_of(session: Session, messages: Sequence[Message]) -> dict[int | None, Case]:
    return {c.id: c for c in session.exec(select(Case).where(col(Case.id).in_({m.case_id for m in messages})))}


def _put_off(message: Message, wait: limits.Wait, case: Case, op: Operation) -> None:
    """It leaves later by itself, and its screen says why."""
    message.error = wait.reason
    if wait.until is not None:
        message.due_at, message.put_off = op.next_working_moment(wait.until, case.uf), True
    else:
        message.lease_until = wait.lease


def _answered_since(case: Case, message: Message) -> bool:
    """Whether the dentist wrote, or what was written came in, after somebody approved this: it would talk past that."""
    if case.unread:  # approving it had dealt with all that was there
        return True
    return case.last_in_at is not None and message.approved_at is not None and case.last_in_at > message.approved_at


def _outgoing(message: Message, file: Document | None, via: str | None) -> Outgoing:
    template = TemplateCall(message.template_name, message.template_parameters) if message.template_name else None
    to = message.address or ""
    return Outgoing(message.idempotency_key, to, message.text, template, message.reply_to, file, via)


def record(session: Session, key: str, result: SendResult, *, now: datetime, wall: datetime) -> Message:
    """What became of a send. A receipt that was faster stands."""
    message = session.exec(select(Message).where(Message.idempotency_key == key).with_for_update()).one()
    message.answered_at = wall
    if message.external_id is None:
        message.external_id = result.external_id
    if result.recipient_id:
        _learn_recipient(session, message, result.recipient_id, now)
    if message.status in (MessageStatus.SENDING, MessageStatus.UNKNOWN):
        _judge(message, result, now, wall)
        _heed(session, message, result, now)
        receipts.heed(session, [message], now=now)
    session.add(message)
    session.flush()
    receipts.log(session, [message], now=now)
    notices.message_changed(session, [message], now=now)
    return message


def _heed(session: Session, message: Message, result: SendResult, now: datetime) -> None:
    """What the answer says of the account as a whole."""
    if result.verdict is Verdict.SHUT:
        pauses.begin(session, message.channel, result.code or 0, result.reason, now=now)
    elif result.verdict in (Verdict.ACCEPTED, Verdict.REJECTED):
        pauses.end(session, message.channel, [message], now=now)


def _judge(message: Message, result: SendResult, now: datetime, wall: datetime) -> None:
    message.lease_until, message.status_at = None, now
    message.error_code, message.error = result.code, result.reason or None
    match result.verdict:
        case Verdict.ACCEPTED:
            if advances(message.status, MessageStatus.ACCEPTED):
                message.status = MessageStatus.ACCEPTED
        case Verdict.RETRY if message.attempts < MAX_TRIES and message.status is MessageStatus.SENDING:
            wait = max(result.retry_after or timedelta(), timedelta(seconds=2**message.attempts))
            message.status, message.lease_until = MessageStatus.QUEUED, wall + wait
        case Verdict.SHUT if message.status is MessageStatus.SENDING:  # no try of this message's
            message.status, message.attempts, message.error_code = MessageStatus.QUEUED, message.attempts - 1, None
            pauses.wait(message)
        case Verdict.RETRY:  # nothing is repeated any more, whatever the channel's own sentence says
            message.status, message.error = MessageStatus.FAILED, NOT_TAKEN
        case Verdict.REJECTED | Verdict.SHUT:
            message.status = MessageStatus.FAILED
        case Verdict.UNKNOWN:
            message.status, message.error = MessageStatus.UNKNOWN, NOT_CONFIRMED


def _learn_recipient(session: Session, message: Message, recipient_id: str, now: datetime) -> None:
    """How WhatsApp spells the number that was written to: what comes from there is of whoever is reached at it."""
    same = (col(DentistAddress.channel) == message.channel, col(DentistAddress.address) == message.address)
    session.execute(update(DentistAddress).where(*same).values(recipient_id=recipient_id))
    by_number = message.channel is ChannelName.WHATSAPP and (message.address or "").startswith("+")
    if by_number and recipient_id.isascii() and recipient_id.isdigit():
        identities.learn(session, [Sender(phone=message.address, wa_id=recipient_id)], now=now)


def give_up_on_the_silent(session: Session, limit: int, *, now: datetime, wall: datetime) -> Sequence[Message]:
    """Sends whose process died or hung beyond its lease: nobody knows whether they are out."""
    silent = claims.expired_sends(session, wall, limit)
    for message in silent:
        message.status, message.error, message.status_at, message.lease_until = (
            MessageStatus.UNKNOWN,
            NOT_CONFIRMED,
            now,
            None,
        )
        session.add(message)
    session.flush()
    notices.message_changed(session, silent, now=now)
    return silent
