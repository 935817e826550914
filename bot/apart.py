"""Files of strangers are read in a process of their own: what goes wrong with one stays there, and it can take only so
much time and memory.

    python -m bot.apart pdf|docx|sheet BYTES SECONDS

The file comes on stdin; on stdout goes one JSON object, {"found": …} or {"refused": …}.
"""

import asyncio
import contextlib
import json
import math
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from messages.documents import docx_text, pdf_text
from messages.errors import InvalidInput
from messages.sheets import read_sheet

TOO_MUCH = "Não consegui ler o arquivo: está danificado ou é grande demais. Salve-o de novo, menor, e envie outra vez."


@dataclass(frozen=True, slots=True)
class Reader:
    """``memory``: bytes of address space, the interpreter and the libraries among them; ``patience``: seconds."""

    read: Callable[[bytes], Any]
    memory: int = 256 * 1024**2
    patience: float = 9


READERS = {
    "pdf": Reader(pdf_text),
    "docx": Reader(docx_text),
    "sheet": Reader(read_sheet, memory=512 * 1024**2, patience=30),  # of 20 000 rows
}


async def read_apart(reader: str, content: bytes, *, memory: int | None = None, patience: float | None = None) -> Any:
    """What a reader finds in the file. Raises InvalidInput for what it refuses, and for what takes more than ``memory``
    or ``patience``: the reader's own, where none are given."""
    memory, patience = memory or READERS[reader].memory, patience or READERS[reader].patience
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.apart",
        reader,
        str(memory),
        str(math.ceil(patience)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(patience):
            output, _ = await process.communicate(content)
    except TimeoutError as error:
        raise InvalidInput(TOO_MUCH) from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != 0:
        raise InvalidInput(TOO_MUCH)
    told = json.loads(output)
    if "refused" in told:
        raise InvalidInput(told["refused"])
    return told["found"]


def main(reader: str, memory: int, seconds: int) -> None:
    """Read stdin within the limits. What a library prints must not mix with the answer."""
    answer, sys.stdout = sys.stdout, sys.stderr
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CPU, seconds)
    try:
        told = {"found": READERS[reader].read(sys.stdin.buffer.read())}
    except InvalidInput as refusal:
        told = {"refused": refusal.text}
    json.dump(told, answer)


def _limit(what: int, most: int) -> None:
    """Unless whoever started us has set a lower one."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
