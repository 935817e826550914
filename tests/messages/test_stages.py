"""Where a case stands."""

from datetime import UTC, datetime

import pytest

from messages.stages import Stage, stage_of

AT = datetime(2023, 11, 9, 19, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closed", "unread", "first_out_at", "last_in_at", "stage"),
    [
        (False, 0, None, None, Stage.UNTOUCHED),
        (False, 0, AT, None, Stage.ADDRESSED),
        (False, 1, AT, AT, Stage.ANSWERED),
        (False, 0, AT, AT, Stage.TALKED),
        (False, 2, None, AT, Stage.ANSWERED),
        (False, 0, None, AT, Stage.UNTOUCHED),
        (True, 1, AT, AT, Stage.CLOSED),
    ],
)
def test_the_stage_is_told_from_what_each_side_said(
    closed: bool, unread: int, first_out_at: datetime | None, last_in_at: datetime | None, stage: Stage
) -> None:
    assert stage_of(closed=closed, unread=unread, first_out_at=first_out_at, last_in_at=last_in_at) is stage
