"""Who may import whom, and the house rules that a reader of the source can check. What is not allowed is denied."""

import ast
import gc
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("messages", "storage", "bot")
MOST_LINES = 500

_BELOW_SERVICES = {"messages", "storage"}
_BELOW_THE_DOORS = _BELOW_SERVICES | {"bot.services", "bot.runtime", "bot.metrics", "bot.apart", "bot.filestore"}
_ALL_PARTS = _BELOW_THE_DOORS | {
    "bot.channels", "bot.rates", "bot.clock", "bot.worker", "bot.template_desk",
    "bot.handlers", "bot.web", "bot.settings", "bot.logs", "bot.gathering"
}  # fmt: skip

# layer → the layers that it may import, besides itself. A module belongs to the longest name that it begins with.
LAYERS: dict[str, set[str]] = {
    "messages": set(),
    "storage": {"messages"},
    "bot": set(),
    "bot.services": _BELOW_SERVICES,
    "bot.channels": {"messages"},
    "bot.rates": {"messages"},
    "bot.clock": {"messages"},
    "bot.metrics": set(),
    "bot.ending": set(),
    "bot.miscalled": set(),
    "bot.filestore": {"messages"},
    "bot.gathering": {"messages"},
    "bot.apart": {"messages"},
    "bot.runtime": _BELOW_SERVICES | {"bot.clock", "bot.filestore"},
    "bot.template_desk": _BELOW_THE_DOORS,
    "bot.worker": _BELOW_THE_DOORS,
    "bot.handlers": _BELOW_THE_DOORS,
    "bot.web": _BELOW_THE_DOORS | {"bot.gathering"},
    "bot.settings": {"messages"},
    "bot.logs": set(),
    "bot.app": _ALL_PARTS,
    "bot.doctor": {"messages", "storage", "bot.services", "bot.settings", "bot.web"},
    "bot.sandbox": set(),
    "bot.demo": {"messages", "bot.sandbox", "bot.settings", "bot.app", "bot.logs", "bot.ending", "bot.services"},
    "bot.cli": _ALL_PARTS | {"bot.app", "bot.demo", "bot.doctor", "bot.ending", "bot.miscalled"},
    "bot.__main__": {"bot.cli"},
}

_NETWORK = {"httpx", "telegram", "starlette", "uvicorn", "socket", "requests", "urllib.request", "http.client"}
_DATABASE = {"sqlalchemy", "sqlmodel", "alembic", "psycopg", "sqlite3"}

# layer → what it must know nothing of, outside our own packages
FOREIGN: dict[str, set[str]] = {
    "messages": _NETWORK | _DATABASE | {"os", "asyncio", "subprocess", "structlog"},
    "storage": _NETWORK | {"asyncio"},
    "bot.services": _NETWORK | {"asyncio", "os"},
    "bot.worker": {"telegram", "starlette"},
}

_CLOCKLESS = ("messages", "storage", "bot.services")
_CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}


