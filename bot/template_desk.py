"""Between our rows and Meta's templates: claim, ask over the network, record. The worker's step, and the command line's
whole work."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.runtime import Runtime
from bot.services import limits, meta_templates
from bot.services.meta_templates import Entry, Submission
from bot.services.operation import Operations
from messages.contracts import TemplatesAtMeta
from messages.errors import MetaRefused
from storage.models import MetaTemplate

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
AT_ONCE = 5


class TemplateDesk:
    def __init__(self, rt: Runtime, operations: Operations, meta: TemplatesAtMeta) -> None:
        self._rt, self._operations, self._meta = rt, operations, meta

    async def look_after_templates(self) -> bool:
        """Whatever is due: the listing, then submissions. Whether there was any."""
        if not await self._rt.read(meta_templates.anything_due, wall=self._rt.wall()):
            return False  # what writes nothing must not be a write: it would seem that the database takes them again
        listed = await self._rt.write(meta_templates.claim_pull, wall=self._rt.wall(), lease=LEASE)
        if listed:
            try:
                await self.pull()
            except MetaRefused as refused:
                log.warning("templates_not_listed", reason=str(refused))
        return listed or bool(await self.submit())

    async def pull(self) -> list[MetaTemplate]:
        """Ask Meta how our templates stand. Raises MetaRefused, after noting it."""
        try:
            listed, people = await self._meta.listed(), await self._meta.people_a_day()
        except MetaRefused as refused:
            await self._rt.write(meta_templates.not_pulled, refused)
            raise
        await self._rt.write(limits.learn, people)
        rows: list[MetaTemplate] = await self._rt.write(self._operations.lend, meta_templates.pulled, listed)
        return rows

    async def want_all(self) -> list[tuple[Entry, str]]:
        """Have submitted whatever Meta lacks, or has in other words. What is not comes back, with the reason."""
        left: list[tuple[Entry, str]] = await self._rt.write(self._operations.lend, meta_templates.submit_all)
        return left

    async def submit(self) -> Sequence[MetaTemplate]:
        """Submit what is wanted; each row as it stands then, with its ``error`` where it came to nothing."""
        claimed: list[Submission] = await self._rt.write(
            self._operations.lend, meta_templates.claim_submissions, AT_ONCE, wall=self._rt.wall(), lease=LEASE
        )
        return [await self._submit_one(one) for one in claimed]

    async def _submit_one(self, one: Submission) -> MetaTemplate:
        try:
            if one.meta_id is None:
                told = await self._meta.create(one.payload)
            else:
                told = await self._meta.edit(one.meta_id, one.payload)
        except MetaRefused as refused:
            log.warning("template_not_submitted", name=one.name, reason=str(refused))
            return await self._rt.write(meta_templates.not_submitted, one, refused, wall=self._rt.wall())
        return await self._rt.write(meta_templates.submitted, one, told)
