"""Messages before they leave: composed, previewed, edited, approved, taken back, or handed over by hand."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.services import (
    attachments,
    audit,
    choices,
    contacts,
    leaving,
    meta_templates,
    notices,
    quoting,
    receipts,
    ways,
)
from bot.services.cases import seen
from bot.services.facts import facts_of, operator_of
from bot.services.operation import Operation
from bot.services.standing import standing_of
from bot.services.unapproving import answer_nothing, back_to_drafts
from messages import checks
from messages.compose import Composed, compose
from messages.errors import Conflict, InvalidInput
from messages.offers import noun
from messages.operation import UNNAMED
from messages.policy import Whole, refusal, window_open
from messages.refusals import WINDOW_SHUT
from messages.rewording import still_says
from messages.statuses import LEFT_THE_HOUSE, ChannelName, MessageStatus
from messages.templates import Template
from storage import queries
from storage.models import Analyst, Case, Dentist, Message

TEXT_LIMIT = 3500  # characters: WhatsApp takes 4096, but the preview must fit whole into one Telegram message
BY_HAND = "Esta mensagem vai pelo seu WhatsApp: envie e toque em “Enviei”."
CHANGED = "O texto mudou depois desta prévia: confira a versão atual antes de enviar."
SENT_ALREADY = "Esta mensagem já foi enviada."
STANDS = {  # why an act comes too late, or too early
    MessageStatus.DRAFT: "Esta mensagem não está para sair: é um rascunho.",
    MessageStatus.QUEUED: "Esta mensagem já foi aprovada: toque em “Desfazer” antes de mudá-la.",
    MessageStatus.SENDING: "Esta mensagem está saindo agora: não dá mais tempo de mudá-la.",
    MessageStatus.FAILED: "Esta mensagem não saiu: para tentar outra vez, toque em “Enviar de novo”.",
    MessageStatus.UNKNOWN: "Não sei se esta mensagem chegou: diga na tela dela se chegou ou não.",
    MessageStatus.DISCARDED: "Este rascunho foi descartado.",
}


def compose_draft(
    session: Session,
    analyst: Analyst,
    case_id: int,
    keys: Sequence[str],
    op: Operation,
    *,
    closing: bool = True,
    given: Mapping[str, object] | None = None,
    telegram: bool = True,
    now: datetime,
) -> Message:
    """One natural message from the chosen blocks: over Telegram where the dentist wrote last there, over WhatsApp's API
    inside the window, else by hand. An answer goes without the ``closing`` words; ``given`` are facts that no row
    holds; ``telegram`` False: not over Telegram.

    Raises InvalidInput where nothing is chosen or a fact is missing.
    """
    case = queries.case_for(session, case_id, analyst, lock=True)  # whose readjustment does not change meanwhile
    text = composed(session, analyst, case, keys, op, closing=closing, given=given, now=now)
    offers = [{"action": o.action, "justification": o.justification} for o in text.offers]
    by_api = op.api_on and window_open(case.window_since, now)
    return _draft(
        session,
        case,
        analyst,
        text.text,
        by_api=by_api,
        chat=ways.answering_chat(session, case) if telegram else None,
        blocks=list(text.templates),
        said=dict(text.said),
        offers=offers,
        now=now,
    )


def composed(
    session: Session,
    analyst: Analyst,
    case: Case,
    keys: Sequence[str],
    op: Operation,
    *,
    closing: bool = True,
    given: Mapping[str, object] | None = None,
    now: datetime,
) -> Composed:
    """The words alone. Raises as `compose_draft`."""
    if not keys:
        raise InvalidInput("Escolha ao menos um assunto para compor a mensagem.")
    return compose(
        [op.library[key] for key in keys],
        {**facts_of(session, case, analyst, op, now=now), **(given or {})},
        greet=not _greeted_today(case, op, now),
        introduce=case.first_out_at is None,
        closing=op.library[choices.CLOSING] if closing else None,
        now_local=op.local(now),
    )


def quick_reply(session: Session, analyst: Analyst, case_id: int, key: str, op: Operation, *, now: datetime) -> Message:
    """An answer of the library, filled, to be looked at. Raises as `compose_draft`."""
    return compose_draft(session, analyst, case_id, [key], op, closing=False, now=now)


def whole_draft(session: Session, analyst: Analyst, case_id: int, key: str, op: Operation, *, now: datetime) -> Message:
    """An approved template, whole and unedited: what opens or reopens a conversation over the API. Where the dentist
    wrote last on Telegram, the same words go there."""
    case = queries.case_for(session, case_id, analyst)
    facts = facts_of(session, case, analyst, op, now=now)
    template = op.library[key]
    text, parameters = template.render(facts), template.parameters(facts)
    (at_meta,) = meta_templates.judge(session, [(template.whatsapp_name, text, parameters)])
    by_api = op.api_on and at_meta.problem is None
    return _draft(
        session,
        case,
        analyst,
        text,
        by_api=by_api,
        chat=ways.answering_chat(session, case),
        blocks=[key],
        said={key: template.words(facts)},
        offers=[{"action": o.action, "justification": o.justification} for o in template.offers],
        template_name=template.whatsapp_name if by_api else None,
        template_parameters=parameters if by_api else {},
        now=now,
    )


def answer(
    session: Session, analyst: Analyst, case_id: int, text: str, reply_to: str | None, op: Operation, *, now: datetime
) -> Message:
    """A typed answer: goes by itself after the undo time. Where it may not go by the API it becomes a draft by hand,
    so that nothing typed is lost; where it may not go at all, it raises Conflict."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    message = typed(session, analyst, case, checked_text(text), op, reply_to=reply_to, now=now)
    return leave(session, analyst, message, op, now=now)


