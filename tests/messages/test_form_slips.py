"""Hundreds of drawn forms of both text layouts, each written with the slips of people, scanners and converters.

The truth is drawn first and written second, so a test needs no eye to know what was meant.
"""

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from messages.form import ACTIONS, OUTCOMES, REASONS, SECTORS, read_form
from messages.form.vocabulary import LABELS

LABEL_TEXTS = {label.printed for label in LABELS}
DRAW = random.Random  # reproducible: a failing seed names its form

PHRASES = (
    "Conforme orientado não mexer em CIDADE MODELO | SALVADOR - BA",
    'A mesma informou que - " vai analisar a tabela " e retorna',
    "[16:22, 02/10/2024] Retenção - Sorriso Pleno: O motivo do meu contato refere-se ao protocolo.",
    "[16:40, 02/10/2024] CAIO: Boa tarde! Sim, atendo",
    "-- 08/05/2023 -- Reajuste de R$ 0,35 para R$ 0,37; 4,7357% no período (a tabela base)",
    "Protocolo SAD169000763629, CPF 11987654321, CNPJ 94580730000152, guia 11987650000",
    "O suporte atende pelo 11 4000-0000 de segunda a sexta das 08:00 às 18:00",
    "Está credenciada na rede concorrente. Valor R$ 98.000,00 em 11/2023",
    "Ex.: lançou a guia dia 20/11 marcar para 22/11 / 23/11",
    "ok 👍 combinado — “até sexta”",
)
LOOKALIKES = (  # whole lines that resemble the form and are somebody's words
    "Obs.",
    "Obs: a secretária anotou o recado",
    "Data",
    "Data final",
    "1º contato",
    "2º contato Data 01/01/2024",
    "3º contato Data",
    "CRO",
    "SIM",
    "NÃO",
    "Desligamento",
    "Status retenção",
    "Ação Retenção",
    "Motivo desligamento",
    "Necessário abertura de protocolo",
    "Setor responsável",
    "Obs. Geral",
    "Operadora CRO UF Nome dentista",
    "Página 3 do contrato",
    "# Atenção",
    "> citado",
)
PHONES = (
    ("Enviado whats app- 71 8000-0017, em 31/08/2024 às 11:04, ofertando ação de divulgação", "+5571980000017"),
    ("Tentativa de contato por telefone (31 99026-7648), sem sucesso.", "+5531990267648"),
    ("Enviado WhatsApp - 11 94000-1234, em 30/10/2023 às 11:01, aguardando retorno.", "+5511940001234"),
    ("Liguei no (85) 3200-1234 e ninguém atendeu", "+558532001234"),
)


def draw_notes(draw: DRAW) -> str:
    lines = [draw.choice(PHRASES)]
    for _ in range(draw.choice((0, 0, 1, 2, 4))):
        # Never two look-alikes in a row: "2º contato Data …" over "Obs.:" is a landmark for people too.
        previous_is_phrase = lines[-1] in PHRASES or lines[-1] == ""
        lines.append(draw.choice(LOOKALIKES if previous_is_phrase and draw.random() < 0.5 else PHRASES))
        if lines[-1] in PHRASES and draw.random() < 0.3:
            lines += ["", draw.choice(PHRASES)]
    return "\n".join(lines)


