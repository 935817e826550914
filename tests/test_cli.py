"""The command line as scripts use it: output, one-line errors, exit codes. Real processes."""

import json
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from messages.form import read_form
from messages.form.pdf import to_pdf
from messages.statuses import ReadingPart
from storage.models import Case, InboxEvent, ReadingFeedback
from tests.factory import NOW, Store, create_analyst, create_case, create_contact, create_update
from tests.patience import PATIENCE

FORMS = Path(__file__).parent / "data" / "forms"
TRUTH = sorted(FORMS.glob("*.json"))


def retencao(
    *arguments: object,
    url: str = "sqlite:///unused.db",
    cwd: Path | None = None,
    level: str = "ERROR",
    port: int = 0,
    given: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, in an empty folder, with nothing but a database set."""
    environment = own_environment(url) | {"LOG_LEVEL": level, "HTTP_PORT": str(port)}
    command = [sys.executable, "-m", "bot", *map(str, arguments)]
    return subprocess.run(
        command, input=given, capture_output=True, text=True, env=environment, cwd=cwd or FORMS, timeout=PATIENCE
    )


def own_environment(url: str) -> dict[str, str]:
    root = str(Path(__file__).parent.parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM", "WHATSAPP"))}
    return kept | {"DATABASE_URL": url, "PYTHONPATH": root}


def test_forms_are_read_in_order_one_object_a_line() -> None:
    files = [truth.with_suffix(".txt") for truth in TRUTH]
    run = retencao("form", "read", *files, "--json")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0
    assert run.stderr == ""
    for line, file, truth in zip(lines, files, TRUTH, strict=True):
        assert line.pop("file") == str(file)
        assert all(set(w) == {"field", "text"} for w in line.pop("warnings"))
        assert line == json.loads(truth.read_text(encoding="utf-8"))


def test_replies_are_read_a_line_at_a_time_and_bad_lines_are_told() -> None:
    asked = {"from": "analyst", "text": "Até sexta a Drª conseguiria verificar a tabela?"}
    good = {"id": "a", "now": "2024-01-17T09:37", "previous": [asked], "text": "Sim"}
    thanks = {"id": "b", "now": "2024-01-17T09:37", "previous": [], "text": "obrigada"}
    lines = [good, {"id": "x", "text": "ok"}, "palavras", thanks, good | {"previous": [{"from": "alguém"}]}]
    run = retencao("reply", "read", "--jsonl", given="\n\n".join(json.dumps(line) for line in lines) + "\n{")
    assert run.returncode == 2
    assert [json.loads(line) for line in run.stdout.splitlines()] == [
        {"id": "a", "intent": "will_check", "reasons": [], "promise": {"date": "2024-01-19", "time": None}},
        {"id": "b", "intent": "acknowledges", "reasons": [], "promise": None},
    ]
    told = run.stderr.splitlines()
    assert [line.split(":")[1] for line in told] == [" linha 3", " linha 5", " linha 9", " linha 10"]
    assert "now" in told[0] and "text" in told[1] and "previous" in told[2] and "JSON" in told[3]


HEAVY = {
    "alembic", "apscheduler", "babel", "docx", "holidays", "httpx", "jinja2", "openpyxl", "pdfplumber", "phonenumbers",
    "psycopg", "pydantic", "rapidfuzz", "rich", "sqlalchemy", "sqlmodel", "starlette", "structlog", "telegram", "typst",
    "uvicorn",
}  # fmt: skip


def test_help_comes_at_once_since_it_imports_none_of_the_big_libraries() -> None:
    asked = "import sys, bot.cli; sys.argv[1:] = ['--help']; sys.exit = lambda code: None; bot.cli.main()"
    told = "; print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", asked + told], capture_output=True, text=True, env=own_environment("x"), timeout=PATIENCE
    )
    assert "serve" in run.stdout
    loaded = set(run.stderr.split())
    assert "typer" in loaded
    assert loaded & HEAVY == set()


READJUST = ("readjust", "--from", "2022-09", "--to", "2023-10")


def test_units_are_readjusted_by_the_index_between_two_months() -> None:
    run = retencao(*READJUST, "0,35", "0.30", "--json")
    assert (run.returncode, run.stderr) == (0, "")
    told = json.loads(run.stdout)
    assert told.pop("factor").startswith("1.0513190992322768056")
    assert "SGS 433" in told.pop("source")
    values = [{"old": "0.35", "new": "0.37"}, {"old": "0.30", "new": "0.32"}]
    assert told == {"percent": "5.1319", "values": values, "months": 14}
    shown = retencao(*READJUST, "0,35").stdout
    assert "09/2022 a 10/2023 (14 meses): 5,1319%" in shown and "R$ 0,35 → R$ 0,37" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*READJUST, "-0,35", "--json"), "não pode ser negativa"),
        ((*READJUST, "--", "-0,35"), "não pode ser negativa"),
        ((*READJUST, "0,35", "--mensal"), "Não conheço a opção --mensal"),
        ((*READJUST, "-x", "0,35"), "Não conheço a opção -x"),
        ((*READJUST, "999999"), "fora do possível"),
        ((*READJUST, "abc"), "Não reconheci a moeda"),
        (READJUST, "MOEDA"),
        (("readjust", "--from", "2022-09", "0,35"), "--to"),
        (("readjust", "--from", "2023-10", "--to", "2022-09", "0,35"), "invertido"),
        (("readjust", "--from", "2022-09", "--to", "2099-01", "0,35"), "não foi publicado: o último é o de"),
        (("readjust", "--from", "2022-09", "--to", "2023-13", "0,35"), "Não reconheci o mês"),
        (("readjust", "--from", "1990-01", "--to", "2023-01", "0,35"), "a moeda não era o real"),
    ],
)
def test_what_cannot_be_readjusted_is_one_clear_line(arguments: tuple[str, ...], told: str) -> None:
    run = retencao(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.count("\n") == 1 and told in run.stderr


def test_the_calculator_loads_neither_the_database_nor_the_network() -> None:
    code = "import sys; from bot.cli import app; app(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    command = [sys.executable, "-c", code, *READJUST, "0,35"]
    run = subprocess.run(command, capture_output=True, text=True, env=own_environment("sqlite:///unused.db"))
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "messages.readjustment" in loaded, run.stderr
    assert not loaded & {"sqlalchemy", "httpx", "telegram", "jinja2", "bot.settings", "messages.form"}


def test_an_answer_comes_before_the_next_line_is_asked_for() -> None:
    command = [sys.executable, "-m", "bot", "reply", "read", "--jsonl"]
    environment = own_environment("sqlite:///unused.db")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdin is not None and run.stdout is not None
        for text in ("amanhã te respondo", "parem"):
            run.stdin.write(json.dumps({"id": text, "now": "2024-01-17T09:37", "text": text}) + "\n")
            run.stdin.flush()
            assert json.loads(run.stdout.readline())["id"] == text
        run.stdin.close()
        assert run.wait(PATIENCE) == 0


def test_of_several_files_the_good_are_printed_and_the_bad_one_is_told(tmp_path: Path) -> None:
    bad = tmp_path / "receita.txt"
    bad.write_text("Bolo de cenoura", encoding="utf-8")
    run = retencao("form", "read", FORMS / "real-b.txt", bad, FORMS / "real-a.txt", "--json")
    assert run.returncode == 2
    assert [json.loads(line)["protocol"] for line in run.stdout.splitlines()] == ["SAD170000500868", "SAD169000763629"]
    assert run.stderr.startswith(f"retencao: {bad}: ")
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nada",),
        ("form", "read"),
        ("form", "read", "nao-existe.txt"),
        ("form", "write", "SAD1", "--output", "x.pdf", "--format", "xls"),
        ("form", "write", "SAD000000000000", "--output", "x.pdf"),
        ("form", "open", "real-b.txt", "--analyst", "Ninguém"),
        ("invite", "--role", "chefe"),
        ("demo", "--port", "muitas"),
        ("transcript", "read", "real-b.json"),
        ("case", "import", "real-b.txt", "--analyst", "Ninguém"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_2(arguments: tuple[str, ...], sqlite_url: str) -> None:
    run = retencao(*arguments, url=sqlite_url)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("retencao: ")
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--nada",), "Não conheço a opção --nada: veja retencao --help."),
        (("nada",), "Não conheço o comando nada: veja retencao --help."),
        (("form",), "Falta dizer o que fazer: veja retencao form --help."),
        (("form", "read"), "Falta ARQUIVO...: veja retencao form read --help."),
        (("invite",), "Falta --role: veja retencao invite --help."),
        (("invite", "--role", "chefe"), "--role é analyst ou supervisor: veja"),
        (("demo", "--port", "muitas"), "O valor de --port não serve: veja retencao demo --help."),
        (("migrate", "já"), "Não entendi a chamada: veja retencao migrate --help."),
    ],
)
def test_a_wrong_call_is_told_in_portuguese(arguments: tuple[str, ...], told: str) -> None:
    run = retencao(*arguments)
    assert run.returncode == 2
    assert run.stderr.replace("python -m bot", "retencao").startswith(f"retencao: {told}")


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    run = retencao("migrate", url="mysql://x", cwd=tmp_path)
    assert run.returncode == 2
    assert "DATABASE_URL" in run.stderr


def test_an_invitation_is_the_code_alone_and_lets_somebody_in(sqlite_url: str, tmp_path: Path) -> None:
    run = retencao("invite", "--role", "supervisor", url=sqlite_url, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    code, *rest = run.stdout.splitlines()
    assert rest == []
    assert 8 <= len(code) <= 64
    assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def test_a_file_that_cannot_be_read_is_told_in_portuguese(tmp_path: Path) -> None:
    (tmp_path / "solto").symlink_to(tmp_path / "nada")
    run = retencao("form", "read", "nada.txt", "solto", tmp_path, "--json", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines() == [
        "retencao: nada.txt: Não consegui ler o arquivo (o caminho não existe).",
        "retencao: solto: Não consegui ler o arquivo (o caminho não existe).",
        f"retencao: {tmp_path}: Não consegui ler o arquivo (é uma pasta).",
    ]


async def test_a_case_is_opened_from_a_file_and_its_form_written_back_equal(sqlite_url: str, tmp_path: Path) -> None:
    from bot.app import once
    from bot.services import team
    from bot.settings import Settings
    from messages.statuses import Role

    settings = Settings(_env_file=None, database_url=sqlite_url)
    code = await once(settings, team.invite, Role.ANALYST)
    await once(settings, team.redeem, code, 1, "Ana")
    opened = retencao("form", "open", FORMS / "real-a.txt", "--analyst", "Ana", url=sqlite_url)
    assert (opened.stdout, opened.stderr) == ("SAD169000763629\n", "")
    for kind in ("md", "docx", "pdf"):
        file = tmp_path / f"form.{kind}"
        written = retencao("form", "write", "SAD169000763629", "--format", kind, "--output", file, url=sqlite_url)
        assert (written.returncode, written.stderr) == (0, "")
    assert (tmp_path / "form.pdf").read_bytes().startswith(b"%PDF")
    truth = json.loads((FORMS / "real-a.json").read_text(encoding="utf-8"))
    text = (tmp_path / "form.md").read_text(encoding="utf-8")
    assert read_form(text).form.as_json() == truth
    read = retencao("form", "read", tmp_path / "form.docx", "--json")
    assert {k: v for k, v in json.loads(read.stdout).items() if k not in ("file", "warnings")} == truth

    code = text.partition("código ")[2][:11]
    verified = retencao("form", "verify", code, tmp_path / "form.pdf", url=sqlite_url)
    told = json.loads(verified.stdout)
    assert (told["protocol"], told["revision"], told["newest"], told["same_file"]) == ("SAD169000763629", 1, True, True)
    (tmp_path / "form.pdf").write_bytes(b"%PDF-forged")
    forged = retencao("form", "verify", code, tmp_path / "form.pdf", url=sqlite_url)
    assert (forged.returncode, json.loads(forged.stdout)["same_file"]) == (2, False)
    unknown = retencao("form", "verify", "AAAAA-AAAAA", url=sqlite_url)
    assert (unknown.returncode, unknown.stdout) == (2, "") and "confira o código" in unknown.stderr


def test_help_imports_nothing_large() -> None:
    """What a command needs is imported by it: the chat, the database and the typesetter are none of --help's."""
    large = ("telegram", "sqlalchemy", "typst", "starlette", "uvicorn", "apscheduler", "jinja2", "httpx", "rich")
    script = f"import sys, bot.cli; print([m for m in {large!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("command", [("invite", "--role", "analyst"), ("serve",), ("migrate",)])
@pytest.mark.parametrize("url", ["postgresql://x:segredo@127.0.0.1:1/retencao", "sqlite:////dev/null/retencao.db"])
def test_a_database_out_of_reach_is_one_line_and_exit_1(command: tuple[str, ...], url: str) -> None:
    run = retencao(*command, url=url)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("retencao: Não consegui usar o banco de dados")
    assert len(run.stderr.splitlines()) == 1
    assert "segredo" not in run.stderr


async def test_a_form_that_cannot_be_written_is_one_line_and_exit_2(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    case = create_case(store, create_analyst(store))
    store.close()
    file = tmp_path / "nada" / "form.md"
    run = retencao("form", "write", case.protocol, "--format", "md", "--output", file, url=sqlite_url)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"retencao: Não consegui gravar {file} (o caminho não existe)")
    assert len(run.stderr.splitlines()) == 1


def test_a_new_database_is_told_of_beside_the_code(tmp_path: Path) -> None:
    run = retencao("invite", "--role", "analyst", url="sqlite:///novo.db", cwd=tmp_path, level="INFO")
    (line,) = map(json.loads, run.stderr.splitlines())
    assert (line["event"], line["file"]) == ("database_created", str(tmp_path / "novo.db"))
    assert (run.returncode, len(run.stdout.splitlines())) == (0, 1)


def test_serve_tells_of_a_database_that_is_new(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        env=own_environment(f"sqlite:///{tmp_path / 'novo.db'}") | {"HTTP_PORT": "0"},
        cwd=FORMS,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        events = [json.loads(process.stderr.readline())["event"]]
        while events[-1] != "ready":
            events.append(json.loads(process.stderr.readline())["event"])
        process.terminate()
    assert "database_created" in events


def test_what_was_said_of_readings_is_shown_a_line_each(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    analyst = create_analyst(store)
    contact = create_contact(store, create_case(store, analyst), text="Vou ver e te falo")
    said = {"part": ReadingPart.INTENT, "suggested": {}, "said": {"intent": "other"}, "created_at": NOW}
    store.add(ReadingFeedback(contact_id=contact.id, analyst_id=analyst.id, **said))
    run = retencao("reply", "corrections", url=sqlite_url)
    assert (run.returncode, run.stderr) == (0, "")
    (told,) = map(json.loads, run.stdout.splitlines())
    assert (told["text"], told["said"]) == ("Vou ver e te falo", {"intent": "other"})
    store.close()


def test_what_was_given_up_is_tried_again_and_counted(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    store.update(create_update(store), parked_at=NOW, attempts=5)
    run = retencao("inbox", "retry", url=sqlite_url)
    assert (run.returncode, run.stdout, run.stderr) == (0, "1\n", "")
    assert store.all(InboxEvent)[0].parked_at is None
    store.close()


def test_a_taken_port_is_one_line_and_touches_no_row(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    store.update(create_update(store), lease_until=NOW)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = retencao("serve", url=sqlite_url, port=port)
    assert run.returncode == 2
    assert run.stderr.startswith("retencao: ") and "HTTP_PORT" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert store.all(InboxEvent)[0].lease_until == NOW
    store.close()


def test_a_second_serve_on_one_file_leaves_what_the_first_holds_and_goes(sqlite_url: str) -> None:
    environment = own_environment(sqlite_url) | {"HTTP_PORT": "0", "LOG_LEVEL": "INFO"}
    first = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"], env=environment, cwd=FORMS, stderr=subprocess.PIPE, text=True
    )
    try:
        assert first.stderr is not None
        while "ready" not in first.stderr.readline():
            assert first.poll() is None
        store = Store(sqlite_url)
        store.update(create_update(store), lease_until=datetime.now(UTC) + timedelta(hours=1))
        second = retencao("serve", url=sqlite_url)
        assert second.returncode == 2
        assert second.stderr == "retencao: Outro `retencao serve` já usa este banco de dados: encerre-o antes.\n"
        assert store.all(InboxEvent)[0].lease_until is not None
        store.close()
    finally:
        first.terminate()
        first.communicate(timeout=PATIENCE)
    assert first.returncode == 0
    assert not Path(f"{sqlite_url.removeprefix('sqlite:///')}.lock").exists()


STRUCK = """
import os, signal, sys
import bot.cli

class Fuse:
    def __del__(self):  # nothing that is raised in here gets out
        os.kill(os.getpid(), signal.SIGTERM)

class Trap:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            Fuse()

sys.meta_path.insert(0, Trap())
bot.cli.app(["serve"])
"""


@pytest.mark.parametrize("module", ["bot.settings", "structlog", "bot.app", "storage.engine", "alembic.command"])
def test_a_signal_that_strikes_where_nothing_can_be_raised_is_not_lost(tmp_path: Path, module: str) -> None:
    """While ``serve`` imports: a callback or a destructor would swallow an exception of the signal's handler."""
    sqlite_url = f"sqlite:///{tmp_path / 'new.db'}"  # to be migrated
    run = subprocess.run(
        [sys.executable, "-c", STRUCK, module],
        env=own_environment(sqlite_url) | {"HTTP_PORT": "0"},
        cwd=FORMS,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (run.returncode, "Exception ignored" in run.stderr, "Traceback" in run.stderr) == (0, False, False)


@pytest.mark.parametrize("after", [0.5, 0.75, 1.0, 1.5, 2.0])
def test_whenever_it_is_told_to_stop_serve_ends_in_order(sqlite_url: str, after: float) -> None:
    more = {"HTTP_PORT": "0", "TELEGRAM_TOKEN": "123456:invented", "TELEGRAM_API_URL": "http://127.0.0.1:1"}
    with subprocess.Popen(
        [sys.executable, "-c", "import bot.cli, bot.ending; print(flush=True); bot.cli.app(['serve'])"],
        env=own_environment(sqlite_url) | more,
        cwd=FORMS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None and process.stdout.readline()
            time.sleep(after)
            process.terminate()
            _, told = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, "Traceback" in told) == (0, False), told


def test_forms_are_read_from_pdf_as_well(tmp_path: Path) -> None:
    printed = tmp_path / "real-a.pdf"
    printed.write_bytes(to_pdf(read_form((FORMS / "real-a.txt").read_text(encoding="utf-8")).form))
    run = retencao("form", "read", printed, "--json")
    line = json.loads(run.stdout)
    assert line.pop("file") == str(printed) and line.pop("warnings")
    assert line == json.loads((FORMS / "real-a.json").read_text(encoding="utf-8"))


def test_what_a_spreadsheet_leaves_in_doubt_is_told_and_opened(tmp_path: Path, sqlite_url: str) -> None:
    store = Store(sqlite_url)
    create_analyst(store, "Ana Lima")
    store.close()
    sheet = tmp_path / "outubro.csv"
    sheet.write_text("protocolo;nome;telefone;Obs\nSAD169000763629;Marina;8000;x\n", encoding="utf-8")
    for more in (("--dry-run",), ()):
        run = retencao("case", "import", sheet, "--analyst", "Ana Lima", *more, url=sqlite_url)
        assert (run.returncode, json.loads(run.stdout)["opened"]) == (0, 1)
        assert run.stderr.splitlines() == [
            f"retencao: {sheet}: colunas que não reconheci: Obs",
            f"retencao: {sheet}: linha 2: Não reconheci o telefone “8000” da planilha: confira.",
        ]


def test_a_spreadsheet_opens_cases_once_and_tells_what_is_wrong(tmp_path: Path, sqlite_url: str) -> None:
    store = Store(sqlite_url)
    create_analyst(store, "Ana Lima")
    sheet = tmp_path / "outubro.csv"
    sheet.write_text("protocolo;nome\nSAD169000763629;Marina\nSAD169000763630;Teo\nSAD1;Erro\n", encoding="cp1252")
    command = ("case", "import", sheet, "--analyst", "Ana Lima")
    for more, opened, known in ((("--dry-run",), 2, 0), ((), 2, 0), ((), 0, 2)):
        run = retencao(*command, *more, url=sqlite_url)
        told = json.loads(run.stdout)
        assert (told["opened"], len(told["known"]), told["problems"], told["dry_run"]) == (opened, known, 1, bool(more))
        assert run.stderr == f"retencao: {sheet}: linha 4: Protocolo com 1 algarismo em vez de 12.\n"
        assert run.returncode == 2
    assert store.count(Case) == 2
    store.close()