def typed(
    session: Session, analyst: Analyst, case: Case, text: str, op: Operation, *, now: datetime, **more: Any
) -> Message:
    """A draft of what an analyst wrote, or of a file with it: on the channel where the dentist wrote last, which is
    WhatsApp's only inside the window; else by hand."""
    quoting.refuse_foreign(session, case, text)
    by_api, chat = op.api_on and window_open(case.window_since, now), ways.answering_chat(session, case)
    return _draft(session, case, analyst, text, by_api=by_api, chat=chat, now=now, **more)


def leave(session: Session, analyst: Analyst, message: Message, op: Operation, *, now: datetime) -> Message:
    """Let what was just typed go without asking again; by hand it stays a draft. The caller has locked the case."""
    if message.channel is ChannelName.MANUAL:
        return message
    case = queries.case_for(session, message.case_id, analyst, lock=True)
    _drop_equals(session, message, now)
    return leaving.release(session, message, analyst, case, op, now)


def _drop_equals(session: Session, message: Message, now: datetime) -> None:
    """Drafts of the same words, as one that was taken back before it was written again: a tap would send them twice."""
    drafts = queries.messages_of(session, message.case_id, [MessageStatus.DRAFT])
    equal = [m for m in drafts if m.id != message.id and m.text == message.text and not m.attachment_id]
    for other in equal:
        other.status, other.status_at = MessageStatus.DISCARDED, now
    session.add_all(equal)
    notices.message_changed(session, equal, now=now)


def edit(session: Session, analyst: Analyst, message_id: int, text: str, op: Operation, *, now: datetime) -> Message:
    """Replace a draft's text; what is no longer said in it is no longer offered.

    Raises Conflict once it is on its way, or for an approved template.
    """
    message = queries.message_for(session, message_id, analyst, lock=True)
    still_draft(message)
    if message.template_name:
        raise Conflict("Um modelo aprovado vai inteiro, sem edição. Para escrever livremente, componha uma mensagem.")
    case, text = queries.case_for(session, message.case_id, analyst, lock=True), _caption_or_text(message, text)
    quoting.refuse_foreign(session, case, text)
    message.text, message.edited, message.version = text, True, message.version + 1
    offer_by_hand(message, now)
    _keep_what_is_said(message, op)
    quoting.bind(session, case, message)
    session.add(message)
    return message


