"""Telegram's Bot API as a dentist's channel: what is sent, and what its answers say. Shapes: Bot API 10.

There is no key that would make a repeated send harmless, and no receipt: what was accepted stays accepted, and an
answer that says nothing sure leaves it open whether the message is out.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from messages.contracts import Document, Outgoing, SendResult, Verdict

BLOCKED = 403
NO_ACCESS = frozenset({401, 404})  # the token is not good, or no longer
PICTURE_LIMIT = 10 * 1024**2  # bytes that `sendPhoto` takes; what is larger goes as a document
REFUSALS = (  # (code, part of the description, what the analyst reads)
    (BLOCKED, "", "O dentista bloqueou ou apagou a conversa no Telegram: escreva por outro meio."),
    (400, "chat not found", "O Telegram não encontra mais a conversa com o dentista: envie outro convite."),
    (
        400,
        "business_peer",
        "Por esta conta só se responde a quem escreveu nas últimas 24 horas: escreva pelo app.",
    ),
    (400, "business_connection", "A conta do Telegram não está mais conectada ao assistente: escreva por outro meio."),
    (400, "message is too long", "O texto é longo demais para o Telegram: encurte ou divida."),
    (400, "caption is too long", "A legenda é longa demais para o Telegram: encurte, ou mande o texto à parte."),
    (400, "photo", "O Telegram não aceitou a imagem: envie-a como PDF."),
    (413, "", "O arquivo é grande demais para o Telegram: envie uma versão menor."),
    (401, "", "O Telegram recusou o acesso do assistente: avise a TI (TELEGRAM_TOKEN)."),
    (404, "", "O Telegram recusou o acesso do assistente: avise a TI (TELEGRAM_TOKEN)."),
)
NOT_CONFIRMED = SendResult(Verdict.UNKNOWN, reason="O Telegram não confirmou o envio.")


def message_id(chat: str, number: int) -> str:
    """A message's identity: numbers are counted chat by chat."""
    return f"{chat}:{number}"


def method_for(document: Document | None) -> str:
    """The method that sends a text, or a file with a text below it."""
    if document is None:
        return "sendMessage"
    return "sendPhoto" if _is_picture(document) else "sendDocument"


def field_for(document: Document) -> str:
    """The field that holds the file."""
    return "photo" if _is_picture(document) else "document"


def _is_picture(document: Document) -> bool:
    return document.mime_type.startswith("image/") and len(document.content) <= PICTURE_LIMIT


def send_fields(message: Outgoing) -> dict[str, str]:
    """The call's parameters, the file apart. The text is plain: nothing in it is read as markup."""
    fields = {"chat_id": message.to.partition("@")[0]}
    if message.via is not None:
        fields["business_connection_id"] = message.via
    if message.document is None:
        fields |= {"text": message.text, "link_preview_options": json.dumps({"is_disabled": True})}
    elif message.text:
        fields["caption"] = message.text
    if quoted := _quoted(message):
        fields["reply_parameters"] = json.dumps({"message_id": quoted, "allow_sending_without_reply": True})
    return fields


def _quoted(message: Outgoing) -> int | None:
    chat, _, number = (message.reply_to or "").rpartition(":")
    return int(number) if chat == message.to and number.isdecimal() else None


def read_answer(chat: str, http_status: int, body: bytes) -> SendResult:
    """What the answer to a send says. ``chat`` is the one it was sent to."""
    answer = _object(body)
    if 200 <= http_status < 300 and answer.get("ok") is True:
        result = answer.get("result")
        number = result.get("message_id") if isinstance(result, dict) else None
        return SendResult(Verdict.ACCEPTED, message_id(chat, number)) if isinstance(number, int) else NOT_CONFIRMED
    if answer.get("ok") is not False or not 400 <= http_status < 500:
        return NOT_CONFIRMED
    return judge(http_status, str(answer.get("description", "")), answer.get("parameters"))


def judge(code: int, description: str, parameters: object = None) -> SendResult:
    """What a refusal means; nothing that was refused is out."""
    if code == 429:
        told = parameters.get("retry_after") if isinstance(parameters, dict) else None
        wait = timedelta(seconds=told if isinstance(told, int) and told > 0 else 30)
        return SendResult(Verdict.RETRY, code=code, reason="O Telegram pediu para esperar.", retry_after=wait)
    told_apart = (reason for number, part, reason in REFUSALS if number == code and part in description.lower())
    reason = next(told_apart, f"O Telegram recusou o envio ({code}): avise a TI.")
    return SendResult(Verdict.SHUT if code in NO_ACCESS else Verdict.REJECTED, code=code, reason=reason)


def _object(body: bytes) -> Mapping[str, Any]:
    """An answer's object; empty for what is none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
