"""What WhatsApp tells the product: payloads in Meta's shape, signed over the raw bytes, repeated until taken."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.delivery import Deliveries, Parcel
from bot.sandbox.faults import DELIVERY_KINDS, Faults
from bot.sandbox.ledger import Entry


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. ``lane`` keeps the order of one conversation; ``entry`` is what is acknowledged."""

    lane: str
    field: str  # messages, user_preferences, smb_message_echoes, message_template_status_update
    value: dict[str, Any]
    entry: Entry


class Webhooks:
    def __init__(self, config: SandboxConfig, clock: Clock, faults: Faults) -> None:
        self._config, self._clock, self._faults = config, clock, faults
        self.deliveries = Deliveries(self.address)
        self._held: list[Notice] | None = None

    def address(self) -> str | None:
        """Where the product listens; None while it has not been told."""
        base = self._config.product_url
        return base.rstrip("/") + self._config.whatsapp_webhook_path if base else None

    def metadata(self) -> dict[str, Any]:
        """What every value about messages begins with."""
        return {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": self._config.phone_number,
                "phone_number_id": self._config.phone_number_id,
            },
        }

    def tell(self, notice: Notice) -> None:
        if self._held is not None:
            self._held.append(notice)
        else:
            self._post([notice])

    def hold(self) -> None:
        """Keep everything back until `release`."""
        self._held = self._held or []

    def release(self, together: bool) -> None:
        """Send what was held: in one POST, or one by one."""
        held, self._held = self._held or [], None
        for notices in [held] if together else [[notice] for notice in held]:
            if notices:
                self._post(notices)

    def signature(self, body: bytes) -> str:
        return "sha256=" + hmac.new(self._config.app_secret.encode(), body, hashlib.sha256).hexdigest()

    def _post(self, notices: list[Notice]) -> None:
        fault = self._faults.strike("whatsapp.webhook", DELIVERY_KINDS)
        if fault and fault.kind == "drop":
            for notice in notices:
                notice.entry["dropped"] = True
            return
        body = as_meta_writes(self._payload(notices))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": self.signature(body),
        }

        def acknowledged() -> None:
            now = self._clock.stamp()
            for notice in notices:
                notice.entry["acknowledged_at"] = now

        parcel = Parcel(notices[0].lane, body, headers, acknowledged)
        if fault and fault.kind == "reorder":
            self.deliveries.overtaken(parcel, fault.seconds)
            return
        parcel.copies = 2 if fault and fault.kind == "duplicate" else 1
        parcel.wait = fault.seconds if fault and fault.kind == "delay" else 0.0
        self.deliveries.put(parcel)

    def _payload(self, notices: list[Notice]) -> dict[str, Any]:
        changes: list[dict[str, Any]] = []
        for notice in notices:
            if changes and _joins(changes[-1], notice):
                for key in ("contacts", "messages", "statuses"):
                    if key in notice.value:
                        changes[-1]["value"].setdefault(key, []).extend(notice.value[key])
            else:
                changes.append({"value": dict(notice.value), "field": notice.field})
        # A batch comes in two entries, so that whoever reads only the first one is found out.
        half = (len(changes) + 1) // 2
        entries = [part for part in (changes[:half], changes[half:]) if part]
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": self._config.waba_id, "changes": part} for part in entries],
        }


def as_meta_writes(payload: dict[str, Any]) -> bytes:
    """JSON with ``\\u`` and ``\\/`` escapes: whoever checks the signature over anything but the raw bytes fails."""
    return json.dumps(payload, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def _joins(change: dict[str, Any], notice: Notice) -> bool:
    """Messages join messages, statuses join statuses; what differs becomes a change of its own."""
    if change["field"] != "messages" or notice.field != "messages":
        return False
    return ("messages" in change["value"]) == ("messages" in notice.value)
