"""python-telegram-bot itself against the emulated Bot API, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    MessageOriginHiddenUser,
    MessageOriginUser,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from bot.sandbox import Sandbox, SandboxError
from tests.patience import PATIENCE

ANA = 1001


@pytest.fixture
async def bot(url: str, sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.config.telegram_token, f"{url}/bot", f"{url}/file/bot") as bot:
        sandbox.telegram.person(ANA, "Ana", "Souza")
        await sandbox.telegram.starts(ANA)
        yield bot


def keyboard(**button: Any) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Aprovar", **button)]])


async def test_a_sent_message_stands_in_the_persons_chat_with_its_markup_stripped(bot: Bot, sandbox: Sandbox) -> None:
    sent = await bot.send_message(
        ANA, "<b>Olá</b> &amp; bom dia", parse_mode="HTML", reply_markup=keyboard(callback_data="t1")
    )
    assert sent.text == "Olá & bom dia"
    assert [(entity.type, entity.offset, entity.length) for entity in sent.entities] == [("bold", 0, 3)]
    assert sent.date == sandbox.clock.now().replace(second=sent.date.second, microsecond=0)
    shown = sandbox.telegram.chat(ANA)["messages"][-1]
    assert (shown["from"], shown["text"], shown["buttons"]) == (
        "bot",
        "Olá & bom dia",
        [[{"text": "Aprovar", "data": "t1"}]],
    )
    entry = sandbox.ledger.telegram_accepted[-1]
    assert (entry["method"], entry["text"], entry["message_id"]) == ("sendMessage", "Olá & bom dia", sent.message_id)


async def test_a_message_comes_without_a_sound_where_that_is_asked_for(bot: Bot, sandbox: Sandbox) -> None:
    for quiet in (None, True):
        await bot.send_message(ANA, "Olá", disable_notification=quiet)
    assert [m["silent"] for m in sandbox.telegram.chat(ANA)["messages"]][-2:] == [False, True]


async def test_an_edit_replaces_text_and_buttons_and_is_marked(bot: Bot, sandbox: Sandbox) -> None:
    sent = await bot.send_message(ANA, "Rascunho", reply_markup=keyboard(callback_data="t1"))
    await bot.edit_message_text("Enviada", ANA, sent.message_id)
    shown = sandbox.telegram.last(ANA)
    assert shown is not None
    assert (shown["text"], shown["buttons"], shown["edited"]) == ("Enviada", [], True)


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot) -> None:
    sent = await bot.send_message(ANA, "Igual", reply_markup=keyboard(callback_data="t1"))
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_text("Igual", ANA, sent.message_id, reply_markup=keyboard(callback_data="t1"))
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_reply_markup(ANA, sent.message_id, reply_markup=keyboard(callback_data="t1"))
    await bot.edit_message_reply_markup(ANA, sent.message_id, reply_markup=keyboard(callback_data="t2"))


async def test_only_the_bots_own_messages_can_be_edited(bot: Bot, sandbox: Sandbox) -> None:
    theirs = await sandbox.telegram.writes(ANA, "Minha")
    with pytest.raises(BadRequest, match=r"(?i)can.t be edited"):
        await bot.edit_message_text("Outra", ANA, theirs)
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("Outra", ANA, 999_999)


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("", {}, "text is empty"),
        ("x" * 4097, {}, "too long"),
        ("😀" * 2049, {}, "too long"),
        ("<b>sem fim", {"parse_mode": "HTML"}, "can't parse entities"),
        ("a < b", {"parse_mode": "HTML"}, "can't parse entities"),
        ("<p>parágrafo</p>", {"parse_mode": "HTML"}, "Unsupported start tag"),
        ("<b><i>x</b></i>", {"parse_mode": "HTML"}, 'expected "</i>"'),
        ("x", {"reply_markup": keyboard(callback_data="é" * 33)}, "button_data_invalid"),
        ("x", {"reply_markup": keyboard()}, "Text buttons are unallowed"),
        ("x", {"reply_markup": keyboard(callback_data="a", url="https://wa.me/1")}, "one action"),
        ("x", {"reply_markup": keyboard(url="http://localhost:8080/caso")}, "Wrong HTTP URL"),
        ("x", {"reply_markup": keyboard(url="http://[")}, "Wrong HTTP URL"),
        ("x", {"reply_parameters": ReplyParameters(424242)}, "message to be replied not found"),
    ],
)
async def test_what_the_real_api_refuses_is_refused_and_not_kept(
    bot: Bot, sandbox: Sandbox, text: str, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){problem}"):
        await bot.send_message(ANA, text, **options)
    assert sandbox.ledger.telegram_accepted == []


async def test_the_limits_themselves_are_accepted(bot: Bot, sandbox: Sandbox) -> None:
    await bot.send_message(ANA, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")
    await bot.send_message(ANA, "x", reply_markup=keyboard(callback_data="é" * 32))
    await bot.send_message(ANA, "x", reply_parameters=ReplyParameters(424242, allow_sending_without_reply=True))
    assert len(sandbox.ledger.telegram_accepted) == 3


async def test_a_bot_cannot_write_to_whom_it_does_not_know(bot: Bot, sandbox: Sandbox) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(5, "Oi")
    sandbox.telegram.person(2002, "Bia")
    with pytest.raises(Forbidden, match="initiate"):
        await bot.send_message(2002, "Oi")
    sandbox.telegram.blocks(ANA)
    with pytest.raises(Forbidden, match="blocked"):
        await bot.send_message(ANA, "Oi")
    await sandbox.telegram.starts(ANA)
    await bot.send_message(ANA, "Oi de novo")


async def test_a_tap_is_answered_once(bot: Bot, sandbox: Sandbox) -> None:
    sent = await bot.send_message(ANA, "Aprovar?", reply_markup=keyboard(callback_data="t1"))
    assert (await sandbox.telegram.taps(ANA, text="Aprovar"))["kind"] == "callback"
    query = (await bot.get_updates())[-1].callback_query
    assert query is not None
    assert query.data == "t1"
    assert query.message is not None
    assert query.message.message_id == sent.message_id
    await query.answer("Feito")
    assert sandbox.telegram.chat(ANA)["toast"] == "Feito"
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await query.answer()


async def test_a_link_button_is_told_and_not_tapped(bot: Bot, sandbox: Sandbox) -> None:
    await bot.send_message(ANA, "Abrir", reply_markup=keyboard(url="https://wa.me/5571980000017?text=Oi"))
    tapped = await sandbox.telegram.taps(ANA, text="Aprovar")
    assert tapped == {"kind": "url", "url": "https://wa.me/5571980000017?text=Oi"}
    with pytest.raises(SandboxError, match="no message here has the button"):
        await sandbox.telegram.taps(ANA, text="Recusar")


async def test_reply_keyboards_and_forced_replies_work(bot: Bot, sandbox: Sandbox) -> None:
    asked = await bot.send_message(ANA, "Telefone?", reply_markup=ForceReply())
    answer = await sandbox.telegram.writes(ANA, "71 98000-0017", reply_to_message_id=asked.message_id)
    await bot.send_message(ANA, "Menu", reply_markup=ReplyKeyboardMarkup([["Próximo ▶"]]))
    assert (await sandbox.telegram.taps(ANA, text="Próximo ▶"))["kind"] == "text"
    updates = await bot.get_updates()
    told = next(update.message for update in updates if update.message and update.message.message_id == answer)
    assert told.reply_to_message is not None
    assert told.reply_to_message.text == "Telefone?"
    assert updates[-1].message is not None
    assert updates[-1].message.text == "Próximo ▶"


async def test_documents_travel_both_ways_unchanged(bot: Bot, sandbox: Sandbox) -> None:
    content = bytes(range(256)) * 10
    await sandbox.telegram.sends_document(ANA, content, "formulário.txt", caption="segue")
    message = (await bot.get_updates())[-1].message
    assert message is not None
    assert message.document is not None
    assert (message.document.file_name, message.caption) == ("formulário.txt", "segue")
    assert bytes(await (await message.document.get_file()).download_as_bytearray()) == content

    sent = await bot.send_document(ANA, content, filename="formulario.pdf", caption="<i>pronto</i>", parse_mode="HTML")
    shown = sandbox.telegram.last(ANA, "pronto")
    assert shown is not None
    assert shown["document"]["filename"] == "formulario.pdf"
    assert sandbox.telegram.file(shown["document"]["file_id"]) == content
    assert sent.document is not None
    await bot.send_document(ANA, sent.document.file_id)
    await bot.send_photo(ANA, b"\xff\xd8 jpeg", caption="gráfico")
    with pytest.raises(BadRequest, match=r"(?i)caption is too long"):
        await bot.send_document(ANA, content, caption="x" * 1025)
    with pytest.raises(BadRequest, match="non-empty"):
        await bot.send_document(ANA, b"", filename="vazio.pdf")


async def test_a_picture_takes_the_place_of_a_text_or_of_another_one(bot: Bot, sandbox: Sandbox) -> None:
    text = await bot.send_message(ANA, "um momento")
    about = {"chat_id": ANA, "message_id": text.message_id}
    await bot.edit_message_media(InputMediaPhoto(b"\x89PNG 1", "<b>outubro</b>", parse_mode="HTML"), **about)
    with pytest.raises(BadRequest, match="no text in the message"):
        await bot.edit_message_text("texto", **about)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_media(InputMediaPhoto(b"\x89PNG 1", "<b>outubro</b>", parse_mode="HTML"), **about)
    await bot.edit_message_media(InputMediaPhoto(b"\x89PNG 2", "novembro"), **about)
    shown = sandbox.telegram.last(ANA, "novembro")
    assert shown is not None and (shown["message_id"], shown["is_photo"]) == (text.message_id, True)
    assert sandbox.telegram.file(shown["document"]["file_id"]) == b"\x89PNG 2"


async def test_a_file_above_20_mb_cannot_be_fetched(bot: Bot, sandbox: Sandbox) -> None:
    await sandbox.telegram.sends_document(ANA, b"x" * (20 * 1024**2 + 1), "grande.bin")
    message = (await bot.get_updates())[-1].message
    assert message is not None
    assert message.document is not None
    with pytest.raises(BadRequest, match=r"(?i)file is too big"):
        await message.document.get_file()


async def test_updates_are_given_until_an_offset_confirms_them(bot: Bot, sandbox: Sandbox) -> None:
    await sandbox.telegram.writes(ANA, "um")
    await sandbox.telegram.writes(ANA, "dois")
    first = await bot.get_updates()
    assert [update.message and update.message.text for update in first] == ["/start", "um", "dois"]
    assert [update.update_id for update in await bot.get_updates(limit=1)] == [first[0].update_id]
    rest = await bot.get_updates(offset=first[1].update_id)
    assert [update.update_id for update in rest] == [first[1].update_id, first[2].update_id]
    assert [entry["delivered"] for entry in sandbox.ledger.updates] == [True, False, False]
    assert await bot.get_updates(offset=first[2].update_id + 1) == ()
    assert all(entry["delivered"] for entry in sandbox.ledger.updates)


async def polled(sandbox: Sandbox, times: int) -> None:
    """Wait until getUpdates has been called so often."""
    while sandbox.telegram.updates.polls < times:
        await asyncio.sleep(0.005)


async def test_a_long_poll_wakes_when_something_happens(bot: Bot, sandbox: Sandbox) -> None:
    [start] = await bot.get_updates()
    poll = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=20))
    await polled(sandbox, 2)
    assert not poll.done()
    await sandbox.telegram.writes(ANA, "oi")
    [update] = await asyncio.wait_for(poll, PATIENCE)
    assert update.message is not None
    assert update.message.text == "oi"


async def test_the_second_poller_throws_out_the_first(bot: Bot, url: str, sandbox: Sandbox) -> None:
    [start] = await bot.get_updates()
    first = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=20))
    await polled(sandbox, 2)
    async with Bot(bot.token, f"{url}/bot") as second:
        assert await second.get_updates(offset=start.update_id + 1) == ()
    with pytest.raises(Conflict, match="only one bot instance"):
        await first


async def test_only_the_kinds_asked_for_are_given(bot: Bot, sandbox: Sandbox) -> None:
    [start] = await bot.get_updates(allowed_updates=["callback_query"])
    await sandbox.telegram.writes(ANA, "não pedido")
    assert await bot.get_updates(offset=start.update_id + 1) == ()


async def test_told_faults_reach_the_library(bot: Bot, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # the library warns about its old type otherwise
    sandbox.faults.add("telegram.sendMessage", "429", seconds=7)
    with pytest.raises(RetryAfter) as told:
        await bot.send_message(ANA, "1")
    assert told.value.retry_after == timedelta(seconds=7)
    sandbox.faults.add("telegram.sendMessage", "500_before")
    with pytest.raises(NetworkError):
        await bot.send_message(ANA, "2")
    assert sandbox.ledger.telegram_accepted == []
    sandbox.faults.add("telegram.*", "500_after")
    with pytest.raises(NetworkError):
        await bot.send_message(ANA, "3")
    sandbox.faults.add("telegram.sendMessage", "hang_before")
    with pytest.raises(TimedOut):
        await bot.send_message(ANA, "4", read_timeout=0.2)
    sandbox.faults.add("telegram.sendMessage", "hang_after")
    with pytest.raises(TimedOut):
        await bot.send_message(ANA, "5", read_timeout=0.2)
    sandbox.faults.add("telegram.sendMessage", "error", code=403)
    with pytest.raises(Forbidden):
        await bot.send_message(ANA, "6")
    assert [entry["text"] for entry in sandbox.ledger.telegram_accepted] == ["3", "5"]


async def come(sandbox: Sandbox, text: str) -> None:
    """Wait until an update that was kept back is there to be fetched."""
    while not any(text in update.entry["summary"] for update in sandbox.telegram.updates.pending.values()):
        await asyncio.sleep(0.005)


async def test_updates_can_be_doubled_shuffled_and_lost(bot: Bot, sandbox: Sandbox) -> None:
    [start] = await bot.get_updates()
    for kind in ("duplicate", "drop", "reorder"):
        sandbox.faults.add("telegram.update", kind, seconds=1)
    for text in ("dobrada", "perdida", "atrasada", "última"):
        await sandbox.telegram.writes(ANA, text)
    await come(sandbox, "atrasada")
    offset, texts = start.update_id + 1, []
    for _ in range(4):
        updates = await bot.get_updates(offset=offset)
        texts += [update.message.text for update in updates if update.message]
        offset = max([offset, *(update.update_id + 1 for update in updates)])
    assert texts == ["dobrada", "última", "atrasada", "dobrada"]
    assert [entry["dropped"] for entry in sandbox.ledger.updates[1:]] == [False, True, False, False]


async def test_an_overtaken_update_is_given_even_after_a_higher_offset(bot: Bot, sandbox: Sandbox) -> None:
    [start] = await bot.get_updates()
    sandbox.faults.add("telegram.update", "reorder", seconds=3)
    await sandbox.telegram.writes(ANA, "atrasada")
    await sandbox.telegram.writes(ANA, "última")
    [last] = await bot.get_updates(offset=start.update_id + 1)
    await come(sandbox, "atrasada")
    [late] = await bot.get_updates(offset=last.update_id + 1)
    assert late.message is not None
    assert (late.message.text, late.update_id) == ("atrasada", last.update_id - 1)
    assert await bot.get_updates(offset=last.update_id + 1) == ()


async def test_wrong_token_and_unknown_method_are_told_apart(
    url: str, sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    with pytest.raises(InvalidToken):
        async with Bot("1:falso", f"{url}/bot"):
            raise AssertionError("a wrong token was accepted")
    answer = await http.post(f"/bot{sandbox.config.telegram_token}/sendSmoke")
    assert (answer.status_code, answer.json()["ok"]) == (404, False)


async def test_commands_are_kept_by_scope_and_language(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("casos", "Seus casos")], language_code="pt")
    assert await bot.get_my_commands() == ()
    assert await bot.get_my_commands(language_code="pt") == (BotCommand("casos", "Seus casos"),)
    await bot.delete_my_commands(language_code="pt")
    assert await bot.get_my_commands(language_code="pt") == ()
    with pytest.raises(BadRequest):
        await bot.set_my_commands([BotCommand("Próximo", "x")])


async def test_a_deleted_message_is_gone_from_the_chat(bot: Bot, sandbox: Sandbox) -> None:
    sent = await bot.send_message(ANA, "Some")
    await bot.delete_message(ANA, sent.message_id)
    assert sandbox.telegram.last(ANA, "Some") is None
    with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
        await bot.delete_message(ANA, sent.message_id)


async def test_a_long_paste_arrives_in_pieces_as_from_the_real_app(bot: Bot, sandbox: Sandbox) -> None:
    text = "\n".join(f"[16:22, 09/11/2023] Retenção - Operadora: linha {n}" for n in range(200))
    await sandbox.telegram.writes(ANA, text)
    pieces = [update.message.text for update in await bot.get_updates() if update.message and update.message.text][1:]
    assert len(pieces) == 3
    assert "\n".join(pieces) == text


async def test_an_application_without_updater_handles_commands_and_taps(bot: Bot, sandbox: Sandbox, url: str) -> None:
    seen: list[str] = []

    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        seen.append(" ".join(context.args or []))
        await update.message.reply_text("Olá", reply_markup=keyboard(callback_data="ok"))

    async def tap(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer()
        await update.callback_query.edit_message_text("Feito")
        seen.append("tapped")

    token = sandbox.config.telegram_token
    builder = Application.builder().token(token).updater(None).base_url(f"{url}/bot").base_file_url(f"{url}/file/bot")
    app = builder.build()
    app.add_handler(CommandHandler("start", start))
    app.add_handler(CallbackQueryHandler(tap))
    async with app:
        await sandbox.telegram.starts(ANA, "CODIGO")
        updates = await bot.get_updates()
        await app.process_update(updates[-1])
        await sandbox.telegram.taps(ANA, text="Aprovar")
        for update in await bot.get_updates(offset=updates[-1].update_id + 1):
            await app.process_update(update)
    assert seen == ["CODIGO", "tapped"]
    shown = sandbox.telegram.last(ANA)
    assert shown is not None
    assert shown["text"] == "Feito"


async def test_a_forwarded_message_tells_who_wrote_it_and_when(bot: Bot, sandbox: Sandbox) -> None:
    telegram = sandbox.telegram
    telegram.person(1002, "Helena", "Prado")
    await telegram.forwards(ANA, "Bom dia!", user_id=1002, date="2023-10-27T10:00:05-03:00")
    await telegram.forwards(ANA, "Até sexta", name="Helena", date="2023-10-27T10:01:00-03:00")
    await telegram.forwards(ANA, "Segue", user_id=ANA, date="2023-10-27T10:02:00-03:00", filename="tabela.pdf")
    await telegram.forwards(ANA, user_id=1002, date="2023-10-27T10:03:00-03:00", kind="voice")
    shown, hidden, file, voice = [u.message for u in await bot.get_updates()][-4:]
    assert isinstance(shown.forward_origin, MessageOriginUser)
    assert (shown.forward_origin.sender_user.full_name, shown.forward_origin.date.isoformat()) == (
        "Helena Prado",
        "2023-10-27T13:00:05+00:00",
    )
    assert isinstance(hidden.forward_origin, MessageOriginHiddenUser)
    assert (hidden.forward_origin.sender_user_name, hidden.text) == ("Helena", "Até sexta")
    assert (file.document.file_name, file.caption, file.forward_origin.sender_user.id) == ("tabela.pdf", "Segue", ANA)
    assert (voice.voice.mime_type, voice.text) == ("audio/ogg", None)
    with pytest.raises(SandboxError):
        await telegram.forwards(ANA, "De quem?", date="2023-10-27T10:00:05-03:00")


async def test_other_media_and_the_bots_actions_are_recorded(bot: Bot, sandbox: Sandbox) -> None:
    await sandbox.telegram.sends_media(ANA, "location")
    await sandbox.telegram.sends_media(ANA, "sticker")
    place, sticker = [u.message for u in await bot.get_updates()][-2:]
    assert place.location.latitude < 0
    assert sticker.sticker.type == "regular"
    await bot.send_chat_action(ANA, "typing")
    assert [(a["chat_id"], a["action"]) for a in sandbox.ledger.actions] == [(ANA, "typing")]
    with pytest.raises(BadRequest):
        await bot.send_chat_action(ANA, "thinking")


async def test_topics_of_a_private_chat_are_made_written_to_and_deleted(bot: Bot, sandbox: Sandbox) -> None:
    telegram = sandbox.telegram
    with pytest.raises(BadRequest, match="not a forum"):
        await bot.create_forum_topic(ANA, "Dra. Helena")
    assert (await bot.get_me()).has_topics_enabled is False
    telegram.threaded()
    assert (await bot.get_me()).has_topics_enabled is True
    topic = await bot.create_forum_topic(ANA, "Dra. Helena")
    thread = topic.message_thread_id
    sent = await bot.send_message(ANA, "Nova resposta", message_thread_id=thread)
    assert (sent.message_thread_id, sent.is_topic_message) == (thread, True)
    answered = await bot.send_message(ANA, "Veja acima", reply_parameters=ReplyParameters(sent.message_id))
    assert answered.message_thread_id == thread
    await telegram.writes(ANA, "Obrigada", thread_id=thread)
    await telegram.writes(ANA, "E isto", sent.message_id)
    said = [u.message for u in await bot.get_updates()][-2:]
    assert [(m.message_thread_id, m.is_topic_message) for m in said] == [(thread, True)] * 2
    assert await bot.edit_forum_topic(ANA, thread, name="Dra. Helena Prado")
    assert telegram.chat(ANA)["topics"] == {thread: "Dra. Helena Prado"}
    with pytest.raises(SandboxError):
        await telegram.writes(ANA, "Para onde?", thread_id=thread + 999)
    await telegram.deletes_topic(ANA, thread)
    assert sent.message_id not in [m["message_id"] for m in telegram.chat(ANA)["messages"]]
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(ANA, "Tarde", message_thread_id=thread)
    with pytest.raises(BadRequest, match="Topic_name_invalid"):
        await bot.create_forum_topic(ANA, "x" * 129)