def _caption_or_text(message: Message, text: str) -> str:
    return attachments.checked_caption(text) if message.attachment_id is not None else checked_text(text)


def _keep_what_is_said(message: Message, op: Operation) -> None:
    """Keep the blocks that are still said, and what those offer."""
    message.blocks = [
        key
        for key in message.blocks
        if key in message.said and still_says(message.text, message.said[key], _named(op.library.get(key)))
    ]
    kept = [op.library[key] for key in message.blocks if key in op.library]
    offered = {(o.action, o.justification) for t in kept for o in t.offers}
    message.offers = [o for o in message.offers if (o["action"], o["justification"]) in offered]


def _named(template: Template | None) -> list[str]:
    return [noun({"action": o.action, "justification": o.justification}) for o in template.offers] if template else []


def approve(
    session: Session,
    analyst: Analyst,
    message_id: int,
    version: int,
    op: Operation,
    *,
    at: datetime | None = None,
    now: datetime,
) -> Message:
    """Let it go: after the undo time, or at a later moment that was chosen; outside working hours, unless the dentist
    has just written, at the next opening. Raises Conflict when it left already, was changed since, or may not go."""
    message = queries.message_for(session, message_id, analyst, lock=True)
    still_draft(message)
    same_version(message, version)
    if message.channel is ChannelName.MANUAL:
        raise Conflict(BY_HAND)
    case = queries.case_for(session, message.case_id, analyst, lock=True)
    return leaving.release(session, message, analyst, case, op, now, at)


def as_template(
    session: Session, analyst: Analyst, message_id: int, key: str, op: Operation, *, now: datetime
) -> Message:
    """An approved template instead of what WhatsApp takes no more, to be looked at. What was composed is dropped, what
    somebody typed stays a draft. Raises Conflict when it has left, or where Meta does not take the template either."""
    old = queries.message_for(session, message_id, analyst, lock=True)
    if old.status is not MessageStatus.FAILED:
        still_draft(old)
    new = whole_draft(session, analyst, old.case_id, key, op, now=now)
    if new.template_name is None:
        raise Conflict("Este modelo não pode sair pela API agora: escolha outro em “Escrever”.")
    if old.status is MessageStatus.FAILED:
        new.again_of = old.id
    elif old.blocks and not old.edited:
        old.status, old.status_at = MessageStatus.DISCARDED, now
    session.add_all([old, new])
    return new


def undo(session: Session, analyst: Analyst, message_id: int, *, now: datetime) -> Message:
    """Take back what has not left. Raises Conflict when it has."""
    message = queries.message_for(session, message_id, analyst, lock=True)
    if message.status is not MessageStatus.QUEUED:
        raise Conflict(STANDS.get(message.status, "Não deu tempo de desfazer: a mensagem já saiu."))
    back_to_drafts(session, [message], now)
    audit.record(session, analyst, "undone", message, now=now)
    return message


def discard(session: Session, analyst: Analyst, message_id: int, *, now: datetime) -> Message:
    """Drop a draft, or what failed. Raises Conflict once it is on its way."""
    message = queries.message_for(session, message_id, analyst, lock=True)
    if message.status is not MessageStatus.FAILED:
        still_draft(message)
    message.status, message.status_at = MessageStatus.DISCARDED, now
    session.add(message)
    return message


def hand_over(session: Session, analyst: Analyst, message_id: int, version: int, *, now: datetime) -> Message:
    """The analyst says it was sent by hand: it is logged as a contact. What has happened is not refused, though the
    dentist has opted out since, or the case was closed. Raises Conflict when it left already or was changed since."""
    message = queries.message_for(session, message_id, analyst, lock=True)
    if message.status is not MessageStatus.DISCARDED or message.channel is not ChannelName.MANUAL:
        still_draft(message)
    same_version(message, version)
    case = queries.case_for(session, message.case_id, analyst, lock=True)
    went_by_hand(message, now)
    _log(session, message, case, analyst, "handed_over", now)
    return message


