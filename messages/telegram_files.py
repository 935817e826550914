"""How a file of a dentist's message is got from Telegram: an id gives a path, good for an hour. Shapes: Bot API 10."""

from messages.contracts import Fetched
from messages.errors import InvalidInput
from messages.shapes import read_object, text

TOO_LARGE = Fetched(reason="O Telegram só entrega ao assistente arquivos de até 20 MB: peça outro, menor.")
GONE = Fetched(reason="O Telegram não tem mais este arquivo: peça que enviem de novo.")
LATER = Fetched(reason="O Telegram não entregou o arquivo agora; a busca será repetida.", again=True)
REFUSED = Fetched(reason="O Telegram recusou o acesso do assistente: avise a TI (TELEGRAM_TOKEN).", again=True)


def read_path(http_status: int, body: bytes) -> str | Fetched:
    """What the answer to ``getFile`` says: the file's path below the bot's own address, or why there is none."""
    try:
        answer = read_object(body)
    except InvalidInput:
        return LATER
    result = answer.get("result")
    if http_status == 200 and isinstance(result, dict) and (path := text(result.get("file_path"), 1024)):
        return LATER if ".." in path.split("/") else path
    described = text(answer.get("description")).lower()
    if "too big" in described:
        return TOO_LARGE
    if http_status in (401, 404):
        return REFUSED
    return GONE if http_status == 400 and "unavailable" not in described else LATER
