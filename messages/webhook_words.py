"""What each type of a WhatsApp message says, as a person would put it in Portuguese."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from messages.identity import normalise_phone, show_phone
from messages.shapes import as_dict, dicts, text

MEDIA = ("image", "audio", "video", "document", "sticker")
WITHOUT_WORDS = frozenset({*MEDIA, "revoke", "unsupported", "media_placeholder"})  # their kind's name says it all
CALL = "call"  # of a message from outside: nobody wrote anything
RINGING = {False: "Ligação pelo WhatsApp", True: "Pelo WhatsApp"}  # by whether we called: what it came to is not known
MOST = 200  # characters of a name, a title, an address


def said(kind: str, item: Mapping[str, Any]) -> str:
    """The words of a message; empty where its kind says everything. Never fails, whatever the item holds."""
    teller = _TELLERS.get(kind)
    if teller is not None:
        return teller(item)
    caption = text(as_dict(item.get(kind)).get("caption"))
    return caption if caption or kind in WITHOUT_WORDS else _of_unknown(kind, item)


def edited(item: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Type and content of what a message was changed to."""
    message = as_dict(as_dict(item.get("edit")).get("message"))
    return text(message.get("type"), 32) or "text", message


def call_said(item: Mapping[str, Any], *, ours: bool) -> str:
    """What is told of a voice call: that there is one as it begins, and what it came to as it ends."""
    if item.get("event") != "terminate":
        return RINGING[ours]
    status, seconds = item.get("status"), text(item.get("duration"), 9)
    talked = status == "COMPLETED" and seconds.isascii() and seconds.isdigit() and int(seconds) > 0
    if not talked:
        return "Pelo WhatsApp, não atendida" if ours else "Ligação perdida"
    minutes, rest = divmod(int(seconds), 60)
    length = f"{minutes} min" if minutes else f"{rest} s"
    return f"Pelo WhatsApp, {length}" if ours else f"Ligação pelo WhatsApp, {length}"


def _text(item: Mapping[str, Any]) -> str:
    return text(as_dict(item.get("text")).get("body"), 65_536)


def _button(item: Mapping[str, Any]) -> str:
    button = as_dict(item.get("button"))
    return text(button.get("text")) or text(button.get("payload"))


def _interactive(item: Mapping[str, Any]) -> str:
    """A tapped button, a line of a list, an answered form."""
    content = as_dict(item.get("interactive"))
    for name in ("button_reply", "list_reply"):
        reply = as_dict(content.get(name))
        if title := text(reply.get("title"), MOST):
            description = text(reply.get("description"), MOST)
            return f"{title} ({description})" if description else title
    answered = as_dict(content.get("nfm_reply"))
    return f"Respondeu a um formulário: {text(answered.get('body'), MOST)}".removesuffix(": ")


def _reaction(item: Mapping[str, Any]) -> str:
    emoji = text(as_dict(item.get("reaction")).get("emoji"), 32)
    return f"Reagiu com {emoji}" if emoji else "Retirou a reação"


def _edit(item: Mapping[str, Any]) -> str:
    return said(*edited(item))


def _location(item: Mapping[str, Any]) -> str:
    place = as_dict(item.get("location"))
    named = [text(place.get(name), MOST) for name in ("name", "address")]
    latitude, longitude = (text(place.get(name), 32) for name in ("latitude", "longitude"))
    link = f"https://maps.google.com/?q={latitude},{longitude}" if latitude and longitude else ""
    return ", ".join(dict.fromkeys(part for part in (*named, link) if part))


def _contacts(item: Mapping[str, Any]) -> str:
    """“Rui Lima (71 98000-0042), Clínica Prado”."""
    return ", ".join(told for person in dicts(item.get("contacts")) if (told := _person(person)))


def _person(person: Mapping[str, Any]) -> str:
    name = as_dict(person.get("name"))
    called = text(name.get("formatted_name"), MOST) or text(name.get("first_name"), MOST)
    numbers = [_number(phone) for phone in dicts(person.get("phones"))]
    told = ", ".join(number for number in numbers if number)
    return f"{called} ({told})" if called and told else called or told


def _number(phone: Mapping[str, Any]) -> str:
    given = text(phone.get("phone"), 40) or text(phone.get("wa_id"), 40)
    e164 = normalise_phone(given)
    return show_phone(e164) if e164 else given


def _order(item: Mapping[str, Any]) -> str:
    order = as_dict(item.get("order"))
    products = list(dicts(order.get("product_items")))
    count = f"{len(products)} {'item' if len(products) == 1 else 'itens'}"
    return f"Pedido pelo catálogo, {count}: {text(order.get('text'))}".removesuffix(": ")


def _request_welcome(_: Mapping[str, Any]) -> str:
    return "Abriu a conversa pela primeira vez, sem escrever."


def _system(item: Mapping[str, Any]) -> str:
    """What WhatsApp itself tells of a person, in Portuguese; its own sentence is English."""
    content = as_dict(item.get("system"))
    kind, number = text(content.get("type"), 64), text(content.get("wa_id") or content.get("new_wa_id"), 20)
    if kind.endswith("changed_number") and number:
        phone = normalise_phone(f"+{number}")
        return f"O WhatsApp informou que o dentista mudou de número: {show_phone(phone) if phone else number}."
    if kind.endswith("changed_number"):
        return "O WhatsApp informou que o dentista mudou de número, sem dizer o novo."
    if kind == "user_changed_user_id":
        return "O WhatsApp informou que a identificação do dentista mudou; o telefone não foi informado."
    if kind.endswith("identity_changed"):
        return "O WhatsApp informou que o dentista trocou de aparelho ou reinstalou o aplicativo."
    return f"Aviso do WhatsApp: {text(content.get('body')) or kind or 'sem detalhes'}"


def _of_unknown(kind: str, item: Mapping[str, Any]) -> str:
    """A type that nobody knew when this was written: its first words, else where they can be read."""
    words = next(_words(item.get(kind)), "")
    return f"Mensagem do tipo “{kind}”: {words or 'veja no celular, ou peça que escrevam em texto.'}"


def _words(content: object) -> Iterator[str]:
    for name in ("body", "text", "title", "name", "description", "question"):
        given = as_dict(content).get(name)
        if words := text(given) or text(as_dict(given).get("body")):
            yield words


_TELLERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "reaction": _reaction,
    "edit": _edit,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "request_welcome": _request_welcome,
    "system": _system,
}
