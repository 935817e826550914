"""The command line. Others script it: names, options, output and exit codes are stable.

Exit codes: 0 done, 2 bad input (one clear line on stderr), 1 a failure of ours. Each command imports what it needs.
"""

import asyncio
import json
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from messages.errors import InvalidInput, RetencaoError, StorageUnavailable, UserError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.ending import Ending
    from bot.services.meta_templates import Entry
    from bot.settings import Settings
    from bot.template_desk import TemplateDesk

T = TypeVar("T")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Assistente de retenção de dentistas: mensagens, respostas, retornos e o formulário oficial.",
)
form = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Formulários: ler, abrir casos, imprimir.")
case = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Casos: abrir muitos de uma planilha.")
transcript = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Conversas exportadas do WhatsApp.")
app.add_typer(form, name="form")
app.add_typer(case, name="case")
app.add_typer(transcript, name="transcript")
reply = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Respostas de dentistas.")
app.add_typer(reply, name="reply")
inbox = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="O que chegou e está guardado.")
app.add_typer(inbox, name="inbox")

whatsapp = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="A conta da operadora no WhatsApp.")
templates = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Os modelos na Meta.")
whatsapp.add_typer(templates, name="templates")
app.add_typer(whatsapp, name="whatsapp")

INTERRUPTED = 130  # what a shell calls the end by Ctrl-C

Files = Annotated[list[Path], typer.Argument(metavar="ARQUIVO...", help="Um ou mais arquivos.")]
AsJson = Annotated[bool, typer.Option("--json", help="Um objeto JSON por linha, na ordem dos arquivos.")]


class Role(StrEnum):
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"


class Format(StrEnum):
    PDF = "pdf"
    DOCX = "docx"
    MD = "md"


def main() -> None:
    """Run a command; what goes wrong is one line on stderr."""
    try:
        sys.exit(app(standalone_mode=False))  # a command's own exit code, or None
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except typer.TyperException as error:  # a wrong call
        from bot.miscalled import told

        fail(told(error), 2)
    except UserError as error:
        fail(error.text, 2)
    except StorageUnavailable as error:
        fail(f"Não consegui usar o banco de dados ({error}): confira DATABASE_URL.", 1)
    except RetencaoError as error:
        fail(str(error), 1)


def fail(text: str, code: int) -> NoReturn:
    sys.stderr.write(f"retencao: {text}\n")
    sys.exit(code)


@app.command()
def demo(
    headless: Annotated[bool, typer.Option(help="Conta a história de um caso e termina, sem página.")] = False,
    port: Annotated[int, typer.Option(help="Porta da página com os dois telefones.")] = 8900,
    keep: Annotated[Path | None, typer.Option(help="Pasta em que ficam formulário, registro e banco.")] = None,
) -> None:
    """O produto inteiro contra emuladores: sem conta e sem rede."""
    from bot.ending import Ending

    ending = Ending()
    from bot.demo import run

    if not ending.run(lambda: run(ending, headless=headless, port=port, keep=keep)):
        sys.exit(INTERRUPTED)


@app.command()
def serve() -> None:
    """Roda o assistente até receber SIGTERM ou Ctrl-C."""
    from bot.ending import Ending

    ending = Ending()
    settings = configured()
    ending.run(lambda: _serve(settings, ending))


async def _serve(settings: "Settings", ending: "Ending") -> None:
    """Until told to end: then what is in hand is finished first."""
    import gc

    from bot.app import ask_about_names, running

    ask_about_names()
    async with running(settings):
        gc.freeze()  # what start-up built lives for ever: the collector need not walk it
        await ending.told()


@app.command()
def migrate() -> None:
    """Leva o banco de dados ao esquema mais novo, com os meses do IPCA que acompanham o programa."""
    from bot.app import once
    from bot.services import rates

    asyncio.run(once(configured(), rates.sow))


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Um objeto JSON por linha.")] = False) -> None:
    """Confere configuração, banco, Telegram, WhatsApp e esta máquina; sai com 1 quando algo falha."""
    from bot.doctor import Level, examine

    healthy = True
    for finding in examine(configured()):
        typer.echo(json.dumps(finding.as_json(), ensure_ascii=False) if as_json else finding.line())
        sys.stdout.flush()  # the slow ones come last
        healthy = healthy and finding.level is not Level.FAILS
    if not healthy:
        sys.exit(1)


