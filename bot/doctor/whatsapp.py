"""What Meta knows: the sending number and its limits, the business account, and the templates."""

from collections.abc import Iterator
from typing import Any

from bot.doctor.findings import Finding, Level, fails, ok, printable, warns
from bot.doctor.wire import Unreachable, Wire
from bot.settings import Settings
from messages.meta_templates import LANGUAGE
from messages.templates import Library, Template

PAGES = 20  # of a hundred templates: an account holds some thousands at most
_NETWORK = "Confira a rede, o DNS e WHATSAPP_API_URL."
_NUMBER_FIELDS = (
    *("verified_name", "display_phone_number", "status", "quality_rating", "health_status"),
    "whatsapp_business_manager_messaging_limit",
)
_QUALITY = {"GREEN": "alta", "YELLOW": "média", "RED": "baixa"}
_COMPLAINTS = "Muitos dentistas bloquearam ou denunciaram: escreva a menos pessoas, com textos mais pessoais."


class Refused(Exception):
    """Meta answered, if at all, with something else than what was asked for. ``everywhere``: it would do so again."""

    def __init__(self, finding: Finding, *, everywhere: bool) -> None:
        super().__init__(finding.found)
        self.finding, self.everywhere = finding, everywhere


def check_account(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """The number, the business account and its templates. Nothing to tell where sending is off."""
    if not settings.whatsapp_sends:
        return
    for look in (_number, _business, _templates) if settings.whatsapp_waba_id else (_number,):
        try:
            yield from look(settings, wire)
        except Refused as refused:
            yield refused.finding
            if refused.everywhere:
                return


def _number(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """The token, the number's state, its quality and how many people it may write to."""
    fields = {"fields": ",".join(_NUMBER_FIELDS)}
    number = _get(settings, wire, settings.whatsapp_phone_number_id, fields, "WHATSAPP_PHONE_NUMBER_ID")
    name, shown = printable(number.get("verified_name")), printable(number.get("display_phone_number"))
    yield ok(f"token aceito, o número é {shown} ({name})")
    yield from _state(number)
    yield _quality(number)
    yield _limit(number)


def _business(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """The account, and whether it tells an app what happens."""
    account = settings.whatsapp_waba_id
    found = _get(settings, wire, account, {"fields": "name"}, "WHATSAPP_WABA_ID")
    apps = _get(settings, wire, f"{account}/subscribed_apps", {}, "WHATSAPP_WABA_ID").get("data")
    if apps:
        yield ok(f"a conta comercial {printable(found.get('name'))} avisa o aplicativo")
    else:
        yield fails(
            "nenhum aplicativo está inscrito na conta comercial, e a Meta não avisa de respostas nem de entregas",
            "Inscreva o aplicativo na conta (POST /WHATSAPP_WABA_ID/subscribed_apps) e assine o campo messages.",
        )


def _templates(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """Each whole text of the library: approved, in our words, and of the category that is paid for."""
    known = _known_templates(settings, wire)
    for template in Library.packaged().values():
        if template.whole:
            yield _template(template, known.get(template.whatsapp_name))


def _get(settings: Settings, wire: Wire, path: str, query: dict[str, str], variable: str) -> dict[str, Any]:
    """A JSON object of the Graph API. Raises Refused."""
    url = f"{settings.whatsapp_api_url}/{settings.whatsapp_api_version}/{path}"
    bearer = {"Authorization": f"Bearer {settings.whatsapp_token.get_secret_value()}"}
    try:
        answer = wire.ask("GET", url, params=query, headers=bearer)
    except Unreachable as error:
        finding = warns(f"não conferido, pois a Meta está fora de alcance ({error})", _NETWORK)
        raise Refused(finding, everywhere=True) from error
    if answer.ok and answer.json:
        return answer.json
    told = answer.json.get("error")
    raise _refusal(told if isinstance(told, dict) else {}, answer.status, variable)


def _refusal(error: dict[str, Any], status: int, variable: str) -> Refused:
    code = error.get("code")
    if code in (0, 190):
        finding = fails(
            "a Meta recusou o token, ou ele venceu",
            "Gere o token de um usuário do sistema, que não vence, e informe-o em WHATSAPP_TOKEN.",
        )
    elif code in (4, 80007, 130429):
        finding = warns("não conferido, pois a Meta pede para esperar (limite de consultas)", "Repita em uma hora.")
    elif code in (100, 33):
        finding = fails(f"a Meta não conhece o que está em {variable}", f"Confira {variable} no painel da Meta.")
        return Refused(finding, everywhere=False)
    elif code in (3, 10) or (isinstance(code, int) and 200 <= code < 300):
        finding = fails(
            f"o token não tem permissão para o que está em {variable}",
            "Dê a ele whatsapp_business_messaging e whatsapp_business_management, e acesso à conta.",
        )
        return Refused(finding, everywhere=False)
    else:
        told = f"a Meta respondeu {status}" + ("" if code is None else f", código {printable(code)}")
        finding = fails(told, "Confira WHATSAPP_API_URL; se estiver certo, espere e repita.")
    return Refused(finding, everywhere=True)


def _state(number: dict[str, Any]) -> Iterator[Finding]:
    """What hinders sending, by the number's own state or by that of what it belongs to."""
    status = str(number.get("status") or "CONNECTED")
    if status != "CONNECTED":
        yield fails(
            f"o número está {printable(status)}", "Veja no painel da Meta, em Números de telefone, o que falta."
        )
    health = number.get("health_status")
    can_send = health.get("can_send_message") if isinstance(health, dict) else None
    if can_send == "BLOCKED":
        yield fails("a Meta bloqueia o envio", "Veja no painel da Meta, em Visão geral, o que ela pede.")
    elif can_send == "LIMITED":
        yield warns("a Meta limita o envio", "Veja no painel da Meta, em Visão geral, o que ela pede.")


def _quality(number: dict[str, Any]) -> Finding:
    rating = str(number.get("quality_rating") or "UNKNOWN")
    told = f"qualidade {_QUALITY.get(rating, 'ainda sem nota')}"
    return warns(told, _COMPLAINTS) if rating in ("YELLOW", "RED") else ok(told)


def _limit(number: dict[str, Any]) -> Finding:
    tier = str(number.get("whatsapp_business_manager_messaging_limit") or "").removeprefix("TIER_")
    if tier == "UNLIMITED":
        return ok("sem limite de pessoas por dia")
    people = tier.replace("K", "000")
    if not people.isdecimal():
        return warns("a Meta não diz a quantas pessoas se pode escrever por dia", "Veja no painel da Meta.")
    told = f"até {int(people):,} pessoas por dia fora da janela de 24 horas".replace(",", ".")
    return warns(told, "Verifique a empresa na Meta para o limite subir.") if int(people) <= 250 else ok(told)


def _known_templates(settings: Settings, wire: Wire) -> dict[str, dict[str, Any]]:
    """By name, those in our language. Raises Refused."""
    known: dict[str, dict[str, Any]] = {}
    query = {"limit": "100"}
    for _ in range(PAGES):
        path = f"{settings.whatsapp_waba_id}/message_templates"
        page = _get(settings, wire, path, query, "WHATSAPP_WABA_ID")
        found = [one for one in page.get("data", []) if isinstance(one, dict) and one.get("language") == LANGUAGE]
        known |= {str(one.get("name")): one for one in found}
        paging = page.get("paging") or {}
        if "next" not in paging:
            break
        query["after"] = str(paging["cursors"]["after"])  # its address is not followed: it may lead anywhere
    return known


def _template(template: Template, at_meta: dict[str, Any] | None) -> Finding:
    name = template.whatsapp_name
    if at_meta is None:
        return fails(f"o modelo {name} não existe na conta", "Envie-o para aprovação: sem ele, só à mão.")
    state = str(at_meta.get("status"))
    level, told, remedy = _STATES.get(state, (Level.FAILS, f"está {printable(state)}", "Veja no painel da Meta."))
    if level is not Level.OK:
        return Finding(level, f"o modelo {name} {told}", remedy)
    if _body(at_meta) != template.meta_body():
        return fails(
            f"o modelo {name} tem na Meta outro texto que o registrado aqui",
            "Iguale os dois: senão, o registro não diz o que o dentista leu.",
        )
    if at_meta.get("category") != template.category:
        return warns(
            f"o modelo {name} é cobrado como {printable(at_meta.get('category'))}, e não {template.category}",
            "Conteste no painel da Meta, ou conte com o custo.",
        )
    return ok(f"modelo {name} aprovado")


_STATES = {
    "APPROVED": (Level.OK, "", ""),
    "PENDING": (Level.WARNS, "está em análise na Meta", "Espere: até lá, só à mão."),
    "IN_APPEAL": (Level.WARNS, "está em recurso na Meta", "Espere: até lá, só à mão."),
    "PAUSED": (Level.WARNS, "está pausado por baixa qualidade", f"Volta sozinho; até lá, só à mão. {_COMPLAINTS}"),
    "REJECTED": (Level.FAILS, "foi recusado pela Meta", "Veja o motivo no painel da Meta e envie outro texto."),
    "DISABLED": (Level.FAILS, "foi desativado por baixa qualidade", "Envie outro texto para aprovação."),
    "ARCHIVED": (Level.FAILS, "está arquivado", "Reative-o no painel da Meta."),
}


def _body(at_meta: dict[str, Any]) -> str | None:
    parts = [one for one in at_meta.get("components", []) if isinstance(one, dict)]
    return next((one.get("text") for one in parts if str(one.get("type")).upper() == "BODY"), None)
