"""Days and hours as Brazilians name them: one grammar, read strictly where an analyst types a "when" (`typed`,
`planned`, `past`), and found in running text where a dentist speaks (`spoken`)."""

from messages.dates.past import read_past_moment
from messages.dates.planned import other_part, read_plan
from messages.dates.typed import has_passed, read_day, read_moment

__all__ = ["has_passed", "other_part", "read_day", "read_moment", "read_past_moment", "read_plan"]
