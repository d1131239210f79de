"""A method: what to drop and grow, when, how much and within which groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import NoneType
from typing import Any, Protocol

import numpy as np

from rewire.connectivity import SparseModel
from rewire.connectivity.candidates import SCOPES
from rewire.connectivity.protocol import ABILITIES
from rewire.io import Registry, advise
from rewire.schedules import Constant
from rewire.validation import of_type

from .amounts import PruningSchedule
from .budgets import Redistribution, redistributions
from .context import NEEDS
from .criteria import DropCriterion, GrowCriterion, drop_criteria, grow_criteria
from .neurons import NeuronRule, neuron_rules
from .revival import Revival

__all__ = ["Method", "When", "get_method", "method_registry"]


class When(Protocol):
    """After which steps to rewire; see :mod:`rewire.schedules`."""

    def steps(self, total_steps: int, steps_per_epoch: int) -> np.ndarray:
        """Return the steps, ascending, in a training of ``total_steps`` steps."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to rewire a model while it is trained, as a choice of parts.

    Parameters
    ----------
    name : str
    when : When, optional
        After which steps; never by default.
    drop : str or DropCriterion, default "magnitude"
        Scores connections; the lowest are dropped first.
    grow : str or GrowCriterion, optional
        Scores candidates; the highest are grown. Nothing grows by default.
    fraction : schedule or Threshold, optional
        Share of the connections of each group that is replaced: a number, or a function of the
        time; none by default.
    scope : {"neuron", "layer", "network"}, default "layer"
        The groups within which as many connections are grown as are dropped: those into one
        neuron, into one layer, or all.
    redistribute : str or Redistribution, optional
        How dropped connections are divided among the layers, instead of by scope.
    pruning : PruningSchedule, optional
        A final density to prune to; without it, the number of connections never changes.
    neurons : str or NeuronRule, optional
        Changes the plan where it concerns whole neurons.
    revive : Revival, optional
        Starts idle neurons anew before connections move.
    skip_connections : bool, default False
        Whether connections grow from all earlier layers, rather than from the last one only.
    allow_regrowth : bool, default False
        Whether a dropped connection may be grown again at once; it then keeps its weight and state.
    skip_update : bool, default False
        Whether a rewiring replaces the step that would come next.
    batches : int, default 1
        Number of latest batches over which the gradients for growth are averaged.
    growth_samples : {"all", "last"}, default "all"
        Which samples of a batch growth looks at; the post's code looks at the last one.
    growth_candidates : float, optional
        Look at a random sample of the candidates only: so many for each connection to grow.
    rewind : bool, default False
        Whether surviving weights are rewound to their first values at each rewiring.
    initial : str, default "sparse"
        How dense a model the method starts with, for front ends that make one: ``"sparse"`` or
        ``"dense"``.

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
    skip_connections: bool = False
    allow_regrowth: bool = False
    skip_update: bool = False
    batches: int = 1
    growth_samples: str = "all"
    growth_candidates: float | None = None
    rewind: bool = False
    initial: str = field(default="sparse", repr=False)

    def __post_init__(self) -> None:
        self._find("drop", drop_criteria, DropCriterion)
        self._find("grow", grow_criteria, GrowCriterion)
        self._find("redistribute", redistributions, Redistribution)
        self._find("neurons", neuron_rules, NeuronRule)
        if isinstance(self.fraction, (int, float)):
            object.__setattr__(self, "fraction", Constant(self.fraction))
        for name in ("skip_connections", "allow_regrowth", "skip_update", "rewind"):
            of_type(getattr(self, name), name, bool)
        _one_of("scope", self.scope, SCOPES)
        _one_of("growth_samples", self.growth_samples, ("all", "last"))
        _one_of("initial", self.initial, ("sparse", "dense"))
        if not isinstance(self.revive, (Revival, NoneType)):
            raise TypeError(f"revive must be a Revival or None; got {self.revive!r}")
        if self.revive is not None and self.growth_samples == "last":
            raise ValueError(
                "growth_samples must be 'all' to see which neurons are idle; got 'last'"
            )
        if self.pruning is not None and self.scope == "neuron":
            raise ValueError("scope must be 'layer' or 'network' for pruning; got 'neuron'")
        if self.batches < 1:
            raise ValueError(f"batches must be at least 1; got {self.batches}")
        if self.growth_candidates is not None and self.growth_candidates < 1:
            raise ValueError(
                "growth_candidates must be at least 1 for each connection to grow, or None for "
                f"all; got {self.growth_candidates}"
            )
        if self.fraction is not None and self.grow is None:
            raise ValueError(
                "grow must name a criterion where fraction is given, as what is dropped is grown "
                "elsewhere; got None: use pruning to remove connections"
            )

    def _find(self, name: str, registry: Registry, type_: type) -> None:
        part = getattr(self, name)
        if part is not None:
            object.__setattr__(self, name, registry.find(part, type_))

    @cached_property
    def needs(self) -> frozenset[str]:
        """What all its parts together need; :data:`NEEDS` says what each asks for."""
        parts = (self.drop, self.grow, self.redistribute, self.neurons, self.revive)
        own = {"rewinding": self.rewind, "skip connections": self.skip_connections}
        return frozenset(need for need, needed in own.items() if needed).union(
            *(part.needs for part in parts if part is not None)
        )

    @cached_property
    def looks_at_data(self) -> bool:
        """Whether a rewiring needs a batch of data."""
        return self.when is not None and bool(self.needs & {"signals", "gradient"})

    def __getstate__(self) -> dict[str, Any]:
        # Cached properties are not part of a method, nor of its pickle or its hash.
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def check(self, model: SparseModel, optimizer: Any = None) -> None:
        """Refuse a model or an optimiser that lacks what the method needs.

        Raises
        ------
        ValueError
            If the model lacks an ability, or the optimiser keeps no momentum.
        """
        if self.when is None:
            return
        needs = self.needs | ({"signals"} if self.looks_at_data else frozenset())
        for need in ABILITIES:
            if need in needs and need not in model.abilities:
                raise ValueError(
                    f"method {self.name!r} needs {ABILITIES[need]} ({need!r}); got "
                    f"{type(model).__name__}, which offers "
                    f"{', '.join(sorted(model.abilities)) or 'nothing'}: choose another method"
                )
        if "momentum" in needs and not momentum_of(optimizer):
            raise ValueError(
                advise(
                    f"method {self.name!r} needs {NEEDS['momentum']}; got {optimizer!r}",
                    "give the optimizer momentum (momentum=0.9)",
                )
            )


def momentum_of(optimizer: Any) -> float:
    """Return an optimiser's β; 0 if it keeps no momentum."""
    betas = getattr(optimizer, "betas", None)
    return float(betas[0]) if betas else float(getattr(optimizer, "momentum", 0.0))


method_registry: Registry[Callable[..., Method]] = Registry("method", home="rewire.methods")


def get_method(method: str | Method | None, **options: Any) -> Method:
    """Return a method by its name, with options; a method is returned as it is.

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
