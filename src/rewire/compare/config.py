"""What all trials of a study have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from rewire import defaults
from rewire.data import Dataset
from rewire.executors.imports import import_modules
from rewire.executors.sources import load_key
from rewire.experiment import Recipe, load_dataset, prepare_experiment
from rewire.experiment.build import make_method, without_unused_options
from rewire.experiment.choices import is_table, with_choices
from rewire.experiment.settings import settings_of
from rewire.io import received
from rewire.validation import of_type, several

from .grid import COSTS, Cell, Vary, cells_of, settings_at, vary_of
from .presets import CHOOSE, HELD_OUT, MEASURES, PRESETS

__all__ = ["StudyConfig", "study_config", "usual_choice"]

# What SGD gets for a method that needs momentum where the others have none.
MOMENTUM = 0.9


@dataclass(frozen=True)
class StudyConfig:
    """Data, network and training that all methods of a study share.

    :func:`study_config` makes one with sensible defaults.

    Parameters
    ----------
    recipe : Recipe
        Of every trial, but for ``method`` and ``seed``. Each method is given those of ``every``,
        ``fraction`` and ``method_options`` that it takes. ``validation`` is the share of the
        samples that is held out, by the seed, to be measured on.
    measure : {"unseen", "training"}
        Which samples are measured at the end: those held out if there are any, otherwise the data
        set's test part; or those that were trained on, as the post does.
    imports : tuple of str
        Modules, or ``.py`` files, that every process imports first: they may register methods and
        data sets.
    given : mapping, optional
        The arguments of :func:`study_config` that it was made from, for the command that repeats
        the study.
    vary : mapping of str to tuple
        Settings of the recipe, each with the values that it takes in turn: a grid of every
        combination of them.
    choose : float, default 0
        Share (or number) of the samples to train on that is held out, by the seed, for choosing
        between values of varied settings; what is measured has no part in it.
    recipes : tuple of Recipe, optional
        Of the grid's cells, the last setting varying fastest; by default the recipe with the
        cell's settings.
    source : str, optional
        What identifies the content of the data; :func:`run_study` fills it in.

    Raises
    ------
    ValueError
        For another ``measure``, and for early stopping, which would choose the network by the
        samples that are measured.

    Examples
    --------
    >>> from rewire.experiment import Recipe
    >>> StudyConfig(Recipe("iris", hidden=(20,)), measure="training").recipe.hidden
    (20,)
    """

    recipe: Recipe
    measure: str = "unseen"
    imports: tuple[str, ...] = ()
    given: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    vary: Vary = field(default_factory=dict)
    choose: float = 0.0
    recipes: tuple[Recipe, ...] = field(default=(), compare=False, repr=False)
    source: str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        of_type(self.recipe, "recipe", Recipe)
        object.__setattr__(self, "vary", vary_of(self.vary))
        settings_of(Recipe)["validation"].check(self.choose, "choose")
        if not self.recipes:
            at = [settings_at(self.vary, cell) for cell in self.cells]
            object.__setattr__(self, "recipes", tuple(replace(self.recipe, **own) for own in at))
        if self.measure not in MEASURES:
            raise ValueError(f"measure must be one of {', '.join(MEASURES)}; got {self.measure!r}")
        if self.recipe.early_stopping is not None:
            raise ValueError(
                "early_stopping must be None in a comparison, as it would choose networks by the "
                f"samples that are measured; got {self.recipe.early_stopping}"
            )

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every combination of the values of what is varied."""
        return cells_of(self.vary)

    def at(self, cell: Cell) -> StudyConfig:
        """Return the configuration of one cell, which varies nothing."""
        if not self.vary:
            return self
        recipe = self.recipes[self.cells.index(cell)]
        given = self.given and {**self.given, **settings_at(self.vary, cell)}
        return replace(self, recipe=recipe, given=given, vary={}, recipes=())

    def recipe_for(self, method: str, seed: int) -> Recipe:
        """Return the recipe of one trial.

        A method that needs momentum, where plain SGD is asked for, is given momentum 0.9 and a
        tenth of the learning rate, which is the same in effect: lr / (1 - momentum).
        """
        recipe = without_unused_options(replace(self.recipe, method=method, seed=seed))
        plain = recipe.optimizer == "sgd" and not recipe.momentum
        if plain and "momentum" in make_method(recipe).needs:
            rate = 1.0 if recipe.lr is None else recipe.lr
            return replace(recipe, momentum=MOMENTUM, lr=round(rate * (1 - MOMENTUM), 12))
        return recipe

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        shared = self.recipe.to_dict()
        for name in ("method", "seed"):
            del shared[name]
        own = {"measure": self.measure, "imports": list(self.imports), "source": self.source}
        return {**own, "vary": dict(self.vary), "choose": self.choose, **shared}


