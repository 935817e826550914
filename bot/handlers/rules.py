"""“Regras”: whom not to contact and whom not to remove from the network, written a question at a time."""

from telegram import Update

from bot.handlers.context import Context
from bot.handlers.dialogue import question
from bot.handlers.lists import HOME
from bot.handlers.screen import Button, Screen, bold, column, h, short
from bot.handlers.texts import count
from bot.services import rules
from storage.models import DialogueStep, Rule

PAGE = 8
RULES = Button("📏 Regras", "rules")
SCOPES = {"city": "Uma cidade", "uf": "Um estado", "contract": "Um contrato", "dentist": "Um dentista"}
EFFECTS = {"no_contact": "Não contatar", "no_removal": "Não descredenciar", "both": "Não contatar nem descredenciar"}
WHERE = {
    "city": "Qual cidade? Por exemplo, Salvador/BA.",
    "uf": "Qual estado? A sigla, por exemplo BA.",
    "contract": "Qual contrato, como está nos casos?",
    "dentist": "Qual o CRO do dentista, com a UF? Por exemplo, 90485/BA.",
}
ASK = {
    "scope": "A regra vale para quê?",
    "effect": "O que não se faz?",
    "reason": "Qual o motivo? Ele aparece para quem abrir um caso alcançado.",
    "instructed_by": "Quem orientou?",
}


async def command(update: Update, context: Context) -> None:
    """/regras."""
    await context.leave()
    await _list(context, 0)


async def asked(update: Update, context: Context) -> None:
    await _list(context, context.arguments.get("after", 0))


async def _list(context: Context, after: int) -> None:
    found = await context.read(rules.standing, after, PAGE + 1)
    shown = found[:PAGE]
    lines = ["📏 <b>Regras em vigor</b>", "", *(f"• {h(_line(view))}" for view in shown)]
    if not shown:
        lines.append("Nenhuma regra em vigor.")
    rows = [(Button(short(view.where, 40), "rule", {"rule_id": view.rule.id}),) for view in shown]
    if len(found) > PAGE:
        rows.append((Button("Mais ▼", "rules", {"after": shown[-1].rule.id}),))
    await context.show(Screen("\n".join(lines), (*rows, (Button("➕ Nova regra", "rule_new"),), (HOME,))))


def _line(view: rules.View) -> str:
    return f"{view.where}: {effect(view.rule)}. {view.rule.reason}"


def effect(rule: Rule) -> str:
    """“não contatar”, as it stands in a sentence."""
    name = "both" if rule.no_contact and rule.no_removal else "no_contact" if rule.no_contact else "no_removal"
    return EFFECTS[name].lower()


async def opened(update: Update, context: Context) -> None:
    await show(context, context.arguments["rule_id"])


async def show(context: Context, rule_id: int) -> None:
    view = await context.read(rules.view, rule_id)
    rule, since = view.rule, context.op.local(view.rule.since)
    lines = [
        f"📏 {bold(view.where)}: {effect(rule)}",
        f"Motivo: {h(rule.reason)}",
        f"Orientação de {h(rule.instructed_by)}, desde {since:%d/%m/%Y}.",
        f"Alcança {count(view.cases, 'caso aberto', 'casos abertos')}.",
    ]
    rows: list[tuple[Button, ...]] = []
    if rule.ended_at is None:
        rows.append((Button("Encerrar regra", "rule_end", {"rule_id": rule.id}),))
    else:
        lines.append(f"Encerrada em {context.op.local(rule.ended_at):%d/%m/%Y}.")
    await context.show(Screen("\n".join(lines), (*rows, (Button("Voltar", "rules"),))))


async def new(update: Update, context: Context) -> None:
    await context.act(rules.begin)
    await _draw(context)


async def show_draft(context: Context, step: DialogueStep) -> None:
    """What was told so far, and the next question; at the end the whole rule."""
    await _draw(context)


async def _draw(context: Context) -> None:
    draft = await context.read(rules.current)
    cancel = Button("Cancelar", "rules")
    lines = ["➕ <b>Nova regra</b>", *(h(line) for line in _told(draft))]
    match draft.asking:
        case None:
            lines += ["", f"Alcança {count(draft.cases, 'caso aberto', 'casos abertos')} agora."]
            rows = column(Button("✅ Criar regra", "rule_create"), cancel)
        case "scope" | "effect" as field:
            lines += ["", bold(ASK[field])]
            options = SCOPES if field == "scope" else EFFECTS
            rows = column(*(_choice(field, key, label) for key, label in options.items()), cancel)
        case field:
            lines += ["", bold(WHERE[draft.answers["scope"]] if field == "where" else ASK[field])]
            rows = column(cancel)
    await context.show(Screen("\n".join(lines), rows, step=draft.key))


def _choice(field: str, key: str, label: str) -> Button:
    return Button(label, "rule_answer", {"field": field, "text": key})


def _told(draft: rules.Draft) -> list[str]:
    answers = draft.answers
    facts = (
        ("Vale para", rules.where(answers["scope"], answers["where"]) if "where" in answers else None),
        ("Efeito", EFFECTS.get(answers.get("effect", ""))),
        ("Motivo", answers.get("reason")),
        ("Orientação de", answers.get("instructed_by")),
    )
    return [f"{name}: {value}" for name, value in facts if value]


async def answered(update: Update, context: Context) -> None:
    """A tapped answer."""
    await context.act(rules.answer, context.arguments["field"], context.arguments["text"])
    await _draw(context)


async def typed(context: Context, step: DialogueStep, text: str) -> None:
    draft = await context.read(rules.current)
    await context.act(rules.answer, draft.asking or "", text)
    await _draw(context)


async def created(update: Update, context: Context) -> None:
    rule = await context.act(rules.create)
    await context.toast("Regra criada.")
    await show(context, rule.id or 0)


async def ended(update: Update, context: Context) -> None:
    rule = await context.act(rules.end, context.arguments["rule_id"])
    await context.toast("Regra encerrada.")
    await show(context, rule.id or 0)


DIALOGUES = {
    rules.STEP: question(
        "Nova regra", "Há uma regra por terminar: siga a tela dela, que pergunta uma coisa por vez.", show_draft, typed
    )
}
ACTIONS = {
    "rules": asked,
    "rule": opened,
    "rule_new": new,
    "rule_answer": answered,
    "rule_create": created,
    "rule_end": ended,
}
