"""What WhatsApp tells of the operation's own account and number: what it means, and what to do about it.

Sources: Meta's references of ``account_update``, ``account_alerts``, ``account_review_update``,
``phone_number_quality_update``, ``phone_number_name_update``, ``business_capability_update`` and ``security``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from messages.form.values import show_count
from messages.refusals import refusal_of

FIELDS = frozenset(
    {
        "account_update",
        "account_alerts",
        "account_review_update",
        "phone_number_quality_update",
        "phone_number_name_update",
        "business_capability_update",
        "security",
    }
)
NOTHING = "Não é preciso fazer nada."
SOON = "Espere o resultado; ele chega por aqui."
BY_HAND = "Até lá, escreva pelo celular: “Compor e enviar você” continua funcionando."
ACCOUNT = "Peça a quem cuida da conta que abra a Central de contas da Meta (Qualidade da conta)"


@dataclass(frozen=True, slots=True)
class News:
    """``grave``: sending is stopped or about to be. Both sentences are for supervisors."""

    meaning: str
    remedy: str
    grave: bool = False


_ACCOUNT = {
    "DISABLED_UPDATE": News("A Meta bloqueou a conta do WhatsApp.", f"{ACCOUNT} e peça a revisão. {BY_HAND}", True),
    "ACCOUNT_VIOLATION": News(
        "A Meta apontou uma violação das regras na conta do WhatsApp.",
        f"{ACCOUNT}, veja qual foi e corrija; se for engano, peça a revisão. Segure os envios em lote enquanto isso.",
        True,
    ),
    "ACCOUNT_RESTRICTION": News(
        "A Meta restringiu a conta do WhatsApp: parte das mensagens não sai.",
        f"{ACCOUNT} e veja até quando vale. {BY_HAND}",
        True,
    ),
    "ACCOUNT_DELETED": News(
        "A conta do WhatsApp da operadora foi apagada: nada sai nem chega por ela.", f"Avise a TI já. {BY_HAND}", True
    ),
    "ACCOUNT_OFFBOARDED": News(
        "O número foi desligado da API do WhatsApp: nada sai nem chega por ela.",
        f"Avise a TI, para reconectar o número. {BY_HAND}",
        True,
    ),
    "ACCOUNT_RECONNECTED": News("O número voltou a funcionar na API do WhatsApp.", NOTHING),
    "PARTNER_REMOVED": News(
        "O número foi desconectado da API do WhatsApp, pelo aplicativo ou pela Meta.",
        f"Avise a TI, para reconectar. {BY_HAND}",
        True,
    ),
    "PARTNER_APP_UNINSTALLED": News(
        "O aplicativo do assistente perdeu o acesso à conta do WhatsApp.", f"Avise a TI. {BY_HAND}", True
    ),
    "VERIFIED_ACCOUNT": News("A conta do WhatsApp foi verificada pela Meta.", NOTHING),
}
_QUALITY = {
    "FLAGGED": News(
        "A qualidade do número caiu: dentistas têm bloqueado ou denunciado as mensagens.",
        "Segure os envios em lote, confira a quem se escreve e com que texto; sem melhora, a Meta baixa o limite.",
        True,
    ),
    "UNFLAGGED": News("A qualidade do número voltou ao normal.", NOTHING),
    "DOWNGRADE": News(
        "A Meta baixou o limite de pessoas a quem se pode escrever por dia.",
        "Segure os envios em lote e deixe para amanhã o que não é urgente.",
        True,
    ),
    "UPGRADE": News("A Meta subiu o limite de pessoas a quem se pode escrever por dia.", NOTHING),
    "THROUGHPUT_UPGRADE": News("O número passou a enviar mais mensagens por segundo.", NOTHING),
    "ONBOARDING": News("O número foi conectado à API do WhatsApp.", NOTHING),
}
_REVIEW = {
    "APPROVED": News("A análise da conta do WhatsApp terminou: aprovada.", NOTHING),
    "REJECTED": News("A conta do WhatsApp não passou na análise da Meta.", f"{ACCOUNT} e peça a revisão.", True),
    "PENDING": News("A conta do WhatsApp está em análise na Meta.", SOON),
    "DEFERRED": News("A Meta adiou a análise da conta do WhatsApp.", "Avise quem cuida da conta."),
}
_NAME = {
    "APPROVED": News("A Meta aprovou o nome que os dentistas veem.", NOTHING),
    "REJECTED": News("A Meta recusou o nome que os dentistas veriam.", "Peça à TI que escolha outro nome de exibição."),
    "DEFERRED": News("A Meta adiou a análise do nome que os dentistas veem.", SOON),
}
_TABLES: dict[str, tuple[str, dict[str, News]]] = {
    "account_update": ("event", _ACCOUNT),
    "phone_number_quality_update": ("event", _QUALITY),
    "account_review_update": ("decision", _REVIEW),
    "phone_number_name_update": ("decision", _NAME),
}
_RESTRICTIONS = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "não se pode iniciar conversas",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "não se pode responder",
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "não se pode juntar números à conta",
}
_SEVERE = frozenset({"CRITICAL", "WARNING"})
NOT_SHARED = 2593109


def told(name: str, detail: Mapping[str, str]) -> News:
    """What a notice means. ``detail``: its values by their dotted path; what nobody knows yet is told as it came."""
    if name == "errors":
        return _error(detail)
    if name == "business_capability_update":
        return _capability(detail)
    if name == "account_alerts":
        return _alert(detail)
    key, table = _TABLES.get(name, ("event", {}))
    event = detail.get(key, "")
    news = table.get(event)
    if news is None:
        named = event or name
        return News(f"O WhatsApp mandou um aviso sobre a conta: {named}.", "Mostre-o a quem cuida da conta na Meta.")
    more = _more(detail)
    return News(f"{news.meaning} {more}", news.remedy, news.grave) if more else news


def _more(detail: Mapping[str, str]) -> str:
    """What kind of violation, which restriction until when, what limit from now on."""
    parts = []
    if violation := detail.get("violation_info.violation_type"):
        parts.append(f"Motivo dado pela Meta: {violation}.")
    for n in range(len(_RESTRICTIONS)):
        kind = detail.get(f"restriction_info.{n}.restriction_type")
        if kind:
            until = detail.get(f"restriction_info.{n}.expiration", "")[:10]
            parts.append(f"Agora {_RESTRICTIONS.get(kind, kind)}{f' até {_day(until)}' if until else ''}.")
    if limit := detail.get("max_daily_conversations_per_business") or detail.get("current_limit"):
        parts.append(f"Limite atual: {_limit(limit)}.")
    return " ".join(parts)


def _capability(detail: Mapping[str, str]) -> News:
    given = detail.get("max_daily_conversations_per_business") or detail.get("max_daily_conversation_per_phone") or ""
    if not given:
        return News("Mudaram limites da conta do WhatsApp.", NOTHING)
    return News(f"O limite da conta do WhatsApp agora é: {_limit(given)}.", "Conte com ele nos envios em lote.")


def _limit(given: str) -> str:
    """“2.000 pessoas novas por dia”; Meta writes -1 or TIER_UNLIMITED for none."""
    digits = given.removeprefix("TIER_").replace("K", "000")
    if digits.isascii() and digits.isdigit():
        return f"{show_count(int(digits[:9]))} pessoas por dia"
    return "sem limite de pessoas por dia" if given in ("-1", "TIER_UNLIMITED") else given


def _alert(detail: Mapping[str, str]) -> News:
    severe = (detail.get("alert_severity") or detail.get("alert_info.alert_severity", "")) in _SEVERE
    kind = detail.get("alert_type") or detail.get("alert_info.alert_type") or "sem nome"
    described = detail.get("alert_description") or detail.get("alert_info.alert_description") or ""
    words = f" A Meta diz: “{described}”" if described else ""
    remedy = f"{ACCOUNT} e veja o que ela pede." if severe else "Mostre-o a quem cuida da conta na Meta."
    return News(f"A Meta mandou um alerta sobre a conta do WhatsApp: {kind}.{words}", remedy, severe)


def _error(detail: Mapping[str, str]) -> News:
    code = detail.get("code", "")
    if code == str(NOT_SHARED):
        return News(
            "O histórico do celular não foi compartilhado com o assistente: as conversas antigas não entram nos casos.",
            "Se elas são precisas, cole ou encaminhe as conversas aqui.",
        )
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None
    if number is None:
        return News("O WhatsApp informou um erro da conta, sem número.", "Avise a TI.")
    details = detail.get("error_data.details") or detail.get("title") or ""
    cause = refusal_of(number, details).cause
    return News(f"O WhatsApp informou um erro da conta ({number}). {cause}.", "Avise a TI se ele se repetir.")


def _day(iso: str) -> str:
    year, _, rest = iso.partition("-")
    month, _, day = rest.partition("-")
    return f"{day}/{month}/{year}" if day else iso
