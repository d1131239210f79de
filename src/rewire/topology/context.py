"""What a criterion may look at when a network is rewired."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rewire.connectivity.blocks import Candidates
from rewire.graph import Network, Signals
from rewire.schedules import Time

__all__ = ["NEEDS", "RewiringContext", "View"]

# What has to be declared, and what each asks for.
NEEDS = {
    "signals": "activations and sensitivities of a batch of data",
    "gradient": "the gradients of the existing connections, from a batch of data",
    "momentum": "an optimiser that keeps a momentum of each connection (SGD with momentum, Adam)",
    "age": "the time at which connections were grown",
}
# Attributes of a moment that belong to a need.
_BELONGS = {"activation": "signals", "sensitivity": "signals", "recent": "momentum"} | {
    name: name for name in NEEDS
}
MOMENTUM_COLUMNS = ("velocity", "first_moment")
CACHED_ROWS = 8192


def declared(needs: Iterable[str]) -> frozenset[str]:
    """Return what a part declares to need; unknown needs are refused."""
    unknown = sorted(set(needs) - set(NEEDS))
    if unknown:
        raise ValueError(f"needs must be among {', '.join(NEEDS)}; got {unknown[0]!r}")
    return frozenset(needs)


class RewiringContext:
    """A network at the moment of a rewiring; arrays over connections are aligned with its table.

    Always there: ``net``, ``time``, ``generator`` (the only source of randomness to use),
    ``weight``, ``source``, ``target``, ``birth``, ``fan_in``, ``fan_out``, ``group`` (which group
    of the method's scope a connection belongs to), ``dropped`` (rows of the table that this
    rewiring is going to drop; none until that is decided) and ``cache`` (for what is computed once
    and holds until ``dropped`` changes). To be declared by a criterion that reads them:
    ``activation`` and ``sensitivity`` (``"signals"``), ``gradient``, ``momentum`` and
    ``recent`` (``"momentum"``), ``age``.

    Parameters
    ----------
    net : Network
    time : Time
    generator : numpy.random.Generator
    places : Candidates
        What may be connected, and the groups of the method's scope.
    signals : sequence of Signals
        One per batch of data that growth looks at, the oldest first.
    momentum_factor : float, optional
        The optimiser's β, to weigh older batches with.
    born_at : callable, optional
        From birth numbers to the step after which each was born.

    Examples
    --------
    A criterion gets it; here one looks at the first connection.

    >>> import rewire
    >>> from rewire.methods import SET
    >>> from rewire.topology import Rewirer, drop_criteria, drop_criterion
    >>> @drop_criterion("largest")
    ... def largest(now):
    ...     print(f"{now.source[0]} → {now.target[0]}, of {now.fan_in[now.target[0]]} into it")
    ...     return -abs(now.weight)
    >>> net = rewire.mlp([3, 2, 1], seed=0)
    >>> record = Rewirer(SET(drop=largest, every=1), net, total_steps=2, seed=0).rewire(1)
    0 → 3, of 3 into it
    >>> drop_criteria.remove("largest")
    """

    def __init__(
        self,
        net: Network,
        time: Time,
        generator: np.random.Generator,
        places: Candidates,
        signals: Sequence[Signals] = (),
        momentum_factor: float | None = None,
        born_at: Callable[[np.ndarray], np.ndarray] | None = None,
    ):
        self.net, self.time, self.generator = net, time, generator
        self.places, table = places, net.connections
        self.target = table.target
        self.group_row = table.indptr[places.group_start].astype(np.int64)
        self.dropped = np.empty(0, np.int64)
        self._signals, self._momentum_factor, self._born_at = signals, momentum_factor, born_at

    # ------------------------------------------------------------------------- always there

    @property
    def dropped(self) -> np.ndarray:
        """Rows of the table that this rewiring is going to drop."""
        return self._dropped

    @dropped.setter
    def dropped(self, rows: np.ndarray) -> None:
        self._dropped = rows
        self.cache: dict[Any, Any] = {}

    @property
    def weight(self) -> np.ndarray:
        """Weight of every connection."""
        return self.net.connections.weight

    @property
    def source(self) -> np.ndarray:
        """Source neuron of every connection."""
        return self.net.connections.source

    @property
    def birth(self) -> np.ndarray:
        """Order in which the connections came to be."""
        return self.net.connections.birth

    @property
    def fan_in(self) -> np.ndarray:
        """Connections into every neuron."""
        return self.net.connections.fan_in

    @cached_property
    def fan_out(self) -> np.ndarray:
        """Connections out of every neuron."""
        return self.net.connections.fan_out

    @cached_property
    def group(self) -> np.ndarray:
        """Group of every connection."""
        return np.repeat(np.arange(len(self.group_row) - 1), np.diff(self.group_row))

    # ----------------------------------------------------------------------- to be declared

    @property
    def activation(self) -> np.ndarray:
        """Activations of all neurons, shape (neurons, samples)."""
        return self._mean[0]

    @property
    def sensitivity(self) -> np.ndarray:
        """dL/d(pre-activation) of all neurons, scaled so that D[t] @ A[s] is a mean gradient."""
        return self._mean[1]

    @cached_property
    def gradient(self) -> np.ndarray:
        """Gradient of every existing connection, the mean over the batches."""
        A, D = self._mean
        gradient = np.empty_like(self.weight)
        for first in range(0, len(gradient), CACHED_ROWS):
            rows = slice(first, first + CACHED_ROWS)
            gradient[rows] = np.einsum("ij,ij->i", D[self.target[rows]], A[self.source[rows]])
        return gradient

    @property
    def momentum(self) -> np.ndarray:
        """The optimiser's momentum of every existing connection; zeros before its first step."""
        columns = self.net.connections.data
        name = next((name for name in MOMENTUM_COLUMNS if name in columns), None)
        return columns[name] if name else np.zeros_like(self.weight)

    @cached_property
    def recent(self) -> tuple[np.ndarray, np.ndarray]:
        """A and D such that D[t] @ A[s] is a momentum, Σ βⁱ gᵢ over the batches, newest i = 0."""
        beta = self._momentum_factor or 0.0
        return self._joined([beta**i for i in reversed(range(len(self._signals)))])

    @property
    def age(self) -> np.ndarray:
        """Steps since every connection came to be."""
        if self._born_at is None:
            return np.full(len(self.birth), self.time.step)
        return self.time.step - self._born_at(self.birth)

    @cached_property
    def _mean(self) -> tuple[np.ndarray, np.ndarray]:
        batches = len(self._signals)
        return self._joined([1 / max(batches, 1)] * batches)

    def _joined(self, factors: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        if not self._signals:
            raise ValueError("this rewiring looks at gradients; give it a batch of data, X and y")
        if len(self._signals) == 1:
            return self._signals[0]
        A = np.concatenate([signals.activation for signals in self._signals], axis=1)
        parts = zip(self._signals, factors, strict=True)
        D = np.concatenate([s.sensitivity * A.dtype.type(f) for s, f in parts], axis=1)
        return A, D


class View:
    """A moment as a criterion sees it: what it has not declared, it may not read."""

    def __init__(self, moment: RewiringContext, name: str, needs: frozenset[str]):
        self._moment, self._name, self._needs = moment, name, needs

    def __getattr__(self, attribute: str) -> Any:
        need = _BELONGS.get(attribute)
        if need and need not in self._needs:
            raise TypeError(
                f"criterion {self._name!r} reads {attribute!r} without declaring it; add "
                f"needs=[{need!r}] to its decorator"
            )
        return getattr(self._moment, attribute)
