"""A store on each kind of database, and the people most tests need."""

from collections.abc import Iterator

import pytest

from bot.services.operation import Operation
from messages.statuses import Role
from storage.models import Analyst
from tests.factory import Store, approve_templates, create_analyst, create_operation


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Meta has approved all whole texts of the library."""
    store = Store(database_url)
    approve_templates(store)
    yield store
    store.close()


@pytest.fixture
def op() -> Operation:
    return create_operation()


@pytest.fixture
def analyst(store: Store) -> Analyst:
    return create_analyst(store)


@pytest.fixture
def colleague(store: Store) -> Analyst:
    """Another analyst: may not see what is the first one's."""
    return create_analyst(store, "Bruno Reis")


@pytest.fixture
def supervisor(store: Store) -> Analyst:
    return create_analyst(store, "Sofia Matos", Role.SUPERVISOR)