@app.command()
def invite(role: Annotated[Role, typer.Option(help="O papel de quem é convidado.")]) -> None:
    """Cria um convite; a saída é só o código, que vale uma vez, por 7 dias, com /start CÓDIGO."""
    from bot.app import once
    from bot.services import team
    from messages.statuses import Role as TeamRole

    typer.echo(asyncio.run(once(configured(), team.invite, TeamRole(role.value))))


@form.command("read")
def form_read(files: Files, as_json: AsJson = False) -> None:
    """Lê formulários em texto, PDF ou Word e mostra o que foi entendido e o que é duvidoso."""
    from messages.form import read_form

    def read(text: str) -> dict[str, Any]:
        found = read_form(text)
        return found.form.as_json() | {"warnings": [dict(d.as_json()) for d in found.doubts]}

    _each(files, read, as_json)


@form.command("open")
def form_open(
    files: Files, analyst: Annotated[str, typer.Option(help="O nome do analista que fica com os casos.")]
) -> None:
    """Abre um caso de cada formulário e mostra o protocolo."""
    settings = configured()
    failed = False
    for file in files:
        try:
            typer.echo(asyncio.run(_open(settings, text_of(file), analyst)))
        except UserError as error:
            failed = True
            sys.stderr.write(f"retencao: {file}: {error.text}\n")
    if failed:
        sys.exit(2)


async def _open(settings: "Settings", text: str, analyst: str) -> str:
    from bot.app import once
    from bot.services import openings

    case = await once(settings, openings.open_for, analyst, text, settings.zone)
    return case.protocol


@form.command("write")
def form_write(
    protocol: Annotated[str, typer.Argument(metavar="PROTOCOLO")],
    output: Annotated[Path, typer.Option(help="Arquivo a gravar.")],
    format: Annotated[Format, typer.Option(help="pdf, docx ou md.")] = Format.PDF,
) -> None:
    """Grava o formulário oficial de um protocolo."""
    from bot.app import once, operation
    from bot.services import issuing
    from bot.services.operation import Operations
    from messages.files import cause
    from messages.statuses import FormFormat

    settings, wanted = configured(), FormFormat(format.value)
    found = asyncio.run(once(settings, Operations(operation(settings)).lend, issuing.of_protocol, protocol))
    content = found.files.get(wanted)
    if content is None:
        content = found.printed(wanted)
        asyncio.run(once(settings, issuing.keep, found.revision.id, wanted, content))
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"Não consegui gravar {output} ({cause(error)}).") from error


@form.command("verify")
def form_verify(
    code: Annotated[str, typer.Argument(metavar="CÓDIGO", help="O código do rodapé, como K7QF2-9XMTR.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[ARQUIVO]", help="Compara este arquivo com o emitido.")
    ] = None,
) -> None:
    """Diz de que formulário é um código, se há revisão mais nova e se um arquivo é o que foi emitido."""
    from bot.app import once
    from bot.services import issuing

    content = content_of(file) if file is not None else None
    found = asyncio.run(once(configured(), issuing.verify, code, content))
    typer.echo(json.dumps(found.as_json(), ensure_ascii=False))
    if found.same_file is False:
        raise InvalidInput("O arquivo não é o que foi emitido: peça o original.")


@case.command("import")
def case_import(
    file: Annotated[Path, typer.Argument(metavar="PLANILHA", help="Arquivo .xlsx ou .csv.")],
    analyst: Annotated[str, typer.Option(help="O nome do analista que fica com os casos.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Só mostra o que seria aberto.")] = False,
) -> None:
    """Abre um caso de cada linha nova da planilha, todas ou nenhuma; diz quais têm problema e ficam de fora."""
    from bot.apart import read_apart
    from bot.app import once
    from bot.services import imports
    from messages.case_table import read_table

    settings = configured()
    table = read_table(asyncio.run(read_apart("sheet", content_of(file))))
    done = asyncio.run(once(settings, imports.import_for, analyst, table, dry_run=dry_run))
    told = {"opened": len(done.rows), "known": done.left_out, "problems": len(done.problems), "dry_run": dry_run}
    typer.echo(json.dumps(told, ensure_ascii=False))
    if table.unknown:
        sys.stderr.write(f"retencao: {file}: colunas que não reconheci: {', '.join(table.unknown)}\n")
    for row, text in sorted([*done.problems, *done.doubts]):
        sys.stderr.write(f"retencao: {file}: linha {row}: {text}\n")
    if done.problems:
        sys.exit(2)


@inbox.command("retry")
def inbox_retry() -> None:
    """Volta a tentar o que não pôde ser processado; a saída é só quantos são."""
    from bot.app import once
    from bot.services.inbox import retry_parked

    typer.echo(asyncio.run(once(configured(), retry_parked)))


