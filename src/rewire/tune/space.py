"""Which settings are searched, and where: what is declared beside the fields of a recipe."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rewire.experiment import Recipe
from rewire.experiment.build import method_options
from rewire.experiment.settings import Search, settings_of
from rewire.io import received
from rewire.validation import of_type, several

__all__ = ["search_space", "suggested"]


def search_space(recipe: Recipe, fixed: Collection[str] = ()) -> dict[str, Search]:
    """Return the settings that are searched for a recipe, each with its range.

    Parameters
    ----------
    recipe : Recipe
    fixed : collection of str
        Settings that stay as the recipe has them.

    Raises
    ------
    ValueError
        For the name of what is no setting.

    Examples
    --------
    >>> space = search_space(Recipe("iris"), fixed=["optimizer"])
    >>> list(space)
    ['fraction', 'batch_size', 'lr', 'weight_decay', 'schedule']
    >>> space["lr"]
    Search(low=0.0003, high=0.3, log=True, choices=())
    """
    of_type(recipe, "recipe", Recipe)
    known = settings_of(Recipe)
    fixed = several(fixed, "fixed", "names of settings")
    for name in fixed:
        if name not in known:
            raise ValueError(f"fixed must name settings of a recipe; got {received(name)}")
    options = method_options(recipe.method) if isinstance(recipe.method, str) else ()
    found = {name: one.search for name, one in known.items() if one.search}
    if "fraction" not in options:
        del found["fraction"]
    return {name: one for name, one in found.items() if name not in fixed}


def suggested(trial: Any, space: Mapping[str, Search]) -> dict[str, Any]:
    """Return a value for each setting, as an Optuna trial suggests."""
    return {
        name: trial.suggest_categorical(name, list(one.choices))
        if one.choices
        else trial.suggest_float(name, one.low, one.high, log=one.log)
        for name, one in space.items()
    }
