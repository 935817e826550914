"""Questions about a case that one typed text answers: what is asked, and what is done with the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from telegram import Update

from bot.handlers.cases import card
from bot.handlers.context import Context
from bot.handlers.dialogue import Takes, case_of, question
from bot.handlers.screen import bold, prompt
from bot.handlers.texts import who, who_after
from bot.services import approvals, cases, issuing
from storage.models import DialogueStep


@dataclass(frozen=True, slots=True)
class Question:
    """``asking`` holds the dentist's name as ``{who}``, or ``{of}`` with its preposition, in Telegram's HTML;
    ``button`` is the one it is asked by."""

    button: str
    asking: str
    answered: Callable[..., Any]  # the use-case: (session, analyst, case_id, text)
    help: str  # what is waited for, told by /ajuda
    with_operation: bool = False  # the use-case takes it after the text


QUESTIONS = {
    "phone": Question(
        "Telefone",
        "Qual o WhatsApp do dentista, com DDD? Caso: {who}. O que ainda não saiu vai para ele.",
        cases.state_phone,
        "Espero o WhatsApp do dentista: um número só, com DDD, por exemplo 71 98000-0017.",
    ),
    "authorise": Question(
        "Registrar autorização para escrever",
        "{who} pediu para não receber mensagens. Escreva por que se pode voltar a escrever: quem autorizou, quando e "
        "como. O motivo entra no formulário.",
        cases.authorise,
        "Espero o motivo para voltar a escrever: quem autorizou, quando e como.",
    ),
    "ask_contact": Question(
        "Pedir autorização para escrever",
        "{who} pediu para não receber mensagens. Escreva por que se pode voltar a escrever: a supervisão decide, e o "
        "motivo entra no formulário.",
        approvals.ask_contact,
        "Espero o motivo para voltar a escrever ao dentista: a supervisão decide.",
    ),
    "reissue": Question(
        "Reemitir",
        "O formulário {of} sai de novo, com o cabeçalho como está em “Dados”; contatos, ações e desfecho ficam "
        "como estavam. Escreva o que foi corrigido: fica no registro, e a revisão anterior continua guardada.",
        issuing.reissue,
        "Espero o que foi corrigido no cabeçalho, para reemitir o formulário.",
        with_operation=True,
    ),
    "exception": Question(
        "Pedir exceção",
        "Há uma orientação que impede o caso {of}. Escreva por que fazer uma exceção: a supervisão decide, e o "
        "motivo entra no formulário.",
        approvals.ask_exception,
        "Espero o motivo da exceção: a supervisão decide.",
    ),
}


async def asked(update: Update, context: Context) -> None:
    """The next text is the answer."""
    assert context.tap is not None
    await show(context, await context.ask(context.tap.action, context.arguments["case_id"]))


async def show(context: Context, step: DialogueStep) -> None:
    asked_for, view = QUESTIONS[step.name], await context.read(cases.view, step.case_id)
    text = asked_for.asking.format(who=bold(who(view.dentist)), of=who_after("de", view.dentist))
    await context.show(prompt(step, text), anew=True)


async def answered(context: Context, step: DialogueStep, text: str) -> None:
    asked_for, case_id = QUESTIONS[step.name], case_of(step)
    await context.finish(asked_for.answered, case_id, text, *((context.op,) if asked_for.with_operation else ()))
    await card(context, case_id)


ACTIONS = dict.fromkeys(QUESTIONS, asked)
DIALOGUES = {name: question(q.button, q.help, show, answered, Takes.WORDS) for name, q in QUESTIONS.items()}
