"""The form "Processo de Retenção": its data, read from text, printed in Markdown.

The PDF is in :mod:`messages.form.pdf`, apart, so that only who prints loads typst.
"""

from messages.form.doubts import judge
from messages.form.markdown import to_markdown
from messages.form.model import ContactBlock, Doubt, Form, ReadForm
from messages.form.reader import read_form
from messages.form.vocabulary import ACTIONS, OUTCOMES, REASONS, SECTORS

__all__ = [
    "ACTIONS",
    "OUTCOMES",
    "REASONS",
    "SECTORS",
    "ContactBlock",
    "Doubt",
    "Form",
    "ReadForm",
    "judge",
    "read_form",
    "to_markdown",
]
