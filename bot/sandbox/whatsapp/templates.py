"""Message templates at Meta: created, reviewed, and filled in with named parameters."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import SandboxError
from bot.sandbox.whatsapp.errors import Refused

_VARIABLE = re.compile(r"\{\{([a-z0-9_]+)\}\}")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_BODY_LIMIT, _LINE_LIMIT, _BUTTON_LIMIT = 1024, 60, 25
_CATEGORIES = frozenset({"UTILITY", "MARKETING", "AUTHENTICATION"})
STATES = frozenset({"APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "ARCHIVED"})
_EDITABLE = frozenset({"APPROVED", "REJECTED", "PAUSED"})
_EXISTS_ALREADY, _NOT_EDITABLE = 2388024, 2388025


@dataclass(slots=True)
class Template:
    template_id: str
    name: str
    language: str
    category: str
    status: str
    components: list[dict[str, Any]]
    reason: str = "NONE"
    quality: str = "UNKNOWN"

    def part(self, kind: str) -> dict[str, Any]:
        """The component of this kind, empty when the template has none."""
        return next((part for part in self.components if part["type"].upper() == kind), {})

    @property
    def buttons(self) -> list[str]:
        return [button["text"] for button in self.part("BUTTONS").get("buttons", [])]

    def as_api(self) -> dict[str, Any]:
        return {
            "id": self.template_id,
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "status": self.status,
            "rejected_reason": self.reason,
            "quality_score": {"score": self.quality},
            "parameter_format": "NAMED",
            "components": self.components,
        }


@dataclass(frozen=True, slots=True)
class Filled:
    """What the dentist reads, and with which values."""

    template: Template
    text: str
    parameters: dict[str, str]


class Templates:
    """By (name, language)."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], Template] = {}

    def register(
        self,
        name: str,
        body: str,
        category: str,
        language: str,
        status: str,
        header: str | None,
        footer: str | None,
        buttons: Sequence[str],
    ) -> Template:
        """As if it had been created and reviewed before; replaces one of the same name."""
        if status not in STATES:
            raise SandboxError(f"a template is one of {', '.join(sorted(STATES))}")
        components: list[dict[str, Any]] = [{"type": "HEADER", "format": "TEXT", "text": header}] if header else []
        components.append({"type": "BODY", "text": body})
        components += [{"type": "FOOTER", "text": footer}] if footer else []
        if buttons:
            quick = [{"type": "QUICK_REPLY", "text": text} for text in buttons]
            components.append({"type": "BUTTONS", "buttons": quick})
        return self._keep(name, language, category, status, components)

    def create(self, request: Mapping[str, Any], status: str) -> Template:
        """Checked as Meta checks a new one. Raises Refused."""
        name, language = str(request.get("name", "")), str(request.get("language", ""))
        if not _NAME.fullmatch(name):
            raise Refused(100, 'Message template "name" may hold lower-case letters, digits and underscores only')
        if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", language):
            raise Refused(100, f"Language {language!r} is not supported")
        if request.get("category") not in _CATEGORIES:
            raise Refused(100, f"Param category must be one of {', '.join(sorted(_CATEGORIES))}")
        if request.get("parameter_format", "POSITIONAL") != "NAMED":
            raise Refused(100, "The sandbox knows NAMED parameters only")
        if (name, language) in self._all:
            raise Refused(100, "There is already content in this language for this template", _EXISTS_ALREADY)
        components = request.get("components")
        if not isinstance(components, list) or not all(isinstance(part, dict) for part in components):
            raise Refused(100, "Param components must be an array of objects")
        _check_components(components)
        return self._keep(name, language, str(request["category"]), status, components)

    def edit(self, template_id: str, request: Mapping[str, Any], status: str) -> Template | None:
        """Other words for one that stands, reviewed anew. None for an id that is none's. Raises Refused."""
        template = next((t for t in self._all.values() if t.template_id == template_id), None)
        if template is None:
            return None
        if template.status not in _EDITABLE:
            raise Refused(100, f"A template that is {template.status} cannot be edited", _NOT_EDITABLE)
        if request.get("category") not in (None, template.category) and template.status == "APPROVED":
            raise Refused(100, "The category of an approved template cannot be edited")
        components = request.get("components")
        if not isinstance(components, list) or not all(isinstance(part, dict) for part in components):
            raise Refused(100, "Param components must be an array of objects")
        _check_components(components)
        template.components, template.status, template.reason = components, status, "NONE"
        return template

    def judge(self, name: str, language: str, status: str, reason: str) -> Template:
        """Set what the review said. Raises SandboxError."""
        if status not in STATES:
            raise SandboxError(f"no such state: {status}")
        template = self.find(name, language)
        template.status, template.reason = status, reason
        return template

    def find(self, name: str, language: str) -> Template:
        """Raises SandboxError."""
        template = self._all.get((name, language))
        if template is None:
            raise SandboxError(f"no template {name} in {language}")
        return template

    def listed(self, name: str | None = None, status: str | None = None) -> list[dict[str, Any]]:
        return [
            template.as_api()
            for template in self._all.values()
            if name in (None, template.name) and status in (None, template.status)
        ]

    def fill(self, request: Mapping[str, Any]) -> Filled:
        """A message's ``template`` object made into text. Raises Refused."""
        name = str(request.get("name", ""))
        language = str((request.get("language") or {}).get("code", ""))
        template = self._all.get((name, language))
        if template is not None and template.status == "PAUSED":
            raise Refused(132015)
        if template is not None and template.status == "DISABLED":
            raise Refused(132016)
        if template is None or template.status != "APPROVED":
            raise Refused(132001, f"template name ({name}) does not exist in {language}")
        given = {
            str(part.get("type", "")).upper(): part.get("parameters", []) for part in request.get("components", [])
        }
        header, header_values = _filled(template.part("HEADER").get("text", ""), given.get("HEADER", []), "header")
        body, body_values = _filled(template.part("BODY").get("text", ""), given.get("BODY", []), "body")
        if len(body) > _BODY_LIMIT:
            raise Refused(132005, f"body: {len(body)} characters where {_BODY_LIMIT} fit")
        text = "\n".join(filter(None, (header, body, template.part("FOOTER").get("text", ""))))
        return Filled(template, text, header_values | body_values)

    def _keep(self, name: str, language: str, category: str, status: str, components: list[dict[str, Any]]) -> Template:
        template = Template(str(300_000_000_000_000 + len(self._all)), name, language, category, status, components)
        self._all[name, language] = template
        return template


