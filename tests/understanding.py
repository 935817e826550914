"""How well replies are read, by the labelled sets: ``python -m tests.understanding`` prints the table of the docs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from messages.facts import EXAMPLE
from messages.replies import read_json
from messages.templates import Library

DATA = Path(__file__).parent / "data" / "understanding"
OUR_TEXTS = Library.packaged()
SETS = {"Desenvolvimento": "replies-dev.jsonl", "Próprio": "replies-own.txt"}


@dataclass
class Score:
    """Counts of one set, by the conventions of the sets' README."""

    items: int = 0
    right: int = 0  # promise: date within, hour equal where one is named, or rightly none
    time_off: int = 0
    wrong: int = 0  # silently
    missed: int = 0
    intents: int = 0
    reasons_right: int = 0
    reasons_extra: int = 0
    reasons_missing: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, item: dict[str, Any]) -> None:
        read = read_json(item)
        self.items += 1
        self._promise(read["promise"], item["promise"], f"{item['id']}: {item['text']} → {read['promise']}")
        self.intents += read["intent"] == item["intent"]
        got, wanted = set(read["reasons"]), set(item["reasons"])
        self.reasons_right += len(got & wanted)
        self.reasons_extra += len(got - wanted)
        self.reasons_missing += len(wanted - got)

    def _promise(self, got: dict[str, str | None] | None, wanted: dict[str, str | None] | None, told: str) -> None:
        if got and not (wanted and str(wanted["start"]) <= str(got["date"]) <= str(wanted["end"])):
            self.wrong += 1
            self.failures.append(told)
        elif wanted and not got:
            self.missed += 1
        elif wanted and got and wanted["time"] and wanted["time"] != got["time"]:
            self.time_off += 1
        else:
            self.right += 1

    @property
    def promise(self) -> float:
        return self.right / self.items

    @property
    def silently_wrong(self) -> float:
        return self.wrong / self.items

    @property
    def intent(self) -> float:
        return self.intents / self.items

    @property
    def precision(self) -> float:
        return self.reasons_right / (self.reasons_right + self.reasons_extra)

    @property
    def recall(self) -> float:
        return self.reasons_right / (self.reasons_right + self.reasons_missing)


def items_of(name: str) -> Iterator[dict[str, Any]]:
    text = (DATA / name).read_text("utf-8")
    if name.endswith(".jsonl"):
        return map(json.loads, text.splitlines())
    return _table(text)


def _table(text: str) -> Iterator[dict[str, Any]]:
    """The lines of `replies-own.txt`; its head says how they are written."""
    now, previous = datetime(2024, 1, 17), list[dict[str, str]]()  # noqa: DTZ001
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("@"):
            now = datetime.fromisoformat(line[1:].strip())
        elif line.startswith("<"):
            previous = [_said(said.strip()) for said in line[1:].split("//") if said.strip()]
        elif line and not line.startswith("#"):
            said, intent, reasons, promise = (cell.strip() for cell in line.split("|"))
            yield {
                "id": f"linha {number}",
                "now": now.isoformat(),
                "previous": previous,
                "text": said,
                "intent": intent,
                "reasons": [reason.strip() for reason in reasons.split(",") if reason.strip()],
                "promise": _promised(promise, now.date()) if promise else None,
            }


def _said(said: str) -> dict[str, str]:
    text = said[2:].strip()
    if text.startswith("{"):  # one of our own texts
        text = OUR_TEXTS[text[1:-1]].render(EXAMPLE)
    return {"from": "analyst" if said.startswith("a:") else "dentist", "text": text}


def _promised(cell: str, today: date) -> dict[str, str | None]:
    days, _, hour = cell.partition(" ")
    first, _, last = days.partition("..")
    return {"start": _day(first, today), "end": _day(last or first, today), "time": hour or None}


def _day(cell: str, today: date) -> str:
    day = date.fromisoformat(f"{today.year}-{cell}")
    return (day if day >= today else date.fromisoformat(f"{today.year + 1}-{cell}")).isoformat()


def score(name: str) -> Score:
    found = Score()
    for item in items_of(name):
        found.add(item)
    return found


def scores() -> dict[str, Score]:
    return {title: score(name) for title, name in SETS.items()}


def table(scores: dict[str, Score]) -> str:
    """The figures as they stand in the docs."""
    rows = [
        "| Conjunto | Respostas | Promessa certa | Errada em silêncio | Intenção | Motivos: precisão | Cobertura |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, found in scores.items():
        figures = (found.promise, found.silently_wrong, found.intent, found.precision, found.recall)
        cells = " | ".join(f"{100 * figure:.1f} %".replace(".", ",") for figure in figures)
        rows.append(f"| {title} | {found.items} | {cells} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(scores()))