def went_by_hand(message: Message, now: datetime) -> None:
    message.status, message.status_at, message.approved_at, message.sent_at = MessageStatus.HANDED_OVER, now, now, now
    message.channel, message.template_name, message.template_parameters = ChannelName.MANUAL, None, {}


def offer_by_hand(message: Message, now: datetime) -> None:
    """From now on somebody is asked whether it was sent, unless it goes by the API."""
    message.offered_at = now if message.channel is ChannelName.MANUAL else None


def settle(session: Session, analyst: Analyst, message_id: int, *, arrived: bool, now: datetime) -> Message:
    """A person decides about an uncertain send: it arrived, or it did not. Raises Conflict once that is known."""
    message = queries.message_for(session, message_id, analyst, lock=True)
    if message.status is not MessageStatus.UNKNOWN:
        raise Conflict("Este envio já está esclarecido: abra o caso para ver como ficou.")
    message.status = MessageStatus.ACCEPTED if arrived else MessageStatus.FAILED
    message.status_at, message.error = now, None if arrived else "Marcada como não recebida."
    case = queries.case_for(session, message.case_id, analyst, lock=True)
    _log(session, message, case, analyst, "settled", now, arrived=arrived)
    if not arrived:
        contacts.recount(session, [message.case_id])
        answer_nothing(session, [message])
    return message


