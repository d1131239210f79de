"""Extension of Griffe: docstrings as they are at run time, as Markdown."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import Any

import griffe

ROLE = re.compile(r":(?:attr|class|data|func|meth|mod|obj):`~?([\w.]+)`")
CITATION, REFERENCE = re.compile(r"\[(\d+)\]_"), re.compile(r"^\.\. \[(\d+)\] ", re.M)


class Docstrings(griffe.Extension):
    """Rewrites the docstring of every object, once the whole package is known."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Take what ``@documented`` fills in, make links of roles and a list of references."""
        if obj.docstring:
            text = obj.docstring.value
            if "{parameters}" in text:
                text = inspect.getdoc(getattr(import_module(obj.module.path), obj.name)) or ""
            text = ROLE.sub(lambda role: _link(obj, role[1]), text)
            text = REFERENCE.sub(r"\1. ", CITATION.sub(r"[\1]", text))
            # With a plain hyphen, types such as path-like are taken for a subtraction.
            obj.docstring.value = text.replace("-like", "\N{NON-BREAKING HYPHEN}like")

    def on_function(self, *, func: griffe.Function, **kwargs: Any) -> None:
        """Show the signature that help() shows, where a function spells one out for it."""
        made = getattr(import_module(func.module.path), func.name, None)
        if signature := getattr(made, "__signature__", None):
            func.parameters = griffe.Parameters(*map(_parameter, signature.parameters.values()))


def _parameter(one: inspect.Parameter) -> griffe.Parameter:
    return griffe.Parameter(
        one.name,
        annotation=one.annotation,
        kind=griffe.ParameterKind(one.kind.description),
        default=None if one.default is one.empty else repr(one.default),
    )


def _link(obj: griffe.Object, name: str) -> str:
    first, *rest = name.split(".")
    try:
        path = ".".join([name] if first == "rewire" else [obj.resolve(first), *rest])
    except griffe.NameResolutionError:
        path = name
    # Optional: what has no place in the reference stays plain code.
    return f'<autoref identifier="{path}" optional><code>{name}</code></autoref>'
