"""Gradients of absent connections over the batch of all processes, for the one that decides.

For each layer that costs fewer bytes of two ways: the recorded rows of all processes are gathered,
or every process multiplies its own and the products are added, block by block, past the running
choice of the strongest. Criteria do not notice: they see rows that behave as arrays.

Sums run over the passes of the first process, then those of the second, and so on, one pass after
the other. So they are the same bits for any division of the same passes among processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import torch
from numpy.lib.mixins import NDArrayOperatorsMixin
from torch import Tensor

from rewire.kernels.geometry import Window

from ..layers.recording import Passes
from ..rewiring.signals import RowsOnDemand, activation_rows, sensitivity_rows
from .channel import Channel
from .local_passes import LocalPasses, PassSize, Question, Units, is_less_as_products

__all__ = ["GlobalBatch", "RowsAnywhere"]


class GlobalBatch:
    """One batch of all processes, as the deciding one sees it.

    Parameters
    ----------
    channel : Channel
    local : LocalPasses
    batch : int
    sizes : sequence of list of list of PassSize
        Of this batch, by rank and layer.
    factor : float
        By which all gradients are multiplied: the optimiser sees a mean over the processes.
    """

    def __init__(
        self,
        channel: Channel,
        local: LocalPasses,
        batch: int,
        sizes: Sequence[list[list[PassSize]]],
        factor: float,
    ):
        self._channel, self._local, self._batch, self._factor = channel, local, batch, factor
        self._sizes = [
            [size for by_layer in sizes for size in by_layer[layer]]
            for layer in range(len(local.windows))
        ]
        self._gathered: dict[int, Passes] = {}

    def recorded(self) -> list[Any]:
        """Return for each layer the passes of all processes, or what stands for them."""
        return [
            RemotePasses(self, layer) if self._by_products(layer) else self.gather(layer)
            for layer in range(len(self._sizes))
        ]

    def gather(self, layer: int) -> Passes:
        """Return the passes of all processes."""
        if layer not in self._gathered:
            tensors = self._ask(Question("passes", self._batch, layer))
            self._gathered[layer] = [
                (x, output_grad * self._factor)
                for x, output_grad in zip(tensors[::2], tensors[1::2], strict=True)
            ]
        return self._gathered[layer]

    def sum(self, kind: str, layer: int, group: int, targets: Units, sources: Units) -> np.ndarray:
        """Return the sum of all passes' products."""
        products = self._ask(Question(kind, self._batch, layer, group, targets, sources))
        return reduce(add, (one.numpy() for one in products)) * self._factor

    def size(self, layer: int) -> tuple[int, np.dtype]:
        """Return the columns of all passes of a layer, and the type of their rows."""
        double = any(size.dtype == torch.float64 for size in self._sizes[layer])
        columns = sum(size.columns for size in self._sizes[layer])
        return columns, np.dtype(np.float64 if double else np.float32)

    def window(self, layer: int) -> Window:
        """Return the window of a layer."""
        return self._local.windows[layer]

    def _by_products(self, layer: int) -> bool:
        return is_less_as_products(self._local.windows[layer], self._sizes[layer])

    def _ask(self, question: Question) -> list[Tensor]:
        answers = self._channel.ask(question, lambda: self._local.answer(question))
        return [tensor for tensors in answers for tensor in tensors]


class RemotePasses:
    """The passes of a layer, which stay on the processes that recorded them."""

    def __init__(self, batch: GlobalBatch, layer: int):
        self.batch, self.layer = batch, layer

    def __len__(self) -> int:
        return self.batch.size(self.layer)[0]

    def rows(self, group: int) -> tuple[RemoteRows, RemoteRows]:
        """Return activations and sensitivities of a group."""
        window = self.batch.window(self.layer)
        pieces = ((self, group, 1.0),)
        targets = window.out_channels // window.groups
        return (
            RemoteRows("activation", pieces, np.arange(window.sources)),
            RemoteRows("sensitivity", pieces, np.arange(targets)),
        )


