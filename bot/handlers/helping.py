"""/ajuda: what is waited for now, else how the assistant is used; and a sentence for what it cannot take."""

from difflib import get_close_matches

from telegram import Update

from bot.handlers import menu, preferences, supervising
from bot.handlers.context import Context
from bot.handlers.dialogues import DIALOGUES
from bot.services import taps
from messages.statuses import Role

OVERVIEW = (
    "Para abrir um caso, envie o arquivo do formulário ou use /novo.\n"
    "Para achar um caso, digite o protocolo, o CRO, o telefone, o nome ou palavras da conversa.\n"
    "Para escrever a um dentista, responda à mensagem dele aqui no chat.\n"
    "Conversa que aconteceu fora daqui: cole, encaminhe as mensagens ou envie o arquivo exportado, e ela entra no caso "
    "certo.\n"
    "/retorno sexta 14h ligar marca um retorno no caso que está na tela.\n"
    "/nota guarda uma anotação, uma ligação ou uma orientação.\n"
    "/painel mostra os números de um período em imagens, e em planilha.\n"
    "/proximo traz o caso mais urgente; /cancelar deixa de lado o que estiver em andamento."
)
LEAVE = "Para deixar de lado: /cancelar."
NOTHING_DONE = "Nada foi enviado nem registrado."
SEE = "/ajuda mostra o que eu sei fazer."
UNREADABLE = {  # Telegram's field → what is said of it
    "voice": "Áudio eu não ouço: escreva o que importa, ou resuma com /nota.",
    "audio": "Áudio eu não ouço: escreva o que importa, ou resuma com /nota.",
    "video": "Vídeo eu não abro: escreva o que importa, ou resuma com /nota.",
    "video_note": "Vídeo eu não abro: escreva o que importa, ou resuma com /nota.",
    "sticker": "Figurinha eu não leio: escreva.",
    "location": "Localização eu não leio: escreva o endereço, com /nota, se ele importa ao caso.",
    "contact": "Contato eu não leio: para informar um telefone, abra o caso, toque em “Telefone” e digite o número.",
}
CORRECTED = (
    "A correção não mudou nada: o que foi enviado ou registrado fica como você escreveu antes. Se a mensagem ao "
    "dentista ainda mostra “Desfazer”, toque nele e escreva de novo; senão, mande outra mensagem."
)
UNKNOWN = "Este tipo de mensagem eu não leio: escreva em texto."


async def command(update: Update, context: Context) -> None:
    """What is expected now and how to leave; on nothing, the overview."""
    waiting = await _waiting(context)
    await context.say(f"{waiting}\n{LEAVE}" if waiting else overview(context.analyst.role))


def overview(role: Role) -> str:
    own = f"{OVERVIEW}\n{preferences.HELP}"
    return f"{own}\n\n{supervising.HELP}" if role is Role.SUPERVISOR else own


async def unknown_command(update: Update, context: Context) -> None:
    """The nearest one is offered, else all are listed."""
    message = update.effective_message
    assert message is not None and message.text is not None
    typed = message.text.split()[0].lstrip("/").partition("@")[0]
    known = [one.command for one in menu.COMMANDS[context.analyst.role]]
    near = get_close_matches(typed.lower(), known, n=1)
    hint = f"Você quis dizer /{near[0]}?" if near else f"Uso estes: {', '.join(f'/{name}' for name in known)}."
    await context.say(f"Não conheço o comando /{typed[:40]}. {hint}")


async def unreadable(update: Update, context: Context) -> None:
    """A voice message, a sticker, a place: nothing comes of it, and that is said."""
    message = update.effective_message
    assert message is not None
    told = next((sentence for field, sentence in UNREADABLE.items() if getattr(message, field)), UNKNOWN)
    waiting = await _waiting(context)
    await context.say(f"{told} {NOTHING_DONE}\n{waiting or SEE}")


async def corrected(update: Update, context: Context) -> None:
    """One's own message, changed in the chat: what it did stands."""
    await context.say(CORRECTED)


async def _waiting(context: Context) -> str:
    step = await context.read(taps.step_of)
    return DIALOGUES[step.name].waits_for if step is not None else ""
