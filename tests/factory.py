"""Rows of invented people for tests, and a store that runs use-cases as the door does: whole or not at all."""

import contextlib
import functools
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Concatenate, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, event, func
from sqlmodel import Session, SQLModel, select

from bot.services import closing, gate, inbox, meta_templates
from bot.services.inbox import Filed
from bot.services.operation import Operation
from messages.calendar import WorkingHours
from messages.contracts import AtMeta, Incoming, Sender
from messages.identity import normalise_phone
from messages.statuses import ChannelName, Direction, MessageStatus, Outcome, Role, Settled
from messages.templates import EXAMPLE, Library
from storage.engine import connect
from storage.models import Analyst, Case, ClosingAnswer, Contact, Dentist, DentistAddress, FollowUp, InboxEvent, Message

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2023, 10, 30, 14, 0, tzinfo=UTC)  # 11:00 in São Paulo, a Monday
WALL = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # real time, of leases and backoff
LEASE = timedelta(seconds=60)
PHONE = "+5571980000017"

R = TypeVar("R")
Row = TypeVar("Row", bound=SQLModel)


@functools.cache
def engine_of(url: str) -> Engine:
    """One for all tests: each new one would compile every statement anew, and never let go of the result."""
    return connect(url)


class Store:
    """A database with shorthand: every call is a transaction of its own, what it returns stays readable."""

    def __init__(self, url: str) -> None:
        self.engine = engine_of(url)

    def do(self, use_case: Callable[Concatenate[Session, ...], R], *args: Any, now: datetime = NOW, **kwargs: Any) -> R:
        with Session(self.engine, expire_on_commit=False) as session:
            result = use_case(session, *args, now=now, **kwargs)
            session.commit()
            session.expunge_all()
            return result

    def add(self, row: Row) -> Row:
        with Session(self.engine, expire_on_commit=False) as session:
            session.add(row)
            session.commit()
            session.expunge_all()
            return row

    def get(self, model: type[Row], key: Any) -> Row:
        with Session(self.engine) as session:
            row = session.get_one(model, key)
            session.expunge_all()
            return row

    def all(self, model: type[Row], *where: Any) -> list[Row]:
        """In the order they were inserted."""
        with Session(self.engine) as session:
            rows = list(session.exec(select(model).where(*where).order_by(model.__table__.primary_key.columns[0])))  # type: ignore[attr-defined]
            session.expunge_all()
            return rows

    def count(self, model: type[SQLModel]) -> int:
        with Session(self.engine) as session:
            return session.exec(select(func.count()).select_from(model)).one()

    def update(self, row: Row, **changes: Any) -> Row:
        with Session(self.engine, expire_on_commit=False) as session:
            kept = session.merge(row)
            for name, value in changes.items():
                setattr(kept, name, value)
            session.commit()
            session.expunge_all()
            return kept

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The statements that are executed meanwhile."""
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(self.engine, "before_cursor_execute", note)

    def close(self) -> None:
        self.engine.dispose()


@functools.cache
def library() -> Library:
    return Library.packaged()


def approve_templates(store: Store) -> None:
    """As Meta would list them."""
    wholes = [t for t in library().values() if t.whole]
    listed = [
        AtMeta(t.whatsapp_name, meta_id=str(n), category=t.category, status="APPROVED", body=t.meta_body())
        for n, t in enumerate(wholes)
    ]
    store.do(meta_templates.ask_pull, None)
    store.do(meta_templates.claim_pull, wall=WALL - timedelta(days=1), lease=LEASE)
    store.do(meta_templates.pulled, listed, create_operation())


def as_template(key: str = "retomar") -> dict[str, Any]:
    """A message's fields that make it a whole text, with example values."""
    template = library()[key]
    return {
        "template_name": template.whatsapp_name,
        "template_parameters": template.parameters(EXAMPLE),
        "text": template.render(EXAMPLE),
    }


def create_operation(*, api_on: bool = True, undo: timedelta = timedelta(seconds=10)) -> Operation:
    hours = WorkingHours(time(8), time(18))
    return Operation("Sorriso Pleno", "71 98000-0001", "das 8h às 18h", ZONE, hours, undo, api_on, library())


def create_analyst(store: Store, name: str = "Ana Lima", role: Role = Role.ANALYST, **more: Any) -> Analyst:
    fields = {"telegram_user_id": 1000 + store.count(Analyst), "created_at": NOW} | more
    return store.add(Analyst(name=name, role=role, **fields))


def create_dentist(
    store: Store, name: str = "MARINA PRADO SERRA AZUL", phone: str | None = PHONE, **more: Any
) -> Dentist:
    fields = {"cro": str(90001 + store.count(Dentist)), "cro_uf": "BA", "treatment": "Dra.", "created_at": NOW} | more
    dentist = store.add(Dentist(name=name, **fields))
    if phone:
        create_address(store, dentist, phone)
    return dentist


def create_address(
    store: Store, dentist: Dentist, address: str, channel: ChannelName = ChannelName.WHATSAPP
) -> DentistAddress:
    assert dentist.id is not None
    return store.add(DentistAddress(dentist_id=dentist.id, channel=channel, address=address, created_at=NOW))


