from datetime import UTC, date, datetime, timedelta

import pytest

from messages.blocks import Block, Outreach, Touch, count_conversations, to_blocks
from messages.calendar import ZONE
from messages.statuses import ChannelName, Direction

US = "Retenção - Sorriso Pleno"
OFFERED = Outreach("71 98000-0017", "ofertando ação de divulgação")


def touch(when: str, direction: Direction, text: str, author: str = "MARINA", **more: object) -> Touch:
    """A touch at "30/10/2023 11:01" in São Paulo, stored as rows are: in UTC."""
    at = datetime.strptime(when, "%d/%m/%Y %H:%M").replace(tzinfo=ZONE).astimezone(UTC)
    channel = more.pop("channel", ChannelName.WHATSAPP)
    return Touch(at, direction, channel, author, text, **more)  # type: ignore[arg-type]


def reply(when: str, text: str, **more: object) -> Touch:
    return touch(when, Direction.IN, text, **more)


def sent(when: str, text: str, **more: object) -> Touch:
    return touch(when, Direction.OUT, text, US, **more)


def note(when: str, text: str, **more: object) -> Touch:
    return touch(when, Direction.NOTE, text, "Ana", channel=ChannelName.INTERNAL, **more)


def test_no_touches_no_blocks() -> None:
    assert to_blocks([]) == []


def test_an_unanswered_standard_message_is_told_in_house_style() -> None:
    assert to_blocks([sent("30/10/2023 11:01", "Bom dia, Dra. Marina! …", outreach=OFFERED)]) == [
        Block(
            1,
            date(2023, 10, 30),
            "Enviado WhatsApp - 71 98000-0017, em 30/10/2023 às 11:01, ofertando ação de divulgação, "
            "aguardando retorno.",
        )
    ]


def test_an_answered_one_no_longer_waits_and_the_answer_stands_below() -> None:
    [block] = to_blocks(
        [
            reply("30/10/2023 11:20", "Bom dia!"),
            sent("30/10/2023 11:01", "Bom dia, Dra. Marina! …", outreach=OFFERED),
        ]
    )
    assert block.notes.split("\n") == [
        "Enviado WhatsApp - 71 98000-0017, em 30/10/2023 às 11:01, ofertando ação de divulgação.",
        "[11:20, 30/10/2023] MARINA: Bom dia!",
    ]


def test_a_standard_message_whose_words_were_changed_shows_them_too() -> None:
    edited = Outreach("71 98000-0017", "ofertando treinamento", edited=True)
    [block] = to_blocks([sent("30/10/2023 11:01", "Bom dia!\n\nTemos um treinamento.", outreach=edited)])
    assert block.notes.split("\n") == [
        "Enviado WhatsApp - 71 98000-0017, em 30/10/2023 às 11:01, ofertando treinamento, aguardando retorno.",
        "[11:01, 30/10/2023] Retenção - Sorriso Pleno: Bom dia! Temos um treinamento.",
    ]


def test_a_message_that_told_a_readjustment_shows_its_figures() -> None:
    told = Outreach("71 98000-0017", "ofertando novos valores", figures="Valores apresentados: 5,1319%.")
    [block] = to_blocks([sent("30/10/2023 11:01", "Bom dia!", outreach=told)])
    assert block.notes.split("\n")[1:] == ["Valores apresentados: 5,1319%."]


