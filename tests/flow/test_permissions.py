"""Every button, tapped by everybody: who may not, changes nothing and learns nothing, whatever button they still hold.

A button is a row drawn for one person; here each is given buttons about Ana's case, as if it had once been theirs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Any

import httpx
import pytest

from bot.app import once
from bot.handlers.routes import ACTIONS
from bot.services import taps
from messages.campaigns import TAKEN_OUT, CampaignStatus, Group
from messages.price_index import IPCA
from messages.statuses import ApprovalKind, ChannelName, Direction, FollowUpKind, MessageStatus, Role, Worklist
from storage.models import (
    Absence,
    Analyst,
    Approval,
    Campaign,
    CampaignCase,
    Case,
    Contact,
    FollowUp,
    IndexDifference,
    Message,
    Readjustment,
    ReceivedFile,
    Rule,
    metadata,
)
from tests.factory import (
    PHONE,
    Store,
    create_address,
    create_analyst,
    create_case,
    create_contact,
    create_dentist,
    create_follow_up,
    create_message,
)
from tests.flow.world import START, World, eventually

pytestmark = pytest.mark.long

ANA, BRUNO, SOFIA, STRANGER = 1001, 1002, 2002, 666
SECRETS = ("Marina", "98000-0017", "SAD169000763629", "90485")
AT_ONCE = 30  # taps
OLD = "-"  # a message that bears a button of another day
REFUSALS = ("Não encontrei", "Só a supervisão", "não vale mais")
# What every tap leaves behind, and what the worker reads from Meta by itself meanwhile.
BOOKKEEPING = frozenset(
    {"inbox_event", "button_token", "notification", "dialogue_step", "meta_template", "meta_account"}
)


class For(Enum):
    """Whose a button is."""

    CASE = auto()  # whoever has the case, and supervisors
    SUPERVISORS = auto()
    ONESELF = auto()  # what it shows or does is the tapper's own


@dataclass(frozen=True)
class About:
    """What there is to tap on: all of it Ana's."""

    case: Case
    closed: Case
    follow_up: FollowUp
    proposal: FollowUp
    campaign: int | None
    campaign_cases: list[int | None]  # one that waits, one that was taken out
    contact: Contact
    noted: Contact
    absence: int | None
    chat: int | None
    bruno: int | None
    rule: int | None
    approval: int | None
    difference: int | None
    file: int | None
    readjustment: int | None
    messages: dict[MessageStatus, Message]

    @property
    def case_id(self) -> dict[str, Any]:
        return {"case_id": self.case.id}

    def of(self, status: MessageStatus) -> dict[str, Any]:
        return {"message_id": self.messages[status].id}


