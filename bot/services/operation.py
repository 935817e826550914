"""What is the same for every case of one operation: its name, its hours, its library of messages.

The environment gives the defaults; what supervisors set in the chat are rows, which hold in every process from the
next update, send or notice on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlmodel import Session

from messages.cadence import RESUMED, Plan, Step
from messages.calendar import (
    CADENCE,
    WorkingHours,
    add_working_days,
    add_working_time,
    at,
    is_working_day,
    last_closing,
    next_working_moment,
    openings,
    outside,
    suggestions,
)
from messages.errors import InvalidInput, TemplateError
from messages.operation import NO_DAYS_OFF, SETTINGS, DaysOff
from messages.templates import Library, Template
from storage import changes
from storage.models import OperationSetting, TemplateOverride

log = structlog.get_logger(__name__)

T = TypeVar("T")


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
    sender: str = "Retenção"  # our side of a conversation, as the form names it
    guide_term: str = "24 a 48 horas"
    former_guide_term: str = "até 7 dias úteis"
    cadence: tuple[int, ...] = CADENCE  # working days to wait before the second contact, the third, …
    cadence_texts: tuple[str, ...] = RESUMED  # what they say
    cadence_on: bool = True  # whether the next contact is prepared when nobody answers
    first_wait: int = 1  # working days from a case's opening to its first contact
    warning_wait: int = 5  # from the last contact to the closing warning
    closing_wait: int = 5  # from the warning until closing is proposed
    campaign_rate: int = 20  # messages of a campaign that are handed to the outbox in a minute
    by_itself: tuple[Step, ...] = ()  # steps that leave without anybody's approval
    still_days: int = 5  # working days without a touch after which a case stands still
    sign_off: bool = False  # whether supervisors end the cases that analysts bring to their end
    days_off: DaysOff = NO_DAYS_OFF  # beside the holidays
    messages_a_second: int = 80  # that WhatsApp takes; 20 where the number is also used on a phone
    people_a_day: int | None = None  # to whom templates may go; None: as many as Meta says

    def next_working_moment(self, moment: datetime, uf: str | None) -> datetime:
        """This moment when it lies in working hours of the UF, else the start of the next ones. UTC."""
        return next_working_moment(moment, self.hours, uf, self.days_off, self.zone)

    def outside(self, moment: datetime, uf: str | None) -> str:
        """Why nobody works at this moment in this UF, as a clause; empty in working hours."""
        return outside(moment, self.hours, uf, self.days_off, self.zone)

    @property
    def plan(self) -> Plan:
        """The cadence of contacts."""
        return Plan(self.first_wait, self.cadence, self.warning_wait, self.closing_wait, self.cadence_texts)

    def is_working_day(self, day: date, uf: str | None = None) -> bool:
        """Whether people work on this day, in this UF."""
        return is_working_day(day, uf, self.days_off)

    def add_working_time(self, moment: datetime, span: timedelta, uf: str | None) -> datetime:
        """When so much working time of the UF has passed since. UTC."""
        return add_working_time(moment, span, self.hours, uf, self.days_off, self.zone)

    def day_after(self, day: date, count: int, uf: str | None) -> datetime:
        """The beginning of the ``count``-th working day of the UF after a day. UTC."""
        return at(add_working_days(day, count, uf, self.days_off), time.min, self.zone)

    def suggestions(self, now: datetime, uf: str | None) -> list[tuple[str, datetime]]:
        """Sensible times to come back to a case (see ``messages.calendar``)."""
        return suggestions(now, uf, self.hours, self.days_off, self.zone, self.cadence)

    def openings(self, now: datetime) -> list[tuple[str, datetime]]:
        """Sensible times to begin what goes on for hours (see ``messages.calendar``)."""
        return openings(now, self.hours, self.days_off, self.zone)

    def last_closing(self, moment: datetime) -> datetime:
        """When the last working day ended that is over at this moment. UTC."""
        return last_closing(moment, self.hours, None, self.days_off, self.zone)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)


class Operations:
    """The operation as it is now: asked at each entry, put together anew only when a row was added."""

    def __init__(self, base: Operation) -> None:
        """``base``: what the environment and the packaged library give."""
        self.base = base
        self._known: tuple[tuple[int, int], Operation] = ((0, 0), base)

    def current(self, session: Session) -> Operation:
        """For one small query."""
        revision = changes.revision(session)
        known, op = self._known
        if revision != known:
            op = overridden(session, self.base)
            self._known = revision, op
        return op

    def lend(self, session: Session, use_case: Callable[..., T], *args: Any, now: datetime, **kwargs: Any) -> T:
        """Run a use-case whose last argument is the operation, in the same transaction."""
        return use_case(session, *args, self.current(session), now=now, **kwargs)


def overridden(session: Session, base: Operation) -> Operation:
    """The operation with what its rows say. What this version of the program cannot use any more is left out."""
    values = set_values(changes.holding(session, OperationSetting))
    library = base.library.reworded(rewordings(base.library, changes.holding(session, TemplateOverride)))
    return replace(base, library=library, **values)


def set_values(rows: Mapping[str, OperationSetting]) -> dict[str, Any]:
    """What the last row of each key sets, by the operation's fields."""
    values = {}
    for key, row in rows.items():
        if row.value is None:
            continue
        try:
            values[key] = SETTINGS[key].read(row.value)
        except (KeyError, InvalidInput):
            log.warning("setting_not_used", key=key, version=row.version)
    return values


def rewordings(library: Library, rows: Mapping[str, TemplateOverride]) -> dict[str, Template]:
    """The texts of the library that an operation says in other words; one that does not compile any more is said in
    ours."""
    texts = {}
    for key, row in rows.items():
        if row.title is None and row.body is None:
            continue
        try:
            texts[key] = library[key].reworded(row.title, row.body)
        except (KeyError, TemplateError) as error:
            log.warning(
                "wording_not_used", key=key, version=row.version, problem=getattr(error, "problem", "no such key")
            )
    return texts