def draw_truth(draw: DRAW) -> dict[str, Any]:
    opened = date(2022, 1, 1) + timedelta(days=draw.randrange(900))
    ended = opened + timedelta(days=draw.randrange(1, 150))
    still_open = draw.random() < 0.15
    produced = draw.random() < 0.5
    plans = draw.choice((True, False, False, None))
    phone = None
    contacts = []
    for number in range(1, draw.randrange(0, 6) + 1):
        notes = draw_notes(draw)
        if draw.random() < 0.3:
            line, said = draw.choice(PHONES)
            notes = f"{line}\n{notes}"
            phone = phone or said
        day = opened + timedelta(days=draw.randrange(150))
        contacts.append({"number": number, "date": day.isoformat(), "notes": notes})
    outros = draw.random() < 0.3
    uf = draw.choice(("BA", "SP", "RS", "DF", "CE"))
    return {
        "phone": phone,
        "analyst": draw.choice(("ANALISTA EXEMPLO UM", "ANA D'ÁVILA", "Zé")),
        "cro_count": draw.randrange(1, 12),
        "form_date": None if still_open else ended.isoformat(),
        "operator": draw.choice(("SORRISO PLENO", "ODONTO MARES", "DENTE & CIA.")),
        "cro": str(draw.randrange(1, 200000)),
        "cro_uf": uf,
        "dentist_name": draw.choice(("MARINA PRADO SERRA AZUL", "JOÃO D'OLIVEIRA", "HELENA DATA MOEDA", "ÍRIS")),
        "cnpj": draw.choice(("94580730000152", "12ABC34501DE35", "12345678000199", None)),
        "cpf": str(draw.randrange(10**10, 10**11)),
        "enrolled_on": None if draw.random() < 0.1 else (opened - timedelta(days=draw.randrange(900))).isoformat(),
        "person_type": draw.choice("FJ"),
        "requested_by": draw.choice(("Operadora", "Dentista", "Beneficiário")),
        "protocol": f"SAD{draw.randrange(10**11, 10**12)}",
        "protocol_opened_on": opened.isoformat(),
        "uf": uf,
        "city": draw.choice(("SALVADOR", "SANTA BÁRBARA D'OESTE", "MOEDA", "RIO DE JANEIRO", "UNIÃO")),
        "lives": draw.choice((7, 843, 3843, 53145, 1234567)),
        "published_cros": draw.choice((0, 12, 763, 1024)),
        "other_plans": plans,
        "other_plans_detail": draw.choice(("Bradesco, Amil", "Unimed", "SulAmérica e outros 3")) if plans else None,
        "currency": draw.choice(("0.35", "0.30", "1.02", "0.355")),
        "last_production_on": (opened - timedelta(days=draw.randrange(90))).isoformat() if produced else None,
        "last_production_value": draw.choice(("49.00", "3591.50", "12345.67", "1000.00")) if produced else None,
        "started_on": opened.isoformat(),
        "ended_on": None if still_open else ended.isoformat(),
        "days": None if still_open else (ended - opened).days,
        "outcome": draw.choice((None, *OUTCOMES)),
        "contacts": contacts,
        "actions": [a for a in ACTIONS[:-1] if draw.random() < 0.3] + (["Outros"] if outros else []),
        "other_justification": draw_notes(draw).replace("\n> citado", "") if outros else None,
        "reasons": [reason for reason in REASONS if reason != "Migração" and draw.random() < 0.15],
        "protocol_required": draw.choice((None, True, False)),
        "general_notes": draw_notes(draw) if draw.random() < 0.7 else None,
        "sectors": [sector for sector in SECTORS if draw.random() < 0.3],
        "signers": draw.choice((["Supervisora Exemplo", "Gerente D'Exemplo"], ["Um Só"])),
    }