@transcript.command("read")
def transcript_read(files: Files, as_json: AsJson = False) -> None:
    """Lê conversas do WhatsApp, exportadas ou copiadas."""
    from messages.transcripts import read_transcript

    _each(files, lambda text: read_transcript(text).as_json(), as_json)


@reply.command("read")
def reply_read(
    as_lines: Annotated[bool, typer.Option("--jsonl", help="Um objeto JSON por linha, na entrada e na saída.")] = False,
) -> None:
    """Lê respostas da entrada padrão, uma por linha: intenção, motivos e promessa de retorno."""
    from messages.replies import read_line

    failed = False
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            read = read_line(line)
        except InvalidInput as error:
            failed = True
            sys.stderr.write(f"retencao: linha {number}: {error.text}\n")
        else:
            typer.echo(json.dumps(read, ensure_ascii=False, indent=None if as_lines else 1))
            sys.stdout.flush()  # whoever pipes one at a time waits for it
    if failed:
        sys.exit(2)


@reply.command("corrections")
def reply_corrections() -> None:
    """Mostra o que analistas disseram das leituras, um objeto JSON por linha, para medir e melhorar."""
    from bot.app import once, operation
    from bot.services import corrections
    from bot.services.operation import Operations

    settings = configured()
    for told in asyncio.run(once(settings, Operations(operation(settings)).lend, corrections.export)):
        typer.echo(json.dumps(told, ensure_ascii=False))


