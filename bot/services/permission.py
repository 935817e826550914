"""What only supervisors may do."""

from messages.errors import NotAllowed
from messages.statuses import Role
from storage.models import Analyst


def only_supervisors(analyst: Analyst, what: str = "Só a supervisão pode fazer isto.") -> None:
    """Raises NotAllowed for everybody else, with ``what`` as the sentence."""
    if analyst.role is not Role.SUPERVISOR:
        raise NotAllowed(what)
