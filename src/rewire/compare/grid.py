"""Settings that a study varies: every combination of their values is a cell of the grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from rewire.experiment import Recipe
from rewire.experiment.settings import Setting, settings_of
from rewire.io import received
from rewire.validation import of_type

__all__ = ["COSTS", "Cell", "Vary", "cells_of", "parse_vary", "settings_at", "typed", "vary_of"]

# The values of a cell, one of each setting that is varied, as a person would type them.
Cell = tuple[str, ...]
Vary = Mapping[str, tuple[Any, ...]]

# What a network or its training costs: figures are shown against it. Of the other settings the best
# values are chosen.
COSTS = ("density", "sparsity", "hidden", "min_fan_in", "epochs", "total_steps")
# What a comparison decides itself, and what would change the samples that are measured.
NOT_VARIED = ("data", "method", "seed", "early_stopping", "monitor", "validation", "method_options")


def vary_of(given: Mapping[str, Iterable[Any]]) -> dict[str, tuple[Any, ...]]:
    """Return settings that are varied, each with its values in their usual form.

    Raises
    ------
    ValueError
        For a setting that there is none of, or that cannot be varied, and for values that come
        twice or are out of range.

    Examples
    --------
    >>> vary_of({"density": [0.05, 0.1], "lr": (0.1,)})
    {'density': ((0.05,), (0.1,)), 'lr': (0.1,)}
    """
    known = settings_of(Recipe)
    found = {}
    for name, values in of_type(given, "vary", Mapping).items():
        if name not in known or name in NOT_VARIED:
            allowed = ", ".join(sorted(set(known) - set(NOT_VARIED)))
            raise ValueError(f"vary must name settings among {allowed}; got {name!r}")
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TypeError(f"vary must have a list of values of {name}; got {received(values)}")
        own = tuple(_checked(known[name], value) for value in values)
        texts = [typed(value) for value in own]
        if not own or len(set(texts)) < len(texts):
            raise ValueError(
                f"vary must have at least one value of {name}, and all different; got {list(own)}"
            )
        found[name] = own
    return found


def parse_vary(texts: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Return what ``--vary density=0.05,0.1`` stands for.

    Values that have commas themselves have semicolons between: ``hidden=300,100;100``.

    Examples
    --------
    >>> parse_vary(["lr=0.03,0.1", "hidden=300,100;100"])
    {'lr': (0.03, 0.1), 'hidden': ((300, 100), (100,))}
    """
    known = settings_of(Recipe)
    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        option, _, values = text.partition("=")
        name = option.strip().lstrip("-").replace("-", "_")
        if not values.strip() or name in found:
            raise ValueError(
                "vary must be the name of a setting, an equals sign and its values, each setting "
                f"once; got {text!r}"
            )
        ended = values.strip().rstrip(";")
        parts = [one.strip() for one in ended.split(";" if ";" in values else ",")]
        found[name] = tuple(_parsed(known[name], one) if name in known else one for one in parts)
    return vary_of(found)


def cells_of(vary: Vary) -> tuple[Cell, ...]:
    """Return the cells of a grid; a study that varies nothing has one, without settings.

    Examples
    --------
    >>> cells_of({"density": ((0.05,), (0.1,)), "lr": (0.1,)})
    (('0.05', '0.1'), ('0.1', '0.1'))
    >>> cells_of({})
    ((),)
    """
    return tuple(product(*(map(typed, values) for values in vary.values())))


def settings_at(vary: Vary, cell: Cell) -> dict[str, Any]:
    """Return the settings of a cell by name."""
    return {
        name: next(value for value in values if typed(value) == text)
        for (name, values), text in zip(vary.items(), cell, strict=True)
    }


def typed(value: Any) -> str:
    """Return a setting's value as it is typed on a command line.

    Examples
    --------
    >>> typed((300, 100)), typed(0.05), typed(5.0), typed(True)
    ('300,100', '0.05', '5', 'true')
    """
    if isinstance(value, (tuple, list)):
        return ",".join(map(typed, value))
    if isinstance(value, bool):
        return str(value).lower()
    # Every digit that a float needs, and no more: 5 for 5.0.
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def _checked(known: Setting, value: Any) -> Any:
    value = known.plain(value)
    if value is None:
        raise ValueError(f"vary must have values of {known.name} that say something; got None")
    known.check(value)
    return value


def _parsed(known: Setting, text: str) -> Any:
    if known.kind is bool:
        words = {"true": True, "false": False}
        return words.get(text.lower(), text)
    return known.parse(text)
