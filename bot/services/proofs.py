"""Which of the form's actions are ticked, and what each rests on: a message that left, a person's word, or the form
that came along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.services import audit
from messages.errors import Conflict, InvalidInput
from messages.form import ACTIONS
from messages.offers import OTHERS, proven
from messages.statuses import LEFT_THE_HOUSE
from storage import queries
from storage.models import ActionTick, Analyst, Case, Message

LONGEST = 600  # characters of a reason


@dataclass(frozen=True, slots=True)
class Proof:
    """``message``: the last that left and carried it; ``tick``: a person's; neither: the form that came along had it.

    ``justification`` is that of “Outros”.
    """

    action: str
    message: Message | None = None
    tick: ActionTick | None = None
    justification: str | None = None

    @property
    def unproven(self) -> bool:
        return self.message is None and self.tick is None


def of_actions(case: Case, sent: Sequence[Message], ticks: Mapping[str, ActionTick]) -> list[Proof]:
    """The ticked actions in the form's order. What a message proves nobody takes away."""
    carried = {offer["action"]: message for message in sent for offer in message.offers}
    offered = proven(offer for message in sent for offer in message.offers)
    found = []
    for action in ACTIONS:
        tick = ticks.get(action)
        by_hand = tick if tick is not None and tick.ticked else None
        if action in carried:
            told = offered.justification if action == OTHERS else None
            found.append(Proof(action, carried[action], by_hand, told))
        elif by_hand is not None:
            found.append(Proof(action, None, by_hand, by_hand.reason if action == OTHERS else None))
        elif action in case.actions_imported and tick is None:
            found.append(Proof(action))
    return found


def tick(session: Session, analyst: Analyst, case_id: int, action: str, reason: str, *, now: datetime) -> Case:
    """Tick an action by hand. The reason stands on the record; that of “Outros” is its justification on the form.

    Raises InvalidInput without a reason, Conflict on a closed case.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput("Escreva como foi ofertado: sem o motivo a ação não é marcada.")
    if len(reason) > LONGEST:
        raise InvalidInput(f"O motivo passa de {LONGEST} caracteres: resuma.")
    return _set(session, analyst, case_id, action, True, reason, now)


def untick(session: Session, analyst: Analyst, case_id: int, action: str, *, now: datetime) -> Case:
    """Take away what no message proves. Raises Conflict for what one does, and on a closed case."""
    return _set(session, analyst, case_id, action, False, "", now)


def _set(
    session: Session, analyst: Analyst, case_id: int, action: str, ticked: bool, reason: str, now: datetime
) -> Case:
    case = queries.case_for(session, case_id, analyst, lock=True)
    if case.closed_at is not None:
        raise Conflict("O caso está encerrado: reabra-o para mudar as ações.")
    if action not in ACTIONS:
        raise InvalidInput("Essa ação não existe no formulário: toque em uma das que estão na tela.")
    sent = queries.messages_of(session, case_id, LEFT_THE_HOUSE)
    if any(offer.get("action") == action for message in sent for offer in message.offers):
        raise Conflict("Uma mensagem que saiu prova esta ação: ela fica marcada.")
    assert analyst.id is not None
    session.add(
        ActionTick(case_id=case_id, action=action, ticked=ticked, reason=reason, analyst_id=analyst.id, created_at=now)
    )
    audit.record(session, analyst, "action_ticked" if ticked else "action_unticked", case, now=now, action_name=action)
    return case
