"""What stands in the way of a case's end, as screens: the list, and each point with what can be done about it."""

from collections.abc import Iterator

from bot.handlers.answering import who_answered
from bot.handlers.screen import Button, Screen, bold, h, short
from bot.handlers.texts import heading
from bot.services.gate import View
from messages.closing import CONFIRMATION, Finding, Mend
from messages.statuses import Settled

SHOWN = 9  # points that the list tells in words; the others have their button
_TOLD = 230  # characters of one


def listed(view: View) -> Iterator[str]:
    """The points in words, what was let stand in one line."""
    if view.pending:
        yield ""
        yield f"⚠️ {bold('Antes de encerrar')}"
        for n, finding in enumerate(view.pending[:SHOWN], 1):
            yield f"{n}. {h(short(finding.text, _TOLD))} {h(finding.todo)}"
        if len(view.pending) > SHOWN:
            yield f"… e mais {len(view.pending) - SHOWN}, nos botões abaixo."
    if view.standing:
        yield ""
        yield f"✔️ Conferido ou liberado: {h(', '.join(f.title for f in view.standing))}"


def finding_button(view: View, number: int, finding: Finding) -> Button:
    asked = " · com a supervisão" if finding.key in view.asked else ""
    return Button(f"{number} · {finding.title}{asked}", "finding", {"case_id": view.case.id, "key": finding.key})


def finding_screen(view: View, finding: Finding) -> Screen:
    lines = [heading(view.case, view.dentist), "", f"⚠️ {bold(finding.title)}", h(finding.text), h(finding.todo)]
    if finding.key in view.asked:
        lines += ["", "A supervisão já foi consultada: a decisão aparece aqui."]
    back = Button("Voltar", "closing", {"case_id": view.case.id})
    return Screen(
        "\n".join(lines), (*(r for m in finding.mends for r in _mend(view, finding, m)), *_let(view, finding), (back,))
    )


def _mend(view: View, finding: Finding, mend: Mend) -> Iterator[tuple[Button, ...]]:
    case_id = {"case_id": view.case.id}
    match mend:
        case Mend.OUTCOME:
            yield (Button("Escolher o desfecho", "close", case_id),)
        case Mend.REASONS:
            yield (Button("Rever os motivos", "reasons", case_id),)
        case Mend.CONFIRM:
            yield (Button("✉️ Enviar a confirmação final", "compose", {**case_id, "keys": [CONFIRMATION]}),)
        case Mend.ANSWERED_BY if view.answers:
            yield tuple(who_answered(case_id, view.answers, {}))
        case Mend.FOLLOW_UP if view.follow_up_id is not None:
            about = {**case_id, "follow_up_id": view.follow_up_id}
            yield (Button("✅ Concluir o retorno", "closing_done", about),)
        case Mend.COMPLETE if "field" in finding.about:
            yield (Button("✏️ Corrigir", "fact", {**case_id, "field": finding.about["field"]}),)
        case Mend.COMPLETE:
            yield (Button("✏️ Completar", "complete", case_id),)
        case Mend.OTHER_PLANS:
            plans = finding.about["plans"]
            yield (Button(f"Corrigir para SIM: {short(plans, 30)}", "closing_plans", {**case_id, "plans": plans}),)
        case Mend.ACTIONS:
            yield (Button("Rever as ações", "actions", case_id),)
        case Mend.WRITE:
            yield (Button("✍️ Escrever", "write", case_id),)
        case Mend.EXCEPTION if not view.supervises:
            yield (Button("Pedir exceção", "exception", case_id),)


def _let(view: View, finding: Finding) -> Iterator[tuple[Button, ...]]:
    """The ways to let it stand that whoever looks has."""
    about = {"case_id": view.case.id, "key": finding.key}
    if finding.settled is Settled.CHECKED:
        yield (Button("✔️ Conferi, está certo", "closing_check", {"case_id": view.case.id, "keys": [finding.key]}),)
    if finding.settled is Settled.EXPLAINED:
        yield (Button("✍️ Explicar", "explain", about),)
    if finding.settled is Settled.OVERRULED and view.supervises:
        yield (Button("Liberar assim mesmo", "overrule", about),)
    elif finding.settled is Settled.OVERRULED and finding.key not in view.asked:
        yield (Button("Pedir à supervisão", "ask_overrule", about),)
