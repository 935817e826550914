"""What a handler holds: who taps, on what, and the two things it may do: act once, and show."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any, Concatenate, TypeVar

from sqlmodel import Session, SQLModel
from telegram import (
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaPhoto,
    Message,
    Update,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest
from telegram.ext import CallbackContext, ExtBot

from bot.handlers.screen import CAPTION, LIMIT, Screen, fitting
from bot.runtime import Runtime, Work
from bot.services import notices, taps
from bot.services.operation import Operation, Operations
from bot.services.taps import Tap
from messages.errors import Conflict
from storage.models import Analyst, DialogueStep, Topic

R = TypeVar("R", bound=SQLModel | None)
T = TypeVar("T")
A_MOMENT = 0.7  # seconds
A_WHILE = 2.0  # seconds after which whoever waits is told what for
TYPING_LASTS = 4.0  # seconds: Telegram takes it away after five
PICTURE = "imagem.png"  # what its kind is known by
UNCHANGED = "not modified"
GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "there is no text in the message to edit",  # a picture stays; what comes after it has no picture
)


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """One update's context. ``rt``, ``operations`` and ``failures`` are bound once, when the application is
    built; ``op`` is the operation as it was when the update was let in."""

    rt: Runtime
    operations: Operations
    failures: dict[int, BaseException]  # update id → what its handler raised, until the dispatcher has looked
    _analyst: Analyst | None = None
    _op: Operation | None = None
    _topic: Topic | None = None
    tap: Tap | None = None
    action = ChatAction.TYPING  # what is shown to whoever waits
    incoming: Update
    prompted = False  # what came is a Telegram reply to the question that is open
    _progress: Message | None = None  # says what is being done; the next screen takes its place

    @classmethod
    def from_update(cls, update: object, application: Any) -> "Context":
        context = super().from_update(update, application)
        assert isinstance(update, Update)
        context.incoming = update
        return context

    @property
    def analyst(self) -> Analyst:
        """Whoever writes; the gate lets nobody else through."""
        assert self._analyst is not None
        return self._analyst

    @property
    def op(self) -> Operation:
        assert self._op is not None
        return self._op

    @property
    def admitted(self) -> bool:
        """Whether it is one of the team: nobody else is told of the tool's own troubles."""
        return self._analyst is not None

    def admit(self, analyst: Analyst, op: Operation, topic: Topic | None = None) -> None:
        self._analyst, self._op, self._topic = analyst, op, topic

    @property
    def chat_id(self) -> int:
        assert self.incoming.effective_chat is not None
        return self.incoming.effective_chat.id

    @property
    def thread_id(self) -> int | None:
        """The topic that was written or tapped in; None: the chat itself."""
        return thread_of(self.incoming)

    @property
    def topic_case(self) -> int | None:
        """The case whose topic that is."""
        return self._topic.case_id if self._topic is not None else None

    @property
    def arguments(self) -> dict[str, Any]:
        """Of the tapped button."""
        assert self.tap is not None
        return self.tap.arguments

    async def act(self, use_case: Callable[Concatenate[Session, Analyst, ...], R], *args: Any, **kwargs: Any) -> R:
        """Do it once: token, update and act are one transaction. Coming again, it returns the first time's row."""
        return await self._act(False, use_case, *args, **kwargs)

    async def finish(self, use_case: Callable[Concatenate[Session, Analyst, ...], R], *args: Any, **kwargs: Any) -> R:
        """The same for an act that ends the open dialogue."""
        return await self._act(True, use_case, *args, **kwargs)

    async def ask(self, name: str, case_id: int | None, data: dict[str, Any] | None = None) -> DialogueStep:
        """Begin to wait for a typed answer."""
        await self.begin(taps.ask, name, case_id, data)
        return await self.step()

    async def begin(self, use_case: Callable[Concatenate[Session, Analyst, ...], None], *args: Any) -> None:
        """Begin a dialogue. The button that led here may be tapped again."""
        await self.rt.write(taps.act, self.analyst, self.incoming.update_id, None, False, use_case, *args)

    async def _act(self, finish: bool, use_case: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        token = self.tap.token if self.tap else None
        result: Any = await self.rt.write(
            taps.act, self.analyst, self.incoming.update_id, token, finish, use_case, *args, **kwargs
        )
        self.rt.ring(Work.NOTICES, Work.SENDS)
        return result  # type: ignore[no-any-return]

    async def read(self, use_case: Callable[Concatenate[Session, Analyst, ...], T], *args: Any, **kwargs: Any) -> T:
        return await self.rt.read(use_case, self.analyst, *args, **kwargs)

    async def step(self) -> DialogueStep:
        """The dialogue's step that was just set. Raises Conflict when it is over."""
        step = await self.read(taps.step_of)
        if step is None:
            raise Conflict(taps.OUT_OF_DATE)
        return step

    async def leave(self) -> None:
        """Leave the open dialogue behind, if it is one that a step aside ends."""
        step = await self.read(taps.step_of)
        if step is not None and step.name in taps.PASSING:
            await self.rt.write(taps.leave, self.analyst)

    async def about(self, shown: Message) -> notices.Subject:
        """What a Telegram reply to this screen means."""
        markup = shown.reply_markup
        tokens = [b.callback_data for row in markup.inline_keyboard for b in row] if markup else []
        return await self.read(notices.about, shown.message_id, [t for t in tokens if isinstance(t, str)])

    async def show(self, screen: Screen, *, anew: bool = False) -> None:
        """Draw a screen: into the tapped message, else as a new one."""
        query = self.incoming.callback_query
        tapped = query.message.message_id if query and query.message and not anew else None
        waiting, self._progress = self._progress, None
        into = waiting.message_id if waiting is not None else tapped
        if into is not None:  # first: a notice under way sees that its place is taken
            await self.rt.write(remember, self.analyst, screen, into, self.topic_case)
        shown = await draw(self.bot, self.rt, self.analyst, screen, into, self._here)
        if shown != into:
            await self.rt.write(remember, self.analyst, screen, shown, self.topic_case)

    async def _here(self) -> int | None:
        return self.thread_id

    @contextlib.asynccontextmanager
    async def attending(self) -> AsyncIterator[None]:
        """Whoever waits longer than a moment sees that something is being done."""
        done = asyncio.Event()
        telling = asyncio.create_task(self._tell_attending(done))
        try:
            yield
        finally:
            done.set()  # beside the cancellation, which a wait that ends in the same moment may swallow
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell_attending(self, done: asyncio.Event) -> None:
        pause = A_MOMENT
        while not await _comes(done, pause):
            await self.bot.send_chat_action(self.chat_id, self.action, message_thread_id=self.thread_id)
            pause = TYPING_LASTS

    @contextlib.asynccontextmanager
    async def busy(self, doing: str) -> AsyncIterator[None]:
        """Whoever waits longer than a while reads what for, in a message that the next screen takes over."""
        done = asyncio.Event()
        telling = asyncio.create_task(self._tell_busy(doing, done))
        try:
            yield
        finally:
            done.set()
            await asyncio.gather(telling, return_exceptions=True)  # not cut off: what it sends must be known
            if self._progress is not None:  # no screen took its place
                with contextlib.suppress(BadRequest):
                    await self._progress.delete()
                self._progress = None

    async def _tell_busy(self, doing: str, done: asyncio.Event) -> None:
        if not await _comes(done, A_WHILE):
            self._progress = await self.bot.send_message(self.chat_id, doing, message_thread_id=self.thread_id)

    async def hand(self, name: str, content: bytes) -> None:
        """A file for whoever asked, below everything else."""
        file = InputFile(content, name)
        sent = await self.bot.send_document(self.chat_id, file, message_thread_id=self.thread_id)
        await self.rt.write(notices.reached, self.analyst.id, sent.message_id, self.topic_case)

    async def say(self, text: str) -> None:
        """A plain sentence below everything else, to strangers too."""
        sent = await self.bot.send_message(self.chat_id, text, message_thread_id=self.thread_id)
        if self._analyst is not None:
            await self.rt.write(notices.reached, self._analyst.id, sent.message_id, self.topic_case)

    @property
    def scrolled_away(self) -> bool:
        """Whether other messages have come below the one that was tapped."""
        query = self.incoming.callback_query
        bottom = self._topic.bottom if self._topic is not None else self.analyst.chat_bottom
        return bool(query and query.message and query.message.message_id < bottom)

    async def toast(self, text: str, *, alert: bool = False) -> None:
        """Answer the tap with a short notice on top of the chat."""
        query = self.incoming.callback_query
        if query is not None:
            await answer_quietly(query, text, alert=alert)

    async def warn(self, text: str) -> None:
        """What must not be overlooked, also by whoever typed: a tap is answered with it, a text by a message."""
        await (self.toast(text) if self.tap is not None else self.say(text))


async def _comes(event: asyncio.Event, seconds: float) -> bool:
    """Whether it comes so soon."""
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(event.wait(), seconds)
    return False


async def draw(
    bot: ExtBot[None],
    rt: Runtime,
    analyst: Analyst,
    screen: Screen,
    into: int | None,
    thread: Callable[[], Awaitable[int | None]],
) -> int:
    """Draw into a message that stands, or send a new one to the ``thread``, asked for only then; the message's id."""
    assert analyst.id is not None and analyst.telegram_user_id is not None
    markup, chat_id = await _markup(rt, analyst.id, screen), analyst.telegram_user_id
    text = fitting(screen.text, LIMIT if screen.picture is None else CAPTION)
    if into is not None:
        try:
            await _redraw(bot, chat_id, into, text, screen.picture, markup)
            return into
        except BadRequest as error:
            message = error.message.lower()
            if UNCHANGED in message:
                return into
            if not any(reason in message for reason in GONE):
                raise
    more: dict[str, Any] = {"parse_mode": ParseMode.HTML, "reply_markup": markup, "message_thread_id": await thread()}
    if screen.quiet:
        more["disable_notification"] = True
    if screen.picture is not None:
        sent = await bot.send_photo(chat_id, screen.picture, text, filename=PICTURE, **more)
    else:
        sent = await bot.send_message(chat_id, text, **more)
    return sent.message_id


async def _redraw(
    bot: ExtBot[None], chat_id: int, into: int, text: str, picture: bytes | None, markup: InlineKeyboardMarkup | None
) -> None:
    if picture is not None:
        media = InputMediaPhoto(picture, text, parse_mode=ParseMode.HTML, filename=PICTURE)
        await bot.edit_message_media(media, chat_id, into, reply_markup=markup)
    else:
        await bot.edit_message_text(text, chat_id, into, parse_mode=ParseMode.HTML, reply_markup=markup)


def thread_of(update: Update) -> int | None:
    """The topic of a private chat that an update comes from."""
    message = update.effective_message
    return message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None


def remember(
    session: Session, analyst: Analyst, screen: Screen, shown: int, topic_case: int | None, *, now: datetime
) -> None:
    """What a screen is about now, so that changes find it and replies to it are understood; and where the chat, or the
    topic of ``topic_case``, ends."""
    assert analyst.id is not None
    b = screen.binding
    if b is None:
        notices.release(session, analyst.id, shown)
    else:
        notices.bind(session, analyst.id, b.key, shown, b.kind, b.case_id, b.subject_id, now=now)
    notices.reached(session, analyst.id, shown, topic_case, now=now)


async def _markup(rt: Runtime, analyst_id: int, screen: Screen) -> InlineKeyboardMarkup | None:
    if not screen.rows:
        return None
    step = {taps.STEP_KEY: screen.step} if screen.step else {}
    actions = [(b.action, b.arguments | step) for row in screen.rows for b in row if b.url is None]
    tokens = iter(await rt.write(taps.mint, analyst_id, actions) if actions else ())
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(b.label, url=b.url)
                if b.url is not None
                else InlineKeyboardButton(b.label, callback_data=next(tokens))
                for b in row
            ]
            for row in screen.rows
        ]
    )


async def answer_quietly(query: CallbackQuery, text: str = "", *, alert: bool = False) -> None:
    """Stop the button's spinner. A tap older than Telegram remembers cannot be answered, and need not be."""
    try:
        await query.answer(text[:200], show_alert=alert)
    except BadRequest as error:
        if "query is too old" not in error.message.lower() and "query id is invalid" not in error.message.lower():
            raise
