"""Failures that are told in advance: which calls or deliveries go wrong, how, and how often."""

import random
from collections.abc import Collection
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from bot.sandbox.errors import SandboxError

CALL_KINDS = frozenset({"delay", "429", "500_before", "500_after", "hang_before", "hang_after", "error", "failed"})
DELIVERY_KINDS = frozenset({"delay", "duplicate", "reorder", "drop"})
DELIVERIES = frozenset({"telegram.update", "whatsapp.webhook"})
# How long each lasts (429: what retry_after says) when nobody says, in real seconds.
_SECONDS = {"delay": 0.5, "429": 1.0, "hang_before": 3600.0, "hang_after": 3600.0, "reorder": 0.3}


@dataclass(slots=True)
class Fault:
    """``target`` is an fnmatch pattern; ``times`` counts down, None lasts for ever."""

    target: str
    kind: str
    times: int | None
    seconds: float
    probability: float
    code: int | None


class Faults:
    """The first fault told that fits is the one that strikes. Chance is seeded: a run can be repeated."""

    def __init__(self, seed: int = 20231030) -> None:
        self._faults: list[Fault] = []
        self._random = random.Random(seed)  # noqa: S311  chance, not secrecy

    def add(
        self,
        target: str,
        kind: str,
        times: int | None = 1,
        seconds: float | None = None,
        probability: float = 1.0,
        code: int | None = None,
    ) -> None:
        """Raises SandboxError for a kind that the target cannot have."""
        allowed = _kinds_for(target)
        if kind not in allowed:
            raise SandboxError(f"{target} cannot fail with {kind!r}; it knows {', '.join(sorted(allowed))}")
        if kind in {"error", "failed"} and code is None:
            raise SandboxError(f"{kind} needs a code")
        if times is not None and times < 1:
            raise SandboxError("times is 1 or more, or null for ever")
        seconds = _SECONDS.get(kind, 0.0) if seconds is None else seconds
        self._faults.append(Fault(target, kind, times, seconds, probability, code))

    def clear(self) -> None:
        self._faults.clear()

    def as_list(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults]

    def strike(self, target: str, kinds: Collection[str]) -> Fault | None:
        """The fault that hits this call now, used up by one."""
        for fault in self._faults:
            if fault.kind in kinds and fnmatchcase(target, fault.target) and self._random.random() < fault.probability:
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                return fault
        return None


def _kinds_for(target: str) -> frozenset[str]:
    if target in DELIVERIES:
        return DELIVERY_KINDS
    if not target.startswith(("telegram.", "whatsapp.")):
        raise SandboxError(f"no such target: {target}")
    if target.endswith("*"):
        return CALL_KINDS | DELIVERY_KINDS
    return CALL_KINDS - {"failed"} if target != "whatsapp.messages" else CALL_KINDS
