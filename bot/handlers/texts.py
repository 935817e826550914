"""Sentences that several screens share: who, when, and how a message stands."""

from collections.abc import Sequence
from datetime import datetime

from bot.handlers.screen import bold, h, short
from bot.services.facts import addressed
from bot.services.operation import Operation
from bot.services.threads import Around
from messages import media
from messages.calendar import is_holiday, show_moment
from messages.form.values import show_count
from messages.identity import mask_phone, show_phone
from messages.meta_templates import MARKETING
from messages.people import city_title, treated_name
from messages.policy import Whole
from messages.statuses import ChannelName, Direction, MessageStatus
from storage.models import Case, Contact, Dentist, Message

STATUS = {
    MessageStatus.DRAFT: "📝 rascunho",
    MessageStatus.QUEUED: "🕓 aprovada",
    MessageStatus.SENDING: "📤 enviando",
    MessageStatus.ACCEPTED: "✓ aceita pelo WhatsApp",
    MessageStatus.DELIVERED: "✓✓ entregue",
    MessageStatus.READ: "✓✓ lida",
    MessageStatus.FAILED: "✗ falhou",
    MessageStatus.UNKNOWN: "❔ não sei se chegou",
    MessageStatus.HANDED_OVER: "✓ enviada pelo seu WhatsApp",
    MessageStatus.DISCARDED: "🗑 descartada",
}
NOT_ARRIVED = "✗ não chegou"
ALONE = Around()
CONCERNING = {  # kind → how it tells of the message that it concerns; any other answers it
    "reaction": "{words} a {quoted}",
    "edit": "{words} (antes: {quoted})",
    "revoke": "{words}: {quoted}",
}
SINCE = {"edit": " (editada depois)", "revoke": " (apagada depois)"}
QUOTED = 60  # characters of a message that another one concerns

OTHER_CASE = "De outro caso? Responda a esta mensagem com o nº do protocolo, ou o fim dele, ou o nome do dentista."


def who(dentist: Dentist) -> str:
    """The dentist in full, with the treatment that data gives."""
    return treated_name(dentist.name, dentist.treatment)


def heading(case: Case, dentist: Dentist) -> str:
    closed = " · encerrado" if case.closed_at else ""
    return f"{bold(who(dentist))} · {h(case.protocol)}{closed}"


_JOINED = {  # with the article of "Dra.", of "Dr.", and without treatment data
    "de": ("da", "do", "de"),
    "a": ("à", "ao", "a"),
    "para": ("para a", "para o", "para"),
    "com": ("com a", "com o", "com"),
}


def joined(preposition: str, dentist: Dentist) -> str:
    """A preposition with the article that the treatment asks for: "da", "ao", "para o"."""
    feminine, masculine, neither = _JOINED[preposition]
    return {"a": feminine, "o": masculine}.get(addressed(dentist).article[0], neither)


def who_after(preposition: str, dentist: Dentist) -> str:
    """The dentist in full after a preposition, in Telegram's HTML: "da <b>Dra. Marina Prado</b>"."""
    return f"{joined(preposition, dentist)} {bold(who(dentist))}"


def spoken(dentist: Dentist) -> str:
    """As people say it: "a Dra. Marina"; without treatment data just the name."""
    return addressed(dentist).spoken


def spoken_to(dentist: Dentist) -> str:
    """Whom something is written to: "à Dra. Marina", "ao Dr. Teo"; without treatment data "a Marina"."""
    return f"{joined('a', dentist)} {addressed(dentist).addressed}"


def phone(address: str | None, *, in_full: bool = True) -> str:
    """Of a colleague's dentist it is shown in full to nobody who has not asked."""
    if not address or not address.startswith("+"):
        return "sem telefone"
    return show_phone(address) if in_full else mask_phone(address)


def cro(dentist: Dentist) -> str:
    return f"CRO {dentist.cro}/{dentist.cro_uf}" if dentist.cro else "sem CRO"


def place(case: Case) -> str:
    """“Salvador/BA”, or as much of it as is known."""
    return (
        f"{city_title(case.city)}/{case.uf}" if case.city and case.uf else city_title(case.city or "") or case.uf or ""
    )


def network(case: Case) -> str:
    """“3.843 vidas, 244 CROs divulgados”: what the operator has in the dentist's city; empty when nobody knows."""
    lives = _many(case.lives, "vida", "vidas")
    published = _many(case.published_cros, "CRO divulgado", "CROs divulgados")
    return ", ".join(p for p in (lives, published) if p)


def _many(number: int | None, one: str, several: str) -> str:
    return "" if number is None else count(number, one, several)


def count(number: int, one: str, several: str) -> str:
    """“1 caso aberto”, “3.843 vidas”."""
    return f"{show_count(number)} {one if number == 1 else several}"


def when(moment: datetime, now: datetime, op: Operation) -> str:
    return show_moment(moment, now, op.zone)


