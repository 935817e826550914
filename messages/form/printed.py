"""What every printed form shows alike, whatever it is printed on."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from messages.form.model import ContactBlock, Form
from messages.form.values import show_amount, show_count, show_date
from messages.identity import show_phone

BLOCKS = 5
ATTACHED = "formulario.md"  # the name of the same form as text, in a file that carries it


def header_value(form: Form, name: str) -> str:
    """A header field in Brazilian spelling; empty where nothing is known."""
    value = getattr(form, name)
    match value:
        case None:
            return ""
        case date():
            return show_date(value)
        case Decimal():
            return f"R$ {show_amount(value)}" if name == "last_production_value" else show_amount(value)
        case int():
            return f"{show_count(value)} dia(s)" if name == "days" else show_count(value)
        case _:
            return show_phone(value) if name == "phone" else str(value)


def printed_blocks(form: Form) -> Iterator[ContactBlock]:
    """Five contact blocks, empty ones included, and any beyond that the form has."""
    yield from sorted(
        [*form.contacts, *(ContactBlock(n, None, "") for n in range(1, BLOCKS + 1) if n not in _numbers(form))],
        key=lambda block: block.number,
    )


def rows_of_three(options: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """The grid of the paper: three columns, the last rows shorter."""
    for start in range(0, len(options), 3):
        first, second, third = [*options[start : start + 3], "", ""][:3]
        yield first, second, third


def _numbers(form: Form) -> set[int]:
    return {block.number for block in form.contacts}
