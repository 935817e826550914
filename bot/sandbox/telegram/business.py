"""Telegram Business: people's own accounts that are connected to the bot, and the private chats in them
(https://core.telegram.org/bots/api#businessconnection)."""

import mimetypes
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.errors import SandboxError
from bot.sandbox.telegram.chats import Chat, Chats, Message, shown
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.updates import Updates

_ANSWERABLE = timedelta(hours=24)  # after the person's last message


@dataclass(slots=True)
class Connection:
    connection_id: str
    owner: Chat
    since: datetime
    can_reply: bool
    enabled: bool = True
    chats: dict[int, Chat] = field(default_factory=dict)  # of the account, by the person's id

    def as_api(self) -> dict[str, Any]:
        return {
            "id": self.connection_id,
            "user": self.owner.user(),
            "user_chat_id": self.owner.chat_id,
            "date": int(self.since.timestamp()),
            "rights": {"can_reply": True} if self.can_reply else {},
            "is_enabled": self.enabled,
        }


class Business:
    """What people do in their own accounts. A connection that was ended has its id no more; a new one has another."""

    def __init__(self, chats: Chats, updates: Updates) -> None:
        self._chats, self._updates = chats, updates
        self.connections: dict[str, Connection] = {}

    def connect(self, owner_id: int, *, can_reply: bool = True) -> str:
        """The person connects the own account to the bot."""
        number = len(self.connections) + 1
        connection = Connection(f"bc{number:06d}", self._chats.of(owner_id), self._chats.clock.now(), can_reply)
        self.connections[connection.connection_id] = connection
        self._tell(connection)
        return connection.connection_id

    def disconnect(self, owner_id: int) -> None:
        connection = self._of(owner_id)
        connection.enabled = False
        self._tell(connection)

    def writes(
        self,
        owner_id: int,
        person_id: int,
        text: str,
        *,
        by_owner: bool = False,
        reply_to_message_id: int | None = None,
    ) -> int:
        """A message in the account's chat with a person, who has written it or got it."""
        connection = self._of(owner_id)
        chat = self._chat(connection, person_id)
        message = self._chats.add(chat, from_bot=False, text=text, by_owner=by_owner, reply_to=reply_to_message_id)
        self._updates.publish("business_message", person_id, self._as_api(connection, message), text)
        return message.message_id

    def sends_document(
        self, owner_id: int, person_id: int, content: bytes, filename: str, *, by_owner: bool = False
    ) -> int:
        """A file in the account's chat with a person."""
        connection = self._of(owner_id)
        chat = self._chat(connection, person_id)
        mime_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        file = self._chats.store(content, filename, mime_type, "documents")
        message = self._chats.add(chat, from_bot=False, by_owner=by_owner, file=file)
        self._updates.publish("business_message", person_id, self._as_api(connection, message), filename)
        return message.message_id

    def edits(self, owner_id: int, person_id: int, message_id: int, text: str) -> None:
        connection = self._of(owner_id)
        message = self._chat(connection, person_id).messages[message_id]
        message.text, message.edited_at = text, self._chats.clock.now()
        self._updates.publish("edited_business_message", person_id, self._as_api(connection, message), text)

    def deletes(self, owner_id: int, person_id: int, message_ids: list[int]) -> None:
        connection = self._of(owner_id)
        chat = self._chat(connection, person_id)
        for message_id in message_ids:
            del chat.messages[message_id]
        told = {
            "business_connection_id": connection.connection_id,
            "chat": self._chats.of(person_id).as_api(),
            "message_ids": message_ids,
        }
        self._updates.publish("deleted_business_messages", person_id, told, "deleted")

    def chat(self, owner_id: int, person_id: int) -> list[dict[str, Any]]:
        """The account's chat with a person, as both see it."""
        return [shown(message) for message in self._chat(self._of(owner_id), person_id).messages.values()]

    def find(self, connection_id: str) -> Connection:
        """Raises ApiError."""
        connection = self.connections.get(connection_id)
        if connection is None or not connection.enabled:
            raise bad_request("BUSINESS_CONNECTION_INVALID")
        return connection

    def answerable(self, connection_id: str, person_id: int) -> Chat:
        """Where the bot may write on behalf of the account: to whom has written to it of late. Raises ApiError."""
        connection = self.find(connection_id)
        if not connection.can_reply:
            raise bad_request("BUSINESS_PEER_INVALID")
        chat = connection.chats.get(person_id)
        written = [m.date for m in chat.messages.values() if not (m.by_owner or m.from_bot)] if chat else []
        if chat is None or not written or self._chats.clock.now() - written[-1] > _ANSWERABLE:
            raise bad_request("BUSINESS_PEER_USAGE_MISSING")
        return chat

    def _of(self, owner_id: int) -> Connection:
        found = [c for c in self.connections.values() if c.owner.chat_id == owner_id and c.enabled]
        if not found:
            raise SandboxError("this person has connected no account")
        return found[-1]

    def _chat(self, connection: Connection, person_id: int) -> Chat:
        person = self._chats.of(person_id)
        return connection.chats.setdefault(
            person_id, Chat(person_id, person.first_name, person.last_name, person.username, started=True)
        )

    def _as_api(self, connection: Connection, message: Message) -> dict[str, Any]:
        told = self._chats.as_api(message, chat=connection.chats[message.chat_id])
        told["business_connection_id"] = connection.connection_id
        return told | ({"from": connection.owner.user()} if message.by_owner else {})

    def _tell(self, connection: Connection) -> None:
        owner_id = connection.owner.chat_id
        self._updates.publish("business_connection", owner_id, connection.as_api(), "business")
