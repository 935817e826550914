"""The bot's token, and where Telegram brings its messages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.doctor.findings import Finding, fails, ok, printable, warns
from bot.doctor.wire import Answer, Unreachable, Wire
from bot.settings import Settings

MANY = 100  # updates that wait: more than a few seconds' worth
RECENT = timedelta(hours=1)
WEBHOOK = "/webhooks/telegram"
_NETWORK = "Confira a rede, o DNS e TELEGRAM_API_URL; o serve espera e tenta de novo sozinho."


def check_bot(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """getMe, then getWebhookInfo. Nothing to tell where there is no token."""
    if not settings.telegram_token.get_secret_value():
        return
    try:
        answer = _call(settings, wire, "getMe")
        if not answer.ok:
            yield _refused(answer)
            return
        yield ok(f"token aceito, o robô é @{printable(_result(answer).get('username'))}")
        info = _result(_call(settings, wire, "getWebhookInfo"))
    except Unreachable as error:
        yield warns(f"token não conferido, pois o Telegram está fora de alcance ({error})", _NETWORK)
        return
    yield from _destination(settings, info)
    yield from _delivery(info)


def _call(settings: Settings, wire: Wire, method: str) -> Answer:
    token = settings.telegram_token.get_secret_value()
    return wire.ask("POST", f"{settings.telegram_api_url}/bot{token}/{method}")


def _result(answer: Answer) -> dict[str, Any]:
    found = answer.json.get("result")
    return found if isinstance(found, dict) else {}


def _refused(answer: Answer) -> Finding:
    if answer.json.get("error_code") in (401, 404):  # what Telegram says to a wrong token, and to one of no known shape
        return fails("o Telegram recusou o token", "Confira TELEGRAM_TOKEN com o BotFather.")
    return fails(
        f"o Telegram respondeu {answer.status}", "Confira TELEGRAM_API_URL; se estiver certo, espere e repita."
    )


def _destination(settings: Settings, info: dict[str, Any]) -> Iterator[Finding]:
    """Whether messages come to us."""
    url = str(info.get("url") or "")
    host = printable(urlsplit(url).hostname or "")
    if settings.telegram_mode == "polling":
        if url:
            yield warns(
                f"as mensagens vão para um webhook em {host}, e não para cá",
                "O serve retira esse webhook ao iniciar; se outro sistema o usa, crie outro robô no BotFather.",
            )
        else:
            yield ok("as mensagens são buscadas (TELEGRAM_MODE=polling)")
    elif not settings.telegram_on:
        return  # what is missing is told by the settings' check
    elif url == f"{settings.public_url}{WEBHOOK}":
        yield ok(f"as mensagens vêm para {url}")
    elif url:
        yield fails(
            f"as mensagens vão para outro endereço, em {host}",
            "Reinicie o serve, que registra o de PUBLIC_URL; se voltar, outro processo usa o mesmo TELEGRAM_TOKEN.",
        )
    else:
        yield warns("o webhook ainda não está registrado", "O serve o registra ao iniciar.")


def _delivery(info: dict[str, Any]) -> Iterator[Finding]:
    """Whether they arrive."""
    waiting, failed_at = info.get("pending_update_count"), info.get("last_error_date")
    if isinstance(waiting, int) and waiting > MANY:
        yield warns(f"{waiting} mensagens esperam no Telegram", "Confira se o serve está no ar e o log dele.")
    if isinstance(failed_at, int) and datetime.now(UTC) - datetime.fromtimestamp(failed_at, UTC) < RECENT:
        yield warns(
            f"na última hora o Telegram não conseguiu entregar: {printable(info.get('last_error_message'))}",
            "Confira o servidor na frente do serve e o certificado dele.",
        )
