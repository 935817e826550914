"""Files as nobody meant them: good ones damaged in every way that disks, scanners, people and attackers know.

Each mutation takes a file's bytes and a source of chance, and gives other bytes; several follow one another.
"""

import contextlib
import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from messages.form import read_form, to_markdown
from messages.form.pdf import to_pdf
from messages.form.word import to_docx
from tests.messages.test_documents import as_docx
from tests.messages.test_sheets import xlsx

FORMS = Path(__file__).parents[1] / "data" / "forms"
Mutation = Callable[[bytes, random.Random], bytes]
CONFUSABLE = str.maketrans("aeopcxyiAEOPCTMHKXB:", "аеорсхуіАЕОРСТМНКХВ：")
WORDS = (
    *(
        "1º contato Data ",
        "2º contato Data 01/01/2024\n",
        "Obs.:",
        "Obs.:\n",
        "Ação Retenção\n",
        "Motivo desligamento\n",
    ),
    *("Setor responsável\n", "Obs. Geral\n", "Formulário - Processo de Retenção\nColaborador\n", "Página 1 de 2\n"),
    *("[x] Valores\t", "[ ] ", "[", "(", "☒", "<input ", '<input checked="" type="checkbox"/> Óbito\n', "SIM NÃO\t"),
    *(
        "| ",
        "|---",
        "> ",
        "\\",
        "**",
        "CD",
        "CRO ",
        "R$ ",
        "9,",
        "9.",
        "_",
        "-",
        ": ",
        "? ",
        "UF\t",
        "Data\t",
        "CPF: 1 ",
    ),
    *("71 98000-0017 ", "[10:00, 01/01/2024] ", "rede concorrente ", "obrigatório justificativa caso selecione "),
    *(
        "\u0301\u0316",
        "\u202e",
        "\u200b",
        "\ufeff",
        "👍🏽",
        "ẍ",
        "\x0b",
        "\x0c",
        "\x85",
        "\u2028",
        "\r",
        "\t",
        " ",
        "\n",
    ),
)


# ---- any bytes ----


def flip(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 3, 30, 300))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content))] or b" "


def beheaded(content: bytes, draw: random.Random) -> bytes:
    return content[draw.randrange(len(content)) :]


def without_a_piece(content: bytes, draw: random.Random) -> bytes:
    a, b = _piece(content, draw)
    return content[:a] + content[b:] or b" "


def piece_twice(content: bytes, draw: random.Random) -> bytes:
    a, b = _piece(content, draw)
    return content[:b] + content[a:b] * draw.choice((1, 2, 20)) + content[b:]


