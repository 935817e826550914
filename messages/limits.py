"""How many people Meta lets the operation write to in a day, however it says so, and how long many take."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

_KEYS = (
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "whatsapp_business_manager_messaging_limit",
    "messaging_limit_tier",
)


def people_a_day(told: Mapping[str, object]) -> int | None:
    """0: without limit. None: nothing is said of it ("TIER_2K", "2000", "-1", "TIER_UNLIMITED")."""
    given = next((str(told[key]) for key in _KEYS if told.get(key)), "").removeprefix("TIER_")
    if given in ("-1", "UNLIMITED"):
        return 0
    number = given.replace("K", "000")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 and int(number) else None


@dataclass(frozen=True, slots=True)
class Room:
    """To how many people templates may go: so many in 24 hours, of which so many are left."""

    a_day: int
    left: int

    def days(self, people: int) -> int:
        """On how many days messages leave until so many people have theirs."""
        return 1 + ceil(max(0, people - self.left) / self.a_day)
