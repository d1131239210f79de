"""Trainings on disk, to be resumed to the same bits.

A checkpoint is one safetensors file: the network with all columns of its connections, the state of
the method and of the optimiser, and the fingerprint of data and settings. It is written to a
temporary name and renamed, so that a process killed at any moment leaves a whole file.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from rewire.graph import Network
from rewire.io import check_ending, reading
from rewire.io.schemas import conform
from rewire.io.tensors import read_tensors, write_tensors
from rewire.optimizers import Optimizer
from rewire.topology import Rewiring
from rewire.validation import of_type

from .history import History, RunningTotals
from .training import Training

__all__ = ["load_checkpoint", "read_history", "save_checkpoint"]

KIND = "checkpoint"
TOTALS = ("step", "flops", "dense_flops", "seconds", "stopped")


def save_checkpoint(training: Training, path: str | Path) -> None:
    """Write a training to a file, whole or not at all.

    Parameters
    ----------
    training : Training
        Between two calls of :meth:`Training.advance`, or interrupted within one.
    path : path-like
        A ``.safetensors`` file.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> def begin():
    ...     net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    ...     return rewire.train.Training(net, *moons(seed=0), total_steps=100, report_every=50)
    >>> training = begin()
    >>> uninterrupted = training.advance()
    >>> path = tempfile.mkdtemp() + "/moons.safetensors"
    >>> save_checkpoint(training, path)
    >>> read_history(path)["step"]
    [50]
    """
    from rewire.export.tensors import network_to_tensors  # with all formats, which takes a while

    of_type(training, "training", Training)
    check_ending(path, [".safetensors"], "a checkpoint")
    tensors, network = network_to_tensors(training.net)
    state = training.rewirer.state_dict()
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    tensors |= {f"method.{name}": array for name, array in arrays.items()}
    header: dict[str, Any] = {
        "network": network,
        "method": {name: value for name, value in state.items() if name not in arrays},
        "fingerprint": training.fingerprint,
        "optimizer": training.trainer.optimizer.state_dict(),
        "rows": training.history.rows,
        "totals": {name: getattr(training, name) for name in TOTALS},
        "running": asdict(training.running),
    }
    if training.early_stopping is not None:
        stopping = training.early_stopping.state_dict()
        if stopping["best"] is not None:
            best, stopping["best"] = network_to_tensors(stopping["best"])
            tensors |= {f"best.{name}": array for name, array in best.items()}
        header["early_stopping"] = stopping
    write_tensors(path, tensors, header, kind=KIND)


class OptimizerState(TypedDict):
    """Of :meth:`rewire.optimizers.Optimizer.state_dict`."""

    lr: float
    steps: int


class Totals(TypedDict):
    """What a training has counted."""

    step: int
    flops: float
    dense_flops: float
    seconds: float
    stopped: str | None


class Stopping(TypedDict):
    """Of :meth:`rewire.train.EarlyStopping.state_dict`."""

    best_value: float | None
    best_loss: float | None
    reports_since_best: int
    best: dict[str, Any] | None


class Row(TypedDict):
    """A report; see :class:`rewire.train.History`."""

    step: int
    epoch: float
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    connections: int
    moved: int
    flops: float
    dense_flops: float
    seconds: float


class MethodState(TypedDict):
    """The part of a rewirer's state that the history needs."""

    history: list[Rewiring]


class Figures(TypedDict):
    """What :func:`read_history` reads."""

    method: MethodState
    rows: list[Row]


class Header(Figures):
    """What a file holds besides arrays."""

    network: dict[str, Any]
    fingerprint: dict[str, str]
    optimizer: OptimizerState
    totals: Totals
    running: RunningTotals


def load_checkpoint(training: Training, path: str | Path) -> None:
    """Bring a training that has not begun to the state in a file.

    Parameters
    ----------
    training : Training
        Made with the same network, data and settings as the saved one.
    path : path-like

    Raises
    ------
    ValueError
        If the file is damaged, cut short, not a checkpoint or from a newer version, or if the
        settings differ; the training is then as it was.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> def begin():
    ...     net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    ...     return rewire.train.Training(net, *moons(seed=0), total_steps=100, report_every=50)
    >>> training = begin()
    >>> uninterrupted = training.advance()
    >>> path = tempfile.mkdtemp() + "/moons.safetensors"
    >>> save_checkpoint(training, path)
    >>> again = begin()
    >>> load_checkpoint(again, path)
    >>> again.step
    50
    """
    from rewire.export.tensors import network_from_tensors  # as above

    of_type(training, "training", Training)
    tensors, header = read_tensors(path, kind=KIND)
    activations = training.net.activations
    with reading(path):
        conform(header, Header)
        _check_fingerprint(header["fingerprint"], training.fingerprint)
        if not 0 <= header["totals"]["step"] <= training.total_steps:
            step = header["totals"]["step"]
            raise ValueError(f"step must be in [0, {training.total_steps}]; got {step}")
        found = network_from_tensors(tensors, header["network"], activations)
        _check_like(found, training.net)
        running = RunningTotals(**header["running"])
        stopping: dict[str, Any] = {}
        if training.early_stopping is not None:
            stopping = header["early_stopping"]
            conform(stopping, Stopping)
            if stopping["best"] is not None:
                best = _part(tensors, "best.")
                stopping["best"] = network_from_tensors(best, stopping["best"], activations)
                _check_like(stopping["best"], training.net)
        # Tried on a network of its own first: a state that does not fit changes nothing.
        state = _part(tensors, "method.") | header["method"]
        trial = copy.copy(training.rewirer)
        trial.model, trial.history = found.copy(), []
        trial.generator = copy.deepcopy(trial.generator)
        trial.load_state_dict(state)
    training.net.take(found)
    training.rewirer.load_state_dict(state)
    if training.early_stopping is not None:
        training.early_stopping.load_state_dict(stopping)
    training.trainer.optimizer.load_state_dict(header["optimizer"])
    training.history.rows[:] = header["rows"]
    training.running = running
    vars(training).update({name: header["totals"][name] for name in TOTALS})


def read_history(path: str | Path) -> History:
    """Return the history in a checkpoint, without making the training again.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> path = tempfile.mkdtemp() + "/moons.safetensors"
    >>> history = rewire.fit(net, *moons(seed=0), total_steps=100, checkpoint=path)
    >>> read_history(path)["loss"] == history["loss"]
    True
    """
    _, header = read_tensors(path, kind=KIND)
    with reading(path):
        conform(header, Figures)
        rewirings = [Rewiring.from_dict(record) for record in header["method"]["history"]]
        return History(header["rows"], rewirings)


def _check_fingerprint(saved: Mapping[str, str], given: Mapping[str, str]) -> None:
    for name in given:
        if saved.get(name) != given[name]:
            raise ValueError(
                f"it was made with {name} = {saved.get(name)}; got {given[name]}: resume with the "
                "same data and settings, or choose another file"
            )


def _check_like(found: Network, own: Network) -> None:
    """Refuse a network that the training's data and optimiser do not fit."""
    ends = (found.ranks[0], found.ranks[-1], len(found.ranks), found.dtype)
    wanted = (own.ranks[0], own.ranks[-1], len(own.ranks), own.dtype)
    if ends != wanted:
        raise ValueError(
            f"its network must have inputs, outputs, ranks and dtype {wanted}; got {ends}"
        )
    for columns in (found.connections.data, found.neurons.data):
        for name in Optimizer.remembers:
            if name in columns and columns[name].dtype != own.dtype:
                raise ValueError(f"{name} must be of {own.dtype}; got {columns[name].dtype}")


def _part(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
