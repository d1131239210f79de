"""What a picture of a network needs to know: its ranks and its connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Wiring"]


@dataclass(frozen=True)
class Wiring:
    """The ranks of a network and the connections between its neurons.

    Attributes
    ----------
    sizes : tuple of int
        Neurons in each rank, the inputs first.
    source, target : ndarray of int, shape (connections,)
        Neurons by their number over the whole network, inputs first, rank by rank.
    weight : ndarray of float, shape (connections,)

    Examples
    --------
    >>> import rewire
    >>> Wiring.of(rewire.mlp([2, 3, 1], density=0.5, seed=0)).sizes
    (2, 3, 1)
    """

    sizes: tuple[int, ...]
    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, model: Any) -> Wiring:
        """Read the wiring off a Network, or off a scalar model with ``layers`` of ``neurons``.

        The number of inputs is the model's ``nin`` where it has one, or else what the
        connections of the first layer reach.
        """
        if hasattr(model, "connections"):
            table = model.connections
            return cls(model.ranks, table.source, table.target, table.weight)
        first = model.layers[0].neurons
        reached = max((i + 1 for neuron in first for i in neuron.w), default=0)
        inputs = getattr(model, "nin", reached)
        sizes = (inputs, *(len(layer.neurons) for layer in model.layers))
        start = np.cumsum((0, *sizes))
        rows = [
            (start[k] + i, start[k + 1] + j, weight.data)
            for k, layer in enumerate(model.layers)
            for j, neuron in enumerate(layer.neurons)
            for i, weight in neuron.w.items()
        ]
        source, target, weight = np.array(rows, dtype=float).reshape(-1, 3).T
        return cls(sizes, source.astype(int), target.astype(int), weight)

    @property
    def labels(self) -> list[str]:
        """Each neuron's name, ``rank_number``, as in the post: ``2_3``."""
        return [f"{rank}_{i}" for rank, size in enumerate(self.sizes) for i in range(size)]

    @property
    def alive(self) -> np.ndarray:
        """Whether each neuron lies on a way from the inputs to the outputs.

        The inputs and the outputs themselves always count as alive.
        """
        n = sum(self.sizes)
        fed, read = np.zeros(n, bool), np.zeros(n, bool)
        fed[: self.sizes[0]] = True
        read[n - self.sizes[-1] :] = True
        for connection in np.argsort(self.target, kind="stable"):
            fed[self.target[connection]] |= fed[self.source[connection]]
        for connection in np.argsort(-self.source, kind="stable"):
            read[self.source[connection]] |= read[self.target[connection]]
        alive = fed & read
        alive[: self.sizes[0]] = alive[n - self.sizes[-1] :] = True
        return alive
