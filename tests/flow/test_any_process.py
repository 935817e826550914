"""Any process may serve the next tap: conversations, held again with a restart before each act, and by two in turns."""

from collections.abc import Awaitable, Callable

import pytest

from tests.flow import test_dialogues, test_drafting, test_first_screen, test_main_job, test_team
from tests.flow.processes import restarted_on, taking_turns_on
from tests.flow.world import World

pytestmark = pytest.mark.long

Conversation = Callable[[World], Awaitable[None]]

# What every run of the suite holds again; --processes holds all: see processes.py.
IN_TURNS = (
    test_main_job.test_offers_are_composed_into_one_message_inside_the_window,
    test_drafting.test_prepared_drafts_are_approved_in_one_go_and_the_barred_one_is_told,
    test_dialogues.test_two_forms_sent_together_are_opened_one_after_the_other,
    test_first_screen.test_one_tap_sends_and_the_next_case_comes,
    test_team.test_a_supervisor_runs_the_team,
)
RESTARTED = (
    test_drafting.test_a_quick_reply_is_scheduled_moved_and_leaves_on_time,
    test_main_job.test_closing_and_the_form,
)


def name(conversation: Conversation) -> str:
    return conversation.__name__.removeprefix("test_")


@pytest.mark.parametrize("conversation", IN_TURNS, ids=name)
async def test_two_processes_that_take_turns_are_one_to_the_chat(
    conversation: Conversation, postgresql_url: str
) -> None:
    async with taking_turns_on(postgresql_url) as (world, turns):
        await conversation(world)
        assert turns.given.count(0) - turns.given.count(1) in (0, 1) and len(turns.given) > 6


@pytest.mark.parametrize("conversation", RESTARTED, ids=name)
async def test_a_restart_before_each_act_changes_nothing(conversation: Conversation, sqlite_url: str) -> None:
    async with restarted_on(sqlite_url) as world:
        await conversation(world)
        assert world.starts > 15
