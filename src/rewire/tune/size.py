"""What a wider network would cost."""

from __future__ import annotations

import os

import numpy as np

from rewire.experiment import Predictor, RunDirectory

__all__ = ["network_bytes"]


def network_bytes(folder: str | os.PathLike[str]) -> tuple[int, int]:
    """Return the bytes of a trained network's numbers, and of one with hidden layers twice as wide.

    Each connection counts with its weight and the 4 bytes of its source's number, each neuron with
    its bias. The wider one has each layer's density as it was after training.

    Parameters
    ----------
    folder : path-like
        Of a run.
    """
    net = Predictor.load(RunDirectory(folder).model).network
    ranks = np.asarray(net.ranks)
    wider = ranks.copy()
    wider[1:-1] *= 2
    by_layer = np.asarray(net.layer_densities()) * ranks[:-1] * ranks[1:]
    grown = by_layer * (wider[:-1] * wider[1:]) / (ranks[:-1] * ranks[1:])
    item = np.dtype(net.dtype).itemsize

    def size(connections: float, neurons: int) -> int:
        return round(connections) * (item + 4) + neurons * item

    return size(by_layer.sum(), ranks[1:].sum()), size(grown.sum(), wider[1:].sum())
