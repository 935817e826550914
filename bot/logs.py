"""The log: one record a line, in JSON or, on a terminal, for the eye. Redacted at the root.

structlog's and the standard library's records (httpx, telegram, uvicorn, sqlalchemy, …) pass one formatter, and what
it renders, exception texts included, has been through ``Redactor`` first: tokens, configured secrets, CPF, CNPJ,
phones and invite codes never reach a log, whoever writes it. Message bodies cannot be recognised by their looks, so
they are not logged by design: log ids, never texts. Beyond that, fields named like a body are blanked, the parameters
that database and validation errors quote are cut, and libraries that print whole requests are kept to warnings.

What stands in a number survives (ids, codes, ports); an id inside a sentence that looks like a phone does not.
"""

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Their DEBUG and INFO records print whole requests, addresses with tokens, or statements with their values.
_TALKATIVE = (
    *("httpx", "httpcore", "telegram", "telegram.ext", "sqlalchemy", "uvicorn.access", "asyncio", "apscheduler"),
    "alembic",  # tells a script that only asked for an invitation which database it is on
)

_BLANKED_FIELDS = frozenset(
    {"authorization", "cnpj", "cookie", "cpf", "invite", "invite_code", "password", "phone", "secret", "token"}
    | {"body", "caption", "content", "message_text", "payload", "text"}
)

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (mark, re.compile(pattern, re.DOTALL))
    for mark, pattern in (
        # What an error quotes of the rows and values it failed on, to the end of the quotation.
        ("[parameters]", r"\[parameters: .*?\](?=\n|$)"),
        ("[row]", r"Key \(.*?\)(?=\.?(?:\n|$)| already| is not| conflicts)"),
        ("[row]", r"Failing row contains \(.*?(?=\n(?:CONTEXT:|\[SQL|\(Background|The above exc|During hand)|\Z)"),
        ("[input]", r"(?<=input_value=).*?(?=, input_type=)"),
        # Secrets with a shape of their own.
        ("[token]", r"\d{1,20}(?::|%3A)[A-Za-z0-9_-]{30,}"),
        ("[token]", r"\bEAA[A-Za-z0-9]{20,}"),
        ("[token]", r"(?i)(?<=\bbearer )\s*[\w.~+/=-]+"),
        ("[token]", r"(?i)(?<=\bbasic )\s*[\w+/=-]{8,}"),
        ("[secret]", r"(?i)(?<=token=|ecret=)[^\s&'\"]+"),
        ("[password]", r"(?<=://)[^\s:/@]*:[^\s/@]+(?=@)"),
        ("[invite]", r"(?<=/start )\s*[\w-]+"),
        ("[invite]", r"(?<=[?&]start=)[\w-]+"),
        # People. CNPJ may hold letters; bare, it is taken for one only when it is mostly digits.
        ("[cnpj]", r"(?<!\w)[0-9A-Z]{2}[. ][0-9A-Z]{3}[. ][0-9A-Z]{3}[/ ]?[0-9A-Z]{4}[- ]?\d{2}(?!\w)"),
        ("[cnpj]", r"(?<!\w)(?=(?:[A-Z]*\d){8})[0-9A-Z]{8}/?[0-9A-Z]{4}-?\d{2}(?!\w)"),
        ("[cpf]", r"(?<![\w.])\d{3}[. ]?\d{3}[. ]?\d{3}[-/ ]?\d{2}(?![\w]|\.\d)"),
        ("[phone]", r"(?<![\w])\+[1-9](?:[\s().-]{0,2}\d){7,14}(?!\d)"),
        (
            "[phone]",
            r"(?<!\w)(?<!\d[.,])(?:55[\s-]?)?(?:\(0?\d{2}\)|0?\d{2})[\s.-]{0,3}(?:9[\s.]?)?\d{4}[\s.-]?\d{4}(?!\w|\.\d)",
        ),
        (
            "[phone]",
            r"(?<!\w)(?<!\d[.,-])(?:9[\s.]?\d{4}-\d{4}|(?!(?:19|20)\d\d-(?:19|20)\d\d)[2-9]\d{3}-\d{4})(?!\w|-)",
        ),
    )
)


class Redactor:
    """Takes out of a record what must not be logged. ``secrets`` are those configured, replaced by value."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        values = {form for secret in secrets if len(secret) >= 4 for form in (secret, quote(secret, safe=""))}
        longest_first = sorted(values, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if values else None

    def text(self, text: str) -> str:
        """The text with everything secret or personal replaced by what it was."""
        if self._secrets:
            text = self._secrets.sub("[secret]", text)
        for mark, pattern in _PATTERNS:
            text = pattern.sub(mark, text)
        return text

    def value(self, value: object) -> Any:
        """A value fit for JSON, redacted inside; numbers stay, anything unknown becomes its text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._field(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(inner) for inner in value]
        if isinstance(value, bytes | bytearray):
            return f"[{len(value)} bytes]"
        return self.text(str(value))

    def _field(self, name: str, value: object) -> Any:
        return f"[{name.lower()}]" if name.lower() in _BLANKED_FIELDS else self.value(value)

    def __call__(self, logger: WrappedLogger, method: str, event_dict: EventDict) -> EventDict:  # noqa: ARG002
        """As structlog's processor: the last before the renderer."""
        redacted: EventDict = self.value(event_dict)
        return redacted


class _Handler(logging.StreamHandler[TextIO]):
    """Writes the lines. A record that cannot be formatted is told by its origin: the default prints its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:
        kind = sys.exc_info()[0]
        self.stream.write(f"unwritable log record: {record.name} {record.pathname}:{record.lineno} {kind}\n")


def configure(level: str, secrets: Iterable[str] = (), *, stream: TextIO | None = None) -> None:
    """Send every record to ``stream`` (standard error), redacted; on a terminal for the eye, else in JSON lines.

    Loggers that libraries have given handlers of their own lose them. uvicorn must run with ``log_config=None``.
    """
    stream = stream or sys.stderr
    redactor = Redactor(secrets)
    enrich: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    render: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redactor,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if stream.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    handler = _Handler(stream)
    foreign: list[Processor] = [*enrich, structlog.stdlib.ExtraAdder()]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=render, foreign_pre_chain=foreign))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *enrich,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for logger in [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]:
        logger.handlers.clear()
        logger.propagate = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("uncaught").critical("uncaught exception", exc_info=(kind, error, trace))
