"""How cases stand when something is about to leave for their dentists: the facts that the policy judges."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, and_, col, or_, select

from messages.places import same_city
from messages.policy import Standing, refusal
from messages.statuses import ChannelName
from storage import addresses
from storage.models import Approval, Case, Dentist, Rule


def standings(session: Session, case_ids: Iterable[int]) -> dict[int, Standing]:
    """The standing of many cases in a few questions."""
    rows = session.exec(
        select(Case, Dentist).join(Dentist, col(Case.dentist_id) == Dentist.id).where(col(Case.id).in_(set(case_ids)))
    ).all()
    rules = rules_for(session, [case for case, _ in rows])
    barred = {number: next((told(r) for r in some if r.no_contact), None) for number, some in rules.items()}
    chats = addresses.reachable_chats(session, {case.dentist_id for case, _ in rows})
    return {
        case.id: Standing(
            case.closed_at is not None,
            dentist.opted_out_at,
            barred.get(case.id),
            case.window_since,
            frozenset(chats.get(case.dentist_id, ())),
        )
        for case, dentist in rows
        if case.id is not None
    }


def standing_of(session: Session, case: Case) -> Standing:
    assert case.id is not None
    return standings(session, [case.id])[case.id]


def why_barred(session: Session, case: Case, channel: ChannelName = ChannelName.MANUAL, *, now: datetime) -> str | None:
    """Why nothing of one's own words may be said to the dentist: on any channel, or on this one besides."""
    return refusal(standing_of(session, case), channel, template=None, now=now)


def rules_for(session: Session, cases: Sequence[Case]) -> dict[int, list[Rule]]:
    """Case → the standing rules for its dentist, contract, city or whole UF, from which no exception was granted."""
    rules = session.exec(
        select(Rule)
        .where(
            col(Rule.ended_at).is_(None),
            or_(
                col(Rule.dentist_id).in_({c.dentist_id for c in cases}),
                col(Rule.contract).in_({c.contract for c in cases if c.contract}),
                and_(
                    col(Rule.dentist_id).is_(None),
                    col(Rule.contract).is_(None),
                    col(Rule.uf).in_({c.uf for c in cases if c.uf}),
                ),
            ),
        )
        .order_by(col(Rule.id))
    ).all()
    if not rules:
        return {}
    excepted = _excepted(session, cases)
    return {
        c.id: [r for r in rules if covers(r, c) and (c.id, r.id) not in excepted] for c in cases if c.id is not None
    }


def _excepted(session: Session, cases: Sequence[Case]) -> set[tuple[int | None, int | None]]:
    granted = select(Approval.case_id, Approval.rule_id).where(
        col(Approval.case_id).in_([c.id for c in cases]), col(Approval.granted).is_(True)
    )
    return set(session.exec(granted).all())


def covers(rule: Rule, case: Case) -> bool:
    if rule.dentist_id is not None:
        return rule.dentist_id == case.dentist_id
    if rule.contract is not None:
        return rule.contract == case.contract
    return rule.uf == case.uf and (rule.city is None or same_city(rule.city, case.city or ""))


def told(rule: Rule) -> str:
    """A rule's reason, with who instructed it."""
    return f"{rule.reason} (orientação de {rule.instructed_by})"
