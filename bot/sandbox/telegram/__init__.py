"""An emulator of the Telegram Bot API: the bot's side over HTTP, the analyst's side as methods."""

from bot.sandbox.clock import Clock
from bot.sandbox.config import SandboxConfig
from bot.sandbox.faults import Faults
from bot.sandbox.ledger import Ledger
from bot.sandbox.telegram.business import Business
from bot.sandbox.telegram.chats import Chats
from bot.sandbox.telegram.methods import Methods
from bot.sandbox.telegram.phone import AnalystPhone
from bot.sandbox.telegram.updates import Updates


class Telegram(AnalystPhone):
    """Its own methods are what people do; ``methods``, ``updates`` and ``chats`` are the servers behind."""

    def __init__(self, config: SandboxConfig, clock: Clock, ledger: Ledger, faults: Faults) -> None:
        bot = {
            "id": int(config.telegram_token.partition(":")[0]),
            "is_bot": True,
            "first_name": config.business_name,
            "username": config.bot_username,
        }
        self.chats = Chats(clock, bot)
        self.updates = Updates(clock, ledger, faults)
        self.business = Business(self.chats, self.updates)
        self.methods = Methods(clock, ledger, self.chats, self.updates, self.business)
        super().__init__(self.chats, self.updates, self.methods)


__all__ = ["Telegram"]