def buttons(about: About) -> dict[str, tuple[For, dict[str, Any]]]:
    """Every action there is, whose it is, and arguments about Ana's case."""
    case, due = about.case_id, START.replace(year=2024).isoformat()
    draft, follow_up = about.of(MessageStatus.DRAFT), {"follow_up_id": about.follow_up.id}
    campaign = {"campaign_id": about.campaign}
    message = {"contact_id": about.contact.id, "reply_id": about.contact.id}
    readjustment = {"readjustment_id": about.readjustment}
    told = {"words": "amanhã", "reasons": [], "stands": "other", "suggested": {"intent": "other", "reasons": []}}
    read = case | message | told | {"onward": False}
    of_case = {
        **dict.fromkeys(
            (
                "case",
                "details",
                "reveal",
                "write",
                "offer",
                "attach",
                "note",
                "phone",
                "paste",
                "schedule",
                "authorise",
            ),
            case,
        ),
        **dict.fromkeys(
            (
                "complete",
                "close",
                "form",
                "next_aside",
                "next_dealt",
                "ask_contact",
                "exception",
                "call",
                "guidance",
            ),
            case,
        ),
        "approval": {"approval_id": about.approval},
        "quick": case,
        **dict.fromkeys(("topic_send", "topic_note"), case | {"text": "oi"}),
        "send_later": draft | {"version": 1},
        "send_at": draft | {"version": 1, "at": due},
        "send_now": about.of(MessageStatus.QUEUED) | {"version": 1},
        "byhand_told": {"told": [[about.messages[MessageStatus.DRAFT].id, 1]], "sent": True},
        "quick_reply": case | {"key": "resposta_mesmo_dia"},
        **dict.fromkeys(("keep", "not_sent"), draft),
        "bulk_approve": {"ticked": [[about.messages[MessageStatus.DRAFT].id, 1]]},
        **dict.fromkeys(("draft", "edit", "by_hand", "by_telegram"), draft),
        "by_whatsapp": about.of(MessageStatus.DRAFT),
        "as_template": draft | {"key": "primeiro_contato"},
        **dict.fromkeys(("telegram", "telegram_link", "telegram_draft"), case),
        **dict.fromkeys(("telegram_off", "telegram_off_now"), case | {"address_id": about.chat}),
        **dict.fromkeys(("readjust", "readjust_change"), case),
        "readjust_window": case | {"first": "2022-09", "last": "2023-08", "of": about.readjustment},
        "readjust_ask": case | {"asking": "period", "of": about.readjustment},
        **dict.fromkeys(("readjustment", "readjust_months", "readjust_request", "readjust_applied"), readjustment),
        "readjust_ortho": readjustment | {"kept": True},
        "readjust_answered": readjustment | {"accepted": True},
        **dict.fromkeys(("due", "move", "done"), follow_up),
        "treat": case | {"treatment": "Dr."},
        "complete": case,
        "fact": case | {"field": "city"},
        "compose": case | {"keys": ["suporte"]},
        "whole": case | {"key": "primeiro_contato"},
        "next_send": case | {"key": "primeiro_contato", "text": "Oi"},
        "next_off": case | {"until": due},
        "at": case | {"due_at": due},
        "moved": follow_up | {"due_at": due},
        "into_hours": follow_up | {"stood": about.follow_up.due_at.isoformat(), "due_at": due},
        "outcome": case | {"outcome": "Desligamento"},
        "reasons_given": case | {"reasons": []},
        **dict.fromkeys(("reasons", "closing", "closing_rewrite", "actions"), case),
        "closing_protocol": case | {"protocol_required": True},
        "closing_sectors": case | {"sectors": ["T.I"]},
        "blocks": case,
        **dict.fromkeys(("block", "block_places", "block_split", "block_words"), case | {"key": about.noted.id}),
        **dict.fromkeys(("block_join", "block_restore"), case | {"key": about.noted.id}),
        "closing_ask": case | {"outcome": "Desligamento"},
        "reissue": {"case_id": about.closed.id},
        "closing_confirm": case | {"outcome": "Desligamento"},
        "closing_check": case | {"keys": []},
        "closing_done": case | follow_up,
        "closing_plans": case | {"plans": "BRADESCO"},
        **dict.fromkeys(("finding", "explain", "ask_overrule"), case | {"key": "confirmation:0"}),
        **dict.fromkeys(("tick", "untick"), case | {"action": "Ofertado Suporte"}),
        "close_lost": {"follow_up_id": about.proposal.id},
        **dict.fromkeys(("campaign", "campaign_approve", "campaign_undo", "campaign_pause"), campaign),
        **dict.fromkeys(("campaign_resume", "campaign_stop", "campaign_stop_now"), campaign),
        **dict.fromkeys(("campaign_later", "campaign_now", "campaign_sheet"), campaign),
        "campaign_at": campaign | {"at": due},
        "campaign_people": campaign | {"group": Group.WAITING.value},
        "campaign_example": campaign,
        **{
            name: campaign | {"number": number}
            for name, number in zip(("campaign_take_out", "campaign_put_back"), about.campaign_cases, strict=True)
        },
        "schedule_for": case | {"words": "em 2 dias úteis"},
        "reopen": {"case_id": about.closed.id},
        "approve": draft | {"version": 1},
        "handed": draft | {"version": 1},
        "undo": about.of(MessageStatus.QUEUED),
        "again": about.of(MessageStatus.FAILED),
        "arrived": about.of(MessageStatus.UNKNOWN),
        "lost": about.of(MessageStatus.UNKNOWN),
        "discard": draft,
        "note_withdraw": case | {"contact_id": about.noted.id},
        "file": case | {"contact_id": about.contact.id},
        "answered_by": case | {"contact_ids": [about.contact.id], "who": "dentist"},
        **dict.fromkeys(("reasons_confirmed", "reasons_wrong", "promise_wrong", "no_promise", "intent_wrong"), read),
        "reply_card": read,
        "meant": read | {"intent": "declines"},
        "files": case,
        "burst_files": case | {"contact_id": about.noted.id},
        "file_open": {"number": about.file},
        "promised": read | {"due_at": due},
        **dict.fromkeys(("cadence_off", "cadence_on"), case),
    }
    ana = {"person_id": about.case.analyst_id}
    supervising: dict[str, dict[str, Any]] = {
        **{name: {} for name in ("supervision", "unfiled", "team", "rules", "rule_new", "rule_create", "approvals")},
        **{key: {"rule_id": about.rule} for key in ("rule", "rule_end")},
        **{key: {"contact_id": about.contact.id} for key in ("set_aside", "ask_again")},
        **{key: {"approval_id": about.approval} for key in ("grant", "deny")},
        "panel": {"section": "people", "period": "month"},  # its other sections are each one's own
        "forms_closed": {},
        "forms_of": {"period": "week"},
        "overrule": case | {"key": "confirmation:0"},
        "rule_answer": {"field": "scope", "text": "uf"},
        **dict.fromkeys(("person", "revoke", "suspend", "suspended", "reactivate", "give_all_to", "absence_for"), ana),
        **{name: {} for name in ("operation", "library", "template_publish")},
        **{name: {"setting": "undo"} for name in ("setting", "setting_edit", "setting_reset", "setting_history")},
        **{name: {"template": "suporte"} for name in ("template", "template_body", "template_title")},
        **{name: {"template": "suporte"} for name in ("template_versions", "template_facts")},
        **{name: {"template": "suporte", "version": 0, "of": 0} for name in ("template_version", "template_restore")},
        **{name: {} for name in ("index", "index_read")},
        **{name: {} for name in ("meta_templates", "meta_pull")},
        **{name: {"template": "primeiro_contato"} for name in ("meta_template", "meta_submit")},
        **{name: {"difference_id": about.difference} for name in ("index_difference", "index_kept", "index_taken")},
        "invite": {"role": "analyst"},
        "try_sending": {"pause_id": 999},
        "role": ana | {"role": "supervisor"},
        **dict.fromkeys(("give_all", "gave_all"), ana | {"to_id": about.bruno}),
        "give_case_to": case,
        "give_case": case | {"to_id": about.bruno},
        "absence_with": ana | {"to_id": about.bruno},
        "absence_end": {"absence_id": about.absence},
    }
    own = {
        **{name: {} for name in ("home", "next", "opening_confirm", "opening_fields", "opening_back")},
        **{name: {} for name in ("import_cancel", "import_report", "import_people", "import_back")},
        **{name: {} for name in ("opening_new", "opening_cancel")},
        **{name: {} for name in ("paste_other", "paste_record", "paste_cancel")},
        **{name: {} for name in ("note_other", "note_earlier", "note_cancel")},
        "note_answer": {"question": "case", "value": str(about.case.id)},
        "list": {"which": Worklist.OPEN.value},
        **{name: {} for name in ("bulk", "byhand", "digests")},
        "campaigns": {},
        "campaigns_older": {"before": 999},
        "panel_sheet": {"period": "all"},
        "campaign_new": {"wanted": {}},
        "campaign_pick": {"wanted": {}, "choosing": "stage"},
        "campaign_where": {"wanted": {}},
        "campaign_begin": {"wanted": {}, "key": "retomar"},
        "not_dentist": {"contact_id": about.contact.id},
        "digest_set": {"part": "morning", "on": False},
        "bulk_undo": {"entry_id": 999},
        "preferences": {},
        "topics": {"on": True},
        "topic_search": case | {"text": "marina"},
        "bulk_view": {"ticked": [[about.messages[MessageStatus.DRAFT].id, 1]]},
        "opening_answer": {"question": "phone", "text": ""},
        "opening_correct": {"question": "phone"},
        "import_open": {"whose": "self"},
        "leave_question": {},
        "import_person": {"person_id": about.bruno},
        "paste_case": case,
        "paste_side": {"author": "Marina", "ours": False},
    }
    whose = ((For.CASE, of_case), (For.SUPERVISORS, supervising), (For.ONESELF, own))
    return {action: (who, arguments) for who, actions in whose for action, arguments in actions.items()}


