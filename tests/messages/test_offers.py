"""What messages carried, for the form's boxes and for running text."""

from datetime import UTC, datetime

import pytest

from messages.form import ACTIONS
from messages.offers import Proven, clauses, last_offered, proven


def offer(action: str | None, justification: str | None = None) -> dict[str, str | None]:
    return {"action": action, "justification": justification}


@pytest.mark.parametrize(
    ("offers", "actions", "justification"),
    [
        ([], (), None),
        ([offer("Ofertado Suporte"), offer("Ofertado Suporte")], ("Ofertado Suporte",), None),
        ([offer("Outros", "a"), offer("Outros", "b"), offer("Outros", "a")], ("Outros",), "a; b"),
        ([offer("Ofertado Suporte", "não vale aqui"), offer("Outros")], ("Ofertado Suporte", "Outros"), None),
        ([offer(None), {}, offer("")], (), None),
    ],
)
def test_each_offer_counts_once(
    offers: list[dict[str, str | None]], actions: tuple[str, ...], justification: str | None
) -> None:
    assert proven(offers) == Proven(actions, justification)


@pytest.mark.parametrize(
    ("actions", "justification", "told"),
    [
        ((), None, ()),
        (("Ofertado Suporte",), None, ("foi oferecido o canal de suporte",)),
        (("Ofertado Divulgação",), None, ("foi oferecida a ação de divulgação",)),
        (
            ("Ofertado Divulgação", "Ofertado Reciclagem"),
            None,
            ("foram oferecidas a ação de divulgação e a reciclagem",),
        ),
        (
            ("Ofertado Novos Valores", "Ofertado Suporte", "Ofertado Divulgação"),
            None,
            ("foram oferecidos o reajuste da tabela, o canal de suporte e a ação de divulgação",),
        ),
        (("Outros",), "informada a redução do prazo; outra", ("foi informada a redução do prazo",)),
        (
            ("Ofertado Suporte", "Outros"),
            "informada a redução do prazo",
            ("foi oferecido o canal de suporte, além de informada a redução do prazo",),
        ),
        (("Outros",), None, ()),
    ],
)
def test_offers_are_told_as_clauses(actions: tuple[str, ...], justification: str | None, told: tuple[str, ...]) -> None:
    assert clauses(Proven(actions, justification)) == told


@pytest.mark.parametrize("action", [a for a in ACTIONS if a != "Outros"])
def test_every_action_of_the_form_can_be_told(action: str) -> None:
    assert len(clauses(Proven((action,), None))) == 1


def test_what_was_offered_twice_is_told_with_its_last_day() -> None:
    first, later = datetime(2023, 10, 30, 14, 0, tzinfo=UTC), datetime(2023, 11, 9, 19, 30, tzinfo=UTC)
    promotion = {"action": "Ofertado Divulgação", "justification": None}
    shorter = {"action": "Outros", "justification": "informada a redução do prazo"}
    told = last_offered([(first, [promotion, shorter]), (later, [promotion]), (later, [])])
    assert list(told.items()) == [("Divulgação", later), ("informada a redução do prazo", first)]
