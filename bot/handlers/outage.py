"""The database cannot be written: each analyst is told once, and once that it is back. No row can hold this."""

import asyncio

import structlog
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.runtime import Runtime
from bot.services import team
from messages.errors import StorageUnavailable

log = structlog.get_logger(__name__)

DOWN = (
    "⚠️ Não estou conseguindo gravar no banco de dados. Enquanto isso nada é enviado aos dentistas, "
    "e nada do que você mandar se perde: trato assim que voltar."
)
BACK = "✅ O banco de dados voltou. Sigo de onde parei."


class OutageTeller:
    def __init__(self, bot: ExtBot[None], rt: Runtime) -> None:
        self._bot, self._rt = bot, rt
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, outage: bool) -> None:
        """Called where the outage is noticed, which must not wait for Telegram."""
        task = asyncio.create_task(self._tell(DOWN if outage else BACK))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def finish(self) -> None:
        await asyncio.gather(*self._telling)

    async def _tell(self, text: str) -> None:
        try:
            people = await self._rt.read(team.everybody)
        except StorageUnavailable as error:  # not even read: whoever writes now gets no answer, the log has it
            log.error("outage_not_told", error=str(error))
            return
        for analyst in people:
            try:
                await self._bot.send_message(analyst.telegram_user_id or 0, text)
            except TelegramError as error:
                log.warning("outage_not_told", analyst=analyst.id, error=repr(error))
