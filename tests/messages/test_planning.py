"""A moment and what it is for, typed in one go: parts of the day are read or asked about, never left in the reason."""

from datetime import datetime, time

import pytest

from messages.calendar import ZONE, WorkingHours
from messages.dates import other_part, read_plan
from messages.dates.parts import part_of_day
from messages.errors import InvalidInput
from messages.replies import Reply, read_reply

WEDNESDAY = datetime(2024, 1, 17, 7, 30, tzinfo=ZONE)


def planned(text: str, now: datetime = WEDNESDAY, hours: WorkingHours | None = None) -> tuple[str, str]:
    moment, reason = read_plan(text, now, hours or WorkingHours(), uf="BA")
    return f"{moment.astimezone(ZONE):%d %H:%M}", reason


@pytest.mark.parametrize(
    ("text", "moment", "reason"),
    [
        ("amanhã cedo", "18 08:00", ""),
        ("amanhã cedinho ligar", "18 08:00", "ligar"),
        ("sexta cedo ligar", "19 08:00", "ligar"),
        ("Sexta bem cedo: ligar", "19 08:00", "ligar"),
        ("amanhã logo cedo, ligar", "18 08:00", "ligar"),
        ("bem cedo ligar", "17 08:00", "ligar"),
        ("logo cedo", "17 08:00", ""),
        ("amanhã de manhã cedo", "18 08:00", ""),
        ("amanhã primeira hora ligar", "18 08:00", "ligar"),
        ("amanhã na primeira hora", "18 08:00", ""),
        ("sexta nas primeiras horas da manhã", "19 08:00", ""),
        ("no primeiro horário", "17 08:00", ""),
        ("segunda no primeiro horário ligar", "22 08:00", "ligar"),
        ("amanhã no meio da manhã", "18 10:00", ""),
        ("amanhã no fim da manhã", "18 11:00", ""),
        ("sexta antes do almoço", "19 11:00", ""),
        ("na hora do almoço ligar", "17 12:00", "ligar"),
        ("amanhã no horário de almoço", "18 12:00", ""),
        ("depois do almoço", "17 14:00", ""),
        ("sexta logo depois do almoço ligar", "19 14:00", "ligar"),
        ("amanhã no começo da tarde", "18 14:00", ""),
        ("sexta tarde ligar", "19 14:00", "ligar"),
        ("fim do dia", "17 17:00", ""),
        ("amanhã no fim do expediente ligar", "18 17:00", "ligar"),
        ("final da tarde ligar", "17 17:00", "ligar"),
        ("sexta fim de tarde", "19 17:00", ""),
        ("amanhã à tardinha", "18 17:00", ""),
        ("amanhã no último horário", "18 17:00", ""),
        ("de noitinha", "17 18:00", ""),
        ("amanhã à noite ligar", "18 19:00", "ligar"),
        ("sexta ligar cedo", "19 08:00", "ligar cedo"),  # the hour counts, the words stay
        ("hoje ligar no fim do dia", "17 17:00", "ligar no fim do dia"),
        ("sexta 14h ligar cedo", "19 14:00", "ligar cedo"),  # an hour was named
        ("sexta ligar de manhã para confirmar", "19 09:00", "ligar de manhã para confirmar"),
        ("sexta ligar à tarde para confirmar", "19 14:00", "ligar à tarde para confirmar"),
        ("sexta ligar depois do almoço, ver a tabela", "19 14:00", "ligar depois do almoço, ver a tabela"),
        ("amanhã falar com ela cedo sobre a tabela", "18 08:00", "falar com ela cedo sobre a tabela"),
        ("amanhã ligar no fim do dia porque ela atende", "18 17:00", "ligar no fim do dia porque ela atende"),
        ("sexta ligar ao meio-dia na clínica", "19 12:00", "ligar ao meio-dia na clínica"),
        ("hoje ligar à tarde para confirmar", "17 14:00", "ligar à tarde para confirmar"),
        ("sexta 10h ligar à tarde para confirmar", "19 10:00", "ligar à tarde para confirmar"),  # the card says so
        # what is told in the reason is not the moment
        ("sexta ligar à tarde não, ela viaja", "19 09:00", "ligar à tarde não, ela viaja"),
        ("sexta ligar à tarde ou à noite", "19 09:00", "ligar à tarde ou à noite"),
        ("sexta ligar, à tarde ela viaja para longe", "19 09:00", "ligar, à tarde ela viaja para longe"),
        ("sexta ver se à tarde ela pode", "19 09:00", "ver se à tarde ela pode"),
        ("sexta ver a agenda da clínica à tarde toda", "19 09:00", "ver a agenda da clínica à tarde toda"),
        ("sexta ligar, ele não atende à tarde", "19 09:00", "ligar, ele não atende à tarde"),
        ("sexta ligar, não atende depois do almoço", "19 09:00", "ligar, não atende depois do almoço"),
        ("amanhã ligar menos na hora do almoço", "18 09:00", "ligar menos na hora do almoço"),
        ("amanhã falar que sai à noite", "18 09:00", "falar que sai à noite"),
        ("sexta ligar cedo ou à tarde", "19 09:00", "ligar cedo ou à tarde"),
        ("amanhã ver com a clínica do centro à tarde", "18 09:00", "ver com a clínica do centro à tarde"),
        ("em 2 horas ligar mais tarde", "17 09:30", "ligar mais tarde"),
        ("amanhã primeiro contato", "18 09:00", "primeiro contato"),
        ("sexta última tentativa", "19 09:00", "última tentativa"),
        ("amanhã almoço com a Dra.", "18 09:00", "almoço com a Dra."),
        ("sexta fim do treinamento", "19 09:00", "fim do treinamento"),
        ("amanhã mais uma tentativa", "18 09:00", "mais uma tentativa"),
    ],
)
def test_a_part_of_the_day_is_part_of_the_moment(text: str, moment: str, reason: str) -> None:
    assert planned(text) == (moment, reason)


