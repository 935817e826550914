"""Numbers, weekdays and months as plain words, and the patterns that find them."""

NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "um uma", "dois duas", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze",
            "treze", "catorze quatorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove", "vinte",
        ),
        1,
    )
    for word in words.split()
} | {"primeiro": 1, "trinta": 30, "trinta e um": 31} | {
    f"vinte e {word}": 20 + number
    for number, word in enumerate(("um", "dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove"), 1)
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "segunda seg 2a",
            "terca ter 3a",
            "quarta qua 4a",
            "quinta qui 5a",
            "sexta sex 6a",
            "sabado sab",
            "domingo dom",
        )
    )
    for name in names.split()
}
MONTHS = {
    "janeiro": 1, "fevereiro": 2, "marco": 3, "abril": 4, "maio": 5, "junho": 6,
    "julho": 7, "agosto": 8, "setembro": 9, "outubro": 10, "novembro": 11, "dezembro": 12,
}  # fmt: skip
_SHORT_MONTHS = {name[:3]: number for name, number in MONTHS.items()}
ANY_MONTH = MONTHS | _SHORT_MONTHS
COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})(?:[- ]feira)?"


def number(word: str) -> int:
    return NUMBERS[word] if word in NUMBERS else int(word.rstrip("o°"))
