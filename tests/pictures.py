"""Printed forms as pictures, to be looked at: ``python -m tests.pictures FOLDER`` (see docs/form.md)."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2

from messages.blocks import Touch, to_blocks
from messages.form import ACTIONS, REASONS, SECTORS, ContactBlock, Form, read_form
from messages.form.pdf import to_pdf
from messages.statuses import ChannelName, Direction, Outcome

FORMS = Path(__file__).parent / "data" / "forms"
LONG = "Maria das Graças Aparecida do Nascimento Albuquerque de Vasconcelos e Silva Júnior"
NOTE = "Revisão 1 · código K7QF2-9XMTR"
SCALE = 1.4  # 100 dots an inch


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


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, form in cases().items():
        for number, page in enumerate(pypdfium2.PdfDocument(to_pdf(form, note=NOTE)), 1):
            page.render(scale=SCALE).to_pil().save(folder / f"{name}-{number}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
