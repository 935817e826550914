"""A campaign as a spreadsheet: a row for each of its people, for whoever may see the campaign."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session

from bot.services import audit, campaigns
from bot.services.operation import Operation
from messages import media
from messages.campaign_sheet import sheets, situation
from messages.campaigns import Wanted
from messages.people import city_title, treated_name
from messages.workbooks import to_xlsx
from storage import campaign_people as stored
from storage import queries
from storage.campaign_people import Line
from storage.models import Analyst, Campaign, Contact

CHUNK = 500  # people that are held at a time


def taken(session: Session, analyst: Analyst, campaign_id: int, *, now: datetime) -> None:
    """Note who takes it out of the chat. Raises NotFound for somebody else's."""
    campaign = campaigns.campaign_for(session, analyst, campaign_id)
    audit.record(session, analyst, "campaign_exported", campaign, now=now)


def report(session: Session, analyst: Analyst, campaign_id: int, op: Operation, *, now: datetime) -> bytes:
    """How it stands with each, in local time. Of a case that has become somebody else's only whose it is is told, and
    how it stands. Raises NotFound for somebody else's."""
    campaign = campaigns.campaign_for(session, analyst, campaign_id)
    return to_xlsx(sheets(_about(session, campaign, op, now), _rows(session, analyst, campaign_id, op)))


def _about(session: Session, campaign: Campaign, op: Operation, now: datetime) -> list[tuple[str, object]]:
    return [
        ("Campanha", campaign.id),
        ("Para", Wanted.of(campaign.wanted).told()),
        ("Mensagem", op.library[campaign.template_key].title),
        ("Montada por", queries.names_of(session, {campaign.analyst_id}).get(campaign.analyst_id)),
        ("Aprovada em", _local(campaign.approved_at, op)),
        ("Agendada para", _local(campaign.starts_at, op)),
        ("Terminou em", _local(campaign.ended_at, op)),
        ("Planilha de", _local(now, op)),
    ]


def _rows(session: Session, analyst: Analyst, campaign_id: int, op: Operation) -> Iterator[Sequence[object]]:
    """A chunk at a time, so that ten thousand people take no more memory than a few hundred."""
    whose = queries.whose_cases(session, analyst)
    after: int | None = 0
    while after is not None:
        found = stored.lines(session, campaign_id, after=after, limit=CHUNK)
        seen = {line.case_id for line in found if whose is None or line.analyst_id in whose}
        answered = [line.case_id for line in found if line.answered and line.case_id in seen]
        said = {contact.case_id: contact for contact in queries.last_replies(session, answered)}
        yield from (_row(line, line.case_id in seen, said.get(line.case_id), op) for line in found)
        after = found[-1].case_id if len(found) == CHUNK else None


def _row(line: Line, seen: bool, said: Contact | None, op: Operation) -> Sequence[object]:
    stands = situation(line.status, left_out=line.excluded is not None, answered=bool(line.answered))
    if not seen:
        return (None, None, None, None, line.owner, stands, None, None, None, None, None)
    return (
        line.protocol,
        treated_name(line.dentist, line.treatment),
        city_title(line.city or "") or None,
        line.uf,
        line.owner,
        stands,
        line.excluded or line.error,
        _local(line.sent_at, op),
        _local(line.status_at, op),
        _local(line.last_in_at, op) if line.answered else None,
        media.told(said.kind, said.text, said.media.get("filename") or "") if said is not None else None,
    )


def _local(moment: datetime | None, op: Operation) -> datetime | None:
    """As a spreadsheet takes it: without a zone, to the minute."""
    return op.local(moment).replace(second=0, microsecond=0, tzinfo=None) if moment is not None else None
