"""The menu beside the text field: each person's commands, by role. Strangers are shown how to come in, nothing else."""

from collections.abc import Iterable

import structlog
from telegram import BotCommand, BotCommandScopeChat, MenuButtonCommands
from telegram.error import BadRequest, Forbidden
from telegram.ext import ExtBot

from messages.statuses import Role
from storage.models import Analyst

log = structlog.get_logger(__name__)

DENTISTS = (BotCommand("parar", "Não receber mais mensagens"),)
STRANGERS = (BotCommand("start", "Entrar com um convite"),)


def _commands(cases: str, panel: str) -> tuple[BotCommand, ...]:
    return (
        BotCommand("inicio", "O seu dia: o que espera por você"),
        BotCommand("proximo", "O caso mais urgente, pronto para responder"),
        BotCommand("novo", "Abrir um caso"),
        BotCommand("casos", cases),
        BotCommand("nota", "Registrar anotação, ligação ou orientação"),
        BotCommand("retorno", "Marcar um retorno: sexta 14h ligar"),
        BotCommand("campanha", "Um modelo para muitos casos"),
        BotCommand("avisos", "Quais resumos do dia você recebe"),
        BotCommand("reajuste", "Calcular e acompanhar o reajuste de um caso"),
        BotCommand("painel", panel),
        BotCommand("buscar", "Achar um caso"),
        BotCommand("preferencias", "O que vale só para a sua conversa"),
        BotCommand("cancelar", "Deixar de lado o que está em andamento"),
        BotCommand("ajuda", "Como usar o assistente"),
    )


COMMANDS = {
    Role.ANALYST: _commands("Os seus casos abertos", "Os seus números: funil, motivos, prazos, cidades"),
    Role.SUPERVISOR: (
        *_commands("Os casos abertos da equipe", "Os números da equipe: funil, motivos, prazos, pessoas"),
        BotCommand("aprovacoes", "Pedidos que esperam a sua decisão"),
        BotCommand("equipe", "Pessoas, convites e ausências"),
        BotCommand("regras", "Quem não contatar nem descredenciar"),
        BotCommand("operacao", "Horários, prazos, suporte e cadência"),
        BotCommand("modelos", "Os textos das mensagens"),
        BotCommand("formularios", "Os formulários dos casos encerrados"),
    ),
}


async def register(bot: ExtBot[None], people: Iterable[Analyst]) -> None:
    """For all, as the service starts. Raises what Telegram's outage raises."""
    await bot.set_my_commands(STRANGERS)
    await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    for analyst in people:
        await register_one(bot, analyst)


async def register_one(bot: ExtBot[None], analyst: Analyst) -> None:
    """For one who has just come in, or whose role or access has changed: who is suspended sees what strangers see."""
    if analyst.telegram_user_id is not None:
        await _set(bot, analyst.telegram_user_id, COMMANDS[analyst.role] if analyst.active else STRANGERS)


async def register_dentist(bot: ExtBot[None], chat_id: int, bound: bool) -> None:
    """For a dentist who has come in, or was let go: one command, and it is no part of the tool."""
    await _set(bot, chat_id, DENTISTS if bound else STRANGERS)


async def _set(bot: ExtBot[None], chat_id: int, commands: tuple[BotCommand, ...]) -> None:
    try:
        await bot.set_my_commands(commands, scope=BotCommandScopeChat(chat_id))
    except (BadRequest, Forbidden) as error:  # their chat is gone: no menu is missed there
        log.warning("commands_not_set", error=error.message)
