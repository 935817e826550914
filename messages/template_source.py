"""The source of one standard message: its head and its words read, and checked with file and line.

What is refused here is refused for good: whatever passes renders without surprises.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

from messages.errors import TemplateError
from messages.facts import EXAMPLE, LISTS, VOCABULARY
from messages.form.vocabulary import ACTIONS, OTHER_ACTION

MAX_BLOCK = 350  # characters, with example values
MAX_WHOLE = 1024  # Meta's limit of a body
MAX_SOURCE = 3000  # characters as written: what is edited in the chat must fit one of its messages
_CATEGORIES = ("UTILITY", "MARKETING")
_GREETING = re.compile(r"(?:^|[.!?\n]\s*)(?:bom dia|boa tarde|boa noite|ol[áa]|oi)\b", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_RECORD = re.compile(r"\w+ndo \S.*")
_SENTENCE_END = re.compile(r"(?<!Dr)(?<!Dra)[.!]\s")  # in source: variables are no sentence


def join_pt(items: Sequence[str]) -> str:
    """ "a, b e c"."""
    *most, last = items
    return f"{', '.join(most)} e {last}" if most else last


def capitalize_first(text: str) -> str:
    """The first letter large, the rest as it is ("a Dra." → "A Dra.")."""
    return text[:1].upper() + text[1:]


def _environment() -> SandboxedEnvironment:
    # Plain text for a chat: escaping HTML would put "&amp;" on the dentist's screen.
    environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
    environment.filters = {"join_pt": join_pt, "capitalize_first": capitalize_first}
    environment.globals.clear()
    environment.tests.clear()
    return environment


JINJA = _environment()


@dataclass(frozen=True, slots=True)
class Offer:
    """A box of the form's "Ação retenção" that a message proves; "Outros" comes with its justification."""

    action: str
    justification: str = ""


@dataclass
class _Uses:
    """The facts a text names, each with the line of its first use."""

    required: dict[str, int] = field(default_factory=dict)
    optional: dict[str, int] = field(default_factory=dict)


class Source:
    """One file, read and checked. Raises TemplateError, with lines counted in the file, from 1."""

    def __init__(self, key: str, source: str) -> None:
        self.file = f"{key}.md"
        lines = source.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        if lines[0].strip() != "+++" or "+++" not in (rest := [line.strip() for line in lines[1:]]):
            raise TemplateError(self.file, 1, "falta o cabeçalho entre duas linhas +++")
        end = rest.index("+++") + 1
        self.head_lines = lines[1:end]
        head = self._head()
        self.title: str = head["title"]
        self.offers = self._offers(head.get("offers", ""))
        self.records = self._records(head.get("record", ""))
        self.whatsapp_name: str = head["whatsapp"]["name"]
        self.category: str = head["whatsapp"]["category"]
        self.whole: bool = head["whatsapp"].get("whole", False)
        self.words = Words(self.file, "\n".join(lines[end + 1 :]), whole=self.whole, first_line=end + 2)

    def problem(self, where: str, text: str) -> TemplateError:
        """An error at a key of the head."""
        starts = (n for n, line in enumerate(self.head_lines, 2) if re.match(rf"\s*{re.escape(where)}\b", line))
        return TemplateError(self.file, next(starts, 1), text)

    def _head(self) -> dict[str, Any]:
        try:
            head = tomllib.loads("\n".join(self.head_lines))
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) + 1 if found else len(self.head_lines) + 1
            raise TemplateError(self.file, line, f"cabeçalho inválido: {error}") from error
        self._check_keys(head, {"title": str, "whatsapp": dict}, {"offers": str, "record": str})
        whatsapp = head["whatsapp"]
        self._check_keys(whatsapp, {"name": str, "category": str}, {"whole": bool}, inside="whatsapp")
        if whatsapp["category"] not in _CATEGORIES:
            raise self.problem("whatsapp", f"categoria desconhecida: {whatsapp['category']}")
        if not _NAME.fullmatch(whatsapp["name"]):
            raise self.problem("whatsapp", "o nome no WhatsApp só pode ter letras minúsculas, números e _")
        return head

    def _check_keys(
        self, table: dict[str, Any], required: dict[str, type], optional: dict[str, type], inside: str = ""
    ) -> None:
        for key, value in table.items():
            wanted = (required | optional).get(key)
            if wanted is None:
                raise self.problem(inside or key, f"chave desconhecida: {key}")
            if type(value) is not wanted or not (value or wanted is bool):
                raise self.problem(inside or key, f"valor inválido em {key}")
        for key in required:
            if key not in table:
                raise self.problem(inside or key, f"falta a chave {key}")

    def _offers(self, text: str) -> tuple[Offer, ...]:
        offers = []
        for item in _items(text):
            action, _, justification = (part.strip() for part in item.partition(":"))
            if action not in ACTIONS:
                raise self.problem("offers", f"ação que não está no formulário: {action}")
            if bool(justification) != (action == OTHER_ACTION):
                raise self.problem("offers", f"só “{OTHER_ACTION}” leva justificativa, e sempre")
            offers.append(Offer(action, justification))
        return tuple(offers)

    def _records(self, text: str) -> tuple[str, ...]:
        for phrase in _items(text):
            if not _RECORD.fullmatch(phrase):
                raise self.problem("record", f"o registro começa com um gerúndio (“ofertando …”): {phrase}")
        return tuple(_items(text))


