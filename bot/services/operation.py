"""What is the same for every case of one operation: its name, its hours, its library of messages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from messages.calendar import WorkingHours
from messages.templates import Library


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    support_phone: str
    support_hours: str
    zone: ZoneInfo
    hours: WorkingHours
    undo: timedelta  # how long an approved message can be taken back
    api_on: bool  # whether messages can leave over WhatsApp's API; without it everything goes by hand
    library: Library

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)