class Writer:
    """Writes a truth as people's tools do. Each slip is drawn anew for every word it can touch."""

    def __init__(self, draw: DRAW, truth: dict[str, Any]) -> None:
        self.draw, self.truth = draw, truth
        self.boxes = draw.choice(("html", "html", "square", "sign", "bold-square"))

    def one(self, *variants: str) -> str:
        return self.draw.choice(variants)

    def end(self) -> str:
        return self.one("", "", "\t", "\t\t", " ", "\t \t")

    def day(self, name: str) -> str:
        value = self.truth[name]
        return f"{date.fromisoformat(value):%d/%m/%Y}" if value else ""

    def count(self, name: str) -> str:
        return f"{self.truth[name]:,}".replace(",", ".")

    def amount(self, name: str) -> str:
        whole, _, cents = (self.truth[name] or "").partition(".")
        return f"{int(whole):,}".replace(",", ".") + "," + cents if whole else ""

    def produced(self) -> tuple[str, str]:
        money = self.one("R\\$ ", "R$ ", "R$\u00a0", "R\\$")
        if self.truth["last_production_on"]:
            return self.day("last_production_on"), money + self.amount("last_production_value")
        return self.one("sem guias", "Sem guias", "SEM GUIAS"), self.one(money + "-", "-", "")

    def box(self, ticked: bool) -> str:
        if self.boxes == "html":
            if ticked:
                return self.one(
                    '<input checked="" type="checkbox"/>',
                    '<input type="checkbox" checked="" />',
                    "<input type='checkbox' checked>",
                    '<INPUT checked="checked" type="checkbox" disabled/>',
                )
            return self.one('<input type="checkbox"/>', '<input type="checkbox" />', '<input disabled type="checkbox">')
        if self.boxes == "sign":
            return self.one("☒", "☑") if ticked else "☐"
        return self.one("[x]", "[X]", "[ x ]", "\\[x\\]") if ticked else self.one("[ ]", "[]", "\\[ \\]")

    def option(self, text: str, ticked: bool) -> str:
        slips = {
            "Regras Técnicas": ("Régras Técnicas", "REGRAS TECNICAS"),
            "Beneficiário Grosseiro": ("Beneficiário Grossoeiro",),
            "Óbito": ("Obito",),
            "Servidor Publico": ("Servidor Público",),
            "Cobrança indevida": ("Cobrança Indevida",),
            "T.I": ("TI", "T.I."),
        }
        return f"{self.box(ticked)} {self.one(text, text, *slips.get(text, ()))}"

    def label(self, text: str) -> str:
        """A header's label with what scanners and hurried people make of it."""
        slip = self.draw.random()
        if slip < 0.04:
            return text.upper()
        if slip < 0.08:
            return text + ":"
        if slip < 0.12 and len(text) > 9:
            return text.replace("o", "0", 1)
        return text

    def row(self, cells: list[str]) -> str:
        """A row of the header; a tab too many may slip in where every label has its value."""
        named = [self.label(cell) if cell in LABEL_TEXTS - {self.truth["requested_by"]} else cell for cell in cells]
        if all(self.truth[name] is not None for name in ("form_date", "ended_on", "enrolled_on", "last_production_on")):
            named = [cell + ("\t" if cell and self.draw.random() < 0.03 else "") for cell in named]
        return "\t".join(named) + self.end()

    def yes_no(self, answer: bool | None, gap: str) -> str:
        return gap.join((self.option("SIM", answer is True), self.option("NÃO", answer is False)))

    def title(self, text: str) -> str:
        return text + self.one("", " ", "\t", ":")

    def blank(self) -> str:
        lines = [""] * self.draw.choice((1, 1, 1, 2, 3))
        if self.draw.random() < 0.08:
            lines += [self.one("Página 1 de 2", "  Página 2 de 3", "**Página 1 de 2**"), ""]
        return "\n".join(lines)

    def body(self, contact: Callable[[int, str], list[str]], grid: Callable[..., list[str]], bold: str) -> list[str]:
        truth = self.truth
        lines = []
        if truth["outcome"] or self.draw.random() < 0.5:
            titled = [f"{bold}{self.title('Status retenção')}{bold}", self.blank()]
            if truth["outcome"] is None and self.draw.random() < 0.5:
                lines += [*titled, "Retenção Efetiva  ", " Desligamento  ", " Não se trata de Retenção"]
            else:
                lines += [*titled, *(self.option(outcome, outcome == truth["outcome"]) for outcome in OUTCOMES)]
        for number in range(1, 6):
            lines += [self.blank(), *contact(number, self.one("Obs.:", "Obs:", "Obs.", "OBS.:"))]
        lines += [self.blank(), f"{bold}{self.title(self.one('Ação Retenção', 'Ação retenção'))}{bold}", self.blank()]
        lines += [*grid(ACTIONS, truth["actions"]), self.blank()]
        hint = 'OBRIGATÓRIO JUSTIFICATIVA CASO SELECIONE "OUTROS".'
        lines += [f"{bold}Obs.:{bold} {bold}{hint}{bold}", *filter(None, [truth["other_justification"]]), self.blank()]
        lines += [f"{bold}{self.title(self.one('Motivo desligamento', 'Motivo Desligamento'))}{bold}", self.blank()]
        known = [reason for reason in REASONS if reason != "Migração" or self.draw.random() < 0.5]
        lines += [*grid(known, truth["reasons"]), self.blank()]
        lines += [f"{bold}{self.title('Necessário abertura de protocolo')}{bold}", self.blank()]
        lines += [*self.protocol(), self.blank(), f"{bold}Obs. Geral{bold}", self.blank()]
        lines += [truth["general_notes"] or "", self.blank(), f"{bold}Setor responsável{bold}", self.blank()]
        lines += [*self.sectors(), self.blank()]
        for name in truth["signers"]:
            lines += [name, ""]
        return lines

    def protocol(self) -> list[str]:
        answer = self.truth["protocol_required"]
        if answer is None and self.draw.random() < 0.4:
            return ["- SIM  NÃO"]
        rule = ["------------------------------\t ------------------------------"] if self.draw.random() < 0.5 else []
        return [self.one("", "- ") + self.yes_no(answer, self.one("\t", "  ", "\t ")), *rule]

    def sectors(self) -> list[str]:
        chosen = self.truth["sectors"]
        if not chosen and self.draw.random() < 0.4:
            return ["- T.I  Central de atendimento  Análise Técnica  Comercial"]
        boxes = [self.option(sector, sector in chosen) for sector in SECTORS]
        return [self.one("", "- ") + self.one("\t", "  ").join(boxes)]

    def block(self, number: int) -> tuple[str, str]:
        for written in self.truth["contacts"]:
            if written["number"] == number:
                return f"{date.fromisoformat(written['date']):%d/%m/%Y}", written["notes"]
        return self.one("_____", "\\_\\_\\_\\_\\_", "", "__________"), ""

    def slipped(self, lines: list[str]) -> str:
        text = "\n".join(lines)
        if self.draw.random() < 0.3:
            text = text.replace("\n", "\r\n")
        if self.draw.random() < 0.2:
            text = text.replace(" contato Data ", "\u00a0contato Data\u00a0")
        return self.one("", "", "\ufeff") + text


