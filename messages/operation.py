"""What an operation decides for itself: each value's name, how it is asked for, read from what people type, and shown.

A value is kept as the text that ``show`` gives, which ``read`` understands again. The keys are those of
`bot.services.operation.Operation`.
"""

import contextlib
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from unidecode import unidecode

from messages.cadence import RESUMING, Step
from messages.calendar import WorkingHours, show_hour
from messages.errors import InvalidInput

NONE = "nenhum"
UNNAMED = "Operadora"  # what an operation is called until somebody says its name
MOST_CONTACTS = 5
LONGEST_WAIT = 60  # working days
LONGEST_UNDO = 300  # seconds
_HOUR = r"(\d{1,2})(?:h(\d{2})?|:(\d{2}))"
_HOURS = re.compile(rf"(?:das\s+)?{_HOUR}\s*(?:-|–|às|as|a|até)\s*{_HOUR}", re.IGNORECASE)
_LISTED = re.compile(r"\s*(?:[,;]|\be\b|\s)\s*")


@dataclass(frozen=True, slots=True)
class DaysOff(Container[date]):
    """Days on which this operation does not work, beside the holidays: each year ("24/12") or once ("02/01/2027")."""

    days: tuple[tuple[int, int, int | None], ...] = ()  # (month, day, year or every)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and any(
            (month, number) == (day.month, day.day) and year in (None, day.year) for month, number, year in self.days
        )

    def __str__(self) -> str:
        return ", ".join(f"{day:02}/{month:02}" + (f"/{year}" if year else "") for month, day, year in self.days)


