"""The library of standard messages: read, checked once with file and line, rendered strictly.

A file is a TOML head between ``+++`` lines and a text below::

    title     what the analyst reads
    offers    what it proves on the form: "Ofertado Suporte; Outros: justificativa"   (optional)
    record    how the form's outreach line tells it: "ofertando treinamento; informando …"   (optional)
    whatsapp  { name, category = "UTILITY" | "MARKETING", whole = true | false }

A *block* is one paragraph that the composer joins with others: no greeting, at most one question, which stands on a
line of its own (with what only makes sense after it) so that it can be left out. A *whole* text is a complete message
as Meta approves it: plain ``{{ a.b }}`` variables, none at its ends, no two side by side.
The facts that a text may name, and nothing else, are those of `messages.facts`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Self

import jinja2

from messages.errors import InvalidInput
from messages.facts import BY_DEEDS, EXAMPLE, VOCABULARY, Fact, fact, nest
from messages.meta_templates import LANGUAGE
from messages.template_source import MAX_WHOLE, Offer, Source, Words, capitalize_first, join_pt

__all__ = ["EXAMPLE", "VOCABULARY", "Library", "Offer", "Template", "capitalize_first", "join_pt", "read_template"]


@dataclass(frozen=True, slots=True)
class Template:
    """One text of the library. ``variables`` are the facts it needs; ``optional`` those it can do without."""

    key: str
    title: str
    offers: tuple[Offer, ...]
    records: tuple[str, ...]
    whatsapp_name: str
    category: str
    whole: bool
    body: str
    variables: tuple[str, ...]
    optional: tuple[str, ...]
    has_question: bool
    _compiled: jinja2.Template = field(repr=False, compare=False)
    _statement: jinja2.Template = field(repr=False, compare=False)

    @property
    def short_title(self) -> str:
        """The title without what explains it in brackets: for a sentence."""
        return self.title.partition(" (")[0]

    def reworded(self, title: str | None, body: str | None) -> "Template":
        """The same text in an operation's own words; None keeps ours. What it proves and records stays, and so does
        its name at Meta, which has to approve the new words.

        Raises TemplateError, with lines counted in ``body``.
        """
        title = self.title if title is None else title
        if body is None:
            return replace(self, title=title)
        words = Words(f"{self.key}.md", body, whole=self.whole)
        return replace(self, title=title, **_of_words(words))

    def missing(self, context: Mapping[str, object]) -> list[str]:
        """The facts that this text needs and the context lacks, in dotted names."""
        return [name for name in self.variables if fact(context, name) is None]

    def render(self, context: Mapping[str, object]) -> str:
        """The text for this case. Raises InvalidInput, which names the missing facts."""
        return self._text(self._compiled, context)

    def statement(self, context: Mapping[str, object]) -> str:
        """A block without its question; empty when it is nothing but a question."""
        return self._text(self._statement, context)

    def words(self, context: Mapping[str, object]) -> str:
        """What an edited message must still say for this text to be said in it: its statement, else all of it."""
        return self.statement(context) or self.render(context)

    def parameters(self, context: Mapping[str, object]) -> dict[str, str]:
        """A whole text's named parameters as Meta takes them: ``dentist_addressed`` → "Dra. Helena"."""
        self._must_be_whole()
        return {_parameter(name): str(value) for name, value in self._facts(context).items()}

    def meta_body(self) -> str:
        """A whole text as it is submitted to Meta, with ``{{dentist_addressed}}`` for its variables."""
        self._must_be_whole()
        marks = {name: f"{{{{{_parameter(name)}}}}}" for name in self.variables}
        return self._compiled.render(nest(marks))

    def meta_payload(self) -> dict[str, Any]:
        """A whole text as ``POST /{WABA_ID}/message_templates`` takes it, with an example of each parameter."""
        examples = [
            {"param_name": name, "example": example} for name, example in sorted(self.parameters(EXAMPLE).items())
        ]
        body: dict[str, Any] = {"type": "BODY", "text": self.meta_body()}
        if examples:
            body["example"] = {"body_text_named_params": examples}
        return {
            "name": self.whatsapp_name,
            "category": self.category,
            "language": LANGUAGE,
            "parameter_format": "NAMED",
            "components": [body],
        }

    def _must_be_whole(self) -> None:
        if not self.whole:
            raise ValueError(f"{self.key} is a block; only whole texts are templates at Meta")

    def _facts(self, context: Mapping[str, object]) -> dict[str, Fact | None]:
        if missing := self.missing(context):
            if deed := next((BY_DEEDS[name] for name in missing if name in BY_DEEDS), None):
                raise InvalidInput(f"Não dá para usar “{self.title}”: {deed}.")
            raise InvalidInput(f"Para usar “{self.title}”, preencha: {'; '.join(VOCABULARY[m] for m in missing)}.")
        return {name: self._plain(fact(context, name)) for name in (*self.variables, *self.optional)}

    def _plain(self, value: Fact | None) -> Fact | None:
        """Meta takes no line break and no run of spaces in a parameter (132018)."""
        return " ".join(value.split()) if self.whole and isinstance(value, str) else value

    def _text(self, compiled: jinja2.Template, context: Mapping[str, object]) -> str:
        text = compiled.render(nest(self._facts(context)))
        if not self.whole:
            return " ".join(text.split())
        if len(text) > MAX_WHOLE:
            raise InvalidInput(
                f"Com os dados deste caso, “{self.title}” tem {len(text)} caracteres; a Meta aceita {MAX_WHOLE}. "
                "Encurte o que foi cadastrado, ou peça à supervisão um texto menor."
            )
        return text


class Library(Mapping[str, Template]):
    """The standard messages by key (the file's stem), in the order of their keys."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = dict(sorted(templates.items()))

    def __getitem__(self, key: str) -> Template:
        return self._templates[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    def reworded(self, texts: Mapping[str, Template]) -> "Library":
        """The same with these in the place of ours."""
        return Library({**self._templates, **texts})

    @classmethod
    def load(cls, sources: Mapping[str, str]) -> Self:
        """Reads and checks texts by key. Raises TemplateError at the first that is wrong."""
        templates: dict[str, Template] = {}
        names: dict[str, str] = {}
        for key, source in sources.items():
            templates[key] = template = read_template(key, source)
            other = names.setdefault(template.whatsapp_name, key)
            if other != key:
                raise Source(key, source).problem("whatsapp", f"o nome no WhatsApp já é usado por {other}.md")
        return cls(templates)

    @classmethod
    @cache
    def packaged(cls) -> Self:
        """The library that comes with the program."""
        folder = files("messages") / "library"
        return cls.load(
            {
                entry.name.removesuffix(".md"): entry.read_text(encoding="utf-8")
                for entry in folder.iterdir()
                if entry.name.endswith(".md")
            }
        )


def read_template(key: str, source: str) -> Template:
    """One text, checked. Raises TemplateError (Portuguese, for whoever edits it)."""
    read = Source(key, source)
    return Template(
        key=key,
        title=read.title,
        offers=read.offers,
        records=read.records,
        whatsapp_name=read.whatsapp_name,
        category=read.category,
        whole=read.whole,
        **_of_words(read.words),
    )


def _of_words(words: Words) -> dict[str, Any]:
    return {
        "body": words.body,
        "variables": words.variables,
        "optional": words.optional,
        "has_question": words.has_question,
        "_compiled": words.compiled,
        "_statement": words.statement,
    }


def _parameter(name: str) -> str:
    return name.replace(".", "_")
