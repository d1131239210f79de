"""A sparse layer's connections as tensors, and what the kernels keep about them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rewire.kernels.adjacency import Adjacency
from rewire.kernels.geometry import Window
from rewire.kernels.layer_plan import LayerPlan

__all__ = ["Connections", "Table", "dense_places", "dense_weight", "from_dense", "version_of"]


class Table(NamedTuple):
    """A layer's connections as int32 tensors; the fields of :class:`rewire.kernels.Adjacency`.

    ``source``, ``target`` and ``csc_position`` may be longer than there are connections,
    ``indptr[-1]``: the entries behind are spare, and nobody reads them.
    """

    indptr: Tensor
    source: Tensor
    csc_indptr: Tensor
    target: Tensor
    csc_position: Tensor


class Connections:
    """A layer's table and window, and what the kernels keep about them from call to call.

    It holds until the table's tensors change, which :meth:`fits` tells.
    """

    def __init__(self, table: Table, window: Window, version: int = 0):
        self.table, self.window, self._version = table, window, version
        self._plan: LayerPlan | None = None
        self._views: dict[str, tuple[int, np.ndarray]] = {}
        self._small: tuple[tuple[int, int], np.ndarray, np.ndarray] | None = None
        self._places: tuple[Tensor, bool] | None = None

    def fits(self, indptr: Tensor, source: Tensor) -> bool:
        """Whether these are the tensors that it was made of, unchanged."""
        table = self.table
        same = source is table.source and indptr is table.indptr
        return same and version_of(source) == self._version

    @property
    def plan(self) -> LayerPlan:
        """The kernels' plan; the tensors must be on the CPU."""
        if self._plan is None:
            indptr, source, csc_indptr, target, csc_position = (t.numpy() for t in self.table)
            live = slice(int(indptr[-1]))
            adjacency = Adjacency(
                indptr, source[live], csc_indptr, target[live], csc_position[live]
            )
            self._plan = LayerPlan(adjacency, self.window)
        return self._plan

    @property
    def live(self) -> slice:
        """Where the connections are among the entries; the others are spare."""
        return slice(len(self.plan.adjacency.source))

    def dense_weight(self, weight: Tensor) -> Tensor:
        """Scatter weights into a dense tensor; see :func:`dense_weight`."""
        if self._places is None:
            indptr, source = self.table.indptr, self.table.source
            # A number read from a tensor would part a graph that is being compiled.
            spare = torch.compiler.is_compiling() or int(indptr[-1]) < len(source)
            self._places = dense_places(self.table, self.window), spare
        return dense_weight(weight, self._places[0], self.window, spare=self._places[1])

    def small_weight(self, weight: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights as int8 and a scale for each target, renewed when weights change."""
        key = weight.data_ptr(), version_of(weight)
        if self._small is None or self._small[0] != key:
            values, indptr = weight.detach().numpy()[self.live], self.table.indptr.numpy()
            rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
            largest = np.zeros(len(indptr) - 1, values.dtype)
            np.maximum.at(largest, rows, np.abs(values))
            scale = np.where(largest > 0, largest / 127, 1).astype(values.dtype)
            small = np.rint(values / scale[rows]).astype(np.int8)
            self._small = key, small, scale
        return self._small[1:]

    def view(self, name: str, parameter: Tensor | None) -> np.ndarray | None:
        """Return a parameter's memory, kept while the parameter stays where it is.

        A kept view holds on to its memory, so that no other tensor can come to lie there.
        """
        if parameter is None:
            return None
        address, kept = parameter.data_ptr(), self._views.get(name)
        if kept is None or kept[0] != address or kept[1].size != parameter.numel():
            # Through DLPack, as Tensor.numpy would fix the size of a parameter's storage.
            kept = self._views[name] = address, np.from_dlpack(parameter.detach())
        return kept[1]


def version_of(tensor: Tensor) -> int:
    """Return how often a tensor was changed in place; those of inference mode cannot be."""
    return 0 if tensor.is_inference() else tensor._version


def dense_weight(weight: Tensor, places: Tensor, window: Window, *, spare: bool = True) -> Tensor:
    """Scatter the weights into a tensor with a row for each target; differentiable.

    Parameters
    ----------
    weight : Tensor, shape (entries,)
    places : int64 Tensor, shape (entries,)
        See :func:`dense_places`.
    window : Window
    spare : bool, default True
        Whether there may be spare entries.

    Returns
    -------
    Tensor, shape (out_channels, sources)
    """
    size = window.out_channels * window.sources
    dense = weight.new_zeros(size + int(spare)).scatter(0, places, weight)
    return (dense[:size] if spare else dense).view(window.out_channels, window.sources)


def from_dense(dense: Tensor, table: Table, window: Window) -> Tensor:
    """Return a dense weight's numbers at each entry, 0 at the spare ones."""
    places = dense_places(table, window).to(dense.device)
    return torch.nn.functional.pad(dense.reshape(-1), (0, 1))[places]


def dense_places(table: Table, window: Window) -> Tensor:
    """Return the place of each entry in a flattened dense weight, an int64 tensor.

    Spare ones, of source 0, get the place behind the last.
    """
    entries = len(table.source)
    ends = torch.nn.functional.pad(table.indptr, (0, 1), value=entries)
    fan_in = (ends[1:] - ends[:-1]).long()
    targets = torch.arange(window.out_channels + 1, device=fan_in.device)
    target = torch.repeat_interleave(targets, fan_in, output_size=entries)
    return target * window.sources + table.source
