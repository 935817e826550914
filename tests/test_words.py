"""How screens speak of a dentist."""

import pytest

from bot.handlers import menu
from bot.handlers.dialogue import Takes
from bot.handlers.dialogues import DIALOGUES
from bot.handlers.redraw import RESULTS
from bot.handlers.routes import ACTIONS, COMMANDS, MODULES
from bot.handlers.texts import spoken, spoken_to
from bot.services import taps
from messages.statuses import Role
from storage.models import Dentist


@pytest.mark.parametrize(
    ("treatment", "of", "to"),
    [("Dra.", "a Dra. Ariel", "à Dra. Ariel"), ("Dr.", "o Dr. Ariel", "ao Dr. Ariel"), (None, "Ariel", "a Ariel")],
)
def test_the_article_follows_the_treatment(treatment: str | None, of: str, to: str) -> None:
    dentist = Dentist(name="ARIEL PRADO", treatment=treatment)
    assert (spoken(dentist), spoken_to(dentist)) == (of, to)


def test_every_question_that_passes_is_told_by_the_button_it_was_asked_by() -> None:
    assert {name for name, dialogue in DIALOGUES.items() if dialogue.button} == taps.PASSING


def test_no_two_handlers_share_a_buttons_name() -> None:
    assert len(ACTIONS) == sum(len(module.ACTIONS) for module in MODULES)


def test_whatever_an_act_leaves_behind_has_a_screen() -> None:
    assert set(RESULTS) == set(taps.REMEMBERED.values())


def test_every_dialogue_can_be_left_and_says_what_it_waits_for() -> None:
    assert {name for name, dialogue in DIALOGUES.items() if dialogue.cancelled} == taps.HOLDING
    assert set(DIALOGUES) == taps.PASSING | taps.HOLDING
    assert all(dialogue.waits_for.endswith(".") for dialogue in DIALOGUES.values())
    assert all((dialogue.typed is None) == (dialogue.takes is Takes.NONE) for dialogue in DIALOGUES.values())


def test_the_menu_lists_only_commands_that_there_are() -> None:
    listed = {command.command for role in Role for command in menu.COMMANDS[role]}
    assert listed <= {*COMMANDS}
    assert {*COMMANDS} - listed == {"start"}
