"""Forms that others made, with the same labels: scanned, converted, copied, typeset anew, each with its truth."""

import json
from pathlib import Path

import pytest

from messages.documents import Kind, docx_text, kind_of, pdf_text
from messages.files import decoded
from messages.form import read_form

FORMS = sorted(file for file in (Path(__file__).parents[1] / "data" / "foreign").iterdir() if file.suffix != ".json")
READERS = {Kind.PDF: pdf_text, Kind.DOCX: docx_text, Kind.TEXT: decoded}
# Digits that a scanner took for letters; columns so narrow, and without rules, that nobody can tell what goes on where.
NOT_TO_BE_READ = {
    "values-misread": {
        *("lives", "cpf", "cnpj", "protocol", "currency", "last_production_value", "started_on", "ended_on", "days")
    },
    "without-rules": {"analyst", "operator", "dentist_name", "protocol_opened_on"},
}


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.name)
def test_it_is_read_as_it_was_meant_and_what_is_not_is_said(file: Path) -> None:
    truth = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    content = file.read_bytes()
    found = read_form(READERS[kind_of(content)](content))
    read = found.form.as_json()
    wrong = {name for name in truth if read[name] != truth[name]}
    assert wrong == NOT_TO_BE_READ.get(file.stem, set()), {name: (read[name], truth[name]) for name in wrong}
    assert wrong <= {doubt.field for doubt in found.doubts}