def pieces_exchanged(content: bytes, draw: random.Random) -> bytes:
    a, b, c = sorted(draw.randrange(len(content)) for _ in range(3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


def overwritten(content: bytes, draw: random.Random) -> bytes:
    a, b = _piece(content, draw)
    filling = draw.choice((b"\0", b"\xff", b"\x7f", b"9", b" ", b"\n", draw.randbytes(max(1, b - a))))
    return content[:a] + (filling * (b - a))[: b - a] + content[b:]


def noise_within(content: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + draw.randbytes(draw.choice((1, 40, 4000))) + content[at:]


def noise_behind(content: bytes, draw: random.Random) -> bytes:
    return content + draw.choice((b"\0", b"PK\x05\x06", b"%%EOF\n", b"</w:p>")) * draw.choice((1, 100, 10_000))


def of_other_kind(content: bytes, draw: random.Random) -> bytes:
    """With another kind's beginning: a text that says it is a PDF."""
    head = draw.choice(
        (b"%PDF-1.7\n", b"PK\x03\x04", b"PK\x05\x06", b"\xff\xfe", b"\xef\xbb\xbf", b"\xd0\xcf\x11\xe0", b"\0")
    )
    return head + (content if draw.random() < 0.5 else content[len(head) :])


def _piece(content: bytes, draw: random.Random) -> tuple[int, int]:
    a = draw.randrange(len(content))
    return a, min(len(content), a + draw.choice((1, 4, 100, 3000, len(content))))


ANY: tuple[Mutation, ...] = (
    *(flip, cut, beheaded, without_a_piece, piece_twice, pieces_exchanged, overwritten, noise_within, noise_behind),
    of_other_kind,
)


# ---- texts ----


def _as_text(change: Callable[[str, random.Random], str]) -> Mutation:
    def changed(content: bytes, draw: random.Random) -> bytes:
        return change(content.decode(errors="replace"), draw).encode(errors="replace") or b" "

    changed.__name__ = change.__name__
    return changed


@_as_text
def lines_shuffled(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    a = draw.randrange(len(lines))
    part = lines[a : a + draw.choice((2, 5, 40))]
    draw.shuffle(part)
    return "\n".join([*lines[:a], *part, *lines[a + len(part) :]])


@_as_text
def lines_lost(text: str, draw: random.Random) -> str:
    share = draw.choice((0.02, 0.2, 0.6))
    return "\n".join(line for line in text.split("\n") if draw.random() > share)


@_as_text
def lines_run_together(text: str, draw: random.Random) -> str:
    share, gap = draw.choice((0.1, 0.5, 1)), draw.choice((" ", "\t", ""))
    return "".join(c if c != "\n" or draw.random() > share else gap for c in text)


@_as_text
def lines_broken(text: str, draw: random.Random) -> str:
    share = draw.choice((0.02, 0.3))
    return "".join("\n" if c in " \t" and draw.random() < share else c for c in text)


@_as_text
def letters_confused(text: str, draw: random.Random) -> str:
    share, looks = draw.choice((0.01, 0.2)), dict(zip("lio1sO05á", "1l0lS00Sa", strict=True))
    return "".join(looks.get(c, c) if draw.random() < share else c for c in text)


@_as_text
def alphabets_confused(text: str, draw: random.Random) -> str:
    share = draw.choice((0.01, 0.3, 1))
    return "".join(c.translate(CONFUSABLE) if draw.random() < share else c for c in text)


@_as_text
def a_word_many_times(text: str, draw: random.Random) -> str:
    at, word = draw.randrange(len(text) + 1), draw.choice(WORDS)
    most = draw.choice((2, 50, 2000, 100_000, 5_000_000 // len(word.encode())))
    return f"{text[:at]}{word * most}{text[at:]}"


@_as_text
def many_lines_at_a_line(text: str, draw: random.Random) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    many = [draw.choice((*WORDS, lines[at])).strip("\n")] * draw.choice((2, 300, 9000, 100_000))
    return "\n".join([*lines[:at], *many, *lines[at:]])


@_as_text
def two_halves(text: str, draw: random.Random) -> str:
    other = draw.choice(texts()).decode()
    return text[: draw.randrange(len(text) + 1)] + other[draw.randrange(len(other)) :]


def in_another_encoding(content: bytes, draw: random.Random) -> bytes:
    encoding = draw.choice(("latin-1", "cp1252", "utf-16", "utf-16-be", "utf-8-sig", "cp850", "utf-32", "utf-7"))
    return content.decode(errors="replace").encode(encoding, errors="replace") or b" "


TEXT: tuple[Mutation, ...] = (
    *(lines_shuffled, lines_lost, lines_run_together, lines_broken, letters_confused, alphabets_confused),
    *(a_word_many_times, many_lines_at_a_line, two_halves, in_another_encoding),
)


# ---- packed files: Word and spreadsheets ----


def _repacked(change: Callable[[dict[str, bytes], random.Random], None]) -> Mutation:
    """A change of what is within, packed again as it should be: damage that no checksum tells."""

    def changed(content: bytes, draw: random.Random) -> bytes:
        with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = {name: packed.read(name) for name in packed.namelist()}
            change(members, draw)
            return _packed(list(members.items()))
        return content  # damaged before

    changed.__name__ = change.__name__
    return changed


def _packed(members: Sequence[tuple[str, bytes]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _main(members: dict[str, bytes]) -> str:
    return next(name for name in ("word/document.xml", "xl/worksheets/sheet1.xml") if name in members)


@_repacked
def a_member_damaged(members: dict[str, bytes], draw: random.Random) -> None:
    name = draw.choice([_main(members), *members])
    members[name] = draw.choice((*ANY, *TEXT))(members[name], draw)


@_repacked
def a_member_lost(members: dict[str, bytes], draw: random.Random) -> None:
    del members[draw.choice(list(members))]


@_repacked
def members_exchanged(members: dict[str, bytes], draw: random.Random) -> None:
    a, b = draw.choice(list(members)), draw.choice(list(members))
    members[a], members[b] = members[b], members[a]


@_repacked
def packed_within_packed(members: dict[str, bytes], draw: random.Random) -> None:
    members[draw.choice([_main(members), "embedded.zip"])] = _packed(list(members.items()))


@_repacked
def entities(members: dict[str, bytes], draw: random.Random) -> None:
    name = _main(members)
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    told = draw.choice(
        (f'<!ENTITY e0 "ha">{levels}', '<!ENTITY e11 SYSTEM "file:///etc/passwd">', '<!ENTITY e11 "&e11;">')
    )
    head, _, body = members[name].partition(b"?>")
    body = re.sub(rb"(<(?:w:t|v|t)[^>]*>)", rb"\1&e11;", body, count=draw.choice((1, 3)))
    members[name] = head + b"?>" + f"<!DOCTYPE x [{told}]>".encode() + body


@_repacked
def deep_nesting(members: dict[str, bytes], draw: random.Random) -> None:
    tag, depth = (
        draw.choice(("w:sdt", "w:sdtContent", "w:tbl", "w:p", "x", "row", "c")),
        draw.choice((90, 2000, 200_000)),
    )
    _within_the_body(members, f"<{tag}>" * depth + f"</{tag}>" * depth)


@_repacked
def very_much_within(members: dict[str, bytes], draw: random.Random) -> None:
    paragraph = "<w:p><w:r><w:t>Obs.:</w:t></w:r></w:p>"
    row = '<row><c t="inlineStr"><is><t>SAD1</t></is></c><c r="XFD9"><v>1e308</v></c></row>'
    text = f"<w:p><w:r><w:t>{'a' * 5_000_000}</w:t></w:r></w:p>"
    _within_the_body(
        members,
        draw.choice((paragraph * 50_000, row * 50_000, text, "<w:tbl><w:tr>" + "<w:tc/>" * 70_000 + "</w:tr></w:tbl>")),
    )


@_repacked
def cells_anywhere(members: dict[str, bytes], draw: random.Random) -> None:
    at = draw.choice(("XFD1048576", "A0", "ZZZZZ1", "A99999999999", "1A", ""))
    name = _main(members)
    members[name] = re.sub(rb'r="[A-Z]+\d+"', f'r="{at}"'.encode(), members[name], count=draw.choice((1, 2, 0)))


def _within_the_body(members: dict[str, bytes], more: str) -> None:
    name = _main(members)
    members[name] = re.sub(rb"(<w:body>|<sheetData>)", lambda found: found[1] + more.encode(), members[name], count=1)


def a_member_twice(content: bytes, draw: random.Random) -> bytes:
    with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = [(name, packed.read(name)) for name in packed.namelist()]
        again = draw.choice(members)
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the name that is there already
            return _packed([*members, (again[0], flip(again[1] or b" ", draw))])
    return content


def untrue_sizes(content: bytes, draw: random.Random) -> bytes:
    """The lists of a packed file say another size, place, way of packing or number."""
    changed = bytearray(content)
    heads = [found.start() for found in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", content)]
    for at in draw.sample(heads, min(len(heads), draw.choice((1, 3)))):
        field = at + draw.choice((8, 10, 14, 18, 20, 22, 24, 26, 28, 30, 42))
        changed[field : field + 4] = draw.choice(
            (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", draw.randbytes(4))
        )
    return bytes(changed)


def a_bomb_within(content: bytes, draw: random.Random) -> bytes:
    """Sixty megabytes of nothing, told truly or as few."""
    with contextlib.suppress(Exception), zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
        name = _main(members)
        head, _, body = members[name].partition(b"?>")
        members[name] = head + b"?>" + b" " * draw.choice((20, 60)) * 1024**2 + body
        made = _packed(list(members.items()))
        return (
            made.replace(len(members[name]).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
            if draw.random() < 0.5
            else made
        )
    return content


PACKED: tuple[Mutation, ...] = (
    *(
        a_member_damaged,
        a_member_damaged,
        a_member_lost,
        members_exchanged,
        packed_within_packed,
        entities,
        deep_nesting,
    ),
    *(cells_anywhere, a_member_twice, untrue_sizes),
)
HEAVY: tuple[Mutation, ...] = (very_much_within, a_bomb_within)


# ---- PDF ----


def streams_damaged(content: bytes, draw: random.Random) -> bytes:
    """What is packed within, damaged and packed again."""
    found = list(re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL))
    for stream in draw.sample(found, min(len(found), draw.choice((1, 2)))):
        with contextlib.suppress(zlib.error):
            plain = zlib.decompress(stream[1])
            content = content.replace(stream[1], zlib.compress(draw.choice((*ANY, *TEXT[:3]))(plain or b" ", draw)))
    return content


def numbers_changed(content: bytes, draw: random.Random) -> bytes:
    told = (b"0", b"-1", b"1", b"99999999999", b"1e400", b"2147483648", b"0.0000001", b"NaN", b"/X", b"(", b"<<")
    share = draw.choice((0.002, 0.05))
    return re.sub(
        rb"(?<=[ \[])\d+(?=[ \]\r\n/>])", lambda n: draw.choice(told) if draw.random() < share else n[0], content
    )


def references_changed(content: bytes, draw: random.Random) -> bytes:
    """Objects that hold themselves, and one another."""
    share = draw.choice((0.02, 0.3))
    return re.sub(rb"\d+ 0 R", lambda n: b"%d 0 R" % draw.randrange(12) if draw.random() < share else n[0], content)


def brackets(content: bytes, draw: random.Random) -> bytes:
    at = draw.choice([found.end() for found in re.finditer(rb"obj|stream\r?\n|/Kids|trailer", content)] or [0])
    return (
        content[:at]
        + draw.choice((b"[", b"<<", b"<</A ", b"(", b"q ", b"BT ")) * draw.choice((100, 100_000))
        + content[at:]
    )


def a_bomb_in_a_stream(content: bytes, draw: random.Random) -> bytes:
    packed = zlib.compress(draw.choice((b" ", b"q ", b"0 0 1 1 re ", b"(a) Tj ")) * 30_000_000)
    return re.sub(
        rb"(stream\r?\n).*?(\r?\nendstream)", lambda found: found[1] + packed + found[2], content, flags=re.DOTALL
    )


PDF: tuple[Mutation, ...] = (streams_damaged, streams_damaged, numbers_changed, references_changed, brackets)
PDF_HEAVY: tuple[Mutation, ...] = (a_bomb_in_a_stream,)


# ---- what they begin from ----


@cache
def texts() -> list[bytes]:
    return [file.read_bytes() for file in sorted(FORMS.glob("*.txt"))]


def _forms() -> list[str]:
    return [text.decode() for text in (texts()[0], texts()[-1])]


@cache
def ours() -> list[bytes]:
    return [to_markdown(read_form(text.decode()).form).encode() for text in texts()]


@cache
def pdfs() -> list[bytes]:
    return [to_pdf(read_form(text).form) for text in _forms()]


@cache
def words() -> list[bytes]:
    return [to_docx(read_form(text).form) for text in _forms()] + [as_docx(text) for text in _forms()]


@cache
def sheets() -> list[bytes]:
    head: list[object] = ["Protocolo", "Nome", "CRO", "UF", "Telefone", "Cidade", "Moeda", "Abertura"]
    rows: list[list[object]] = [
        [f"SAD{169000763629 + n}", "MARINA PRADO", 90485 + n, "BA", 71980000017, "SALVADOR", 0.35, "18/09/2023"]
        for n in range(8)
    ]
    csv = "\n".join(";".join(map(str, row)) for row in [head, *rows]).encode()
    return [xlsx(head, *rows), csv, csv.replace(b";", b"\t")]


KINDS: dict[str, tuple[Callable[[], list[bytes]], tuple[Mutation, ...], tuple[Mutation, ...]]] = {
    "txt": (texts, (*ANY, *TEXT, *TEXT), ()),
    "md": (ours, (*ANY, *TEXT, *TEXT), ()),
    "pdf": (pdfs, (*ANY, *PDF, *PDF), PDF_HEAVY),
    "docx": (words, (*ANY, *PACKED, *PACKED), HEAVY),
    "sheet": (sheets, (*ANY, *PACKED, *TEXT), HEAVY),
}
