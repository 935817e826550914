"""What can be said to a dentist now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.services import meta_templates, ways
from bot.services.facts import facts_of
from bot.services.operation import Operation
from bot.services.standing import why_barred
from messages.cadence import TEMPLATES, Step
from messages.offers import last_offered, short_name
from messages.policy import Whole, window_open
from messages.statuses import LEFT_THE_HOUSE, ChannelName
from messages.templates import Template
from storage import queries
from storage.models import Analyst, Case, Dentist, Message

FIRST, CLOSING = "primeiro_contato", "fechamento"  # what opens a conversation; what ends a composed message
QUICK = ("resposta_", "acompanhar_", "agradecimento")  # how the keys of texts begin that answer, and offer nothing


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be said to a dentist now, and what cannot for lack of facts."""

    case: Case
    dentist: Dentist
    window: bool  # free text goes over the API
    api: bool  # the API is on and the dentist has a number
    telegram: bool  # the dentist wrote last there: what is written goes there
    offers: list[Template]
    wholes: list[Template]
    at_meta: Mapping[str, Whole]  # key of a whole text → whether Meta takes it
    offered: dict[str, datetime]  # key of a block → when what it offers was delivered last
    scheduled: Message | None  # what leaves next for this dentist
    barred: str | None  # why nothing may be written at all

    @property
    def sendable(self) -> list[Template]:
        """The whole texts that may leave now: on Telegram all of them, over WhatsApp's API what Meta takes."""
        if self.telegram:
            return self.wholes
        return [t for t in self.wholes if self.api and self.at_meta[t.key].problem is None]

    @property
    def answers(self) -> list[Template]:
        """The quick replies."""
        return [t for t in self.offers if t.key.startswith(QUICK) and not t.offers]


def choice_of(session: Session, analyst: Analyst, case_id: int, op: Operation, *, now: datetime) -> Choice:
    """Which blocks and whole templates the facts of the case allow."""
    case = queries.case_for(session, case_id, analyst)
    facts = facts_of(session, case, analyst, op, now=now)
    usable = [t for t in op.library.values() if not t.missing(facts)]
    blocks = [t for t in usable if not t.whole]
    wholes = [t for t in usable if t.whole and (t.key == FIRST) == (case.first_out_at is None)]
    judged = meta_templates.judge(session, [(t.whatsapp_name, t.render(facts), t.parameters(facts)) for t in wholes])
    return Choice(
        case,
        queries.dentist_of(session, case),
        window_open(case.window_since, now),
        op.api_on and queries.address_of(session, case, ChannelName.WHATSAPP) is not None,
        ways.answering_chat(session, case) is not None,
        blocks,
        wholes,
        {t.key: whole for t, whole in zip(wholes, judged, strict=True)},
        _offered(session, case, blocks),
        next((m for m in queries.unsettled_messages(session, case_id) if m.put_off and m.due_at), None),
        why_barred(session, case, now=now),
    )


def fitting(choice: Choice, offers: Sequence[Mapping[str, str | None]]) -> Template | None:
    """The approved whole text that says most of what was to be offered, and least else; where several do, the one that
    just resumes the talk. That a case is about to end is said by nobody's default."""
    wanted = {(offer["action"], offer["justification"]) for offer in offers}

    def fits(template: Template) -> tuple[int, int, bool]:
        offered = {(o.action, o.justification) for o in template.offers}
        return len(wanted & offered), -len(offered - wanted), template.key == TEMPLATES[Step.AGAIN]

    return max((t for t in choice.sendable if t.key != TEMPLATES[Step.WARNING]), key=fits, default=None)


def _offered(session: Session, case: Case, blocks: Sequence[Template]) -> dict[str, datetime]:
    """When what each block offers was delivered last in the case."""
    sent = queries.messages_of(session, case.id or 0, LEFT_THE_HOUSE)
    moments = last_offered((m.sent_at or m.created_at, m.offers) for m in sent)
    found = {t.key: [moments.get(short_name(o.action, o.justification)) for o in t.offers] for t in blocks}
    return {key: max(at for at in some if at) for key, some in found.items() if any(some)}
