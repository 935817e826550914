"""The stage: the emulators and the product, unchanged, on a database file; templates approved, an analyst invited."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.app import once, running
from bot.demo.phones import ZONE, Analyst, Dentist, Emulators
from bot.sandbox import Sandbox, SandboxConfig
from bot.services import team
from bot.settings import Settings
from messages.errors import InvalidInput
from messages.statuses import Role
from messages.templates import Library

HOST = "127.0.0.1"
BEGINS = datetime(2023, 10, 30, 10, 50, tzinfo=ZONE)


class StageSettings(Settings):
    """The demo is the same everywhere: nothing comes from the environment or from .env."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the base's signature, here and below
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Stage:
    """``address`` is the sandbox's, with the two-phone page."""

    address: str
    emulators: Emulators
    analyst: Analyst
    dentist: Dentist
    invitation: str


@asynccontextmanager
async def stage(database: Path, port: int = 0) -> AsyncIterator[Stage]:
    """All of it runs until the block ends. Raises InvalidInput when the port is taken."""
    _check_free(port)
    sandbox = Sandbox(SandboxConfig(start_at=BEGINS))
    async with (
        sandbox.serving(port, HOST) as address,
        httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client,
    ):
        emulators = Emulators(client)
        await _approve_templates(emulators)
        settings = _settings(sandbox.config, address, database)
        invitation = await once(settings, team.invite, Role.ANALYST)
        async with running(settings, sandbox.clock.now) as own:
            await emulators.post("/sandbox/config", product_url=own)
            analyst = Analyst(emulators, 1001, "Ana", "Ribeiro")
            dentist = Dentist(emulators, "+5571980000017", "Marina Serra Azul")
            await dentist.joins()
            yield Stage(address, emulators, analyst, dentist, invitation)


def _check_free(port: int) -> None:
    """Asked beforehand: the server itself would end the process."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (OSError, OverflowError) as error:
        raise InvalidInput(f"Não consegui usar a porta {port}: escolha outra com --port.") from error


async def _approve_templates(emulators: Emulators) -> None:
    """The whole templates stand approved at the emulated Meta, as an operation would have them."""
    for template in Library.packaged().values():
        if template.whole:
            await emulators.post(
                "/sandbox/whatsapp/template",
                name=template.whatsapp_name,
                body=template.meta_body(),
                category=template.category,
            )


def _settings(config: SandboxConfig, address: str, database: Path) -> Settings:
    values: dict[str, Any] = {
        "database_url": f"sqlite:///{database}",
        "http_port": 0,
        "telegram_token": config.telegram_token,
        "telegram_api_url": address,
        "whatsapp_token": config.whatsapp_token,
        "whatsapp_phone_number_id": config.phone_number_id,
        "whatsapp_waba_id": config.waba_id,
        "whatsapp_app_secret": config.app_secret,
        "whatsapp_verify_token": config.verify_token,
        "whatsapp_api_url": address,
        "operator_name": "Sorriso Pleno",
        "support_phone": "71 98000-0001",
        "clock_url": f"{address}/clock",  # for what is done beside the running product
        "beat_seconds": 0.25,  # the clock is moved all the time: what falls due by that is found sooner
    }
    return StageSettings(**values)
