"""How often what fell due is told again while nobody acts, and when those who supervise are told instead."""

from datetime import timedelta

# Working time from one telling to the next: to whoever is in charge, to them again, and again; at last to those who
# supervise. After that it stands in the lists and in the day's summaries.
PAUSES = (timedelta(hours=2), timedelta(hours=4), timedelta(hours=8))


def pause_after(tellings: int) -> timedelta | None:
    """How much working time after so many tellings the next one comes; None: that was the last."""
    return PAUSES[tellings - 1] if tellings <= len(PAUSES) else None


def escalates(tellings: int) -> bool:
    """Whether the next telling, after so many, goes to those who supervise."""
    return tellings >= len(PAUSES)