def study_config(
    data: str,
    *,
    measure: str | None = None,
    imports: Iterable[str] = (),
    data_dir: str | os.PathLike[str] | None = None,
    vary: Mapping[str, Iterable[Any]] | None = None,
    choose: float | None = None,
    on_load: Callable[[Dataset], None] | None = None,
    **given: Any,
) -> StudyConfig:
    """Return a configuration with defaults that suit the data.

    They are those of :class:`rewire.experiment.Recipe`, measured on the test part, or where there
    is none on a fifth of the samples, chosen by the seed. For ``"moons"`` they are the post's: 100
    points, a network 2-16-16-1 with sparsities 0, 0.9 and 0.8, hinge loss, 400 full-batch steps
    whose learning rate goes down from 1 to 0.1, a rewiring after every 20, measured on these
    points.

    Parameters
    ----------
    data : str
        A name that :func:`rewire.data.load` knows, or a file.
    measure, imports
        Of :class:`StudyConfig`.
    data_dir : path, optional
        Where stored data sets are.
    vary : mapping of str to sequence, optional
        Settings of :class:`rewire.experiment.Recipe` and the values that each takes in turn, such
        as ``{"density": [0.05, 0.1], "lr": [0.03, 0.1]}``.
    choose : float, optional
        Of :class:`StudyConfig`; by default a tenth where settings are varied of which the best
        values are to be chosen, as a learning rate, and nothing where all that varies is what a
        network costs: density, sparsity, hidden, min_fan_in, epochs and total_steps.
    on_load : callable, optional
        Called with the data once they are loaded, such as to show how a table is read.
    **given
        Fields of :class:`rewire.experiment.Recipe`; None stands for the default.

    Raises
    ------
    ValueError, OSError
        For settings out of range, and data that cannot be loaded.

    Examples
    --------
    >>> config = study_config("moons", init=0.1)
    >>> config.recipe.lr, config.recipe.init, config.measure
    (1.0, 0.1, 'training')
    >>> study_config("iris").recipe.validation
    0.2
    >>> study_config("iris", vary={"density": [0.1, 0.2], "lr": [0.1]}).cells
    (('0.1', '0.1'), ('0.2', '0.1'))
    """
    if on_load is not None and not callable(on_load):
        raise TypeError(f"on_load must be a function; got {received(on_load)}")
    varied = vary_of(vary or {})
    if both := sorted(set(varied) & {name for name, one in given.items() if one is not None}):
        raise ValueError(f"{both[0]} must be given or varied, not both; got {given[both[0]]!r}")
    imports = tuple(several(imports, "imports", "modules and .py files"))
    choose = usual_choice(varied) if choose is None else choose
    loads = _Loads(data_dir)
    alike = partial(_config, data, measure, imports, loads)
    config = alike(given)
    if on_load is not None:
        on_load(loads.first)
    if not varied:
        return replace(config, choose=choose)
    at = [settings_at(varied, cell) for cell in cells_of(varied)]
    recipes = tuple(alike({**given, **own}).recipe for own in at)
    return replace(config, vary=varied, choose=choose, recipes=recipes)


def _config(
    data: str,
    measure: str | None,
    imports: tuple[str, ...],
    loads: _Loads,
    given: Mapping[str, Any],
) -> StudyConfig:
    """Return a configuration without a grid."""
    import_modules(imports)
    given = {name: value for name, value in given.items() if value is not None}
    values = dict(PRESETS.get(of_type(data, "data", str), {}))
    for name, other in (("epochs", "total_steps"), ("density", "sparsity")):
        if name in given and other not in given:
            values.pop(other, None)
    usual_measure = values.pop("measure", "unseen")
    measure = usual_measure if measure is None else measure
    recipe = Recipe(data, **{"validation": 0.0, **values, **given})
    loaded = loads.dataset(recipe)
    if "validation" not in given and measure != "training" and loaded.X_test is None:
        recipe = replace(recipe, validation=HELD_OUT)
    if recipe.sparsity is None and recipe.density is None:
        recipe = replace(recipe, sparsity=(defaults.SPARSITY,))
    if measure != usual_measure:
        given["measure"] = measure
    recipe = with_choices(recipe, loaded)
    if is_table(loaded):  # what is found out by trainings, once and for all methods
        decay = prepare_experiment(replace(recipe, seed=0), data=loaded).recipe.weight_decay
        recipe = replace(recipe, weight_decay=decay)
    return StudyConfig(recipe, measure, imports, given)


class _Loads:
    """Loads what the cells of a grid share once."""

    def __init__(self, data_dir: str | os.PathLike[str] | None) -> None:
        self._data_dir = data_dir
        self._found: dict[tuple[Any, ...], Dataset] = {}

    @property
    def first(self) -> Dataset:
        return next(iter(self._found.values()))

    def dataset(self, recipe: Recipe) -> Dataset:
        key = load_key(recipe)
        if key not in self._found:
            self._found[key] = load_dataset(replace(recipe, seed=0), self._data_dir)
        return self._found[key]


def usual_choice(vary: Vary) -> float:
    """Return the share that settings are chosen by where nothing else is asked for."""
    return 0.0 if set(vary) <= set(COSTS) else CHOOSE
