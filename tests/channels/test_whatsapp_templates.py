"""Templates at Meta over real HTTP against the emulator: by the adapter, and by the command line."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.whatsapp_templates import WhatsAppTemplates
from bot.sandbox import Sandbox
from messages.errors import MetaRefused
from tests.factory import library
from tests.flow.world import emulators
from tests.patience import PATIENCE

WHOLES = [t for t in library().values() if t.whole]
FIRST, AGAIN = "retencao_primeiro_contato", "retencao_retomar"


@pytest.fixture
async def sandbox() -> AsyncIterator[tuple[Sandbox, str]]:
    async with emulators() as (sandbox, address):
        yield sandbox, address


@pytest.fixture
async def meta(sandbox: tuple[Sandbox, str]) -> AsyncIterator[WhatsAppTemplates]:
    config = sandbox[0].config
    meta = WhatsAppTemplates(
        sandbox[1], "v26.0", config.waba_id, config.phone_number_id, config.whatsapp_token, timeout=PATIENCE
    )
    yield meta
    await meta.close()


async def test_all_pages_are_read(sandbox: tuple[Sandbox, str], meta: WhatsAppTemplates) -> None:
    for n in range(230):
        sandbox[0].whatsapp.template(f"outro_{n}", "Olá!")
    found = await meta.listed()
    assert len({t.name for t in found}) == 230 + len(WHOLES)
    (first,) = [t for t in found if t.name == FIRST]
    assert first.body == library()["primeiro_contato"].meta_body()
    assert (first.status, first.category, first.reason) == ("APPROVED", "MARKETING", None)


async def test_what_is_created_is_reviewed_and_changed(sandbox: tuple[Sandbox, str], meta: WhatsAppTemplates) -> None:
    sandbox[0].config.template_review = "PENDING"
    payload = library()["retomar"].meta_payload() | {"name": "retencao_nova"}
    created = await meta.create(payload)
    assert (created.status, created.category) == ("PENDING", "UTILITY") and created.meta_id
    with pytest.raises(MetaRefused, match="PENDING cannot be edited"):
        await meta.edit(created.meta_id, payload)
    with pytest.raises(MetaRefused) as refused:
        await meta.create(payload)
    assert refused.value.exists
    await sandbox[0].whatsapp.judge_template("retencao_nova", "REJECTED")
    assert (await meta.edit(created.meta_id, payload)).status == "PENDING"


async def test_how_many_people_a_day_is_asked_of_the_number(
    sandbox: tuple[Sandbox, str], meta: WhatsAppTemplates
) -> None:
    assert await meta.people_a_day() == 2000
    sandbox[0].config.messaging_limit = "TIER_UNLIMITED"
    assert await meta.people_a_day() == 0


async def test_what_cannot_be_asked_is_asked_later(sandbox: tuple[Sandbox, str], meta: WhatsAppTemplates) -> None:
    sandbox[0].faults.add("whatsapp.templates", "error", code=190)
    with pytest.raises(MetaRefused, match="WHATSAPP_TOKEN") as refused:
        await meta.listed()
    assert not refused.value.retry
    nobody = WhatsAppTemplates("http://127.0.0.1:1", "v26.0", "1", "2", "t", timeout=1)
    with pytest.raises(MetaRefused, match="Não consegui falar com a Meta") as refused:
        await nobody.listed()
    assert refused.value.retry
    await nobody.close()


async def test_the_command_line_pushes_pulls_and_tells(
    sandbox: tuple[Sandbox, str], sqlite_url: str, tmp_path: Path
) -> None:
    box, address = sandbox
    config = box.config
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TELEGRAM", "WHATSAPP"))}
    environment = kept | {
        "DATABASE_URL": sqlite_url,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LOG_LEVEL": "ERROR",
        "WHATSAPP_API_URL": address,
        "WHATSAPP_TOKEN": config.whatsapp_token,
        "WHATSAPP_WABA_ID": config.waba_id,
    }

    async def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", "whatsapp", "templates", *arguments]
        return await asyncio.to_thread(
            subprocess.run,
            command,
            capture_output=True,
            text=True,
            env=environment | more,
            cwd=tmp_path,
            timeout=PATIENCE,
        )

    before = await run("status")
    assert before.returncode == 0 and f"{FIRST}: não consta na Meta" in before.stdout.splitlines()
    assert "templates pull" in before.stderr

    config.template_review = "PENDING"
    box.whatsapp.template(AGAIN, "Olá, {{dentist_addressed}}! Tudo bem?", status="REJECTED")
    pulled = await run("pull", "--json")
    lines = {line["name"]: line for line in map(json.loads, pulled.stdout.splitlines())}
    assert pulled.returncode == 0 and len(lines) == len(WHOLES)
    assert [lines[name]["status"] for name in (FIRST, AGAIN)] == ["APPROVED", "REJECTED"]
    assert [lines[name]["differs"] for name in (FIRST, AGAIN)] == [False, True]

    pushed = await run("push")
    assert (pushed.returncode, pushed.stderr) == (0, "")
    told = pushed.stdout.splitlines()
    assert f"{FIRST}: A Meta já tem este texto, aprovado: não é preciso enviar." in told
    assert told[-1] == f"{AGAIN}: enviado, em análise" and len(told) == len(WHOLES)
    after = (await run("status")).stdout.splitlines()
    assert {f"{FIRST}: aprovado, marketing", f"{AGAIN}: em análise, utilidade"} < set(after)

    wrong = await run("pull", WHATSAPP_TOKEN="errado")
    assert wrong.returncode == 1 and wrong.stderr.count("\n") == 1 and "WHATSAPP_TOKEN" in wrong.stderr
    off = await run("push", WHATSAPP_WABA_ID="")
    assert off.returncode == 2 and off.stderr.startswith("retencao: Faltam WHATSAPP_WABA_ID")
