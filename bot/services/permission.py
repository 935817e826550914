"""What only supervisors may do."""

from sqlmodel import Session

from messages.errors import NotAllowed
from messages.statuses import Role
from storage import people
from storage.models import Analyst

ONLY_SUPERVISORS = "Só a supervisão pode fazer isto."


def only_supervisors(analyst: Analyst, what: str = ONLY_SUPERVISORS) -> None:
    """Raises NotAllowed for everybody else, with ``what`` as the sentence."""
    if analyst.role is not Role.SUPERVISOR:
        raise NotAllowed(what)


def changing_the_team(session: Session, analyst: Analyst) -> None:
    """Let supervisors change who may do what, one after the other. Raises NotAllowed.

    Whoever changes it is asked again under the lock, and nobody changes themselves: so one who supervises always
    remains, also when two suspend or demote each other at the same moment.
    """
    if analyst.id not in {s.id for s in people.lock_supervisors(session)}:
        raise NotAllowed(ONLY_SUPERVISORS)
