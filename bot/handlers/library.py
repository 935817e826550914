"""“Modelos”: the standard messages as dentists read them, and an operation's own words for them, version by version."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.dialogue import question
from bot.handlers.lists import HOME
from bot.handlers.meta_templates import meta_lines
from bot.handlers.screen import Button, Screen, abreast, bold, column, h, prompt, quote, short
from bot.handlers.texts import count, when
from bot.services import meta_templates, wording
from bot.services.permission import only_supervisors
from messages.facts import LISTS, VOCABULARY
from messages.meta_templates import told_category
from storage.models import DialogueStep

PAGE = 10
LIBRARY = Button("📝 Modelos", "library")
APPROVED_WORD_BY_WORD = (
    "A Meta aprova este texto palavra por palavra. Publicado, ele deixa de sair pela API e vai pelo WhatsApp de cada "
    "analista, até o texto novo ser enviado e aprovado."
)
NO_LONGER = "⚠️ O texto alterado não vale mais nesta versão do assistente: o original está em uso. Edite-o de novo."
EXAMPLE = "Como o dentista lê, com dados de exemplo:"


async def command(update: Update, context: Context) -> None:
    """/modelos."""
    await context.leave()
    await _list(context, 0)


async def asked(update: Update, context: Context) -> None:
    await _list(context, context.arguments.get("after", 0))


async def _list(context: Context, after: int) -> None:
    """``after``: how many were shown before."""
    texts = await context.read(wording.overview, context.operations)
    shown = texts[after : after + PAGE]
    changed = count(sum(text.changed for text in texts), "alterado", "alterados")
    lines = [f"📝 <b>Modelos</b>: {count(len(texts), 'texto', 'textos')}, {changed}", ""]
    lines += [f"• {h(text.template.title)}: {_told(text)}" for text in shown]
    buttons = [Button(short(text.template.title, 60), "template", {"template": text.template.key}) for text in shown]
    more = Button("Mais ▼", "library", {"after": after + PAGE}) if after + PAGE < len(texts) else None
    await context.show(Screen("\n".join(lines), (*column(*buttons, more), (HOME,))))


def _told(text: wording.Text) -> str:
    kind = "inteiro" if text.template.whole else "bloco"
    state = "⚠️ alterado, mas em uso o original" if text.unusable else "alterado" if text.changed else "original"
    return f"{kind}, {told_category(text.template.category)}, {state}"


async def opened(update: Update, context: Context) -> None:
    await show_text(context, context.arguments["template"])


async def show_text(context: Context, key: str) -> None:
    """A message as a dentist reads it, what it proves, and what can be done about it."""
    text = await context.read(wording.text, key, context.operations)
    template, about = text.template, {"template": key}
    lines = [f"📝 {bold(template.title)}", f"{_told(text).capitalize()}."]
    if template.offers:
        told = "; ".join(f"{o.action}: {o.justification}" if o.justification else o.action for o in template.offers)
        lines.append(f"No formulário marca: {h(told)}.")
    if text.row is not None:
        at = when(text.row.created_at, await context.rt.now(), context.op)
        lines.append(f"Versão {text.version}, de {h(text.by)}, {h(at)}.")
    lines += [NO_LONGER] if text.unusable else []
    if template.whole:
        entry = await context.read(meta_templates.entry, key, context.operations)
        lines += [h(told) for told in meta_lines(entry)]
    lines += ["", EXAMPLE, quote(text.preview)]
    original = about | {"version": 0, "of": text.version}
    rows = (
        (Button("✏️ Editar texto", "template_body", about), Button("Editar título", "template_title", about)),
        (Button("Ver versões", "template_versions", about), Button("O que se pode usar", "template_facts", about)),
        *column(
            Button("Na Meta", "meta_template", about) if template.whole else None,
            Button("Voltar ao original", "template_restore", original) if text.changed else None,
        ),
        (Button("Voltar", "library"),),
    )
    await context.show(Screen("\n".join(lines), rows))


async def edit_body(update: Update, context: Context) -> None:
    await _edit(context, "body")


async def edit_title(update: Update, context: Context) -> None:
    await _edit(context, "title")


async def _edit(context: Context, part: str) -> None:
    """The next text is the new wording."""
    text = await context.read(wording.text, context.arguments["template"], context.operations)
    data = {"key": text.template.key, "part": part, "of": text.version}
    await show_step(context, await context.ask(wording.STEP, None, data))


async def show_step(context: Context, step: DialogueStep) -> None:
    """What is asked for; once it has come, what it would look like."""
    proposal = await context.read(wording.proposal, context.operations)
    if proposal.typed is None:
        await context.show(_asking(proposal), anew=True)
    else:
        await context.show(_proposed(proposal))


def _asking(proposal: wording.Proposal) -> Screen:
    template = proposal.template
    if proposal.part == "title":
        text = f"✏️ Título de agora: {bold(template.title)}\nEscreva o novo; os analistas o veem nos botões."
        return prompt(proposal.step, text)
    lines = [
        f"✏️ {bold(template.title)}",
        "O texto de agora; toque para copiar:",
        f"<pre>{h(template.body)}</pre>",
        "Envie o texto inteiro, já mudado. O que está entre {{ }} é preenchido com os dados do caso.",
    ]
    return prompt(proposal.step, "\n".join(lines))


def _proposed(proposal: wording.Proposal) -> Screen:
    template = proposal.template
    lines = [f"👁 {bold(template.title)}", EXAMPLE, quote(proposal.preview)]
    lines += [APPROVED_WORD_BY_WORD] if template.whole else []
    lines.append("Nada mudou ainda. Para corrigir, envie outra vez; para valer, toque em “Publicar”.")
    rows = column(Button("✅ Publicar", "template_publish"), Button("Cancelar", "template", {"template": template.key}))
    return Screen("\n".join(lines), rows, step=proposal.step.key)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    await context.act(wording.propose, text, context.operations)
    await show_step(context, await context.step())


async def published(update: Update, context: Context) -> None:
    row = await context.act(wording.publish, context.operations)
    await context.toast("Publicado: vale para as próximas mensagens.")
    await show_text(context, row.key)


async def versions(update: Update, context: Context) -> None:
    key, before = context.arguments["template"], context.arguments.get("before")
    text = await context.read(wording.text, key, context.operations)
    found = await context.read(wording.versions, key, before, PAGE + 1)
    now, shown = await context.rt.now(), found[:PAGE]
    lines = [f"📝 {bold(text.template.title)}: versões", ""]
    lines += [
        f"• {row.version}: {h(by)}, {h(when(row.created_at, now, context.op))}"
        + (", volta ao original" if (row.title, row.body) == (None, None) else "")
        for row, by in shown
    ]
    lines += ["• 0: o original"] if len(found) <= PAGE else []
    numbers = [row.version for row, _ in shown] + ([0] if len(found) <= PAGE else [])
    seen = [Button(f"Ver {number}", "template_version", {"template": key, "version": number}) for number in numbers]
    more = Button("Mais ▼", "template_versions", {"template": key, "before": shown[-1][0].version}) if shown else None
    rows = column(more if len(found) > PAGE else None, Button("Voltar", "template", {"template": key}))
    await context.show(Screen("\n".join(lines), (*abreast(seen, 3), *rows)))


async def version(update: Update, context: Context) -> None:
    key, number = context.arguments["template"], context.arguments["version"]
    text = await context.read(wording.text, key, context.operations)
    title, body = await context.read(wording.version, key, number, context.operations)
    name = f"versão {number}" if number else "o original"
    lines = [f"📝 {bold(title)}: {name}", f"<pre>{h(body)}</pre>"]
    again = Button("Usar este texto", "template_restore", {"template": key, "version": number, "of": text.version})
    rows = column(again if number != text.version else None, Button("Voltar", "template_versions", {"template": key}))
    await context.show(Screen("\n".join(lines), rows))


async def restored(update: Update, context: Context) -> None:
    arguments = context.arguments
    row = await context.act(
        wording.restore, arguments["template"], arguments["version"], arguments["of"], context.operations
    )
    await context.toast("Publicado: vale para as próximas mensagens.")
    await show_text(context, row.key)


async def facts(update: Update, context: Context) -> None:
    """What a text may name."""
    only_supervisors(context.analyst)
    lines = [
        "📝 <b>O que se pode usar num texto</b>",
        "Se o dado falta no caso, o texto não é oferecido. Num bloco, "
        "<code>{% if dado %}…{% endif %}</code> mostra um trecho só quando o dado existe.",
        "",
    ]
    lines += [
        f"• <code>{{{{ {name}{' | join_pt' if name in LISTS else ''} }}}}</code> {h(meaning)}"
        for name, meaning in VOCABULARY.items()
    ]
    await context.show(Screen("\n".join(lines), column(Button("Voltar", "template", dict(context.arguments)))))


DIALOGUES = {
    wording.STEP: question(
        "Editar texto", "Espero o novo texto do modelo; depois você vê a prévia e decide se vale.", show_step, typed
    )
}
ACTIONS = {
    "library": asked,
    "template": opened,
    "template_body": edit_body,
    "template_title": edit_title,
    "template_publish": published,
    "template_versions": versions,
    "template_version": version,
    "template_restore": restored,
    "template_facts": facts,
}
