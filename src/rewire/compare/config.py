"""What all trials of a study have in common."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rewire import defaults
from rewire.experiment import Recipe, load_dataset, prepare_experiment
from rewire.experiment.build import make_method, without_unused_options
from rewire.experiment.choices import is_table, with_choices
from rewire.io import as_path
from rewire.validation import of_type, several

from .presets import HELD_OUT, MEASURES, PRESETS

__all__ = ["StudyConfig", "import_modules", "study_config"]

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

    def __post_init__(self) -> None:
        of_type(self.recipe, "recipe", Recipe)
        if self.measure not in MEASURES:
            raise ValueError(f"measure must be one of {', '.join(MEASURES)}; got {self.measure!r}")
        if self.recipe.early_stopping is not None:
            raise ValueError(
                "early_stopping must be None in a comparison, as it would choose networks by the "
                f"samples that are measured; got {self.recipe.early_stopping}"
            )

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
        return {"measure": self.measure, "imports": list(self.imports), **shared}


def study_config(
    data: str,
    *,
    measure: str | None = None,
    imports: Iterable[str] = (),
    data_dir: str | os.PathLike[str] | None = None,
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
    """
    imports = tuple(several(imports, "imports", "modules and .py files"))
    import_modules(imports)
    given = {name: value for name, value in given.items() if value is not None}
    values = dict(PRESETS.get(of_type(data, "data", str), {}))
    for name, other in (("epochs", "total_steps"), ("density", "sparsity")):
        if name in given and other not in given:
            values.pop(other, None)
    usual_measure = values.pop("measure", "unseen")
    measure = usual_measure if measure is None else measure
    recipe = Recipe(data, **{"validation": 0.0, **values, **given})
    loaded = load_dataset(replace(recipe, seed=0), data_dir)
    if "validation" not in given and measure != "training" and loaded.X_test is None:
        recipe = replace(recipe, validation=HELD_OUT)
    if recipe.sparsity is None and recipe.density is None:
        recipe = replace(recipe, sparsity=(defaults.SPARSITY,))
    if measure != usual_measure:
        given["measure"] = measure
    recipe = with_choices(recipe, loaded)
    if is_table(loaded):  # what is found out by trainings, once and for all methods
        decay = prepare_experiment(replace(recipe, seed=0), data_dir).recipe.weight_decay
        recipe = replace(recipe, weight_decay=decay)
    return StudyConfig(recipe, measure, imports, given)


def import_modules(names: Iterable[str]) -> None:
    """Import modules and ``.py`` files, each once."""
    for name in names:
        path = as_path(name, "imports").expanduser().resolve()
        if path.suffix != ".py":
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                raise ModuleNotFoundError(
                    f"imports must be modules or existing .py files; got {name!r} ({error})"
                ) from error
            continue
        if not path.is_file():
            raise FileNotFoundError(f"imports must be modules or existing .py files; got {name!r}")
        key = f"rewire.compare.imported:{path}"
        if key not in sys.modules:
            spec = importlib.util.spec_from_file_location(key, path)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[key] = importlib.util.module_from_spec(spec)
            try:
                spec.loader.exec_module(sys.modules[key])
            except BaseException:
                del sys.modules[key]
                raise