def variables(text: str) -> list[str]:
    """Names in order of appearance, each once."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def _filled(text: str, parameters: Iterable[Mapping[str, Any]], where: str) -> tuple[str, dict[str, str]]:
    wanted, values = variables(text), {}
    for parameter in parameters:
        if parameter.get("type") != "text":
            raise Refused(132012, f"{where}: parameter of type text expected")
        if not parameter.get("parameter_name"):
            raise Refused(132012, f"{where}: Parameter name is missing or empty")
        value = parameter.get("text")
        if not isinstance(value, str) or not value:
            raise Refused(131008, "Parameter of type text is missing text value")
        if re.search(r"[\n\t]| {5}", value):
            raise Refused(132018, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
        values[str(parameter["parameter_name"])] = value
    if len(values) != len(wanted):
        details = f"{where}: number of localizable_params ({len(values)}) does not match"
        raise Refused(132000, f"{details} the expected number of params ({len(wanted)})")
    if set(values) != set(wanted):
        raise Refused(132012, f"{where}: expected {', '.join(wanted)}, found {', '.join(values)}")
    return _VARIABLE.sub(lambda found: values[found.group(1)], text), values


def _check_components(components: list[dict[str, Any]]) -> None:
    kinds = [str(part.get("type", "")).upper() for part in components]
    if (
        kinds.count("BODY") != 1
        or len(set(kinds)) != len(kinds)
        or set(kinds) - {"HEADER", "BODY", "FOOTER", "BUTTONS"}
    ):
        raise Refused(100, "A template has one BODY, and at most one HEADER, FOOTER and BUTTONS")
    for kind, part in zip(kinds, components, strict=True):
        text = str(part.get("text", ""))
        if kind == "BODY":
            _check_body(text, part)
        elif kind in ("HEADER", "FOOTER") and not 1 <= len(text) <= _LINE_LIMIT:
            raise Refused(100, f"{kind} has 1 to {_LINE_LIMIT} characters")
        elif kind == "BUTTONS" and any(
            not 1 <= len(str(button.get("text", ""))) <= _BUTTON_LIMIT for button in part.get("buttons", [])
        ):
            raise Refused(100, f"A button has 1 to {_BUTTON_LIMIT} characters")


def _check_body(text: str, part: Mapping[str, Any]) -> None:
    if not 1 <= len(text) <= _BODY_LIMIT:
        raise Refused(100, f"BODY has 1 to {_BODY_LIMIT} characters")
    if "{{" in _VARIABLE.sub("", text) or "}}" in _VARIABLE.sub("", text):
        raise Refused(100, "Variables are written {{name}}, in lower-case letters, digits and underscores")
    bare = text.strip()
    if re.match(_VARIABLE, bare) or re.search(_VARIABLE.pattern + r"\Z", bare):
        raise Refused(100, "Variables can't be at the start or end of the template", 2388299)
    if re.search(r"\}\}\s*\{\{", text):
        raise Refused(100, "Two variables can't stand side by side")
    examples = (part.get("example") or {}).get("body_text_named_params", [])
    shown = {str(example.get("param_name")) for example in examples if example.get("example")}
    missing = [name for name in variables(text) if name not in shown]
    if missing:
        raise Refused(100, f"Missing sample values for: {', '.join(missing)}", 2388043)
