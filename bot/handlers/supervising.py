"""“Supervisão”: what supervisors decide for the whole team, each subject a button to its own screens."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, column
from messages.errors import NotAllowed
from messages.statuses import Role

SUPERVISION = Button("Supervisão", "supervision")
ONLY_SUPERVISORS = "Só a supervisão tem acesso a esta parte."
SECTIONS: tuple[Button, ...] = ()


async def show(update: Update, context: Context) -> None:
    """All subjects. Each subject's use-cases check the role again."""
    if context.analyst.role is not Role.SUPERVISOR:
        raise NotAllowed(ONLY_SUPERVISORS)
    await context.show(Screen("<b>Supervisão</b>\nO que vale para toda a equipe:", column(*SECTIONS, HOME)))


ACTIONS = {"supervision": show}
