"""A method is a choice of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import NoneType
from typing import Any, Protocol

import numpy as np

from rewire.connectivity.blocks import SCOPES
from rewire.graph import Network, layer_densities
from rewire.io import Registry
from rewire.schedules import Constant, Schedule, Time

from .budgets import Redistribution, redistributions
from .context import NEEDS
from .criteria import DropCriterion, GrowCriterion, drop_criteria, grow_criteria
from .neurons import NeuronRule, neuron_rules
from .revival import Revival

__all__ = ["Method", "PruningSchedule", "Threshold", "When", "get_method", "method_registry"]


class When(Protocol):
    """Says after which steps to rewire."""

    def steps(self, total_steps: int, steps_per_epoch: int) -> np.ndarray:
        """Return the steps, ascending, in a training of ``total_steps`` steps."""


@dataclass(frozen=True)
class PruningSchedule:
    """From the density a network starts with to a final one.

    Parameters
    ----------
    density : float or sequence of float
        At the end, in (0, 1]: of the whole network, or of each layer.
    shape : schedule
        How much of the way is done at a time, from 0 to 1, such as :class:`Cubic`.
    distribution : str, default "uniform"
        How one density is spread over the layers; see :func:`rewire.mlp`.
    geometric : bool, default False
        Whether equal parts of the way remove equal shares of what is left, rather than equal
        numbers.

    Examples
    --------
    From dense to a tenth, most of it early:

    >>> from rewire.schedules import Cubic
    >>> from rewire.methods import RigL
    >>> method = RigL(pruning=PruningSchedule(0.1, Cubic()))
    >>> method.pruning.density
    0.1
    """

    density: float | Sequence[float]
    shape: Schedule = Constant(1.0)
    distribution: str = "uniform"
    geometric: bool = False

    def budget(self, net: Network, first: np.ndarray, time: Time) -> np.ndarray:
        """Return how many connections each layer is to have; it had ``first`` at the start."""
        done, final = self.shape(time), self._final(net)
        if self.geometric:
            return np.round(first * (final / np.maximum(first, 1)) ** done).astype(np.int64)
        return np.round(first + (final - first) * done).astype(np.int64)

    def _final(self, net: Network) -> np.ndarray:
        densities = layer_densities(net.ranks, density=self.density, distribution=self.distribution)
        possible = np.multiply(net.ranks[1:], net.ranks[:-1])
        return np.maximum(np.round(np.multiply(densities, possible)), possible > 0).astype(np.int64)


@dataclass(frozen=True)
class Threshold:
    r"""Drop all \|w\| below one threshold for all layers, which adapts itself; DSR's rule.

    Parameters
    ----------
    fraction : float, default 0.1
        Of all connections that should go in one rewiring, in (0, 1].
    tolerance : float, default 0.1
        The threshold doubles when fewer than (1 - tolerance) of them went, and halves when more
        than (1 + tolerance).
    start : float, default 0.001

    Examples
    --------
    >>> from rewire.methods import DSR
    >>> DSR(Threshold(0.05, start=0.01)).fraction
    Threshold(fraction=0.05, tolerance=0.1, start=0.01)
    """

    fraction: float = 0.1
    tolerance: float = 0.1
    start: float = 1e-3

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise ValueError(f"fraction must be in (0, 1]; got {self.fraction}")
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"tolerance must be in [0, 1); got {self.tolerance}")
        if not 0 < self.start < np.inf:
            raise ValueError(f"start must be above 0 and finite; got {self.start}")

    def next(self, threshold: float, dropped: int, connections: int) -> float:
        """Return the next threshold."""
        wanted = self.fraction * connections
        if dropped < (1 - self.tolerance) * wanted:
            return 2 * threshold
        return threshold / 2 if dropped > (1 + self.tolerance) * wanted else threshold


@dataclass(frozen=True, kw_only=True)
class Method:
    """Where connections go while a network is trained.

    Parameters
    ----------
    name : str
    when : When, optional
        After which steps; never by default.
    drop : str or DropCriterion, default "magnitude"
        What goes first.
    grow : str or GrowCriterion, optional
        What comes instead; nothing by default.
    fraction : schedule or Threshold, optional
        Share of the connections of each group that is replaced: a number, or a function of the
        time; none by default.
    scope : {"neuron", "layer", "network"}, default "layer"
        Within which group as many are grown as are dropped: the connections into one neuron, into
        one layer, or all.
    redistribute : str or Redistribution, optional
        How the dropped connections are shared among the layers, rather than by scope.
    pruning : PruningSchedule, optional
        A final density to prune to; without it, the number of connections never changes.
    neurons : str or NeuronRule, optional
        What happens to whole neurons.
    revive : Revival, optional
        Whether neurons that do nothing start anew before connections move.
    wiring : {"layered", "skip"}, default "layered"
        Whether connections grow from the rank before only, or from all before.
    allow_regrowth : bool, default False
        Whether a dropped connection may be grown again at once; it then keeps its weight and state.
    skip_update : bool, default False
        Whether a rewiring takes the place of the step that would come next.
    batches : int, default 1
        Number of latest batches that the gradients for growth are averaged over.
    samples : {"all", "last"}, default "all"
        Which samples of a batch growth looks at. ``"last"`` is what the post's code does.
    candidates : float, optional
        Look only at a random sample of the absent connections, so many for each one to grow.
    rewind : bool, default False
        Whether surviving weights return to their first values at each rewiring.
    initial : str, default "sparse"
        What network the method expects: ``"sparse"`` or ``"dense"``; for front ends that make one.

    Examples
    --------
    >>> from rewire.schedules import Cosine, Every
    >>> Method(name="mine", when=Every(100, end=0.75), grow="gradient", fraction=Cosine(0.3)).scope
    'layer'
    """

    name: str
    when: When | None = None
    drop: Any = "magnitude"
    grow: Any = None
    fraction: Any = None
    scope: str = "layer"
    redistribute: Any = None
    pruning: PruningSchedule | None = None
    neurons: Any = None
    revive: Revival | None = None
    wiring: str = "layered"
    allow_regrowth: bool = False
    skip_update: bool = False
    batches: int = 1
    samples: str = "all"
    candidates: float | None = None
    rewind: bool = False
    initial: str = field(default="sparse", repr=False)

    def __post_init__(self) -> None:
        self._find("drop", drop_criteria, DropCriterion)
        self._find("grow", grow_criteria, GrowCriterion)
        self._find("redistribute", redistributions, Redistribution)
        self._find("neurons", neuron_rules, NeuronRule)
        if isinstance(self.fraction, (int, float)):
            object.__setattr__(self, "fraction", Constant(self.fraction))
        _one_of("scope", self.scope, SCOPES)
        _one_of("wiring", self.wiring, ("layered", "skip"))
        _one_of("samples", self.samples, ("all", "last"))
        _one_of("initial", self.initial, ("sparse", "dense"))
        if not isinstance(self.revive, (Revival, NoneType)):
            raise TypeError(f"revive must be a Revival or None; got {self.revive!r}")
        if self.revive is not None and self.samples == "last":
            raise ValueError("samples must be 'all' to see which neurons are idle; got 'last'")
        if self.pruning is not None and self.scope == "neuron":
            raise ValueError("scope must be 'layer' or 'network' for pruning; got 'neuron'")
        if self.batches < 1:
            raise ValueError(f"batches must be at least 1; got {self.batches}")
        if self.candidates is not None and self.candidates < 1:
            raise ValueError(
                "candidates must be at least 1 for each connection to grow, or None for all; "
                f"got {self.candidates}"
            )
        if self.fraction is not None and self.grow is None:
            raise ValueError("grow must name what comes instead of what fraction drops; got None")

    def _find(self, name: str, registry: Registry, type_: type) -> None:
        part = getattr(self, name)
        if part is not None:
            object.__setattr__(self, name, registry.find(part, type_))

    @cached_property
    def needs(self) -> frozenset[str]:
        """What all its parts together need."""
        parts = (self.drop, self.grow, self.redistribute, self.neurons, self.revive)
        return frozenset().union(*(part.needs for part in parts if part is not None))

    @cached_property
    def looks_at_data(self) -> bool:
        """Whether a rewiring needs a batch of data."""
        return self.when is not None and bool(self.needs & {"signals", "gradient"})

    def __getstate__(self) -> dict[str, Any]:
        # What has been looked up on the way is not part of a method, nor of its pickle or its hash.
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def check(self, optimizer: Any = None) -> None:
        """Refuse what cannot be had, before any training.

        Raises
        ------
        ValueError
            If a part needs the momentum of connections and the optimiser keeps none.
        """
        if self.when is not None and "momentum" in self.needs and not momentum_of(optimizer):
            raise ValueError(
                f"method {self.name!r} needs {NEEDS['momentum']}; got {optimizer!r}: use for "
                "example SGD(lr=0.1, momentum=0.9)"
            )


def momentum_of(optimizer: Any) -> float:
    """Return an optimiser's β, 0 where it keeps no momentum."""
    betas = getattr(optimizer, "betas", None)
    return float(betas[0]) if betas else float(getattr(optimizer, "momentum", 0.0))


method_registry: Registry[Callable[..., Method]] = Registry("method", home="rewire.methods")


def get_method(method: str | Method | None, **options: Any) -> Method:
    """Return a method by its name, with options for its parts; a method is returned as it is.

    Examples
    --------
    >>> from rewire import methods
    >>> methods.get("rigl", every=50).when.interval
    50
    >>> methods.get(None).name
    'static'
    """
    if isinstance(method, Method):
        if options:
            raise ValueError(f"options are for methods by name; got {sorted(options)}")
        return method
    return method_registry["static" if method is None else method](**options)


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {value!r}")