def create_case(store: Store, analyst: Analyst, dentist: Dentist | None = None, **more: Any) -> Case:
    dentist = dentist or create_dentist(store)
    fields = {
        "protocol": f"SAD{100000000000 + store.count(Case)}",
        "operator": "SORRISO PLENO",
        "uf": "BA",
        "city": "SALVADOR",
        "reasons_stated": ["Baixa Procura"],
        "opened_at": NOW,
        "last_touch_at": NOW,
    } | more
    return store.add(Case(dentist_id=dentist.id, analyst_id=analyst.id, **fields))


def close_case(
    store: Store, analyst: Analyst, case: Case, outcome: Outcome = Outcome.LEFT, *, now: datetime = NOW, **chosen: Any
) -> Case:
    """The case's end as `closing.close` makes it, whatever the gate finds: all of it was let stand beforehand.

    ``chosen``: the case's own fields.
    """
    op = create_operation()
    store.update(store.get(Case, case.id), **({"outcome": outcome, "protocol_required": False} | chosen))
    let_everything_stand(store, analyst, case, now=now)
    return store.do(closing.close, analyst, case.id, outcome, op, now=now)


def let_everything_stand(store: Store, analyst: Analyst, case: Case, *, now: datetime = NOW) -> None:
    """What the closing gate finds now is overruled, as rows alone tell."""
    for finding in store.do(gate.view, analyst, case.id, create_operation(), now=now).pending:
        store.add(
            ClosingAnswer(
                case_id=case.id,
                finding=finding.key,
                text=finding.text,
                how=Settled.OVERRULED,
                words="assim decidido",
                analyst_id=analyst.id,
                given_at=now,
            )
        )


def create_message(store: Store, case: Case, status: MessageStatus = MessageStatus.DRAFT, **more: Any) -> Message:
    fields = {
        "channel": ChannelName.WHATSAPP,
        "address": PHONE,
        "text": "Bom dia, Dra. Marina!",
        "idempotency_key": secrets.token_hex(8),
        "created_at": NOW,
    } | more
    return store.add(Message(case_id=case.id, analyst_id=case.analyst_id, status=status, **fields))


def create_contact(store: Store, case: Case | None, direction: Direction = Direction.IN, **more: Any) -> Contact:
    fields = {
        "channel": ChannelName.WHATSAPP,
        "occurred_at": NOW,
        "text": "Bom dia!",
        "external_id": f"wamid.{secrets.token_hex(6)}",
        "recorded_at": NOW,
    } | more
    return store.add(Contact(case_id=case.id if case else None, direction=direction, **fields))


def create_follow_up(store: Store, case: Case, due_at: datetime = NOW, **more: Any) -> FollowUp:
    fields = {"reason": "verificar a tabela", "nudge_at": due_at, "created_at": NOW} | more
    return store.add(FollowUp(case_id=case.id, analyst_id=case.analyst_id, due_at=due_at, **fields))


def named(value: object) -> str | None:
    """For a test's id: a file made just now differs from one process to the next, and would name another test."""
    return "file" if isinstance(value, bytes) else None


def create_update(store: Store, update_id: int = 1, lane: str = "chat:1", **more: Any) -> InboxEvent:
    fields = {"body": b"{}", "received_at": NOW} | more
    return store.add(InboxEvent(source=ChannelName.TELEGRAM, external_id=str(update_id), lane=lane, **fields))


def file_waiting(
    store: Store, numbers: Sequence[str] = (), limit: int = 200, *, now: datetime = NOW, **more: int
) -> Filed:
    """One batch of WhatsApp's bodies, read and filed as the worker does it."""
    read = store.do(inbox.read_waiting, numbers, limit, wall=WALL, now=now, **more)
    return store.do(inbox.file_whatsapp, read, now=now)


def incoming(text: str = "Bom dia!", *, phone: str | None = PHONE, bsuid: str | None = None, **more: Any) -> Incoming:
    """One message of a dentist, as the reader of webhooks gives it."""
    fields = {
        "channel": ChannelName.WHATSAPP,
        "external_id": f"wamid.{secrets.token_hex(6)}",
        "occurred_at": NOW,
        "kind": "text",
    } | more
    sender = Sender(
        phone=normalise_phone(phone) if phone else None, wa_id=phone[1:] if phone else None, bsuid=bsuid, name="Marina"
    )
    return Incoming(sender=sender, text=text, **fields)


# --- what Meta posts ---


def webhook(*values: dict[str, Any], number: str = "100000000000001") -> dict[str, Any]:
    """A body with one change for each value."""
    changes = [
        {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}} | v}
        for v in values
    ]
    return {"object": "whatsapp_business_account", "entry": [{"id": "200000000000002", "changes": changes}]}


def wa_message(
    wamid: str, text: str = "Bom dia!", wa_id: str = PHONE[1:], at: datetime = NOW, **more: Any
) -> dict[str, Any]:
    stamp = str(int(at.timestamp()))
    return {"id": wamid, "from": wa_id, "timestamp": stamp, "type": "text", "text": {"body": text}} | more


def wa_status(
    wamid: str, status: str, key: str | None = None, at: datetime = NOW, code: int | None = None
) -> dict[str, Any]:
    told: dict[str, Any] = {"id": wamid, "status": status, "timestamp": str(int(at.timestamp()))}
    if key is not None:
        told["biz_opaque_callback_data"] = key
    if code is not None:
        told["errors"] = [{"code": code, "title": "refused"}]
    return told
