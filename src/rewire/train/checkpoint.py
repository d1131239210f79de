"""A training on disk, to be taken up again to the same bits.

One safetensors file: the network with all that its connections carry, what the method and the
optimiser remember, and a description of the settings. It is written to a temporary name and
renamed, so that whoever is killed at whatever moment leaves a whole file, the last one or the one
before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from rewire.export.common import reading
from rewire.export.tensors import (
    network_from_tensors,
    network_to_tensors,
    read_tensors,
    write_tensors,
)
from rewire.topology import Rewiring

from .history import History
from .training import Training

__all__ = ["Throttle", "load_checkpoint", "read_history", "save_checkpoint"]

KIND = "checkpoint"
SUMS = ("loss", "right", "samples", "moved")
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
    >>> def begun():
    ...     net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    ...     return rewire.train.prepare(net, *moons(seed=0), total_steps=100, report_every=50)
    >>> training = begun()
    >>> more = training.advance()
    >>> path = tempfile.mkdtemp() + "/moons.safetensors"
    >>> save_checkpoint(training, path)
    >>> read_history(path)["step"]
    [50]
    """
    tensors, network = network_to_tensors(training.net)
    state = training.rewirer.state_dict()
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    tensors = {**tensors, **{f"method.{name}": array for name, array in arrays.items()}}
    header: dict[str, Any] = {
        "network": network,
        "method": {name: value for name, value in state.items() if name not in arrays},
        "settings": training.settings,
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

    Examples
    --------
    >>> import tempfile, rewire
    >>> from rewire.data import moons
    >>> def begun():
    ...     net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    ...     return rewire.train.prepare(net, *moons(seed=0), total_steps=100, report_every=50)
    >>> training = begun()
    >>> more = training.advance()
    >>> path = tempfile.mkdtemp() + "/moons.safetensors"
    >>> save_checkpoint(training, path)
    >>> again = begun()
    >>> load_checkpoint(again, path)
    >>> again.done
    50
    """
    tensors, header = read_tensors(path, kind=KIND)
    net, early_stopping = training.net, training.early_stopping
    with reading(path):
        _check_settings(header["settings"], training.settings)
        found = network_from_tensors(tensors, header["network"], net.activations)
        optimizer_steps, rows, method = (
            header[key] for key in ("optimizer_steps", "rows", "method")
        )
        totals = {name: header["totals"][name] for name in TOTALS}
        sums = {name: header["since"][name] for name in SUMS}
        if early_stopping is not None:
            best = _part(tensors, "best.")
            early_stopping.restore(best, header["early_stopping"], net.activations)
        net.take(found)
        training.rewirer.load_state_dict(_part(tensors, "method.") | method)
    training.trainer.optimizer.steps = optimizer_steps
    training.history.rows[:] = rows
    vars(training).update(totals)
    vars(training.since).update(sums)


def read_history(path: str | Path) -> History:
    """Return the history in a checkpoint, without the training it belongs to.

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


class Throttle:
    """Calls a function again and again, but not too often.

    Parameters
    ----------
    save : callable
    seconds : float, default 5
        Between two calls at the least.
    share : float, default 0.05
        Of all time that the calls may take, so that a large network is saved less often.
    """

    def __init__(self, save: Callable[[], None], seconds: float = 5.0, share: float = 0.05):
        self.save, self.seconds, self.share = save, seconds, share
        self.next = monotonic() + seconds

    def __call__(self, now: bool = False) -> None:
        """Save if it is time to, or if it must be now."""
        begin = monotonic()
        if now or begin >= self.next:
            self.save()
            end = monotonic()
            self.next = end + max(self.seconds, (end - begin) / self.share)


def _check_settings(saved: Mapping[str, str], given: Mapping[str, str]) -> None:
    for name in given:
        if saved.get(name) != given[name]:
            raise ValueError(
                f"it was made with {name} = {saved.get(name)}; got {given[name]}: go on with the "
                "same settings, or choose another file"
            )


def _part(tensors: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in tensors.items()
        if name.startswith(prefix)
    }
