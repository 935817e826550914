"""The Bot API's methods: what a bot may do, and how it is refused (https://core.telegram.org/bots/api)."""

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.ledger import Entry, Ledger
from bot.sandbox.telegram import keyboards, markup
from bot.sandbox.telegram.business import Business
from bot.sandbox.telegram.chats import Chat, Chats, Message, StoredFile, file_as_api
from bot.sandbox.telegram.errors import ApiError, bad_request
from bot.sandbox.telegram.topics import Topics
from bot.sandbox.telegram.updates import Updates

_DOWNLOAD_LIMIT, _UPLOAD_LIMIT, _PHOTO_LIMIT = 20 * 1024**2, 50 * 1024**2, 10 * 1024**2
_DELETABLE_HOURS = 48
_TOAST_LIMIT = 200
_ACTIONS = frozenset(
    (
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    )
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


@dataclass(frozen=True, slots=True)
class Upload:
    content: bytes
    filename: str
    mime_type: str


@dataclass(frozen=True, slots=True)
class Parameters:
    """One call's parameters, however they were encoded, and the files that came with them."""

    values: dict[str, Any]
    files: dict[str, Upload]

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return None if value is None else str(value)

    def integer(self, name: str, default: int | None = None) -> int | None:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f"{name} must be an integer") from None

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "1")

    def json(self, name: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise bad_request(f"can't parse {name}: not valid JSON") from None


Method = Callable[[Parameters], Coroutine[Any, Any, Any]]


class Methods:
    """One method of the Bot API each; they return the ``result`` and raise ApiError. Ids, not scans."""

    def __init__(self, clock: Clock, ledger: Ledger, chats: Chats, updates: Updates, business: Business) -> None:
        self._clock, self._ledger, self._chats, self._updates = clock, ledger, chats, updates
        self._topics, self._business = Topics(chats), business
        self.open_queries: dict[str, int] = {}  # callback query id -> chat id, until answered
        self._commands: dict[str, list[dict[str, Any]]] = {}
        self._table: dict[str, Method] = {
            "getme": self.get_me,
            "getupdates": self.get_updates,
            "setwebhook": self.set_webhook,
            "deletewebhook": self.delete_webhook,
            "getwebhookinfo": self.get_webhook_info,
            "getbusinessconnection": self.get_business_connection,
            "sendmessage": self.send_message,
            "senddocument": self.send_document,
            "sendphoto": self.send_photo,
            "sendchataction": self.send_chat_action,
            "editmessagetext": self.edit_message_text,
            "editmessagecaption": self.edit_message_caption,
            "editmessagemedia": self.edit_message_media,
            "editmessagereplymarkup": self.edit_message_reply_markup,
            "deletemessage": self.delete_message,
            "answercallbackquery": self.answer_callback_query,
            "getfile": self.get_file,
            "setmycommands": self.set_my_commands,
            "getmycommands": self.get_my_commands,
            "deletemycommands": self.delete_my_commands,
            "setchatmenubutton": self.set_chat_menu_button,
            "createforumtopic": self.create_forum_topic,
            "editforumtopic": self.edit_forum_topic,
            "deleteforumtopic": self.delete_forum_topic,
        }

    def find(self, name: str) -> Method:
        """Method names are case-insensitive. Raises ApiError 404."""
        method = self._table.get(name.lower())
        if method is None:
            raise ApiError(404, "Not Found")
        return method

    async def get_me(self, _: Parameters) -> dict[str, Any]:
        return (
            {"has_topics_enabled": False}
            | self._chats.bot
            | {
                "can_join_groups": True,
                "can_read_all_group_messages": False,
                "supports_inline_queries": False,
            }
        )

    # -- updates

    async def get_updates(self, call: Parameters) -> list[dict[str, Any]]:
        limit = min(max(call.integer("limit") or 100, 1), 100)
        timeout = min(max(call.integer("timeout") or 0, 0), 50)
        return await self._updates.get(call.integer("offset") or 0, limit, timeout, call.json("allowed_updates"))

    async def set_webhook(self, call: Parameters) -> bool:
        url, secret = call.text("url") or "", call.text("secret_token")
        if url and not url.startswith(("http://", "https://")):  # the real one wants HTTPS; this one stays at home
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self._updates.set_webhook(url, secret, call.json("allowed_updates"), call.flag("drop_pending_updates"))
        return True

    async def delete_webhook(self, call: Parameters) -> bool:
        self._updates.set_webhook("", None, None, call.flag("drop_pending_updates"))
        return True

    async def get_webhook_info(self, _: Parameters) -> dict[str, Any]:
        webhook, error = self._updates.webhook, self._updates.deliveries.last_error
        return {
            "url": webhook.url if webhook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending),
            "allowed_updates": list(self._updates.allowed),
        } | ({"last_error_date": error[0], "last_error_message": error[1]} if error else {})

    async def get_business_connection(self, call: Parameters) -> dict[str, Any]:
        return self._business.find(call.text("business_connection_id") or "").as_api()

    # -- sending

    async def send_message(self, call: Parameters) -> dict[str, Any]:
        chat = self._addressed(call)
        formatted = self._formatted(call, "text", "entities", markup.TEXT_LIMIT, "message")
        return self._send("sendMessage", chat, call, formatted)

    async def send_document(self, call: Parameters) -> dict[str, Any]:
        chat = self._addressed(call)
        caption = self._formatted(call, "caption", "caption_entities", markup.CAPTION_LIMIT, "message caption")
        file = self._file(call, "document", _UPLOAD_LIMIT, "documents")
        return self._send("sendDocument", chat, call, caption, file=file)

    async def send_photo(self, call: Parameters) -> dict[str, Any]:
        chat = self._addressed(call)
        caption = self._formatted(call, "caption", "caption_entities", markup.CAPTION_LIMIT, "message caption")
        file = self._file(call, "photo", _PHOTO_LIMIT, "photos")
        return self._send("sendPhoto", chat, call, caption, file=file, is_photo=True)

    async def send_chat_action(self, call: Parameters) -> bool:
        chat, action = self._writable(call), call.text("action")
        self._thread(chat, call)
        if action not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        self._ledger.actions.append({"chat_id": chat.chat_id, "action": action, "at": self._clock.stamp()})
        return True

    # -- editing

    async def edit_message_text(self, call: Parameters) -> dict[str, Any]:
        message = self._own(call)
        if message.file:
            raise bad_request("there is no text in the message to edit")
        formatted = self._formatted(call, "text", "entities", markup.TEXT_LIMIT, "message")
        return self._edit("editMessageText", message, formatted, self._inline(call))

    async def edit_message_caption(self, call: Parameters) -> dict[str, Any]:
        message = self._own(call)
        if not message.file:
            raise bad_request("there is no caption in the message to edit")
        caption = self._formatted(call, "caption", "caption_entities", markup.CAPTION_LIMIT, "message caption")
        return self._edit("editMessageCaption", message, caption, self._inline(call))

    async def edit_message_media(self, call: Parameters) -> dict[str, Any]:
        """Another picture or file, or one for a message that had none."""
        message, media = self._own(call), call.json("media") or {}
        if media.get("type") not in ("photo", "document"):
            raise bad_request("wrong type of the media")  # of the other kinds nobody here makes any
        told = Parameters(media, call.files)
        caption = self._formatted(told, "caption", "caption_entities", markup.CAPTION_LIMIT, "message caption")
        is_photo = media["type"] == "photo"
        limit, folder = (_PHOTO_LIMIT, "photos") if is_photo else (_UPLOAD_LIMIT, "documents")
        file = self._file(told, "media", limit, folder)
        return self._edit("editMessageMedia", message, caption, self._inline(call), file, is_photo)

    async def edit_message_reply_markup(self, call: Parameters) -> dict[str, Any]:
        message = self._own(call)
        same = markup.Formatted(message.text, message.entities)
        return self._edit("editMessageReplyMarkup", message, same, self._inline(call))

    async def delete_message(self, call: Parameters) -> bool:
        chat, message = self._existing(call, "message to delete not found")
        if (self._clock.now() - message.date).total_seconds() > _DELETABLE_HOURS * 3600:
            raise bad_request("message can't be deleted for everyone")
        del chat.messages[message.message_id]
        self._record("deleteMessage", message)
        return True

    async def answer_callback_query(self, call: Parameters) -> bool:
        query_id, text = call.text("callback_query_id") or "", call.text("text")
        if query_id not in self.open_queries:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if text and len(text) > _TOAST_LIMIT:
            raise bad_request("MESSAGE_TOO_LONG")
        self._chats.by_id[self.open_queries.pop(query_id)].toast = text
        self._ledger.answers.append(
            {
                "callback_query_id": query_id,
                "text": text,
                "show_alert": call.flag("show_alert"),
                "at": self._clock.stamp(),
            }
        )
        return True

    # -- files and commands

    async def get_file(self, call: Parameters) -> dict[str, Any]:
        file = self._chats.files.get(call.text("file_id") or "")
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(file.content) > _DOWNLOAD_LIMIT:
            raise bad_request("file is too big")
        return {**file_as_api(file), "file_path": file.path}

    async def set_my_commands(self, call: Parameters) -> bool:
        commands = call.json("commands") or []
        for command in commands:
            name, description = str(command.get("command", "")), str(command.get("description", ""))
            if not (1 <= len(name) <= 32 and name.isascii() and name == name.lower() and name.isidentifier()):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(description) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self._commands[_scope(call)] = commands
        return True

    async def get_my_commands(self, call: Parameters) -> list[dict[str, Any]]:
        return self._commands.get(_scope(call), [])

    async def delete_my_commands(self, call: Parameters) -> bool:
        self._commands.pop(_scope(call), None)
        return True

    def menu_of(self, chat_id: int) -> list[dict[str, Any]]:
        """The commands that the app lists in a private chat: those of the narrowest scope that has any."""
        scopes: tuple[dict[str, Any], ...] = (
            {"type": "chat", "chat_id": chat_id},
            {"type": "all_private_chats"},
            {"type": "default"},
        )
        found = (self._commands.get(_scope_key(scope, "")) for scope in scopes)
        return next((commands for commands in found if commands), [])

    async def set_chat_menu_button(self, _: Parameters) -> bool:
        return True

    # -- topics

    async def create_forum_topic(self, call: Parameters) -> dict[str, Any]:
        return self._topics.create(self._writable(call), call.text("name") or "")

    async def edit_forum_topic(self, call: Parameters) -> bool:
        return self._topics.rename(self._writable(call), call.integer("message_thread_id"), call.text("name") or "")

    async def delete_forum_topic(self, call: Parameters) -> bool:
        return self._topics.delete(self._writable(call), call.integer("message_thread_id"))

    # -- parts

    def _addressed(self, call: Parameters) -> Chat:
        """The bot's own chat with a person, or one in an account that is connected."""
        connection_id = call.text("business_connection_id")
        if not connection_id:
            return self._writable(call)
        return self._business.answerable(connection_id, call.integer("chat_id") or 0)

    def _writable(self, call: Parameters) -> Chat:
        chat = self._chat(call)
        if chat.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if not chat.started:
            raise ApiError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def _chat(self, call: Parameters) -> Chat:
        given = call.text("chat_id")
        if not given:
            raise bad_request("chat_id is empty")
        chat = self._chats.by_id.get(int(given)) if given.lstrip("-").isdecimal() else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def _existing(self, call: Parameters, problem: str) -> tuple[Chat, Message]:
        chat = self._chat(call)
        message = chat.messages.get(call.integer("message_id") or 0)
        if message is None:
            raise bad_request(problem)
        return chat, message

    def _own(self, call: Parameters) -> Message:
        _, message = self._existing(call, "message to edit not found")
        if not message.from_bot:
            raise bad_request("message can't be edited")
        return message

    def _formatted(self, call: Parameters, key: str, entities: str, limit: int, what: str) -> markup.Formatted:
        return markup.read(call.text(key) or "", call.text("parse_mode"), call.json(entities), limit, what)

    def _inline(self, call: Parameters) -> dict[str, Any] | None:
        given = call.json("reply_markup")
        if given is None:
            return None
        checked = keyboards.check(given)
        if checked and "inline_keyboard" not in checked:
            raise bad_request("object expected as inline keyboard")
        return checked if checked.get("inline_keyboard") else None

    def _replied(self, chat: Chat, call: Parameters) -> int | None:
        parameters = call.json("reply_parameters") or {}
        message_id = parameters.get("message_id") or call.integer("reply_to_message_id")
        if message_id is None or message_id in chat.messages:
            return message_id
        if parameters.get("allow_sending_without_reply") or call.flag("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")

    def _thread(self, chat: Chat, call: Parameters) -> int | None:
        """The topic that something goes to; None: the chat itself."""
        thread_id = call.integer("message_thread_id")
        return None if thread_id is None else self._topics.there(chat, thread_id)

    def _file(self, call: Parameters, key: str, limit: int, folder: str) -> StoredFile:
        given = call.text(key)
        upload = call.files.get(given.removeprefix("attach://") if given else key)
        if upload is None:
            stored = self._chats.files.get(given or "")
            if stored is None:
                raise bad_request(
                    "wrong file identifier/HTTP URL specified" if given else f"there is no {key} in the request"
                )
            return stored
        if not upload.content:
            raise bad_request("file must be non-empty")
        if len(upload.content) > limit:
            raise ApiError(413, "Request Entity Too Large")
        return self._chats.store(upload.content, upload.filename, upload.mime_type, folder)

    def _send(
        self, method: str, chat: Chat, call: Parameters, formatted: markup.Formatted, **parts: Any
    ) -> dict[str, Any]:
        """All checks come before anything is kept."""
        reply_to, thread_id = self._replied(chat, call), self._thread(chat, call)
        if thread_id is None and reply_to is not None:
            thread_id = chat.messages[reply_to].thread_id
        given = call.json("reply_markup")
        checked = keyboards.check(given) if given is not None else {}
        inline = checked if checked.get("inline_keyboard") else None
        message = self._chats.add(
            chat,
            from_bot=True,
            text=formatted.text,
            entities=formatted.entities,
            reply_to=reply_to,
            inline=inline,
            thread_id=thread_id,
            silent=call.flag("disable_notification"),
            **parts,
        )
        if "keyboard" in checked:
            chat.keyboard = [[keyboards.label(button) for button in row] for row in checked["keyboard"]]
        elif checked.get("remove_keyboard"):
            chat.keyboard = None
        self._record(method, message)
        return self._chats.as_api(message, chat=chat)

    def _edit(
        self,
        method: str,
        message: Message,
        formatted: markup.Formatted,
        inline: dict[str, Any] | None,
        file: StoredFile | None = None,
        is_photo: bool = False,
    ) -> dict[str, Any]:
        same_file = file is None or (message.file is not None and message.file.unique_id == file.unique_id)
        same_text = (message.text, message.entities, message.inline) == (formatted.text, formatted.entities, inline)
        if same_file and same_text:
            raise bad_request(_NOT_MODIFIED)
        message.text, message.entities, message.inline = formatted.text, formatted.entities, inline
        if file is not None:
            message.file, message.is_photo = file, is_photo
        message.edited_at = self._clock.now()
        self._record(method, message)
        return self._chats.as_api(message)

    def _record(self, method: str, message: Message) -> None:
        entry: Entry = {
            "method": method,
            "chat_id": message.chat_id,
            "message_id": message.message_id,
            "message_thread_id": message.thread_id,
            "text": message.text,
            "buttons": keyboards.shown(message.inline),
            "document": message.file.filename if message.file else None,
            "at": self._clock.stamp(),
        }
        self._ledger.telegram_accepted.append(entry)


def _scope(call: Parameters) -> str:
    return _scope_key(call.json("scope") or {"type": "default"}, call.text("language_code") or "")


def _scope_key(scope: dict[str, Any], language: str) -> str:
    return json.dumps([scope, language], sort_keys=True)
