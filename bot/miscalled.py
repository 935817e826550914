"""A wrong call of the command line, told as everything else is: the library that reads it speaks English."""

import re
from enum import Enum
from typing import Any

import typer


def told(error: typer.TyperException) -> str:
    """One sentence: what is wrong, and where the right call is described."""
    context = getattr(error, "ctx", None)
    return f"{_wrong(error)}: veja {context.command_path if context else 'retencao'} --help."


def _wrong(error: Any) -> str:
    param, kind = getattr(error, "param", None), type(error).__name__
    if param is not None:
        name = param.opts[0] if param.opts[0].startswith("-") else param.metavar or param.name
        taken = param.type_descriptor.annotation
        one_of = isinstance(taken, type) and issubclass(taken, Enum)
        fits = f"{name} é {' ou '.join(one.value for one in taken)}" if one_of else f"o valor de {name} não serve"
        return f"Falta {name}" if kind == "MissingParameter" else f"{fits[0].upper()}{fits[1:]}"
    if kind == "NoSuchOption":
        return f"Não conheço a opção {error.option_name}"
    if kind == "NoArgsIsHelpError":
        return "Falta dizer o que fazer"
    unknown = re.match(r"No such command '(.+)'", str(error))
    return f"Não conheço o comando {unknown[1]}" if unknown else "Não entendi a chamada"
