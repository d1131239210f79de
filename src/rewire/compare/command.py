"""The command that makes a study again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from rewire.experiment import Recipe
from rewire.experiment.settings import settings_of
from rewire.io import join_commas

from .config import usual_choice
from .grid import typed
from .seeds import seeds_as_text
from .study import Study

__all__ = ["command_for"]

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
    for name, values in config.vary.items():
        words += ["--vary", _varied(name, values)]
    if config.choose != usual_choice(config.vary):
        words += ["--choose", typed(config.choose)]
    if reach is not None:
        words += ["--reach", typed(reach)]
    return shlex.join(words + options)


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
            words += [option, typed(value)]
    return words


def _varied(name: str, values: Sequence[Any]) -> str:
    """Return a varied setting as :func:`rewire.compare.grid.parse_vary` takes it."""
    texts = [typed(value) for value in values]
    between = ";" if any("," in text for text in texts) else ","
    # A semicolon at the end says that the commas belong to a single value.
    only = ";" if between == ";" and len(texts) == 1 else ""
    return f"{name}={between.join(texts)}{only}"
