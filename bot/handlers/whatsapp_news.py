"""What WhatsApp itself tells: of the operation's account, and of a dentist who goes by another number."""

from datetime import datetime

from bot.handlers.screen import Button, Screen, h
from bot.handlers.texts import heading, phone, when
from bot.services import cases
from bot.services.operation import Operation
from messages.account_news import told
from storage.models import AccountNotice


def account_screen(notice: AccountNotice, op: Operation, now: datetime) -> Screen:
    """For supervisors: what it means, and what to do."""
    news = told(notice.name, notice.detail)
    mark = "⛔" if news.grave else "ℹ️"
    at = when(notice.occurred_at, now, op)
    return Screen(
        f"{mark} <b>WhatsApp da operadora</b> · {h(at)}\n\n{h(news.meaning)}\n\n<b>O que fazer:</b> {h(news.remedy)}"
    )


def renumbered_screen(view: cases.View) -> Screen:
    """For whoever has the case: where messages go from now on, which one tap corrects."""
    goes_to = phone(view.address, in_full=view.own)
    case_id = {"case_id": view.case.id}
    lines = [
        f"📱 {heading(view.case, view.dentist)}",
        "",
        "O WhatsApp informou que o dentista mudou de número. O que vier do número antigo continua entrando no caso.",
        f"As próximas mensagens vão a: {h(goes_to)}.",
    ]
    return Screen("\n".join(lines), ((Button("📱 Telefone", "phone", case_id), Button("Abrir caso", "case", case_id)),))
