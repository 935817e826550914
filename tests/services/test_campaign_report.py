"""A campaign as a spreadsheet: a row a person, how it stands with them, and nothing of what the reader does not see."""

import io
import tracemalloc
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlmodel import select, update

from bot.services import campaign_report, campaigns
from bot.services.operation import Operation
from messages import campaigns as words
from messages.campaign_sheet import COLUMNS, SITUATIONS, situation
from messages.errors import NotFound
from messages.statuses import Direction, MessageStatus
from storage.models import Analyst, AuditEntry, CampaignCase, Case, Contact, Message
from storage.upsert import insert_new
from tests.factory import NOW, Store, create_analyst, create_contact, create_follow_up, create_message
from tests.services.test_campaign_people import among_many, planned
from tests.services.test_campaign_runs import many, ready, running, silent

SENT_AT, LATER = NOW + timedelta(minutes=1, seconds=7), NOW + timedelta(hours=3)


def table(store: Store, reader: Analyst, campaign_id: int | None, op: Operation) -> list[dict[str, Any]]:
    """The rows, by their columns' titles."""
    book = openpyxl.load_workbook(io.BytesIO(store.do(campaign_report.report, reader, campaign_id, op)))
    titles, *rows = book["Pessoas"].iter_rows(values_only=True)
    assert list(titles) == [title for title, _ in COLUMNS]
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_each_person_is_a_row_with_how_it_stands_and_what_they_answered(
    store: Store, analyst: Analyst, op: Operation
) -> None:
    answered, failed, promised = (silent(store, analyst, n, dentist={"name": f"DENTISTA {n}"}) for n in range(3))
    create_follow_up(store, promised, NOW + timedelta(days=1))
    campaign = running(store, analyst, op)
    store.do(campaigns.feed, op)
    for message, status, why in zip(
        store.all(Message), (MessageStatus.READ, MessageStatus.FAILED), (None, "Este número não tem WhatsApp."),
        strict=True,
    ):  # fmt: skip
        store.update(message, status=status, status_at=LATER, sent_at=SENT_AT, error=why)
    create_contact(store, answered, Direction.IN, text="=SOMA(A1)\x0b sim", occurred_at=LATER)
    store.update(answered, last_in_at=LATER, unread=1)
    first, second, third = table(store, analyst, campaign.id, op)
    assert first == {
        "Protocolo": answered.protocol,
        "Dentista": "Dra. Dentista 0",
        "Cidade": "Salvador",
        "UF": "BA",
        "Com quem": "Ana Lima",
        "Situação": "respondeu",
        "Por quê": None,
        "Enviada em": datetime(2023, 10, 30, 11, 1),  # noqa: DTZ001  local, as a spreadsheet takes it
        "Situação desde": datetime(2023, 10, 30, 14, 0),  # noqa: DTZ001
        "Última resposta em": datetime(2023, 10, 30, 14, 0),  # noqa: DTZ001
        "Última resposta": "'=SOMA(A1) sim",
    }
    assert (second["Protocolo"], second["Situação"]) == (failed.protocol, "falhou")
    assert (second["Por quê"], second["Última resposta em"]) == ("Este número não tem WhatsApp.", None)
    assert (third["Situação"], third["Por quê"], third["Enviada em"]) == ("ficou de fora", words.PROMISED, None)


def test_every_status_has_its_word_and_an_answer_only_where_it_arrived() -> None:
    assert set(SITUATIONS) == set(MessageStatus)
    told = {status: situation(status, left_out=False, answered=True) for status in MessageStatus}
    assert [s for s in MessageStatus if told[s] == "respondeu"] == [
        MessageStatus.ACCEPTED, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.HANDED_OVER
    ]  # fmt: skip
    assert situation(None, left_out=False, answered=False) == "vai receber"


def test_of_a_case_that_became_somebody_elses_only_whose_it_is_is_told(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst, op: Operation
) -> None:
    case = silent(store, analyst, 1)
    campaign = ready(store, analyst, op)
    store.update(case, analyst_id=colleague.id)
    (row,) = table(store, analyst, campaign.id, op)
    assert {title: value for title, value in row.items() if value is not None} == {
        "Com quem": colleague.name, "Situação": "vai receber"
    }  # fmt: skip
    assert table(store, supervisor, campaign.id, op)[0]["Protocolo"] == case.protocol


def test_whoever_takes_it_is_noted_and_nobody_else_gets_it(
    store: Store, analyst: Analyst, colleague: Analyst, op: Operation
) -> None:
    silent(store, analyst, 1)
    campaign = ready(store, analyst, op)
    store.do(campaign_report.taken, analyst, campaign.id)
    with pytest.raises(NotFound):
        store.do(campaign_report.taken, colleague, campaign.id)
    with pytest.raises(NotFound):
        store.do(campaign_report.report, colleague, campaign.id, op)
    noted = [(a.analyst_id, a.subject) for a in store.all(AuditEntry) if a.action == "campaign_exported"]
    assert noted == [(analyst.id, f"campaign:{campaign.id}")]


def test_nobody_is_lost_between_two_chunks(
    store: Store, analyst: Analyst, op: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [silent(store, analyst, n) for n in range(5)]
    campaign = ready(store, analyst, op)
    monkeypatch.setattr(campaign_report, "CHUNK", 2)
    assert [row["Protocolo"] for row in table(store, analyst, campaign.id, op)] == [case.protocol for case in cases]


def test_a_chunk_is_found_by_an_index_in_its_order(store: Store, analyst: Analyst, op: Operation) -> None:
    campaign_id = among_many(store, analyst, op)
    plan = planned(store, "ORDER BY campaign_case.case_id", campaign_report.report, analyst, campaign_id, op)
    assert "uq_campaign_case" in plan or "sqlite_autoindex_campaign_case" in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan


@pytest.mark.long
def test_thousands_of_people_who_have_answered_take_the_memory_of_a_chunk(store: Store, op: Operation) -> None:
    analyst, number = create_analyst(store), 5_000
    store.do(many, analyst.id, number)
    campaign = running(store, analyst, op)
    said = create_contact(store, store.get(Case, 1), text="Pode mandar a tabela, por favor. " * 10)
    message = create_message(store, store.get(Case, 1), MessageStatus.READ, sent_at=NOW, status_at=LATER)
    store.do(_answered, campaign.id, message, said, number)
    tracemalloc.start()
    content = store.do(campaign_report.report, analyst, campaign.id, op)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = openpyxl.load_workbook(io.BytesIO(content), read_only=True)["Pessoas"].iter_rows(values_only=True)
    assert sum(row[5] == "respondeu" for row in rows) == number
    assert peak < 4_000_000  # as much as ten thousand take


def _answered(session: Any, campaign_id: int, message: Message, said: Contact, number: int, *, now: datetime) -> None:
    """As if all of it had left, and each had said this since."""
    for one, key in ((message, "idempotency_key"), (said, "external_id")):
        alike = one.model_dump(exclude={"id"})
        of_others = ({"case_id": n, key: f"alike-{n}"} for n in range(2, number + 1))
        insert_new(session, type(one), [alike | more for more in of_others])
    session.execute(update(Case).values(last_in_at=LATER))
    sent = select(Message.id).where(Message.case_id == CampaignCase.case_id).scalar_subquery()
    session.execute(update(CampaignCase).values(message_id=sent, excluded=None))
