"""An outside sender of signed WhatsApp webhooks: connections that are kept open, bodies signed beforehand.

Closed loop: each connection posts its next body when it has the answer. Open loop: bodies are due at fixed moments,
and a late answer counts from the moment at which its body was due.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import random
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.factory import wa_status, webhook

SECRET = "segredo-da-medida"
PATH = "/webhooks/whatsapp"
_SAID = (
    "Bom dia! Vou ver a tabela e retorno até sexta.",
    "Os valores não estão compensando, a moeda está muito defasada.",
    "Obrigada, vou conversar com a minha sócia sobre a proposta.",
    "A liberação de guias demora demais e a central não atende.",
    "Estou em atendimento, falamos depois do almoço.",
)


def phone(dentist: int) -> str:
    """As WhatsApp spells it, half of them without the ninth digit."""
    return f"5571{'9' if dentist % 2 else ''}8{dentist:07d}"


def reply(number: int, dentist: int) -> dict[str, Any]:
    """The body of one dentist's message, as Meta posts it."""
    wa_id = phone(dentist)
    told = {
        "from": wa_id,
        "id": f"wamid.HBgM{wa_id}FQIAEhg{number:014X}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": f"{_SAID[number % len(_SAID)]} ({number})"},
    }
    who = {"profile": {"name": f"Dra. {dentist}"}, "wa_id": wa_id}
    return webhook({"contacts": [who], "messages": [told]})


def status(number: int, dentist: int) -> dict[str, Any]:
    """What Meta tells of a message that went to a dentist."""
    told = wa_status(f"wamid.HBgM{phone(dentist)}FQIAERg{number:014X}", ("sent", "delivered", "read")[number % 3])
    return webhook({"statuses": [told | {"recipient_id": phone(dentist)}]})


def requests(dentists: int, *, first: int = 0, statuses: int = 0) -> Iterator[bytes]:
    """Whole HTTP requests without end: replies spread over the dentists, each behind so many statuses."""
    chance = random.Random(first)
    for number in itertools.count(first):
        for _ in range(statuses):
            yield _post(status(number * statuses, chance.randrange(dentists)))
        yield _post(reply(number, chance.randrange(dentists)))


def _post(told: dict[str, Any]) -> bytes:
    body = json.dumps(told).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = f"POST {PATH} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}X-Hub-Signature-256: sha256={signature}\r\n\r\n".encode() + body


@dataclass
class Told:
    """What became of a run. Seconds."""

    took: float = 0
    latencies: list[float] = field(default_factory=list)  # of answers 200
    refused: int = 0  # answers other than 200

    def quantile(self, share: float) -> float:
        """Seconds within which this share was answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class Connection(asyncio.Protocol):
    """Posts one request after the other, each when the one before is answered."""

    def __init__(self, load: "Load") -> None:
        self._load, self._received, self._due = load, b"", 0.0
        self._posted = self._is_reply = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.post()

    def post(self) -> None:
        if (found := self._load.take(self)) is None:
            return
        request, self._due = found
        self._posted, self._is_reply = True, b'"messages": [' in request
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._received, self._posted = b"", False
        self._load.answered(head[9:12] == b"200", self._is_reply, self._due)
        self.post()

    def connection_lost(self, error: Exception | None) -> None:
        if self._posted:
            self._load.answered(False, self._is_reply, self._due)

    def close(self) -> None:
        self._transport.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


class Load:
    """One run against one address."""

    def __init__(self, source: Iterator[bytes], count: int, *, rate: float | None = None) -> None:
        """So many requests are made beforehand. ``rate``: of them a second, open loop; None: closed loop."""
        self._ready, self._rate, self._next = list(itertools.islice(source, count)), rate, 0
        self._idle: deque[Connection] = deque()
        self._told, self._open = Told(), True
        self._under_way, self._done = 0, asyncio.Event()
        self.replies = 0  # of dentists, among what was answered with 200
        self._began = 0.0

    async def run(self, port: int, connections: int, seconds: float) -> Told:
        """Until the time is over or the bodies are used up, and all that was posted is answered."""
        loop = asyncio.get_running_loop()
        self._began = time.perf_counter()
        peers = [
            (await loop.create_connection(lambda: Connection(self), "127.0.0.1", port))[1] for _ in range(connections)
        ]
        await (self._wait(seconds) if self._rate is None else self._pace(seconds))
        self._open = False
        if self._under_way:
            await self._done.wait()
        self._told.took = time.perf_counter() - self._began
        for peer in peers:
            peer.close()
        return self._told

    async def _wait(self, seconds: float) -> None:
        while time.perf_counter() - self._began < seconds and self._next < len(self._ready):
            await asyncio.sleep(0.02)

    async def _pace(self, seconds: float) -> None:
        """Have what is due posted by whoever is idle."""
        while (time.perf_counter() - self._began) < seconds and self._next < len(self._ready):
            while self._idle and self._is_due():
                self._idle.popleft().post()
            await asyncio.sleep(0.001)

    def _due(self) -> float:
        assert self._rate is not None
        return self._began + self._next / self._rate

    def _is_due(self) -> bool:
        return self._next < len(self._ready) and self._due() <= time.perf_counter()

    def take(self, peer: Connection) -> tuple[bytes, float] | None:
        """The next request, and the moment from which its answer's time counts."""
        if self._rate is not None and not self._is_due():
            self._idle.append(peer)
            return None
        if not self._open or self._next >= len(self._ready):
            return None
        due = time.perf_counter() if self._rate is None else self._due()
        self._next, self._under_way = self._next + 1, self._under_way + 1
        return self._ready[self._next - 1], due

    def answered(self, kept: bool, is_reply: bool, due: float) -> None:
        self._under_way -= 1
        if kept:
            self._told.latencies.append(time.perf_counter() - due)
            self.replies += is_reply
        else:
            self._told.refused += 1
        if not self._open and not self._under_way:
            self._done.set()
