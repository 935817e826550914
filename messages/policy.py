"""What may be sent to whom, and when: pure rules, asked before approval and again at the moment of sending."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import combining, normalize

from messages.phrases import Phrases
from messages.statuses import ChannelName

WINDOW = timedelta(hours=24)  # WhatsApp: free text only this long after the dentist's last message
OPTED_OUT = "O dentista pediu para não receber mensagens; este contato está bloqueado em todos os canais."
CHAT_GONE = "O dentista não recebe mais por este Telegram: bloqueou a conversa, ou ela foi desligada."

# Whole messages that say nothing else, as `messages.phrases` writes them. A sentence that merely holds the word is no
# opt-out.
_MESSAGE = "(mensagem|mensagens|contato|contatos|propaganda|propagandas)"
_OPT_OUT = Phrases(
    (
        "^^ (sair|parar|pare|parem|stop|descadastrar|cancelar mensagens|parar mensagens) $$",
        f"^^ (pare|parem|para|parar|chega) (de|com) [me|nos] [mandar|enviar] [essa|essas|tanta|tantas] {_MESSAGE} $$",
        f"^^ nao (quero|queremos|desejo) [mais] receber [mais|suas|essas] {_MESSAGE} [de voces|suas|aqui] $$",
        f"^^ nao [me] (mande|mandem|envie|enviem) [mais] {_MESSAGE} [para mim|pra mim|aqui] $$",
        "^^ nao [me] (mande|mandem|envie|enviem) mais nada $$",
        "^^ [me] (tira|tire|tirem|remova|removam|retire|retirem|exclua|excluam) [me] (dessa|desta|sua) lista $$",
        "^^ [me] (remova|removam|remover|descadastre|descadastrem) [me] $$",
    )
)
_WORD = re.compile(r"[^\W_]+")


def window_open(last_in_at: datetime | None, now: datetime) -> bool:
    """Whether WhatsApp takes free text: the dentist wrote less than 24 hours ago."""
    return last_in_at is not None and now < last_in_at + WINDOW


def is_opt_out(text: str) -> bool:
    """Whether the whole message asks for messages to stop."""
    words = _WORD.findall(_without_accents(text).lower())
    if words[:2] == ["por", "favor"]:
        words = words[2:]
    if words[-2:] == ["por", "favor"]:
        words = words[:-2]
    return _OPT_OUT.within(f" {' '.join(words)} ")


def _without_accents(text: str) -> str:
    """Asked of each message, where spelling out every script takes too long."""
    return text if text.isascii() else "".join(c for c in normalize("NFKD", text) if not combining(c))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a case when something is about to leave for its dentist."""

    closed: bool
    opted_out_at: datetime | None
    rule: str | None  # the reason of a standing do-not-contact rule
    last_in_at: datetime | None
    chats: frozenset[str] = frozenset()  # on Telegram, where the dentist is reached


@dataclass(frozen=True, slots=True)
class Whole:
    """A message that goes as an approved template: whether Meta takes it now, and what it counts it as."""

    problem: str | None
    category: str | None = None


def refusal(
    standing: Standing, channel: ChannelName, *, template: Whole | None, address: str | None = None, now: datetime
) -> str | None:
    """Why nothing may be sent, as the analyst reads it, or None. Opt-out and rules hold for manual links too.

    ``template``: None for what is no template. ``address`` is asked about where people leave: a chat on Telegram.
    """
    if standing.closed:
        return "O caso está encerrado: reabra-o antes de escrever."
    if standing.opted_out_at is not None:
        return OPTED_OUT
    if standing.rule is not None:
        return f"Há uma orientação da supervisão para não contatar: {standing.rule}"
    if channel is ChannelName.TELEGRAM:
        return CHAT_GONE if address not in standing.chats else None
    if channel is ChannelName.WHATSAPP and template is not None:
        return template.problem
    if channel is ChannelName.WHATSAPP and not window_open(standing.last_in_at, now):
        return "Fora da janela de 24 horas: pelo WhatsApp da operadora só vai um modelo aprovado."
    return None
