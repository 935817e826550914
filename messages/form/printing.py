"""The form as a file of each kind. The typesetters are large: only who prints loads them."""

from datetime import datetime

from messages.form.markdown import to_markdown
from messages.form.model import Form
from messages.statuses import FormFormat


def printed(form: Form, wanted: FormFormat, *, note: str, issued_at: datetime) -> bytes:
    """Takes up to a second. ``note`` is what it is recognised by."""
    match wanted:
        case FormFormat.MD:
            return to_markdown(form, note=note).encode()
        case FormFormat.DOCX:
            from messages.form.word import to_docx

            return to_docx(form, note=note, issued_at=issued_at)
        case FormFormat.PDF:
            from messages.form.pdf import to_pdf

            return to_pdf(form, note=note, issued_at=issued_at)
