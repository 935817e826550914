"""New cases: asked for a thing at a time, told in one line, from a spreadsheet, from a form in Word or PDF."""

from bot.handlers.context import A_WHILE
from messages.form import read_form
from messages.form.pdf import to_pdf
from messages.statuses import Role
from tests.flow.processes import restarted_on
from tests.flow.world import ANALYST, FORMS, World, world_on
from tests.messages.test_documents import as_docx
from tests.messages.test_sheets import xlsx


async def test_a_case_is_opened_by_answering(world: World) -> None:
    await world.invited()
    await world.telegram.writes(ANALYST, "/inicio")
    await world.taps("Novo caso")
    await world.sees("Qual o nº do protocolo")
    await world.telegram.writes(ANALYST, "SAD1234")
    await world.sees("este tem 4")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("Qual o nome do dentista?")
    await world.telegram.writes(ANALYST, "Marina Prado")
    await world.sees("Qual o CRO, com a UF?")
    await world.telegram.writes(ANALYST, "90485/BA")
    await world.sees("Qual o WhatsApp")
    await world.taps("Pular")
    await world.taps("Dra.")
    await world.sees("Por qual nome")
    await world.taps("Pular")
    await world.taps("✏️ Corrigir")
    await world.taps("WhatsApp")
    await world.sees("Qual o WhatsApp")
    await world.telegram.writes(ANALYST, "71 98000-0017")
    await world.sees("WhatsApp: 71 98000-0017")
    await world.taps("✅ Abrir caso")
    card = await world.sees("Etapa: sem 1º contato")
    assert card["text"].startswith("Dra. Marina Prado · SAD169000763629\nCRO 90485/BA · BA · 71 98000-0017")
    await world.taps("🪪 Dados")
    await world.taps("✏️ Completar ou corrigir")
    await world.sees("Falta: Data de abertura, Cidade")
    await world.taps("➕ Cidade")
    await world.sees("Escreva a cidade, por exemplo Salvador. Caso: Dra. Marina Prado.")
    await world.telegram.writes(ANALYST, "Feira de Santana")
    await world.offered("✏️ Cidade")
    await world.taps("➕ Número de vidas")
    await world.telegram.writes(ANALYST, "muitas")
    await world.sees("Não reconheci o número de vidas: escreva, por exemplo, 3.843.")
    await world.telegram.writes(ANALYST, "3.843")
    await world.taps("✏️ Número de vidas")
    await world.telegram.writes(ANALYST, "3.900")
    await world.sees("Falta: Data de abertura, Número de CROs")
    await world.telegram.writes(ANALYST, "SAD169000763629")
    await world.sees("CRO 90485/BA · Feira de Santana/BA")
    await world.sees("3.900 vidas")


async def test_one_line_is_enough(world: World) -> None:
    await world.invited()
    await world.telegram.writes(ANALYST, "/novo SAD169000763629 Dra. Marina Prado 90485/BA 71 98000-0017")
    await world.sees("Por qual nome")
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Abertura cancelada. Nada foi registrado.")
    await world.telegram.writes(ANALYST, "/novo SAD169000763629 Dra. Marina Prado 90485/BA 71 98000-0018")
    await world.sees("WhatsApp: 71 98000-0018")
    await world.taps("Pular")
    await world.taps("✅ Abrir caso")
    await world.sees("Etapa: sem 1º contato")
    await world.telegram.writes(ANALYST, "/novo SAD169000763629")
    await world.sees("já está aberto com você")
    assert world.rows("SELECT 1 FROM dialogue_step") == []
    await world.telegram.writes(ANALYST, "SAD169000763630 Dr. Teo Campos 9048600/BA")
    await world.taps("➕ Abrir caso com estes dados")
    shown = await world.sees("O CRO deve ter de 1 a 6 dígitos")
    assert "Dentista: Teo Campos" in shown["text"] and "Qual o CRO, com a UF?" in shown["text"]


SUPERVISOR = 2002
HEAD = ["Protocolo", "Nome do dentista", "CRO", "UF", "WhatsApp", "Obs"]
ROWS = [
    ["SAD169000763629", "MARINA PRADO", 90485, "BA", 71980000017, ""],
    ["SAD169000763630", "TEO DE SOUZA", 90486, "BA", "8000", "ligar cedo"],
    ["SAD16900076363", "NINGUÉM", 1, "BA", "", ""],
]


