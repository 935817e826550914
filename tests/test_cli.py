"""The command line as scripts use it: output, one-line errors, exit codes. Real processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from messages.form import read_form

FORMS = Path(__file__).parent / "data" / "forms"
TRUTH = sorted(FORMS.glob("*.json"))


def retencao(
    *arguments: object, url: str = "sqlite:///unused.db", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, in an empty folder, with nothing but a database set."""
    root = str(Path(__file__).parent.parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM", "WHATSAPP"))}
    environment = kept | {"DATABASE_URL": url, "PYTHONPATH": root, "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bot", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd or FORMS, timeout=60)


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
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_2(arguments: tuple[str, ...], sqlite_url: str) -> None:
    run = retencao(*arguments, url=sqlite_url)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("retencao: ")
    assert len(run.stderr.splitlines()) == 1


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
    for kind in ("md", "pdf"):
        file = tmp_path / f"form.{kind}"
        written = retencao("form", "write", "SAD169000763629", "--format", kind, "--output", file, url=sqlite_url)
        assert (written.returncode, written.stderr) == (0, "")
    assert (tmp_path / "form.pdf").read_bytes().startswith(b"%PDF")
    truth = json.loads((FORMS / "real-a.json").read_text(encoding="utf-8"))
    assert read_form((tmp_path / "form.md").read_text(encoding="utf-8")).form.as_json() == truth


def test_help_imports_nothing_large() -> None:
    """What a command needs is imported by it: the chat, the database and the typesetter are none of --help's."""
    large = ("telegram", "sqlalchemy", "typst", "starlette", "uvicorn", "apscheduler", "jinja2", "httpx", "rich")
    script = f"import sys, bot.cli; print([m for m in {large!r} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "[]\n"
