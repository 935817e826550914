"""A dentist's phone: what a person does in WhatsApp, each act a webhook for the product."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bot.sandbox.clock import Clock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.errors import SandboxError
from bot.sandbox.ledger import Entry, Ledger
from bot.sandbox.whatsapp.cloud import Cloud
from bot.sandbox.whatsapp.media import MediaStore
from bot.sandbox.whatsapp.people import Dentist, Message, People
from bot.sandbox.whatsapp.templates import Template, Templates
from bot.sandbox.whatsapp.webhooks import Notice, Webhooks


class DentistPhone:
    """``number`` is E.164, with or without "+". Acts raise SandboxError for what the app does not allow."""

    def __init__(
        self,
        config: SandboxConfig,
        clock: Clock,
        ledger: Ledger,
        people: People,
        templates: Templates,
        media: MediaStore,
        cloud: Cloud,
        webhooks: Webhooks,
    ) -> None:
        self._config, self._clock, self._ledger, self._people = config, clock, ledger, people
        self._templates, self._media, self._cloud, self._webhooks = templates, media, cloud, webhooks

    # -- who

    def person(
        self,
        number: str,
        name: str | None = None,
        wa_id: str | None = None,
        bsuid: str | None = None,
        hides_phone: bool = False,
        on_whatsapp: bool = True,
    ) -> dict[str, Any]:
        """Set who has this number. ``hides_phone`` (with a ``bsuid``): webhooks carry the BSUID alone."""
        dentist = self._people.know(number)
        if hides_phone and not (bsuid or dentist.bsuid):
            raise SandboxError("only a person with a BSUID can hide the phone number")
        dentist.name = name or dentist.name
        dentist.hides_phone, dentist.on_whatsapp = hides_phone, on_whatsapp
        self._people.rename(dentist, wa_id, bsuid)
        return {"number": f"+{dentist.number}", "wa_id": dentist.wa_id, "name": dentist.name}

    def people(self) -> list[dict[str, Any]]:
        return [{"number": f"+{dentist.number}", "name": dentist.name} for dentist in self._people.everyone]

    def chat(self, number: str) -> dict[str, Any]:
        return self._people.view(number)

    # -- writing

    async def writes(self, number: str, text: str, quoting: str | None = None) -> str:
        """Returns the wamid, as all that follow."""
        if not text.strip():
            raise SandboxError("the app does not send an empty message")
        return self._says(number, "text", {"body": text}, text, quoting)

    async def sends_image(
        self,
        number: str,
        content: bytes,
        caption: str | None = None,
        mime_type: str = "image/jpeg",
        quoting: str | None = None,
    ) -> str:
        return self._sends(number, "image", content, mime_type, None, caption, quoting)

    async def sends_audio(self, number: str, content: bytes, mime_type: str = "audio/ogg; codecs=opus") -> str:
        return self._sends(number, "audio", content, mime_type, None, None, None)

    async def sends_document(
        self,
        number: str,
        content: bytes,
        filename: str,
        mime_type: str = "application/pdf",
        caption: str | None = None,
    ) -> str:
        return self._sends(number, "document", content, mime_type, filename, caption, None)

    async def presses(self, number: str, button: str, wamid: str | None = None) -> str:
        """Press a quick reply: of this message, or of the newest that has it."""
        dentist = self._people.know(number)
        messages = [dentist.messages[wamid]] if wamid in dentist.messages else reversed(dentist.messages.values())
        asked = next((message for message in messages if button in message.buttons), None)
        if asked is None:
            raise SandboxError(f"no message here has the button {button!r}")
        if asked.template:
            return self._says(number, "button", {"payload": button, "text": button}, button, asked.wamid)
        reply = {"type": "button_reply", "button_reply": {"id": button, "title": button}}
        return self._says(number, "interactive", reply, button, asked.wamid)

    async def reacts(self, number: str, wamid: str, emoji: str) -> str:
        self._quoted(self._people.know(number), wamid)
        return self._says(number, "reaction", {"message_id": wamid, "emoji": emoji}, emoji, None)

    # -- reading and preferring

    async def opens(self, number: str) -> list[str]:
        """Read what has been delivered. Returns the wamids read."""
        dentist = self._people.know(number)
        unread, dentist.unread = dentist.unread, []
        for message in unread:
            if message.status == "delivered":
                self._cloud.reach(dentist, message, "read")
        return [message.wamid for message in unread]

    async def prefers(self, number: str, stop: bool = True) -> None:
        """Turn the operator's marketing messages off, or on again, by WhatsApp's own switch."""
        dentist = self._people.know(number)
        dentist.refuses_marketing = stop
        value = "stop" if stop else "resume"
        preference = {
            **self._identity(dentist),
            "detail": f"User requested to {value} marketing messages",
            "category": "marketing_messages",
            "value": value,
            "timestamp": self._timestamp(),
        }
        told = self._webhooks.metadata() | {"contacts": [self._contact(dentist)], "user_preferences": [preference]}
        entry = self._entry(None, "preference", dentist.number, "user_preferences", value)
        self._webhooks.tell(Notice(dentist.number, "user_preferences", told, entry))

    # -- the operator's own side

    async def typed_on_phone(self, number: str, text: str) -> str:
        """Coexistence: an analyst writes from the phone app; the product hears an echo."""
        dentist = self._people.know(number)
        message = self._people.add(dentist, from_dentist=False, type="text", text=text, status="delivered")
        echo = {
            "from": self._config.phone_number,
            "to": dentist.wa_id,
            "id": message.wamid,
            "timestamp": self._timestamp(),
            "type": "text",
            "text": {"body": text},
        }
        entry = self._entry(message.wamid, "echo", dentist.number, "text", text)
        told = self._webhooks.metadata() | {"message_echoes": [echo]}
        self._webhooks.tell(Notice(dentist.number, "smb_message_echoes", told, entry))
        return message.wamid

    def template(
        self,
        name: str,
        body: str,
        category: str = "UTILITY",
        language: str = "pt_BR",
        status: str = "APPROVED",
        header: str | None = None,
        footer: str | None = None,
        buttons: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Register a template as if it had been created and reviewed before."""
        return self._templates.register(name, body, category, language, status, header, footer, buttons).as_api()

    async def judge_template(self, name: str, status: str, language: str = "pt_BR", reason: str | None = None) -> None:
        """The review's answer arrives: the template's state changes and the product is told."""
        why = reason or ("INCORRECT_CATEGORY" if status == "REJECTED" else "NONE")
        template = self._templates.judge(name, language, status, why)
        self._tell_of(template, "message_template_status_update", event=status, reason=why)

    async def recategorise_template(self, name: str, category: str, language: str = "pt_BR") -> None:
        """Meta finds that it belongs elsewhere."""
        template = self._templates.find(name, language)
        before, template.category = template.category, category
        self._tell_of(template, "template_category_update", previous_category=before, new_category=category)

    async def rate_template(self, name: str, quality: str, language: str = "pt_BR") -> None:
        """What people's blocks and reports come to: GREEN, YELLOW or RED."""
        template = self._templates.find(name, language)
        before, template.quality = template.quality, quality
        told = {"previous_quality_score": before, "new_quality_score": quality}
        self._tell_of(template, "message_template_quality_update", **told)

    def _tell_of(self, template: Template, field: str, **told: Any) -> None:
        value = {
            **told,
            "message_template_id": int(template.template_id),
            "message_template_name": template.name,
            "message_template_language": template.language,
        }
        entry = self._entry(None, "template", "", field, f"{template.name} {' '.join(told.values())}")
        self._webhooks.tell(Notice("templates", field, value, entry))

    # -- webhooks

    async def verify_webhook(self, token: str | None = None) -> bool:
        """Whether the product answers the subscription's challenge as it must."""
        address = self._webhooks.address()
        if address is None:
            raise SandboxError("tell the product's address first (product_url)")
        challenge = str(secrets.randbelow(10**9))
        query = {
            "hub.mode": "subscribe",
            "hub.verify_token": self._config.verify_token if token is None else token,
            "hub.challenge": challenge,
        }
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(address, params=query)
        return answer.is_success and answer.text == challenge

    def hold(self) -> None:
        self._webhooks.hold()

    def release(self, together: bool = False) -> None:
        self._webhooks.release(together)

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[None]:
        """All that happens within goes to the product in one POST."""
        self.hold()
        try:
            yield
        finally:
            self.release(together=True)

    def give_up(self) -> int:
        """Forget every webhook that has not been acknowledged. Returns how many."""
        return self._webhooks.deliveries.forget()

    # -- parts

    def _sends(
        self,
        number: str,
        kind: str,
        content: bytes,
        mime_type: str,
        filename: str | None,
        caption: str | None,
        quoting: str | None,
    ) -> str:
        media = self._media.keep(content, mime_type, filename or kind)
        told: dict[str, Any] = {"id": media.media_id, "mime_type": mime_type, "sha256": media.sha256}
        told |= {"caption": caption} if caption else {}
        told |= {"filename": filename} if filename else {}
        told |= {"voice": True} if kind == "audio" else {}
        return self._says(number, kind, told, caption or "", quoting, filename=filename)

    def _says(
        self, number: str, kind: str, content: dict[str, Any] | list[Any], text: str, quoting: str | None, **parts: Any
    ) -> str:
        dentist = self._people.know(number)
        asked = self._quoted(dentist, quoting) if quoting is not None else None
        message = self._people.add(dentist, from_dentist=True, type=kind, text=text, quoting=quoting, **parts)
        told: dict[str, Any] = self._sender(dentist) | {
            "id": message.wamid,
            "timestamp": self._timestamp(),
            "type": kind,
            kind: content,
        }
        if asked is not None:
            author = dentist.wa_id if asked.from_dentist else self._config.phone_number
            told["context"] = {"from": author, "id": asked.wamid}
        dentist.wrote_at = self._clock.now()
        entry = self._entry(message.wamid, "message", dentist.number, kind, text)
        value = self._webhooks.metadata() | {"contacts": [self._contact(dentist)], "messages": [told]}
        self._webhooks.tell(Notice(dentist.number, "messages", value, entry))
        return message.wamid

    def _quoted(self, dentist: Dentist, wamid: str) -> Message:
        if wamid not in dentist.messages:
            raise SandboxError("that message is not in this conversation")
        return dentist.messages[wamid]

    def _entry(self, wamid: str | None, kind: str, number: str, type_: str, text: str) -> Entry:
        entry: Entry = {
            "wamid": wamid,
            "kind": kind,
            "from": f"+{number}" if number else None,
            "type": type_,
            "text": text,
            "at": self._clock.stamp(),
            "acknowledged_at": None,
        }
        self._ledger.inbound.append(entry)
        return entry

    def _timestamp(self) -> str:
        return str(int(self._clock.now().timestamp()))

    def _contact(self, dentist: Dentist) -> dict[str, Any]:
        return {"profile": {"name": dentist.name}, **self._identity(dentist)}

    def _identity(self, dentist: Dentist) -> dict[str, str]:
        shown = {} if dentist.hides_phone else {"wa_id": dentist.wa_id}
        return shown | ({"user_id": dentist.bsuid} if dentist.bsuid else {})

    def _sender(self, dentist: Dentist) -> dict[str, str]:
        shown = {} if dentist.hides_phone else {"from": dentist.wa_id}
        return shown | ({"from_user_id": dentist.bsuid} if dentist.bsuid else {})
