"""Where a case stands between its opening and its outcome, told from what each side has said."""

from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """The values are what analysts read."""

    UNTOUCHED = "sem 1º contato"
    ADDRESSED = "aguardando a 1ª resposta do dentista"
    ANSWERED = "o dentista espera resposta"
    TALKED = "aguardando o dentista"
    CLOSED = "encerrado"


def stage_of(*, closed: bool, unread: int, first_out_at: datetime | None, last_in_at: datetime | None) -> Stage:
    """``unread``: the dentist's messages that nobody has dealt with. What was dealt with waits for the dentist."""
    if closed:
        return Stage.CLOSED
    if unread:
        return Stage.ANSWERED
    if first_out_at is None:
        return Stage.UNTOUCHED
    return Stage.ADDRESSED if last_in_at is None else Stage.TALKED
