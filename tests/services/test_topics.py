"""One topic a case: whose, what it is called, and where it ends."""

import pytest

from bot.services import notices, topics
from messages.errors import NotFound
from storage.models import Analyst, Topic
from tests.factory import Store, create_case, create_dentist


@pytest.fixture
def ana(store: Store, analyst: Analyst) -> Analyst:
    """She wants topics."""
    store.do(topics.turn, analyst, True)
    return store.get(Analyst, analyst.id)


def test_nobody_has_topics_who_has_not_asked_for_them(store: Store, analyst: Analyst) -> None:
    case = create_case(store, analyst)
    assert store.do(topics.place, analyst, case.id) == topics.Place()


def test_a_topic_is_called_like_its_dentist_and_told_apart_by_the_protocols_end(store: Store, ana: Analyst) -> None:
    dentist = create_dentist(store, "MARINA " + "PRADO " * 40, treatment=None)
    case = create_case(store, ana, dentist, protocol="SAD169000763629")
    name = store.do(topics.place, ana, case.id).name
    assert name is not None and name.startswith("Marina Prado") and name.endswith(" · 3629")
    assert len(name) == topics.NAME_LIMIT


def test_a_case_has_one_topic_though_two_processes_made_one_each(store: Store, ana: Analyst) -> None:
    case = create_case(store, ana)
    assert [store.do(topics.keep, ana, case.id, thread) for thread in (70, 71)] == [70, 70]
    assert store.do(topics.place, ana, case.id) == topics.Place(70)
    store.do(topics.forget, ana, case.id)
    assert store.do(topics.place, ana, case.id).thread_id is None


def test_a_topic_is_ones_own(store: Store, ana: Analyst, colleague: Analyst, supervisor: Analyst) -> None:
    case = create_case(store, ana)
    store.do(topics.turn, colleague, True)
    with pytest.raises(NotFound):
        store.do(topics.place, store.get(Analyst, colleague.id), case.id)
    store.do(topics.keep, ana, case.id, 70)
    assert store.do(lambda session, *, now: topics.at(session, supervisor, 70)) is None


def test_a_topic_ends_where_it_ends_and_the_chat_elsewhere(store: Store, ana: Analyst) -> None:
    case, other = create_case(store, ana), create_case(store, ana)
    store.do(topics.keep, ana, case.id, 70)
    for screen, of in ((72, case.id), (71, case.id), (9, None), (10, other.id)):
        store.do(notices.reached, ana.id, screen, of)
    (topic,) = store.all(Topic)
    assert (topic.bottom, store.get(Analyst, ana.id).chat_bottom) == (72, 10)