async def test_a_spreadsheet_is_shown_in_figures_before_anything_is_opened(world: World) -> None:
    await world.invited()
    await world.telegram.sends_document(ANALYST, xlsx(HEAD, *ROWS), "outubro.xlsx")
    shown = await world.sees("outubro.xlsx: 3 linhas")
    assert "2 novas · 0 já abertas · 1 com problema" in shown["text"]
    assert "Colunas que não reconheci: Obs" in shown["text"]
    assert "linha 4: Protocolo com 11 algarismos em vez de 12." in shown["text"]
    assert "linha 3: Não reconheci o telefone “8000” da planilha: confira." in shown["text"]
    await world.telegram.writes(ANALYST, "/cancelar")
    await world.sees("Importação cancelada. Nada foi aberto.")
    assert world.rows('SELECT 1 FROM "case"') == world.rows("SELECT 1 FROM case_import") == []

    await world.telegram.sends_document(ANALYST, xlsx(HEAD, *ROWS), "outubro.xlsx")
    await world.sees("outubro.xlsx: 3 linhas")
    await world.taps("Ver tudo")
    report = await world.sees_document("conferencia.txt")
    assert "linha 4: Protocolo com 11" in world.telegram.file(report["file_id"]).decode("utf-8-sig")
    await world.taps("✅ Abrir 2 casos")
    await world.sees("✅ 2 casos abertos.")
    await world.taps("🆕 Casos sem 1º contato")
    await world.sees("2 casos sem 1º contato")


async def test_a_supervisor_gives_a_sheet_to_somebody_who_is_told(world: World) -> None:
    await world.invited()
    await world.invited(SUPERVISOR, "Sofia", Role.SUPERVISOR)
    content = "protocolo;nome;cro\n" + "".join(f"SAD{n:012};Dentista;{n}/BA\n" for n in range(1, 9))
    await world.telegram.sends_document(SUPERVISOR, content.encode(), "outubro.csv")
    shown = await world.sees("outubro.csv: 8 linhas", SUPERVISOR)
    assert "• 8 linhas, a partir da 2: A UF do caso foi tomada do CRO (BA): confira." in shown["text"]
    await world.offered("divididos por igual", SUPERVISOR)
    await world.taps("👤 Abrir todos para uma pessoa…", SUPERVISOR)
    await world.taps("Ana", SUPERVISOR)
    await world.sees("Abrir 8 casos para Ana?", SUPERVISOR)
    await world.taps("✅ Abrir 8 casos", SUPERVISOR)
    await world.sees("✅ 8 casos abertos.", SUPERVISOR)
    await world.sees("↔️ 8 casos passaram para você, por Sofia.")


async def test_whoever_waits_is_told_what_for_and_the_preview_takes_its_place(sqlite_url: str) -> None:
    async with world_on(sqlite_url) as world:
        await world.invited()
        world.sandbox.faults.add("telegram.getFile", "delay", times=2, seconds=A_WHILE + 0.5)
        await world.telegram.sends_document(ANALYST, xlsx(HEAD, *ROWS), "longa.xlsx")
        waiting = await world.sees("Lendo longa.xlsx…", known=False)
        await world.sees_in(waiting["message_id"], "longa.xlsx: 3 linhas")
        await world.telegram.sends_document(ANALYST, xlsx(["Data"], ["x"]), "errada.xlsx")
        await world.sees("Lendo errada.xlsx…", known=False)
        await world.sees("Não encontrei as colunas")
        assert "Lendo" not in world.chat()


async def test_a_restart_between_the_sheet_and_the_tap_changes_nothing(sqlite_url: str) -> None:
    async with restarted_on(sqlite_url) as world:
        await world.invited()
        await world.telegram.sends_document(ANALYST, xlsx(HEAD, *ROWS), "outubro.xlsx")
        await world.sees("outubro.xlsx: 3 linhas")
        await world.taps("✅ Abrir 2 casos")
        await world.sees("✅ 2 casos abertos.")
        assert len(world.rows('SELECT 1 FROM "case"')) == 2


async def test_a_form_is_read_from_word_and_from_pdf(world: World) -> None:
    await world.invited()
    text = (FORMS / "real-a-opening.txt").read_text(encoding="utf-8")
    for name, content in (("form.docx", as_docx(text)), ("form.pdf", to_pdf(read_form(text).form))):
        await world.telegram.sends_document(ANALYST, content, name)
        shown = await world.sees("Formulário lido")
        assert "Protocolo: SAD169000763629" in shown["text"]
        await world.taps("Cancelar")
        await world.sees_in(shown["message_id"], "Abertura cancelada")
    await world.telegram.sends_document(ANALYST, b"%PDF-1.7 nada", "form.pdf")
    await world.sees("O PDF está danificado")
