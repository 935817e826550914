import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.errors import InvalidInput
from messages.transcript_words import Kind
from messages.transcripts import MAX_CHARACTERS, read_transcript

DATA = Path(__file__).parent.parent / "data"
SAMPLES = sorted((DATA / "transcripts").glob("*.txt"))
SHAPES = {sample["kind"]: sample["text"] for sample in json.loads((DATA / "whatsapp_samples.json").read_text("utf-8"))}
MARK = "\u200e"


def told(text: str) -> list[tuple[str, str, str, str]]:
    """At, author, text, kind of each message."""
    return [(m["at"], m["author"], m["text"], m["kind"]) for m in read_transcript(text).as_json()["messages"]]


def test_there_are_three_samples_of_each_of_the_eight_shapes() -> None:
    assert len(SAMPLES) == 24


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_equals_its_truth(sample: Path) -> None:
    transcript = read_transcript(sample.read_bytes().decode())
    assert transcript.as_json() == json.loads(sample.with_suffix(".json").read_text("utf-8"))
    assert not transcript.ambiguous
    assert transcript.preamble == ""


PROTECTED = "protegidas com a criptografia de ponta a ponta."


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("android_24h_system", ("2023-10-20T09:14", "", f"As mensagens e as chamadas são {PROTECTED}", "system")),
        (
            "android_24h_multiline",
            (
                "2023-10-20T09:15",
                "Dra. Helena Prado",
                "Bom dia! Quero pedir o meu desligamento.\nMotivo: valores sem reajuste desde 20/10/2021",
                "text",
            ),
        ),
        (
            "android_24h_attachment",
            ("2023-10-20T09:21", "Retenção Exemplo", "Segue a tabela com a moeda a 0,37", "media"),
        ),
        ("android_24h_media_omitted", ("2023-10-20T09:23", "Dra. Helena Prado", "", "media")),
        ("android_24h_edited", ("2023-10-20T09:26", "Dra. Helena Prado", "Pode aplicar a partir de 01/12", "text")),
        ("android_12h_two_digit_year", ("2023-10-20T14:05", "Dr. João Sá", "horário: 14h, pode ser?", "text")),
        (
            "ios_24h_first_line_bom_system",
            ("2023-10-20T09:14", "", f"As mensagens e as ligações são {PROTECTED}", "system"),
        ),
        ("ios_24h_attachment", ("2023-10-20T09:21", "Retenção Exemplo", "", "media")),
        ("ios_24h_image_omitted", ("2023-10-20T09:22", "Dra. Helena Prado", "", "media")),
        ("ios_24h_deleted_unsaved_number", ("2023-10-20T09:24", "+55 19 90000-0000", "", "deleted")),
        (
            "web_copy_24h",
            ("2023-10-20T09:15", "Dra. Helena Prado", "Bom dia! Quero pedir o meu desligamento.", "text"),
        ),
        (
            "web_copy_english_month_first",
            ("2023-10-20T14:05", "+55 19 90000-0000", "Protocolo 2023102000123: aceito os 0,37", "text"),
        ),
    ],
)
def test_each_shape_of_line(shape: str, message: tuple[str, str, str, str]) -> None:
    assert told(SHAPES[shape]) == [message]


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ("Ana: Mensagem apagada", "deleted", ""),
        ("Ana: Essa mensagem foi apagada pelo admin Rui", "deleted", ""),
        ("Ana: This message was deleted", "deleted", ""),
        ("Ana: Mensagem apagada por engano, desculpe. Era isto: sim" + "!" * 80, "text", None),
        ("Ana: <Mídia de visualização única oculta>", "media", ""),
        ("Ana: <Mídia oculta>\nminha agenda", "media", "minha agenda"),
        (f"Ana: {MARK}IMG-1.jpg (arquivo anexado)", "media", ""),
        ("Ana: meu contato.vcf (file attached)\nsegue", "media", "segue"),
        ("Ana: imagem ocultada", "text", "imagem ocultada"),
        ("Ana: <Mensagem editada>", "text", ""),
        ("Ana: se 2 < 3 <This message was edited>", "text", "se 2 < 3"),
        ("Ana: removeu o siso", "text", "removeu o siso"),
        ("Ana:", "text", ""),
        ("Ana: Chamada de vídeo perdida às 17:41", "system", "Chamada de vídeo perdida às 17:41"),
        ('Ana mudou o nome do grupo de "A: b" para "C"', "system", None),
        ("Você bloqueou este contato. Toque para desbloquear.", "system", None),
        ("Ligação de voz perdida", "system", None),
    ],
)
def test_what_an_android_line_says(said: str, kind: str, text: str | None) -> None:
    [(_, author, words, found)] = told(f"17/01/2024 09:30 - {said}")
    assert found == kind
    assert author == ("" if kind == "system" else "Ana")
    assert words == (said.removeprefix("Ana: ") if text is None else text)


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (f"{MARK}áudio ocultado", "media", ""),
        (f"veja só {MARK}imagem ocultada", "media", "veja só"),
        (f"TERMO DE SAÍDA.pdf • {MARK}2 páginas {MARK}documento omitido", "media", ""),
        (f"segue\nTERMO.pdf {MARK}documento omitido", "media", "segue"),
        (f"{MARK}<anexado: 0001-FOTO.jpg>\nolhe", "media", "olhe"),
        (f"{MARK}Você apagou esta mensagem.", "deleted", ""),
        (f"{MARK}Ana mudou o número de telefone.", "system", "Ana mudou o número de telefone."),
        (f"{MARK}Chamada de voz. {MARK}Sem resposta", "system", "Chamada de voz. Sem resposta"),
        (f"{MARK}Localização: https://maps.example", "text", "Localização: https://maps.example"),
        ("imagem ocultada", "text", "imagem ocultada"),  # typed: the file is marked and this is not
        ("Mensagem apagada", "text", "Mensagem apagada"),
    ],
)
def test_what_a_line_of_a_marked_ios_file_says(said: str, kind: str, text: str) -> None:
    encrypted = f"[17/01/2024, 09:29:00] Ana: {MARK}As mensagens são {PROTECTED}\n"
    [_, (_, author, words, found)] = told(f"{encrypted}[17/01/2024, 09:30:00] Ana: {said}")
    assert (found, words) == (kind, text)
    assert author == ("" if kind == "system" else "Ana")


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ("imagem ocultada", "media", ""),
        ("TERMO.pdf • 2 páginas documento omitido", "media", ""),
        ("perdi a imagem ocultada", "text", "perdi a imagem ocultada"),
        ("Ana mudou o número de telefone.", "system", "Ana mudou o número de telefone."),
        ("Ela mudou o número de telefone.", "text", "Ela mudou o número de telefone."),
        ("As mensagens e as ligações são " + PROTECTED, "system", "As mensagens e as ligações são " + PROTECTED),
    ],
)
def test_what_an_ios_line_says_whose_marks_were_lost(said: str, kind: str, text: str) -> None:
    [(_, _, words, found)] = told(f"[17/01/2024 09:30:00] Ana: {said}")
    assert (found, words) == (kind, text)


