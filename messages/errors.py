"""The error tree.

RetencaoError
├── UserError          its text is shown to the person as it stands (Portuguese, one sentence, says what to do)
│   ├── InvalidInput   what was typed or sent cannot be used
│   ├── NotFound       gone, or not yours: the two are told apart to nobody
│   ├── NotAllowed     the person's role does not permit it
│   ├── Repeated       the same tap a second time, a moment later
│   └── Conflict       the row is no longer in the state this act needs
│       └── Unfinished what was sent before is still in hand: it must be finished or left first
├── TemplateError      a message of the library is wrong: file and line, for whoever edits it
├── MetaRefused        Meta did not list, take or change a template: Portuguese, for supervisors
├── StorageUnavailable the database cannot be written now; nothing was kept, the same may be tried again
│   └── Busy           too much is queued before the one writer
└── SchemaUnknown      the database was made by a newer version of the program; nothing was changed
"""

from collections.abc import Mapping
from typing import Any


class RetencaoError(Exception):
    """Root of everything raised on purpose."""


class UserError(RetencaoError):
    """Shown to the person as it stands."""

    @property
    def text(self) -> str:
        return str(self)


class InvalidInput(UserError): ...


class NotFound(UserError): ...


class NotAllowed(UserError): ...


class Repeated(UserError): ...


class Conflict(UserError):
    """``about``: what it is that stands otherwise, named as the arguments of a button name it; it is shown."""

    def __init__(self, text: str, about: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.about = about


class Unfinished(Conflict): ...


class TemplateError(RetencaoError):
    """A template that cannot be compiled, or uses what it may not. ``line`` counts from 1 in the file."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = file, line, problem


class MetaRefused(RetencaoError):
    """``retry``: later it may be done. ``exists``: a template of this name is there already."""

    def __init__(self, text: str, *, retry: bool = False, exists: bool = False) -> None:
        super().__init__(text)
        self.retry, self.exists = retry, exists


class StorageUnavailable(RetencaoError): ...


class Busy(StorageUnavailable): ...


class SchemaUnknown(RetencaoError): ...
