"""Emulators of the Telegram Bot API and the WhatsApp Cloud API, with a clock, a ledger, faults and a two-phone screen.

The unchanged product talks to them through its URL settings:

    TELEGRAM_API_URL=http://127.0.0.1:8900     bot:  {url}/bot<token>/<method>   files: {url}/file/bot<token>/<path>
    WHATSAPP_API_URL=http://127.0.0.1:8900     {url}/v26.0/<phone_number_id>/messages, …/media, /v26.0/<waba_id>/…
    CLOCK_URL=http://127.0.0.1:8900/clock

and receives WhatsApp's webhooks at ``{product_url}/webhooks/whatsapp``, Telegram's where setWebhook says. All state
lives in the `Sandbox` object, so it survives the product's death. Nothing of the product is imported here.

Start:  python -m bot.sandbox --port 8900 --product-url http://127.0.0.1:8080        (``--help`` tells the rest)

Python
------
    config = SandboxConfig(telegram_token=…, phone_number_id=…, waba_id=…, whatsapp_token=…, app_secret=…,
                           verify_token=…, product_url=…)           every field has a working default
    sandbox = Sandbox(config)
    async with sandbox.serving(port=0) as url: …                    real TCP, in the running loop, no signal handlers
    sandbox.app                                                     the Starlette application itself
    sandbox.product_url = "http://127.0.0.1:9999"                   may change while it runs; None: webhooks wait
    await sandbox.settled(timeout=10) -> bool                       until every webhook is acknowledged and every
                                                                    Telegram update confirmed

    sandbox.clock.now() -> datetime (aware, UTC)                    sandbox.clock.set(datetime); .forward(timedelta)
    sandbox.clock.freeze(); .thaw()
    sandbox.faults.add("whatsapp.messages", "500_after", times=1, seconds=0, probability=1.0, code=None)
    sandbox.faults.clear()
    sandbox.ledger.whatsapp_accepted | .inbound | .statuses | .telegram_accepted | .updates | .answers
                  .actions                                          lists of dicts
    sandbox.ledger.as_dict()                                        what GET /sandbox/ledger answers

    An analyst's phone; ``chat_id`` is any integer > 0. What cannot be done on a phone raises `SandboxError`.
    sandbox.telegram.person(chat_id, first_name=…, last_name=None, username=None)     known to Telegram, not to the bot
    await sandbox.telegram.writes(chat_id, text, reply_to_message_id=None) -> int     message id; text over 4096 is
                                                                     split as the real app does (the last one's id)
    await sandbox.telegram.starts(chat_id, payload="") -> int                         "/start payload"
    await sandbox.telegram.taps(chat_id, message_id=None, text=None, data=None) -> dict
         taps the button by what it shows or by its data; without message_id: the newest message that has one.
         {"kind": "callback", "id"} | {"kind": "url", "url"} (told, not followed) | {"kind": "text", "message_id"}
    await sandbox.telegram.sends_document(chat_id, content: bytes, filename, mime_type=None, caption=None,
                                          reply_to_message_id=None) -> int
    await sandbox.telegram.sends_photo(chat_id, content: bytes, caption=None) -> int
    await sandbox.telegram.sends_media(chat_id, kind, caption=None) -> int            kind: voice, audio, video,
                                                                     video_note, sticker, location, contact
    await sandbox.telegram.forwards(chat_id, text=None, *, date: str, user_id=None, name=None, kind=None,
                                    filename=None, content=b"-") -> int
         what somebody wrote at that moment (ISO-8601): a person known to Telegram (user_id), or one who hides behind a
         name; kind and filename as a photo ("photo.jpg"), a document or other media, whose caption the text is
    await sandbox.telegram.edits(chat_id, message_id, text) -> None
    sandbox.telegram.blocks(chat_id) / .unblocks(chat_id)
    sandbox.telegram.chat(chat_id) -> dict                           as GET /sandbox/telegram/chat/<chat_id>
    sandbox.telegram.file(file_id) -> bytes                          of a document shown in a chat
    sandbox.telegram.last(chat_id, containing="") -> dict | None     newest bot message with that text, as in the chat

    A dentist's phone; ``number`` is E.164 with or without "+".
    sandbox.whatsapp.person(number, name=…, wa_id=None, bsuid=None, hides_phone=False, on_whatsapp=True)
    await sandbox.whatsapp.writes(number, text, quoting=None) -> str                  wamid; quoting: a wamid
    await sandbox.whatsapp.sends_image(number, content: bytes, caption=None, mime_type=…, quoting=None) -> str
    await sandbox.whatsapp.sends_audio(number, content: bytes, mime_type="audio/ogg; codecs=opus") -> str
    await sandbox.whatsapp.sends_document(number, content: bytes, filename, mime_type=…, caption=None) -> str
    await sandbox.whatsapp.presses(number, button: str, wamid=None) -> str            a quick reply of a message
    await sandbox.whatsapp.reacts(number, wamid, emoji) -> str
    await sandbox.whatsapp.opens(number) -> list[str]                                 reads all: "read" statuses
    await sandbox.whatsapp.prefers(number, stop=True) -> None                         marketing opt-out switch
    await sandbox.whatsapp.typed_on_phone(number, text) -> str                        coexistence: an echo
    await sandbox.whatsapp.sends(number, kind, content, quoting=None) -> str          of any other type
    await sandbox.whatsapp.edits(number, wamid, text) -> str / .deletes(number, wamid) -> str
    await sandbox.whatsapp.moves(number, new_number) -> None                          system: another number
    await sandbox.whatsapp.edited_on_phone(number, wamid, text) -> str / .deleted_on_phone(number, wamid) -> str
    await sandbox.whatsapp.shares_past(number, [{"ours", "text", "at": seconds}]) -> list[str]       + history
    await sandbox.whatsapp.account_news(field, value) -> None                         account_update and the like
    await sandbox.whatsapp.verify_webhook(token=None) -> bool                         GET challenge, as Meta does it
    sandbox.whatsapp.batch()                                         async context manager: all within → one POST
    sandbox.whatsapp.hold() / .release(together=False)               the same, by hand
    sandbox.whatsapp.give_up() -> int                                forget every webhook not yet acknowledged
    sandbox.whatsapp.template(name, body, category="UTILITY", language="pt_BR", status="APPROVED", header=None,
                              footer=None, buttons=())               registers one; named variables: {{name}}
    await sandbox.whatsapp.judge_template(name, status, language="pt_BR")             + message_template_status_update
    sandbox.whatsapp.chat(number) -> dict                            as GET /sandbox/whatsapp/chat/<number>

`SandboxConfig` also has: ``start_at`` (datetime), ``window_refusal`` and ``absence_refusal`` ("immediate" | "async"),
``pair_rate`` (bool: 131056 after a burst of 45), ``sent_after``, ``delivered_after``, ``read_after`` (real seconds;
None: never by itself), ``template_review`` ("APPROVED" | "PENDING"), ``phone_number`` (the operator's own), and what
Meta tells of the number and the account: ``number_status``, ``can_send`` ("AVAILABLE" | "LIMITED" | "BLOCKED"),
``quality_rating``, ``messaging_limit`` ("TIER_2K"…), ``app_subscribed`` (bool).

Control endpoints (JSON in, JSON out; 400 {"error": …} for what cannot be done)
-----------------
    GET  /clock                        {"now": "2023-10-30T14:01:00.000000Z", "frozen": false}
    POST /clock                        any of {"now": iso, "forward": seconds, "frozen": bool}; answers as GET
    GET  /sandbox/ledger               {"whatsapp": {"accepted", "inbound", "statuses"},
                                        "telegram": {"accepted", "updates", "answers", "actions"}}
    GET  /sandbox/faults               {"faults": [...]}       DELETE /sandbox/faults
    POST /sandbox/faults               {"target", "kind", "times": n | null (always), "seconds", "probability", "code"}
    GET  /sandbox/config               what may be changed; POST /sandbox/config {"product_url": …, "pair_rate": …, …}
    GET  /sandbox/settled?timeout=10   {"settled": bool, "pending": n}
    GET  /sandbox/telegram/chat/<id>   {"chat_id", "name", "blocked", "messages": [{"message_id", "from": "bot"|"user",
                                        "text", "buttons": [[{"text", "data"|"url"|…}]], "edited", "date",
                                        "reply_to_message_id", "is_photo", "document": {"file_id", "filename",
                                        "size"}|null}],
                                        "keyboard": [[text]]|null, "toast": text|null}
    GET  /sandbox/telegram/file/<file_id>        bytes
    GET  /sandbox/whatsapp/chat/<number>  {"number", "wa_id", "name", "window_open_until": iso|null, "messages":
                                        [{"id", "from": "operator"|"dentist", "type", "text", "at", "status",
                                        "quoting", "buttons": [text], "template": name|null, "filename"}]}
    GET  /sandbox/state?telegram=<id>&whatsapp=<number>     clock, lists of both phones' people, and the two chats
    POST /sandbox/telegram/<action>    action = a method above, body = its arguments by name:
                                       {"chat_id": 1001, "text": "Oi"}; bytes go as {"content_base64": …}; {"result": …}
         person writes starts taps sends_document sends_photo sends_media forwards edits blocks unblocks
    POST /sandbox/whatsapp/<action>    {"number": "+5571980000017", "text": "Sim"}
         person writes sends_image sends_audio sends_document presses reacts opens prefers typed_on_phone
         sends edits deletes moves calls edited_on_phone deleted_on_phone shares_past account_news
         verify_webhook hold release give_up template judge_template

Faults. Targets are patterns (fnmatch): ``telegram.<method>``, ``telegram.file``, ``telegram.update``,
``whatsapp.messages``, ``whatsapp.media``, ``whatsapp.download``, ``whatsapp.templates``, ``whatsapp.account``,
``whatsapp.webhook``.
    calls                delay, 429 (retry after ``seconds``), 500_before, 500_after, hang_before, hang_after,
                         error (``code``: Meta's code or Telegram's error_code), failed (WhatsApp: accepted, then a
                         failed status with ``code``)
    webhook and update   delay, duplicate, reorder (overtaken by what comes within ``seconds``), drop
``_before``: nothing was accepted, the ledger has nothing; ``_after``: accepted and in the ledger, the answer is lost.
"""

from bot.sandbox.app import Sandbox
from bot.sandbox.config import SandboxConfig
from bot.sandbox.errors import SandboxError

__all__ = ["Sandbox", "SandboxConfig", "SandboxError"]
