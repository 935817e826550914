"""The end of a case: whether the dentist confirmed it, and what is missing or contradictory before it is recorded."""

from messages.closing.consent import Confirmation, Consent, Said, confirmation_in
from messages.closing.gate import Facts, Finding, Mend, findings

CONFIRMATION = "confirmacao_final"  # the message of the library that asks for the dentist's last word

__all__ = [
    "CONFIRMATION",
    "Confirmation",
    "Consent",
    "Facts",
    "Finding",
    "Mend",
    "Said",
    "confirmation_in",
    "findings",
]
