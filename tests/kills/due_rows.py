"""One of the processes of `test_due_rows`: does what is due until it is killed. What it sent stands in a file."""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.services import cadence, followups, notices, outbox
from messages.cadence import Step
from messages.contracts import SendResult, Verdict
from tests.factory import NOW, Store, create_operation

LEASE = timedelta(seconds=2)


def main(url: str, told: str) -> None:
    store = Store(url)
    op = replace(create_operation(undo=timedelta()), by_itself=(Step.FIRST,))
    out = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        wall = datetime.now(UTC)
        store.do(followups.nudge, 50, op)
        store.do(cadence.look, 20, op)
        for item in store.do(notices.claim, 1, nudges=True, now=NOW, wall=wall, lease=LEASE):
            os.write(out, f"notice {item.notice.subject_id}\n".encode())
            store.do(notices.delivered, item.notice.notification_id, item.version, item.notice.notification_id)
        for message in store.do(outbox.claim, 4, op, now=NOW, wall=wall, lease=LEASE):
            os.write(out, f"message {message.key} {message.to}\n".encode())
            sent = SendResult(Verdict.ACCEPTED, f"wamid.{message.key}")
            store.do(outbox.record, message.key, sent, wall=wall)
        store.do(outbox.give_up_on_the_silent, 20, wall=wall)


if __name__ == "__main__":
    main(*sys.argv[1:])
