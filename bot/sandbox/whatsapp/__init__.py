"""An emulator of the WhatsApp Cloud API: the business's side over HTTP, the dentist's side as methods."""

from bot.sandbox.clock import Clock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.faults import Faults
from bot.sandbox.ledger import Ledger
from bot.sandbox.whatsapp.cloud import Cloud
from bot.sandbox.whatsapp.connected import ConnectedPhone
from bot.sandbox.whatsapp.media import MediaStore
from bot.sandbox.whatsapp.people import People
from bot.sandbox.whatsapp.templates import Templates
from bot.sandbox.whatsapp.webhooks import Webhooks


class WhatsApp(ConnectedPhone):
    """Its own methods are what people do; ``cloud``, ``templates``, ``media`` and ``webhooks`` are the servers."""

    def __init__(self, config: SandboxConfig, clock: Clock, ledger: Ledger, faults: Faults) -> None:
        self.webhooks = Webhooks(config, clock, faults)
        self.templates, self.media, directory = Templates(), MediaStore(), People(clock)
        self.cloud = Cloud(config, clock, ledger, directory, self.templates, self.media, self.webhooks)
        super().__init__(config, clock, ledger, directory, self.templates, self.media, self.cloud, self.webhooks)


__all__ = ["WhatsApp"]
