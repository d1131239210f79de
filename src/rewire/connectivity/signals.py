"""Activations and sensitivities, whose products are the gradients of all connections."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .blocks import Block
from .table import ConnectionTable

__all__ = ["Rows", "Signals", "connection_gradients", "join_batches"]

# Connections whose gradients are computed at once, so that their rows stay in the cache; fewer
# where rows are long, so that the copies of them have a bounded size.
CACHED_ROWS = 8192
MOST_ENTRIES = 1 << 22


class Rows:
    """One row of numbers per unit, in parts that may differ in their number of columns.

    Indexed by a slice or an array of units of one part, like an array of shape (units, columns).

    Parameters
    ----------
    parts : iterable of (range, ndarray)
        Units, and their rows, shape (units of the part, columns).
    units : int, optional
        Number of units of the whole model; by default those up to the last part.
    name : str, default "rows"
        What they are, for error messages.

    Examples
    --------
    Two layers that saw different numbers of samples:

    >>> rows = Rows([(range(2), np.array([[1, 2], [3, 4]])), (range(5, 6), np.ones((1, 3)))])
    >>> rows[0:2]
    array([[1, 2],
           [3, 4]])
    >>> rows[np.array([5])]
    array([[1., 1., 1.]])
    >>> rows[0:6]
    Traceback (most recent call last):
    IndexError: rows must be asked for within one of the parts 0:2, 5:6; got 0:6
    """

    def __init__(
        self,
        parts: Iterable[tuple[range, np.ndarray]],
        units: int | None = None,
        name: str = "rows",
    ):
        self.parts, self.name = sorted(parts, key=lambda part: part[0].start), name
        self.units = max((part.stop for part, _ in self.parts), default=0)
        if units is not None:
            self.units = units
        for part, array in self.parts:
            if len(part) != len(array):
                raise ValueError(
                    f"{name} of units {part.start}:{part.stop} must have {len(part)} rows; "
                    f"got {len(array)}"
                )
        self._starts = [part.start for part, _ in self.parts]

    @classmethod
    def of(cls, values: Rows | np.ndarray, units: int, name: str) -> Rows:
        """Return the rows of all units, given as one array or as parts."""
        if isinstance(values, Rows):
            return cls(values.parts, units, name)
        return cls([(range(len(values)), values)], units, name)

    def __getitem__(self, units: slice | np.ndarray) -> np.ndarray:
        if isinstance(units, slice):
            first, last, _ = units.indices(self.units)
        elif not len(units := np.asarray(units)):
            first = last = self._starts[0] if self.parts else 0
        else:
            first, last = int(units.min()), int(units.max()) + 1
        part, array = self._part(first, last)
        if isinstance(units, slice):
            return array[first - part.start : last - part.start : units.step]
        return array[units - part.start if part.start else units]

    def own(self, units: range) -> np.ndarray:
        """Return the rows of some units of one part, to write to; what is no array becomes one."""
        part, array = self._part(units.start, units.stop)
        if not isinstance(array, np.ndarray):
            array = np.array(array[:])
            self.parts[self._starts.index(part.start)] = part, array
        return array[units.start - part.start : units.stop - part.start]

    def columns(self, units: range) -> int:
        """Return the number of columns of some units of one part."""
        return self._part(units.start, units.stop)[1].shape[1]

    def reduce(self, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return one number per unit: a function of each part's rows.

        Parameters
        ----------
        function : callable
            From an array of shape (rows, columns) to one of shape (rows,).

        Returns
        -------
        ndarray, shape (units,)
            NaN for units without rows.

        Examples
        --------
        >>> rows = Rows([(range(2), np.array([[1, 2], [3, 4]])), (range(3, 4), np.ones((1, 3)))])
        >>> rows.reduce(lambda part: part.mean(axis=1))
        array([1.5, 3.5, nan, 1. ])
        """
        if len(self.parts) == 1 and len(self.parts[0][0]) == self.units:
            return function(self.parts[0][1][:])
        reduced = np.full(self.units, np.nan)
        for part, array in self.parts:
            reduced[part.start : part.stop] = function(array[:])
        return reduced

    def __repr__(self) -> str:
        shapes = ", ".join(f"{part.start}:{part.stop} {array.shape}" for part, array in self.parts)
        return f"Rows({self.name} of units {shapes})"

    def _part(self, first: int, last: int) -> tuple[range, np.ndarray]:
        number = max(bisect_right(self._starts, first) - 1, 0)
        if self.parts:
            part = self.parts[number]
            if part[0].start <= first and last <= max(part[0].stop, first):
                return part
        ranges = ", ".join(f"{part.start}:{part.stop}" for part, _ in self.parts)
        raise IndexError(
            f"{self.name} must be asked for within one of the parts {ranges or 'of none'}; "
            f"got {first}:{last}"
        )


class Signals(NamedTuple):
    """What the gradients of one batch consist of.

    The gradient of any connection, existing or not, is ``sensitivity[target] @
    activation[source]``.

    Attributes
    ----------
    activation : ndarray or Rows, shape (units, columns)
        Of every unit that may be a source.
    sensitivity : ndarray or Rows, shape (units, columns)
        dL/d(pre-activation) of every unit that may be a target, L being the mean over the batch.
    flops : int, default 0
        What it cost to compute them.
    """

    activation: np.ndarray | Rows
    sensitivity: np.ndarray | Rows
    flops: int = 0


def join_batches(
    signals: Sequence[Signals], factors: Sequence[float], units: int
) -> tuple[Rows, Rows]:
    """Return A and D such that D[t] @ A[s] is the sum of all batches' gradients times factors.

    One batch alone is returned as it is: its factor is taken to be 1.
    """
    A = [Rows.of(one.activation, units, "activation") for one in signals]
    D = [Rows.of(one.sensitivity, units, "sensitivity") for one in signals]
    if len(signals) == 1:
        return A[0], D[0]
    scaled = [
        Rows(
            [(part, np.multiply(rows, rows.dtype.type(factor))) for part, rows in batch.parts],
            units,
        )
        for batch, factor in zip(D, factors, strict=True)
    ]
    return _beside(A, units, "activation"), _beside(scaled, units, "sensitivity")


def _beside(batches: Sequence[Rows], units: int, name: str) -> Rows:
    """Put the columns of all batches beside each other, part by part."""
    parts = zip(*(batch.parts for batch in batches), strict=True)
    return Rows(
        [(part[0][0], np.concatenate([rows for _, rows in part], axis=1)) for part in parts],
        units,
        name,
    )


def connection_gradients(
    table: ConnectionTable, blocks: Sequence[Block], activation: Rows, sensitivity: Rows
) -> np.ndarray:
    """Return the gradient of every existing connection, shape (connections,)."""
    gradient, target = np.empty_like(table.weight), table.target
    ranges = [block.targets for block in blocks]
    if len(activation.parts) == len(sensitivity.parts) == 1:
        ranges = [range(table.units)]
    columns = max((rows.shape[1] for _, rows in sensitivity.parts), default=0)
    at_once = min(CACHED_ROWS, MOST_ENTRIES // max(columns, 1) + 1)
    for targets in ranges:
        begin, end = table.indptr[[targets.start, targets.stop]].tolist()
        for first in range(begin, end, at_once):
            rows = slice(first, min(first + at_once, end))
            gradient[rows] = np.einsum(
                "ij,ij->i", sensitivity[target[rows]], activation[table.source[rows]]
            )
    return gradient