@app.command(context_settings={"ignore_unknown_options": True})  # else "-0,35" is told of as an option
def readjust(
    units: Annotated[list[str], typer.Argument(metavar="MOEDA...", help="Uma ou mais, como 0,35.")],
    first: Annotated[str, typer.Option("--from", metavar="MÊS", help="O primeiro mês, incluído, como 2022-09.")],
    last: Annotated[str, typer.Option("--to", metavar="MÊS", help="O último mês, incluído, como 2023-10.")],
    as_json: Annotated[bool, typer.Option("--json", help="Um objeto JSON.")] = False,
) -> None:
    """Corrige moedas pelo IPCA acumulado entre dois meses, pela série que acompanha o programa."""
    from messages.price_index import read_month, shipped
    from messages.readjustment import compounded, read_unit, show_percent, show_period, show_unit

    if unknown := next((unit for unit in units if re.match(r"--|-[a-z]", unit, re.IGNORECASE)), None):
        raise InvalidInput(f"Não conheço a opção {unknown}: veja retencao readjust --help.")
    old = [read_unit(unit) for unit in units]
    correction = compounded(shipped(), read_month(first), read_month(last))
    months, source = [rate.month for rate in correction.rates], correction.rates[-1].source
    new = [correction.of(unit) for unit in old]
    if as_json:
        told = {
            "percent": str(correction.percent),
            "factor": str(correction.factor),
            "values": [{"old": str(o), "new": str(n)} for o, n in zip(old, new, strict=True)],
            "months": len(months),
            "source": source,
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    number = "1 mês" if len(months) == 1 else f"{len(months)} meses"
    typer.echo(f"IPCA de {show_period(months)} ({number}): {show_percent(correction.percent)}%")
    typer.echo(f"Fator: {str(correction.factor).replace('.', ',')}")
    for o, n in zip(old, new, strict=True):
        typer.echo(f"R$ {show_unit(o)} → R$ {show_unit(n)}")
    typer.echo(f"Fonte: {source}. Arredondado ao centavo, meio para cima.")


@templates.command("status")
def templates_status(
    as_json: Annotated[bool, typer.Option("--json", help="Um objeto JSON por linha, um por modelo.")] = False,
) -> None:
    """Mostra como estão na Meta os textos inteiros, pelo que se soube na última consulta; não usa a rede."""
    from bot.app import once, operation
    from bot.services import meta_templates
    from bot.services.operation import Operations

    settings = configured()
    found = asyncio.run(once(settings, Operations(operation(settings)).lend, meta_templates.overview, None))
    for entry in found.entries:
        _tell_template(entry, as_json)
    if found.account is None or found.account.pulled_at is None:
        sys.stderr.write("retencao: a Meta ainda não foi consultada: rode retencao whatsapp templates pull.\n")


@templates.command("pull")
def templates_pull(as_json: Annotated[bool, typer.Option("--json", help="Um objeto JSON por linha.")] = False) -> None:
    """Consulta a Meta e mostra como estão os textos inteiros."""
    from bot.template_desk import TemplateDesk

    async def pull(desk: TemplateDesk) -> None:
        await desk.pull()

    _at_the_desk(pull)
    templates_status(as_json)


@templates.command("push")
def templates_push() -> None:
    """Envia para aprovação os textos inteiros que a Meta não tem, ou tem com outras palavras. Sai com 2 se a Meta
    recusou algum."""
    from bot.template_desk import TemplateDesk

    async def push(desk: TemplateDesk) -> bool:
        await desk.pull()
        for entry, reason in await desk.want_all():
            typer.echo(f"{entry.template.whatsapp_name}: {reason}")
        failed = False
        while rows := await desk.submit():
            for row in rows:
                failed = failed or row.error is not None
                told = f"{row.name}: {row.error or 'enviado, ' + told_state(row.status)}"
                (sys.stderr.write(f"retencao: {told}\n") if row.error else typer.echo(told))
        return failed

    from messages.meta_templates import told_state

    if _at_the_desk(push):
        sys.exit(2)


def _at_the_desk(work: "Callable[[TemplateDesk], Awaitable[T]]") -> "T":
    """Do it with Meta and the database at hand. What Meta refuses, or cannot be reached for, is a failure."""
    from bot.app import migrated_runtime, operation, templates_at_meta
    from bot.services.operation import Operations
    from bot.template_desk import TemplateDesk

    settings = configured()
    meta = templates_at_meta(settings)
    if meta is None:
        raise InvalidInput("Faltam WHATSAPP_WABA_ID e WHATSAPP_TOKEN: sem eles não há como consultar a Meta.")

    async def run() -> "T":
        async with migrated_runtime(settings) as rt:
            try:
                return await work(TemplateDesk(rt, Operations(operation(settings)), meta))
            finally:
                await meta.close()

    return asyncio.run(run())


def _tell_template(entry: "Entry", as_json: bool) -> None:
    """One line: name, state, category, quality, whether the words differ, when Meta was asked."""
    from messages.meta_templates import QUALITIES, told_category, told_reason, told_state

    row, template = entry.row, entry.template
    if as_json:
        values = {k: getattr(row, k, None) for k in ("status", "category", "reason", "quality", "error")}
        checked = row.checked_at.isoformat() if row is not None and row.checked_at else None
        told = {"name": template.whatsapp_name, "key": template.key, **values, "differs": entry.differs}
        typer.echo(json.dumps(told | {"checked_at": checked}, ensure_ascii=False))
        return
    if row is None or row.status is None:
        typer.echo(f"{template.whatsapp_name}: não consta na Meta")
        return
    parts = [told_state(row.status), told_category(row.category), QUALITIES.get(row.quality or "", "")]
    parts += [f"motivo: {told_reason(row.reason)}"] if row.reason else []
    parts += ["o texto daqui é outro"] if entry.differs else []
    typer.echo(f"{template.whatsapp_name}: {', '.join(part for part in parts if part)}")


def _each(files: list[Path], read: Any, as_json: bool) -> None:
    """The good ones on stdout, the bad ones told on stderr; exit 2 when there was a bad one."""
    failed = False
    for file in files:
        try:
            found = {"file": str(file)} | read(text_of(file))
        except UserError as error:
            failed = True
            sys.stderr.write(f"retencao: {file}: {error.text}\n")
        else:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=None if as_json else 1))
    if failed:
        sys.exit(2)


def text_of(file: Path) -> str:
    """A text file's content, or the text of a PDF or of a Word file. Raises InvalidInput."""
    from messages.documents import Kind, kind_of
    from messages.files import FILE_LIMIT, decoded

    content = content_of(file)
    kind = kind_of(content)
    if kind in (Kind.PDF, Kind.DOCX):
        from bot.apart import read_apart

        text: str = asyncio.run(read_apart(kind.value, content))
        return text
    if len(content) > FILE_LIMIT:
        raise InvalidInput("O arquivo passa de 1 MB.")
    return decoded(content)


def content_of(file: Path) -> bytes:
    """A file's bytes, no more than are read. Raises InvalidInput."""
    from messages.files import READABLE_LIMIT, cause

    try:
        if file.stat().st_size > READABLE_LIMIT:
            raise InvalidInput(f"O arquivo passa de {READABLE_LIMIT // 1024**2} MB.")
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"Não consegui ler o arquivo ({cause(error)}).") from error


def configured() -> "Settings":
    """Settings, and the log set up by them."""
    from bot.logs import configure
    from bot.settings import load

    settings = load()
    configure(settings.log_level, settings.secrets)
    return settings
