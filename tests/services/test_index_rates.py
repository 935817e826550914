"""The stored index: sown, read on once a month or on demand; what differs is told and decided, never overwritten."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.clock import Clock
from bot.metrics import Metrics
from bot.runtime import Runtime
from bot.services import rates
from bot.services.operation import Operation, Operations
from bot.worker import Parts, Worker
from messages.errors import Conflict, NotAllowed
from messages.price_index import IPCA, Rate, shipped_rates
from storage.models import Analyst, AuditEntry, IndexDifference, IndexRate, IndexReading, Notification
from tests.factory import NOW, WALL, Store
from tests.publishers import OUTAGE, Wire

SEPTEMBER = datetime(2023, 10, 9, 15, 0, tzinfo=UTC)  # the first day on which September is to be out


def sown_until(store: Store, month: str) -> None:
    """As it stood before later months came out."""
    for rate in shipped_rates():
        if rate.month <= month:
            store.add(
                IndexRate(series=IPCA, month=rate.month, percent=rate.percent, source=rate.source, recorded_at=NOW)
            )


def is_due(store: Store, op: Operation, now: datetime = NOW, wall: datetime = WALL) -> bool:
    return store.do(rates.is_due, op, now=now, wall=wall)


def stored(store: Store, month: str) -> IndexRate:
    return store.get(IndexRate, (IPCA, month))


def test_the_programs_copy_is_sown_once_and_never_over_what_stands(store: Store) -> None:
    store.add(IndexRate(series=IPCA, month="2026-09", percent=Decimal("0.83"), source="BCB", recorded_at=NOW))
    assert store.do(rates.sow) == 560
    assert store.do(rates.sow) == 0
    assert stored(store, "2026-09").percent == Decimal("0.83")
    series = store.do(lambda session, now: rates.series(session))
    assert (series.first, series.last) == ("1980-01", "2026-09")
    assert series.between("2023-10", "2023-10")[0].read_on == NOW.date()


def test_the_sources_are_asked_once_a_month_that_ended_is_out(store: Store, op: Operation) -> None:
    sown_until(store, "2023-08")
    assert not is_due(store, op, SEPTEMBER - timedelta(days=1))
    assert is_due(store, op, SEPTEMBER)
    assert store.do(rates.begin, op, now=SEPTEMBER, wall=WALL) == ("2021-08", "2023-09")
    assert store.do(rates.begin, op, now=SEPTEMBER, wall=WALL) is None  # another process came second
    store.do(rates.failed, "BCB: resposta 500", now=SEPTEMBER)
    assert not is_due(store, op, SEPTEMBER, WALL + timedelta(hours=5))
    assert is_due(store, op, SEPTEMBER, WALL + timedelta(hours=6))
    store.do(rates.keep, [Rate("2023-09", Decimal("0.26"), "BCB, SGS 433")], now=SEPTEMBER)
    kept = stored(store, "2023-09")
    assert (kept.percent, kept.source, kept.recorded_at) == (Decimal("0.26"), "BCB, SGS 433", SEPTEMBER)
    assert not is_due(store, op, SEPTEMBER, WALL + timedelta(days=9))
    assert store.all(IndexReading)[0].error is None


def test_a_supervisor_has_them_asked_at_once_and_is_told_when_it_is_done(
    store: Store, op: Operation, supervisor: Analyst, analyst: Analyst
) -> None:
    store.do(rates.sow)
    with pytest.raises(NotAllowed):
        store.do(rates.ask, analyst)
    assert not is_due(store, op)
    store.do(rates.ask, supervisor)
    with pytest.raises(Conflict, match="já foi pedida"):
        store.do(rates.ask, supervisor)
    assert is_due(store, op)
    assert store.do(rates.begin, op, wall=WALL) == ("2021-09", "2023-09")
    assert not is_due(store, op, wall=WALL + timedelta(minutes=4))
    assert is_due(store, op, wall=WALL + timedelta(minutes=5))  # whoever took it on died
    store.do(rates.failed, "BCB, SGS 433: resposta 500 sem JSON")
    assert not is_due(store, op, wall=WALL + timedelta(days=1))
    told = store.all(Notification)
    assert [(n.analyst_id, n.kind, n.subject_id) for n in told] == [(supervisor.id, rates.NOTICE, 1)]
    assert store.do(rates.view, supervisor).reading.error == "BCB, SGS 433: resposta 500 sem JSON"


def test_a_figure_that_differs_is_told_once_and_replaces_nothing_until_somebody_decides(
    store: Store, supervisor: Analyst, analyst: Analyst
) -> None:
    store.do(rates.sow)
    differing = [Rate("2026-09", Decimal("0.85"), "BCB, SGS 433"), Rate("2026-08", Decimal("-0.32"), "BCB, SGS 433")]
    for _ in range(2):
        assert store.do(rates.keep, differing) == 0
    assert stored(store, "2026-09").percent == Decimal("0.82")
    (found,) = store.all(IndexDifference)
    assert [(n.analyst_id, n.kind) for n in store.all(Notification)] == [(supervisor.id, rates.DIFFERENCE)]
    assert store.do(rates.difference, supervisor, found.id).standing.percent == Decimal("0.82")
    for use_case in (rates.difference, rates.view):
        with pytest.raises(NotAllowed):
            store.do(use_case, analyst, *([found.id] if use_case is rates.difference else []))
    with pytest.raises(NotAllowed):
        store.do(rates.decide, analyst, found.id, True)
    store.do(rates.decide, supervisor, found.id, True)
    with pytest.raises(Conflict, match="já foi decidida"):
        store.do(rates.decide, supervisor, found.id, False)
    now_standing = stored(store, "2026-09")
    assert (now_standing.percent, now_standing.source) == (Decimal("0.85"), "BCB, SGS 433")
    assert store.do(rates.view, supervisor).differences == []
    told = store.all(AuditEntry)[-1]
    assert told.action == "index_decided" and told.detail["stood"] == "0.8200"


def test_what_a_supervisor_does_not_take_over_stays_out(store: Store, supervisor: Analyst) -> None:
    store.do(rates.sow)
    other = [Rate("2026-09", Decimal("0.85"), "IBGE, SIDRA 1737")]
    store.do(rates.keep, other)
    store.do(rates.decide, supervisor, store.all(IndexDifference)[0].id, False)
    store.do(rates.keep, other)
    assert (stored(store, "2026-09").percent, store.count(IndexDifference)) == (Decimal("0.82"), 1)


class Standing(Clock):
    async def now(self) -> datetime:
        return SEPTEMBER + timedelta(days=40)

    async def close(self) -> None: ...


@pytest.mark.parametrize("answers", [True, False])
async def test_the_worker_reads_the_publishers_and_stores_what_is_new(
    store: Store, op: Operation, database_url: str, answers: bool
) -> None:
    sown_until(store, "2023-08")
    async with Wire().serving() as wire:
        if not answers:
            wire.sgs = wire.sidra = OUTAGE
        rt, publishers = Runtime(database_url, Standing()), wire.publishers()
        parts = Parts(rates=publishers)
        lease = beat = timedelta(seconds=60)
        worker = Worker(rt, Operations(op), parts, Metrics(), send_lease=lease, beat=beat)
        assert await worker.read_index(publishers)
        assert not await worker.read_index(publishers)
        await publishers.close()
        await rt.close()
    series = store.do(lambda session, now: rates.series(session))
    reading = store.all(IndexReading)[0]
    if answers:
        assert (series.last, reading.error) == ("2023-10", None)
        assert stored(store, "2023-10").source == "BCB, SGS 433"
    else:
        assert series.last == "2023-08" and "resposta 500 sem JSON" in (reading.error or "")


async def test_who_must_stop_does_not_wait_for_a_publisher(store: Store, op: Operation, database_url: str) -> None:
    sown_until(store, "2023-08")
    async with Wire().serving() as wire:
        wire.hangs = {"sgs", "sidra"}
        rt, publishers = Runtime(database_url, Standing()), wire.publishers(patience=30)
        lease, beat = timedelta(seconds=60), timedelta(seconds=1)
        worker = Worker(rt, Operations(op), Parts(rates=publishers), Metrics(), send_lease=lease, beat=beat)
        worker.start()
        while not wire.asked:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(worker.stop(), 5)
        await publishers.close()
        await rt.close()
