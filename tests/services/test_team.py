"""Who may come in: with an invitation, once, in time."""

from datetime import timedelta

import pytest

from bot.services import team
from messages.errors import Conflict, NotFound
from messages.statuses import Role
from storage.models import Analyst, AuditEntry
from tests.factory import NOW, Store, create_analyst


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
