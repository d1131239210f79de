"""Growth decided inside the backward passes of a rewiring step, layer by layer.

A layer's input and output gradient are at hand in its own backward pass. Where nothing but the
strongest gradients is wanted of them, and how many is known before, they are looked at there and
then, and nothing is kept: memory for the connections and a block of scores. What is found is the
same, bit by bit, as from rows that are kept.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch import Tensor

from rewire.connectivity import Block, Rows, Signals
from rewire.kernels.block import block_products
from rewire.schedules import Time
from rewire.topology import Method, grow_criteria
from rewire.topology.amounts import Threshold
from rewire.topology.budgets import whole
from rewire.topology.growth import CSR, NewConnections, strongest_candidates

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
    """The candidates of one rewiring, found as the layers' backward passes are made.

    Parameters
    ----------
    model : LayeredModel
    share : float
        Of a layer's connections; no more of them are replaced.

    Attributes
    ----------
    version : int
        Of the model's wiring.
    """

    def __init__(self, model: LayeredModel, share: float):
        self.version, self._model, table = model.version, model, model.connections
        self._existing = CSR(table.indptr, table.source)
        bounds = [[p.block.targets.start, p.block.targets.stop] for p in model.parts]
        self._counts = whole(share * np.diff(table.indptr[bounds])[:, 0])
        self._found: dict[int, NewConnections] = {}
        self._columns: dict[int, int] = {}

    @classmethod
    def of(cls, model: LayeredModel, method: Method, time: Time) -> Streaming | None:
        """Return one, or None where the number to grow depends on the learning rate, not known."""
        share = float(method.fraction(time._replace(learning_rate=math.nan)))
        return cls(model, share) if 0 <= share <= 1 else None

    def consume(self, layer: int, x: Tensor, output_grad: Tensor) -> None:
        """Look at a layer's input and output gradient."""
        for number, part in enumerate(self._model.parts):
            if part.layer == layer:
                A, D = rows_of([(x, output_grad)], part.window, part.group)
                self._columns[number] = D.shape[1]
                self._found[number] = self._strongest_of(part.block, A, D, self._counts[number])

    def _strongest_of(self, block: Block, A: Any, D: np.ndarray, count: int) -> NewConnections:
        s, t = block.sources.start, block.targets.start

        def score(targets: slice, sources: Any) -> np.ndarray:  # as the criterion "gradient" does
            rows = D[targets.start - t : targets.stop - t]
            product = block_products(A[sources.start - s : sources.stop - s], rows)
            return np.abs(product, out=product)

        bounds = np.array([t, block.targets.stop])
        return strongest_candidates(self._existing, [block], bounds, np.array([count]), score)

    def signals(self) -> Signals:
        """Return what is known of the signals: their sizes."""
        activation: list[tuple[range, Any]] = []
        sensitivity: list[tuple[range, Any]] = []
        for number, part in enumerate(self._model.parts):
            (sources, targets, _), columns = part.block, self._columns[number]
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
            NewConnections(*(ends[:count] for ends in self._found[number]))
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
