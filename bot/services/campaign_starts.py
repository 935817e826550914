"""When an approved campaign begins: at a moment that was chosen, moved to another, or at once after all."""

from datetime import datetime, timedelta

from sqlmodel import Session

from bot.services import campaigns
from bot.services.operation import Operation
from messages.campaigns import CampaignStatus
from messages.errors import InvalidInput
from storage import campaigns as stored
from storage.models import Analyst, Campaign

HORIZON = timedelta(days=31)  # who gets it was judged today: further ahead little of that holds


def schedule(
    session: Session, analyst: Analyst, campaign_id: int, at: datetime, op: Operation, *, now: datetime
) -> Campaign:
    """Approve it for a moment, or for the next opening where nobody works then; one that waits already is moved.

    Raises NotFound, Conflict when it is not ready, or for nobody; InvalidInput for a moment that is past or too far
    ahead.
    """
    campaign = campaigns.to_approve(session, analyst, campaign_id, *campaigns.AHEAD)
    if at <= now:
        raise InvalidInput("Esse horário já passou: escolha outro.")
    if at > now + HORIZON:
        raise InvalidInput(f"Escolha um dia dentro dos próximos {HORIZON.days}: até lá a lista já seria outra.")
    campaign.approved_at, campaign.starts_at = now, op.next_working_moment(at, None)
    return campaigns.turn(session, analyst, campaign, CampaignStatus.SCHEDULED, now, begins=campaign.starts_at)


def start_now(session: Session, analyst: Analyst, campaign_id: int, op: Operation, *, now: datetime) -> Campaign:
    """What waits for its moment begins as if it were approved now. Raises NotFound, Conflict when it does not wait."""
    campaign = campaigns.to_approve(session, analyst, campaign_id, CampaignStatus.SCHEDULED)
    campaign.approved_at, campaign.starts_at = now, None
    return campaigns.turn(session, analyst, campaign, CampaignStatus.RUNNING, now, begins=now + op.undo)


def start_due(session: Session, op: Operation, *, now: datetime) -> int:
    """A campaign whose moment has come begins, however long ago that was, in working hours. How many did.

    Whom it may reach, and whether Meta still approves its message, is asked by each lot.
    """
    campaign = stored.at_work(session, CampaignStatus.SCHEDULED, now, lock=True)
    if campaign is None:
        return 0
    campaigns.turn(session, None, campaign, CampaignStatus.RUNNING, now, begins=op.next_working_moment(now, None))
    return 1
