"""`retencao demo`, as a person runs it: a process of its own, its files, its words."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.demo.telling import telegram
from messages.form import Form, read_form
from messages.statuses import Outcome
from tests.patience import PATIENCE

ROOT = Path(__file__).parent.parent
PROTOCOL = "SAD169000763629"
DENTIST = "+5571980000017"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "bot", "demo", *map(str, arguments)]


# Set to something else, a person's own settings must not reach the demo.
OF_A_PERSON = {"TELEGRAM_MODE": "webhook", "DATABASE_URL": "nonsense", "WORKING_HOURS": "", "PYTHONDEVMODE": ""}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the retold story leaves; what it printed stands in ``told.txt``."""
    folder = tmp_path_factory.mktemp("demo") / "made" / "by it"
    done = subprocess.run(
        command("--headless", "--keep", folder),
        cwd=ROOT,
        env=os.environ | OF_A_PERSON,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    (folder / "told.txt").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def form(kept: Path) -> Form:
    read = read_form((kept / f"formulario-{PROTOCOL}.md").read_text(encoding="utf-8"))
    return read.form


def test_it_leaves_the_form_the_ledger_and_the_database(kept: Path) -> None:
    left = {f"formulario-{PROTOCOL}.pdf", f"formulario-{PROTOCOL}.md", "ledger.json", "retencao.db"}
    assert {file.name for file in kept.iterdir()} == left | {"told.txt"}
    assert (kept / f"formulario-{PROTOCOL}.pdf").read_bytes().startswith(b"%PDF")


def test_the_form_tells_the_story_of_the_real_one_in_five_blocks(form: Form) -> None:
    truth = json.loads((ROOT / "tests/data/forms/real-a.json").read_text(encoding="utf-8"))
    told = form.as_json()
    whole = (
        "protocol",
        "dentist_name",
        "cro",
        "cpf",
        "cnpj",
        "cro_count",
        "currency",
        "started_on",
        "ended_on",
        "days",
    )
    assert {name: told[name] for name in whole} == {name: truth[name] for name in whole}
    assert [block.date for block in form.contacts] == [
        date(2023, 10, 30), date(2023, 11, 9), date(2023, 11, 22), date(2023, 12, 6), date(2024, 1, 17)
    ]  # fmt: skip
    for block, words in zip(
        form.contacts,
        (
            ["Enviado WhatsApp - 71 98000-0017, em 30/10/2023 às 11:01", "aguardando retorno"],
            ["informando o motivo do contato", "redução do prazo", "suporte", "ofertando ação de divulgação"],
            ["até março deste ano houve inconsistência", "ofertando reajuste contratual"],
            ["Bradesco", "178 profissionais", "4,7357%", "[14:20, 06/12/2023] MARINA 90485 SALVADOR BA"],
            ["Até sexta", "retornarei o contato na sexta", "no mesmo dia?", "-- 19/01/2024 --", "-- 22/01/2024 --"],
        ),
        strict=True,
    ):
        assert [word for word in words if word not in block.notes] == []


def test_what_people_had_left_blank_is_filled_in(form: Form) -> None:
    assert form.outcome is Outcome.LEFT
    assert form.actions == ("Ofertado Novos Valores", "Ofertado Suporte", "Ofertado Divulgação", "Outros")
    assert form.other_justification == "informada a redução do prazo de liberação de guias"
    assert form.reasons == ("Valores",)
    assert form.general_notes is not None
    assert "[12:09, 22/01/2024] MARINA: Sim." in form.general_notes


def test_the_ledger_agrees_with_the_contacts(kept: Path) -> None:
    ledger = json.loads((kept / "ledger.json").read_text(encoding="utf-8"))
    assert {"accepted", "inbound", "statuses"} <= ledger["whatsapp"].keys()
    assert {"accepted", "updates"} <= ledger["telegram"].keys()
    sent = {(m["id"], m["text"]) for m in ledger["whatsapp"]["accepted"]}
    came = {(m["wamid"], m["text"]) for m in ledger["whatsapp"]["inbound"] if m["kind"] == "message"}
    assert contacts(kept, "out") == sent
    assert contacts(kept, "in") == came
    assert all(entry["acknowledged_at"] for entry in ledger["whatsapp"]["inbound"])


def contacts(kept: Path, direction: str) -> set[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{kept / 'retencao.db'}?mode=ro&immutable=1", uri=True)) as database:
        rows = database.execute(
            "SELECT external_id, text FROM contact WHERE direction = ? AND channel = 'whatsapp'", (direction,)
        )
        return set(rows)


def test_a_conversation_on_her_own_phone_is_recorded_once(kept: Path) -> None:
    with contextlib.closing(sqlite3.connect(kept / "retencao.db")) as database:
        rows = database.execute("SELECT direction FROM contact WHERE channel = 'manual' ORDER BY occurred_at, id")
        assert [direction for (direction,) in rows] == ["out", "out", "in", "out"]


def test_both_conversations_are_told_with_their_times(kept: Path) -> None:
    told = (kept / "told.txt").read_text(encoding="utf-8")
    chat, whatsapp = told.split("\nWhatsApp de ")
    days = ["30/10/2023", "09/11/2023", "22/11/2023", "06/12/2023", "17/01/2024", "19/01/2024", "22/01/2024"]
    assert re.findall(r"^-- (.+) --$", chat, re.MULTILINE) == days
    assert re.findall(r"^-- (.+) --$", whatsapp, re.MULTILINE) == [day for day in days if day != "06/12/2023"]
    assert "[↩️ Desfazer]" in chat
    assert "para escrever à Dra. Marina." in chat
    assert chat.count("Falta o telefone do dentista") == 1  # a doubt that was answered is none
    assert "  09:45  ← Sim\n" in whatsapp
    assert str(kept) in whatsapp


def test_nobody_is_greeted_twice_a_day(kept: Path) -> None:
    ledger = json.loads((kept / "ledger.json").read_text(encoding="utf-8"))
    greeted = [
        m["at"][:10] for m in ledger["whatsapp"]["accepted"] if re.match(r"Olá|Bom dia|Boa tarde|Boa noite", m["text"])
    ]
    assert len(greeted) == len(set(greeted))


def test_a_screen_drawn_anew_is_told_by_what_is_new_on_it() -> None:
    def drawn(text: str, at: str) -> dict[str, Any]:
        buttons = [[{"text": "Sim", "data": "t"}]]
        return {"method": "m", "message_id": 1, "text": text, "buttons": buttons, "document": None, "at": at}

    tap = {"update_id": 1, "kind": "callback_query", "summary": "t", "at": "2023-10-30T14:00:30Z"}
    accepted = [
        drawn("Oi\n✓ aceita", "2023-10-30T14:00:00Z"),
        drawn("Oi\n✓✓ lida · hoje às 11h01", "2023-10-30T14:01:00Z"),
        drawn("Oi\n✓✓ lida · seg., 30/10 às 11h01", "2023-10-31T14:01:00Z"),
    ]
    told = telegram({"telegram": {"accepted": accepted, "updates": [tap]}}, "Ana")
    assert told.splitlines()[2:] == [
        "",
        "-- 30/10/2023 --",
        "  11:00  • Oi",
        "         ✓ aceita",
        "         [Sim]",
        "  11:00  Ana toca [Sim]",
        "  11:01  ↻ ✓✓ lida · hoje às 11h01",
    ]


@contextlib.contextmanager
def served(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        process.stderr.close()


def test_by_hand_the_page_the_analyst_and_the_form_are_there_until_ctrl_c(tmp_path: Path) -> None:
    with served("--port", 0, "--keep", tmp_path / "kept") as process:
        assert process.stdout is not None
        told = ""
        while "Ctrl-C" not in told:
            line = process.stdout.readline()
            assert line, "it ended before it was ready"
            told += line
        address = re.findall(r"http://[\d.:]+/", told)[0]
        form = re.findall(r"envie o arquivo (.+)", told)[0]
        assert Path(form).read_bytes() == (ROOT / "tests/data/forms/real-a-opening.txt").read_bytes()
        with urllib.request.urlopen(address) as page:
            assert "dois telefones" in page.read().decode()
        with urllib.request.urlopen(f"{address}sandbox/state?telegram=1001&whatsapp={DENTIST[1:]}") as answer:
            state = json.load(answer)
        assert "Acesso liberado. Boas-vindas, Ana!" in [m["text"] for m in state["telegram"]["messages"]]
        assert state["whatsapp"]["number"] == DENTIST
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=PATIENCE)
        assert (process.returncode, complaints) == (0, "")
    assert {"ledger.json", "retencao.db"} <= {file.name for file in (tmp_path / "kept").iterdir()}


def test_a_taken_port_and_a_folder_that_cannot_be_are_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(command("--port", port), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2
    assert done.stderr == f"retencao: Não consegui usar a porta {port}: escolha outra com --port.\n"

    (tmp_path / "file").write_text("")
    done = subprocess.run(
        command("--headless", "--keep", tmp_path / "file"), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "--keep" in done.stderr
    assert "(já existe um arquivo com esse nome)" in done.stderr


def test_ctrl_c_in_the_middle_of_the_story_ends_it_quietly(tmp_path: Path) -> None:
    with served("--headless", "--keep", tmp_path / "kept") as process:
        while not (tmp_path / "kept").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        told, complaints = process.communicate(timeout=PATIENCE)
        assert (process.returncode, told, complaints) == (130, "", "")
