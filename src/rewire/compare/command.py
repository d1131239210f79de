"""The command that makes a study again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewire.experiment import Recipe
from rewire.experiment.settings import settings_of
from rewire.io import join_commas

from .study import Study

__all__ = ["command_for", "seeds_as_text"]

# What `rewire compare` calls otherwise, as it is measured on.
OTHER_OPTIONS = {"validation": "--held-out", "measure": "--measure"}


def command_for(study: Study, reach: float | None = None) -> str | None:
    """Return the ``rewire compare`` that makes a study again, without the folder.

    Parameters
    ----------
    study : Study
    reach : float, optional
        The figure to be reached, if any.

    Returns
    -------
    str or None
        None for a configuration that the command has no options for.
    """
    config = study.config
    options = _options(config.given)
    if options is None:
        return None
    words = ["rewire", "compare", config.recipe.data]
    words += ["--methods", ",".join(name.replace(" ", "-") for name in study.methods)]
    words += ["--seeds", seeds_as_text(study.seeds)]
    if config.imports:
        words += ["--import", join_commas(config.imports)]
    if reach is not None:
        words += ["--reach", _text(reach)]
    return shlex.join(words + options)


def seeds_as_text(seeds: Sequence[int]) -> str:
    """Return seeds as :func:`rewire.compare.seeds.parse_seeds` takes them.

    Examples
    --------
    >>> seeds_as_text([0, 1, 2]), seeds_as_text([3, 7, 8, 9])
    ('3', '3,7-9')
    """
    if list(seeds) == list(range(len(seeds))):
        return str(len(seeds))
    stretches: list[list[int]] = []
    for seed in seeds:
        if stretches and seed == stretches[-1][-1] + 1:
            stretches[-1].append(seed)
        else:
            stretches.append([seed])
    texts = [str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in stretches]
    # A number alone would be how many.
    return f"{seeds[0]}-{seeds[0]}" if len(seeds) == 1 else ",".join(texts)


def _options(given: Any) -> list[str] | None:
    """Return the options that stand for given settings; None where one has none."""
    if given is None:
        return None
    known, words = settings_of(Recipe), []
    for name, value in given.items():
        if name not in OTHER_OPTIONS and not known[name].command_line:
            return None
        option = OTHER_OPTIONS.get(name) or known[name].option
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif name in known and known[name].many and known[name].kind is str:
            words += [option, join_commas(value)]
        else:
            words += [option, _text(value)]
    return words


def _text(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(map(_text, value))
    # Every digit that a float needs, and no more: 5 for 5.0.
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)
