"""Extension of Griffe: docstrings and signatures as they are at run time, as Markdown."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import griffe

ROLE = re.compile(r":(?:attr|class|data|func|meth|mod|obj):`~?([\w.]+)`")
CITATION, REFERENCE = re.compile(r"\[(\d+)\]_"), re.compile(r"^\.\. \[(\d+)\] ", re.M)
# A parameter with choices, of which Griffe would take the first as the default.
CHOICES = re.compile(r"^( *[\w, ]+ : )\{(.+?)\}", re.M)
# Griffe would read types with a comma between them as a tuple.
TYPES = re.compile(r"^( *[\w, ]+ : [^,\n(]+), ([^,\n]+ or )", re.M)
# Griffe would read a shape as the call of a function.
SHAPE = re.compile(r"^( *[\w*, ]+ : .*?), shape (\(.*)$", re.M)


class Docstrings(griffe.Extension):
    """Rewrites the docstring of every object, once the whole package is known."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Fill in generated parameters; make links of roles and a list of references."""
        if isinstance(obj, griffe.Function) and any(
            one.kind is griffe.ParameterKind.var_keyword for one in obj.parameters
        ):
            found = getattr(import_module(obj.module.path), obj.name, None)
            if hasattr(found, "__signature__"):
                obj.parameters = _parameters(found)
        if obj.docstring:
            text = obj.docstring.value
            if "{parameters}" in text:
                found = getattr(import_module(obj.module.path), obj.name)
                text = inspect.getdoc(found) or ""
                if isinstance(obj, griffe.Class):
                    parameters = griffe.Parameters(griffe.Parameter("self"), *_parameters(found))
                    obj.set_member("__init__", griffe.Function("__init__", parameters=parameters))
            obj.docstring.value = _markdown(obj, text)


def _parameters(found: Any) -> griffe.Parameters:
    """Return the parameters of the signature that help() shows."""
    parameters = []
    for name, one in inspect.signature(found).parameters.items():
        default = None if one.default is one.empty else repr(one.default)
        kind = griffe.ParameterKind(one.kind.description)
        parameters.append(griffe.Parameter(name, kind=kind, default=default))
    return griffe.Parameters(*parameters)


def _markdown(obj: griffe.Object, text: str) -> str:
    text = ROLE.sub(lambda role: _link(obj, role[1]), text)
    text = REFERENCE.sub(r"\1. ", CITATION.sub(r"[\1]", text))
    text = CHOICES.sub(lambda match: match[1] + match[2].replace(", ", " | "), text)
    text = TYPES.sub(r"\1 or \2", text)
    text = SHAPE.sub(r"\1 of shape \2", text)
    # With a plain hyphen, types such as path-like are taken for a subtraction.
    return text.replace("-like", "\N{NON-BREAKING HYPHEN}like")


def _link(obj: griffe.Object, name: str) -> str:
    first, *rest = name.split(".")
    try:
        path = ".".join([name] if first == "rewire" else [obj.resolve(first), *rest])
    except griffe.NameResolutionError:
        path = name
    # Optional: what has no place in the reference stays plain code.
    return f'<autoref identifier="{path}" optional><code>{name}</code></autoref>'
