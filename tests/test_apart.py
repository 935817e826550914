"""Files of strangers are read in a process of their own."""

from pathlib import Path

import pytest

from bot.apart import read_apart
from messages.errors import InvalidInput
from messages.form import read_form
from messages.form.pdf import to_pdf
from tests.messages.test_documents import as_docx
from tests.messages.test_sheets import xlsx

FORM = (Path(__file__).parent / "data" / "forms" / "real-a-opening.txt").read_text(encoding="utf-8")


async def test_what_is_found_comes_back_and_what_is_refused_is_refused() -> None:
    form = read_form(FORM).form
    assert read_form(await read_apart("pdf", to_pdf(form))).form == form
    assert read_form(await read_apart("docx", as_docx(FORM))).form == form
    assert await read_apart("sheet", xlsx(["Ação", 1])) == [["Ação", "1"]]
    with pytest.raises(InvalidInput, match="danificado"):
        await read_apart("pdf", b"%PDF-1.7 cut off")


async def test_what_takes_too_much_memory_or_time_ends_there() -> None:
    printed = to_pdf(read_form(FORM).form)
    for limits in ({"memory": 30 * 1024**2}, {"patience": 0.01}):
        with pytest.raises(InvalidInput, match="danificado ou é grande demais"):
            await read_apart("pdf", printed, **limits)  # type: ignore[arg-type]
