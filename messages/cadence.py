"""The cadence of contacts: what comes next in a silence, and how many working days after the last touch."""

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from messages.calendar import CADENCE


class Step(StrEnum):
    FIRST = "first"  # nobody has written to the dentist yet
    AGAIN = "again"  # they have not answered
    WARNING = "warning"  # that the protocol will go on without them
    CLOSING = "closing"  # proposed to the analyst, as “Perda de Contato”


# What each step says: whole templates, which open a conversation over the API.
TEMPLATES = {Step.FIRST: "primeiro_contato", Step.AGAIN: "retomar", Step.WARNING: "aviso_encerramento"}
# What the second contact, the third, … may say: as a supervisor names it → the text.
RESUMING = {
    "retomar": TEMPLATES[Step.AGAIN],
    "apoio": "retomar_apoio",
    "ligação": "retomar_ligacao",
    "reajuste": "retomar_reajuste",
}
RESUMED = ("retomar_apoio", "retomar_ligacao", TEMPLATES[Step.AGAIN])  # where nobody says otherwise
WARNINGS = frozenset({TEMPLATES[Step.WARNING], "encerramento_sem_resposta"})  # texts that say it
LOST = "Perda de Contato"  # the form's reason


@dataclass(frozen=True, slots=True)
class Silence:
    """``unanswered``: our contacts since the dentist last said something; ``warned``: one of them was the warning."""

    untouched: bool
    unanswered: int
    warned: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Working days to wait: from the opening to the first contact, between contacts, until the warning, and from it
    until closing is proposed. ``resuming``: the texts of the second contact, the third, …; the last serves on."""

    first: int = 1
    waits: tuple[int, ...] = CADENCE
    warning: int = 5
    closing: int = 5
    resuming: tuple[str, ...] = RESUMED

    def after(self, silence: Silence) -> tuple[Step, int]:
        """The next step, and how many working days after the last touch (of a case without any, after its opening)."""
        if silence.untouched:
            return Step.FIRST, self.first
        if silence.warned:
            return Step.CLOSING, self.closing
        if silence.unanswered <= len(self.waits):
            return Step.AGAIN, self.waits[max(silence.unanswered, 1) - 1]
        return Step.WARNING, self.warning

    def texts(self, step: Step, silence: Silence, said: Container[str] = ()) -> tuple[str, ...]:
        """What a step that writes says: the keys of whole texts, of which the first that can be said is. What the case
        was told already (``said``) gives way to what it was not, and at last to the plain words."""
        if step is not Step.AGAIN:
            return (TEMPLATES[step],)
        place = min(max(silence.unanswered, 1), len(self.resuming)) - 1
        in_turn = (*self.resuming[place:], *self.resuming[:place])
        return tuple(dict.fromkeys((*(key for key in in_turn if key not in said), TEMPLATES[step])))
