"""Printed forms and the panel as pictures, to be looked at: ``python -m tests.pictures FOLDER`` (see docs/form.md)."""

import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2

from messages.blocks import Touch, to_blocks
from messages.form import ACTIONS, REASONS, SECTORS, ContactBlock, Form, read_form
from messages.form.pdf import to_pdf
from messages.panel import pages
from messages.panel.figures import NO_REASON, Spans, Step, Tally
from messages.panel.pages import Heading, Page
from messages.panel.picture import to_png
from messages.statuses import ChannelName, Direction, Outcome

FORMS = Path(__file__).parent / "data" / "forms"
LONG = "Maria das Graças Aparecida do Nascimento Albuquerque de Vasconcelos e Silva Júnior"
NOTE = "Revisão 1 · código K7QF2-9XMTR"
SCALE = 1.4  # 100 dots an inch
HEADING = Heading(
    "Retenção · Sorriso Pleno", "Toda a equipe", "Este mês: 01/11/2026 a 26/11/2026", "Contado em 26/11/2026"
)
CITY = "São José do Vale do Rio Preto da Aparecida de Nossa Senhora do Bom Jesus/RJ"


def cases() -> dict[str, Form]:
    """What must never overflow, and what must never be lost."""
    real = {name: read_form((FORMS / f"{name}.txt").read_text(encoding="utf-8")).form for name in ("real-a", "real-b")}
    whole = real["real-a"]
    blocks = tuple(ContactBlock(b.number, b.date, b.notes) for b in to_blocks(forty_touches()))
    ticked = replace(whole, outcome=Outcome.LEFT, actions=ACTIONS, reasons=REASONS, sectors=SECTORS)
    return {
        "empty": Form(),
        **real,
        "forty-touches": replace(whole, contacts=blocks),
        "long-names": replace(
            whole, analyst=f"{LONG} {LONG}", dentist_name=f"{LONG} {LONG}", city=f"{LONG} {LONG}", signers=(LONG, LONG)
        ),
        "all-ticked": replace(ticked, protocol_required=True, other_plans=True, other_justification="visita"),
    }


def forty_touches() -> list[Touch]:
    """Eight conversations; one reply of 3,000 characters."""
    start = datetime(2023, 10, 30, 14, tzinfo=UTC)
    sides = ((Direction.OUT, "Retenção - Sorriso Pleno"), (Direction.IN, "MARINA"))
    touches = []
    for n in range(40):
        direction, author = sides[n % 2]
        at = start + timedelta(days=3 * (n // 5), minutes=7 * n)
        text = "Uma resposta longa sobre valores e guias. " * 72 if n == 21 else f"Mensagem {n} sobre a tabela. " * 3
        touches.append(Touch(at, direction, ChannelName.WHATSAPP, author, text[:3000]))
    return touches


def panel() -> dict[str, Page]:
    """Small numbers, large ones and none."""
    steps = dict(zip(Step, (900, 40, 2_500, 1_900, 1_400, 160), strict=True))
    some = Tally(
        Counter({(Step.CONTACTED, None): 20, (Step.ANSWERED, Outcome.LEFT): 9, (Step.RETAINED, Outcome.RETAINED): 5})
    )
    many = Tally(Counter({(step, end): n for step, n in steps.items() for end in (*Outcome, None)}))
    return {
        "empty": pages.funnel(HEADING, Tally()),
        "one": pages.funnel(HEADING, Tally(Counter({(Step.CONTACTED, None): 1}))),
        "typical": pages.funnel(HEADING, some),
        "large": pages.funnel(HEADING, many),
        "reasons": pages.reasons(HEADING, dict.fromkeys(REASONS, some) | {NO_REASON: some}),
        "cities": pages.cities(
            HEADING, {f"{n} {CITY}": many for n in range(4)} | {f"Cidade {n}/SP": some for n in range(40)}
        ),
        "people": pages.people(HEADING, {f"{n} {LONG}": many for n in range(60)}, {}),
        "time": pages.duration(HEADING, Spans(Counter(dict.fromkeys(range(400), 1_000)), 3)),
        "one-ended": pages.duration(HEADING, Spans(Counter({1: 1}))),
        "none-ended": pages.duration(HEADING, Spans(undated=1)),
    }


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, form in cases().items():
        for number, page in enumerate(pypdfium2.PdfDocument(to_pdf(form, note=NOTE)), 1):
            page.render(scale=SCALE).to_pil().save(folder / f"{name}-{number}.png")
    for name, page in panel().items():
        (folder / f"panel-{name}.png").write_bytes(to_png(page))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
