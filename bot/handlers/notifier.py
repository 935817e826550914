"""Draws notices in the analysts' chats: a new screen, or the one that shows the same already, drawn anew."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session
from telegram import ReplyParameters
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot

from bot.handlers import (
    approvals,
    byhand,
    campaigns,
    cases,
    digests,
    drafting,
    followups,
    index,
    invitations,
    lists,
    meta_templates,
    pasting,
    pauses,
    replies,
    sending_trouble,
    topics,
    whatsapp_news,
)
from bot.handlers import team as team_handler
from bot.handlers.context import draw
from bot.handlers.screen import Screen, h
from bot.runtime import Runtime
from bot.services import absences, account, day, drafts, handovers, notices, quarantine, rates, taps, team, troubles
from bot.services import approvals as approval_service
from bot.services import byhand as byhand_service
from bot.services import campaigns as campaign_service
from bot.services import cases as case_service
from bot.services import digests as digest_service
from bot.services import followups as follow_up_service
from bot.services import meta_templates as meta_template_service
from bot.services import pasting as paste
from bot.services import pauses as pause_service
from bot.services import replies as reply_service
from bot.services import topics as topic_service
from bot.services.operation import Operation, Operations
from messages.contracts import NotDelivered, Notice
from messages.errors import NotAllowed, NotFound
from messages.statuses import DayPart, MessageStatus, Worklist
from storage.models import Analyst, FollowUp

log = structlog.get_logger(__name__)

LOUD = {  # what an analyst must not overlook
    MessageStatus.UNKNOWN: "❔ Não sei se esta mensagem chegou: decida acima.",
    MessageStatus.FAILED: "✗ Esta mensagem não saiu: veja o motivo acima.",
    MessageStatus.DRAFT: "⚠️ Esta mensagem não foi enviada: veja o motivo acima.",
}


def _for_whom(
    session: Session, operations: Operations, chat_id: int, *, now: datetime
) -> tuple[Analyst | None, Operation]:
    """Who is told, and the operation as it is now."""
    return team.who_is(session, chat_id, now=now), operations.current(session)


def _only_where_it_stands(notice: Notice, alert: str) -> None:
    """What changes as it goes on is drawn anew where it stands, and sent anew only for what must not be overlooked."""
    if notice.screen is None and not alert:
        raise NotDelivered("the analyst has left that screen", None)


class ChatNotifier:
    """The ``Notifier`` of the Telegram chat."""

    def __init__(self, bot: ExtBot[None], rt: Runtime, operations: Operations) -> None:
        self._bot, self._rt, self._operations = bot, rt, operations
        self._draw: dict[str, Callable[[Analyst, Notice, Operation, datetime], Awaitable[tuple[Screen, str]]]] = {
            "reply": self._reply,
            "quarantine": self._quarantine,
            "message": self._message,
            "case": self._case,
            "follow_up": self._follow_up,
            "overdue": self._overdue,
            "escalated": self._escalated,
            campaign_service.NOTICE: self._campaign,
            **{part.value: self._summary for part in DayPart},
            "parked": self._parked,
            account.NOTICE: self._account,
            "renumbered": self._renumbered,
            "given": self._given,
            byhand_service.NOTICE: self._by_hand,
            "approval": self._approval,
            "absence": self._absence,
            "forwarded": self._forwarded,
            "telegram": self._telegram,
            "trouble": self._trouble,
            pause_service.NOTICE: self._pause,
            rates.NOTICE: self._index,
            rates.DIFFERENCE: self._index_difference,
            "meta_template": self._at_meta,
        }

    async def deliver(self, notice: Notice) -> int:
        analyst, op = await self._rt.read(_for_whom, self._operations, notice.chat_id)
        if analyst is None:
            raise NotDelivered("the analyst is no longer active", None)
        try:
            screen, alert = await self._draw[notice.kind](analyst, notice, op, await self._rt.now())
        except (NotFound, NotAllowed) as error:
            raise NotDelivered(error.text, None) from error
        try:
            shown = await self._drawn(analyst, notice, screen)
            if alert and shown == notice.screen:  # an edit makes no sound
                await self._alert(analyst, notice, alert, shown)
            return shown
        except RetryAfter as error:
            wait = error.retry_after
            raise NotDelivered("429", wait if isinstance(wait, timedelta) else timedelta(seconds=wait)) from error
        except Forbidden as error:
            raise NotDelivered(error.message, None) from error
        except BadRequest as error:  # refused for good: trying again would say the same
            log.error("notice_refused", kind=notice.kind, notification=notice.notification_id, error=error.message)
            raise NotDelivered(error.message, None) from error
        except (NetworkError, TelegramError) as error:
            raise NotDelivered(error.message, timedelta(seconds=1)) from error

    async def _alert(self, analyst: Analyst, notice: Notice, told: str, about: int) -> None:
        sent = await self._bot.send_message(notice.chat_id, told, reply_parameters=ReplyParameters(about))
        topic_case = notice.case_id if analyst.topics_on else None
        await self._rt.write(notices.reached, analyst.id, sent.message_id, topic_case)

    async def _drawn(self, analyst: Analyst, notice: Notice, screen: Screen) -> int:
        """Drawn into the case's topic; one that its owner has deleted meanwhile is made anew."""

        async def thread() -> int | None:
            return await topics.thread_of(self._bot, self._rt, analyst, notice.case_id)

        try:
            return await draw(self._bot, self._rt, analyst, screen, notice.screen, thread)
        except BadRequest as error:
            if not topics.is_gone(error):
                raise
        await self._rt.write(topic_service.forget, analyst, notice.case_id)
        return await draw(self._bot, self._rt, analyst, screen, None, thread)

    async def _reply(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(reply_service.card, analyst, notice.case_id, notice.subject_id, op)
        return replies.reply_screen(view, op, now), ""

    async def _quarantine(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(quarantine.quarantined, analyst, notice.subject_id)
        return replies.quarantine_screen(view, op, now), ""

    async def _case(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        return cases.card_screen(await self._rt.read(case_service.view, analyst, notice.case_id), op, now), ""

    async def _message(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(drafts.view, analyst, notice.subject_id, op)
        moved = view.message.status is MessageStatus.DRAFT and view.message.error is None  # nothing went wrong with it
        alert = "" if moved else LOUD.get(view.message.status, "")
        _only_where_it_stands(notice, alert)
        return drafting.message_screen(view, op, now), alert

    async def _follow_up(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(follow_up_service.view, analyst, notice.subject_id)
        quiet = follow_up_service.comes_quietly(view.follow_up, view.case.uf, op, now)
        return replace(followups.nudge_screen(view, op, now), quiet=quiet), ""

    async def _overdue(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        due = await self._rt.read(day.page, analyst, Worklist.OVERDUE, op)
        told = [(row.row, row.case.uf) for row in due.rows if isinstance(row.row, FollowUp)]
        quiet = all(follow_up_service.comes_quietly(one, uf, op, now) for one, uf in told)
        return replace(lists.page_screen(due, op, now), quiet=quiet), ""

    async def _escalated(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        forgotten = await self._rt.read(day.page, analyst, Worklist.ESCALATED, op)
        return lists.page_screen(forgotten, op, now), ""

    async def _campaign(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(campaign_service.view, analyst, notice.subject_id, op)
        alert = campaigns.alert(view)
        _only_where_it_stands(notice, alert)
        return campaigns.campaign_screen(view, op, now), alert

    async def _summary(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        told = await self._rt.read(digest_service.summary, analyst, DayPart(notice.kind), op)
        return digests.summary_screen(analyst, told, op, now), ""

    async def _given(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        number, by = await self._rt.read(handovers.given, analyst, notice.subject_id)
        return team_handler.given_screen(number, by), ""

    async def _by_hand(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        return byhand.byhand_screen(await self._rt.read(byhand_service.left, analyst), op, now), ""

    async def _approval(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(approval_service.view, analyst, notice.subject_id)
        return approvals.approval_screen(view, op, now), approvals.alert(view.approval, analyst)

    async def _absence(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(absences.view, analyst, notice.subject_id)
        return team_handler.absence_screen(view, op), ""

    async def _index(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        return index.index_screen(await self._rt.read(rates.view, analyst), op, now), "O IPCA foi lido: veja acima."

    async def _index_difference(
        self, analyst: Analyst, notice: Notice, op: Operation, now: datetime
    ) -> tuple[Screen, str]:
        view = await self._rt.read(rates.difference, analyst, notice.subject_id)
        return index.difference_screen(view, op, now), ""

    async def _account(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        return whatsapp_news.account_screen(await self._rt.read(account.view, notice.subject_id), op, now), ""

    async def _renumbered(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        view = await self._rt.read(case_service.view, analyst, notice.case_id)
        return whatsapp_news.renumbered_screen(view), ""

    async def _parked(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        text = (
            f"⚠️ Uma mensagem recebida não pôde ser processada (nº {notice.subject_id}). Ela está guardada; avise a TI."
        )
        return Screen(text), ""

    async def _at_meta(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        entry = await self._rt.read(meta_template_service.entry_of_row, analyst, notice.subject_id, op)
        return meta_templates.entry_screen(entry, analyst, op, now, news=True), ""

    async def _trouble(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        row = await self._rt.read(troubles.view, notice.subject_id)
        return sending_trouble.trouble_screen(row, op, now), ""

    async def _pause(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        return pauses.pause_screen(await self._rt.read(pause_service.view, notice.subject_id), op, now), ""

    async def _telegram(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        return invitations.blocked_screen(await self._rt.read(case_service.view, analyst, notice.case_id)), ""

    async def _forwarded(self, analyst: Analyst, notice: Notice, op: Operation, now: datetime) -> tuple[Screen, str]:
        held = await self._rt.read(taps.held, analyst)
        if held is None:
            raise NotDelivered("the conversation is no longer in hand", None)
        if held.name != paste.STEP:
            doing = h(held.data["doing"])
            told = f"⚠️ O que você encaminhou não foi registrado: termine ou cancele antes {doing}, e encaminhe de novo."
            return Screen(told), ""
        return pasting.conversation_screen(await self._rt.read(paste.preview, analyst, op), op, now), ""
