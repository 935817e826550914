"""What is the same for every case of one operation: its name, its hours, its library of messages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from messages.calendar import WorkingHours, next_working_moment
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

    def next_working_moment(self, moment: datetime, uf: str | None) -> datetime:
        """This moment when it lies in working hours of the UF, else the start of the next ones. UTC."""
        return next_working_moment(moment, self.hours, uf, zone=self.zone)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)
