"""Neuron rules: changes to the plan of a rewiring that concern whole neurons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from rewire.connectivity.candidates import count_in_groups
from rewire.io import Decorated, Registry

from .context import CheckedContext, RewiringContext, declared
from .growth import NewConnections
from .selection import ascending, earlier_of_same, retain

__all__ = ["NeuronRule", "RewiringPlan", "neuron_rule", "neuron_rules"]


@dataclass
class RewiringPlan:
    """The plan of a rewiring, which a neuron rule may change.

    Attributes
    ----------
    score : ndarray, shape (connections,)
        Of the drop criterion; connections of low score are dropped first.
    dropped : ndarray of int
        Rows of the table to drop.
    group_start : ndarray of int, shape (groups + 1,)
        Targets of group g of the growth.
    grow : ndarray of int, shape (groups,)
        How many connections to grow in each group.
    strongest : callable
        From (group_start, counts) to the candidates that growth would choose, group by group.
    wanted : int
        How many should grow if there are enough candidates.

    Examples
    --------
    >>> import rewire
    >>> from rewire.methods import RigL
    >>> from rewire.topology import Rewirer, neuron_rule, neuron_rules
    >>> @neuron_rule("watch")
    ... def watch(ctx, plan):
    ...     print(f"{len(plan.dropped)} go, {plan.grow.sum()} come")
    ...     return plan
    >>> net = rewire.mlp([4, 8, 2], density=0.5, seed=0)
    >>> rewirer = Rewirer(RigL(0.25, every=1, neurons="watch"), net, total_steps=10)
    >>> record = rewirer.rewire(1, [net.signals([[1, 2, 3, 4], [4, 3, 2, 1]], [0, 1])])
    4 go, 4 come
    >>> neuron_rules.remove("watch")
    """

    score: np.ndarray
    dropped: np.ndarray
    group_start: np.ndarray
    grow: np.ndarray
    strongest: Callable[[np.ndarray, np.ndarray], NewConnections]
    wanted: int


class NeuronRule(Decorated):
    """Changes the plan of a rewiring. Made by :func:`neuron_rule`."""

    def __init__(self, name: str, function: Callable, needs: Iterable[str] = ()):
        self.name, self.function, self.needs = name, function, declared(needs)
        self.__doc__ = function.__doc__

    def using(self, **options: Any) -> NeuronRule:
        """Return the same rule with other options."""
        return NeuronRule(self.name, partial(self.function, **options), self.needs)

    def __call__(self, ctx: RewiringContext, plan: RewiringPlan) -> RewiringPlan:
        """Return the plan to carry out."""
        return self.function(CheckedContext(ctx, self.name, self.needs), plan)

    def __repr__(self) -> str:
        return f"<NeuronRule {self.name!r}>"


neuron_rules: Registry[NeuronRule] = Registry("neuron rule")


def neuron_rule(name: str, needs: Iterable[str] = ()) -> Callable[[Callable], NeuronRule]:
    """Register a function of (ctx, plan) that returns a plan.

    Examples
    --------
    >>> from rewire.methods import RigL
    >>> from rewire.topology import neuron_rule, neuron_rules
    >>> @neuron_rule("as planned")
    ... def as_planned(ctx, plan):
    ...     return plan
    >>> RigL(neurons="as planned").neurons is as_planned
    True
    >>> neuron_rules.remove("as planned")
    """
    return lambda function: neuron_rules.add(name, NeuronRule(name, function, needs))


@neuron_rule("constant fan-in")
def constant_fan_in(
    ctx: RewiringContext, plan: RewiringPlan, ablate_below: float = 0.0
) -> RewiringPlan:
    """Give all neurons of a layer the same fan-in; remove neurons that have too few strong ones.

    SRigL (arXiv 2305.02299, section 3). A connection is salient if it survives the drop or is among
    the layer's strongest candidates. A neuron with fewer of them than ``ablate_below`` (the paper's
    γ) times the layer's fan-in loses all its connections for good, and its budget goes to the
    others. Fan-ins differ by at most one where the budget is not divisible by the neurons.
    """
    units, layers = ctx.table.units, ctx.candidates.layer_start
    candidates = plan.strongest(plan.group_start, plan.grow)
    missing = plan.grow - count_in_groups(plan.group_start, candidates.target)
    dropped, _ = retain(
        weakest_first(ctx, plan.score, plan.dropped), ctx.target, plan.group_start, missing
    )
    drop = np.zeros(len(ctx.table), bool)
    drop[dropped] = True
    kept = np.bincount(ctx.target[~drop], minlength=units)
    salient = kept + np.bincount(candidates.target, minlength=units)
    wanted = np.zeros(units, np.int64)
    for sources, targets, _ in ctx.model.blocks():
        here = np.arange(targets.start, targets.stop)
        active = here[ctx.fan_in[here] > 0]
        budget = int(salient[here].sum())
        if not budget:
            continue
        if not len(active):  # the first connections of this layer
            active = here
        enough = salient[active] >= ablate_below * budget / len(active)
        # At least as many neurons stay as the budget needs at full fan-in.
        least = max(1, -(-budget // max(len(sources), 1)))
        order = np.lexsort((active, -salient[active]))
        active = active[order[: max(int(enough.sum()), least)]]
        wanted[active] = budget // len(active)
        wanted[active[: budget % len(active)]] += 1
    weakest = ascending(plan.score, ctx.target, ctx.birth)
    surplus = _surplus(ctx.target[weakest], ~drop[weakest], wanted, units)
    drop[weakest[surplus]] = True
    kept = np.bincount(ctx.target[~drop], minlength=units)
    rows = weakest[drop[weakest]]
    return RewiringPlan(
        plan.score,
        rows,
        np.arange(layers[0], layers[-1] + 1),
        (wanted - kept)[layers[0] : layers[-1]],
        plan.strongest,
        plan.wanted - int((salient - wanted).sum()),
    )


def weakest_first(ctx: RewiringContext, score: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Sort rows by their score; equal ones go by target, then the oldest first."""
    return rows[ascending(score[rows], ctx.target[rows], ctx.birth[rows])]


def _surplus(target: np.ndarray, kept: np.ndarray, wanted: np.ndarray, units: int) -> np.ndarray:
    """Return which kept connections (weakest first) exceed what their targets want."""
    positions = np.flatnonzero(kept)
    owner = target[positions]
    surplus = np.bincount(owner, minlength=units) - wanted
    return positions[earlier_of_same(owner) < surplus[owner]]
