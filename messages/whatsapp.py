"""The WhatsApp Cloud API's payloads: what is sent, and what an answer means. Shapes: Meta's Graph API, v26."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from messages.contracts import Outgoing, SendResult, Verdict
from messages.refusals import Act, refusal_of
from messages.shapes import as_dict, first, text

GREATEST_CODE = 2**31 - 1  # of an error: what a column of the database holds


def send_payload(message: Outgoing, media_id: str | None = None) -> dict[str, Any]:
    """The body of ``POST /{phone number}/messages``. ``media_id``: of the message's document, as uploaded."""
    payload: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **({"to": message.to[1:]} if message.to.startswith("+") else {"recipient": message.to}),  # else a BSUID
        "biz_opaque_callback_data": message.key,
    }
    if message.reply_to:
        payload["context"] = {"message_id": message.reply_to}
    if message.document is not None:
        kind = kind_of(message.document.mime_type)
        media = {"id": media_id} | ({"caption": message.text} if message.text else {})
        named = {"filename": message.document.filename} if kind == "document" else {}
        return payload | {"type": kind, kind: media | named}
    if message.template is None:
        return payload | {"type": "text", "text": {"body": message.text, "preview_url": False}}
    parameters = [
        {"type": "text", "parameter_name": name, "text": value} for name, value in message.template.parameters.items()
    ]
    template: dict[str, Any] = {"name": message.template.name, "language": {"code": message.template.language}}
    if parameters:
        template["components"] = [{"type": "body", "parameters": parameters}]
    return payload | {"type": "template", "template": template}


def kind_of(mime_type: str) -> str:
    """How WhatsApp names a file of this type: what it shows as a picture, and everything else."""
    return "image" if mime_type.startswith("image/") else "document"


def judge(code: int | None, http_status: int, details: str = "") -> SendResult:
    """What a refusal means. An answer without a code of Meta's says nothing sure after the body went out."""
    if code is None:
        if http_status == 429:
            return SendResult(Verdict.RETRY, reason="O WhatsApp pediu para esperar.", retry_after=timedelta(seconds=30))
        if 400 <= http_status < 500:
            return SendResult(Verdict.REJECTED, reason=f"O WhatsApp recusou o envio (HTTP {http_status}): avise a TI.")
        return SendResult(Verdict.UNKNOWN, reason="O WhatsApp não confirmou o envio.")
    refusal = refusal_of(code, details)
    if refusal.shut:
        return SendResult(Verdict.SHUT, code=code, reason=refusal.to_supervisors)
    verdict = Verdict.RETRY if refusal.act is Act.RETRY else Verdict.REJECTED
    return SendResult(verdict, code=code, reason=refusal.answered, retry_after=refusal.wait)


def read_upload(http_status: int, body: bytes) -> str | SendResult:
    """The id of an uploaded file; else what the refusal means for the message, which has certainly not left."""
    answer = _json(body)
    if 200 <= http_status < 300 and isinstance(answer.get("id"), str):
        media_id: str = answer["id"]
        return media_id
    judged = read_answer(http_status if http_status >= 300 else 500, body)
    return replace(judged, verdict=Verdict.RETRY) if judged.verdict is Verdict.UNKNOWN else judged


def read_answer(http_status: int, body: bytes) -> SendResult:
    """What the answer to a send says."""
    answer = _json(body)
    if not answer:
        return judge(None, http_status)
    if 200 <= http_status < 300:
        sent = first(answer.get("messages"))
        contact = first(answer.get("contacts"))
        if isinstance(sent.get("id"), str):
            return SendResult(Verdict.ACCEPTED, external_id=sent["id"], recipient_id=contact.get("wa_id"))
        return SendResult(Verdict.UNKNOWN, reason="O WhatsApp não confirmou o envio.")
    error = as_dict(answer.get("error"))
    code = code_of(error)
    judged = judge(code, http_status, details_of(error))
    if http_status >= 500 and judged.verdict is not Verdict.RETRY:
        return SendResult(Verdict.UNKNOWN, code=code, reason="O WhatsApp não confirmou o envio.")
    return judged


def code_of(error: Mapping[str, Any]) -> int | None:
    """Of an error, in an answer or in a webhook."""
    code, subcode = error.get("code"), error.get("error_subcode")
    found = subcode if code == 100 and subcode == 33 else code  # 33: of all that 100 may mean, the only one apart
    told = isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= GREATEST_CODE
    return found if told else None


def details_of(error: Mapping[str, Any]) -> str:
    return text(as_dict(error.get("error_data")).get("details"), 200)


def _json(body: bytes) -> Mapping[str, Any]:
    """An answer's object; empty for what is none."""
    try:
        return as_dict(json.loads(body))
    except ValueError:
        return {}
