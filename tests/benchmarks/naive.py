"""What a user would build instead: Starlette, SQLModel, one commit a message; the same rows, nothing left out.

DATABASE_URL=… HTTP_PORT=… WHATSAPP_APP_SECRET=… python -m tests.benchmarks.naive
"""

import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from typing import Any

import uvicorn
from sqlalchemy import event
from sqlmodel import Session, col, select
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from messages.identity import normalise_phone
from messages.statuses import ChannelName, Direction
from storage.engine import connect, is_sqlite
from storage.models import Case, Contact, DentistAddress, InboxEvent, Notification

THREADS = 40  # that Starlette runs handlers in
ENGINE = connect(os.environ["DATABASE_URL"], pool_size=THREADS)
SECRET = os.environ["WHATSAPP_APP_SECRET"].encode()

if is_sqlite(ENGINE):

    @event.listens_for(ENGINE, "connect")
    def be_patient(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 30000")


def store(body: bytes) -> None:
    """The raw event, and each message with its case's figures and the notice for its analyst."""
    now = datetime.now(UTC)
    with Session(ENGINE) as session:
        session.add(InboxEvent(source=ChannelName.WHATSAPP, body=body, received_at=now, filed_at=now))
        for entry in json.loads(body)["entry"]:
            for change in entry["changes"]:
                for message in change["value"].get("messages", ()):
                    file(session, message, now)
        session.commit()


def file(session: Session, message: dict[str, Any], now: datetime) -> None:
    known = select(Contact).where(Contact.channel == ChannelName.WHATSAPP, Contact.external_id == message["id"])
    if session.exec(known).first() is not None:
        return
    address = normalise_phone("+" + message["from"])
    case = session.exec(
        select(Case)
        .join(DentistAddress, col(DentistAddress.dentist_id) == Case.dentist_id)
        .where(DentistAddress.channel == ChannelName.WHATSAPP, DentistAddress.address == address)
        .with_for_update(of=Case)
    ).first()
    said_at = datetime.fromtimestamp(int(message["timestamp"]), UTC)
    contact = Contact(
        case_id=case.id if case else None,
        channel=ChannelName.WHATSAPP,
        direction=Direction.IN,
        external_id=message["id"],
        occurred_at=said_at,
        address=address,
        text=message["text"]["body"],
        recorded_at=now,
    )
    session.add(contact)
    if case is None:
        return
    case.unread += 1
    case.last_in_at = case.window_since = case.last_touch_at = said_at
    session.flush()
    key = f"reply:{case.id}"
    mine = select(Notification).where(Notification.analyst_id == case.analyst_id, Notification.key == key)
    notice = session.exec(mine).first()
    if notice is None:
        notice = Notification(
            analyst_id=case.analyst_id, key=key, kind="reply", case_id=case.id, created_at=now, due_at=now
        )
    notice.subject_id, notice.due_at, notice.version = contact.id, now, notice.version + 1
    session.add(notice)


async def receive(request: Request) -> Response:
    body = await request.body()
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
        return Response(status_code=401)
    await run_in_threadpool(store, body)
    return Response(status_code=200)


async def health(_: Request) -> Response:
    return Response(status_code=200)


app = Starlette(routes=[Route("/webhooks/whatsapp", receive, methods=["POST"]), Route("/healthz", health)])

if __name__ == "__main__":
    port = int(os.environ["HTTP_PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")
