"""What comes next in a silence, and after how many working days."""

import pytest

from messages.cadence import RESUMED, RESUMING, TEMPLATES, Plan, Silence, Step
from messages.templates import Library


@pytest.mark.parametrize(
    ("silence", "step", "days"),
    [
        (Silence(True, 0, False), Step.FIRST, 1),
        (Silence(False, 0, False), Step.AGAIN, 2),  # the dentist spoke last, and needed no answer
        (Silence(False, 1, False), Step.AGAIN, 2),
        (Silence(False, 2, False), Step.AGAIN, 5),
        (Silence(False, 3, False), Step.AGAIN, 10),
        (Silence(False, 4, False), Step.WARNING, 5),
        (Silence(False, 9, False), Step.WARNING, 5),
        (Silence(False, 5, True), Step.CLOSING, 7),
        (Silence(False, 1, True), Step.CLOSING, 7),  # a person warned earlier
    ],
)
def test_each_silence_has_its_next_step(silence: Silence, step: Step, days: int) -> None:
    assert Plan(closing=7).after(silence) == (step, days)


def test_up_to_five_contacts_and_then_closing() -> None:
    plan, contacts, warned = Plan(), 0, False
    while (step := plan.after(Silence(contacts == 0, contacts, warned))[0]) is not Step.CLOSING:
        contacts, warned = contacts + 1, step is Step.WARNING
    assert contacts == 5


def test_each_contact_has_its_own_words_and_the_last_serve_on() -> None:
    plan = Plan(resuming=("apoio", "ligar"))
    resuming = TEMPLATES[Step.AGAIN]
    told = [plan.texts(Step.AGAIN, Silence(False, contacts, False)) for contacts in (0, 1, 2, 3)]
    first, then = ("apoio", "ligar", resuming), ("ligar", "apoio", resuming)
    assert told == [first, first, then, then]
    said = {"apoio"}  # an answer came between, and the count begins anew
    assert plan.texts(Step.AGAIN, Silence(False, 1, False), said) == ("ligar", resuming)
    assert plan.texts(Step.AGAIN, Silence(False, 2, False), {"ligar"}) == ("apoio", resuming)
    assert plan.texts(Step.AGAIN, Silence(False, 1, False), {"apoio", "ligar"}) == (resuming,)
    assert Plan(resuming=(resuming,)).texts(Step.AGAIN, Silence(False, 1, False)) == (resuming,)
    assert plan.texts(Step.WARNING, Silence(False, 4, False)) == (TEMPLATES[Step.WARNING],)


def test_what_a_step_says_can_open_a_conversation() -> None:
    library = Library.packaged()
    assert all(library[key].whole for key in (*TEMPLATES.values(), *RESUMING.values()))
    assert set(RESUMED) <= set(RESUMING.values())
