"""An analyst's phone: what a person does in Telegram, each act an update for the bot."""

import mimetypes
from typing import Any

from bot.sandbox.clock import parse
from bot.sandbox.errors import SandboxError
from bot.sandbox.telegram import keyboards, markup, media
from bot.sandbox.telegram.chats import Chat, Chats, Message, StoredFile, shown
from bot.sandbox.telegram.methods import Methods
from bot.sandbox.telegram.topics import Topics
from bot.sandbox.telegram.updates import Updates


class AnalystPhone:
    """Acts raise SandboxError for what the app does not allow. Whoever acts first is thereby known to Telegram."""

    def __init__(self, chats: Chats, updates: Updates, methods: Methods) -> None:
        self._chats, self._updates, self._methods = chats, updates, methods
        self._topics = Topics(chats)
        self._last_query = 0

    def person(
        self, chat_id: int, first_name: str, last_name: str | None = None, username: str | None = None
    ) -> dict[str, Any]:
        """Known to Telegram; until the first message the bot may not write to them."""
        return self._chats.know(chat_id, first_name, last_name, username).as_api()

    async def writes(
        self, chat_id: int, text: str, reply_to_message_id: int | None = None, thread_id: int | None = None
    ) -> int:
        """Send a text; what is longer than a message holds goes as several, as the app does. The last one's id."""
        if not text.strip():
            raise SandboxError("the app does not send an empty message")
        chat = self._speaking(chat_id)
        message_id = 0
        for piece in _pieces(text.strip()):
            message_id = self._says(chat, piece, reply_to_message_id, thread_id=thread_id)
        return message_id

    async def starts(self, chat_id: int, payload: str = "") -> int:
        """Press Start, perhaps from a deep link; a person who had blocked the bot unblocks it so."""
        self._person(chat_id)
        self._set_blocked(chat_id, False)
        return await self.writes(chat_id, f"/start {payload}".strip())

    def menu(self, chat_id: int) -> list[str]:
        """The commands beside the text field, as the app lists them."""
        return [command["command"] for command in self._methods.menu_of(chat_id)]

    async def taps(
        self, chat_id: int, message_id: int | None = None, text: str | None = None, data: str | None = None
    ) -> dict[str, Any]:
        """Tap a button by what it shows or by its callback data: of this message, or of the newest that has it."""
        if text is None and data is None:
            raise SandboxError("tell the button's text or its data")
        chat = self._chats.of(chat_id)
        if message_id is None and text is not None and any(text in row for row in chat.keyboard or []):
            return {"kind": "text", "message_id": await self.writes(chat_id, text)}
        message, button = _find_button(chat, message_id, text, data)
        if "callback_data" in button:
            return {"kind": "callback", "id": self._query(self._speaking(chat_id), message, button["callback_data"])}
        if "url" in button:
            return {"kind": "url", "url": button["url"]}
        return {"kind": "other", **button}

    async def sends_document(
        self,
        chat_id: int,
        content: bytes,
        filename: str,
        mime_type: str | None = None,
        caption: str | None = None,
        reply_to_message_id: int | None = None,
        thread_id: int | None = None,
    ) -> int:
        chat = self._speaking(chat_id)
        mime_type = mime_type or mimetypes.guess_type(filename)[0] or "application/octet-stream"
        file = self._chats.store(content, filename, mime_type, "documents")
        return self._says(chat, caption or "", reply_to_message_id, file=file, thread_id=thread_id)

    async def sends_photo(self, chat_id: int, content: bytes, caption: str | None = None) -> int:
        chat = self._speaking(chat_id)
        file = self._chats.store(content, "photo.jpg", "image/jpeg", "photos")
        return self._says(chat, caption or "", None, file=file, is_photo=True)

    async def sends_media(self, chat_id: int, kind: str, caption: str | None = None) -> int:
        """A voice message, a sticker, a place on the map, …: what it holds is of no meaning here."""
        chat = self._speaking(chat_id)
        return self._says(chat, _caption(kind, caption), None, media=media.as_api(kind, self._stored_media))

    async def forwards(
        self,
        chat_id: int,
        text: str | None = None,
        *,
        date: str,
        user_id: int | None = None,
        name: str | None = None,
        kind: str | None = None,
        filename: str | None = None,
        content: bytes = b"-",
    ) -> int:
        """Forward a message that somebody wrote at ``date`` (ISO-8601): a known person (``user_id``, one's own too), or
        one who hides behind a name. ``filename``: a document, "photo.jpg" a photo; ``kind``: what else it was. ``text``
        is then its caption."""
        chat = self._speaking(chat_id)
        sender = self._chats.of(user_id) if user_id is not None else None
        parts: dict[str, Any] = {"origin": media.origin(sender, name, parse(date))}
        if filename is not None:
            mime_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
            file = self._chats.store(content, filename, mime_type, "documents")
            parts |= {"file": file, "is_photo": filename == "photo.jpg"}
        elif kind is not None:
            text = _caption(kind, text)
            parts["media"] = media.as_api(kind, self._stored_media)
        elif not (text or "").strip():
            raise SandboxError("there is nothing to forward")
        return self._says(chat, text or "", None, **parts)

    async def edits(self, chat_id: int, message_id: int, text: str) -> None:
        """Change one's own message."""
        message = self._message(self._speaking(chat_id), message_id)
        if message.from_bot:
            raise SandboxError("only one's own messages can be edited")
        message.text, message.entities = text.strip(), markup.commands_in(text.strip())
        message.edited_at = self._chats.clock.now()
        self._updates.publish("edited_message", chat_id, self._chats.as_api(message), text)

    def threaded(self, on: bool = True) -> None:
        """Whoever made the bot turns its threaded mode on or off."""
        self._chats.bot["has_topics_enabled"] = on

    async def deletes_topic(self, chat_id: int, thread_id: int) -> None:
        """The person deletes a topic of the chat with the bot, with all that is in it."""
        chat = self._chats.of(chat_id)
        self._topics.delete(chat, self._topic(chat, thread_id))

    def blocks(self, chat_id: int) -> None:
        self._set_blocked(chat_id, True)

    def unblocks(self, chat_id: int) -> None:
        self._set_blocked(chat_id, False)

    def chat(self, chat_id: int) -> dict[str, Any]:
        return self._chats.view(chat_id)

    def knows(self, chat_id: int) -> bool:
        return chat_id in self._chats.by_id

    def people(self) -> list[dict[str, Any]]:
        return [{"chat_id": chat.chat_id, "name": chat.first_name} for chat in self._chats.by_id.values()]

    def file(self, file_id: str) -> bytes:
        """Raises SandboxError."""
        return self.stored(file_id).content

    def stored(self, file_id: str) -> StoredFile:
        if file_id not in self._chats.files:
            raise SandboxError("there is no such file")
        return self._chats.files[file_id]

    def last(self, chat_id: int, containing: str = "") -> dict[str, Any] | None:
        """The bot's newest message in the chat with this in its text; None when there is none."""
        for message in reversed(self._chats.of(chat_id).messages.values()):
            if message.from_bot and containing in message.text:
                return shown(message)
        return None

    def _person(self, chat_id: int) -> Chat:
        return self._chats.by_id.get(chat_id) or self._chats.know(chat_id, f"Pessoa {chat_id}", None, None)

    def _speaking(self, chat_id: int) -> Chat:
        chat = self._person(chat_id)
        if chat.blocked:
            raise SandboxError("this person has blocked the bot; unblock it first")
        chat.started = True
        return chat

    def _message(self, chat: Chat, message_id: int) -> Message:
        if message_id not in chat.messages:
            raise SandboxError(f"there is no message {message_id} in this chat")
        return chat.messages[message_id]

    def _says(self, chat: Chat, text: str, reply_to: int | None, *, thread_id: int | None = None, **parts: Any) -> int:
        if reply_to is not None:
            thread_id = self._message(chat, reply_to).thread_id
        if thread_id is not None:
            self._topic(chat, thread_id)
        entities = markup.commands_in(text)
        message = self._chats.add(
            chat, from_bot=False, text=text, entities=entities, reply_to=reply_to, thread_id=thread_id, **parts
        )
        summary = text or (message.file.filename if message.file else next(iter(message.media or ()), ""))
        self._updates.publish("message", chat.chat_id, self._chats.as_api(message), summary)
        return message.message_id

    def _topic(self, chat: Chat, thread_id: int) -> int:
        if thread_id not in chat.topics:
            raise SandboxError(f"there is no topic {thread_id} in this chat")
        return thread_id

    def _stored_media(self, kind: str, mime_type: str) -> StoredFile:
        return self._chats.store(b"-", kind, mime_type, kind)

    def _query(self, chat: Chat, message: Message, data: str) -> str:
        self._last_query += 1
        query_id = f"{chat.chat_id}{self._last_query:012d}"
        self._methods.open_queries[query_id] = chat.chat_id
        chat.toast = None
        content = {
            "id": query_id,
            "from": chat.user(),
            "message": self._chats.as_api(message),
            "chat_instance": str(chat.chat_id),
            "data": data,
        }
        self._updates.publish("callback_query", chat.chat_id, content, data)
        return query_id

    def _set_blocked(self, chat_id: int, blocked: bool) -> None:
        chat = self._chats.of(chat_id)
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        bot, when = self._chats.bot, int(self._chats.clock.now().timestamp())
        states = [{"user": bot, "status": "member"}, {"user": bot, "status": "kicked", "until_date": 0}]
        old, new = states if blocked else reversed(states)
        content = {
            "chat": chat.as_api(),
            "from": chat.user(),
            "date": when,
            "old_chat_member": old,
            "new_chat_member": new,
        }
        self._updates.publish("my_chat_member", chat_id, content, "blocked" if blocked else "unblocked")


