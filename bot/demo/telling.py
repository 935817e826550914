"""Both conversations as text, with their times: the chat as the analyst saw it change, WhatsApp as it stands."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from bot.demo.phones import ZONE

Entry = dict[str, Any]
INDENT = " " * 9


def telegram(ledger: dict[str, Any], name: str) -> str:
    """Screens, taps and texts in their order. A screen drawn anew is told by what is new on it."""
    chat = ledger["telegram"]
    events = sorted([*chat["accepted"], *chat["updates"]], key=lambda entry: entry["at"])
    return _told(f"Telegram de {name}", events, _ChatTeller(name).lines)


def whatsapp(chat: dict[str, Any]) -> str:
    """Every message with its hour, and how far ours came."""
    return _told(f"WhatsApp de {chat['name']} ({chat['number']})", chat["messages"], _whatsapp_lines)


def _told(title: str, events: Iterable[Entry], lines: Any) -> str:
    """Under a heading for each day, the hour before each event's first line."""
    told, day = [title, "=" * len(title)], ""
    for event in events:
        local = _local(event)
        first, *rest = [line for text in lines(event) for line in text.splitlines()] or [""]
        if not first:
            continue
        if f"{local:%d/%m/%Y}" != day:
            day = f"{local:%d/%m/%Y}"
            told += ["", f"-- {day} --"]
        told += [f"  {local:%H:%M}  {first}", *(f"{INDENT}{line}".rstrip() for line in rest)]
    return "\n".join(told)


def _whatsapp_lines(message: Entry) -> Iterator[str]:
    if message["from"] == "dentist":
        yield f"← {message['text']}"
    else:
        yield f"→ {message['text']}"
        yield f"({_STATUS.get(message['status'], message['status'])})"


_STATUS = {"accepted": "aceita", "sent": "enviada", "delivered": "entregue", "read": "lida"}


class _ChatTeller:
    """Knows what stands on each message and what each button's token was labelled."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._standing: dict[int, set[str]] = {}  # what is on each message now
        self._drawn_at: dict[int, str] = {}  # when it was sent
        self._labels: dict[str, str] = {}

    def lines(self, event: Entry) -> Iterator[str]:
        if event.get("kind") == "callback_query":
            yield f"{self._name} toca [{self._labels[event['summary']]}]"
        elif event.get("kind") == "message":
            yield f"{self._name}: {event['summary']}"
        elif "method" in event:
            yield from self._drawn(event)

    def _drawn(self, screen: Entry) -> Iterator[str]:
        buttons = [button for row in screen["buttons"] for button in row]
        self._labels |= {b["data"]: b["text"] for b in buttons if "data" in b}
        shown = [*screen["text"].splitlines(), *([f"(arquivo {screen['document']})"] if screen["document"] else [])]
        shown += [" ".join(f"[{b['text']}]" for b in row) for row in screen["buttons"]]
        number, sent = screen["message_id"], _local(screen)
        before = self._standing.get(number)
        newest = number == max(self._drawn_at, default=number)
        self._standing[number] = {_gist(line) for line in shown}
        self._drawn_at.setdefault(number, f"{sent:%d/%m %H:%M}")
        if before is None:
            yield "• " + "\n".join(shown)
        elif new := [line for line in shown if _gist(line) not in before]:
            place = "" if newest else f"  (na mensagem de {self._drawn_at[number]})"
            yield f"↻ {new[0]}{place}\n" + "\n".join(new[1:])


def _gist(line: str) -> str:
    """A status without its moment, which is "hoje" today and a date tomorrow."""
    return line.partition(" · ")[0] if line.startswith("✓") else line


def _local(event: Entry) -> datetime:
    return datetime.fromisoformat(event["at"]).astimezone(ZONE)
