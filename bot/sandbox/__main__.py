"""``python -m bot.sandbox``: the emulators as a process of their own."""

import argparse
from dataclasses import fields
from datetime import datetime

from bot.sandbox.app import Sandbox
from bot.sandbox.clock import parse
from bot.sandbox.config import SandboxConfig
from bot.sandbox.errors import SandboxError

_OPTIONS = (
    "telegram_token",
    "phone_number_id",
    "waba_id",
    "whatsapp_token",
    "app_secret",
    "verify_token",
    "product_url",
)


def _moment(text: str) -> datetime:
    try:
        return parse(text)
    except SandboxError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main() -> None:
    defaults = {field.name: field.default for field in fields(SandboxConfig)}
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--start-at", type=_moment, help="the clock's first moment, ISO-8601 with a zone")
    for name in _OPTIONS:
        parser.add_argument(f"--{name.replace('_', '-')}", default=defaults[name])
    given = vars(parser.parse_args())
    port, host = given.pop("port"), given.pop("host")
    print(f"http://{host}:{port}", flush=True)
    Sandbox(SandboxConfig(**given)).run(port, host)


if __name__ == "__main__":
    main()