class FirstLayout(Writer):
    """Labels over values, boxes parted by tabs."""

    def write(self) -> str:
        t, produced = self.truth, self.produced()
        degree = self.one("N°", "Nº", "N.º")
        plans = self.yes_no(t["other_plans"], " ")
        days = f"{t['days']} dia(s)" if t["days"] is not None else ""
        rows = [
            ["Colaborador", "", "Qtd CRO(s)", "", str(t["cro_count"])],
            [t["analyst"], "", "Data", "", self.day("form_date")],
            ["Operadora", "CRO", "UF", self.one("Nome dentista", "Nome Dentista", "Nome do dentista")],
            [t["operator"], t["cro"], t["cro_uf"], t["dentist_name"]],
            ["CNPJ", "", "CPF"],
            [t["cnpj"] or "", "", t["cpf"]],
            ["Data inclusão", "Tipo", "Demandado por?", f"{degree} do protocolo", "Dt. abertura protocolo"],
            [
                self.day("enrolled_on"),
                t["person_type"],
                t["requested_by"],
                t["protocol"],
                self.day("protocol_opened_on"),
            ],
            ["UF", "Cidade", self.one("nº de vidas", "n° de vidas"), "", "nº CRO(S) únicos divulgados"],
            [t["uf"], t["city"], self.count("lives"), "", self.count("published_cros")],
            [self.one("Atende outros convênios", "Atende outros convenios"), "", "Quais?"],
            [plans, "", t["other_plans_detail"] or "-"],
            ["Moeda", "Última produç.", self.one("Valor última prod.", "VALOR ULTIMA PROD.")],
            [self.amount("currency"), *produced],
            [self.one("Data início", "Data inicio"), "Data final", self.one("Tempo finalização", "Tempo finalizacao")],
            [self.day("started_on"), self.day("ended_on"), days],
        ]
        header = [self.row(row) for row in rows]
        heading = ["", "", self.one("Formulário - Processo de Retenção", "FORMULÁRIO – PROCESSO DE RETENÇÃO"), ""]
        return self.slipped([*heading, *header, "", *self.body(self.contact, self.grid, "")])

    def contact(self, number: int, label: str) -> list[str]:
        day, notes = self.block(number)
        head = f"{number}{self.one('º', '°')} {self.one('contato', 'Contato')} Data {day}{self.one('', ' ')}"
        if notes and self.draw.random() < 0.2:
            return [head, self.blank(), f"{label} {notes}"]
        return [head, self.blank(), label, "", notes]

    def grid(self, options: list[str], chosen: list[str]) -> list[str]:
        boxes = [self.option(option, option in chosen) for option in options]
        return [self.one("\t", "\t ").join(boxes[n : n + 3]) + self.end() for n in range(0, len(boxes), 3)]


