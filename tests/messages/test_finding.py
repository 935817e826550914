"""What a few typed words can mean, and the part of a text that shows why it was found."""

import pytest

from messages.finding import excerpt, folded, wanted


@pytest.mark.parametrize(
    ("text", "protocol_end", "cro", "phones", "phone_end"),
    [
        ("SAD169000763629", "169000763629", None, (), None),
        ("3629", "3629", ("3629", None), (), None),
        ("CRO-BA 90.485", None, ("90485", "BA"), (), None),
        ("90485 XX", None, None, (), None),
        ("12", None, ("12", None), (), None),
        ("71 98000-0017", None, None, ("+5571980000017", "+557180000017"), None),
        ("71 3322-0017", None, None, ("+557133220017",), None),
        ("98000-0017", None, None, (), "980000017"),
        ("8000 0017", None, None, (), "80000017"),
        ("Inês 2023", None, None, (), None),
        ("", None, None, (), None),
    ],
)
def test_numbers_are_told_apart(
    text: str,
    protocol_end: str | None,
    cro: tuple[str, str | None] | None,
    phones: tuple[str, ...],
    phone_end: str | None,
) -> None:
    found = wanted(text)
    assert (found.protocol_end, found.cro, found.phones, found.phone_end) == (protocol_end, cro, phones, phone_end)


def test_words_have_no_accents_and_are_not_endless() -> None:
    assert folded("Inês, da CONCEIÇÃO! 24h…") == ("ines", "da", "conceicao", "24h")
    assert folded("x" * 999) == ("x" * 40,)
    assert len(wanted("um " * 50).words) == 8


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        ("curto", ("x",), "curto"),
        ("a " * 50 + "tabela " + "b " * 50, ("tabel",), "…a a a a a tabela b b b b b b b…"),
        ("nada aqui que sirva para isto tudo", ("zebra",), "nada aqui que sirva para isto…"),
        ("linha\n\noutra", ("outra",), "linha outra"),
        ("Uma reunião muito longa sobre a tabela", ("reuniao",), "Uma reunião muito longa sobre…"),
    ],
)
def test_an_excerpt_shows_the_word_it_was_found_by(text: str, words: tuple[str, ...], shown: str) -> None:
    assert excerpt(text, words, 30) == shown
