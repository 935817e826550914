"""Templates as Meta keeps them: its states in Portuguese, its answers and webhooks, and whether one may be sent.

Shapes: Graph API v26, ``/{WABA_ID}/message_templates`` and the webhooks ``message_template_status_update``,
``template_category_update`` and ``message_template_quality_update``.
"""

import re
from collections.abc import Mapping
from typing import Any

from messages.contracts import AtMeta
from messages.errors import InvalidInput, MetaRefused
from messages.refusals import INVALID, TABLE, Act, refusal_of
from messages.shapes import as_dict, dicts, read_object, text
from messages.whatsapp import code_of, details_of

APPROVED, PENDING, REJECTED, PAUSED, DISABLED = "APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED"
MARKETING = "MARKETING"
SUBMITTABLE = frozenset({APPROVED, REJECTED, PAUSED})  # states in which Meta lets a template be edited
LANGUAGE = "pt_BR"
EXISTS_ALREADY = 2388024  # subcode

STATES = {
    APPROVED: "aprovado",
    PENDING: "em análise",
    "IN_APPEAL": "em recurso",
    REJECTED: "recusado",
    PAUSED: "pausado",
    DISABLED: "desativado",
    "ARCHIVED": "arquivado",
    "DELETED": "apagado",
    "PENDING_DELETION": "sendo apagado",
    "LIMIT_EXCEEDED": "fora do limite de modelos da conta",
}
CATEGORIES = {"UTILITY": "utilidade", MARKETING: "marketing", "AUTHENTICATION": "autenticação"}
QUALITIES = {"GREEN": "qualidade alta", "YELLOW": "qualidade média", "RED": "qualidade baixa"}
REASONS = {
    "ABUSIVE_CONTENT": "conteúdo que a Meta considera abusivo",
    "INCORRECT_CATEGORY": "categoria errada para este texto",
    "TAG_CONTENT_MISMATCH": "categoria errada para este texto",
    "INVALID_FORMAT": "formato inválido: campos no começo, no fim ou lado a lado",
    "PROMOTIONAL": "texto promocional numa categoria que não é marketing",
    "SCAM": "texto que parece golpe",
}
_EVENTS = {"FLAGGED": APPROVED, "REINSTATED": APPROVED}  # flagged: still sent, in danger of being disabled
_VARIABLE = re.compile(r"\{\{([a-z0-9_]+)\}\}")


def filled(body: str, parameters: Mapping[str, str]) -> str:
    """What the dentist reads. A parameter that is missing stays as it is written in the body."""
    return _VARIABLE.sub(lambda found: parameters.get(found[1], found[0]), body)


def problem(template: AtMeta | None, name: str, shown: str, parameters: Mapping[str, str]) -> str | None:
    """Why a whole text may not leave as this template, as the analyst reads it; None where it may. ``shown`` is what
    was approved here: Meta must say the same."""
    if template is None or template.status is None:
        return f"O modelo {name} não consta na Meta: peça à supervisão que o envie, em “Modelos na Meta”."
    if template.status != APPROVED:
        why = f" ({told_reason(template.reason)})" if template.reason else ""
        return f"O modelo {name} está {told_state(template.status)} na Meta{why}, e por isso não sai pela API."
    if template.body is None or filled(template.body, parameters) != shown:
        return f"A Meta aprovou outro texto para o modelo {name}: peça à supervisão que envie o novo para aprovação."
    return None


def told_state(status: str | None) -> str:
    return STATES.get(status or "", (status or "sem estado").lower())


def told_reason(reason: str) -> str:
    return REASONS.get(reason, reason)


def told_category(category: str | None) -> str:
    return CATEGORIES.get(category or "", (category or "sem categoria").lower())


def read_page(body: bytes) -> tuple[list[AtMeta], str | None]:
    """One page of a listing, and what the next one comes after. Raises InvalidInput for what is none."""
    root = read_object(body)
    if not isinstance(root.get("data"), list):
        raise InvalidInput("A resposta não é uma lista de modelos.")
    found = [_listed(item) for item in dicts(root["data"]) if text(item.get("name"))]
    paging = as_dict(root.get("paging"))
    after = text(as_dict(paging.get("cursors")).get("after")) if paging.get("next") else ""
    return found, after or None


def _listed(item: Mapping[str, Any]) -> AtMeta:
    bodies = (text(p.get("text")) for p in dicts(item.get("components")) if text(p.get("type")).upper() == "BODY")
    score = item.get("quality_score")
    return AtMeta(
        name=text(item.get("name"), 512),
        language=text(item.get("language"), 16),
        meta_id=text(item.get("id"), 64) or None,
        category=text(item.get("category"), 32) or None,
        status=text(item.get("status"), 32) or None,
        reason=_reason(item.get("rejected_reason")),
        quality=text(as_dict(score).get("score") or score, 16) or None,
        body=next(bodies, "").replace("\r\n", "\n").strip() or None,
    )


def read_created(body: bytes) -> AtMeta:
    """The answer to a template that was created or edited. An edit says no more than that it was taken."""
    told = _answer(body)
    meta_id, category = text(told.get("id"), 64) or None, text(told.get("category"), 32) or None
    return AtMeta("", meta_id=meta_id, category=category, status=text(told.get("status"), 32) or PENDING)


def read_refusal(http_status: int, body: bytes) -> MetaRefused:
    """Why Meta did not do what was asked of its templates."""
    error = as_dict(_answer(body).get("error"))
    if error.get("error_subcode") == EXISTS_ALREADY:
        return MetaRefused("A Meta já tem um modelo com este nome.", exists=True)
    code = code_of(error)
    row = refusal_of(code) if code is not None and code in TABLE and code != INVALID else None
    if row is not None and row.act is Act.RETRY:
        return MetaRefused(f"{row.cause}.", retry=True)
    if row is not None and row.act is Act.OPERATOR:
        return MetaRefused(row.to_supervisors)
    said = (text(error.get("error_user_msg"), 300), details_of(error), text(error.get("message"), 300))
    told = next((words for words in said if words), f"HTTP {http_status}")
    return MetaRefused(f"A Meta recusou: {told}", retry=http_status >= 500 or http_status == 429)


def _answer(body: bytes) -> Mapping[str, Any]:
    try:
        return read_object(body)
    except InvalidInput:
        return {}


def read_change(field: str, value: Mapping[str, Any]) -> AtMeta | None:
    """What a webhook says of a template: only what has changed is there. None for any other webhook."""
    name = text(value.get("message_template_name"), 512)
    language = text(value.get("message_template_language"), 16).replace("-", "_")
    if not name:
        return None
    match field:
        case "message_template_status_update":
            event = text(value.get("event"), 32).upper()
            return AtMeta(name, language, status=_EVENTS.get(event, event) or None, reason=_reason(value.get("reason")))
        case "template_category_update":
            return AtMeta(name, language, category=text(value.get("new_category"), 32) or None)
        case "message_template_quality_update":
            return AtMeta(name, language, quality=text(value.get("new_quality_score"), 16) or None)
        case _:
            return None


def _reason(value: object) -> str | None:
    told = text(value, 200)
    return None if told in ("", "NONE") else told
