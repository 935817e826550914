"""Messages that tell a readjustment's figures: only the authorised ones, and each message knows whose they are."""

from decimal import Decimal

from sqlmodel import Session

from bot.services import readjustments
from messages import checks
from messages.errors import Conflict, InvalidInput
from storage.models import Case, Message, Readjustment

OFFER = "Ofertado Novos Valores"


def refuse_foreign(session: Session, case: Case, text: str) -> None:
    """Raises InvalidInput for a text that speaks of values and tells a percentage or a unit that no authorised
    calculation gave."""
    if not checks.tells_values(text):
        return
    found = _authorised(session, case)
    percents = {found.percent} if found is not None else set()
    amounts = {unit for unit in _units(case, found) if unit is not None}
    foreign = checks.foreign_figures(text, percents, amounts)
    if not foreign:
        return
    told = f"o autorizado é: {readjustments.told(found, found.granted)}" if found else "nada foi autorizado neste caso"
    raise InvalidInput(
        f"A calculadora de reajuste não deu {', '.join(foreign[:3])}; {told}. Tire esse número do texto, ou calcule em "
        "/reajuste e peça a autorização."
    )


def _authorised(session: Session, case: Case) -> Readjustment | None:
    found = readjustments.standing(session, case.id or 0)
    return found if found is not None and found.granted else None


def _units(case: Case, found: Readjustment | None) -> list[Decimal | None]:
    """What may be told: the units as they are, and what they become."""
    return [case.currency, case.ortho_currency, *(_new_units(found) if found is not None else [])]


def _new_units(found: Readjustment) -> list[Decimal]:
    new = {readjustments.BASE: found.base_new, readjustments.ORTHO: found.ortho_new}
    return [unit for item, unit in new.items() if item in found.granted and unit is not None]


def bind(session: Session, case: Case, message: Message) -> None:
    """Whose figures a message's text tells: that is what presents them, and what the offer of new values proves."""
    found = _authorised(session, case) if checks.tells_values(message.text) else None
    quoted = found if found is not None and _tells(message.text, found) else None
    message.readjustment_id = quoted.id if quoted is not None else None
    figures = readjustments.told(quoted, quoted.granted) if quoted is not None else None
    offers = [{k: v for k, v in offer.items() if k != "figures"} for offer in message.offers]
    if figures is not None:
        if all(offer["action"] != OFFER for offer in offers):
            offers.append({"action": OFFER, "justification": ""})
        offers = [offer | ({"figures": figures} if offer["action"] == OFFER else {}) for offer in offers]
    message.offers = offers


def _tells(text: str, found: Readjustment) -> bool:
    amounts = checks.amounts_in(text)
    return found.percent in checks.percents_in(text) or any(unit in amounts for unit in _new_units(found))


def refuse_void(session: Session, message: Message) -> None:
    """Raises Conflict for a message whose figures hold no more: it is not sent again as it is."""
    found = session.get(Readjustment, message.readjustment_id) if message.readjustment_id is not None else None
    if found is not None and found.voided_at is not None:
        raise Conflict("Os valores do reajuste mudaram depois desta mensagem: componha outra.")
