"""The team: who may come in, with an invitation, once, in time; roles, suspension; cases that change hands."""

from datetime import timedelta

import pytest

from bot.services import codes, handovers, team
from messages.errors import Conflict, NotAllowed, NotFound
from messages.statuses import MessageStatus, Role
from storage.models import Analyst, AuditEntry, Case, FollowUp, Message, Notification
from tests.factory import NOW, Store, create_analyst, create_case, create_follow_up, create_message


def test_an_invitation_lets_one_person_in_once(store: Store) -> None:
    code = store.do(team.invite, Role.SUPERVISOR)
    assert len(code) <= 64 and code not in str(store.all(Analyst))
    joined = store.do(team.redeem, code, 42, "Sofia")
    assert (joined.role, joined.name, joined.telegram_user_id) == (Role.SUPERVISOR, "Sofia", 42)
    with pytest.raises(NotFound, match="não vale mais"):
        store.do(team.redeem, code, 43, "Outra")
    assert [a.action for a in store.all(AuditEntry)] == ["invited", "joined"]


def test_an_old_or_unknown_code_lets_nobody_in(store: Store) -> None:
    code = store.do(team.invite, Role.ANALYST)
    late = NOW + team.INVITATION + timedelta(seconds=1)
    for asked, now in ((code, late), ("unknown", NOW), ("", NOW)):
        with pytest.raises(NotFound):
            store.do(team.redeem, asked, 42, "Ana", now=now)
    assert store.do(team.redeem, code, 42, "Ana", now=NOW + team.INVITATION).name == "Ana"


def test_whoever_is_inside_keeps_the_code_for_somebody_else(store: Store) -> None:
    codes = [store.do(team.invite, Role.ANALYST) for _ in range(2)]
    store.do(team.redeem, codes[0], 42, "Ana")
    with pytest.raises(Conflict, match="já tem acesso"):
        store.do(team.redeem, codes[1], 42, "Ana")
    assert store.do(team.redeem, codes[1], 43, "Bruno").telegram_user_id == 43


def test_strangers_the_invited_and_the_dismissed_are_nobody(store: Store) -> None:
    ana = create_analyst(store, telegram_user_id=1)
    create_analyst(store, telegram_user_id=2, active=False)
    store.do(team.invite, Role.ANALYST)
    assert [getattr(store.do(team.who_is, n), "id", None) for n in (1, 2, 3)] == [ana.id, None, None]
    assert [a.id for a in store.do(team.everybody)] == [ana.id]


def test_who_was_dismissed_comes_back_to_the_same_cases(store: Store) -> None:
    former = create_analyst(store, "Ana", telegram_user_id=42, active=False)
    code = store.do(team.invite, Role.SUPERVISOR)
    back = store.do(team.redeem, code, 42, "Ana Lima")
    assert (back.id, back.role, back.name, back.active) == (former.id, Role.SUPERVISOR, "Ana Lima", True)
    with pytest.raises(NotFound):
        store.do(team.redeem, code, 43, "Outra")


def test_a_name_on_the_command_line_must_mean_one_person(store: Store) -> None:
    ana = create_analyst(store, "Ana Lima")
    create_analyst(store, "Rui", active=False)
    assert store.do(team.by_name, "Ana Lima").id == ana.id
    for name in ("Rui", "Ninguém", "ana lima"):
        with pytest.raises(NotFound):
            store.do(team.by_name, name)
    create_analyst(store, "Ana Lima")
    with pytest.raises(Conflict):
        store.do(team.by_name, "Ana Lima")


def test_a_supervisor_invites_sees_and_revokes(store: Store, supervisor: Analyst) -> None:
    code = codes.new_code()
    invited = store.do(team.invite_by, supervisor, Role.ANALYST, code)
    pending = store.do(team.people, supervisor)[-1]
    assert (pending.analyst.id, pending.invited_by, pending.open_cases) == (invited.id, "Sofia Matos", 0)
    assert code not in str(store.all(Analyst))
    store.do(team.revoke, supervisor, invited.id)
    assert [p.analyst.id for p in store.do(team.people, supervisor)] == [supervisor.id]
    with pytest.raises(NotFound):
        store.do(team.redeem, code, 42, "Ana")
    with pytest.raises(Conflict, match="já foi usado ou cancelado"):
        store.do(team.revoke, supervisor, invited.id)


def test_the_team_is_told_with_what_each_has_open(store: Store, analyst: Analyst, supervisor: Analyst) -> None:
    create_analyst(store, "Aldo Nunes", active=False)
    for closed_at in (None, None, NOW):
        create_case(store, analyst, closed_at=closed_at)
    told = [(p.analyst.name, p.analyst.active, p.open_cases) for p in store.do(team.people, supervisor)]
    assert told == [("Ana Lima", True, 2), ("Sofia Matos", True, 0), ("Aldo Nunes", False, 0)]


