"""Where samples are read from that need not be in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np

from rewire.io import received

__all__ = ["MappedSource", "RowSource", "check_targets_given", "example_targets", "pieces"]

# What labels of two classes are, in the losses of single outputs.
LABELS = (-1, 0, 1)


@runtime_checkable
class RowSource(Protocol):
    """Where samples are read from, in pieces; :class:`rewire.data.Stream` is one."""

    @property
    def buffer(self) -> int:
        """Samples to hold in memory at a time."""
        ...

    @property
    def bounds(self) -> np.ndarray:
        """First samples of the pieces, and the number of samples."""
        ...

    def read(self, first: int, last: int) -> tuple[Any, np.ndarray]:
        """Return inputs and targets of samples ``first`` to ``last`` (exclusive) of a piece."""
        ...

    def targets(self, first: int, last: int) -> np.ndarray:
        """Return the targets alone."""
        ...


@dataclass(frozen=True)
class MappedSource:
    """A source whose inputs and targets are changed as they are read.

    Parameters
    ----------
    source : RowSource
    change_targets : callable
        From targets to targets.
    change_inputs : callable, optional
        From inputs to inputs.
    """

    source: RowSource
    change_targets: Callable[[np.ndarray], np.ndarray]
    change_inputs: Callable[[Any], Any] | None = None

    @property
    def buffer(self) -> int:
        """Samples to hold in memory at a time."""
        return self.source.buffer

    @property
    def bounds(self) -> np.ndarray:
        """First samples of the pieces, and the number of samples."""
        return self.source.bounds

    def read(self, first: int, last: int) -> tuple[Any, np.ndarray]:
        """Return inputs and targets, changed."""
        X, y = self.source.read(first, last)
        X = X if self.change_inputs is None else self.change_inputs(X)
        return X, self.change_targets(y)

    def targets(self, first: int, last: int) -> np.ndarray:
        """Return the targets, changed."""
        return self.change_targets(self.source.targets(first, last))


def pieces(source: RowSource) -> Iterator[tuple[int, int]]:
    """Yield first and last sample (exclusive) of each piece of a source."""
    return pairwise(source.bounds.tolist())


def check_targets_given(X: Any, y: Any) -> None:
    """Refuse targets beside a stream, which has its own, and arrays without targets."""
    if not isinstance(X, RowSource):
        if y is None:
            raise ValueError("y must hold the targets of X; got None, which is for streams")
    elif y is not None:
        raise ValueError(f"y must be None for a stream, which has targets; got {received(y)}")


def example_targets(X: Any, y: Any) -> Any:
    """Return targets that tell which loss suits all: of a stream, some of its different values."""
    if not isinstance(X, RowSource):
        return y
    found = np.empty((0,))
    for first, last in pieces(X):
        part = X.targets(first, last)
        if part.ndim > 1:
            return part
        # With several outputs or other values than those of labels, the rest makes no difference.
        found = np.union1d(found.astype(part.dtype), part)
        if len(found) > len(LABELS) or not np.isin(found, LABELS).all():
            break
    return found
