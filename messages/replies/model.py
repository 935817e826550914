"""What a dentist's reply was taken to mean: a suggestion with its evidence, which a person confirms or corrects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from messages.words import Span


class Intent(StrEnum):
    """In the order in which the first that applies wins, but for `OTHER`, which is what is left."""

    OPT_OUT = "opt_out"  # asks for messages to stop
    WRONG_NUMBER = "wrong_number"  # the number is not, or no longer, the dentist's
    ACCEPTS = "accepts"  # takes the offer, stays
    DECLINES = "declines"  # leaves, refuses
    QUESTION = "question"
    WILL_CHECK = "will_check"  # will look, asks for time, agrees to or proposes a return
    ACKNOWLEDGES = "acknowledges"  # ok, thanks, a greeting
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message before the reply. ``sent_on`` is its local day; None: the reply's."""

    by_dentist: bool
    text: str
    sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """When the dentist will be back, or may be called. ``time`` is None where no hour was named.

    ``part`` of the day, where no hour is named: manha, meio, tarde, fim (of the working day), noite. ``evidence``: its
    words in the reply; where the day is the one that the analyst had named, those that agree.
    """

    date: date
    time: time | None
    evidence: tuple[Span, ...]
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for leaving, in the form's own words."""

    name: str
    evidence: Span


@dataclass(frozen=True, slots=True)
class Reading:
    """``intent_evidence``: the words that decided; empty where none did, as of a mere complaint."""

    intent: Intent
    intent_evidence: tuple[Span, ...]
    reasons: tuple[Reason, ...]
    promise: Promise | None

    @property
    def intent_rests_on(self) -> tuple[Span, ...]:
        """The words to show for the intent: those that decided, else those of the reasons that it is taken from; empty:
        it is the whole that says it."""
        if self.intent is Intent.DECLINES and not self.intent_evidence:
            return tuple(sorted((reason.evidence for reason in self.reasons), key=lambda span: span.start))
        return self.intent_evidence

    def as_json(self) -> dict[str, Any]:
        promise = self.promise and {
            "date": self.promise.date.isoformat(),
            "time": f"{self.promise.time:%H:%M}" if self.promise.time else None,
        }
        return {"intent": self.intent.value, "reasons": [r.name for r in self.reasons], "promise": promise}


@dataclass(frozen=True, slots=True)
class Reply:
    """What is read: the message, when it came (local, aware or not), and what was said before, oldest first."""

    text: str
    now_local: datetime
    previous: Sequence[Earlier] = ()