@pytest.mark.parametrize(
    ("channel", "outreach", "line"),
    [
        (ChannelName.TELEGRAM, Outreach("", ""), "Enviado Telegram, em 30/10/2023 às 11:01, aguardando retorno."),
        (
            ChannelName.MANUAL,
            Outreach("71 98000-0017", "retomando o contato"),
            "Enviado WhatsApp - 71 98000-0017, em 30/10/2023 às 11:01, retomando o contato, aguardando retorno.",
        ),
    ],
)
def test_the_outreach_line_names_the_channel(channel: ChannelName, outreach: Outreach, line: str) -> None:
    [block] = to_blocks([sent("30/10/2023 11:01", "…", channel=channel, outreach=outreach)])
    assert block.notes == line


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (sent("09/11/2023 16:22", "O motivo do meu contato"), f"[16:22, 09/11/2023] {US}: O motivo do meu contato"),
        (reply("09/11/2023 16:22", "Rua A\nSala 4"), "[16:22, 09/11/2023] MARINA: Rua A Sala 4"),
        (reply("09/11/2023 00:00", "Vou ver", day_only=True), "[09/11/2023] MARINA: Vou ver"),
        (reply("09/11/2023 16:22", "", media="áudio"), "[16:22, 09/11/2023] MARINA: (áudio)"),
        (reply("09/11/2023 16:22", "Veja", media="imagem"), "[16:22, 09/11/2023] MARINA: (imagem) Veja"),
        (reply("09/11/2023 16:22", ""), "[16:22, 09/11/2023] MARINA: (sem texto)"),
        (note("09/11/2023 16:22", "A Dra.\natende  BRADESCO."), "A Dra.\natende  BRADESCO."),
        (
            touch("09/11/2023 16:22", Direction.CALL, "não atendeu", channel=ChannelName.PHONE),
            "Ligação em 09/11/2023 às 16:22: não atendeu",
        ),
        (
            touch("09/11/2023 00:00", Direction.CALL, "caixa postal", channel=ChannelName.PHONE, day_only=True),
            "Ligação em 09/11/2023: caixa postal",
        ),
    ],
)
def test_each_kind_of_touch_has_its_line(told: Touch, line: str) -> None:
    assert [block.notes for block in to_blocks([told])] == [line]


def test_touches_less_than_a_day_apart_are_one_conversation_under_its_first_local_day() -> None:
    first = reply("16/01/2024 23:30", "um")  # 17/01 already in UTC
    within = reply("17/01/2024 23:29", "dois")
    beyond = reply("18/01/2024 23:29", "três")
    assert [(b.number, b.date, b.notes.count("\n") + 1) for b in to_blocks([beyond, first, within])] == [
        (1, date(2024, 1, 16), 2),
        (2, date(2024, 1, 18), 1),
    ]


def test_a_note_of_a_later_day_of_the_conversation_stands_under_its_date() -> None:
    [block] = to_blocks(
        [
            note("17/01/2024 18:00", "Aguardando."),
            reply("18/01/2024 09:00", "Vi"),
            note("18/01/2024 09:30", "Vai verificar."),
        ]
    )
    assert block.notes == "Aguardando.\n[09:00, 18/01/2024] MARINA: Vi\n-- 18/01/2024 --\nVai verificar."


def test_imported_blocks_stay_verbatim_each_its_own_and_come_first() -> None:
    blocks = to_blocks(
        [
            reply("01/10/2023 10:00", "antes"),
            note("09/11/2023 00:00", "Dois  blocos\n: do mesmo dia", imported=True, day_only=True),
            note("09/11/2023 00:00", "Enviado whats app- 71 8000-0017", imported=True, day_only=True),
        ]
    )
    assert blocks == [
        Block(1, date(2023, 11, 9), "Dois  blocos\n: do mesmo dia"),
        Block(2, date(2023, 11, 9), "Enviado whats app- 71 8000-0017"),
        Block(3, date(2023, 10, 1), "[10:00, 01/10/2023] MARINA: antes"),
    ]


def test_what_comes_after_the_fifth_is_appended_to_it_under_its_date_and_nothing_is_cut() -> None:
    start = datetime(2024, 1, 1, 15, 0, tzinfo=ZONE)
    touches = [
        Touch(start + timedelta(days=2 * n), Direction.IN, ChannelName.WHATSAPP, "MARINA", f"palavra {n} " * 400)
        for n in range(8)
    ]
    blocks = to_blocks(touches)
    assert [block.number for block in blocks] == [1, 2, 3, 4, 5]
    assert [line for line in blocks[4].notes.split("\n") if line.startswith("--")] == [
        "-- 11/01/2024 --",
        "-- 13/01/2024 --",
        "-- 15/01/2024 --",
    ]
    told = "\n".join(block.notes for block in blocks)
    assert all(told.count(f"palavra {n}") == 400 for n in range(8))


def test_conversations_are_counted_as_blocks_are() -> None:
    at = [datetime(2023, 10, 30, 14, tzinfo=UTC) + timedelta(hours=hours) for hours in (0, 23, 46, 70, 100)]
    assert [count_conversations(at[:n]) for n in range(6)] == [0, 1, 1, 1, 2, 3]
    touches = [Touch(moment, Direction.IN, ChannelName.WHATSAPP, "MARINA", "Oi") for moment in at]
    assert len(to_blocks(touches)) == count_conversations(at)
