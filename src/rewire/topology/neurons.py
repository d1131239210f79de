"""What happens to whole neurons at a rewiring."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from rewire.connectivity.blocks import count_in_groups
from rewire.io import Decorated, Registry

from .candidates import Pairs
from .context import RewiringContext, View, declared
from .selection import earlier_of_same, retain

__all__ = ["NeuronRule", "RewiringPlan", "neuron_rule", "neuron_rules"]


@dataclass
class RewiringPlan:
    """A rewiring as planned, for a rule to change before it happens.

    Attributes
    ----------
    score : ndarray, shape (connections,)
        What the drop criterion said; connections of low score go first.
    dropped : ndarray of int
        Rows of the table to drop.
    group_start : ndarray of int, shape (groups + 1,)
        Targets of group g of the growth.
    grow : ndarray of int, shape (groups,)
        How many connections to grow in each group.
    strongest : callable
        From (group_start, counts) to the absent connections that growth would choose, group by
        group.
    wanted : int
        How many should grow, were there candidates enough.

    Examples
    --------
    >>> import rewire
    >>> from rewire.methods import RigL
    >>> from rewire.topology import Rewirer, neuron_rule, neuron_rules
    >>> @neuron_rule("watch")
    ... def watch(now, draft):
    ...     print(f"{len(draft.dropped)} go, {draft.grow.sum()} come")
    ...     return draft
    >>> net = rewire.mlp([4, 8, 2], density=0.5, seed=0)
    >>> rewirer = Rewirer(RigL(0.25, every=1, neurons="watch"), net, total_steps=10)
    >>> record = rewirer.rewire(1, [([[1, 2, 3, 4], [4, 3, 2, 1]], [0, 1])])
    4 go, 4 come
    >>> neuron_rules.remove("watch")
    """

    score: np.ndarray
    dropped: np.ndarray
    group_start: np.ndarray
    grow: np.ndarray
    strongest: Callable[[np.ndarray, np.ndarray], Pairs]
    wanted: int


class NeuronRule(Decorated):
    """Changes a draft, or the network once it is rewired. Made by :func:`neuron_rule`."""

    def __init__(self, name: str, function: Callable, needs: Iterable[str] = ()):
        self.name, self.function, self.needs = name, function, declared(needs)
        self.__doc__ = function.__doc__

    def using(self, **options: Any) -> NeuronRule:
        """Return the same rule with other options."""
        return NeuronRule(self.name, partial(self.function, **options), self.needs)

    def __call__(self, now: RewiringContext, draft: RewiringPlan) -> RewiringPlan:
        """Return the draft to carry out."""
        return self.function(View(now, self.name, self.needs), draft)

    def __repr__(self) -> str:
        return f"<NeuronRule {self.name!r}>"


neuron_rules: Registry[NeuronRule] = Registry("neuron rule")


def neuron_rule(name: str, needs: Iterable[str] = ()) -> Callable[[Callable], NeuronRule]:
    """Register a function of (now, draft) that returns a draft.

    Examples
    --------
    >>> from rewire.methods import RigL
    >>> from rewire.topology import neuron_rule, neuron_rules
    >>> @neuron_rule("as planned")
    ... def as_planned(now, draft):
    ...     return draft
    >>> RigL(neurons="as planned").neurons is as_planned
    True
    >>> neuron_rules.remove("as planned")
    """
    return lambda function: neuron_rules.add(name, NeuronRule(name, function, needs))


@neuron_rule("constant fan-in")
def constant_fan_in(
    now: RewiringContext, draft: RewiringPlan, ablate_below: float = 0.0
) -> RewiringPlan:
    """Give all neurons of a layer the same fan-in; remove neurons that have too few strong ones.

    SRigL (arXiv 2305.02299, section 3). A connection is salient if it survives the drop or is among
    the layer's strongest candidates. A neuron with fewer of them than ``ablate_below`` (the paper's
    γ) times the layer's fan-in loses all its connections for good, and its budget goes to the
    others. Fan-ins differ by at most one where the budget is not divisible by the neurons.
    """
    net, table = now.net, now.net.connections
    start = net.rank_start
    candidates = draft.strongest(draft.group_start, draft.grow)
    missing = draft.grow - count_in_groups(draft.group_start, candidates.target)
    dropped, _ = retain(
        weakest_first(now, draft.score, draft.dropped), now.target, draft.group_start, missing
    )
    drop = np.zeros(len(table), bool)
    drop[dropped] = True
    kept = np.bincount(now.target[~drop], minlength=net.size)
    salient = kept + np.bincount(candidates.target, minlength=net.size)
    wanted = np.zeros(net.size, np.int64)
    for rank in range(1, len(net.ranks)):
        here = np.arange(start[rank], start[rank + 1])
        active = here[now.fan_in[here] > 0]
        budget = int(salient[here].sum())
        if not budget:
            continue
        if not len(active):  # its first connections come now
            active = here
        enough = salient[active] >= ablate_below * budget / len(active)
        # At least as many neurons stay as the budget needs at full fan-in.
        least = max(1, -(-budget // max(net.ranks[rank - 1], 1)))
        order = np.lexsort((active, -salient[active]))
        active = active[order[: max(int(enough.sum()), least)]]
        wanted[active] = budget // len(active)
        wanted[active[: budget % len(active)]] += 1
    rank_of_row = np.lexsort((now.birth, now.target, draft.score))
    surplus = _surplus(now.target[rank_of_row], ~drop[rank_of_row], wanted, net.size)
    drop[rank_of_row[surplus]] = True
    kept = np.bincount(now.target[~drop], minlength=net.size)
    rows = rank_of_row[drop[rank_of_row]]
    return RewiringPlan(
        draft.score,
        rows,
        np.arange(start[1], start[-1] + 1),
        (wanted - kept)[start[1] :],
        draft.strongest,
        draft.wanted - int((salient - wanted).sum()),
    )


def weakest_first(now: RewiringContext, score: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Sort rows by their score; equal ones go by target, then the oldest first."""
    return rows[np.lexsort((now.birth[rows], now.target[rows], score[rows]))]


def _surplus(target: np.ndarray, kept: np.ndarray, wanted: np.ndarray, neurons: int) -> np.ndarray:
    """Return which kept connections (weakest first) exceed what their targets want."""
    positions = np.flatnonzero(kept)
    owner = target[positions]
    surplus = np.bincount(owner, minlength=neurons) - wanted
    return positions[earlier_of_same(owner) < surplus[owner]]
