"""From the parts of a method to the connections that go and come in one rewiring."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from rewire.connectivity.blocks import count_in_groups

from .budgets import apportion, whole
from .candidates import CSR, Pairs, random_absent, strongest_absent
from .context import RewiringContext
from .method import Method, Threshold
from .neurons import RewiringPlan, weakest_first
from .selection import retain, weakest

__all__ = ["Change", "draft", "resolve"]


class Change(NamedTuple):
    """What a rewiring comes to.

    Attributes
    ----------
    drop : ndarray of int
        Rows of the connection table.
    grow : Pairs
        In the order in which they are born.
    shortfall : int
        Connections that should have been replaced and could not be, for want of candidates.
    """

    drop: np.ndarray
    grow: Pairs
    shortfall: int


def draft(
    method: Method, now: RewiringContext, budget: np.ndarray, threshold: float
) -> RewiringPlan:
    """Plan which connections go, and how many come where.

    Parameters
    ----------
    method : Method
    now : RewiringContext
    budget : ndarray of int, shape (groups,)
        Connections that each group is to have afterwards; redistribution keeps their sum.
    threshold : float
        Of a method whose threshold adapts itself.
    """
    existing = now.group_row[1:] - now.group_row[:-1]
    score = method.drop(now)
    replace = _to_replace(method, now, score, np.minimum(existing, budget), threshold)
    drop = replace + np.maximum(existing - budget, 0)
    grow = replace + np.maximum(budget - existing, 0)
    wanted, starts = int(grow.sum()), now.places.group_start
    room = _absent(now, starts)
    if method.allow_regrowth:
        room += drop
    if method.redistribute is None:
        drop -= np.minimum(np.maximum(grow - room, 0), drop)
        grow = np.minimum(grow, room)
    else:
        drop -= apportion(max(int(grow.sum() - room.sum()), 0), drop, drop)
    now.dropped = dropped = weakest(score, now.target, now.birth, now.group_row, drop)
    if method.redistribute is not None:
        starts = now.places.layer_start
        going = np.zeros(len(score), bool)
        going[dropped] = True
        room = _absent(now, starts)
        if method.allow_regrowth:
            room += count_in_groups(starts, now.target[dropped])
        grow = apportion(int(grow.sum()), method.redistribute(now, going), room)
    return RewiringPlan(score, dropped, starts, grow, partial(_choose, method, now), wanted)


def resolve(method: Method, now: RewiringContext, planned: RewiringPlan) -> Change:
    """Choose what grows; what finds no place lets as many of the strongest dropped ones stay."""
    now.dropped = going = planned.dropped
    pairs = planned.strongest(planned.group_start, planned.grow)
    shortfall = max(planned.wanted - len(pairs.source), 0)
    missing = int(planned.grow.sum()) - len(pairs.source)
    found = count_in_groups(planned.group_start, pairs.target) if missing else planned.grow
    if method.allow_regrowth:
        going, pairs = _without_returning(now, going, pairs)
    if missing:
        going = _hold_back(method, now, planned, going, planned.grow - found)
    return Change(going, pairs, shortfall)


def _hold_back(
    method: Method,
    now: RewiringContext,
    planned: RewiringPlan,
    going: np.ndarray,
    missing: np.ndarray,
) -> np.ndarray:
    """Let the strongest stay for what is missing: of its group, or of its layer, or of all.

    Of all only where the method moves connections between layers.
    """
    starts, layers = planned.group_start, now.places.layer_start
    wider = [layers]
    if method.redistribute is not None or method.scope == "network":
        wider.append(layers[[0, -1]])
    going = weakest_first(now, planned.score, going)
    going, missing = retain(going, now.target, starts, missing)
    for groups in wider:
        inside = np.searchsorted(groups, starts[:-1], side="right") - 1
        missing = np.bincount(inside, missing, len(groups) - 1)[: len(groups) - 1].astype(np.int64)
        going, missing = retain(going, now.target, groups, missing)
        starts = groups
    return going


def _to_replace(
    method: Method, now: RewiringContext, score: np.ndarray, staying: np.ndarray, threshold: float
) -> np.ndarray:
    """Return how many connections of each group make room for others."""
    if method.fraction is None:
        return np.zeros(len(staying), np.int64)
    if isinstance(method.fraction, Threshold):
        below = np.bincount(now.group[score < threshold], minlength=len(staying))
        return np.minimum(below, np.maximum(staying - 1, 0))  # a layer never loses its last
    fraction = method.fraction(now.time)
    if not 0 <= fraction <= 1:
        raise ValueError(
            f"fraction must give numbers in [0, 1]; got {fraction} after {now.time.step} steps"
        )
    return whole(fraction * staying)


def _absent(now: RewiringContext, starts: np.ndarray) -> np.ndarray:
    """Return the number of absent connections of each group."""
    table = now.net.connections
    return now.places.absent(table.indptr, table.source, now.target, starts)


def _choose(method: Method, now: RewiringContext, starts: np.ndarray, counts: np.ndarray) -> Pairs:
    """Return what the method grows, group by group."""
    table, regions = now.net.connections, now.places.regions
    wired = CSR(table.indptr, table.source)
    if method.allow_regrowth and len(now.dropped):
        wired = CSR.without(table, now.dropped)
    if method.grow is None or not counts.any():
        nothing = np.empty(0, np.int64)
        return Pairs(nothing, nothing)
    if method.grow.uniform:
        return random_absent(wired, regions, starts, counts, now.generator)
    share = 1.0
    if method.candidates is not None:
        absent = np.maximum(_absent(now, starts), 1)
        share = min(1.0, float((method.candidates * counts / absent).max()))
    return strongest_absent(
        wired, regions, starts, counts, partial(method.grow, now), share, now.generator
    )


def _without_returning(
    now: RewiringContext, going: np.ndarray, pairs: Pairs
) -> tuple[np.ndarray, Pairs]:
    """Leave out of both what would be dropped and grown again: it stays, as it is."""
    size = now.net.size
    old = now.target[going].astype(np.int64) * size + now.source[going]
    new = pairs.target * size + pairs.source
    stays, unneeded = np.isin(old, new), np.isin(new, old)
    return going[~stays], Pairs(pairs.source[~unneeded], pairs.target[~unneeded])
