"""What is left when everything but the work is taken away: raw ASGI, the plain driver, one transaction for whatever
came while the last one ran; the same rows. It judges nothing: no quarantine, no opt-out, no edit, no poisoned body.

    DATABASE_URL=… HTTP_PORT=… WHATSAPP_APP_SECRET=… python -m tests.benchmarks.limit
"""

import asyncio
import hashlib
import hmac
import json
import os
import re
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

import psycopg
import uvicorn

SECRET = os.environ["WHATSAPP_APP_SECRET"].encode()
Parameters = dict[str, Any]
Lot = tuple[str, list[Parameters]]  # a statement, and what it is executed with

EVENT = """INSERT INTO inbox_event (source, lane, body, received_at, filed_at, attempts)
           VALUES ('whatsapp', '', %(body)s, %(now)s, %(now)s, 0)"""
CONTACT = """INSERT INTO contact (case_id, channel, direction, external_id, occurred_at, day_only, undated, imported,
                 author, address, kind, text, past, opens_window, media, recorded_at)
             VALUES (%(case_id)s, 'whatsapp', 'in', %(wamid)s, %(at)s, %(no)s, %(no)s,
                 %(no)s, %(author)s, %(address)s, 'text', %(text)s, %(no)s, %(yes)s, '{}', %(now)s)
             ON CONFLICT DO NOTHING"""
CASE = """UPDATE "case" SET unread = unread + 1, last_in_at = %(at)s, window_since = %(at)s, last_touch_at = %(at)s,
              cadence_at = NULL
          WHERE id = %(case_id)s"""
NOTICE = """INSERT INTO notification (analyst_id, key, kind, case_id, version, created_at, due_at, attempts)
            VALUES (%(analyst_id)s, %(key)s, 'reply', %(case_id)s, 1, %(now)s, %(now)s, 0)
            ON CONFLICT (analyst_id, key) DO UPDATE SET version = notification.version + 1, due_at = excluded.due_at,
                sent_at = NULL"""
WHOSE = """SELECT address, "case".id, analyst_id FROM dentist_address
           JOIN "case" ON "case".dentist_id = dentist_address.dentist_id WHERE closed_at IS NULL"""


class Database(Protocol):
    def read(self) -> list[Any]: ...
    def write(self, lots: Iterable[Lot]) -> None: ...


class SQLite:
    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    def read(self) -> list[Any]:
        return self._connection.execute(WHOSE).fetchall()

    def write(self, lots: Iterable[Lot]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for statement, rows in lots:
            self._connection.executemany(_for_sqlite(statement), rows)
        self._connection.execute("COMMIT")


@cache
def _for_sqlite(statement: str) -> str:
    return re.sub(r"%\((\w+)\)s", r":\1", statement)


class PostgreSQL:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def read(self) -> list[Any]:
        return self._connection.execute(WHOSE).fetchall()

    def write(self, lots: Iterable[Lot]) -> None:
        with self._connection.pipeline(), self._connection.transaction(), self._connection.cursor() as cursor:
            for statement, rows in lots:
                cursor.executemany(statement, rows)


class App:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._whose = {address: (case_id, owner) for address, case_id, owner in database.read()}
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status = 200
        if scope["method"] == "POST":
            given = next((value for name, value in scope["headers"] if name == b"x-hub-signature-256"), b"").decode()
            if hmac.compare_digest(given, "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()):
                await self._keep(body)
            else:
                status = 401
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def _keep(self, body: bytes) -> None:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((body, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._commit, [body for body, _ in batch])
            for _, done in batch:
                done.set_result(None)
        self._writing = None

    def _commit(self, bodies: list[bytes]) -> None:
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
        rows = [row for body in bodies for row in self._rows(json.loads(body), now)]
        events = [{"body": body, "now": now} for body in bodies]
        self._database.write(((EVENT, events), (CONTACT, rows), (CASE, rows), (NOTICE, rows)))

    def _rows(self, told: dict[str, Any], now: str) -> Iterable[Parameters]:
        for entry in told["entry"]:
            for change in entry["changes"]:
                for message in change["value"].get("messages", ()):
                    number = "+" + message["from"]
                    address = number if number in self._whose else number[:5] + "9" + number[5:]
                    case_id, analyst_id = self._whose[address]
                    at = datetime.fromtimestamp(int(message["timestamp"]), UTC).replace(tzinfo=None).isoformat(" ")
                    yield {
                        "case_id": case_id,
                        "analyst_id": analyst_id,
                        "wamid": message["id"],
                        "at": at,
                        "now": now,
                        "address": address,
                        "author": "",
                        "text": message["text"]["body"],
                        "key": f"reply:{case_id}",
                        "no": False,
                        "yes": True,
                    }


def database(url: str) -> Database:
    return SQLite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else PostgreSQL(url)


if __name__ == "__main__":
    app, port = App(database(os.environ["DATABASE_URL"])), int(os.environ["HTTP_PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, lifespan="off")
