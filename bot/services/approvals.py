"""What supervisors are asked to allow: asked with a reason, decided by somebody else, recorded on the case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from bot.services import audit, closing, dentists, gate, notes, notices, readjustments
from bot.services.operation import Operation
from bot.services.permission import only_supervisors
from bot.services.standing import rules_for, told
from messages.errors import Conflict, InvalidInput, NotFound
from messages.statuses import ApprovalKind, Outcome, Role, Settled
from storage import queries
from storage.models import Analyst, Approval, Case, Dentist, Readjustment, Rule

LONGEST = 600  # characters of a reason


@dataclass(frozen=True, slots=True)
class View:
    """All that an approval's screen shows. ``may_decide``: whoever looks."""

    approval: Approval
    case: Case
    dentist: Dentist
    rule: Rule | None
    asked_by: str
    decided_by: str | None
    may_decide: bool
    readjustment: Readjustment | None = None


def ask_exception(session: Session, analyst: Analyst, case_id: int, reason: str, *, now: datetime) -> Approval:
    """That the first rule in a case's way does not hold for it. Raises Conflict where none is."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    rule = next(iter(rules_for(session, [case]).get(case_id, [])), None)
    if rule is None:
        raise Conflict("Nenhuma regra impede este caso: não é preciso pedir exceção.")
    return _ask(session, analyst, ApprovalKind.EXCEPTION, case, reason, now, rule_id=rule.id)


def ask_contact(session: Session, analyst: Analyst, case_id: int, reason: str, *, now: datetime) -> Approval:
    """That a dentist who asked for no messages may be written to. Raises Conflict where nothing bars."""
    case = queries.case_for(session, case_id, analyst, lock=True)
    if queries.dentist_of(session, case).opted_out_at is None:
        raise Conflict("Este dentista não está bloqueado: não é preciso pedir autorização.")
    return _ask(session, analyst, ApprovalKind.CONTACT, case, reason, now)


def ask_readjustment(session: Session, analyst: Analyst, readjustment_id: int, *, now: datetime) -> Approval:
    """That these figures may be presented to the dentist. Raises Conflict where they hold no more, or were refused."""
    found = readjustments.readjustment_for(session, readjustment_id, analyst)
    case = readjustments.open_case(session, found.case_id, analyst)
    session.refresh(found)
    if found.voided_at is not None:
        raise Conflict(readjustments.OUTDATED)
    decided = select(Approval).where(Approval.readjustment_id == found.id, col(Approval.decided_at).is_not(None))
    if session.exec(decided).first() is not None:
        raise Conflict("A supervisão já decidiu estes valores: para outros, mude o cálculo.")
    figures = readjustments.told(found)
    return _ask(session, analyst, ApprovalKind.READJUSTMENT, case, figures, now, readjustment_id=found.id)


def ask_overrule(
    session: Session, analyst: Analyst, case_id: int, key: str, reason: str, op: Operation, *, now: datetime
) -> Approval:
    """That the case may end in spite of what the closing gate found. Raises NotFound once that is settled."""
    case = gate.still_open(session, analyst, case_id)
    finding = gate.judged(session, analyst, case, op, now).finding(key)
    what = {"finding": finding.key, "found": f"Pendência: {finding.text}"}
    return _ask(session, analyst, ApprovalKind.OVERRULE, case, reason, now, **what)


def ask_closing(
    session: Session, analyst: Analyst, case_id: int, outcome: Outcome, op: Operation, *, now: datetime
) -> Approval:
    """That the case ends as it stands. Raises as `closing.close`."""
    case = gate.still_open(session, analyst, case_id)
    closing.check_ready(session, analyst, case, outcome, op, now=now)
    ready = "O caso está pronto."
    return _ask(session, analyst, ApprovalKind.CLOSING, case, ready, now, found=closing.told(case))


def _ask(
    session: Session,
    analyst: Analyst,
    kind: ApprovalKind,
    case: Case,
    reason: str,
    now: datetime,
    **about: Any,
) -> Approval:
    """``about``: the columns that tell what exactly is asked for, and what a supervisor is to look at."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput("Escreva o motivo: a supervisão decide por ele.")
    if len(reason) > LONGEST:
        raise InvalidInput(f"O motivo passa de {LONGEST} caracteres: resuma.")
    assert case.id is not None and analyst.id is not None
    same = select(Approval).where(
        Approval.kind == kind,
        Approval.case_id == case.id,
        Approval.rule_id == about.get("rule_id"),
        Approval.finding == about.get("finding"),
        col(Approval.decided_at).is_(None),
    )
    if session.exec(same).first() is not None:
        raise Conflict("Este pedido já está com a supervisão: aguarde a decisão.")
    approval = Approval(kind=kind, case_id=case.id, asked_by=analyst.id, reason=reason, asked_at=now, **about)
    session.add(approval)
    session.flush()
    audit.record(session, analyst, "approval_asked", approval, now=now, case=case.id)
    others = [a for a in queries.active_analysts(session, role=Role.SUPERVISOR) if a.id != analyst.id]
    if not others:
        raise Conflict("Não há outra pessoa da supervisão para decidir: convide alguém em /equipe.")
    _show(session, approval, [analyst.id, *(a.id for a in others if a.id is not None)], now)
    return approval


