"""What is ours to set up on this machine: settings, clock, zone, and the printing of forms."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.doctor.findings import Finding, fails, ok, warns
from bot.doctor.wire import Unreachable, Wire
from bot.settings import ENV_FILE, Settings, misspelt
from messages.form.model import Form

SLOW, WRONG = timedelta(seconds=5), timedelta(minutes=1)  # a lease on another machine lasts 20 seconds
_NTP = "Ligue a sincronização do relógio (NTP)."


def check_settings(settings: Settings, _: Wire) -> Iterator[Finding]:
    """What is missing, and who can read what is secret."""
    missing = settings.warnings()
    for sentence in missing:
        yield warns(sentence.rstrip("."), "Se essa parte não for usada, está certo assim.")
    if not missing:
        yield ok("todas as partes estão ligadas")
    for question in misspelt():
        yield warns(question, "Corrija o nome, ou apague a linha.")
    for file in (Path(ENV_FILE), settings.database_file):
        if file is not None and file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield warns(f"outros usuários desta máquina podem ler {file}", f"Rode: chmod 600 {file}")


def check_clock(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """Ours against that of a server of the outside."""
    if settings.clock_url:
        yield warns("CLOCK_URL está definido: as horas vêm de outro lugar", "Deixe-o vazio; só serve para testes.")
    try:
        ahead = wire.ask("HEAD", settings.telegram_api_url).ahead
    except Unreachable as error:
        ahead, why = None, str(error)
    else:
        why = "a resposta veio sem data"
    if ahead is None:
        yield warns(f"não comparado com o de fora ({why})", "Confira a rede; ou compare à mão.")
        return
    seconds = round(abs(ahead).total_seconds())
    told = f"{seconds} s {'adiantado' if ahead > timedelta(0) else 'atrasado'}"
    if abs(ahead) >= WRONG:
        yield fails(told, _NTP)
    else:
        yield warns(told, _NTP) if abs(ahead) >= SLOW else ok("certo")


def check_zone(settings: Settings, _: Wire) -> Iterator[Finding]:
    here = datetime.now(UTC).astimezone(settings.zone)
    yield ok(f"{settings.timezone}, onde são {here:%H:%M} de {here:%d/%m}")


def check_printing(_: Settings, __: Wire) -> Iterator[Finding]:
    """One page, with the fonts that came with the program."""
    from messages.form.pdf import to_pdf

    page = to_pdf(Form())
    if page.startswith(b"%PDF-") and b"Lato" in page:
        yield ok("um formulário de teste foi impresso em PDF")
    else:
        yield fails("o formulário de teste saiu sem a fonte", "Instale o programa de novo, com requirements.txt.")
