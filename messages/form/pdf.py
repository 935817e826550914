"""The form as a PDF: A4, black and white, by typst with the wheels' fonts only. The same form gives the same bytes."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import font_lato
import typst

from messages.form import vocabulary
from messages.form.markdown import to_markdown
from messages.form.model import Form
from messages.form.printed import ATTACHED, header_value, printed_blocks
from messages.form.signs import spell_signs
from messages.form.values import show_date
from messages.form.vocabulary import HEADER_ROWS

_TEMPLATE = Path(__file__).with_name("form.typ")
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def to_pdf(form: Form, *, note: str = "", issued_at: datetime | None = None) -> bytes:
    """The printed form. ``note`` (a revision, say) stands in the footer; ``issued_at`` is the document's own date, and
    left out of it no clock enters the file. Texts reach typst as data, never as markup."""
    pdf = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        font_paths=[font_lato.font_directory],
        ignore_system_fonts=True,
        sys_inputs={"form": json.dumps(_printed(form, note), ensure_ascii=False)},
        timestamp=(issued_at or _NO_DATE).replace(microsecond=0),  # the typesetter takes no parts of a second
    )
    assert isinstance(pdf, bytes)  # one document, no output file
    return pdf


def _printed(form: Form, note: str) -> dict[str, Any]:
    header = [
        [{"name": label.field, "label": label.printed, "value": header_value(form, label.field)} for label in row]
        for row in HEADER_ROWS
    ]
    return {
        "title": vocabulary.TITLE,
        "protocol": form.protocol or "",
        "note": note,
        "source": {"name": ATTACHED, "text": to_markdown(form, note=note)},
        "header": header,
        "other_plans": _boxes(vocabulary.YES_NO, _answer(form.other_plans)),
        "status": _titled(vocabulary.STATUS_TITLE, vocabulary.OUTCOMES, [form.outcome] if form.outcome else []),
        "contacts": [
            {
                "title": f"{block.number}º contato",
                "date": show_date(block.date) if block.date else "",
                "paragraphs": _paragraphs(block.notes),
            }
            for block in printed_blocks(form)
        ],
        "actions": _titled(vocabulary.ACTIONS_TITLE, vocabulary.ACTIONS, form.actions),
        "hint": vocabulary.JUSTIFICATION_HINT,
        "justification": _paragraphs(form.other_justification),
        "reasons": _titled(vocabulary.REASONS_TITLE, vocabulary.REASONS, form.reasons),
        "protocol_required": _titled(vocabulary.PROTOCOL_TITLE, vocabulary.YES_NO, _answer(form.protocol_required)),
        "general_title": vocabulary.GENERAL_TITLE,
        "general": _paragraphs(form.general_notes),
        "sectors": _titled(vocabulary.SECTORS_TITLE, vocabulary.SECTORS, form.sectors),
        "signers": form.signers,
    }


def _titled(title: str, options: Iterable[str], chosen: Iterable[str]) -> dict[str, Any]:
    return {"title": title, "boxes": _boxes(options, chosen)}


def _boxes(options: Iterable[str], chosen: Iterable[str]) -> list[dict[str, Any]]:
    ticked = set(chosen)
    return [{"text": option, "ticked": option in ticked} for option in options]


def _answer(answer: bool | None) -> list[str]:
    return [] if answer is None else ["SIM" if answer else "NÃO"]


def _paragraphs(text: str | None) -> list[list[str]]:
    """Paragraphs of lines: typst knows no line ends in data."""
    return [paragraph.split("\n") for paragraph in spell_signs(text).split("\n\n")] if text else []
