"""What a supervisor sets for the operation holds from the next entry on, in every process, and can be told later."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import structlog.testing

from bot.clock import LocalClock
from bot.handlers.followups import read_when
from bot.runtime import Runtime
from bot.services import day, drafts, issuing, settings
from bot.services.facts import facts_of
from bot.services.operation import Operation, Operations
from messages.calendar import WorkingHours, show_moment
from messages.errors import Conflict, InvalidInput, NotAllowed, NotFound
from messages.facts import fact
from messages.operation import SETTINGS
from messages.statuses import Direction, Worklist
from storage.models import Analyst, AuditEntry, OperationSetting
from tests.factory import NOW, Store, create_case, create_contact, create_operation


def now_in(store: Store, operations: Operations) -> Operation:
    return store.do(lambda session, *, now: operations.current(session))


def test_the_environment_holds_until_a_supervisor_changes_it(store: Store, supervisor: Analyst, op: Operation) -> None:
    operations = Operations(op)
    assert now_in(store, operations) is op
    store.do(settings.change, supervisor, "hours", "9h às 17h")
    store.do(settings.change, supervisor, "name", "Sorriso Novo")
    changed = now_in(store, operations)
    assert (changed.hours, changed.name) == (WorkingHours(time(9), time(17)), "Sorriso Novo")
    assert now_in(store, operations) is changed
    store.do(settings.reset, supervisor, "hours")
    assert now_in(store, operations).hours == op.hours


def test_another_process_follows_the_rows(store: Store, supervisor: Analyst, op: Operation) -> None:
    one, other = Operations(op), Operations(op)
    assert now_in(store, other).undo == timedelta(seconds=10)
    store.do(settings.change, supervisor, "undo", "30")
    assert now_in(store, one).undo == now_in(store, other).undo == timedelta(seconds=30)


def test_each_value_tells_where_it_comes_from(store: Store, supervisor: Analyst, op: Operation) -> None:
    operations = Operations(op)
    store.do(settings.change, supervisor, "support_phone", "0800 000 0000")
    store.do(settings.change, supervisor, "support_phone", "nenhum")
    value = store.do(settings.value, supervisor, "support_phone", operations)
    assert (value.shown, value.base, value.by) == ("nenhum", "71 98000-0001", "Sofia Matos")
    values = store.do(settings.overview, supervisor, operations)
    assert [v.key for v in values] == list(SETTINGS)
    assert [v.key for v in values if v.changed] == ["support_phone"]
    store.do(settings.reset, supervisor, "support_phone")
    value = store.do(settings.value, supervisor, "support_phone", operations)
    assert (value.shown, value.changed) == ("71 98000-0001", None)
    told = store.do(settings.history, supervisor, "support_phone", None, 2)
    assert [(row.value, by) for row, by in told] == [(None, "Sofia Matos"), ("", "Sofia Matos")]
    older = store.do(settings.history, supervisor, "support_phone", told[-1][0].version, 2)
    assert [row.value for row, _ in older] == ["0800 000 0000"]
    audited = [(a.action, a.detail) for a in store.all(AuditEntry)]
    changed, reset = ("setting_changed", {"key": "support_phone"}), ("setting_reset", {"key": "support_phone"})
    assert audited == [changed, changed, reset]


def test_what_cannot_be_used_changes_nothing(store: Store, supervisor: Analyst) -> None:
    with pytest.raises(InvalidInput, match="de 1 a 60"):
        store.do(settings.change, supervisor, "still_days", "0")
    with pytest.raises(NotFound):
        store.do(settings.change, supervisor, "api_on", "sim")
    with pytest.raises(Conflict, match="nada mudou"):
        store.do(settings.reset, supervisor, "undo")
    store.do(settings.change, supervisor, "undo", "20")
    with pytest.raises(Conflict, match="nada mudou"):
        store.do(settings.change, supervisor, "undo", " 20 ")
    assert store.count(OperationSetting) == 1


def test_only_supervisors_see_and_change(store: Store, analyst: Analyst, op: Operation) -> None:
    operations = Operations(op)
    for use_case, arguments in (
        (settings.overview, (operations,)),
        (settings.value, ("undo", operations)),
        (settings.change, ("undo", "0")),
        (settings.reset, ("undo",)),
        (settings.history, ("undo", None, 5)),
    ):
        with pytest.raises(NotAllowed):
            store.do(use_case, analyst, *arguments)
    assert store.count(OperationSetting) == 0


def test_a_value_that_is_no_longer_understood_gives_way_to_the_servers(
    store: Store, supervisor: Analyst, op: Operation
) -> None:
    row = {"version": 1, "analyst_id": supervisor.id, "created_at": NOW}
    store.add(OperationSetting(key="hours", value="sempre", **row))
    store.add(OperationSetting(key="gone", value="x", **row))
    with structlog.testing.capture_logs() as told:
        assert now_in(store, Operations(op)) == op
    assert [(entry["event"], entry["key"]) for entry in told] == [
        ("setting_not_used", "hours"),
        ("setting_not_used", "gone"),
    ]
    value = store.do(settings.value, supervisor, "hours", Operations(op))
    assert (value.shown, value.changed) == ("8h às 18h", None)


def test_days_off_are_nobodys_working_days(store: Store, analyst: Analyst, supervisor: Analyst, op: Operation) -> None:
    operations = Operations(op)
    store.do(settings.change, supervisor, "days_off", "31/10")
    changed = now_in(store, operations)
    evening = datetime(2023, 10, 30, 22, 0, tzinfo=UTC)
    assert changed.local(changed.next_working_moment(evening, "BA")).date() == date(2023, 11, 1)
    assert all(changed.local(at).date() != date(2023, 10, 31) for _, at in changed.suggestions(evening, "BA"))
    case = create_case(store, analyst)
    proposed = [fact(store.do(facts_of, case, analyst, o), "follow_up.proposed_day") for o in (op, changed)]
    assert proposed == ["quarta, 01/11", "sexta, 03/11"]  # and the 2nd is a holiday


def test_a_case_stands_still_after_as_many_days_as_were_set(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    quiet = NOW - timedelta(days=7)  # the Monday before: five working days
    create_case(store, analyst, first_out_at=quiet, last_out_at=quiet, last_touch_at=quiet)
    operations = Operations(op)
    store.do(settings.change, supervisor, "still_days", "8")
    later = NOW + timedelta(days=1)
    for given, still in ((op, 1), (now_in(store, operations), 0)):
        assert store.do(day.glance, analyst, given, now=later).counts[Worklist.STILL] == still


def test_messages_and_the_form_use_the_new_words(
    store: Store, analyst: Analyst, supervisor: Analyst, op: Operation
) -> None:
    operations = Operations(op)
    for key, typed in (("guide_term", "12 a 24 horas"), ("former_guide_term", "10 dias"), ("sender", "Credenciados")):
        store.do(settings.change, supervisor, key, typed)
    changed = now_in(store, operations)
    case = create_case(store, analyst)
    message = store.do(drafts.compose_draft, analyst, case.id, ["prazo_guias"], changed)
    assert "que era de 10 dias, agora é de 12 a 24 horas" in message.text
    create_contact(store, case, Direction.OUT, text="Bom dia, Dra. Marina!")
    form = store.do(issuing.of_case, analyst, case.id, changed).form
    assert "Credenciados - Sorriso Pleno: Bom dia" in form.contacts[0].notes


async def test_changes_at_the_same_moment_follow_one_another(
    store: Store, supervisor: Analyst, op: Operation, database_url: str
) -> None:
    rt = Runtime(database_url, LocalClock())
    typed = [str(seconds) for seconds in range(20, 23)]
    await asyncio.gather(*(rt.write(settings.change, supervisor, "undo", t) for t in typed))
    await rt.close()
    rows = store.all(OperationSetting)
    assert sorted(row.version for row in rows) == [1, 2, 3]
    last = max(rows, key=lambda row: row.version)
    assert now_in(store, Operations(op)).undo == timedelta(seconds=int(last.value or 0))


@pytest.mark.parametrize(
    "zone", [ZoneInfo(f"America/{name}") for name in ("Sao_Paulo", "Manaus", "Rio_Branco", "Noronha")], ids=str
)
def test_days_and_hours_are_those_of_the_operations_zone(zone: ZoneInfo) -> None:
    op = replace(create_operation(), zone=zone)
    monday = datetime(2023, 10, 30, 3, 0, tzinfo=zone)
    assert op.next_working_moment(monday.astimezone(UTC), "AC") == monday.replace(hour=8)
    moment, reason = read_when("sexta 14h ligar", op.local(monday.astimezone(UTC)), op, "AC")
    assert (moment, reason) == (datetime(2023, 11, 3, 14, 0, tzinfo=zone), "ligar")
    assert op.day_after(monday.date(), 1, "AC") == datetime(2023, 10, 31, tzinfo=zone)
    assert op.add_working_time(monday.astimezone(UTC), timedelta(hours=2), "AC") == monday.replace(hour=10)
    assert show_moment(moment, monday.astimezone(UTC), zone) == "sex., 03/11 às 14h"
