"""From the parts of a method to the connections that go and come in one rewiring."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from .method import Method, Threshold
from .moment import Moment
from .neurons import Draft
from .selection import Pairs, Wired, absent_by_target, random_absent, strongest_absent, weakest
from .sharing import apportion, regions, whole

__all__ = ["Change", "draft", "settle"]


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


def draft(method: Method, now: Moment, budget: np.ndarray, threshold: float) -> Draft:
    """Plan which connections go, and how many come where.

    Parameters
    ----------
    method : Method
    now : Moment
    budget : ndarray of int, shape (groups,)
        Connections that each group is to have afterwards; redistribution keeps their sum.
    threshold : float
        Of a method whose threshold adapts itself.
    """
    existing = np.diff(now.group_row)
    score = method.drop(now)
    replace = _to_replace(method, now, score, np.minimum(existing, budget), threshold)
    drop = replace + np.maximum(existing - budget, 0)
    grow = replace + np.maximum(budget - existing, 0)
    starts = now.group_start
    if method.redistribute is None:
        room = _absent(method, now, starts) + (drop if method.may_return else 0)
        cut = np.minimum(np.maximum(grow - room, 0), drop)
        drop, grow = drop - cut, np.minimum(grow, room)
    dropped = weakest(score, now.target, now.birth, now.group_row, drop)
    if method.redistribute is not None:
        starts = now.net.rank_start[1:]
        going = np.zeros(len(score), bool)
        going[np.concatenate(dropped)] = True
        room = _absent(method, now, starts)
        if method.may_return:
            room += np.bincount(
                np.searchsorted(starts, now.target[going], side="right") - 1,
                minlength=len(room),
            )
        grow = apportion(int(grow.sum()), method.redistribute(now, going), room)
    wanted = int(replace.sum() + np.maximum(budget - existing, 0).sum())
    return Draft(score, dropped, starts, grow, partial(_choose, method, now), wanted)


def settle(method: Method, now: Moment, planned: Draft) -> Change:
    """Choose what grows; what finds no place lets as many of the strongest dropped ones stay."""
    going = np.concatenate(planned.dropped).astype(np.int64)
    grown = planned.strongest(
        planned.group_start, planned.grow, going if method.may_return else going[:0]
    )
    pairs = Pairs(*(np.concatenate(part) for part in zip(*grown, strict=True)))
    missing = int(planned.grow.sum()) - len(pairs.source)
    if missing:
        order = np.lexsort((now.birth[going], now.target[going], planned.score[going]))
        going = going[order[: max(len(going) - missing, 0)]]
    shortfall = max(planned.wanted - len(pairs.source), 0)
    if method.may_return:
        going, pairs = _without_returning(now, going, pairs)
    return Change(going, pairs, shortfall)


def _to_replace(
    method: Method, now: Moment, score: np.ndarray, staying: np.ndarray, threshold: float
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
            f"fraction must give numbers in [0, 1]; got {fraction} after {now.time.updates} updates"
        )
    return np.array([whole(fraction * count) for count in staying], np.int64)


def _absent(method: Method, now: Moment, starts: np.ndarray) -> np.ndarray:
    """Return the number of absent connections of each group."""
    absent = absent_by_target(now.net.connections, regions(now.net, method.wiring))
    return np.diff(np.concatenate(([0], np.cumsum(absent)))[starts])


def _choose(
    method: Method,
    now: Moment,
    starts: np.ndarray,
    counts: np.ndarray,
    gone: np.ndarray | None = None,
) -> list[Pairs]:
    """Return what the method grows in each group, as if the rows ``gone`` were absent."""
    table, places = now.net.connections, regions(now.net, method.wiring)
    wired = Wired(table.row_pointer, table.source)
    if gone is not None and len(gone):
        wired = Wired.without(table, gone)
    if method.grow is None or not counts.any():
        nothing = np.empty(0, np.int64)
        return [Pairs(nothing, nothing)] * len(counts)
    if method.grow.uniform:
        return random_absent(wired, places, starts, counts, now.generator)
    share = 1.0
    if method.candidates is not None:
        absent = np.maximum(_absent(method, now, starts), 1)
        share = min(1.0, float((method.candidates * counts / absent).max()))
    return strongest_absent(
        wired, places, starts, counts, partial(method.grow, now), share, now.generator
    )


def _without_returning(now: Moment, going: np.ndarray, pairs: Pairs) -> tuple[np.ndarray, Pairs]:
    """Leave out of both what would be dropped and grown again: it stays, as it is."""
    size = now.net.size
    old = now.target[going].astype(np.int64) * size + now.source[going]
    new = pairs.target * size + pairs.source
    stays, unneeded = np.isin(old, new), np.isin(new, old)
    return going[~stays], Pairs(pairs.source[~unneeded], pairs.target[~unneeded])
