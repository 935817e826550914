"""The way from the outside to our webhooks: Meta's challenge, and probes that are signed but leave nothing."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.doctor.findings import Finding, fails, ok, warns
from bot.doctor.telegram import WEBHOOK as TELEGRAM
from bot.doctor.wire import Answer, Unreachable, Wire
from bot.settings import Settings
from bot.web.webhooks import PROBE

WHATSAPP = "/webhooks/whatsapp"
LARGE = 3 * 1024 * 1024  # bytes of Meta's largest batches
_AT_HOME = {"localhost", "127.0.0.1", "::1"}
_TAKEN = 204  # genuine, and not kept
_BYTES = "Deixe-o passar os corpos sem mudar nenhum byte, até 4 MiB (client_max_body_size 4m no nginx)."


def check_webhooks(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """Those that are on, at PUBLIC_URL."""
    by_telegram = settings.telegram_on and settings.telegram_mode == "webhook"
    if not (settings.whatsapp_receives or by_telegram):
        return
    if not settings.public_url:
        yield warns("não conferido, pois falta PUBLIC_URL", "Informe o endereço em que a Meta alcança este serviço.")
        return
    yield from _encrypted(settings.public_url)
    try:
        if settings.whatsapp_receives:
            yield _challenge(settings, wire)
            yield _signed(settings, wire)
        if by_telegram:
            yield _with_secret(settings, wire)
    except Unreachable as error:
        yield fails(
            f"{settings.public_url} não responde ({error})",
            "Confira se o serve está no ar, o DNS, o certificado e o servidor na frente dele.",
        )


def _encrypted(url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _AT_HOME:
        yield fails(
            "PUBLIC_URL não começa com https://", "A Meta e o Telegram só entregam em https: instale o certificado."
        )


def _challenge(settings: Settings, wire: Wire) -> Finding:
    """Meta's question when the address is registered."""
    token = settings.whatsapp_verify_token.get_secret_value()
    if not token:
        return fails("a Meta não consegue confirmar o endereço", "Informe WHATSAPP_VERIFY_TOKEN, igual ao do painel.")
    said = secrets.token_hex(8)
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": said}
    answer = wire.ask("GET", f"{settings.public_url}{WHATSAPP}", params=asked)
    if answer.ok and answer.body == said.encode():
        return ok("a pergunta da Meta é respondida")
    if answer.status == 403:
        return fails(
            "a pergunta da Meta é recusada", "O serve usa outro WHATSAPP_VERIFY_TOKEN: reinicie-o com estas variáveis."
        )
    return _elsewhere(answer)


def _signed(settings: Settings, wire: Wire) -> Finding:
    """A forged body must be refused, a signed one taken, and a large one with everything that Meta escapes too."""
    url = f"{settings.public_url}{WHATSAPP}"
    key = settings.whatsapp_app_secret.get_secret_value().encode()

    def post(body: bytes, by: bytes = key) -> Answer:
        signature = f"sha256={hmac.new(by, body, hashlib.sha256).hexdigest()}"
        return wire.ask("POST", url, content=body, headers={"X-Hub-Signature-256": signature, PROBE: "1"})

    if post(b"{}", secrets.token_bytes(16)).status == _TAKEN:
        return fails(
            "um corpo com assinatura falsa foi aceito", "Confira o que responde por PUBLIC_URL: não é o serve."
        )
    small = post(b"{}")
    if small.status == 401:
        return fails(
            "a assinatura certa é recusada", "O serve usa outro WHATSAPP_APP_SECRET: reinicie-o com estas variáveis."
        )
    if small.status != _TAKEN:
        return _elsewhere(small)
    large = post(json.dumps({"texto": "até 15/03\n" * (LARGE // 17)}).replace("/", "\\/").encode())
    if large.status != _TAKEN:
        return fails(f"um corpo de 3 MB não passa (resposta {large.status}) pelo servidor na frente do serve", _BYTES)
    return ok("corpos assinados passam inteiros, e falsos são recusados")


def _with_secret(settings: Settings, wire: Wire) -> Finding:
    def post(secret: str) -> Answer:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret, PROBE: "1"}
        return wire.ask("POST", f"{settings.public_url}{TELEGRAM}", content=b"{}", headers=headers)

    if post(secrets.token_hex(16)).status == _TAKEN:
        return fails("um segredo falso foi aceito no endereço do Telegram", "Confira o que responde por PUBLIC_URL.")
    answer = post(settings.telegram_webhook_secret.get_secret_value())
    if answer.status == _TAKEN:
        return ok("o Telegram entra com o segredo certo, e só com ele")
    if answer.status == 401:
        return fails("o segredo do Telegram é recusado", "Reinicie o serve com este TELEGRAM_WEBHOOK_SECRET.")
    return _elsewhere(answer)


def _elsewhere(answer: Answer) -> Finding:
    return fails(
        f"em PUBLIC_URL responde outra coisa, ou um serve sem esta parte (resposta {answer.status})",
        "Confira se /webhooks/ leva ao serve e se ele foi reiniciado com estas variáveis.",
    )
