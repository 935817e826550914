"""`retencao doctor`: whether what this installation needs is there and works, and what to do where it is not.

Nothing is changed and no secret is told. Every check runs in a thread of its own and has only so much time: one that
hangs is told as such and left behind.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from time import monotonic

from bot.doctor import database, machine, telegram, webhooks, whatsapp
from bot.doctor.findings import Finding, Level, fails
from bot.doctor.wire import Wire
from bot.settings import Settings

PATIENCE = 25.0  # seconds for a check
ONE_CALL = 8.0  # seconds for one answer from the outside

Check = Callable[[Settings, Wire], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "settings": machine.check_settings,
    "database": database.check_database,
    "disk": database.check_disk,
    "polling": database.check_leader,
    "sending": database.check_sending,
    "team": database.check_team,
    "telegram": telegram.check_bot,
    "whatsapp": whatsapp.check_account,
    "webhook": webhooks.check_webhooks,
    "clock": machine.check_clock,
    "zone": machine.check_zone,
    "printing": machine.check_printing,
}
SHORT = 4  # characters: so short a secret would be found in any text


def examine(settings: Settings, *, patience: float = PATIENCE, one_call: float = ONE_CALL) -> Iterator[Finding]:
    """What every check found, in the order of ``CHECKS``, as soon as it is known. ``patience`` and ``one_call`` are
    seconds."""
    wire, deadline = Wire(one_call), monotonic() + patience
    runs = [_Run(name, check) for name, check in CHECKS.items()]
    for run in runs:
        threading.Thread(target=run.go, args=(settings, wire), daemon=True).start()
    for run in runs:
        run.done.wait(max(0.0, deadline - monotonic()))
        for finding in run.told():
            yield replace(_without_secrets(finding, settings.secrets), check=run.name)


@dataclass
class _Run:
    """One check under way."""

    name: str
    check: Check
    findings: list[Finding] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def go(self, settings: Settings, wire: Wire) -> None:
        try:
            for finding in self.check(settings, wire):
                self.findings.append(finding)
        except Exception as error:  # its text may hold an address with a token
            self.findings.append(
                fails(f"não consegui conferir ({type(error).__name__})", "Avise quem cuida do programa.")
            )
        finally:
            self.done.set()

    def told(self) -> list[Finding]:
        late = [] if self.done.is_set() else [fails("não terminou a tempo", "Confira a rede e o disco, e repita.")]
        return [*self.findings, *late]


def _without_secrets(finding: Finding, secrets: Iterable[str]) -> Finding:
    """What somebody else's server said may quote what it was asked with."""
    found, remedy = finding.found, finding.remedy
    for secret in (one for one in secrets if len(one) >= SHORT):
        found, remedy = (text.replace(secret, "[segredo]") for text in (found, remedy))
    return replace(finding, found=found, remedy=remedy)


__all__ = ["CHECKS", "Finding", "Level", "examine"]
