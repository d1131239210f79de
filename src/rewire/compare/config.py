"""What all runs of a study have in common."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from pathlib import Path
from typing import Any

from rewire import methods
from rewire.data import load
from rewire.experiment import Recipe
from rewire.losses import MeanSquaredError
from rewire.optimizers import SGD
from rewire.train.defaults import default_optimizer

__all__ = ["MEASURES", "StudyConfig", "import_modules", "method_name", "rate_for", "study_config"]

MEASURES = ("unseen", "training")
# What SGD gets for a method that needs momentum where the others have none.
MOMENTUM = 0.9
HELD_OUT = 0.2

# What is different from Recipe' own defaults; moons is the post's experiment.
DEFAULTS: dict[str, Any] = {"sparsity": (0.9,), "schedule": "cosine", "optimizer": "sgd"}
PRESETS: dict[str, dict[str, Any]] = {
    "moons": {
        "measure": "training",
        "hidden": (16, 16),
        "sparsity": (0.0, 0.9, 0.8),
        "loss": "hinge",
        "l2": 1e-4,
        "momentum": 0.0,
        "schedule": "linear",
        "final_lr": 0.1,
        "total_steps": 400,
        "method_options": {"every": 20},
        "dtype": "float64",
    }
}


@dataclass(frozen=True)
class StudyConfig:
    """Data, network and training that all methods of a study share.

    :func:`study_config` makes one with sensible defaults.

    Parameters
    ----------
    settings : Recipe
        Of every run, but for ``method`` and ``seed``. Each method is given those of
        ``method_options`` that it takes. ``validation`` is the share of the samples that is held
        out, by the seed, to be measured on.
    measure : {"unseen", "training"}
        Which samples are measured at the end: those held out if there are any, otherwise the data
        set's test part; or those that were trained on, as the post does.
    imports : tuple of str
        Modules, or ``.py`` files, that every process imports first: they may register methods and
        data sets.

    Raises
    ------
    ValueError
        For another ``measure``, and for early stopping, which would choose the network by the
        samples that are measured.

    Examples
    --------
    >>> from rewire.experiment import Recipe
    >>> StudyConfig(Recipe(data="iris", hidden=(20,)), measure="training").settings.hidden
    (20,)
    """

    settings: Recipe
    measure: str = "unseen"
    imports: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ValueError(f"measure must be one of {', '.join(MEASURES)}; got {self.measure!r}")
        if self.settings.early_stopping is not None:
            raise ValueError(
                "early_stopping must be None in a comparison, as it would choose networks by the "
                f"samples that are measured; got {self.settings.early_stopping}"
            )

    def of(self, method: str, seed: int) -> Recipe:
        """Return the settings of one run.

        A method that needs momentum, where plain SGD is asked for, is given momentum 0.9 and a
        tenth of the learning rate, which is the same in effect: lr / (1 - momentum).
        """
        makes = methods.registry[method]
        takes = signature(makes).parameters
        options = {k: v for k, v in self.settings.method_options.items() if k in takes}
        settings = replace(self.settings, method=method, seed=seed, method_options=options)
        plain = settings.optimizer == "sgd" and not settings.momentum
        if plain and "momentum" in settings.make_method().needs:
            rate = SGD().lr if settings.lr is None else settings.lr
            rate *= 1 - MOMENTUM
            return replace(settings, momentum=MOMENTUM, lr=round(rate, 12))
        return settings

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        shared = self.settings.to_dict()
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
    """Return a setting with defaults that suit the data.

    For ``"moons"`` they are the post's: 100 points, a network 2-16-16-1 with sparsities 0, 0.9 and
    0.8, hinge loss, 400 full-batch steps whose learning rate goes down from 1 to 0.1, a rewiring
    after every 20, measured on these points. For all else: sparsity 0.9, as long as
    :func:`rewire.fit` trains, along a cosine, measured on the test part, or where there is none on
    a fifth of the samples, chosen by the seed. SGD's learning rate is 1 - momentum, Adam's 0.001;
    a regression is learnt by Adam at 0.01.

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
        For data that cannot be loaded.

    Examples
    --------
    >>> setting = study_config("moons", init=0.1)
    >>> setting.settings.lr, setting.settings.init, setting.measure
    (1.0, 0.1, 'training')
    >>> study_config("iris").settings.validation
    0.2
    """
    imports = tuple(imports)
    import_modules(imports)
    values = {**DEFAULTS, **PRESETS.get(data, {})}
    given = {name: value for name, value in given.items() if value is not None}
    for name, other in (("epochs", "total_steps"), ("density", "sparsity")):
        if name in given and other not in given:
            values.pop(other, None)
    options = {**values.pop("method_options", {}), **_some(given.pop("method_options", {}))}
    if not given.keys() & {"optimizer", "lr"} and _is_regression(data, given, data_dir):
        usual = default_optimizer(MeanSquaredError())
        given |= {"optimizer": type(usual).__name__.lower(), "lr": usual.lr}
    measure = measure or values.pop("measure", "unseen")
    values = {**values, **given, "method_options": options}
    values.pop("measure", None)
    values.setdefault("lr", rate_for(values))
    if "validation" not in values:
        values["validation"] = 0.0 if measure == "training" else _held_out(data, values, data_dir)
    return StudyConfig(Recipe(data, **values), measure, imports)


def rate_for(values: Mapping[str, Any]) -> float:
    """Return the learning rate where none is given: 1 - momentum for SGD, otherwise 0.001."""
    sgd = values.get("optimizer", Recipe.optimizer) == "sgd"
    momentum = values.get("momentum", Recipe.momentum)
    return round(1 - momentum, 12) if sgd and 0 <= momentum < 1 else 1e-3


def method_name(name: str) -> str:
    """Return a method's name as it is registered; hyphens may stand for spaces."""
    name = name.strip()
    spaced = name.replace("-", " ")
    if name not in methods.registry and spaced in methods.registry:
        return spaced
    methods.registry[name]  # raises, naming those known
    return name


def import_modules(names: Iterable[str]) -> None:
    """Import modules and ``.py`` files, each once."""
    for name in names:
        path = Path(name).expanduser().resolve()
        if path.suffix != ".py":
            importlib.import_module(name)
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


def _some(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _is_regression(data: str, values: Mapping[str, Any], data_dir: Any) -> bool:
    if data in PRESETS:
        return False
    target, task = values.get("target"), values.get("task")
    return load(data, target=target, task=task, data_dir=data_dir, seed=0).task == "regression"


def _held_out(data: str, values: Mapping[str, Any], data_dir: Any) -> float:
    """Return the share of samples to hold out: none where there is a test part."""
    loaded = load(data, target=values.get("target"), data_dir=data_dir, seed=0)
    return HELD_OUT if loaded.X_test is None else 0.0
