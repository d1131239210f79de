"""Planning a rewiring: from the parts of a method to the connections to drop and grow."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from rewire.connectivity.apportion import apportion
from rewire.connectivity.candidates import count_in_groups

from .amounts import Threshold
from .budgets import whole
from .context import RewiringContext
from .growth import CSR, NewConnections, random_candidates, strongest_candidates
from .method import Method
from .neurons import RewiringPlan, weakest_first
from .selection import retain, weakest

__all__ = ["Resolved", "budget_of", "plan_rewiring", "resolve"]


class Resolved(NamedTuple):
    """A plan with its connections chosen.

    Attributes
    ----------
    drop : ndarray of int
        Rows of the connection table.
    grow : NewConnections
    shortfall : int
        Connections that should have been replaced and could not be, for want of candidates.
    """

    drop: np.ndarray
    grow: NewConnections
    shortfall: int


def budget_of(
    method: Method, ctx: RewiringContext, initial: np.ndarray, *, last: bool
) -> np.ndarray:
    """Return how many connections each group is to have after a rewiring.

    Parameters
    ----------
    method : Method
    ctx : RewiringContext
    initial : ndarray of int, shape (layers,)
        Connections of each layer at the start, from which a pruning goes.
    last : bool
        Whether no rewiring follows: it completes the pruning, also where its schedule would end
        later.
    """
    pruning = method.pruning
    if pruning is None:
        return ctx.group_row[1:] - ctx.group_row[:-1]
    time = ctx.time._replace(step=ctx.time.total_steps) if last else ctx.time
    budget = pruning.budget(ctx.model, initial, time)
    return budget if method.scope == "layer" else np.array([budget.sum()])


def plan_rewiring(
    method: Method, ctx: RewiringContext, budget: np.ndarray, threshold: float
) -> RewiringPlan:
    """Plan which connections are dropped, and how many are grown in each group.

    Parameters
    ----------
    method : Method
    ctx : RewiringContext
    budget : ndarray of int, shape (groups,)
        Connections of each group afterwards; redistribution keeps their sum.
    threshold : float
        Of a method with an adaptive :class:`Threshold`.
    """
    existing = ctx.group_row[1:] - ctx.group_row[:-1]
    score = method.drop(ctx)
    replace = _to_replace(method, ctx, score, np.minimum(existing, budget), threshold)
    drop = replace + np.maximum(existing - budget, 0)
    grow = replace + np.maximum(budget - existing, 0)
    wanted, starts = int(grow.sum()), ctx.candidates.group_start
    room = _count(ctx, starts)
    if method.allow_regrowth:
        room += drop
    if method.redistribute is None:
        drop -= np.minimum(np.maximum(grow - room, 0), drop)
        grow = np.minimum(grow, room)
    else:
        drop -= apportion(max(int(grow.sum() - room.sum()), 0), drop, drop)
    ctx.dropped = dropped = weakest(score, ctx.target, ctx.birth, ctx.group_row, drop)
    if method.redistribute is not None:
        starts = ctx.candidates.layer_start
        going = np.zeros(len(score), bool)
        going[dropped] = True
        room = _count(ctx, starts)
        if method.allow_regrowth:
            room += count_in_groups(starts, ctx.target[dropped])
        grow = apportion(int(grow.sum()), method.redistribute(ctx, going), room)
    return RewiringPlan(score, dropped, starts, grow, partial(_choose, method, ctx), wanted)


def resolve(method: Method, ctx: RewiringContext, plan: RewiringPlan) -> Resolved:
    """Choose what to grow; where too few are found, retain the strongest dropped connections."""
    ctx.dropped = going = plan.dropped
    grown = plan.strongest(plan.group_start, plan.grow)
    shortfall = max(plan.wanted - len(grown.source), 0)
    missing = int(plan.grow.sum()) - len(grown.source)
    found = count_in_groups(plan.group_start, grown.target) if missing else plan.grow
    if method.allow_regrowth:
        going, grown = _without_regrown(ctx, going, grown)
    if missing:
        going = _retain_missing(method, ctx, plan, going, plan.grow - found)
    return Resolved(going, grown, shortfall)


def _retain_missing(
    method: Method,
    ctx: RewiringContext,
    plan: RewiringPlan,
    going: np.ndarray,
    missing: np.ndarray,
) -> np.ndarray:
    """Retain as many of the strongest as are missing: of their group, of their layer, or of all.

    Of all only where the method moves connections between layers.
    """
    starts, layers = plan.group_start, ctx.candidates.layer_start
    wider = [layers]
    if method.redistribute is not None or method.scope == "network":
        wider.append(layers[[0, -1]])
    going = weakest_first(ctx, plan.score, going)
    going, missing = retain(going, ctx.target, starts, missing)
    for groups in wider:
        inside = np.searchsorted(groups, starts[:-1], side="right") - 1
        missing = np.bincount(inside, missing, len(groups) - 1)[: len(groups) - 1].astype(np.int64)
        going, missing = retain(going, ctx.target, groups, missing)
        starts = groups
    return going


def _to_replace(
    method: Method, ctx: RewiringContext, score: np.ndarray, staying: np.ndarray, threshold: float
) -> np.ndarray:
    """Return how many connections of each group are replaced."""
    if method.fraction is None:
        return np.zeros(len(staying), np.int64)
    if isinstance(method.fraction, Threshold):
        below = np.bincount(ctx.group[score < threshold], minlength=len(staying))
        return np.minimum(below, np.maximum(staying - 1, 0))  # every layer keeps at least one
    fraction = method.fraction(ctx.time)
    if not 0 <= fraction <= 1:
        raise ValueError(
            f"fraction must give numbers in [0, 1]; got {fraction} after {ctx.time.step} steps"
        )
    return whole(fraction * staying)


def _count(ctx: RewiringContext, starts: np.ndarray) -> np.ndarray:
    """Return the number of candidates of each group."""
    return ctx.candidates.count(ctx.table, ctx.target, starts)


def _choose(
    method: Method, ctx: RewiringContext, starts: np.ndarray, counts: np.ndarray
) -> NewConnections:
    """Return the connections that the method grows, group by group."""
    table, blocks = ctx.table, ctx.candidates.blocks
    if ctx.strongest is not None:
        return ctx.strongest(starts, counts)
    existing = CSR(table.indptr, table.source)
    if method.allow_regrowth and len(ctx.dropped):
        existing = CSR.without(table, ctx.dropped)
    if method.grow is None or not counts.any():
        nothing = np.empty(0, np.int64)
        return NewConnections(nothing, nothing)
    if method.grow.uniform:
        return random_candidates(existing, blocks, starts, counts, ctx.generator)
    share = 1.0
    if method.growth_candidates is not None:
        available = np.maximum(_count(ctx, starts), 1)
        share = min(1.0, float((method.growth_candidates * counts / available).max()))
    return strongest_candidates(
        existing, blocks, starts, counts, partial(method.grow, ctx), share, ctx.generator
    )


def _without_regrown(
    ctx: RewiringContext, going: np.ndarray, grown: NewConnections
) -> tuple[np.ndarray, NewConnections]:
    """Remove from both what would be dropped and grown again: such a connection stays as it is."""
    units = ctx.table.units
    old = ctx.target[going].astype(np.int64) * units + ctx.source[going]
    new = grown.target * units + grown.source
    stays, regrown = np.isin(old, new), np.isin(new, old)
    return going[~stays], NewConnections(grown.source[~regrown], grown.target[~regrown])
