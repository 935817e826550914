"""Topics of private chats: a bot whose threaded mode is on makes, renames and deletes them."""

from typing import Any

from bot.sandbox.telegram.chats import Chat, Chats
from bot.sandbox.telegram.errors import bad_request

_NAME_LIMIT = 128
_COLOR = 0x6FB9F0


class Topics:
    """The methods of the Bot API about topics. A topic's id is that of the message that tells of its making."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def create(self, chat: Chat, name: str) -> dict[str, Any]:
        if not self._chats.bot.get("has_topics_enabled"):
            raise bad_request("the chat is not a forum")
        name = _checked(name)
        thread_id = self._chats.add(chat, from_bot=True).message_id
        chat.topics[thread_id] = name
        chat.messages[thread_id].thread_id = thread_id
        return {"message_thread_id": thread_id, "name": name, "icon_color": _COLOR}

    def rename(self, chat: Chat, thread_id: int | None, name: str) -> bool:
        chat.topics[self.there(chat, thread_id)] = _checked(name)
        return True

    def delete(self, chat: Chat, thread_id: int | None) -> bool:
        """With all that was said in it."""
        gone = self.there(chat, thread_id)
        del chat.topics[gone]
        for message_id in [m.message_id for m in chat.messages.values() if m.thread_id == gone]:
            del chat.messages[message_id]
        return True

    def there(self, chat: Chat, thread_id: int | None) -> int:
        """Raises ApiError for a topic that is not, or no longer, in the chat."""
        if thread_id is None or thread_id not in chat.topics:
            raise bad_request("message thread not found")
        return thread_id


def _checked(name: str) -> str:
    if not 1 <= len(name.strip()) <= _NAME_LIMIT:
        raise bad_request("TOPIC_NAME_INVALID")
    return name.strip()
