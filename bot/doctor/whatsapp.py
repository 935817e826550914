"""What Meta knows: the sending number and its limits, the business account, and the templates."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.doctor.findings import Finding, fails, ok, printable, warns
from bot.doctor.wire import Answer, Unreachable, Wire
from bot.services.operation import rewordings
from bot.settings import Settings
from messages.contracts import AtMeta
from messages.errors import InvalidInput
from messages.meta_templates import (
    APPROVED,
    LANGUAGE,
    PAUSED,
    PENDING,
    read_page,
    told_category,
    told_reason,
    told_state,
)
from messages.templates import Library, Template
from storage.changes import holding
from storage.engine import connect
from storage.models import TemplateOverride

PAGES = 20  # of a hundred templates: an account holds some thousands at most
_NETWORK = "Confira a rede, o DNS e WHATSAPP_API_URL."
_NUMBER_FIELDS = (
    *("verified_name", "display_phone_number", "status", "quality_rating", "health_status"),
    "whatsapp_business_manager_messaging_limit",
)
_QUALITY = {"GREEN": "alta", "YELLOW": "média", "RED": "baixa"}
_PUSH = "Rode: retencao whatsapp templates push"
_PASSING = frozenset({PENDING, PAUSED, "IN_APPEAL"})  # Meta ends it by itself
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
    number = _get(settings, wire, settings.whatsapp_phone_number_id, fields, "WHATSAPP_PHONE_NUMBER_ID").json
    name, shown = printable(number.get("verified_name")), printable(number.get("display_phone_number"))
    yield ok(f"token aceito, o número é {shown} ({name})")
    yield from _state(number)
    yield _quality(number)
    yield _limit(number)


def _business(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """The account, and whether it tells an app what happens."""
    account = settings.whatsapp_waba_id
    found = _get(settings, wire, account, {"fields": "name"}, "WHATSAPP_WABA_ID").json
    apps = _get(settings, wire, f"{account}/subscribed_apps", {}, "WHATSAPP_WABA_ID").json.get("data")
    if apps:
        yield ok(f"a conta comercial {printable(found.get('name'))} avisa o aplicativo")
    else:
        yield fails(
            "nenhum aplicativo está inscrito na conta comercial, e a Meta não avisa de respostas nem de entregas",
            "Inscreva o aplicativo na conta (POST /WHATSAPP_WABA_ID/subscribed_apps) e assine o campo messages.",
        )


def _templates(settings: Settings, wire: Wire) -> Iterator[Finding]:
    """Each whole text that this operation sends: approved, in its words, and of the category that is paid for."""
    known = _known_templates(settings, wire)
    for template in _library(settings).values():
        if template.whole:
            yield _template(template, known.get(template.whatsapp_name))


def _library(settings: Settings) -> Library:
    """The packaged texts, in the supervisors' words where the database can tell them."""
    ours = Library.packaged()
    file = settings.database_file
    if file is not None and not file.exists():
        return ours
    engine = connect(settings.database_url, readonly=True)
    try:
        with Session(engine) as session:
            return ours.reworded(rewordings(ours, holding(session, TemplateOverride)))
    except DBAPIError:
        return ours  # what is wrong with the database is told by its own check
    finally:
        engine.dispose()


def _get(settings: Settings, wire: Wire, path: str, query: dict[str, str], variable: str) -> Answer:
    """What the Graph API says, a JSON object. Raises Refused."""
    url = f"{settings.whatsapp_api_url}/{settings.whatsapp_api_version}/{path}"
    bearer = {"Authorization": f"Bearer {settings.whatsapp_token.get_secret_value()}"}
    try:
        answer = wire.ask("GET", url, params=query, headers=bearer)
    except Unreachable as error:
        finding = warns(f"não conferido, pois a Meta está fora de alcance ({error})", _NETWORK)
        raise Refused(finding, everywhere=True) from error
    if answer.ok and answer.json:
        return answer
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


def _known_templates(settings: Settings, wire: Wire) -> dict[str, AtMeta]:
    """By name, those in our language. Raises Refused."""
    known: dict[str, AtMeta] = {}
    query = {"limit": "100"}
    for _ in range(PAGES):
        answer = _get(settings, wire, f"{settings.whatsapp_waba_id}/message_templates", query, "WHATSAPP_WABA_ID")
        try:
            found, after = read_page(answer.body)
        except InvalidInput as error:
            raise _refusal({}, answer.status, "WHATSAPP_WABA_ID") from error
        known |= {one.name: one for one in found if one.language == LANGUAGE}
        if after is None:
            break
        query["after"] = after
    return known


def _template(template: Template, at_meta: AtMeta | None) -> Finding:
    name = template.whatsapp_name
    if at_meta is None:
        return fails(f"o modelo {name} não existe na conta", _PUSH)
    if at_meta.status != APPROVED:
        why = f" ({told_reason(at_meta.reason)})" if at_meta.reason else ""
        told = f"o modelo {name} está {told_state(at_meta.status)} na Meta{why}, e por isso não sai pela API"
        return warns(told, "Espere: até lá, só à mão.") if at_meta.status in _PASSING else fails(told, _PUSH)
    if at_meta.body != template.meta_body():
        return fails(f"o modelo {name} tem na Meta outro texto, e por isso não sai pela API", _PUSH)
    if at_meta.category != template.category:
        theirs, ours = told_category(at_meta.category), told_category(template.category)
        told = f"o modelo {name} é cobrado como {theirs}, e não {ours}"
        return warns(told, "Conteste no painel da Meta, ou conte com o custo.")
    return ok(f"modelo {name} aprovado")
