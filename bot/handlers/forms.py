"""“Formulário”: the official form as PDF and as text that reads back."""

import asyncio

from telegram import InputFile, Update

from bot.handlers.context import Context
from bot.services import forms
from messages.form import Form, to_markdown


async def issued(update: Update, context: Context) -> None:
    form = await context.rt.write(forms.issue, context.analyst, context.arguments["case_id"], context.op)
    await context.toast("Preparando o formulário…")
    now = context.op.local(await context.rt.now())
    pdf = await asyncio.to_thread(_pdf, form, now)
    name = f"formulario-{form.protocol}"
    await context.bot.send_document(context.chat_id, InputFile(pdf, f"{name}.pdf"))
    await context.bot.send_document(context.chat_id, InputFile(to_markdown(form).encode(), f"{name}.md"))


def _pdf(form: Form, now: object) -> bytes:
    from messages.form.pdf import to_pdf  # the typesetter is large: only who prints loads it

    return to_pdf(form)


ACTIONS = {"form": issued}