def again(session: Session, analyst: Analyst, message_id: int, op: Operation, *, now: datetime) -> Message:
    """A new draft of what failed or stayed uncertain: only a person sends again. The old one stays as it is."""
    old = queries.message_for(session, message_id, analyst)
    if old.status not in (MessageStatus.UNKNOWN, MessageStatus.FAILED, MessageStatus.DISCARDED):
        raise Conflict(SENT_ALREADY)
    quoting.refuse_void(session, old)
    case = queries.case_for(session, old.case_id, analyst)
    by_api = op.api_on and (bool(old.template_name) or window_open(case.window_since, now))
    return _draft(
        session,
        case,
        analyst,
        old.text,
        by_api=by_api,
        chat=ways.chat_for(session, case, old.address) if old.channel is ChannelName.TELEGRAM else None,
        blocks=old.blocks,
        said=old.said,
        offers=old.offers,
        again_of=old.id,
        edited=old.edited,
        template_name=old.template_name,
        template_parameters=old.template_parameters,
        reply_to=old.reply_to,
        attachment_id=old.attachment_id,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class View:
    """What a draft's screen shows."""

    message: Message
    case: Case
    dentist: Dentist
    barred: str | None
    by_hand: bool  # the API does not take it, the analyst's own WhatsApp may
    by_telegram: bool  # it may go to the dentist's chat there instead
    whole: Whole | None  # of a template
    submitted_as: str | None  # the category that we asked for
    window: bool  # free text goes over the API
    instead: Template | None  # the template that could go where this may not
    not_api: str | None  # why a whole text goes by hand
    unnamed: bool  # it names the operator, whose name nobody has said
    figures: list[tuple[str | None, str]]  # percentages and money that the composed words did not hold: old, new
    file: attachments.Named | None
    own: bool  # of a colleague's case no phone is shown unasked


def view(session: Session, analyst: Analyst, message_id: int, op: Operation, *, now: datetime) -> View:
    message = queries.message_for(session, message_id, analyst)
    case = queries.case_for(session, message.case_id, analyst)
    standing = standing_of(session, case)
    whole, open_ = meta_templates.whole_of(session, message), window_open(standing.last_in_at, now)
    barred = refusal(standing, message.channel, template=whole, address=message.address, now=now)
    may = refusal(standing, ChannelName.MANUAL, template=None, now=now) is None
    shut = message.channel is not ChannelName.TELEGRAM and (not open_ or message.error_code == WINDOW_SHUT)
    instead, not_api = _other_way(session, analyst, message, op, now) if may and op.api_on and shut else (None, None)
    return View(
        message,
        case,
        queries.dentist_of(session, case),
        barred,
        barred is not None and may,
        may and message.channel is not ChannelName.TELEGRAM and bool(standing.chats),
        whole,
        next((t.category for t in op.library.values() if t.whatsapp_name == message.template_name), None),
        open_,
        instead,
        not_api,
        operator_of(case, op) == UNNAMED and re.search(rf"\b{UNNAMED}\b", message.text) is not None,
        figures_of(message),
        attachments.named(session, message),
        queries.holds(session, analyst, case),
    )


def _other_way(
    session: Session, analyst: Analyst, message: Message, op: Operation, now: datetime
) -> tuple[Template | None, str | None]:
    """Outside the window: the template that could go instead of a free text; of a whole text by hand, why it is so."""
    if message.status not in (MessageStatus.DRAFT, MessageStatus.FAILED) or message.template_name:
        return None, None
    choice = choices.choice_of(session, analyst, message.case_id, op, now=now)
    if choice.telegram:
        return None, None
    whole = next((t for t in choice.wholes if message.blocks == [t.key]), None)
    if whole is not None and choice.api:
        return None, choice.at_meta[whole.key].problem
    return choices.fitting(choice, message.offers), None


def figures_of(message: Message) -> list[tuple[str | None, str]]:
    """The figures that an edit has brought into a composed text, each with the one it replaces."""
    return checks.changed_figures(message.said.values(), message.text) if message.edited and message.said else []


def checked_text(text: str) -> str:
    """What an analyst typed, as it will be sent. Raises InvalidInput."""
    text = text.strip()
    if not text:
        raise InvalidInput("A mensagem está vazia: escreva o texto.")
    if len(text) > TEXT_LIMIT:
        raise InvalidInput(f"A mensagem tem {len(text)} caracteres; o limite é {TEXT_LIMIT}. Encurte ou divida.")
    checks.refuse_unfilled(text)
    return text


def _draft(
    session: Session,
    case: Case,
    analyst: Analyst,
    text: str,
    *,
    by_api: bool,
    chat: str | None = None,
    now: datetime,
    **more: Any,
) -> Message:
    """A new draft: for a ``chat`` on Telegram; else over WhatsApp's API, and without an address, or outside the window,
    by hand."""
    assert case.id is not None and analyst.id is not None
    standing = standing_of(session, case)
    address = chat or leaving.address_for(session, case, answer=by_api and not more.get("template_name"))
    by_whatsapp = ChannelName.WHATSAPP if by_api and address else ChannelName.MANUAL
    channel = ChannelName.TELEGRAM if chat else by_whatsapp
    if reason := refusal(standing, ChannelName.MANUAL, template=None, now=now):
        raise Conflict(reason)
    if channel is not ChannelName.WHATSAPP:  # a template is Meta's; elsewhere its text goes as any other
        more |= {"template_name": None, "template_parameters": {}}
    message = Message(
        case_id=case.id,
        analyst_id=analyst.id,
        channel=channel,
        address=address,
        text=text,
        status=MessageStatus.DRAFT,
        idempotency_key=secrets.token_hex(16),
        created_at=now,
        **more,
    )
    quoting.bind(session, case, message)
    offer_by_hand(message, now)
    session.add(message)
    session.flush()
    return message


def _log(
    session: Session, message: Message, case: Case, analyst: Analyst, action: str, now: datetime, **detail: Any
) -> None:
    session.add(message)
    session.flush()
    if message.status in LEFT_THE_HOUSE:
        receipts.log(session, [message], now=now)
        seen(session, case)
    audit.record(session, analyst, action, message, now=now, case=case.id, **detail)


def still_draft(message: Message) -> None:
    """Raises Conflict, with how it stands."""
    if message.status is not MessageStatus.DRAFT:
        raise Conflict(STANDS.get(message.status, SENT_ALREADY))


def same_version(message: Message, version: int) -> None:
    if message.version != version:
        raise Conflict(CHANGED)


def _greeted_today(case: Case, op: Operation, now: datetime) -> bool:
    return case.last_out_at is not None and op.local(case.last_out_at).date() == op.local(now).date()
