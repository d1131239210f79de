"""Growth decided layer by layer: inside the backward passes, or by several processes.

A layer's input and output gradient are at hand in its own backward pass. Where nothing but the
strongest gradients is wanted of them, and how many is known before, they are looked at there and
then, and nothing is kept: memory for the connections and a block of scores. Several processes
divide the layers among each other. What is found is the same, bit by bit, as from the rows of all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rewire.connectivity import Rows, Signals
from rewire.kernels.block import block_products
from rewire.schedules import Time
from rewire.topology import Method, grow_criteria
from rewire.topology.amounts import Threshold
from rewire.topology.budgets import whole
from rewire.topology.growth import CSR, NewConnections, strongest_candidates

from ..layers.recording import Passes
from .layered_model import LayeredModel
from .signals import rows_of

__all__ = ["Streaming", "can_stream"]


def can_stream(method: Method) -> bool:
    """Return whether a method wants the strongest gradients of each layer, and nothing else."""
    others = method.redistribute, method.neurons, method.revive, method.growth_candidates
    return (
        method.grow is grow_criteria["gradient"]
        and not method.drop.needs & {"signals", "gradient"}
        and (method.scope, method.batches, method.growth_samples) == ("layer", 1, "all")
        and not method.allow_regrowth
        and others == (None,) * 4
        and callable(method.fraction)
        and not isinstance(method.fraction, Threshold)
    )


class Streaming:
    """The candidates of one rewiring, found layer by layer before it is decided.

    Parameters
    ----------
    model : LayeredModel
    share : float
        Of a layer's connections; no more of them are replaced.

    Attributes
    ----------
    found : dict of int to NewConnections
        The strongest candidates of each part of the model.
    columns : dict of int to int
        Of the rows that were looked at.
    """

    def __init__(self, model: LayeredModel, share: float):
        self._model, table = model, model.connections
        self._existing = CSR(table.indptr, table.source)
        bounds = [[p.block.targets.start, p.block.targets.stop] for p in model.parts]
        self._counts = whole(share * np.diff(table.indptr[bounds])[:, 0])
        self.found: dict[int, NewConnections] = {}
        self.columns: dict[int, int] = {}

    @classmethod
    def of(cls, model: LayeredModel, method: Method, time: Time) -> Streaming | None:
        """Return one, or None where the number to grow depends on the learning rate, not known."""
        share = float(method.fraction(time._replace(learning_rate=math.nan)))
        return cls(model, share) if 0 <= share <= 1 else None

    def check_recorded(self, has_passes: list[bool]) -> None:
        """Raise ValueError if a backward pass has not reached all layers."""
        self._model.check_recorded(has_passes)

    def parts_of(self, layer: int) -> list[int]:
        """Return the numbers of a layer's parts."""
        return [number for number, part in enumerate(self._model.parts) if part.layer == layer]

    def consume(self, layer: int, passes: Passes) -> None:
        """Look at the inputs and output gradients of a layer."""
        for number in self.parts_of(layer):
            part = self._model.parts[number]
            A, D = rows_of(passes, part.window, part.group)
            self.columns[number] = D.shape[1]

            def score(targets: slice, sources: slice, A: Any = A, D: np.ndarray = D) -> np.ndarray:
                product = block_products(A[sources], D[targets])
                return np.abs(product, out=product)  # as the criterion "gradient" does

            self.look_at(number, score)

    def look_at(self, number: int, score: Callable[[slice, slice], np.ndarray]) -> None:
        """Find the candidates of one part.

        Parameters
        ----------
        number : int
        score : callable
            From slices of its targets and its sources to an array of scores, to write to.
        """
        block = self._model.parts[number].block
        s, t = block.sources.start, block.targets.start

        def shifted(targets: slice, sources: Any) -> np.ndarray:
            return score(
                slice(targets.start - t, targets.stop - t),
                slice(sources.start - s, sources.stop - s),
            )

        bounds, counts = np.array([t, block.targets.stop]), self._counts[number : number + 1]
        self.found[number] = strongest_candidates(self._existing, [block], bounds, counts, shifted)

    def signals(self) -> Signals:
        """Return what is known of the signals: their sizes."""
        activation: list[tuple[range, Any]] = []
        sensitivity: list[tuple[range, Any]] = []
        for number, part in enumerate(self._model.parts):
            (sources, targets, _), columns = part.block, self.columns[number]
            activation.append((sources, _Gone(len(sources), columns)))
            sensitivity.append((targets, _Gone(len(targets), columns)))
        units = self._model.connections.units
        return Signals(
            Rows(activation, units, "activation"), Rows(sensitivity, units, "sensitivity")
        )

    def strongest(self, starts: np.ndarray, counts: np.ndarray) -> NewConnections:
        """Return so many candidates of each block, the strongest first."""
        assert (counts <= self._counts).all()
        chosen = [
            NewConnections(*(ends[:count] for ends in self.found[number]))
            for number, count in enumerate(counts.tolist())
        ]
        source, target = (np.concatenate(ends) for ends in zip(*chosen, strict=True))
        return NewConnections(source, target)


class _Gone:
    """Rows of which only the size is known any more."""

    def __init__(self, units: int, columns: int):
        self.shape = units, columns

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, units: object) -> np.ndarray:
        raise RuntimeError("rows of a streamed layer were looked at in its backward pass")
