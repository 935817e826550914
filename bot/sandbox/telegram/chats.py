"""People, their private chats with the bot, messages and files, as Telegram's servers keep them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.sandbox.clock import Clock, iso
from bot.sandbox.errors import SandboxError
from bot.sandbox.telegram import keyboards


@dataclass(frozen=True, slots=True)
class StoredFile:
    file_id: str
    unique_id: str
    path: str  # below /file/bot<token>/
    content: bytes
    filename: str
    mime_type: str


@dataclass(slots=True)
class Message:
    message_id: int
    chat_id: int
    from_bot: bool
    date: datetime
    text: str = ""  # a document's or photo's caption too
    entities: list[dict[str, Any]] = field(default_factory=list)
    file: StoredFile | None = None
    is_photo: bool = False
    media: dict[str, Any] | None = None  # what else was sent, as the Bot API's own field
    origin: dict[str, Any] | None = None  # of a forwarded message
    reply_to: int | None = None
    inline: dict[str, Any] | None = None  # the keyboard under a bot's message
    edited_at: datetime | None = None
    thread_id: int | None = None  # of the topic it stands in
    by_owner: bool = False  # in a connected account: its owner wrote it
    silent: bool = False  # it came without a sound


@dataclass(slots=True)
class Chat:
    chat_id: int
    first_name: str
    last_name: str | None
    username: str | None
    started: bool = False  # the person has written to the bot
    blocked: bool = False
    messages: dict[int, Message] = field(default_factory=dict)
    keyboard: list[list[str]] | None = None  # the reply keyboard that stands below the chat
    toast: str | None = None  # what the last answered tap showed
    topics: dict[int, str] = field(default_factory=dict)  # thread id → name

    def user(self) -> dict[str, Any]:
        user: dict[str, Any] = {"id": self.chat_id, "is_bot": False, "first_name": self.first_name}
        user |= {"last_name": self.last_name} if self.last_name else {}
        user |= {"username": self.username} if self.username else {}
        return user | {"language_code": "pt-br"}

    def as_api(self) -> dict[str, Any]:
        user = self.user()
        named: dict[str, Any] = {key: user[key] for key in ("first_name", "last_name", "username") if key in user}
        return {"id": self.chat_id, "type": "private", **named}


class Chats:
    """Every lookup is by key. Message ids are one sequence for the whole bot, as in private chats."""

    def __init__(self, clock: Clock, bot: Mapping[str, Any]) -> None:
        self.clock, self.bot = clock, dict(bot)
        self.by_id: dict[int, Chat] = {}
        self.files: dict[str, StoredFile] = {}  # by file_id
        self.paths: dict[str, StoredFile] = {}
        self._last_message = 0

    def know(self, chat_id: int, first_name: str, last_name: str | None, username: str | None) -> Chat:
        """Make the person known to Telegram, or rename the one who is."""
        if chat_id <= 0:
            raise SandboxError("a person's chat id is above 0")
        chat = self.by_id.get(chat_id)
        if chat is None:
            chat = self.by_id[chat_id] = Chat(chat_id, first_name, last_name, username)
        chat.first_name, chat.last_name, chat.username = first_name, last_name, username
        return chat

    def of(self, chat_id: int) -> Chat:
        """Raises SandboxError for a person nobody has heard of."""
        if chat_id not in self.by_id:
            raise SandboxError(f"nobody has the chat id {chat_id}")
        return self.by_id[chat_id]

    def add(self, chat: Chat, *, from_bot: bool, **parts: Any) -> Message:
        self._last_message += 1
        message = Message(self._last_message, chat.chat_id, from_bot, self.clock.now(), **parts)
        chat.messages[message.message_id] = message
        return message

    def store(self, content: bytes, filename: str, mime_type: str, folder: str) -> StoredFile:
        number = len(self.files) + 1
        digest = hashlib.sha256(content).hexdigest()
        suffix = "." + filename.rpartition(".")[2] if "." in filename else ""
        stored = StoredFile(
            f"BQACAgEAAxkB{number:08d}{digest[:12]}",
            f"AgAD{digest[:12]}",
            f"{folder}/file_{number}{suffix}",
            content,
            filename,
            mime_type,
        )
        self.files[stored.file_id] = self.paths[stored.path] = stored
        return stored

    def as_api(self, message: Message, *, with_reply: bool = True, chat: Chat | None = None) -> dict[str, Any]:
        """The Bot API's Message. ``chat``: where it stands, if that is not the person's chat with the bot."""
        chat = chat or self.by_id[message.chat_id]
        answer: dict[str, Any] = {
            "message_id": message.message_id,
            "from": self.bot if message.from_bot else chat.user(),
            "chat": chat.as_api(),
            "date": int(message.date.timestamp()),
        }
        if message.thread_id is not None:
            answer |= {"message_thread_id": message.thread_id, "is_topic_message": True}
        if message.edited_at:
            answer["edit_date"] = int(message.edited_at.timestamp())
        replied = chat.messages.get(message.reply_to) if message.reply_to and with_reply else None
        if replied:
            answer["reply_to_message"] = self.as_api(replied, with_reply=False, chat=chat)
        captioned = message.file or message.media
        text_key, entities_key = ("caption", "caption_entities") if captioned else ("text", "entities")
        if message.text:
            answer[text_key] = message.text
        if message.entities:
            answer[entities_key] = message.entities
        if message.file:
            answer |= _photo(message.file) if message.is_photo else {"document": _document(message.file)}
        answer |= message.media or {}
        if message.origin:
            answer["forward_origin"] = message.origin
        if message.inline:
            answer["reply_markup"] = message.inline
        return answer

    def view(self, chat_id: int) -> dict[str, Any]:
        """The chat as the person sees it now."""
        chat = self.of(chat_id)
        return {
            "chat_id": chat_id,
            "name": " ".join(filter(None, (chat.first_name, chat.last_name))),
            "blocked": chat.blocked,
            "messages": [shown(message) for message in chat.messages.values()],
            "keyboard": chat.keyboard,
            "toast": chat.toast,
            "topics": chat.topics,
        }


def shown(message: Message) -> dict[str, Any]:
    file = message.file
    return {
        "message_id": message.message_id,
        "from": "bot" if message.from_bot else "user",
        "text": message.text,
        "buttons": keyboards.shown(message.inline),
        "edited": message.edited_at is not None,
        "date": iso(message.date),
        "reply_to_message_id": message.reply_to,
        "thread_id": message.thread_id,
        "document": file and {"file_id": file.file_id, "filename": file.filename, "size": len(file.content)},
        "is_photo": message.is_photo,
        "silent": message.silent,
    }


def file_as_api(file: StoredFile) -> dict[str, Any]:
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": len(file.content)}


def _document(file: StoredFile) -> dict[str, Any]:
    return {**file_as_api(file), "file_name": file.filename, "mime_type": file.mime_type}


def _photo(file: StoredFile) -> dict[str, Any]:
    return {"photo": [{**file_as_api(file), "width": 800, "height": 600}]}
