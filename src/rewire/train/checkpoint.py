"""Trainings on disk, to be resumed to the same bits.

A checkpoint is one safetensors file: the network with all columns of its connections, the state of
the method and of the optimiser, and the fingerprint of data and settings. It is written to a
temporary name and renamed, so that a process killed at any moment leaves a whole file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rewire.io import check_ending, reading
from rewire.io.tensors import read_tensors, write_tensors
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
        _check_fingerprint(header["fingerprint"], training.fingerprint)
        found = network_from_tensors(tensors, header["network"], activations)
        optimizer, rows, method = (header[key] for key in ("optimizer", "rows", "method"))
        totals = {name: header["totals"][name] for name in TOTALS}
        running = RunningTotals(**header["running"])
        if training.early_stopping is not None:
            stopping = header["early_stopping"]
            if stopping["best"] is not None:
                best = _part(tensors, "best.")
                stopping["best"] = network_from_tensors(best, stopping["best"], activations)
            training.early_stopping.load_state_dict(stopping)
        training.net.take(found)
        training.rewirer.load_state_dict(_part(tensors, "method.") | method)
    training.trainer.optimizer.load_state_dict(optimizer)
    training.history.rows[:] = rows
    training.running = running
    vars(training).update(totals)


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
        rewirings = [Rewiring.from_dict(record) for record in header["method"]["history"]]
        return History(header["rows"], rewirings)


def _check_fingerprint(saved: Mapping[str, str], given: Mapping[str, str]) -> None:
    for name in given:
        if saved.get(name) != given[name]:
            raise ValueError(
                f"it was made with {name} = {saved.get(name)}; got {given[name]}: resume with the "
                "same data and settings, or choose another file"
            )


def _part(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
