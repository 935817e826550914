"""“Formulário”: the official form as PDF and as text that reads back."""

import asyncio

from telegram import Update
from telegram.constants import ChatAction

from bot.handlers.context import Context
from bot.handlers.screen import Button, Screen, bold
from bot.services import forms
from messages.form import Form, to_markdown
from messages.people import title_name


async def issued(update: Update, context: Context) -> None:
    form = await context.rt.write(forms.issue, context.analyst, context.arguments["case_id"], context.op)
    context.action = ChatAction.UPLOAD_DOCUMENT
    name = f"formulario-{form.protocol}"
    card = Button("Abrir caso", "case", {"case_id": context.arguments["case_id"]})
    done = Screen(f"📄 Formulário de {bold(title_name(form.dentist_name or ''))}: PDF e texto (.md).", ((card,),))
    async with context.busy("Preparando o formulário…"):
        await context.hand(f"{name}.pdf", await asyncio.to_thread(_pdf, form))
        await context.hand(f"{name}.md", to_markdown(form).encode())
        await context.show(done, anew=True)


def _pdf(form: Form) -> bytes:
    from messages.form.pdf import to_pdf  # the typesetter is large: only who prints loads it

    return to_pdf(form)


ACTIONS = {"form": issued}
