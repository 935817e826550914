"""Statuses only move forward, in one order, however they come."""

import itertools

import pytest

from messages.statuses import LEFT_THE_HOUSE, MessageStatus, advances

S = MessageStatus
ORDER = [S.ACCEPTED, S.FAILED, S.DELIVERED, S.READ]


@pytest.mark.parametrize("start", [S.QUEUED, S.SENDING, S.UNKNOWN])
def test_anything_told_of_what_was_on_its_way_moves_it(start: MessageStatus) -> None:
    assert all(advances(start, reported) for reported in ORDER)


@pytest.mark.parametrize(("current", "reported"), list(itertools.product(ORDER, ORDER)))
def test_statuses_never_move_back(current: MessageStatus, reported: MessageStatus) -> None:
    assert advances(current, reported) is (ORDER.index(reported) > ORDER.index(current))


@pytest.mark.parametrize("still", [S.DRAFT, S.DISCARDED, S.HANDED_OVER])
def test_what_never_went_by_the_api_never_moves(still: MessageStatus) -> None:
    assert not any(advances(still, reported) or advances(reported, still) for reported in MessageStatus)


def test_any_order_and_repetition_ends_at_the_furthest() -> None:
    for told in itertools.product(ORDER, repeat=4):
        status = S.SENDING
        for reported in told:
            status = reported if advances(status, reported) else status
        assert status is max(told, key=ORDER.index)


def test_only_what_may_have_been_read_counts_as_having_left() -> None:
    assert {S.ACCEPTED, S.DELIVERED, S.READ, S.HANDED_OVER} == LEFT_THE_HOUSE
