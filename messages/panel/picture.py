"""A page as a picture for a phone: upright, black and white, by typst with the wheels' fonts only."""

import json
from dataclasses import asdict
from pathlib import Path

from messages.form.signs import spell_signs
from messages.panel.pages import Page

_TEMPLATE = Path(__file__).with_name("panel.typ")
_RESOLUTION = 216.0  # dots an inch: the 360 points of the page are 1,080 dots


def to_png(page: Page) -> bytes:
    """Takes some tenths of a second. Texts reach typst as data, never as markup."""
    import font_lato  # the typesetter is large: only who draws loads it
    import typst

    png = typst.compile(
        _TEMPLATE.read_bytes(),
        format="png",
        ppi=_RESOLUTION,
        font_paths=[font_lato.font_directory],
        ignore_system_fonts=True,
        sys_inputs={"page": spell_signs(json.dumps(asdict(page), ensure_ascii=False))},
    )
    assert isinstance(png, bytes)  # one page
    return png
