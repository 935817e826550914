"""What a screen asks of the database does not grow with what there is: no question in a loop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.services import (
    approvals,
    byhand,
    campaign_people,
    campaign_report,
    campaigns,
    cases,
    day,
    next_up,
    panel,
    rules,
    searching,
    team,
)
from bot.services.operation import Operation
from messages.campaigns import RULE, STATUSES, CampaignStatus, Group, Wanted
from messages.periods import Period
from messages.statuses import ApprovalKind, ChannelName, Direction, MessageStatus, Role, Worklist
from storage.models import Analyst, Approval, Campaign, CampaignCase, Case, Rule
from tests.factory import (
    NOW,
    Store,
    create_analyst,
    create_case,
    create_contact,
    create_dentist,
    create_follow_up,
    create_message,
)

FEW, MANY = 2, 20  # of everything; a page shows eight. Another case that comes first may take one statement more
MOST = 20  # statements of one screen
LONG_AGO = NOW - timedelta(days=30)

Screen = Callable[[Store, Analyst, Operation, Case], Any]

SCREENS: dict[str, Screen] = {
    "home": lambda store, person, op, _: store.do(day.glance, person, op),
    "next": lambda store, person, op, _: store.do(next_up.next_up, person, op),
    "card": lambda store, person, _, case: store.do(cases.view, person, case.id),
    "team": lambda store, person, _, __: store.do(team.people, person),
    "rules": lambda store, person, _, __: store.do(rules.standing, person, 0, 8),
    "approvals": lambda store, person, _, __: store.do(approvals.queue, person, 8),
    "by hand": lambda store, person, _, __: store.do(byhand.left, person),
    "panel": lambda store, person, op, _: store.do(panel.everything, person, Period.ALL, op),
    "search by words": lambda store, person, _, __: store.do(searching.find, person, "tabela"),
    "search by name": lambda store, person, _, __: store.do(searching.find, person, "marina"),
    "campaigns": lambda store, person, op, _: store.do(campaigns.recent, person, None, 5, op),
    "campaign": lambda store, person, op, _: store.do(campaigns.view, person, latest(store), op),
    "campaign's spreadsheet": lambda store, person, op, _: store.do(campaign_report.report, person, latest(store), op),
    "campaign's places": lambda store, person, op, _: store.do(campaigns.places, person, Wanted(), op),
    "campaign's example": lambda store, person, op, _: store.do(campaign_people.example, person, latest(store), op),
    "search by number": lambda store, person, _, __: store.do(searching.find, person, "SAD100000000000"),
}
SCREENS |= {
    f"list of {which.value}": lambda store, person, op, _, which=which: store.do(day.page, person, which, op)
    for which in Worklist
}
SCREENS |= {
    f"campaign's {group.value}": lambda store, person, op, _, group=group: store.do(
        campaign_people.page, person, latest(store), group, RULE if group is Group.LEFT_OUT else None
    )
    for group in Group
}


def latest(store: Store) -> int | None:
    return store.all(Campaign)[-1].id


def fill(store: Store, analyst: Analyst, count: int) -> Case:
    """As many rows as this for each list, and as many of everything in the last case."""
    for _ in range(count):
        create_analyst(store, f"Pessoa {store.count(Analyst)}")
        create_case(store, analyst)  # untouched
        silent = {"first_out_at": LONG_AGO, "last_out_at": LONG_AGO, "last_touch_at": LONG_AGO}
        create_case(store, analyst, **silent)
        replied = create_case(store, analyst, unread=1, last_in_at=NOW, first_out_at=NOW)
        create_contact(store, replied, text="Vi a tabela")
        create_case(store, analyst, first_out_at=NOW, last_out_at=NOW)  # waiting
        for due in (NOW - timedelta(hours=1), NOW + timedelta(hours=1)):
            create_follow_up(store, create_case(store, analyst, **silent), due)
        barred = {"dentist_id": create_dentist(store).id, "no_contact": True}
        rule = store.add(Rule(reason="a pedido", instructed_by="Sofia", since=NOW, **barred))
        asked = {"kind": ApprovalKind.EXCEPTION, "case_id": replied.id, "asked_by": analyst.id, "rule_id": rule.id}
        store.add(Approval(reason="a clínica pediu", asked_at=NOW, **asked))
    case = create_case(store, analyst, unread=count, last_in_at=LONG_AGO, first_out_at=LONG_AGO)
    for number in range(count):
        create_contact(store, case, [Direction.IN, Direction.OUT][number % 2], text="A tabela, por favor")
        create_follow_up(store, case, NOW + timedelta(hours=number))
        for status in (MessageStatus.DRAFT, MessageStatus.UNKNOWN, MessageStatus.READ):
            create_message(store, case, status)
        create_message(store, case, MessageStatus.QUEUED, put_off=True, due_at=NOW + timedelta(days=1))
        create_message(store, case, channel=ChannelName.MANUAL, offered_at=NOW)
    campaign(store, analyst, count)
    return case


def campaign(store: Store, analyst: Analyst, count: int) -> None:
    """As many campaigns, the last with as many cases in each group; what was written to is a message that has left."""
    more = {"template_key": "retomar", "wanted": {}, "status": CampaignStatus.READY, "next_at": NOW, "created_at": NOW}
    rows = [store.add(Campaign(analyst_id=analyst.id, **more)) for _ in range(count)]
    spoken = {"first_out_at": LONG_AGO, "last_out_at": LONG_AGO, "last_in_at": NOW}
    for _ in range(count):
        theirs = [{}, {"excluded": RULE}]
        for statuses in STATUSES.values():
            message = create_message(store, create_case(store, analyst, **spoken), statuses[-1], sent_at=LONG_AGO)
            theirs.append({"message_id": message.id, "case_id": message.case_id})
        for one in theirs:
            case = {} if "case_id" in one else {"case_id": create_case(store, analyst, **spoken).id}
            store.add(CampaignCase(campaign_id=rows[-1].id, **case, **one))


@pytest.mark.parametrize("role", Role)
def test_no_screen_asks_more_when_there_is_more(store: Store, op: Operation, role: Role) -> None:
    asked: dict[str, list[int]] = {}
    for count in (FEW, MANY):
        person = create_analyst(store, f"Com {count}", role)
        case = fill(store, person, count)
        for name, screen in SCREENS.items():
            if role is Role.ANALYST and name in ("team", "rules", "approvals"):
                continue  # not theirs to see
            with store.counted() as statements:
                screen(store, person, op, case)
            asked.setdefault(name, []).append(len(statements))
    assert {name: (few, many) for name, (few, many) in asked.items() if many - few > 1 or many > MOST} == {}
