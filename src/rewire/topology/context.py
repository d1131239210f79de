"""What a criterion may read when a model is rewired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rewire.connectivity import Candidates, ConnectionTable, Rows, Signals, SparseModel
from rewire.connectivity.protocol import ABILITIES
from rewire.connectivity.signals import connection_gradients, join_batches
from rewire.io import advise
from rewire.schedules import Time

__all__ = ["NEEDS", "CheckedContext", "RewiringContext"]

# What a part of a method may declare to need, and what that asks for.
NEEDS = ABILITIES | {
    "gradient": "the gradients of the existing connections, from a batch of data",
    "momentum": "an optimiser that keeps a momentum of each connection (SGD with momentum, Adam)",
    "age": "the time at which connections were grown",
}
# Attributes of a context that may be read only where the need is declared.
_NEED_OF = {
    "activation": "signals",
    "sensitivity": "signals",
    "gradient": "gradient",
    "momentum": "momentum",
    "recent": "momentum",
    "age": "age",
}
MOMENTUM_COLUMNS = ("velocity", "first_moment")


def declared(needs: Iterable[str]) -> frozenset[str]:
    """Return the declared needs of a part; unknown needs are refused."""
    unknown = sorted(set(needs) - set(NEEDS))
    if unknown:
        raise ValueError(f"needs must be among {', '.join(NEEDS)}; got {unknown[0]!r}")
    return frozenset(needs)


class RewiringContext:
    """A model at the time of a rewiring, as criteria see it.

    Arrays over connections are aligned with the connection table. Always there: ``model``,
    ``table``, ``candidates``, ``time``, ``generator`` (the only source of randomness to use),
    ``weight``, ``source``, ``target``, ``birth``, ``fan_in``, ``fan_out``, ``group`` (the group of
    the method's scope that each connection belongs to), ``dropped`` (rows of the table that this
    rewiring will drop; none until that is decided) and ``cache`` (for results that hold until
    ``dropped`` changes). To be declared by a criterion that reads them: ``activation`` and
    ``sensitivity`` (``"signals"``), ``gradient``, ``momentum`` and ``recent`` (``"momentum"``),
    ``age``.

    Parameters
    ----------
    model : SparseModel
    time : Time
    generator : numpy.random.Generator
    candidates : Candidates
        What may be connected, and the groups of the method's scope.
    signals : sequence of Signals
        One per batch of data that growth looks at, the oldest first.
    momentum_factor : float, optional
        The optimiser's β, by which older batches are weighted.
    born_at : callable, optional
        From births to the step after which each connection was grown.
    strongest : callable, optional
        From the first targets of groups and counts to the candidates to grow, where these were
        found before; see :func:`strongest_candidates`.

    Examples
    --------
    A criterion that prints the first connection:

    >>> import rewire
    >>> from rewire.methods import SET
    >>> from rewire.topology import Rewirer, drop_criteria, drop_criterion
    >>> @drop_criterion("largest")
    ... def largest(ctx):
    ...     print(f"{ctx.source[0]} → {ctx.target[0]}, of {ctx.fan_in[ctx.target[0]]} into it")
    ...     return -abs(ctx.weight)
    >>> net = rewire.mlp([3, 2, 1], seed=0)
    >>> record = Rewirer(SET(drop=largest, every=1), net, total_steps=2, seed=0).rewire(1)
    0 → 3, of 3 into it
    >>> drop_criteria.remove("largest")
    """

    def __init__(
        self,
        model: SparseModel,
        time: Time,
        generator: np.random.Generator,
        candidates: Candidates,
        signals: Sequence[Signals] = (),
        momentum_factor: float | None = None,
        born_at: Callable[[np.ndarray], np.ndarray] | None = None,
        strongest: Callable[[np.ndarray, np.ndarray], Any] | None = None,
    ):
        self.model, self.time, self.generator = model, time, generator
        self.candidates = candidates
        self.strongest = strongest
        self.target = self.table.target
        self.group_row = self.table.indptr[candidates.group_start].astype(np.int64)
        self.dropped = np.empty(0, np.int64)
        self._signals, self._momentum_factor, self._born_at = signals, momentum_factor, born_at

    # ------------------------------------------------------------------------- always there

    @property
    def table(self) -> ConnectionTable:
        """The model's connection table."""
        return self.model.connections

    @property
    def dropped(self) -> np.ndarray:
        """Rows of the table that this rewiring will drop."""
        return self._dropped

    @dropped.setter
    def dropped(self, rows: np.ndarray) -> None:
        self._dropped = rows
        self.cache: dict[Any, Any] = {}

    @property
    def weight(self) -> np.ndarray:
        """Connection weights."""
        return self.table.weight

    @property
    def source(self) -> np.ndarray:
        """Source unit of every connection."""
        return self.table.source

    @property
    def birth(self) -> np.ndarray:
        """Birth order of the connections."""
        return self.table.birth

    @cached_property
    def fan_in(self) -> np.ndarray:
        """Number of connections into every unit."""
        return self.table.fan_in

    @cached_property
    def fan_out(self) -> np.ndarray:
        """Number of connections out of every unit."""
        return self.table.fan_out

    @cached_property
    def group(self) -> np.ndarray:
        """Group of every connection."""
        return np.repeat(np.arange(len(self.group_row) - 1), np.diff(self.group_row))

    # ----------------------------------------------------------------------- to be declared

    @property
    def activation(self) -> Rows:
        """Activations, one row for each source unit; ``reduce`` makes one number of each row."""
        return self._mean[0]

    @property
    def sensitivity(self) -> Rows:
        """dL/d(pre-activation) of target units, scaled so that D[t] @ A[s] is a mean gradient."""
        return self._mean[1]

    @cached_property
    def gradient(self) -> np.ndarray:
        """Gradient of every existing connection, the mean over the batches."""
        return connection_gradients(self.table, self.candidates.blocks, *self._mean)

    @property
    def momentum(self) -> np.ndarray:
        """The optimiser's momentum of every existing connection; zeros before its first step."""
        columns = self.table.data
        name = next((name for name in MOMENTUM_COLUMNS if name in columns), None)
        return columns[name] if name else np.zeros_like(self.weight)

    @cached_property
    def recent(self) -> tuple[Rows, Rows]:
        """A and D such that D[t] @ A[s] is a momentum, Σ βⁱ gᵢ over the batches, newest i = 0."""
        beta = self._momentum_factor or 0.0
        return self._joined([beta**i for i in reversed(range(len(self._signals)))])

    @property
    def age(self) -> np.ndarray:
        """Age of every connection, in steps."""
        if self._born_at is None:
            return np.full(len(self.birth), self.time.step)
        return self.time.step - self._born_at(self.birth)

    @cached_property
    def _mean(self) -> tuple[Rows, Rows]:
        batches = len(self._signals)
        return self._joined([1 / max(batches, 1)] * batches)

    def _joined(self, factors: Sequence[float]) -> tuple[Rows, Rows]:
        if not self._signals:
            raise ValueError("this rewiring looks at gradients; give it the signals of a batch")
        return join_batches(self._signals, factors, self.table.units)


class CheckedContext:
    """The context as one part of a method sees it: it may read only what it has declared."""

    def __init__(self, context: RewiringContext, name: str, needs: frozenset[str]):
        self._context, self._name, self._needs = context, name, needs

    def __getattr__(self, attribute: str) -> Any:
        need = _NEED_OF.get(attribute)
        if need and need not in self._needs:
            raise TypeError(
                advise(
                    f"criterion {self._name!r} reads {attribute!r} without declaring it",
                    f"add needs=[{need!r}] to its decorator",
                )
            )
        return getattr(self._context, attribute)