def anas(store: Store, ana: Analyst, bruno: Analyst) -> About:
    """A case with one of everything."""
    later = START.replace(year=2024)
    dentist = create_dentist(store, cro="90485")
    case = create_case(store, ana, dentist, protocol="SAD169000763629", cadence_at=later)  # taps alone change it
    closed = create_case(store, ana, dentist, protocol="SAD169000763630", closed_at=START)
    messages = {status: create_message(store, case, status) for status in MessageStatus}
    contact = create_contact(store, None, Direction.IN, address=PHONE, author="Marina")
    noted = create_contact(
        store, case, Direction.NOTE, kind="note", external_id=None, analyst_id=ana.id, recorded_at=START
    )
    follow_up = create_follow_up(store, case, later)
    campaign = store.add(
        Campaign(
            analyst_id=ana.id,
            template_key="retomar",
            wanted={"city": "SALVADOR"},
            status=CampaignStatus.READY,
            next_at=START,
            created_at=START,
        )
    )
    more = [
        {"case_id": create_case(store, ana, dentist, cadence_at=later).id, "excluded": why} for why in (None, TAKEN_OUT)
    ]
    of_campaign = [store.add(CampaignCase(campaign_id=campaign.id, **one)) for one in more]
    proposal = create_follow_up(store, case, later, kind=FollowUpKind.CLOSING)
    absence = store.add(
        Absence(
            analyst_id=ana.id,
            substitute_id=bruno.id,
            set_by=ana.id,
            starts_at=later,
            ends_at=later.replace(month=12),
            created_at=START,
        )
    )
    chat = create_address(store, dentist, "7001", ChannelName.TELEGRAM).id
    rule = store.add(Rule(uf="SE", no_contact=True, reason="auditoria", instructed_by="Sofia", since=START))
    approval = store.add(
        Approval(kind=ApprovalKind.CONTACT, case_id=case.id, asked_by=ana.id, reason="ligou", asked_at=START)
    )
    difference = store.add(
        IndexDifference(series=IPCA, month="2023-08", percent=Decimal("0.24"), source="BCB", found_at=START)
    )
    sent = create_contact(store, case, kind="image", media={"id": "77"})
    kept = {"stored": "00", "size": 1, "fetched_at": START}
    file = store.add(ReceivedFile(contact_id=sent.id, media_id="77", created_at=START, **kept))
    units = {"base_old": Decimal("0.35"), "base_new": Decimal("0.37"), "ortho_old": Decimal("0.30")}
    readjustment = store.add(
        Readjustment(
            case_id=case.id, analyst_id=ana.id, created_at=START, percent=Decimal("4.7357"), factor="1.047357", **units
        )
    )
    return About(
        case,
        closed,
        follow_up,
        proposal,
        campaign.id,
        [one.id for one in of_campaign],
        contact,
        noted,
        absence.id,
        chat,
        bruno.id,
        rule.id,
        approval.id,
        difference.id,
        file.id,
        readjustment.id,
        messages,
    )


