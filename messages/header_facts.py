"""What the header of a case says, fact by fact: what each is called, how people write it, how that is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from messages.form.values import read_amount, read_count, read_date, read_person_type
from messages.form.vocabulary import key
from messages.identity import check_cnpj, check_cpf, check_uf

LONGEST = 80  # characters of a text


@dataclass(frozen=True, slots=True)
class HeaderFact:
    """``called``: its name with the article, within a sentence. ``read`` gives None for what it does not recognise, and
    raises InvalidInput where it can tell what is wrong."""

    called: str
    example: str
    read: Callable[[str], Any]

    @property
    def label(self) -> str:
        """Its name on a button."""
        name = self.called.split(" ", 1)[1]
        return name[0].upper() + name[1:]


def _text(text: str) -> str | None:
    return text if text and len(text) <= LONGEST else None


def _capitals(text: str) -> str | None:
    return _text(text.upper())


def _amount(limit: int) -> Callable[[str], Decimal | None]:
    """Reais, below what a column holds."""

    def read(text: str) -> Decimal | None:
        amount = read_amount(text)
        return amount if amount is not None and amount < limit else None

    return read


def _yes_or_no(text: str) -> bool | None:
    return {"sim": True, "s": True, "nao": False, "n": False}.get(key(text))


BESIDE: Mapping[str, HeaderFact] = {  # what is asked of a case though the form has no field for it
    "ortho_currency": HeaderFact("a moeda de ortodontia", "0,30", _amount(10**6)),
    "last_readjusted_on": HeaderFact("a data do último reajuste", "20/10/2021", read_date),
}
FACTS: Mapping[str, HeaderFact] = {
    "protocol_opened_on": HeaderFact("a data de abertura", "18/09/2023", read_date),
    "city": HeaderFact("a cidade", "Salvador", _capitals),
    "uf": HeaderFact("a UF do caso", "BA", check_uf),
    "lives": HeaderFact("o número de vidas", "3.843", read_count),
    "published_cros": HeaderFact("o número de CROs divulgados", "244", read_count),
    "cro_count": HeaderFact("a quantidade de CROs", "1", read_count),
    "operator": HeaderFact("a operadora", "Sorriso Pleno", _capitals),
    "contract": HeaderFact("o contrato", "CT-2021/045", _text),
    "requested_by": HeaderFact("o demandante", "Operadora", _text),
    "currency": HeaderFact("a moeda", "0,35", _amount(10**6)),
    "other_plans": HeaderFact("o atendimento a outros convênios", "SIM ou NÃO", _yes_or_no),
    "other_plans_detail": HeaderFact("a lista de outros convênios", "Dente Bom e Saúde Oral", _text),
    "last_production_on": HeaderFact("a data da última produção", "20/08/2023", read_date),
    "last_production_value": HeaderFact("o valor da última produção", "R$ 49,00", _amount(10**9)),
    "enrolled_on": HeaderFact("a data de inclusão", "20/07/2022", read_date),
    "person_type": HeaderFact("o tipo de pessoa", "F ou J", read_person_type),
    "cpf": HeaderFact("o CPF", "11 dígitos", check_cpf),
    "cnpj": HeaderFact("o CNPJ", "14 caracteres", check_cnpj),
}
