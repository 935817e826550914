"""The two emulators with what they share: clock, ledger, faults."""

import asyncio

from bot.sandbox.clock import Clock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.faults import Faults
from bot.sandbox.ledger import Ledger
from bot.sandbox.telegram import Telegram
from bot.sandbox.whatsapp import WhatsApp


class Emulators:
    """All state of the sandbox; how it is reached over HTTP is another matter."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.clock = Clock(config.start_at)
        self.ledger, self.faults = Ledger(), Faults()
        self.telegram = Telegram(config, self.clock, self.ledger, self.faults)
        self.whatsapp = WhatsApp(config, self.clock, self.ledger, self.faults)

    @property
    def product_url(self) -> str | None:
        return self.config.product_url

    @product_url.setter
    def product_url(self, url: str | None) -> None:
        self.config.product_url = url

    @property
    def pending(self) -> int:
        """What the product has not taken yet: WhatsApp's webhooks and Telegram's updates."""
        return self.whatsapp.webhooks.deliveries.pending + len(self.telegram.updates.pending)

    async def settled(self, timeout: float = 10.0) -> bool:  # noqa: ASYNC109  the caller wants an answer, not a cancel
        """Whether, within ``timeout`` real seconds, the product has taken everything."""
        deadline = asyncio.get_running_loop().time() + timeout
        while self.pending and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110  two counters to watch
            await asyncio.sleep(0.01)
        return not self.pending