@dataclass(frozen=True)
class Told:
    """New and changed messages, and what stood over each button that was tapped, by its action."""

    shown: list[str]
    toasts: dict[str, str]

    @property
    def everything(self) -> list[str]:
        return [*self.shown, *self.toasts.values()]


class Hands:
    """People who tap buttons that they were given."""

    def __init__(self, world: World, store: Store, client: httpx.AsyncClient) -> None:
        self._world, self._store, self._client = world, store, client

    async def tap(self, chat_id: int, given: Mapping[str, str]) -> "Told":
        """What the tapper is told, after a tap on each of these tokens: the buttons of one old message each."""
        telegram, answers = self._world.telegram, self._world.sandbox.ledger.answers
        before = {m["message_id"]: m["text"] for m in telegram.chat(chat_id)["messages"]}
        answered, queries = len(answers), {}
        for n, (action, token) in enumerate(given.items(), 1):
            old = await self._old_message(chat_id, token)
            before[old] = OLD
            queries[(await telegram.taps(chat_id, old, data=token))["id"]] = action
            if n % AT_ONCE == 0 or n == len(given):
                await self._handled()
        shown = [m["text"] for m in telegram.chat(chat_id)["messages"] if before.get(m["message_id"]) != m["text"]]
        toasts = {queries[a["callback_query_id"]]: a["text"] or "" for a in answers[answered:]}
        return Told(shown, toasts)

    async def _old_message(self, chat_id: int, token: str) -> int:
        settings = self._world.settings
        url = f"{settings.telegram_api_url}/bot{settings.telegram_token.get_secret_value()}/sendMessage"
        markup = {"inline_keyboard": [[{"text": "Antigo", "callback_data": token}]]}
        sent = await self._client.post(url, json={"chat_id": chat_id, "text": OLD, "reply_markup": markup})
        number: int = sent.json()["result"]["message_id"]
        return number

    async def _handled(self) -> None:
        asked = "SELECT count(*) AS n FROM inbox_event WHERE filed_at IS NULL"
        updates = self._world.sandbox.ledger.updates

        def done() -> bool:
            kept = self._world.rows("SELECT count(*) AS n FROM inbox_event")[0]["n"]
            return kept >= len(updates) and self._world.rows(asked)[0]["n"] == 0

        await eventually(done, "the tap's end", self._world.chat)

    def rows(self) -> dict[str, list[Any]]:
        """Everything that a tap could change, but for what every tap leaves behind."""
        with self._store.engine.connect() as connection:
            return {
                name: sorted(map(repr, connection.execute(table.select()).mappings()))
                for name, table in metadata.tables.items()
                if name not in BOOKKEEPING and name != "analyst"
            }


