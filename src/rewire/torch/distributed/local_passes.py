"""What one process has recorded, and its answers to the one that decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rewire.kernels.block import block_products
from rewire.kernels.geometry import Window

from ..layers.recording import Passes
from ..rewiring.signals import rows_of

__all__ = ["LocalPasses", "PassSize", "Question", "Units", "is_less_as_products"]

Units = slice | np.ndarray


class PassSize(NamedTuple):
    """The size of one recorded pass, and its type."""

    numbers: int
    columns: int
    dtype: torch.dtype

    @classmethod
    def of(cls, x: Tensor, output_grad: Tensor) -> PassSize:
        """Measure a pass."""
        columns = output_grad.numel() // output_grad.shape[1]
        return cls(x.numel() + output_grad.numel(), columns, x.dtype)


class Question(NamedTuple):
    """What the deciding process asks about one layer (or one group of its channels) in a batch."""

    kind: str
    batch: int
    layer: int
    group: int = 0
    targets: Units = slice(None)
    sources: Units = slice(None)


def is_less_as_products(window: Window, sizes: Sequence[PassSize]) -> bool:
    """Return whether products of all possible connections are fewer numbers than the rows."""
    return max((size.numbers for size in sizes), default=0) > window.out_channels * window.sources


class LocalPasses:
    """What one process has recorded, and its answers to questions about it.

    Parameters
    ----------
    windows : sequence of Window
        Of each layer.
    batches : sequence of list of Passes
        For each batch that the method looks at, one list of passes for each layer.
    """

    def __init__(self, windows: Sequence[Window], batches: Sequence[list[Passes]]):
        self.windows, self.batches = windows, batches
        self._latest: tuple[Any, list[tuple[Any, np.ndarray]]] = None, []

    def sizes(self) -> list[list[list[PassSize]]]:
        """Return the sizes of all passes, by batch and layer."""
        return [[[PassSize.of(*one) for one in passes] for passes in b] for b in self.batches]

    def answer(self, question: Question) -> list[Tensor]:
        """Return the tensors of each pass, or a product for each."""
        kind, batch, layer, group, targets, sources = question
        if kind == "passes":
            return [tensor for one in self.batches[batch][layer] for tensor in one]
        return [
            torch.from_numpy(
                block_products(A[sources], D[targets])
                if kind == "products"
                else np.einsum("ij,ij->i", D[targets], A[sources])
            )
            for A, D in self._rows_of(batch, layer, group)
        ]

    def _rows_of(self, batch: int, layer: int, group: int) -> list[tuple[Any, np.ndarray]]:
        key = batch, layer, group
        if self._latest[0] != key:  # one after the other is asked for
            passes, window = self.batches[batch][layer], self.windows[layer]
            self._latest = key, [rows_of([one], window, group) for one in passes]
        return self._latest[1]