def _caption(kind: str, caption: str | None) -> str:
    if caption and kind not in media.WITH_CAPTION:
        raise SandboxError(f"the app puts no caption to a {kind}")
    return caption or ""


def _find_button(
    chat: Chat, message_id: int | None, text: str | None, data: str | None
) -> tuple[Message, dict[str, Any]]:
    if message_id is not None and message_id not in chat.messages:
        raise SandboxError(f"there is no message {message_id} in this chat")
    messages = [chat.messages[message_id]] if message_id is not None else reversed(chat.messages.values())
    for message in messages:
        for button in (button for row in (message.inline or {}).get("inline_keyboard", []) for button in row):
            if text in (None, keyboards.label(button)) and data in (None, button.get("callback_data")):
                return message, button
    raise SandboxError(f"no message here has the button {text or data!r}")


def _pieces(text: str) -> list[str]:
    """Cut where a line or a word ends, if that can be."""
    pieces = []
    while markup.units(text) > markup.TEXT_LIMIT:
        head = text.encode("utf-16-le")[: 2 * markup.TEXT_LIMIT].decode("utf-16-le", "ignore")
        cut = next((at for at in (head.rfind("\n"), head.rfind(" ")) if at > 0), len(head))
        pieces.append(text[:cut])
        text = text[cut:].strip()
    return [*pieces, text]