@pytest.fixture
async def hands(world: World) -> Any:
    async with httpx.AsyncClient(trust_env=False) as client:
        store = Store(world.settings.database_url)
        yield Hands(world, store, client), store
        store.close()


async def tokens(world: World, person: Analyst, given: dict[str, tuple[For, dict[str, Any]]]) -> dict[str, str]:
    minted = await once(
        world.settings, taps.mint, person.id, [(action, arguments) for action, (_, arguments) in given.items()]
    )
    return dict(zip(given, minted, strict=True))


def denied(given: dict[str, tuple[For, dict[str, Any]]], *whose: For) -> Iterator[str]:
    return (action for action, (who, _) in given.items() if who in whose)


async def test_who_may_not_changes_nothing_and_learns_nothing(world: World, hands: tuple[Hands, Store]) -> None:
    hand, store = hands
    for chat_id, name in ((ANA, "Ana"), (BRUNO, "Bruno"), (SOFIA, "Sofia"), (STRANGER, "Alguém")):
        world.telegram.person(chat_id, first_name=name)
        await world.telegram.starts(chat_id)
    ana = create_analyst(store, "Ana Lima", telegram_user_id=ANA)
    bruno = create_analyst(store, "Bruno Reis", telegram_user_id=BRUNO)
    sofia = create_analyst(store, "Sofia Matos", Role.SUPERVISOR, telegram_user_id=SOFIA)
    about = anas(store, ana, bruno)
    given = buttons(about)
    assert set(given) == set(ACTIONS)
    of_ana, of_bruno, of_sofia = [await tokens(world, person, given) for person in (ana, bruno, sofia)]

    before = hand.rows()
    for chat_id, held, whose in (
        (BRUNO, of_bruno, (For.CASE, For.SUPERVISORS)),
        (ANA, of_ana, (For.SUPERVISORS,)),
    ):
        tapped = {action: held[action] for action in denied(given, *whose)}
        told = await hand.tap(chat_id, tapped)
        assert {action for action in tapped if not refused(told.toasts.get(action, ""))} == set()
        assert chat_id == ANA or not any(secret in text for text in told.everything for secret in SECRETS)
        assert hand.rows() == before
    assert (await hand.tap(STRANGER, of_ana)).everything == []
    assert hand.rows() == before

    drawn_before = await tokens(world, ana, {"misread": (For.ONESELF, {})})  # by an earlier version
    assert refused((await hand.tap(ANA, drawn_before)).toasts["misread"])

    store.update(ana, active=False)
    assert (await hand.tap(ANA, await tokens(world, ana, given))).everything == []
    assert hand.rows() == before

    tapped = {action: of_sofia[action] for action in denied(given, For.CASE, For.SUPERVISORS)}
    told = await hand.tap(SOFIA, tapped)
    assert told.toasts.keys() == tapped.keys() and len(told.shown) > 1
    assert [text for text in told.everything if refused(text)] == []
    assert hand.rows() != before


def refused(text: str) -> bool:
    return any(refusal in text for refusal in REFUSALS)
