"""What an analyst writes down by hand, as it stands on the form: notes, calls, and guidance received."""

from enum import StrEnum


class What(StrEnum):
    """What is written down: its contact's kind, too."""

    NOTE = "note"
    CALL = "call"
    GUIDANCE = "guidance"


class AnsweredBy(StrEnum):
    """Who answered a call, or that nobody did."""

    DENTIST = "dentist"
    SECRETARY = "secretary"
    OTHER = "other"
    NOBODY = "nobody"
    VOICEMAIL = "voicemail"


UNANSWERED = (AnsweredBy.NOBODY, AnsweredBy.VOICEMAIL)
_TOLD = {
    AnsweredBy.SECRETARY: "atendeu a secretária",
    AnsweredBy.OTHER: "atendeu outra pessoa",
    AnsweredBy.NOBODY: "não atendeu",
    AnsweredBy.VOICEMAIL: "caiu na caixa postal",
}


def call_line(answered_by: AnsweredBy, dentist: str, said: str) -> str:
    """What follows "Ligação em 09/11/2023 às 11:01: " on the form; ``dentist`` as people say it, "a Dra. Marina"."""
    went = _TOLD.get(answered_by) or f"atendeu {dentist}"
    return f"{went}: {said}" if said else f"{went}."


def guidance_line(source: str, text: str) -> str:
    return f"Orientação recebida de {source}: {text}"
