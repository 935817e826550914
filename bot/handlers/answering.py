"""“Quem respondeu?”: asked where the dentist's own word matters."""

from collections.abc import Sequence
from typing import Any

from bot.handlers.screen import Button
from messages.notes import AnsweredBy

WHO = {
    AnsweredBy.DENTIST: "Dentista",
    AnsweredBy.SECRETARY: "Secretária",
    AnsweredBy.OTHER: "Outra pessoa",
}  # of those who may write from the dentist's number


def who_answered(case_id: dict[str, Any], contact_ids: Sequence[int], onward: dict[str, Any]) -> list[Button]:
    """``onward``: the reply's card that follows; without one the case's end does."""
    about = {**case_id, "contact_ids": list(contact_ids), **onward}
    return [Button(label, "answered_by", {**about, "who": who.value}) for who, label in WHO.items()]
