"""Reads files one after another, each in a process that may take 10 seconds and 256 MB and no more, as a person's file
is read by `form read` and by the import of cases.

    python -m tests.mutations.reader

On stdin and stdout: a length (8 bytes) and so many bytes. A question is a kind's letter and the file; the answer is one
JSON object, {"read": …} or {"refused": sentence}, {"broke": traceback} or {"ended": how the process ended}.
"""

import json
import os
import resource
import sys
import traceback
from typing import Any, BinaryIO

from messages.case_table import read_table
from messages.documents import Kind, docx_text, kind_of, pdf_text
from messages.errors import InvalidInput
from messages.files import FILE_LIMIT, READABLE_LIMIT, decoded
from messages.form import read_form
from messages.sheets import read_sheet

MEMORY, SECONDS = 256 * 1024**2, 10


def read(is_sheet: bool, content: bytes) -> dict[str, Any]:
    """What there is in the file. Raises InvalidInput."""
    if len(content) > READABLE_LIMIT:
        raise InvalidInput("O arquivo é grande demais.")
    if is_sheet:
        return {"read": len(read_table(read_sheet(content)).entries)}
    kind = kind_of(content)
    if kind is Kind.TEXT and len(content) > FILE_LIMIT:
        raise InvalidInput("O arquivo passa de 1 MB.")
    text = pdf_text(content) if kind is Kind.PDF else docx_text(content) if kind is Kind.DOCX else decoded(content)
    found = read_form(text)
    json.dumps(
        found.form.as_json() | {"warnings": [dict(doubt.as_json()) for doubt in found.doubts]}, ensure_ascii=False
    )
    return {"read": len(found.doubts)}


def in_a_process(is_sheet: bool, content: bytes) -> bytes:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            told = read(is_sheet, content)
        except InvalidInput as refusal:
            told = {"refused": refusal.text}
        except MemoryError:
            told = {"ended": "memory"}
        except BaseException:
            told = {"broke": traceback.format_exc()[-2000:]}
        with os.fdopen(theirs, "wb") as out:
            out.write(json.dumps(told).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as back:
        answer = back.read()
    _, status = os.waitpid(child, 0)
    return answer or json.dumps({"ended": f"status {status}"}).encode()


def receive(stream: BinaryIO) -> bytes | None:
    size = stream.read(8)
    return stream.read(int.from_bytes(size)) if len(size) == 8 else None


def send(stream: BinaryIO, content: bytes) -> None:
    stream.write(len(content).to_bytes(8) + content)
    stream.flush()


def main() -> None:
    import docx  # noqa: F401
    import openpyxl  # noqa: F401  loaded once, for all the processes
    import pdfplumber  # noqa: F401

    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    while (question := receive(sys.stdin.buffer)) is not None:
        send(answers, in_a_process(question[:1] == b"s", question[1:]))


if __name__ == "__main__":
    main()
