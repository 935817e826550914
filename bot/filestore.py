"""Files beside the database: written once under a name made here, readable by nobody else, and never looked into."""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from messages.errors import NotFound

ABANDONED = 24 * 3600  # seconds
GONE = "O arquivo não está mais na pasta de arquivos do servidor: avise a TI."


class FileStore:
    """One folder, made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def new(self) -> Iterator["Writing"]:
        """A file to be written. From `Writing.keep` on it is there, whole and on disk; else nothing is left of it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = secrets.token_hex(16)
        path = self._folder / f"{name}.part"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as content:
                yield Writing(name, content, path, self._folder / name)
        finally:
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """What processes that died had begun, long ago: another one may be writing now."""
        for part in self._folder.glob("*.part"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - part.stat().st_mtime > ABANDONED:
                    part.unlink()

    def read(self, name: str) -> bytes:
        """Raises NotFound for what is not there."""
        if not name.isalnum():
            raise NotFound(GONE)
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise NotFound(GONE) from error


class Writing:
    """A file that is being written."""

    def __init__(self, name: str, content: BinaryIO, path: Path, final: Path) -> None:
        self.name, self.content = name, content
        self._path, self._final = path, final

    def keep(self) -> None:
        self.content.flush()
        os.fsync(self.content.fileno())
        self._path.rename(self._final)
        folder = os.open(self._final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