def off_work(moment: datetime, uf: str | None, op: Operation) -> str:
    """Why nobody works then, to follow a moment: " (feriado)"; empty in working hours."""
    day = op.local(moment).date()
    if op.is_working_day(day, uf):
        return " (fora do horário)" if op.outside(moment, uf) else ""
    return " (feriado)" if is_holiday(day, uf) else " (fim de semana)" if day.weekday() > 4 else " (sem expediente)"


def said(contact: Contact, op: Operation, now: datetime, around: Around = ALONE, *, arrived: bool = True) -> str:
    """One touch on one line: when, whose, what. ``arrived`` False: nobody has seen it, whatever was thought first."""
    at = f"{op.local(contact.occurred_at):%d/%m}" if contact.day_only else when(contact.occurred_at, now, op)
    at = "sem data" if contact.undated else at
    side = {Direction.IN: "💬", Direction.OUT: "➡️", Direction.CALL: "📞", Direction.NOTE: "🗒"}[contact.direction]
    return f"{side if arrived else NOT_ARRIVED} <i>{h(at)}</i> {h(told(contact, around))}"


def told(contact: Contact, around: Around) -> str:
    """What was said, with what it concerns and what became of it since."""
    words = body(contact)
    number = contact.id or 0
    if number in around.concerned:
        quoted = f"“{short(body(around.concerned[number]), QUOTED)}”"
        words = CONCERNING.get(contact.kind, "{words} (em resposta a {quoted})").format(words=words, quoted=quoted)
    if number in around.later:
        words += SINCE[around.later[number].kind]
    return words


def body(contact: Contact) -> str:
    """What was said; what is no text is named."""
    return media.told(contact.kind, contact.text, short(contact.media.get("filename") or "", 80))


def size(count: int) -> str:
    """Of a file, as people read it: "120 KB", "2,4 MB"."""
    if count < 1024**2:
        return f"{max(1, round(count / 1024))} KB"
    return f"{count / 1024**2:.1f} MB".replace(".", ",")


def standing(message: Message) -> str:
    """How a message stands. Telegram tells of nothing after it has taken it."""
    if message.status is MessageStatus.ACCEPTED and message.channel is ChannelName.TELEGRAM:
        return "✓ aceita pelo Telegram"
    return STATUS[message.status]


def status_line(message: Message, op: Operation, now: datetime) -> str:
    """How a message stands, and what the analyst should know of it."""
    line = standing(message)
    if message.status is MessageStatus.QUEUED and message.due_at is not None:
        seconds = round((message.due_at - now).total_seconds())
        if message.error and seconds <= 0:  # what holds it back says when
            return f"{line}\n⚠️ {short(message.error, 150)}"
        line += f", sai em {max(seconds, 0)} s" if seconds < 120 else f", sai {when(message.due_at, now, op)}"
    elif message.status_at is not None and message.status is not MessageStatus.DRAFT:
        line += f" · {when(message.status_at, now, op)}"
    return line + (f"\n⚠️ {short(message.error, 150)}" if message.error else "")


def cost_told(whole: Whole | None, submitted: str | None) -> str | None:
    """What a template costs more, before it is approved. ``submitted``: the category that we asked for."""
    if whole is None or whole.category != MARKETING:
        return None
    moved = submitted not in (None, MARKETING)
    told = "A Meta passou este modelo para marketing" if moved else "A Meta conta este modelo como marketing"
    return f"⚠️ {told}: custa mais, e não chega a quem recusou divulgação."


def figures_told(figures: Sequence[tuple[str | None, str]]) -> list[str]:
    """A line in Telegram's HTML on percentages and money that an edit brought in; none where it brought in none."""
    told = [f"{old} → {new}" if old else f"{new}, que não estava no texto composto" for old, new in figures]
    return [f"⚠️ Confira os valores: {h(short('; '.join(told), 200))}."] if told else []


def label(message: Message, op: Operation, now: datetime) -> str:
    """How it stands, for a button that leads to it."""
    if message.status is MessageStatus.QUEUED and message.due_at is not None:
        return f"🕓 sai {when(message.due_at, now, op)}"
    return standing(message)


def where(message: Message, *, in_full: bool) -> str:
    """Where it goes: a chat on Telegram has no number that says anything to a person."""
    return "Telegram" if message.channel is ChannelName.TELEGRAM else phone(message.address, in_full=in_full)


def way(message: Message, *, outside: bool = False) -> str:
    """How it will leave. ``outside``: free text would not go."""
    if message.template_name:
        why = "Fora da janela de 24 h: vai" if outside else "Vai pela API do WhatsApp"
        return f"{why} como modelo {message.template_name}, inteiro e sem edição."
    if message.channel is ChannelName.TELEGRAM:
        if message.address and "@" in message.address:
            return "Vai pela conta do Telegram que está conectada, para quem escreveu nela nas últimas 24 horas."
        return "Vai pelo Telegram do dentista, que não confirma a entrega."
    if message.channel is ChannelName.WHATSAPP:
        return "Vai pela API do WhatsApp."
    return "Vai pelo seu WhatsApp: abra o link, envie e toque em “Enviei”."
