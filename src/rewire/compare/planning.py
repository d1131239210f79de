"""Plan a study: check everything that it needs, and say what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewire.experiment.build import make_network
from rewire.experiment.recipe import method_name
from rewire.io import advise, received
from rewire.validation import several, whole_number

from .config import StudyConfig
from .grid import typed
from .study import Study, in_words
from .trial import DataDir, prepare_trial

__all__ = ["planned"]


def planned(
    config: StudyConfig,
    methods: Sequence[str],
    seeds: Sequence[int],
    data_dir: DataDir = None,
    shard: tuple[int, int] | None = None,
) -> Study:
    """Return a study without runs.

    A trial of each method and one of each cell are prepared, so that errors come before anything is
    trained.
    """
    names = tuple(map(_name_of, several(methods, "methods", "names of methods")))
    listed = several(seeds, "seeds", "whole numbers")
    numbers = tuple(whole_number(seed, "seeds") for seed in listed)
    for kind, values in (("methods", names), ("seeds", numbers)):
        if not values or len(set(values)) < len(values):
            raise ValueError(f"{kind} must be at least one, and all different; got {values}")
    parts = {}
    for name in names:
        ready = prepare_trial(config.at(config.cells[0]), name, numbers[0], data_dir)
        parts[name] = {
            "composition": repr(ready.experiment.training.rewirer.method),
            "optimizer": in_words(ready.experiment.recipe),
        }
    for cell in config.cells[1:]:
        prepare_trial(config.at(cell), names[-1], numbers[0], data_dir)
    experiment, training = ready.experiment, ready.experiment.training
    net = make_network(experiment.recipe, training.net.ranks[0], training.net.ranks[-1])
    description = (
        f"{experiment.data.name}: {experiment.train.X.shape[0]:,} training samples; "
        f"{'-'.join(map(str, net.ranks))} with {len(net.connections):,} of "
        f"{net.possible_connections:,} connections; "
        f"{training.total_steps:,} steps of {training.batches.size:,} samples"
    )
    if config.vary:
        description += f"; {len(config.cells)} settings: {_grid_in_words(config)}"
    measure = "loss" if ready.measured.task == "regression" else "accuracy"
    data = experiment.data
    inputs = data.feature_names or tuple(map(str, range(data.inputs)))
    about = (data.name, inputs, data.image_shape)
    return Study(
        config, names, numbers, description, ready.measured_on, measure, parts, *about, shard=shard
    )


def _grid_in_words(config: StudyConfig) -> str:
    return "; ".join(
        f"{name} {', '.join(map(typed, values))}" for name, values in config.vary.items()
    )


def _name_of(method: Any) -> str:
    """Return a method's name, by which processes and the folder of a study know it."""
    if isinstance(method, str):
        return method_name(method)
    raise TypeError(
        advise(
            f"methods must be names; got {received(method)}, as studies keep their runs by name",
            "register a function that makes it, with rewire.methods.registry.add, and give the "
            "name",
        )
    )
