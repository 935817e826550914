"""Every dialogue there is, by the name of its step."""

from bot.handlers import (
    attaching,
    blocks,
    campaign_choosing,
    campaign_starting,
    closing,
    completing,
    drafting,
    followups,
    importing,
    library,
    noting,
    opening,
    operation,
    pasting,
    questions,
    readings,
    readjusting,
    rules,
    sending_later,
    settling,
    team,
)
from bot.handlers.dialogue import Dialogue

DIALOGUES: dict[str, Dialogue] = {
    name: dialogue
    for module in (
        attaching,
        blocks,
        campaign_choosing,
        campaign_starting,
        closing,
        completing,
        drafting,
        followups,
        importing,
        library,
        noting,
        opening,
        operation,
        pasting,
        questions,
        readings,
        readjusting,
        rules,
        sending_later,
        settling,
        team,
    )
    for name, dialogue in module.DIALOGUES.items()
}
