"""`retencao demo`: the whole product against the emulators, played by hand or retold by itself.

Nothing happens behind the product's back: both people act through their phones, over HTTP.
"""

import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from bot.demo import telling
from bot.demo.stage import Stage, stage
from bot.demo.story import OPENING, PROTOCOL, Story, opening_form
from bot.ending import Ending
from bot.logs import configure
from messages.errors import InvalidInput
from messages.files import cause

DATABASE = "retencao.db"
LEDGER = "ledger.json"


async def run(ending: Ending, *, headless: bool, port: int, keep: Path | None) -> None:
    """Retell the story and end, or serve both phones on ``port`` until told to end. What is left stands in ``keep``.

    Raises InvalidInput for a folder or a port that cannot be used, StoryStopped when something does not happen in time.
    """
    configure("WARNING")
    folder = _folder(keep)
    await (_retell(folder) if headless else _serve(folder, port, ending))


async def _retell(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        async with stage(Path(work) / DATABASE) as on:
            form = await Story(on.emulators, on.analyst, on.dentist).told(on.invitation)
            await on.emulators.get("/sandbox/settled")
            ledger = await on.emulators.get("/sandbox/ledger")
            dentists = await on.dentist.chat()
        _say(telling.telegram(ledger, on.analyst.first_name), "", telling.whatsapp(dentists), "")
        for name, content in form.items():
            (folder / name).write_bytes(content)
        _leave(folder, ledger, Path(work) / DATABASE)
    _say(f"Em {folder}:", *(f"  {name}" for name in (*form, LEDGER, DATABASE)))


async def _serve(folder: Path, port: int, ending: Ending) -> None:
    form = folder / OPENING
    form.write_bytes(opening_form())
    with tempfile.TemporaryDirectory() as work:
        async with stage(Path(work) / DATABASE, port) as on:
            await on.analyst.arrives(on.invitation)
            await on.analyst.sees("Acesso liberado")
            _say(*_invitation_to_play(on, form))
            await ending.told()
            ledger = await on.emulators.get("/sandbox/ledger")
        _leave(folder, ledger, Path(work) / DATABASE)
    _say("", f"Em {folder}: {LEDGER} e {DATABASE}.")


def _invitation_to_play(on: Stage, form: Path) -> list[str]:
    return [
        f"Os dois telefones estão em {on.address}/",
        "É 30/10/2023; o relógio anda, e no alto da página você o adianta.",
        "",
        "Para experimentar:",
        f"  1. No Telegram de {on.analyst.first_name}, envie o arquivo {form}",
        f"     e responda: WhatsApp {on.dentist.number}, Dra., Pular, Abrir caso.",
        "  2. Toque em Primeiro contato, escolha o modelo inteiro, aprove; dez segundos depois ele sai.",
        f"  3. No WhatsApp de {on.dentist.name}, responda; a resposta aparece no Telegram, com botões.",
        "  4. Responda à resposta, agende um retorno, adiante o relógio até ele vencer.",
        f"  5. Digite {PROTOCOL} a qualquer hora para ver o caso; Formulário dá o PDF.",
        "",
        "Ctrl-C encerra.",
    ]


def _folder(keep: Path | None) -> Path:
    """The folder for what is left. Raises InvalidInput."""
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="retencao-demo-"))
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"Não consegui criar a pasta {keep} ({cause(error)}): escolha outra com --keep.") from error
    return keep


def _leave(folder: Path, ledger: object, database: Path) -> None:
    """The ledger, and the stopped product's database as one file."""
    (folder / LEDGER).write_text(json.dumps(ledger, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # folds the write-ahead log into the file
    for stale in (f"{DATABASE}-wal", f"{DATABASE}-shm"):  # of a demo left there before: they would spoil the new file
        (folder / stale).unlink(missing_ok=True)
    shutil.copyfile(database, folder / DATABASE)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
