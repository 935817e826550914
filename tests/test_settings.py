"""Settings: where they come from, what is refused, which part they switch on."""

import os
import traceback
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import Settings, SettingsError, load, misspelt
from messages.calendar import WorkingHours

ROOT = Path(__file__).parent.parent
NO_ADDRESS = "escreva servidor e porta como em postgresql://usuario:senha@servidor:5432/banco"
Given = Callable[..., Settings]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Given:
    """Loads the settings from exactly these variables, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        for variable in (name.upper(), f"{name.upper()}_FILE"):
            monkeypatch.delenv(variable, raising=False)

    def load_with(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load()

    return load_with


def example_lines() -> list[str]:
    return (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()


def test_the_example_names_every_setting_in_order() -> None:
    names = [line.partition("=")[0] for line in example_lines() if line and not line.startswith("#")]
    assert names == [name.upper() for name in Settings.model_fields]


def test_the_example_copied_as_it_stands_gives_the_defaults(given: Given) -> None:
    assignments = dict(line.split("=", 1) for line in example_lines() if line and not line.startswith("#"))
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        assert assignments[name.upper()] == str(default), name
    defaults = given()
    Path(".env").write_text("\n".join(example_lines()), encoding="utf-8")
    assert given() == defaults


def test_the_environment_wins_over_the_file_and_names_may_be_in_any_case(given: Given) -> None:
    Path(".env").write_text("HTTP_PORT=1111\noperator_name=Sorriso\n", encoding="utf-8")
    settings = given(HTTP_PORT="2222")
    assert (settings.http_port, settings.operator_name) == (2222, "Sorriso")


def test_a_secret_can_come_from_a_file_named_in_the_environment_or_in_the_env_file(given: Given) -> None:
    Path("token").write_text("1:abc\n", encoding="utf-8")
    Path("secret").write_text("from-a-file\n", encoding="utf-8")
    Path(".env").write_text("WHATSAPP_APP_SECRET_FILE=secret\n", encoding="utf-8")
    settings = given(TELEGRAM_TOKEN_FILE="token")
    assert settings.telegram_token.get_secret_value() == "1:abc"
    assert settings.whatsapp_app_secret.get_secret_value() == "from-a-file"


def test_the_variable_itself_wins_over_its_file(given: Given) -> None:
    Path("token").write_text("1:file", encoding="utf-8")
    settings = given(TELEGRAM_TOKEN_FILE="token", TELEGRAM_TOKEN="1:variable")
    assert settings.telegram_token.get_secret_value() == "1:variable"


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("DATABASE_URL", "mysql://root:s3cr3t-word@db", "comece com sqlite:/// ou postgresql://"),
        ("DATABASE_URL", "sqlite:///", "falta o arquivo, como em sqlite:///retencao.db"),
        ("DATABASE_URL", "postgresql://ana:s3cr3t-word@db:porta/retencao", NO_ADDRESS),
        ("DATABASE_URL", "postgresql://ana:s3cr3t-word@[::1/retencao", NO_ADDRESS),
        ("HTTP_PORT", "oitenta", "precisa ser um número inteiro"),
        ("HTTP_PORT", "70000", "precisa ser 65535 ou menos"),
        ("PUBLIC_URL", "exemplo.com.br", "informe um endereço que comece com http:// ou https://"),
        ("CLOCK_URL", "https://", "informe um endereço que comece com http:// ou https://"),
        ("TELEGRAM_MODE", "push", "use um destes valores: 'polling' ou 'webhook'"),
        ("TELEGRAM_WEBHOOK_SECRET", "s3cr3t word", "use até 256 letras sem acento, algarismos, _ ou -"),
        ("TELEGRAM_TOKEN_FILE", "missing", "não consegui ler o arquivo missing; confira o caminho e a permissão"),
        ("WHATSAPP_PHONE_NUMBER_ID", "+55 71", "precisa ter só algarismos"),
        ("WHATSAPP_API_VERSION", "26", "escreva como v26.0"),
        ("TIMEZONE", "Brasília", "informe um fuso horário que exista, como America/Sao_Paulo"),
        ("TIMEZONE", "../etc", "informe um fuso horário que exista, como America/Sao_Paulo"),
        ("WORKING_HOURS", "8 às 18", "escreva o início e o fim, como 08:00-18:00"),
        ("WORKING_HOURS", "18:00-08:00", "escreva o início e o fim, como 08:00-18:00"),
        ("WORKING_HOURS", "08:00+01:00-18:00", "escreva o início e o fim, como 08:00-18:00"),
        ("UNDO_SECONDS", "-1", "precisa ser 0 ou mais"),
        ("UNDO_SECONDS", "nan", "precisa ser um número"),
        ("SEND_TIMEOUT_SECONDS", "0", "precisa ser maior que 0"),
        ("SEND_LEASE_SECONDS", "20", "precisa ser maior que SEND_TIMEOUT_SECONDS"),
        ("QUEUE_LIMIT", "2.5", "precisa ser um número inteiro"),
        ("LOG_LEVEL", "LOUD", "use um destes valores: 'DEBUG', 'INFO', 'WARNING' ou 'ERROR'"),
    ],
)
def test_a_bad_value_is_told_in_one_sentence_that_names_the_variable(
    given: Given, variable: str, value: str, reason: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        given(**{variable: value})
    assert caught.value.problems == [f"{variable}: {reason}."]
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_an_env_file_in_another_encoding_is_told(given: Given) -> None:
    Path(".env").write_bytes("OPERATOR_NAME=Operação".encode("latin-1"))
    with pytest.raises(SettingsError) as caught:
        given()
    assert caught.value.problems == [".env: não está em UTF-8; salve o arquivo de novo nessa codificação."]


def test_an_env_file_that_may_not_be_read_is_told(given: Given) -> None:
    Path(".env").write_text("HTTP_PORT=1111", encoding="utf-8")
    Path(".env").chmod(0)
    person = os.geteuid()
    os.seteuid(person or 65534)  # nothing is forbidden to root
    try:
        with pytest.raises(SettingsError) as caught:
            given()
    finally:
        os.seteuid(person)
    assert caught.value.problems == [".env: não consegui ler o arquivo; confira a permissão."]


def test_every_bad_value_is_told_at_once(given: Given) -> None:
    with pytest.raises(SettingsError) as caught:
        given(HTTP_PORT="x", TIMEZONE="x", LOG_LEVEL="x")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["HTTP_PORT", "TIMEZONE", "LOG_LEVEL"]


TELEGRAM = {"TELEGRAM_TOKEN": "1:abc"}
WEBHOOK = {"TELEGRAM_MODE": "webhook", "PUBLIC_URL": "https://exemplo.com.br", "TELEGRAM_WEBHOOK_SECRET": "abcd"}
RECEIVING = {"WHATSAPP_APP_SECRET": "abcd", "WHATSAPP_VERIFY_TOKEN": "abcd"}
SENDING = {"WHATSAPP_TOKEN": "abcd", "WHATSAPP_PHONE_NUMBER_ID": "1", "WHATSAPP_WABA_ID": "2"}
ALL = TELEGRAM | RECEIVING | SENDING


@pytest.mark.parametrize(
    ("variables", "parts", "named"),
    [
        ({}, "", ["TELEGRAM_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_TOKEN", "WHATSAPP_PHONE_NUMBER_ID"]),
        (ALL, "telegram receives sends", []),
        (ALL | WEBHOOK, "telegram receives sends", []),
        (ALL | WEBHOOK | {"PUBLIC_URL": ""}, "receives sends", ["PUBLIC_URL"]),
        (ALL | WEBHOOK | {"TELEGRAM_WEBHOOK_SECRET": ""}, "receives sends", ["TELEGRAM_WEBHOOK_SECRET"]),
        (ALL | {"WHATSAPP_APP_SECRET": ""}, "telegram sends", ["WHATSAPP_APP_SECRET"]),
        (ALL | {"WHATSAPP_VERIFY_TOKEN": ""}, "telegram receives sends", ["WHATSAPP_VERIFY_TOKEN"]),
        (ALL | {"WHATSAPP_TOKEN": ""}, "telegram receives", ["WHATSAPP_TOKEN"]),
        (ALL | {"WHATSAPP_PHONE_NUMBER_ID": ""}, "telegram receives", ["WHATSAPP_PHONE_NUMBER_ID"]),
        (ALL | {"WHATSAPP_WABA_ID": ""}, "telegram receives sends", ["WHATSAPP_WABA_ID"]),
    ],
)
def test_what_is_missing_switches_its_part_off_with_a_warning_that_names_it(
    given: Given, variables: dict[str, str], parts: str, named: list[str]
) -> None:
    settings = given(**variables)
    on = {"telegram": settings.telegram_on, "receives": settings.whatsapp_receives, "sends": settings.whatsapp_sends}
    assert " ".join(part for part, is_on in on.items() if is_on) == parts
    words = " ".join(settings.warnings()).replace(".", " ").split()
    assert [word for word in words if word.isupper() and "_" in word] == named


def test_a_name_in_the_file_that_is_nearly_one_of_ours_is_asked_about(given: Given) -> None:
    lines = (
        "WHATSAPP_APP_SECRETS=x",
        "whatsap_token=y",
        "HTTP_PORT=8080",
        "TELEGRAM_TOKEN_FILE=t",
        "POSTGRES_PASSWORD=z",
    )
    Path(".env").write_text("\n".join(lines), encoding="utf-8")
    Path("t").write_text("1:a", encoding="utf-8")
    given()
    assert misspelt() == [
        ".env: não conheço WHATSAPP_APP_SECRETS; seria WHATSAPP_APP_SECRET?",
        ".env: não conheço WHATSAP_TOKEN; seria WHATSAPP_TOKEN?",
    ]
    Path(".env").unlink()
    assert misspelt() == []


def test_addresses_lose_their_last_slash_and_hours_become_times(given: Given) -> None:
    settings = given(PUBLIC_URL="https://exemplo.com.br/", WORKING_HOURS="07:30 - 17:00", LOG_LEVEL="debug")
    assert settings.public_url == "https://exemplo.com.br"
    assert settings.working_day == WorkingHours(time(7, 30), time(17))
    assert settings.zone.key == "America/Sao_Paulo"
    assert settings.log_level == "DEBUG"


def test_secrets_are_listed_for_redaction_and_never_printed(given: Given) -> None:
    settings = given(
        DATABASE_URL="postgresql://analista:p%40lavra-chave@db/retencao",
        TELEGRAM_TOKEN="1:abcdef",
        WHATSAPP_TOKEN="EAAx",
    )
    assert set(settings.secrets) == {"1:abcdef", "EAAx", "p%40lavra-chave", "p@lavra-chave"}
    assert not any(secret in repr(settings) for secret in settings.secrets)
    assert os.environ["WHATSAPP_TOKEN"] not in str(settings)
