"""How cases stand when something is about to leave for their dentists: the facts that the policy judges."""

from collections.abc import Iterable

from sqlmodel import Session, and_, col, or_, select
from unidecode import unidecode

from messages.policy import Standing
from storage.models import Case, Dentist, Rule


def standings(session: Session, case_ids: Iterable[int]) -> dict[int, Standing]:
    """The standing of many cases in two questions."""
    rows = session.exec(
        select(Case, Dentist).join(Dentist, col(Case.dentist_id) == Dentist.id).where(col(Case.id).in_(set(case_ids)))
    ).all()
    barred = _barred(session, [case for case, _ in rows])
    return {
        case.id: Standing(case.closed_at is not None, dentist.opted_out_at, barred.get(case.id), case.window_since)
        for case, dentist in rows
        if case.id is not None
    }


def standing_of(session: Session, case: Case) -> Standing:
    assert case.id is not None
    return standings(session, [case.id])[case.id]


def _barred(session: Session, cases: Iterable[Case]) -> dict[int, str]:
    """The reason of a do-not-contact rule for the case's dentist, city or whole UF."""
    cases = list(cases)
    rules = session.exec(
        select(Rule).where(
            col(Rule.ended_at).is_(None),
            col(Rule.no_contact),
            or_(
                col(Rule.dentist_id).in_({c.dentist_id for c in cases}),
                and_(col(Rule.dentist_id).is_(None), col(Rule.uf).in_({c.uf for c in cases if c.uf})),
            ),
        )
    ).all()
    return {c.id: rule.reason for c in cases for rule in rules if c.id is not None and _covers(rule, c)}


def _covers(rule: Rule, case: Case) -> bool:
    if rule.dentist_id is not None:
        return rule.dentist_id == case.dentist_id
    return rule.uf == case.uf and (rule.city is None or _plain(rule.city) == _plain(case.city or ""))


def _plain(city: str) -> str:
    return " ".join(unidecode(city).upper().split())