def sources() -> dict[str, Path]:
    """Every module of ours, by its dotted name."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {_module(file.relative_to(ROOT)): file for file in files}


def _module(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str | None:
    """The layer that a module belongs to; None when nobody has given it one. ``bot`` is its own ``__init__`` only."""
    names = [name for name in LAYERS if module == name or (name != "bot" and module.startswith(f"{name}."))]
    return max(names, key=len, default=None)


def parsed(source: str) -> ast.Module:
    """Python before 3.11.8 keeps one depth count for all threads that parse; a collection in the middle lets another
    in, and the parser then fails (python/cpython#106905)."""
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        gc.enable()


def imports(module: str, tree: ast.AST, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of everything imported; ``from a import b`` gives ``a.b``, module or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _absolute(module, node, is_package=is_package)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and _dotted(node.func).rpartition(".")[2] in ("import_module", "__import__"):
            named = node.args[0] if node.args else None
            literal = isinstance(named, ast.Constant) and isinstance(named.value, str)
            yield node.lineno, named.value if literal else "an import that only running can tell"


def _absolute(module: str, node: ast.ImportFrom, *, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    base = parts[: len(parts) - node.level + is_package]
    return ".".join([*base, node.module] if node.module else base)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_of(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def climbs(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """What this module imports and may not, a line each."""
    layer = layer_of(module)
    if layer is None:
        return [f"{module}: in no layer; give it one in LAYERS, and in docs/architecture.md"]
    told = []
    for line, name in imports(module, parsed(source), is_package=is_package):
        where = f"{module}:{line}: {layer} imports {name}"
        if name == "an import that only running can tell" or _is_of(name, {"tests", *FOREIGN.get(layer, ())}):
            told.append(f"{where}, which it must know nothing of")
        elif _is_of(name, PACKAGES):
            target = layer_of(name)
            if target is None:
                told.append(f"{where}, which is in no layer")
            elif target not in (layer, "bot") and target not in LAYERS[layer]:
                told.append(f"{where}: the arrow climbs, or leads where it may not")
    return told


def broken_rules(module: str, source: str) -> list[str]:
    """House rules that this module breaks, a line each."""
    layer, told = layer_of(module), []
    for node in ast.walk(parsed(source)):
        name = ".".join(_dotted(node.func).split(".")[-2:]) if isinstance(node, ast.Call) else ""
        if layer in _CLOCKLESS and name in _CLOCKS:
            told.append(f"{module}:{node.lineno}: {name}() reads a clock; take the time as an argument")
        if layer == "bot.services":
            if name.rpartition(".")[2] == "commit":
                told.append(f"{module}:{node.lineno}: a use-case never commits")
            if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncWith | ast.AsyncFor):
                told.append(f"{module}:{node.lineno}: a use-case never awaits")
    return told


SOURCES = sources()


@pytest.mark.parametrize("module", SOURCES)
def test_no_arrow_climbs(module: str) -> None:
    file = SOURCES[module]
    assert climbs(module, file.read_text(encoding="utf-8"), is_package=file.name == "__init__.py") == []


@pytest.mark.parametrize("module", SOURCES)
def test_house_rules_are_kept(module: str) -> None:
    source = SOURCES[module].read_text(encoding="utf-8")
    assert broken_rules(module, source) == []
    assert source.count("\n") <= MOST_LINES, f"{module} is longer than {MOST_LINES} lines: it has several subjects"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("messages.dates", "from storage import models"),
        ("messages.dates", "import sqlalchemy.orm"),
        ("messages.dates", "from os import environ"),
        ("messages.dates", "from urllib.request import urlopen"),
        ("storage.queries", "from bot.services.cases import open_case"),
        ("storage.queries", "import httpx"),
        ("bot.services.cases", "from bot import runtime"),
        ("bot.services.cases", "from ..runtime import Runtime"),
        ("bot.services.cases", "from .. import handlers as h"),
        ("bot.services", "from .cases import x\nfrom ..channels import whatsapp"),
        ("bot.services.cases", "def f():\n    import bot.worker"),
        ("bot.services.cases", "import importlib\nimportlib.import_module('bot.worker')"),
        ("bot.services.cases", "name = 'bot.worker'\n__import__(name)"),
        ("bot.services.cases", "from tests.servers import Databases"),
        ("bot.channels.whatsapp", "from storage import models"),
        ("bot.channels.whatsapp", "from bot.services import outbox"),
        ("bot.runtime", "from bot.services import outbox"),
        ("bot.worker", "from bot.channels.manual import Manual"),
        ("bot.worker", "import telegram"),
        ("bot.handlers.cases", "from bot.channels import telegram"),
        ("bot.web.panel", "from bot.handlers import texts"),
        ("bot.handlers.cases", "from bot.settings import load"),
        ("bot.app", "from bot.sandbox import clock"),
        ("bot.app", "from bot.cli import main"),
        ("bot.cli", "from bot.sandbox import clock"),
        ("bot.sandbox.clock", "from messages.errors import UserError"),
        ("bot.sandbox.clock", "from bot.clock import Clock"),
        ("bot.demo.story", "from storage import models"),
        ("bot.novelty", "import json"),
        ("bot.cli", "from bot.novelty import x"),
        ("bot.cli", "from bot import *"),
    ],
)
def test_an_import_that_is_not_allowed_is_caught(module: str, source: str) -> None:
    assert len(climbs(module, source, is_package=module == "bot.services")) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("messages.dates", "from messages.errors import UserError\nimport datetime, re\nfrom . import errors"),
        (
            "bot.services.cases",
            "from storage import models, queries\nfrom .outbox import enqueue\nfrom sqlmodel import col",
        ),
        ("bot.handlers.cases", "from bot.services import cases\nfrom ..runtime import Runtime\nimport telegram"),
        ("bot.cli", "from bot.demo import story\nfrom bot import settings"),
        ("bot.demo.story", "from bot.sandbox import whatsapp\nfrom bot.app import run"),
    ],
)
def test_an_import_that_is_allowed_is_let_through(module: str, source: str) -> None:
    assert climbs(module, source) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("messages.dates", "import datetime\ndatetime.datetime.now()"),
        ("storage.queries", "from datetime import date\ndate.today()"),
        ("bot.services.cases", "import time\ntime.time()"),
        ("bot.services.cases", "def f(session):\n    session.commit()"),
        ("bot.services.cases", "async def f(): ..."),
    ],
)
def test_a_broken_house_rule_is_caught(module: str, source: str) -> None:
    assert len(broken_rules(module, source)) == 1


def test_every_package_has_been_read() -> None:
    assert {module.partition(".")[0] for module in SOURCES} == set(PACKAGES)