class Words:
    """The body of one text, read and checked. Raises TemplateError, with lines counted from ``first_line``."""

    def __init__(self, file: str, text: str, *, whole: bool, first_line: int = 1) -> None:
        lines = text.replace("\r\n", "\n").split("\n")
        blank = next((n for n, line in enumerate(lines) if line.strip()), 0)
        self.file, self.whole, self.first_line = file, whole, first_line + blank
        self.body = "\n".join(line.rstrip() for line in lines[blank:]).rstrip()
        if not self.body:
            raise self.problem(1, "o texto está vazio")
        if len(self.body) > MAX_SOURCE:
            size = f"{len(self.body)} caracteres com os comandos, o limite é {MAX_SOURCE}"
            raise self.problem(1, f"texto longo demais: {size}")

        tree = self._tree()
        uses = _Uses()
        self._collect(tree.body, uses, frozenset())
        self.variables = tuple(uses.required)
        self.optional = tuple(name for name in uses.optional if name not in uses.required)
        question = self._question()
        self.has_question = question is not None
        self.compiled = JINJA.from_string(self.body)
        self.statement = self.compiled if self.whole else self._without(question)
        self._check_text()
        if self.whole:
            self._check_placement(tree)

    def problem(self, line: int, text: str) -> TemplateError:
        """An error at a line of the body (from 1)."""
        return TemplateError(self.file, self.first_line + line - 1, text)

    def _tree(self) -> nodes.Template:
        try:
            return JINJA.parse(self.body)
        except jinja2.TemplateSyntaxError as error:
            raise self.problem(error.lineno, f"erro de sintaxe: {_in_portuguese(error.message or '')}") from error
        except RecursionError as error:
            raise self.problem(1, "erro de sintaxe: há parênteses demais entre chaves") from error

    def _collect(self, body: Sequence[nodes.Node], uses: _Uses, guarded: frozenset[str]) -> None:
        for node in body:
            if isinstance(node, nodes.Output):
                for part in node.nodes:
                    if isinstance(part, nodes.TemplateData):
                        if re.search(r"\{[{%#]", part.data):
                            raise self.problem(part.lineno, "chaves soltas no texto")
                        continue
                    name = self._expression(part)
                    (uses.optional if name in guarded else uses.required).setdefault(name, part.lineno)
            elif isinstance(node, nodes.If) and not self.whole:
                name = self._name(node.test)
                uses.optional.setdefault(name, node.lineno)
                self._collect(node.body, uses, guarded | {name})
                self._collect([*node.elif_, *node.else_], uses, guarded)
            else:
                allowed = "variáveis" if self.whole else "variáveis, os filtros e {% if variável %}"
                raise self.problem(node.lineno, f"aqui só se usam {allowed}")

    def _expression(self, node: nodes.Expr) -> str:
        filters = []
        while isinstance(node, nodes.Filter) and node.node is not None:
            if node.name not in JINJA.filters:
                raise self.problem(node.lineno, f"filtro desconhecido: {node.name}")
            if node.args or node.kwargs:
                raise self.problem(node.lineno, f"o filtro {node.name} não leva argumentos")
            filters.append(node.name)
            node = node.node
        name = self._name(node)
        if self.whole and filters:
            raise self.problem(node.lineno, "um texto inteiro só leva variáveis simples, sem filtros")
        if self.whole and name in LISTS:
            raise self.problem(node.lineno, f"um texto inteiro não leva listas: {name}")
        if (name in LISTS) != ("join_pt" in filters[-1:]) or "join_pt" in filters[:-1]:
            raise self.problem(node.lineno, f"join_pt vai com listas, e listas com join_pt: {name}")
        return name

    def _name(self, node: nodes.Node) -> str:
        parts: list[str] = []
        inner = node
        while isinstance(inner, nodes.Getattr):
            parts.insert(0, inner.attr)
            inner = inner.node
        if not isinstance(inner, nodes.Name):
            raise self.problem(node.lineno, "aqui só se usa o nome de uma variável")
        name = ".".join([inner.name, *parts])
        if name not in VOCABULARY:
            raise self.problem(node.lineno, f"variável desconhecida: {name}")
        return name

    def _question(self) -> int | None:
        """The index of the body's line that asks."""
        lines = self.body.split("\n")
        asking = [n for n, line in enumerate(lines) if "?" in line]
        if self.body.count("?") > (2 if self.whole else 1):
            raise self.problem(asking[-1] + 1, "perguntas demais: uma por bloco, duas por texto inteiro")
        if asking and not self.whole and _SENTENCE_END.search(lines[asking[0]].partition("?")[0]):
            raise self.problem(asking[0] + 1, "a pergunta fica numa linha só dela")
        return asking[0] if asking else None

    def _without(self, line: int | None) -> jinja2.Template:
        lines = self.body.split("\n")
        try:
            return JINJA.from_string("\n".join(text for n, text in enumerate(lines) if n != line))
        except jinja2.TemplateSyntaxError as error:
            raise self.problem((line or 0) + 1, "a pergunta não pode ficar dentro de um {% if %}") from error

    def _check_text(self) -> None:
        longest = self.compiled.render(EXAMPLE)
        limit = MAX_WHOLE if self.whole else MAX_BLOCK
        if len(longest) > limit:
            raise self.problem(1, f"texto longo demais: {len(longest)} caracteres, o limite é {limit}")
        if not self.whole and _GREETING.search(longest):
            raise self.problem(1, "um bloco não leva saudação: ela é posta ao compor a mensagem")
        if not self.whole and "\n\n" in self.body:
            raise self.problem(self.body[: self.body.index("\n\n")].count("\n") + 2, "um bloco é um só parágrafo")

    def _check_placement(self, tree: nodes.Template) -> None:
        """Meta refuses a body with a variable at an end, or two side by side (FACTS of the Cloud API, 2388299)."""
        parts = [
            part
            for part in tree.find_all((nodes.TemplateData, nodes.Getattr, nodes.Name))
            if not (isinstance(part, nodes.Name) and part.name not in VOCABULARY)  # the first half of a dotted name
            and not (isinstance(part, nodes.TemplateData) and not part.data.strip())
        ]
        for end, words in ((parts[0], "começar"), (parts[-1], "terminar")):
            if not isinstance(end, nodes.TemplateData):
                raise self.problem(end.lineno, f"um texto inteiro não pode {words} com uma variável")
        for one, other in pairwise(parts):
            if not isinstance(one, nodes.TemplateData) and not isinstance(other, nodes.TemplateData):
                raise self.problem(
                    other.lineno, "duas variáveis lado a lado: junte-as numa só ou ponha texto entre elas"
                )


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip()]


_SYNTAX = (  # how jinja begins its complaint → what to do about it
    ("Encountered unknown tag", "comando desconhecido; aqui só se usa {% if variável %} … {% endif %}"),
    ("Unexpected end of template", "falta fechar com {% endif %}"),
    ("unexpected end of template", "falta fechar as chaves, como em {{ variável }}"),
    ("unexpected char", "há um sinal que não cabe entre chaves"),
)


def _in_portuguese(message: str) -> str:
    """What is wrong with the braces, for somebody who does not know jinja."""
    told = (text for beginning, text in _SYNTAX if message.startswith(beginning))
    return next(told, "confira as chaves; uma variável se escreve {{ variável }}")
