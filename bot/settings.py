"""Settings: from the environment, from ``.env`` in the working directory, or from files.

A variable NAME may be given as NAME_FILE, the path of a file that holds the value, as Docker and systemd hand over
secrets; NAME itself wins. What is missing switches its own part off and never stops the rest (see ``warnings``).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from messages.calendar import WorkingHours
from messages.errors import InvalidInput
from messages.operation import UNNAMED, read_hours

ENV_FILE = ".env"
ALIKE = 0.85  # of two names, by `difflib`: a letter or two apart


class SettingsError(InvalidInput):
    """Some variables cannot be used. ``problems`` holds one Portuguese sentence for each, without its value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """Everything that can be set. The fields' names in capitals are the variables' names."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: str = Field(default="sqlite:///retencao.db", repr=False)  # may hold a password
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    telegram_token: SecretStr = SecretStr("")
    telegram_api_url: str = "https://api.telegram.org"
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_webhook_secret: SecretStr = SecretStr("")
    whatsapp_token: SecretStr = SecretStr("")
    whatsapp_phone_number_id: str = ""
    whatsapp_waba_id: str = ""
    whatsapp_other_number_ids: str = ""
    whatsapp_app_secret: SecretStr = SecretStr("")
    whatsapp_verify_token: SecretStr = SecretStr("")
    whatsapp_api_url: str = "https://graph.facebook.com"
    whatsapp_api_version: str = "v26.0"
    whatsapp_messages_per_second: int = Field(default=80, gt=0, le=1000)
    whatsapp_people_per_day: int = Field(default=0, ge=0)  # 0: as many as Meta says
    sgs_url: str = "https://api.bcb.gov.br"
    sidra_url: str = "https://apisidra.ibge.gov.br"
    read_index: bool = True
    operator_name: str = UNNAMED
    support_phone: str = ""
    support_hours: str = "das 8h às 18h"
    timezone: str = "America/Sao_Paulo"
    working_hours: str = "08:00-18:00"
    undo_seconds: float = Field(default=10, ge=0, allow_inf_nan=False)
    send_timeout_seconds: float = Field(default=20, gt=0, allow_inf_nan=False)
    send_lease_seconds: float = Field(default=60, gt=0, allow_inf_nan=False)
    beat_seconds: float = Field(default=1, gt=0, allow_inf_nan=False)
    media_folder: str = ""
    media_limit_mb: int = Field(default=100, ge=1, le=2000)
    media_timeout_seconds: float = Field(default=60, gt=0, le=80, allow_inf_nan=False)
    queue_limit: int = Field(default=2000, gt=0)
    clock_url: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the base's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order in which they win: arguments, environment, .env, files named by NAME_FILE."""
        return init_settings, env_settings, dotenv_settings, _NamedFiles(settings_cls, env_settings, dotenv_settings)

    @field_validator("database_url")
    @classmethod
    def _database_is_supported(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
            raise ValueError("comece com sqlite:/// ou postgresql://")
        if value.partition("?")[0] == "sqlite:///":
            raise ValueError("falta o arquivo, como em sqlite:///retencao.db")
        try:
            _ = urlsplit(value).port
        except ValueError:
            raise ValueError(
                "escreva servidor e porta como em postgresql://usuario:senha@servidor:5432/banco"
            ) from None
        return value

    @field_validator("public_url", "telegram_api_url", "whatsapp_api_url", "sgs_url", "sidra_url", "clock_url")
    @classmethod
    def _is_a_web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("informe um endereço que comece com http:// ou https://")
        return value.rstrip("/")

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _telegram_accepts_the_secret(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if len(secret) > 256 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in secret):
            raise ValueError("use até 256 letras sem acento, algarismos, _ ou -")
        return value

    @field_validator("whatsapp_phone_number_id", "whatsapp_waba_id")
    @classmethod
    def _is_an_id(cls, value: str) -> str:
        if value and not (value.isascii() and value.isdecimal()):
            raise ValueError("precisa ter só algarismos")
        return value

    @field_validator("whatsapp_other_number_ids")
    @classmethod
    def _are_ids(cls, value: str) -> str:
        if not all(one.isascii() and one.isdecimal() for one in _listed(value)):
            raise ValueError("precisa ter só algarismos, separados por vírgula")
        return value

    @field_validator("whatsapp_api_version")
    @classmethod
    def _is_a_graph_version(cls, value: str) -> str:
        if not re.fullmatch(r"v\d+\.\d+", value):
            raise ValueError("escreva como v26.0")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("informe um fuso horário que exista, como America/Sao_Paulo") from None
        return value

    @field_validator("working_hours")
    @classmethod
    def _working_hours_are_readable(cls, value: str) -> str:
        read_hours(value)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _level_in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _lease_outlives_the_call(self) -> Self:
        if self.send_lease_seconds <= self.send_timeout_seconds:
            raise ValueError("SEND_LEASE_SECONDS: precisa ser maior que SEND_TIMEOUT_SECONDS")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def working_day(self) -> WorkingHours:
        """When a working day begins and ends, in local time."""
        return read_hours(self.working_hours)

    @property
    def telegram_on(self) -> bool:
        return not self._missing_for_telegram

    @property
    def whatsapp_receives(self) -> bool:
        return bool(self.whatsapp_app_secret.get_secret_value())

    @property
    def whatsapp_sends(self) -> bool:
        return bool(self.whatsapp_token.get_secret_value() and self.whatsapp_phone_number_id)

    @property
    def whatsapp_numbers(self) -> tuple[str, ...]:
        """The operation's numbers, the one that sends first; none where that is not known: then all are."""
        sending = self.whatsapp_phone_number_id
        return (sending, *_listed(self.whatsapp_other_number_ids)) if sending else ()

    @property
    def files(self) -> Path:
        """The folder of dentists' files: as set, else beside the SQLite file, else in the working directory."""
        if self.media_folder:
            return Path(self.media_folder)
        return Path("retencao.files" if self.database_file is None else f"{self.database_file}.files")

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL, and for a database in memory."""
        path, _, _ = self.database_url.partition("?")
        name = path.removeprefix("sqlite:///")
        return None if name in (path, ":memory:") else Path(name)

    @property
    def secrets(self) -> list[str]:
        """Every secret that is set, in clear, for the log's redaction."""
        values = [value.get_secret_value() for _, value in self if isinstance(value, SecretStr)]
        password = urlsplit(self.database_url).password or ""
        return [value for value in {*values, password, unquote(password)} if value]

    @property
    def _missing_for_telegram(self) -> list[str]:
        needed: dict[str, bool] = {"TELEGRAM_TOKEN": bool(self.telegram_token.get_secret_value())}
        if self.telegram_mode == "webhook":
            needed["PUBLIC_URL"] = bool(self.public_url)
            needed["TELEGRAM_WEBHOOK_SECRET"] = bool(self.telegram_webhook_secret.get_secret_value())
        return [name for name, given in needed.items() if not given]

    def warnings(self) -> list[str]:
        """One sentence for each part that is off, naming the variables that would switch it on."""
        told = []
        if self._missing_for_telegram:
            told.append(f"O Telegram está desligado: {_lacking(self._missing_for_telegram)}.")
        if not self.whatsapp_receives:
            told.append("O recebimento pelo WhatsApp está desligado: falta WHATSAPP_APP_SECRET.")
        elif not self.whatsapp_verify_token.get_secret_value():
            told.append("A Meta não consegue confirmar o endereço do webhook: falta WHATSAPP_VERIFY_TOKEN.")
        missing = {
            "WHATSAPP_TOKEN": self.whatsapp_token.get_secret_value(),
            "WHATSAPP_PHONE_NUMBER_ID": self.whatsapp_phone_number_id,
        }
        if not self.whatsapp_sends:
            lacking = _lacking([name for name, value in missing.items() if not value])
            told.append(f"O envio pela API do WhatsApp está desligado, restando o envio manual: {lacking}.")
        elif not self.whatsapp_waba_id:
            told.append("Nenhum modelo sai pela API do WhatsApp, pois a Meta não é consultada: falta WHATSAPP_WABA_ID.")
        return told


def misspelt() -> list[str]:
    """A sentence for each name in ``.env`` that is none of ours and nearly one. Others may be another program's."""
    from difflib import get_close_matches  # only what starts a service, or looks it over, asks

    known = [name for field in Settings.model_fields for name in (field.upper(), f"{field.upper()}_FILE")]
    given = [name.upper() for name in DotEnvSettingsSource(Settings).env_vars]
    meant = {name: get_close_matches(name, known, n=1, cutoff=ALIKE) for name in given if name not in known}
    return [f"{ENV_FILE}: não conheço {name}; seria {close[0]}?" for name, close in meant.items() if close]


def load() -> Settings:
    """Read the settings. Raises SettingsError, with one sentence for each variable that cannot be used."""
    try:
        return Settings()
    except UnicodeDecodeError:
        raise SettingsError([f"{ENV_FILE}: não está em UTF-8; salve o arquivo de novo nessa codificação."]) from None
    except OSError:
        raise SettingsError([f"{ENV_FILE}: não consegui ler o arquivo; confira a permissão."]) from None
    except ValidationError as error:
        # Without the cause: a ValidationError prints the values it was given.
        problems = [_sentence(problem) for problem in error.errors(include_input=False, include_url=False)]
    raise SettingsError(problems)


def _lacking(names: list[str]) -> str:
    """ "falta A", "faltam A e B"."""
    return f"{'falta' if len(names) == 1 else 'faltam'} {' e '.join(names)}"


def _listed(value: str) -> list[str]:
    return [one for part in value.split(",") if (one := part.strip())]


class _NamedFiles(PydanticBaseSettingsSource):
    """Reads the setting NAME from the file whose path stands in NAME_FILE."""

    def __init__(self, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._variables: list[Mapping[str, str | None]] = [
            source.env_vars for source in sources if isinstance(source, EnvSettingsSource)
        ]

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  the base's signature
        key = f"{field_name}_file"
        path = next((variables[key] for variables in self._variables if variables.get(key)), None)
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, ValueError) as error:
            reason = f"não consegui ler o arquivo {path}; confira o caminho e a permissão"
            raise SettingsError([f"{key.upper()}: {reason}."]) from error

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value}


_REASONS = {
    "int_parsing": "precisa ser um número inteiro",
    "float_parsing": "precisa ser um número",
    "bool_parsing": "use true ou false",
    "finite_number": "precisa ser um número",
    "literal_error": "use um destes valores: {expected}",
    "greater_than": "precisa ser maior que {gt:g}",
    "greater_than_equal": "precisa ser {ge:g} ou mais",
    "less_than_equal": "precisa ser {le:g} ou menos",
}


def _sentence(problem: ErrorDetails) -> str:
    """One problem as pydantic tells it, as a sentence that names the variable and keeps its value to itself."""
    context = problem.get("ctx", {})
    told = str(context["error"]) if problem["type"] == "value_error" else _REASONS.get(problem["type"], problem["msg"])
    reason = told.format(**context).replace(" or ", " ou ")  # between the values that pydantic lists
    return f"{str(problem['loc'][0]).upper()}: {reason}." if problem["loc"] else f"{reason}."