NO_DAYS_OFF = DaysOff()


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: ``asking`` says what it is for, ``example`` how it is typed; ``read`` raises InvalidInput."""

    title: str
    asking: str
    example: str
    read: Callable[[str], Any]
    show: Callable[[Any], str] = str


def read_hours(text: str) -> WorkingHours:
    """ "08:00-18:00", "8h às 17h30". Raises ValueError, which says how it is written."""
    found = _HOURS.fullmatch(text.strip())
    start = end = time()
    if found is not None:
        with contextlib.suppress(ValueError):  # 25h
            start, end = (time(int(h), int(a or b or 0)) for h, a, b in (found.groups()[:3], found.groups()[3:]))
    if start >= end:
        raise ValueError("escreva o início e o fim, como 08:00-18:00")
    return WorkingHours(start, end)


def show_hours(hours: WorkingHours) -> str:
    return f"{show_hour(hours.start)} às {show_hour(hours.end)}"


def _hours(text: str) -> WorkingHours:
    try:
        return read_hours(text)
    except ValueError:
        raise InvalidInput("Não entendi o horário: escreva o início e o fim, como “8h às 18h”.") from None


def _text(what: str, most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        line = " ".join(text.split())
        if not line or len(line) > most or not any(c.isalnum() for c in line) or re.search(r"[{}<>]", line):
            raise InvalidInput(f"Não dá para usar como {what}: escreva de 1 a {most} caracteres, sem < > nem chaves.")
        return line

    return read


def _phone(text: str) -> str:
    line = " ".join(text.split())
    if line.lower() in ("", NONE):
        return ""
    digits = sum(c.isdigit() for c in line)
    if not re.fullmatch(r"\+?[\d\s().-]+", line) or not 8 <= digits <= 13:
        raise InvalidInput("Este telefone não está completo: escreva com o DDD, como 71 98000-0001 ou 0800 000 0000.")
    return line


def _number(what: str, least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        digits = text.strip()
        if not re.fullmatch(r"[0-9]{1,4}", digits) or not least <= int(digits) <= most:
            raise InvalidInput(f"Escreva só o número de {what}, de {least} a {most}.")
        return int(digits)

    return read


def _undo(text: str) -> timedelta:
    return timedelta(seconds=_number("segundos", 0, LONGEST_UNDO)(text))


def _show_undo(undo: timedelta) -> str:
    return f"{undo.total_seconds():g}"


def _cadence(text: str) -> tuple[int, ...]:
    parts = [part for part in _LISTED.split(text.strip()) if part]
    waits = [int(part) for part in parts if re.fullmatch(r"[0-9]{1,2}", part)]
    readable = len(waits) == len(parts) and 1 <= len(waits) < MOST_CONTACTS
    if not readable or not all(1 <= wait <= LONGEST_WAIT for wait in waits):
        raise InvalidInput(f"Escreva de 1 a 4 números de dias úteis, de 1 a {LONGEST_WAIT}, como “2, 5, 10”.")
    return tuple(waits)


def _show_list(values: Sequence[int]) -> str:
    return ", ".join(str(value) for value in values)


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in ("ligada", "desligada"):
        raise InvalidInput("Escreva “ligada” ou “desligada”.")
    return word == "ligada"


_STEPS = {"primeiro contato": Step.FIRST, "retomar": Step.AGAIN, "aviso": Step.WARNING}


def _steps(text: str) -> tuple[Step, ...]:
    words = [" ".join(part.lower().split()) for part in re.split(r"[,;]|\be\b", text)]
    if words in ([""], [NONE]):
        return ()
    if not set(words) <= set(_STEPS):
        raise InvalidInput("Escreva os passos separados por vírgula: “primeiro contato, retomar, aviso”; ou “nenhum”.")
    return tuple(step for name, step in _STEPS.items() if name in words)


def _texts(text: str) -> tuple[str, ...]:
    known = {unidecode(name): key for name, key in RESUMING.items()}
    words = [unidecode(" ".join(part.lower().split())) for part in re.split(r"[,;]", text)]
    if not set(words) <= set(known) or len(words) >= MOST_CONTACTS:
        raise InvalidInput(
            f"Escreva de 1 a 4 destes, na ordem em que vão, separados por vírgula: {', '.join(RESUMING)}."
        )
    return tuple(known[word] for word in words)


def _show_texts(keys: Sequence[str]) -> str:
    names = {key: name for name, key in RESUMING.items()}
    return ", ".join(names[key] for key in keys)


def _days_off(text: str) -> DaysOff:
    if text.strip().lower() in ("", NONE):
        return NO_DAYS_OFF
    return DaysOff(tuple(dict.fromkeys(_day_off(part) for part in _LISTED.split(text.strip()) if part)))


def _day_off(part: str) -> tuple[int, int, int | None]:
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?", part)
    try:
        if found is None:
            raise ValueError
        day, month, year = int(found[1]), int(found[2]), int(found[3]) if found[3] else None
        date(year or 2000, month, day)  # a leap year: 29/02 is a day of some years
    except ValueError:
        raise InvalidInput(f"“{part[:30]}” não é um dia: escreva como “24/12, 31/12”, ou “nenhum”.") from None
    return month, day, year


def _yes_or_no(text: str) -> bool:
    answer = text.strip().upper().replace("NAO", "NÃO")
    if answer not in ("SIM", "NÃO"):
        raise InvalidInput("Escreva SIM ou NÃO.")
    return answer == "SIM"


SETTINGS: Mapping[str, Setting] = {
    "name": Setting(
        "Nome da operadora",
        "Como a operadora se chama nas mensagens, quando o caso não diz.",
        "Sorriso Pleno",
        _text("nome", 60),
    ),
    "sender": Setting(
        "Nosso lado na conversa",
        "Como o formulário chama quem escreve da nossa parte; o nome da operadora vem depois: “Retenção - Operadora”.",
        "Retenção",
        _text("nome", 40),
    ),
    "support_phone": Setting(
        "Telefone do suporte",
        "O canal do dentista, como ele lê na mensagem. “nenhum”: o suporte deixa de ser oferecido.",
        "71 98000-0001",
        _phone,
    ),
    "support_hours": Setting(
        "Horário do suporte",
        "Como o dentista lê, depois de “de segunda a sexta,”.",
        "das 8h às 18h",
        _text("horário", 60),
    ),
    "guide_term": Setting(
        "Prazo de liberação de guias",
        "Entra nas mensagens: “o prazo agora é de …”.",
        "24 a 48 horas",
        _text("prazo", 40),
    ),
    "former_guide_term": Setting(
        "Prazo de guias que valia antes",
        "Entra nas mensagens: “o prazo, que era de …”.",
        "até 7 dias úteis",
        _text("prazo", 40),
    ),
    "cadence": Setting(
        "Cadência dos contatos, em dias úteis",
        "Quantos dias úteis esperar sem resposta antes do 2º, do 3º e do 4º contato, e antes do 5º se houver um quarto "
        "número. São os retornos sugeridos.",
        "2, 5, 10",
        _cadence,
        _show_list,
    ),
    "cadence_texts": Setting(
        "Mensagens da cadência",
        "O que dizem o 2º contato, o 3º e os seguintes, nesta ordem; a última serve também para os que sobrarem: "
        "“retomar” (pergunta se viu), “apoio” (guias e suporte), “ligação” (propõe ligar), “reajuste”. A que o caso já "
        "recebeu, a Meta não aprovou, ou a que falta um dado, cede a vez à próxima, e por fim a “retomar”.",
        "apoio, ligação, retomar",
        _texts,
        _show_texts,
    ),
    "cadence_on": Setting(
        "Cadência automática",
        "Se ninguém responde, o próximo contato fica pronto para aprovação, até o aviso de encerramento; depois o "
        "encerramento por Perda de Contato é proposto. “ligada” ou “desligada”.",
        "ligada",
        _switch,
        lambda on: "ligada" if on else "desligada",
    ),
    "first_wait": Setting(
        "Espera até o 1º contato, em dias úteis",
        "Em quantos dias úteis da abertura a cadência prepara o primeiro contato, se ninguém escreveu.",
        "1",
        _number("dias úteis", 1, LONGEST_WAIT),
    ),
    "warning_wait": Setting(
        "Espera até o aviso de encerramento, em dias úteis",
        "Quantos dias úteis depois do último contato sem resposta vai o aviso de encerramento.",
        "5",
        _number("dias úteis", 1, LONGEST_WAIT),
    ),
    "closing_wait": Setting(
        "Espera até propor o encerramento, em dias úteis",
        "Quantos dias úteis depois do aviso se propõe encerrar por Perda de Contato. Quem encerra é sempre uma pessoa.",
        "5",
        _number("dias úteis", 1, LONGEST_WAIT),
    ),
    "by_itself": Setting(
        "Passos que saem sozinhos",
        "Modelos aprovados que a cadência envia sem aprovação, no horário de envio: “primeiro contato”, “retomar”, "
        "“aviso”. “nenhum”: tudo espera aprovação.",
        "retomar, aviso",
        _steps,
        lambda steps: ", ".join(name for name, step in _STEPS.items() if step in steps),
    ),
    "campaign_rate": Setting(
        "Ritmo das campanhas, por minuto",
        "Quantas mensagens de uma campanha saem por minuto, no horário de envio.",
        "20",
        _number("mensagens por minuto", 1, 300),
    ),
    "still_days": Setting(
        "Caso parado, em dias úteis",
        "Depois de quantos dias úteis sem contato um caso entra em “Parados”.",
        "5",
        _number("dias úteis", 1, LONGEST_WAIT),
    ),
    "hours": Setting(
        "Horário de envio",
        "Fora dele, nos fins de semana e nos feriados, o que foi aprovado espera. Dentro da janela de 24 horas sai na "
        "hora.",
        "8h às 18h",
        _hours,
        show_hours,
    ),
    "days_off": Setting(
        "Dias sem expediente",
        "Além dos feriados: os que se repetem todo ano, como “24/12, 31/12”, ou de uma vez, como “02/01/2027”.",
        "24/12, 31/12",
        _days_off,
    ),
    "sign_off": Setting(
        "Conferência do encerramento",
        "SIM: quem encerra é a supervisão, a pedido do analista. NÃO: o analista encerra.",
        "SIM",
        _yes_or_no,
        lambda on: "SIM" if on else "NÃO",
    ),
    "undo": Setting(
        "Tempo para desfazer, em segundos",
        "Segundos entre a aprovação e a saída da mensagem.",
        "10",
        _undo,
        _show_undo,
    ),
}