class SecondLayout(Writer):
    """Markdown of a converter: values beside labels, boxes in pipe tables."""

    def write(self) -> str:
        t, produced = self.truth, self.produced()
        days = f"{t['days']} dia(s)" if t["days"] is not None else ""
        asked = ["Demandado por?", self.one("Nº do protocolo", "N° do protocolo"), "Dt. abertura protocolo"]
        answered = [t["requested_by"], t["protocol"], self.day("protocol_opened_on")]
        lives, unique = self.one("nº de vidas", "n° de vidas"), "nº CRO(S) únicos divulgados"
        start = [self.one("Data início", "Data inicio"), self.day("started_on")]
        yes, no = self.yes_no(t["other_plans"], "\t").split("\t")
        rows = [
            ["Colaborador", t["analyst"], "", "", "Qtd CRO(s)", str(t["cro_count"])],
            ["", self.one("", " "), "", "", "Data", self.day("form_date")],
            ["Operadora", "CRO", "UF", "Nome dentista"],
            [t["operator"], t["cro"], t["cro_uf"], t["dentist_name"]],
            ["CNPJ", "CPF"],
            ["", t["cnpj"] or "", "", "", t["cpf"]],
            ["Data inclusão", self.day("enrolled_on"), "Tipo", *asked],
            ["", "", t["person_type"], *answered],
            ["UF", self.one("", " ") + t["uf"], "Cidade", t["city"], lives, self.count("lives")],
            ["", "", "", "", unique, self.count("published_cros")],
            [self.one("Atende outros convênios", "Atende outros convenios"), "Quais?"],
            [yes, no, t["other_plans_detail"] or "-"],
            ["Moeda", self.amount("currency"), "Última produç.", produced[0], "Valor última prod.", produced[1]],
            [*start, "Data final", self.day("ended_on"), "Tempo finalização", days],
        ]
        header = [self.row(row) for row in rows]
        heading = ["", "# Formulário - Processo de Retenção", ""]
        return self.slipped([*heading, *header, "", *self.body(self.contact, self.grid, "**")])

    def contact(self, number: int, label: str) -> list[str]:
        day, notes = self.block(number)
        bold = self.one("", "**")
        head = f"{bold}{number}º contato Data {day}{bold}"
        if notes and self.draw.random() < 0.2:
            return [head, self.blank(), f"**{label}** {notes}"]
        return [head, self.blank(), f"**{label}**", self.blank(), notes]

    def grid(self, options: list[str], chosen: list[str]) -> list[str]:
        boxes = [self.option(option, option in chosen) for option in options] + ["", ""]
        rows = [f"| {' | '.join(boxes[n : n + 3])} |" for n in range(0, len(options), 3)]
        return [self.one("", "- ") + "|   |   |  |", "|---|---|--|", *rows]


