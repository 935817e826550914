"""What may be sent to whom, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from messages.policy import Standing, Whole, is_opt_out, refusal, window_open
from messages.statuses import ChannelName

NOW = datetime(2023, 10, 30, 14, 0, tzinfo=UTC)
OPEN = Standing(closed=False, opted_out_at=None, rule=None, last_in_at=NOW)


@pytest.mark.parametrize(
    ("ago", "is_open"),
    [
        (timedelta(0), True),
        (timedelta(hours=24) - timedelta(microseconds=1), True),
        (timedelta(hours=24), False),
        (timedelta(minutes=-1), True),  # a clock that runs ahead
    ],
)
def test_the_window_is_open_for_less_than_24_hours(ago: timedelta, is_open: bool) -> None:
    assert window_open(NOW - ago, NOW) is is_open
    assert not window_open(None, NOW)


@pytest.mark.parametrize(
    "text",
    ["SAIR", "sair", " Parar. ", "PARE!", "stop", "Por favor, parar", "Parar, por favor", "Não quero receber mensagens",
     "Parem de enviar mensagens!!", "DESCADASTRAR", "*SAIR*", "Ｓａｉｒ",
     "“Pare…” 🙏", "Nao quero mais receber mensagens",
     "Pare—por favor", "_sair_", "Pare de me mandar mensagens",
     "não me mandem mais mensagens",
     "não quero mais receber mensagem", "Me tira dessa lista", "remover", "Parem com essas mensagens",
     "Não mande mais nada", "Chega de mensagens!"],
)  # fmt: skip
def test_a_whole_message_that_asks_to_stop_is_an_opt_out(text: str) -> None:
    assert is_opt_out(text)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "por favor", "Quero sair da rede", "Pode parar de atender na sexta?", "Não quero parar", "sair?sim",
     "Cancelar",
     "Pare de mandar mensagem hoje, amanhã eu vejo", "Me tira da lista de credenciados", "para de atender",
     "não quero mais receber pacientes", "Tire meu nome da rede", "你好 sair", "Добрый день, stop", "cancelar o plano",
     "Sair da rede", "paro", "parar por favor agora"],
)  # fmt: skip
def test_a_sentence_that_merely_holds_the_word_is_none(text: str) -> None:
    assert not is_opt_out(text)


@pytest.mark.parametrize("channel", [ChannelName.WHATSAPP, ChannelName.MANUAL])
@pytest.mark.parametrize("template", [Whole(None), Whole("em análise"), None])
@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(True, None, None, NOW), "encerrado"),
        (Standing(False, NOW, None, NOW), "bloqueado em todos os canais"),
        (Standing(False, None, "não mexer em Salvador", NOW), "não mexer em Salvador"),
        (Standing(True, NOW, "regra", NOW), "encerrado"),
    ],
)
def test_a_bar_holds_on_every_channel_for_every_kind(
    standing: Standing, said: str, channel: ChannelName, template: Whole | None
) -> None:
    assert said in (refusal(standing, channel, template=template, now=NOW) or "")


@pytest.mark.parametrize(
    ("channel", "template", "hours", "goes"),
    [
        (ChannelName.WHATSAPP, None, 1, True),
        (ChannelName.WHATSAPP, None, 24, False),
        (ChannelName.WHATSAPP, Whole(None), 24, True),
        (ChannelName.MANUAL, None, 24, True),
    ],
)
def test_the_window_binds_only_free_text_over_the_api(
    channel: ChannelName, template: Whole | None, hours: int, goes: bool
) -> None:
    reason = refusal(OPEN, channel, template=template, now=NOW + timedelta(hours=hours))
    assert (reason is None) is goes


@pytest.mark.parametrize("hours", [1, 24])
def test_a_template_that_meta_does_not_take_goes_neither_inside_nor_outside_the_window(hours: int) -> None:
    reason = refusal(OPEN, ChannelName.WHATSAPP, template=Whole("em análise"), now=NOW + timedelta(hours=hours))
    assert reason == "em análise"