def test_a_line_that_begins_with_a_mark_is_believed() -> None:
    assert told(f"{MARK}[17/01/2024, 09:30:00] Ana: imagem ocultada")[0][3] == "media"


@pytest.mark.parametrize(
    ("dates", "first_day", "ambiguous"),
    [
        (["20/10/2023"], "2023-10-20", False),
        (["10/20/2023"], "2023-10-20", False),
        (["20/10/2023", "10/21/2023"], "2023-10-20", True),  # no order fits both: each is read as it can be
        (["05/05/2024"], "2024-05-05", False),
        (["01/02/2024"], "2024-02-01", True),
        (["01/02/2024", "01/03/2024", "02/01/2024"], "2024-01-02", False),  # Jan 2, Jan 3, Feb 1
        (["02/01/2024", "03/01/2024", "01/02/2024"], "2024-01-02", False),  # 2, 3 Jan, 1 Feb
        (["01/02/2024", "02/02/2024"], "2024-02-01", True),
    ],
)
def test_the_day_is_told_from_the_month_by_size_or_chronology(
    dates: list[str], first_day: str, ambiguous: bool
) -> None:
    transcript = read_transcript("\n".join(f"{day} 10:00 - Ana: oi" for day in dates))
    assert transcript.ambiguous is ambiguous
    assert transcript.messages[0].at.date().isoformat() == first_day


@pytest.mark.parametrize(
    ("hour", "at"),
    [
        ("12:00 AM", "00:00"),
        ("12:05 pm", "12:05"),
        ("1:10\u202fPM", "13:10"),
        ("11:59 p. m.", "23:59"),
        ("9:01 a.m.", "09:01"),
    ],
)
def test_hours_of_twelve(hour: str, at: str) -> None:
    transcript = read_transcript(f"20/10/23, {hour} - Ana: oi")
    assert f"{transcript.messages[0].at:%H:%M}" == at
    assert transcript.twelve_hour


@pytest.mark.parametrize(
    "line", ["45/45/2024 10:00 - Ana: oi", "20/10/2023 25:00 - Ana: oi", "20/10/2023, 13:00 PM - Ana: oi"]
)
def test_a_header_that_is_no_moment_is_text(line: str) -> None:
    [message] = read_transcript(f"20/10/2023 10:00 - Rui: veja\n{line}").messages
    assert message.text == f"veja\n{line}"


def test_one_quotation_inside_a_line_does_not_make_a_paragraph_of_the_chat() -> None:
    chat = [
        "[09:37, 17/01/2024] Ana: bom dia",
        "[09:38, 17/01/2024] Rui: você escreveu [09:30, 16/01/2024] Ana: oi, e sumiu",
        "Rua A\nSala 4",
        "[09:39, 17/01/2024] Ana: foi",
    ]
    assert [m.text for m in read_transcript("\n".join(chat)).messages] == [
        "bom dia",
        "você escreveu [09:30, 16/01/2024] Ana: oi, e sumiu\nRua A\nSala 4",
        "foi",
    ]


