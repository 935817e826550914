from typing import Any

import pytest

from messages import identity
from messages.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "cpf"),
    [
        ("111.444.777-35", "11144477735"),
        (" 529 982 247-25 ", "52998224725"),
        ("215736819-11", "21573681911"),
        ("272355000", None),  # too short
        ("191", None),
        ("111.111.111-11", None),
        ("111.444.777-36", None),
        ("¹¹¹44477735", None),
        ("1114447773O", None),
        ("", None),
    ],
)
def test_a_cpf_is_eleven_digits_that_check(text: str, cpf: str | None) -> None:
    if cpf is None:
        with pytest.raises(InvalidInput, match="CPF"):
            identity.check_cpf(text)
    else:
        assert identity.check_cpf(text) == cpf


@pytest.mark.parametrize(
    ("check", "short", "whole"),
    [
        (identity.check_cpf, "1200000080", "01200000080"),
        (identity.check_cpf, "123456797", "00123456797"),
        (identity.check_cnpj, "4252011000110", "04252011000110"),
    ],
)
def test_leading_zeros_are_put_back_only_for_a_spreadsheet(check: Any, short: str, whole: str) -> None:
    assert check(short, from_spreadsheet=True) == whole
    with pytest.raises(InvalidInput):
        check(short)


@pytest.mark.parametrize(
    ("text", "cnpj"),
    [
        ("04.252.011/0001-10", "04252011000110"),
        ("12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("12.abc.345/01de-35", "12ABC34501DE35"),
        ("00.000.000/0001-91", "00000000000191"),
        ("11.111.111/1111-11", None),
        ("00000000000000", None),
        ("12.ABC.345/01DE-36", None),
        ("12.ABC.345/01DE-3A", None),
        ("9458073000015", None),  # its last digit is gone, and a zero in front would make it check
        ("945807300001", None),
        ("nenhum", None),
    ],
)
def test_a_cnpj_may_hold_letters_and_must_check(text: str, cnpj: str | None) -> None:
    if cnpj is None:
        with pytest.raises(InvalidInput, match="CNPJ"):
            identity.check_cnpj(text)
    else:
        assert identity.check_cnpj(text) == cnpj


@pytest.mark.parametrize(
    ("cro", "uf", "checked"),
    [
        ("90485", "BA", ("90485", "BA")),
        (" 90.485 ", "ba", ("90485", "BA")),
        ("CRO-BA 90485", "BA", ("90485", "BA")),
        ("CRO/BA-CD-1678", "BA", ("1678", "BA")),
        ("CD 12", "SP", ("12", "SP")),
        ("1234567", "BA", None),
        ("000", "BA", None),
        ("", "BA", None),
        ("90485", "XX", None),
        ("90485", "", None),
    ],
)
def test_a_cro_counts_only_with_its_uf(cro: str, uf: str, checked: tuple[str, str] | None) -> None:
    if checked is None:
        with pytest.raises(InvalidInput):
            identity.check_cro(cro, uf)
    else:
        assert identity.check_cro(cro, uf) == checked


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("71 8000-0017", "+5571980000017"),
        ("(71) 98000-0017", "+5571980000017"),
        ("+55 71 8000-0017", "+5571980000017"),
        ("557180000017", "+5571980000017"),
        ("5571980000017", "+5571980000017"),
        ("071 98000-0017", "+5571980000017"),
        ("0 15 71 98000-0017", "+5571980000017"),
        ("005571980000017", "+5571980000017"),
        ("\u202a+55 71 98000-0017\u202c", "+5571980000017"),
        ("11 94000-0017", "+5511940000017"),
        ("71 3000-0017", "+557130000017"),
        ("55 99000-0017", "+5555990000017"),
        ("55 9000-0017", "+5555990000017"),
        ("+1 415 555 2671", "+14155552671"),
        ("+351 912 345 678", "+351912345678"),
        ("8000-0017", None),
        ("20 98000-0017", None),
        ("71 1000-0017", None),
        ("71 88000-0017", None),
        ("0800 000 0017", None),
        ("+999 12", None),
        ("71 8000-0017 ramal 2", None),
        ("71 8000-0017 / 71 8000-0018", None),
        ("", None),
    ],
)
def test_phones_come_to_one_spelling(text: str, e164: str | None) -> None:
    assert identity.normalise_phone(text) == e164


def test_a_number_without_area_code_takes_the_given_one() -> None:
    assert identity.normalise_phone("8000-0017", default_ddd="71") == "+5571980000017"
    assert identity.normalise_phone("98000-0017", default_ddd="71") == "+5571980000017"
    assert identity.normalise_phone("3000-0017", default_ddd="71") == "+557130000017"


@pytest.mark.parametrize(
    ("e164", "aliases"),
    [
        ("+5571980000017", ("+5571980000017", "+557180000017")),
        ("+5571960000017", ("+5571960000017", "+557160000017")),
        ("+5511940000017", ("+5511940000017",)),  # without its 9 it would be a landline
        ("+557130000017", ("+557130000017",)),
        ("+14155552671", ("+14155552671",)),
    ],
)
def test_the_ninth_digit_may_be_missing_only_where_no_landline_would_be_met(
    e164: str, aliases: tuple[str, ...]
) -> None:
    assert identity.phone_aliases(e164) == aliases
    assert {identity.normalise_phone(alias) for alias in aliases} == {e164}


@pytest.mark.parametrize(
    ("e164", "shown", "masked"),
    [
        ("+5571980000017", "71 98000-0017", "71 •••••-0017"),
        ("+557130000017", "71 3000-0017", "71 •••••-0017"),
        ("+14155552671", "+1 415-555-2671", "•••••2671"),
        ("sem número", "sem número", "•••••"),
        ("1234", "1234", "•••••"),
    ],
)
def test_a_phone_is_shown_as_people_write_it_and_masked_for_the_chat(e164: str, shown: str, masked: str) -> None:
    assert identity.show_phone(e164) == shown
    assert identity.mask_phone(e164) == masked


def test_documents_are_masked() -> None:
    assert identity.mask_cpf("21573681911") == "***.736.819-**"
    assert identity.mask_cpf("2157") == "***.***.***-**"
    assert identity.mask_cnpj("94580730000152") == "94.***.***/****-52"
    assert identity.mask_cnpj("945") == "**.***.***/****-**"


def test_there_are_27_ufs_and_67_area_codes() -> None:
    assert (len(identity.UFS), len(identity.DDDS)) == (27, 67)