@pytest.mark.parametrize("layout", [FirstLayout, SecondLayout])
@pytest.mark.parametrize("hundred", range(3))
def test_drawn_forms_with_peoples_slips_are_read_as_they_were_meant(layout: Any, hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        draw = random.Random(seed)
        truth = draw_truth(draw)
        text = layout(draw, truth).write()
        read = read_form(text).form.as_json()
        wrong = {name: (read[name], truth[name]) for name in truth if read[name] != truth[name]}
        assert not wrong, f"seed {seed}: {wrong}\n{text}"


# ---- one slip in one printed word ----

FORMS = Path(__file__).parents[1] / "data" / "forms"
SAMPLES = [(FORMS / f"{stem}.txt").read_text(encoding="utf-8") for stem in ("form-101-00", "form-101-03")]


def slips(word: str) -> list[str]:
    """The word with one letter lost, doubled, exchanged with the next, or taken for one that looks like it."""
    looks = {"l": "1I", "i": "1l", "o": "0", "s": "5z", "O": "0", "S": "5", "e": "é", "a": "à", "t": "f"}
    found = [word[:n] + other + word[n + 1 :] for n, letter in enumerate(word) for other in looks.get(letter, "")]
    for n in range(len(word)):
        found += [word[:n] + word[n + 1 :], word[: n + 1] + word[n:]]
        found += [word[:n] + word[n + 1] + word[n] + word[n + 2 :]] if n + 1 < len(word) else []
    return found


@pytest.mark.parametrize("option", ["Glosas", "Valores", "Estudos", "Óbito", "Outros"])
def test_a_short_option_with_one_slip_keeps_its_tick(option: str) -> None:
    field = "actions" if option == "Outros" else "reasons"
    for text in SAMPLES:
        for slip in slips(option):
            read = read_form(text.replace(f'<input type="checkbox"/> {option}', f"[x] {slip}"))
            assert option in getattr(read.form, field), slip
            assert field not in [doubt.field for doubt in read.doubts], slip


@pytest.mark.parametrize("sector", ["T.1", "T.l", "TI", "T1.", "t.i"])
def test_a_slip_in_the_shortest_sector_keeps_it_a_sector(sector: str) -> None:
    for text, box in zip(SAMPLES, ("<input checked='' type='checkbox'/>", "[x]"), strict=True):
        head, row = text[: text.rindex("T.I")], text[text.rindex("T.I") :]
        head = head[: max(head.rindex("["), head.rindex("<"))] if "[" in box else head[: head.rindex("<")]
        form = read_form(f"{head}{box} {row.replace('T.I', sector)}").form
        assert form.sectors[0] == "T.I"
        assert form.signers == ("Supervisor Exemplo", "Gerente Exemplo")


@pytest.mark.parametrize(
    ("printed", "slip"),
    [
        *(("Obs. Geral", slip) for slip in (*slips("Obs. Geral"), "Obs, Geral", "OBS GERAL:", "Observações gerais")),
        *(("1º contato Data", f"1º {slip}") for slip in (*slips("contato Data"), "contacto Data", "Contato - Data")),
        *(("3º contato Data", f"3º {slip}") for slip in slips("contato Data")),
        *(("1º contato", f"{number} contato") for number in ("lº", "Iº", "1*", "1°", "1⁰", "1º.", "1")),
        *(("2º contato", f"{number} contato") for number in ("Zº", "zº")),
        *(("Obs.:", slip) for slip in ("0bs.:", "Ob5.:", "0b5:", "OBS")),
    ],
)
def test_a_slip_in_a_landmark_moves_no_text(printed: str, slip: str) -> None:
    for text in SAMPLES:
        if printed == "Obs.:":  # all of them but the justification's, which its printed hint follows
            slipped = "\n".join(line.replace(printed, slip) if len(line) < 12 else line for line in text.split("\n"))
        else:
            slipped = text.replace(printed, slip, 1)
        assert slipped != text
        assert read_form(slipped) == read_form(text)


@pytest.mark.parametrize(
    "line",
    [
        "2º contacto Data",
        "2º c0ntato Data 03/10/2024",
        "2º contato Dat",
        "2º contatos: data boa",
        "Ob. Geral",
        "0bs Geral",
    ],
)
def test_words_that_resemble_a_landmark_stay_in_the_notes(line: str) -> None:
    notes = f"Drª tem direito\n{line}\nao reajuste"
    form = read_form(SAMPLES[0].replace("Drª tem direito ao reajuste", notes)).form
    assert form.contacts[0].notes.startswith(notes)
    assert [block.number for block in form.contacts] == [1, 2, 3]
    assert form.general_notes is not None
    assert form.general_notes.startswith("[12:07")