def test_brackets_that_no_name_follows_are_words_of_a_paragraph() -> None:
    text = "[09:37, 17/01/2024] Ana: vi às [09:30, 16/01/2024] no sistema [09:38, 17/01/2024] Rui: certo"
    assert [m.text for m in read_transcript(text).messages] == ["vi às [09:30, 16/01/2024] no sistema", "certo"]


def test_a_wrapped_paragraph_is_joined_and_its_notes_are_kept_apart() -> None:
    transcript = read_transcript(
        "Segue interação: [09:37, 17/01/2024] Ana: bom\ndia [09:38, 17/01/2024] Rui: oi -- 22/01/2024 -- Vai\npensar."
    )
    assert transcript.preamble == "Segue interação:"
    assert [m.text for m in transcript.messages] == ["bom dia", "oi"]
    assert transcript.as_json()["notes"] == [{"date": "2024-01-22", "text": "Vai pensar."}]


def test_notes_may_stand_on_lines_of_their_own() -> None:
    transcript = read_transcript("[09:37, 17/01/2024] Ana: oi\n-- 22/01/2024 -- Sem retorno.\nFim.\n")
    assert transcript.messages[0].text == "oi"
    assert [(str(note.date), note.text) for note in transcript.notes] == [("2024-01-22", "Sem retorno.\nFim.")]


@pytest.mark.parametrize("text", ["", "Bom dia, doutora!", "17/01/2024 reunião às 09:30", "[x] - :"])
def test_what_is_no_conversation_is_refused_with_advice(text: str) -> None:
    with pytest.raises(InvalidInput, match="Não reconheci uma conversa do WhatsApp"):
        read_transcript(text)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(InvalidInput, match="grande demais"):
        read_transcript("17/01/2024 09:30 - Ana: " + "x" * MAX_CHARACTERS)


_WORDS = st.text(st.sampled_from("abc ção:?!/-.19[]<"), min_size=1, max_size=40).map(str.strip).filter(bool)
_NAMES = st.text(st.sampled_from("ABÇ 90485'-+."), min_size=1, max_size=20).map(str.strip).filter(bool)
_MOMENTS = st.datetimes(datetime(2020, 1, 13), datetime(2029, 12, 31)).filter(lambda moment: moment.day > 12)  # noqa: DTZ001


@pytest.mark.parametrize(
    "shape",
    [
        "{:%d/%m/%Y %H:%M} - {}: {}",
        "{:%d/%m/%y, %I:%M %p} - {}: {}",
        "[{:%d/%m/%Y, %H:%M:%S}] {}: {}",
        "[{:%H:%M, %d/%m/%Y}] {}: {}",
        "[{:%I:%M %p, %m/%d/%Y}] {}: {}",
    ],
)
@given(said=st.lists(st.tuples(_MOMENTS, _NAMES, st.lists(_WORDS, min_size=1, max_size=3)), min_size=1, max_size=8))
def test_whatever_is_said_is_read_back_to_the_minute(shape: str, said: list[tuple[datetime, str, list[str]]]) -> None:
    text = "\n".join(shape.format(at, name, "\n".join(lines)) for at, name, lines in said)
    read = [(m.at, m.author, m.text) for m in read_transcript(text).messages]
    assert read == [(at.replace(second=0, microsecond=0), name, "\n".join(lines)) for at, name, lines in said]


def test_what_is_too_long_for_a_name_is_no_author() -> None:
    long, name = "palavra " * 600, "M" * 100
    text = f"[09:30, 17/01/2024] {long}: oi\n[09:31, 17/01/2024] {name}: oi"
    assert [(author, kind) for _, author, _, kind in told(text)] == [("", "system"), (name, "text")]


@pytest.mark.parametrize(
    ("line", "media", "filename", "caption"),
    [
        ("30/10/2023 11:01 - Rita: IMG-20231030-WA0001.jpg (arquivo anexado)", "image", "IMG-20231030-WA0001.jpg", ""),
        ("30/10/2023 11:01 - Rita: PTT-1.opus (arquivo anexado)", "audio", "PTT-1.opus", ""),
        ("30/10/2023 11:01 - Rita: tabela.pdf (arquivo anexado)\nSegue", "document", "tabela.pdf", "Segue"),
        ("30/10/2023 11:01 - Rita: <Mídia oculta>", "media", "", ""),
        (
            "[30/10/2023, 11:01:05] Rita: \u200e<anexado: 1-STICKER.webp>",
            "sticker",
            "1-STICKER.webp",
            "",
        ),
        ("[30/10/2023, 11:01:05] Rita: \u200eáudio ocultado", "audio", "", ""),
        (
            "[30/10/2023, 11:01:05] Rita: tabela nova.pdf • \u200e3 páginas \u200edocumento omitido",
            "document",
            "tabela nova.pdf",
            "",
        ),
        ("[30/10/2023, 11:01:05] Rita: tabela • \u200e3 páginas \u200edocumento omitido", "document", "tabela", ""),
    ],
)
def test_what_was_sent_is_named_by_kind_and_file(line: str, media: str, filename: str, caption: str) -> None:
    (message,) = read_transcript(line).messages
    assert (message.kind, message.media, message.filename, message.text) == (Kind.MEDIA, media, filename, caption)
