"""A training on disk, to be taken up again to the same bits.

One safetensors file: the network with all that its connections carry, what the method and the
optimiser remember, and a description of the settings. It is written to a temporary name and
renamed, so that whoever is killed at whatever moment leaves a whole file, the last one or the one
before.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.export.tensors import (
    network_from_tensors,
    network_to_tensors,
    read_tensors,
    write_tensors,
)

from .training import Training

__all__ = ["load_checkpoint", "save_checkpoint"]

KIND = "checkpoint"
SUMS = ("loss", "right", "samples", "moved")
TOTALS = ("done", "flops", "dense_flops", "seconds", "stopped")


def save_checkpoint(training: Training, path: str | Path) -> None:
    """Write a training to a file, whole or not at all.

    Parameters
    ----------
    training : Training
        Between two calls of :meth:`Training.advance`, or interrupted within one.
    path : path-like
        A ``.safetensors`` file.
    """
    tensors, network = network_to_tensors(training.net)
    arrays, method = training.rewirer.state()
    tensors = {**tensors, **{f"method.{name}": array for name, array in arrays.items()}}
    header: dict[str, Any] = {
        "network": network,
        "method": method,
        "settings": describe_settings(training),
        "optimizer_steps": training.trainer.optimizer.steps,
        "rows": training.history.rows,
        "totals": {name: getattr(training, name) for name in TOTALS},
        "since": {name: getattr(training.since, name) for name in SUMS},
    }
    if training.early_stopping is not None:
        kept, header["early_stopping"] = training.early_stopping.state()
        tensors |= {f"best.{name}": array for name, array in kept.items()}
    write_tensors(path, tensors, header, kind=KIND)


def load_checkpoint(training: Training, path: str | Path) -> None:
    """Bring a training that has not begun to where a file says it was.

    Parameters
    ----------
    training : Training
        Made with the same network, data and settings as the one that was saved.
    path : path-like

    Raises
    ------
    ValueError
        If the file is damaged, cut short, not a checkpoint or from a newer version, or if the
        settings differ; the training is then as it was.
    """
    tensors, header = read_tensors(path, kind=KIND)
    _check_settings(path, header["settings"], describe_settings(training))
    net = training.net
    net.take(network_from_tensors(tensors, header["network"], net.activations))
    training.rewirer.restore(_part(tensors, "method."), header["method"])
    training.trainer.optimizer.steps = header["optimizer_steps"]
    training.history.rows[:] = header["rows"]
    for name in TOTALS:
        setattr(training, name, header["totals"][name])
    for name in SUMS:
        setattr(training.since, name, header["since"][name])
    if training.early_stopping is not None:
        best = _part(tensors, "best.")
        training.early_stopping.restore(best, header["early_stopping"], net.activations)


def describe_settings(training: Training) -> dict[str, str]:
    """Return what must be the same for a training to go on, in words that do not change."""
    optimizer = dataclasses.replace(training.trainer.optimizer, lr=training.base_rate)
    return {
        "method": describe(training.rewirer.method),
        "loss": describe(training.loss),
        "optimizer": describe(optimizer),
        "updates": str(training.updates),
        "batch_size": str(training.batches.size),
        "schedule": describe(training.schedule),
        "report_every": str(training.report_every),
        "input_dropout": str(training.input_dropout),
        "seed": str(training.batches.seed),
        "early_stopping": describe(training.early_stopping),
        "X": fingerprint(training.X),
        "y": fingerprint(training.y),
        "validation_data": str([fingerprint(part) for part in training.validation or ()]),
    }


def describe(value: Any) -> str:
    """Return a description that is the same in every process: no addresses."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [
            f"{item.name}={describe(getattr(value, item.name))}"
            for item in dataclasses.fields(value)
        ]
        return f"{type(value).__name__}({', '.join(fields)})"
    if callable(value) and not hasattr(value, "needs"):
        name = getattr(value, "__qualname__", type(value).__qualname__)
        return f"{getattr(value, '__module__', '')}.{name}"
    return repr(value)


def fingerprint(data: Any) -> str:
    """Return shape, type and a checksum of an array."""
    parts = (data.data, data.indices, data.indptr) if issparse(data) else (np.asarray(data),)
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(np.ascontiguousarray(part).view(np.uint8).data, checksum)
    return f"{data.shape} {data.dtype} {checksum:08x}"


def _check_settings(path: Any, saved: Mapping[str, str], given: Mapping[str, str]) -> None:
    for name in given:
        if saved.get(name) != given[name]:
            raise ValueError(
                f"{path} was made with {name} = {saved.get(name)}; got {given[name]}: go on with "
                "the same settings, or choose another file"
            )


def _part(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
