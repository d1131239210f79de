"""The command that makes a study again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from rewire.experiment import Recipe

from .config import DEFAULTS, PRESETS, rate_for
from .study import Study

__all__ = ["command_for", "seeds_as_text"]

# Fields of Recipe, and the options that set them; the rest cannot be set on the command line.
OPTIONS = {
    "target": "--target",
    "hidden": "--hidden",
    "sparsity": "--sparsity",
    "distribution": "--distribution",
    "init": "--init",
    "wiring": "--wiring",
    "epochs": "--epochs",
    "total_steps": "--total-steps",
    "batch_size": "--batch-size",
    "loss": "--loss",
    "optimizer": "--optimizer",
    "lr": "--lr",
    "momentum": "--momentum",
    "schedule": "--schedule",
    "dtype": "--dtype",
}
ELSEWHERE = ("data", "standardize", "validation", "method", "method_options", "seed")


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
        None for a setting made in Python of which the command has no option.
    """
    setting = study.setting
    data = setting.settings.data
    usual = {one.name: one.default for one in fields(Recipe)} | {"method_options": {}}
    usual |= DEFAULTS | PRESETS.get(data, {})
    options = _options(setting.settings, usual)
    if options is None:
        return None
    words = ["rewire", "compare", data]
    words += ["--methods", ",".join(name.replace(" ", "-") for name in study.methods)]
    words += ["--seeds", seeds_as_text(study.seeds)]
    for name in setting.imports:
        words += ["--import", name]
    if setting.measure != usual.get("measure", "unseen"):
        words += ["--measure", setting.measure]
    if reach is not None:
        words += ["--reach", _text(reach)]
    return shlex.join(words + options)


def seeds_as_text(seeds: Sequence[int]) -> str:
    """Return seeds as :func:`rewire.compare.parse_seeds` takes them.

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


def _options(settings: Recipe, usual: dict[str, Any]) -> list[str] | None:
    found = []
    usual = usual | {"lr": rate_for(vars(settings))}
    for name in ("epochs", "total_steps"):
        if getattr(settings, name) is not None:  # whichever is given replaces the other
            usual = usual | {"epochs": None, "total_steps": None, name: usual[name]}
    for name, value in vars(settings).items():
        if name in ELSEWHERE or value == usual[name]:
            continue
        if name not in OPTIONS or value is None:
            return None
        found += [OPTIONS[name], _text(value)]
    if settings.standardize is not None:
        found.append("--standardize" if settings.standardize else "--no-standardize")
    if settings.validation:
        found += ["--held-out", _text(settings.validation)]
    common = usual["method_options"]
    for name, value in settings.method_options.items():
        if name not in ("every", "fraction"):
            return None
        if value != common.get(name):
            found += [f"--{name}", _text(value)]
    return found if set(common) <= set(settings.method_options) else None


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_text, value))
    # Every digit that a float needs, and no more: 5 for 5.0.
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)