def test_a_suspended_person_is_nobody_until_taken_back(store: Store, analyst: Analyst, supervisor: Analyst) -> None:
    store.do(team.suspend, supervisor, analyst.id)
    assert store.do(team.who_is, analyst.telegram_user_id) is None
    with pytest.raises(Conflict, match="Ana Lima já está com o acesso suspenso"):
        store.do(team.suspend, supervisor, analyst.id)
    store.do(team.reactivate, supervisor, analyst.id)
    assert store.do(team.who_is, analyst.telegram_user_id) is not None
    with pytest.raises(Conflict):
        store.do(team.reactivate, supervisor, analyst.id)


def test_nobody_changes_their_own_access_so_a_supervisor_always_remains(store: Store, supervisor: Analyst) -> None:
    for act in (
        lambda: store.do(team.suspend, supervisor, supervisor.id),
        lambda: store.do(team.change_role, supervisor, supervisor.id, Role.ANALYST),
    ):
        with pytest.raises(Conflict, match="outra pessoa da supervisão muda"):
            act()


def test_cases_change_hands_with_what_is_promised_and_drafted(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    mine = [create_case(store, analyst) for _ in range(2)]
    closed = create_case(store, analyst, closed_at=NOW)
    kept = create_case(store, supervisor)
    standing, done = create_follow_up(store, mine[0]), create_follow_up(store, mine[0], done_at=NOW)
    draft, sent = create_message(store, mine[1]), create_message(store, mine[1], MessageStatus.READ)
    store.do(handovers.hand_over_all, supervisor, analyst.id, colleague.id)
    assert [store.get(Case, c.id).analyst_id for c in (*mine, closed, kept)] == [
        colleague.id,
        colleague.id,
        analyst.id,
        supervisor.id,
    ]
    assert [store.get(FollowUp, f.id).analyst_id for f in (standing, done)] == [colleague.id, analyst.id]
    assert [store.get(Message, m.id).analyst_id for m in (draft, sent)] == [colleague.id, analyst.id]
    moved = store.all(AuditEntry, AuditEntry.action == "handed_over_to")
    assert [(e.subject, e.detail) for e in moved] == [
        (f"case:{c.id}", {"from": analyst.id, "to": colleague.id}) for c in mine
    ]
    (notice,) = store.all(Notification)
    assert (notice.kind, notice.analyst_id) == ("given", colleague.id)
    assert store.do(handovers.given, colleague, notice.subject_id) == (2, "Sofia Matos")
    with pytest.raises(NotFound):
        store.do(handovers.given, analyst, notice.subject_id)
    with pytest.raises(Conflict, match="não tem casos abertos"):
        store.do(handovers.hand_over_all, supervisor, analyst.id, colleague.id)


def test_one_case_is_passed_on_to_somebody_active(
    store: Store, analyst: Analyst, colleague: Analyst, supervisor: Analyst
) -> None:
    case, other = create_case(store, analyst), create_case(store, analyst)
    assert store.do(handovers.hand_over_case, supervisor, case.id, colleague.id).analyst_id == colleague.id
    assert store.get(Case, other.id).analyst_id == analyst.id
    with pytest.raises(Conflict, match="já é desta pessoa"):
        store.do(handovers.hand_over_case, supervisor, case.id, colleague.id)
    store.update(analyst, active=False)
    with pytest.raises(NotFound, match="não está ativa"):
        store.do(handovers.hand_over_case, supervisor, case.id, analyst.id)


def test_an_analyst_does_none_of_this(store: Store, analyst: Analyst, colleague: Analyst) -> None:
    case = create_case(store, analyst)
    for act in (
        lambda: store.do(team.people, analyst),
        lambda: store.do(team.person, analyst, colleague.id),
        lambda: store.do(team.colleagues, analyst, colleague.id),
        lambda: store.do(team.invite_by, analyst, Role.SUPERVISOR, "code"),
        lambda: store.do(team.revoke, analyst, colleague.id),
        lambda: store.do(team.suspend, analyst, colleague.id),
        lambda: store.do(team.reactivate, analyst, colleague.id),
        lambda: store.do(team.change_role, analyst, colleague.id, Role.SUPERVISOR),
        lambda: store.do(handovers.hand_over_all, analyst, analyst.id, colleague.id),
        lambda: store.do(handovers.hand_over_case, analyst, case.id, colleague.id),
    ):
        with pytest.raises(NotAllowed):
            act()