def decide(
    session: Session,
    analyst: Analyst,
    approval_id: int,
    granted: bool,
    op: Operation,
    items: list[str] | None = None,
    *,
    now: datetime,
) -> Approval:
    """``items``: what of a readjustment is granted; None: all of it.

    Raises NotAllowed, NotFound, Conflict for one's own request, for what is decided already, and for a case that cannot
    end any more as it was to.
    """
    only_supervisors(analyst)
    approval = session.exec(select(Approval).where(Approval.id == approval_id).with_for_update()).first()
    if approval is None:
        raise NotFound("Não encontrei este pedido.")
    if approval.decided_at is not None:
        if approval.granted is None:
            raise Conflict("Os valores mudaram depois deste pedido, que perdeu o efeito.")
        by = queries.names_of(session, {approval.decided_by or 0}).get(approval.decided_by or 0, "outra pessoa")
        raise Conflict(f"Este pedido já foi decidido por {by}.")
    if approval.asked_by == analyst.id:
        raise Conflict("Outra pessoa da supervisão decide o que você mesmo pediu.")
    approval.granted, approval.decided_by, approval.decided_at = granted, analyst.id, now
    session.add(approval)
    if granted:
        _apply(session, analyst, approval, op, items, now)
    session.flush()
    audit.record(session, analyst, "approval_decided", approval, now=now, granted=granted)
    _show(session, approval, notices.people_with(session, _key(approval)), now)
    return approval


def _apply(
    session: Session, analyst: Analyst, approval: Approval, op: Operation, items: list[str] | None, now: datetime
) -> None:
    """What was granted takes effect, and stands on the case."""
    case = session.exec(select(Case).where(Case.id == approval.case_id).with_for_update()).one()
    match approval.kind:
        case ApprovalKind.OVERRULE:
            found = (approval.found or "").removeprefix("Pendência: ")
            gate.settle(session, case, analyst, approval.finding or "", found, Settled.OVERRULED, approval.reason, now)
        case ApprovalKind.CLOSING:
            closing.sign_off(session, analyst, approval.case_id, approval.found or "", op, now=now)
        case ApprovalKind.READJUSTMENT:
            worked_out = session.get_one(Readjustment, approval.readjustment_id, populate_existing=True)
            readjustments.grant(session, worked_out, items)
            words = f"Reajuste autorizado por {analyst.name}: {readjustments.told(worked_out, worked_out.granted)}"
            notes.noted(session, case, analyst, words, now)
        case ApprovalKind.CONTACT:
            dentists.resume(session, case.dentist_id, now=now)
            words = f"Autorizado voltar a escrever ao dentista, por {analyst.name}: {approval.reason}"
            notes.noted(session, case, analyst, words, now)
        case ApprovalKind.EXCEPTION:
            rule = session.get_one(Rule, approval.rule_id)
            words = f"Exceção à regra “{told(rule)}”, autorizada por {analyst.name}: {approval.reason}"
            notes.noted(session, case, analyst, words, now)


def queue(session: Session, analyst: Analyst, limit: int, *, now: datetime) -> tuple[list[View], int]:
    """What waits for a decision, the oldest first, and how much in all. Raises NotAllowed."""
    only_supervisors(analyst)
    rows = session.execute(
        sa_select(Approval, Case, Dentist, Rule, col(Analyst.name))
        .join(Case, col(Approval.case_id) == Case.id)
        .join(Dentist, col(Case.dentist_id) == Dentist.id)
        .join(Analyst, col(Approval.asked_by) == Analyst.id)
        .join(Rule, col(Approval.rule_id) == Rule.id, isouter=True)
        .where(col(Approval.decided_at).is_(None))
        .order_by(col(Approval.asked_at), col(Approval.id))
        .limit(limit)
    )
    found = [View(a, c, d, r, name, None, a.asked_by != analyst.id) for a, c, d, r, name in rows]
    return found, count(session)


def count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Approval).where(col(Approval.decided_at).is_(None))).one()


def view(session: Session, analyst: Analyst, approval_id: int, *, now: datetime) -> View:
    """For supervisors and whoever may see the case. Raises NotFound."""
    approval = session.get(Approval, approval_id)
    if approval is None:
        raise NotFound("Não encontrei este pedido.")
    case = queries.case_for(session, approval.case_id, analyst)
    names = queries.names_of(session, {approval.asked_by, approval.decided_by or 0})
    return View(
        approval,
        case,
        queries.dentist_of(session, case),
        session.get(Rule, approval.rule_id) if approval.rule_id is not None else None,
        names.get(approval.asked_by, ""),
        names.get(approval.decided_by or 0),
        analyst.role is Role.SUPERVISOR and approval.decided_at is None and approval.asked_by != analyst.id,
        session.get(Readjustment, approval.readjustment_id) if approval.readjustment_id is not None else None,
    )


def _show(session: Session, approval: Approval, people: list[int], now: datetime) -> None:
    """Whoever asked, and whoever decides, has it on a screen, which is drawn anew as decided."""
    key = _key(approval)
    touches = [notices.Touch(who, key, "approval", approval.case_id, approval.id) for who in people]
    notices.touch(session, touches, now=now)


def _key(approval: Approval) -> str:
    return f"approval:{approval.id}"
