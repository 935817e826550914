"""What the emulators took and gave, in order: the evidence that tests compare the product's database with."""

from typing import Any

Entry = dict[str, Any]


class Ledger:
    """Lists only grow; an entry's acknowledgement is written into the entry itself. Times are ISO, by the clock.

    whatsapp_accepted   id, to, type, text (as the dentist reads it), template, parameters, biz_opaque_callback_data,
                        quoting, at
    inbound             wamid, kind (message | preference | echo | template), from, type, text, at, acknowledged_at
    statuses            wamid, status, code, biz_opaque_callback_data, at, acknowledged_at
    telegram_accepted   method, chat_id, message_id, message_thread_id, text (without markup), buttons, document, at
    updates             update_id, kind, chat_id, summary, at, delivered, delivered_at, dropped
    answers             callback_query_id, text, show_alert, at
    actions             chat_id, action ("typing", …), at
    """

    def __init__(self) -> None:
        self.whatsapp_accepted: list[Entry] = []
        self.inbound: list[Entry] = []
        self.statuses: list[Entry] = []
        self.telegram_accepted: list[Entry] = []
        self.updates: list[Entry] = []
        self.answers: list[Entry] = []
        self.actions: list[Entry] = []

    def as_dict(self) -> dict[str, dict[str, list[Entry]]]:
        return {
            "whatsapp": {"accepted": self.whatsapp_accepted, "inbound": self.inbound, "statuses": self.statuses},
            "telegram": {
                "accepted": self.telegram_accepted,
                "updates": self.updates,
                "answers": self.answers,
                "actions": self.actions,
            },
        }
