"""“Supervisão”: what supervisors decide for the whole team, each subject a button to its own screens."""

from telegram import Update

from bot.handlers.approvals import APPROVALS
from bot.handlers.context import Context
from bot.handlers.forms import FORMS
from bot.handlers.index import INDEX
from bot.handlers.library import LIBRARY
from bot.handlers.lists import HOME
from bot.handlers.meta_templates import AT_META
from bot.handlers.operation import OPERATION
from bot.handlers.panel import PANEL
from bot.handlers.rules import RULES
from bot.handlers.screen import Button, Screen, column
from bot.handlers.team import TEAM
from bot.services.permission import only_supervisors

SUPERVISION = Button("Supervisão", "supervision")
ONLY_SUPERVISORS = "Só a supervisão tem acesso a esta parte."
SECTIONS: tuple[Button, ...] = (PANEL, TEAM, RULES, APPROVALS, FORMS, OPERATION, LIBRARY, AT_META, INDEX)


async def show(update: Update, context: Context) -> None:
    """All subjects. Each subject's use-cases check the role again."""
    only_supervisors(context.analyst, ONLY_SUPERVISORS)
    await context.show(Screen("<b>Supervisão</b>\nO que vale para toda a equipe:", column(*SECTIONS, HOME)))


HELP = (
    "Da supervisão: /equipe convida, suspende e marca ausências; /regras diz quem não contatar nem descredenciar; "
    "/aprovacoes traz os pedidos que esperam por você; /operacao muda horários, prazos e cadência; /modelos, os textos "
    "das mensagens; /formularios entrega os formulários dos casos encerrados; /painel mostra os números da equipe."
)

ACTIONS = {"supervision": show}