@pytest.mark.parametrize(
    "text",
    [
        "cedo",  # at 9:46 that is over
        "hoje cedo ligar",
        "hoje ligar cedo",
        "no primeiro horário",
        "tarde ligar",  # too late? in the afternoon?
        "mais tarde ligar",
        "amanhã mais tarde",
        "amanhã mais cedo ligar",
        "amanhã muito cedo",
        "sexta de madrugada ligar",
        "sexta ligar de madrugada",
        "sexta ligar mais tarde",
        "sexta ligar mais tarde para confirmar",
        "sexta ligar de madrugada na clínica",
        "hoje ligar cedo para confirmar",
        "sexta início do mês",
        "amanhã cedo cedo",
        "sexta que vem cedo",
    ],
)
def test_what_speaks_of_time_and_is_not_understood_is_asked_about(text: str) -> None:
    with pytest.raises(InvalidInput):
        planned(text, WEDNESDAY.replace(hour=9, minute=46))


@pytest.mark.parametrize(
    ("reason", "hour", "words"),
    [
        ("ligar, ele não atende à tarde", 9, "à tarde"),
        ("ligar à tarde ou à noite.", 9, "à tarde"),
        ("ligar de manhã, para confirmar", 14, "de manhã"),
        ("ver a tabela à noite", 9, "à noite"),
        ("ligar cedo ou à tarde", 9, ""),
        ("ligar à tarde para confirmar", 16, ""),
        ("Prometido: “te respondo à tarde sem falta”", 9, ""),  # how it was read is seen where it is offered
        ("ligar", 9, ""),
        ("", 9, ""),
    ],
)
def test_a_reason_that_speaks_of_another_part_of_the_day_is_seen(reason: str, hour: int, words: str) -> None:
    assert other_part(reason, time(hour)) == words


@pytest.mark.parametrize(
    ("words", "hours", "hour"),
    [
        ("cedo", WorkingHours(time(9, 30), time(17)), time(9, 30)),
        ("fim do dia", WorkingHours(time(9), time(17, 30)), time(16, 30)),
        ("fim da tarde", WorkingHours(time(9), time(21)), time(17)),
        ("fim da tarde", WorkingHours(time(7), time(12)), time(11)),
        ("fim do dia", WorkingHours(time(0), time(0, 30)), time(0)),
        ("fim do dia", WorkingHours(time(9), time(9, 30)), time(9)),
        ("tarde", WorkingHours(), None),
        ("cedo demais", WorkingHours(), None),
    ],
)
def test_a_part_of_the_day_follows_the_working_hours(words: str, hours: WorkingHours, hour: time | None) -> None:
    assert part_of_day(words, hours) == hour


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("amanhã cedo", "manha"),
        ("amanhã cedinho", "manha"),
        ("amanhã logo cedo", "manha"),
        ("amanhã na primeira hora", "manha"),
        ("amanhã primeira hora", "manha"),
        ("amanhã no primeiro horário", "manha"),
        ("amanhã no meio da manhã", "manha"),
        ("amanhã na hora do almoço", "meio"),
        ("amanhã depois do almoço", "meio"),
        ("amanhã no começo da tarde", "tarde"),
        ("amanhã no fim do dia", "fim"),
        ("amanhã final da tarde", "fim"),
        ("amanhã à tarde, no fim do dia", "fim"),
        ("amanhã à tardinha", "fim"),
        ("amanhã no último horário", "fim"),
        ("amanhã de noitinha", "noite"),
    ],
)
def test_a_dentists_part_of_the_day_is_read(words: str, part: str) -> None:
    for text in (f"te ligo {words}", f"{words} te respondo"):
        promise = read_reply(Reply(text, WEDNESDAY)).promise
        assert promise is not None
        assert (promise.date.day, promise.time, promise.part) == (18, None, part)
