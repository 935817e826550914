"""What WhatsApp tells beside messages and statuses: afterthoughts, other types, people who change, the analyst's phone
that stays in use beside the API, and the account itself."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox.whatsapp.people import Dentist, new_wamid
from bot.sandbox.whatsapp.phone import DentistPhone
from bot.sandbox.whatsapp.webhooks import Notice


class ConnectedPhone(DentistPhone):
    """A dentist's phone, and the operator's own where it is connected (coexistence)."""

    async def sends(
        self, number: str, kind: str, content: dict[str, Any] | list[Any], quoting: str | None = None
    ) -> str:
        """A message of any type, with the content that Meta would give it. Returns the wamid, as all that follow."""
        return self._says(number, kind, content, f"({kind})", quoting)

    async def edits(self, number: str, wamid: str, text: str) -> str:
        """The dentist changes a text that was sent."""
        self._quoted(self._people.know(number), wamid)
        return self._says(number, "edit", _edited(wamid, text), text, None)

    async def deletes(self, number: str, wamid: str) -> str:
        """The dentist takes a message back."""
        self._quoted(self._people.know(number), wamid)
        return self._says(number, "revoke", {"original_message_id": wamid}, "", None)

    async def moves(self, number: str, new_number: str) -> None:
        """The dentist keeps the account and changes the number: the identity without a number changes too."""
        dentist, there = self._people.know(number), self._people.know(new_number)
        told = {"type": "user_changed_number", "wa_id": there.wa_id, "body": f"User {dentist.name} changed"}
        if dentist.bsuid:
            told |= {"previous_user_id": dentist.bsuid}
        item = self._sender(dentist) | self._stamped(new_wamid(dentist.number)) | {"type": "system", "system": told}
        there.name = dentist.name
        self._tell("messages", dentist.number, {"messages": [item]}, "system", str(item["id"]))

    async def calls(self, number: str, seconds: int = 0, ends: bool = True, by_operator: bool = False) -> str:
        """A voice call of so many seconds; of none, it was not answered. Returns its id."""
        dentist, wacid = self._people.know(number), new_wamid(number).replace("wamid.", "wacid.")
        sides = {"from": dentist.wa_id, "to": self._config.phone_number}
        if by_operator:
            sides = {"from": self._config.phone_number, "to": dentist.wa_id}
        else:
            dentist.wrote_at = self._clock.now()
        told = {"id": wacid, **sides, "timestamp": self._timestamp()}
        told["direction"] = "BUSINESS_INITIATED" if by_operator else "USER_INITIATED"
        session = {"sdp_type": "offer", "sdp": "v=0"}
        self._call(dentist, told | {"event": "connect", "session": session})
        if ends:
            end: dict[str, Any] = {"event": "terminate", "status": "COMPLETED" if seconds else "FAILED"}
            if seconds:
                start = int(told["timestamp"])
                end |= {"start_time": str(start), "end_time": str(start + seconds), "duration": seconds}
            self._call(dentist, told | end)
        return wacid

    def _call(self, dentist: Dentist, item: dict[str, Any]) -> None:
        value = {"contacts": [self._contact(dentist)], "calls": [item]}
        self._tell("calls", dentist.number, value, "call", str(item["id"]))

    async def edited_on_phone(self, number: str, wamid: str, text: str) -> str:
        """An analyst changes, on the phone app, what was typed there."""
        return self._echo(number, "edit", _edited(wamid, text))

    async def deleted_on_phone(self, number: str, wamid: str) -> str:
        return self._echo(number, "revoke", {"original_message_id": wamid})

    async def shares_past(self, number: str, messages: Sequence[dict[str, Any]]) -> list[str]:
        """The connected phone's conversation with somebody: ``{"ours": bool, "text": …, "at": seconds since 1970}``."""
        dentist, items = self._people.know(number), []
        for message in messages:
            author = self._config.phone_number if message["ours"] else dentist.wa_id
            item = {"from": author, "id": new_wamid(dentist.number), "timestamp": str(message["at"]), "type": "text"}
            items.append(item | {"text": {"body": message["text"]}, "history_context": {"status": "READ"}})
        chunk = {
            "metadata": {"phase": 0, "chunk_order": 1, "progress": 100},
            "threads": [{"id": dentist.wa_id, "messages": items}],
        }
        self._tell("history", dentist.number, {"history": [chunk]}, "history", None)
        return [str(item["id"]) for item in items]

    async def account_news(self, field: str, value: dict[str, Any]) -> None:
        """Meta tells of the account: ``account_update``, ``phone_number_quality_update``, …"""
        entry = self._entry(None, "account", "", field, str(value.get("event", "")))
        self._webhooks.tell(Notice("account", field, value, entry))

    def _echo(self, number: str, kind: str, content: dict[str, Any]) -> str:
        dentist = self._people.know(number)
        echo = self._stamped(new_wamid(dentist.number)) | {"from": self._config.phone_number, "to": dentist.wa_id}
        told = {"message_echoes": [echo | {"type": kind, kind: content}]}
        self._tell("smb_message_echoes", dentist.number, told, "echo", str(echo["id"]))
        return str(echo["id"])

    def _stamped(self, wamid: str) -> dict[str, Any]:
        return {"id": wamid, "timestamp": self._timestamp()}

    def _tell(self, field: str, number: str, value: dict[str, Any], kind: str, wamid: str | None) -> None:
        entry = self._entry(wamid, kind, number, field, "")
        self._webhooks.tell(Notice(number, field, self._webhooks.metadata() | value, entry))


def _edited(wamid: str, text: str) -> dict[str, Any]:
    return {"original_message_id": wamid, "message": {"type": "text", "text": {"body": text}}}