class RemoteRows(NDArrayOperatorsMixin):
    """Rows that lie on several processes; behaves as an array of shape (units, columns).

    Products of sensitivities and activations are computed where the rows are. For anything else
    the rows are gathered. NumPy's protocols for such arrays are in its NEP 13 and NEP 18.

    Parameters
    ----------
    kind : {"activation", "sensitivity"}
    pieces : tuple of (RemotePasses, int, float)
        Batches whose columns lie beside each other: passes, group and a factor.
    units : ndarray of int
        Which rows.
    transposed : bool, default False
    """

    def __init__(
        self,
        kind: str,
        pieces: tuple[tuple[RemotePasses, int, float], ...],
        units: np.ndarray,
        transposed: bool = False,
    ):
        self.kind, self.pieces, self.units, self.transposed = kind, pieces, units, transposed

    @property
    def shape(self) -> tuple[int, ...]:
        """Units and columns, or the other way round."""
        shape = len(self.units), sum(len(passes) for passes, _, _ in self.pieces)
        return shape[::-1] if self.transposed else shape

    @property
    def dtype(self) -> np.dtype:
        """That of the gathered rows."""
        return np.result_type(*(p.batch.size(p.layer)[1] for p, _, _ in self.pieces))

    @property
    def T(self) -> RemoteRows:  # noqa: N802  NumPy's name
        """The transposed rows."""
        return RemoteRows(self.kind, self.pieces, self.units, not self.transposed)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        if not self.transposed and isinstance(key, (slice, np.ndarray)):
            return RemoteRows(self.kind, self.pieces, self.units[key])
        return np.asarray(self)[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        parts = []
        rows_of_kind = activation_rows if self.kind == "activation" else sensitivity_rows
        for passes, group, factor in self.pieces:
            gathered = passes.batch.gather(passes.layer)
            rows = rows_of_kind(gathered, passes.batch.window(passes.layer), group)[self.units]
            parts.append(rows * rows.dtype.type(factor))
        rows = np.concatenate(parts, axis=1).astype(dtype or self.dtype, copy=False)
        return rows.T if self.transposed else rows

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "__call__" and not options and len(inputs) == 2:
            if ufunc is np.matmul and _are_product(*inputs):
                return _sum("products", *inputs)
            if ufunc is np.multiply and inputs[0] is self and np.ndim(inputs[1]) == 0:
                factor = float(inputs[1])
                scaled = tuple((passes, group, f * factor) for passes, group, f in self.pieces)
                return RemoteRows(self.kind, scaled, self.units, self.transposed)
        return getattr(ufunc, method)(*map(_gathered, inputs), **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function is np.concatenate and options == {"axis": 1}:
            rows = args[0]
            if all(isinstance(r, RemoteRows) and not r.transposed for r in rows):
                joined = reduce(add, (r.pieces for r in rows))
                return RemoteRows(self.kind, joined, self.units)
        if function is np.einsum and args[0] == "ij,ij->i" and not options:
            D, A = args[1:]
            if isinstance(A, RemoteRows) and _are_product(D, A.T):
                return _sum("pairs", D, A.T)
        return function(*map(_gathered, args), **options)


def _are_product(left: Any, right: Any) -> bool:
    """Whether left @ right is sensitivities times transposed activations."""
    if not (isinstance(left, RemoteRows) and isinstance(right, RemoteRows)):
        return False
    kinds = (left.kind, left.transposed), (right.kind, right.transposed)
    return kinds == (("sensitivity", False), ("activation", True))


def _sum(kind: str, D: RemoteRows, A: RemoteRows) -> np.ndarray:
    """Return the sum of all pieces' products."""
    targets, sources = _as_slice(D.units), _as_slice(A.units)
    products = []
    for (passes, group, factor), (_, _, other) in zip(D.pieces, A.pieces, strict=True):
        product = passes.batch.sum(kind, passes.layer, group, targets, sources)
        products.append(product * product.dtype.type(factor * other))
    return reduce(add, products)


def _as_slice(units: np.ndarray) -> Units:
    """Return consecutive units as a slice, which need not be sent one by one."""
    if len(units) and np.array_equal(units, np.arange(units[0], units[0] + len(units))):
        return slice(int(units[0]), int(units[0]) + len(units))
    return units


def _gathered(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(_gathered, value))
    return np.asarray(value) if isinstance(value, RemoteRows) else value


class RowsAnywhere(RowsOnDemand):
    """Makes activation and sensitivity rows of passes that are here, or that are remote."""

    def __call__(self, passes: Any, window: Window, group: int) -> tuple[Any, Any]:
        """Return them for one group."""
        if isinstance(passes, RemotePasses):
            return passes.rows(group)
        return super().__call__(passes, window, group)
