"""The figures of a training, under the names that trackers show them by."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rewire.graph import Network
from rewire.topology.statistics import Rewiring
from rewire.train import Training

__all__ = ["at_start", "figures_by_step", "plain", "settings_of"]

Figures = dict[str, float]


def settings_of(training: Training) -> dict[str, Any]:
    """Return what a training was made with, for a table of hyper-parameters."""
    net = training.net
    return {
        "network": "-".join(map(str, net.ranks)),
        "density": net.density,
        "method": training.rewirer.method.name,
        "loss": training.loss.name,
        "optimizer": type(training.trainer.optimizer).__name__.lower(),
        "lr": training.base_lr,
        "batch_size": training.batches.size,
        "total_steps": training.total_steps,
        "input_dropout": training.input_dropout,
        "seed": training.batches.seed,
    }


def plain(settings: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Return settings as numbers and texts; those that are None are left out.

    Examples
    --------
    >>> plain({"hidden": (300, 100), "lr": 0.1, "target": None, "class_weight": {"a": 2}})
    {'hidden': '300,100', 'lr': 0.1, 'class_weight': '{"a": 2}'}
    """
    return {name: _plain(value) for name, value in settings.items() if value is not None}


def _plain(value: Any) -> bool | int | float | str:
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return json.dumps(value, default=str)


def at_start(net: Network) -> Figures:
    """Return what is known of a network before its training."""
    return _by_layer("density", net.layer_densities())


def figures_by_step(
    net: Network, rows: Sequence[Mapping[str, Any]], rewirings: Sequence[Rewiring]
) -> list[tuple[int, Figures]]:
    """Return the figures of reports and rewirings, those of a step together, in their order."""
    found: dict[int, Figures] = {}
    for record in rewirings:
        found.setdefault(record.step, {}).update(
            _by_layer("density", net.layer_densities(record.connections))
            | _by_layer("dropped", record.dropped)
            | _by_layer("grown", record.grown)
            | {"explored": record.explored}
        )
    for row in rows:
        known = {name: value for name, value in row.items() if value is not None}
        found.setdefault(known.pop("step"), {}).update(known)
    return sorted(found.items())


def _by_layer(name: str, values: Sequence[float]) -> Figures:
    return {f"{name}/layer_{number}": value for number, value in enumerate(values, 1)}
