"""How a sandbox is set up. Invented tokens and numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Refusal = Literal["immediate", "async"]


@dataclass(slots=True)
class SandboxConfig:
    """Delays are real seconds. What `CHANGEABLE` names may be changed while the sandbox runs."""

    telegram_token: str = "100200300:sandbox-token"  # noqa: S105  opens nothing but this emulator
    bot_username: str = "retencao_sandbox_bot"
    phone_number_id: str = "100000000000001"
    waba_id: str = "200000000000002"
    phone_number: str = "557140000000"
    business_name: str = "Retenção"
    whatsapp_token: str = "sandbox-whatsapp-token"  # noqa: S105
    app_secret: str = "sandbox-app-secret"  # noqa: S105
    verify_token: str = "sandbox-verify-token"  # noqa: S105
    product_url: str | None = None
    whatsapp_webhook_path: str = "/webhooks/whatsapp"
    start_at: datetime | None = None
    window_refusal: Refusal = "immediate"
    absence_refusal: Refusal = "async"
    pair_rate: bool = True
    messages_per_second: int = 80
    sent_after: float = 0.0
    delivered_after: float | None = 0.0
    read_after: float | None = None
    template_review: Literal["APPROVED", "PENDING"] = "APPROVED"
    number_status: str = "CONNECTED"
    can_send: Literal["AVAILABLE", "LIMITED", "BLOCKED"] = "AVAILABLE"
    quality_rating: Literal["GREEN", "YELLOW", "RED", "UNKNOWN"] = "GREEN"
    messaging_limit: str = "TIER_2K"
    app_subscribed: bool = True


CHANGEABLE = frozenset(
    {
        "product_url",
        "window_refusal",
        "absence_refusal",
        "pair_rate",
        "messages_per_second",
        "sent_after",
        "delivered_after",
        "read_after",
        "template_review",
        "number_status",
        "can_send",
        "quality_rating",
        "messaging_limit",
        "app_subscribed",
    }
)
