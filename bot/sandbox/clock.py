"""The sandbox's clock: business time, which may be moved, and which every message is stamped from."""

import time
from datetime import UTC, datetime, timedelta

from bot.sandbox.errors import SandboxError


class Clock:
    """Ticks on with real time from the point it was set to, or stands still while frozen."""

    def __init__(self, start_at: datetime | None = None) -> None:
        self._frozen = False
        self.set(start_at or datetime.now(UTC))

    def now(self) -> datetime:
        if self._frozen:
            return self._point
        return self._point + timedelta(seconds=time.monotonic() - self._set_at)

    def set(self, moment: datetime) -> None:
        """Raises SandboxError for a moment without a zone."""
        if moment.tzinfo is None:
            raise SandboxError("the moment needs a time zone")
        self._point, self._set_at = moment.astimezone(UTC), time.monotonic()

    def forward(self, by: timedelta) -> None:
        self.set(self.now() + by)

    @property
    def frozen(self) -> bool:
        return self._frozen

    def freeze(self) -> None:
        self.set(self.now())
        self._frozen = True

    def thaw(self) -> None:
        self.set(self.now())
        self._frozen = False

    def stamp(self) -> str:
        """Now, as ISO-8601 UTC with microseconds."""
        return iso(self.now())


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Raises SandboxError for what is no moment."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise SandboxError(f"not an ISO-8601 moment: {text!r}") from error
