"""One poisonous body is set aside by the worker; all the others are filed."""

import json
from datetime import timedelta

import structlog.testing

from bot.clock import LocalClock
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.services import inbox
from bot.services.inbox import Raw
from bot.services.operation import Operation, Operations
from bot.worker import Parts, Worker
from messages.statuses import ChannelName, MessageStatus
from storage.models import Analyst, Contact, InboxEvent
from tests.factory import Store, create_case, create_message, wa_message, wa_status, webhook


async def test_a_poisonous_body_is_set_aside_and_the_others_are_filed(
    store: Store, analyst: Analyst, op: Operation, database_url: str
) -> None:
    case = create_case(store, analyst)
    create_message(store, case, MessageStatus.ACCEPTED, external_id="wamid.S")
    create_message(store, case, MessageStatus.SENDING, idempotency_key="k")
    bodies = [
        webhook({"messages": [wa_message("wamid.1")]}),
        webhook({"statuses": [wa_status("wamid.S", "failed", "k")]}),  # one message of ours under the id of another
        webhook({"messages": [wa_message("wamid.2")]}),
    ]
    rt, metrics = Runtime(database_url, LocalClock()), Metrics()
    await rt.write(inbox.receive, [Raw(ChannelName.WHATSAPP, json.dumps(b).encode()) for b in bodies])
    lease, beat = timedelta(seconds=60), timedelta(seconds=1)
    worker = Worker(rt, Operations(op), Parts(), metrics, send_lease=lease, beat=beat)
    with structlog.testing.capture_logs() as told:
        assert await worker.file_replies()
        assert not await worker.file_replies()
    events = [entry["event"] for entry in told if entry["event"] != "clash"]  # PostgreSQL's, tried again in vain
    assert events == ["filing_batch_failed", "filing_failed"]
    await rt.close()
    assert [c.external_id for c in store.all(Contact)] == ["wamid.1", "wamid.2"]
    good, bad, better = store.all(InboxEvent)
    assert good.filed_at and better.filed_at and not bad.filed_at
    assert (bad.attempts, bad.parked_at) == (1, None) and bad.lease_until
    assert b"retencao_inbox_filed_total 2.0" in metrics.text()
