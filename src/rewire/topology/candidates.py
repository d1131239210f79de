"""Choosing connections that do not exist: the strongest, or random ones.

They are never listed. They are scored block by block and only the best so far are kept; random ones
are found by their number among the absent.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rewire.connectivity import ConnectionTable
from rewire.connectivity.blocks import Block

__all__ = ["CSR", "NotANumberError", "Pairs", "Sources", "random_absent", "strongest_absent"]

# Scores in one block: 2 MB of float32, which stays in the cache between the product that makes it
# and the comparison that reads it. Half and twice as many took 5 to 10% longer.
BLOCK_ENTRIES = 1 << 19
# To sort so few scores takes less time than to choose some of them first.
FEW = 1024


class NotANumberError(ValueError):
    """A criterion has returned NaN, by itself or as the network's numbers have overflowed."""


Sources = slice | np.ndarray
ScoreBlock = Callable[[slice, Sources], np.ndarray]


class Pairs(NamedTuple):
    """Connections that do not exist yet."""

    source: np.ndarray
    target: np.ndarray


class CSR(NamedTuple):
    """What counts as existing: a connection table, or one from which some rows are gone."""

    indptr: np.ndarray
    source: np.ndarray

    @classmethod
    def without(cls, table: ConnectionTable, rows: np.ndarray) -> CSR:
        """Return a table's wiring as if some rows had been removed."""
        kept = np.ones(len(table), bool)
        kept[rows] = False
        before = np.concatenate(([0], np.cumsum(kept)))
        return cls(before[table.indptr], table.source[kept])

    def within(self, targets: range, sources: range) -> tuple[np.ndarray, np.ndarray]:
        """Return the connections between them as (target, source), counted from their first.

        As connections go forward, none comes from beyond the sources of a region.
        """
        pointer = self.indptr[targets.start : targets.stop + 1]
        source = self.source[pointer[0] : pointer[-1]]
        target = np.repeat(np.arange(len(targets)), pointer[1:] - pointer[:-1])
        if sources.start:
            source = source - sources.start
            inside = source >= 0
            if not inside.all():
                target, source = target[inside], source[inside]
        return target, source


class _Best:
    """The strongest of the entries seen so far, in the order of targets and sources."""

    def __init__(self, count: int):
        self.count, self.threshold = count, -np.inf
        self.scores: list[np.ndarray] = []
        self.keys: list[np.ndarray] = []

    def add(self, block: np.ndarray, first: int, sources: np.ndarray, neurons: int) -> None:
        """Take what can still enter; later ties cannot, as they come after in the order.

        Rows of the block are targets from ``first`` on; keys are target * neurons + source.
        """
        score = block.ravel()
        entries = np.flatnonzero(score > self.threshold)
        score = score[entries]
        if len(entries) > max(2 * self.count, FEW):
            kept = _strongest(score, self.count)
            entries, score = entries[kept], score[kept]
            self.threshold = score.min()
        row, place = np.divmod(entries, len(sources))
        self.scores.append(score)
        self.keys.append((row + first) * neurons + sources[place])
        if len(self.keys) > 1 and sum(map(len, self.keys)) > 2 * self.count:
            self._shrink()

    def _shrink(self) -> None:
        score, key = _joined(self.scores), _joined(self.keys)
        kept = _strongest(score, self.count)
        self.scores, self.keys = [score[kept]], [key[kept]]
        self.threshold = self.scores[0].min()

    def strongest_first(self) -> np.ndarray:
        """Return the keys of the ``count`` strongest, or of all if there are fewer."""
        if not self.keys:
            return np.empty(0, np.int64)
        order = np.argsort(-_joined(self.scores), kind="stable")
        return _joined(self.keys)[order[: self.count]]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _strongest(score: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the ``count`` highest, in order; of equal ones the first."""
    bound = np.partition(score, -count)[-count]
    kept = score > bound
    ties = np.flatnonzero(score == bound)
    kept[ties[: count - np.count_nonzero(kept)]] = True
    return np.flatnonzero(kept)


def strongest_absent(
    wired: CSR,
    regions: Sequence[Block],
    group_start: np.ndarray,
    counts: np.ndarray,
    score_block: ScoreBlock,
    share: float = 1.0,
    generator: np.random.Generator | None = None,
) -> Pairs:
    """Find the absent connections of highest score in each group, in memory for one block.

    Parameters
    ----------
    wired : CSR
        What exists.
    regions : sequence of Block
        What may be connected, in ascending order of targets.
    group_start : ndarray of int, shape (groups + 1,)
        Targets of group g are ``group_start[g] : group_start[g + 1]``.
    counts : ndarray of int, shape (groups,)
        How many to find in each group; fewer are found where there are fewer.
    score_block : callable
        From a slice of targets and a slice or an array of sources to their scores, shape
        (targets, sources), an array of floats to write to. Connections that score ``-inf`` are
        never chosen.
    share : float, default 1
        Below 1, each block of targets sees only a random sample of the sources, so that each absent
        connection is looked at with this probability.
    generator : numpy.random.Generator, optional
        For the samples.

    Returns
    -------
    Pairs
        Group by group, the strongest first; ties by target, then by source.

    Raises
    ------
    ValueError
        If a score is NaN; it is a NotANumberError.
    """
    best = [_Best(int(count)) for count in counts]
    bounds, neurons = group_start.tolist(), len(wired.indptr) - 1
    for region in regions:
        visible = max(1, round(share * len(region.sources)))
        for targets in _blocks(region, visible):
            groups = _wanting(best, bounds, targets)
            if not groups:
                continue
            sources, scores = _block(wired, region, targets, score_block, visible, generator)
            for group, first, last in groups:
                part = scores[first - targets.start : last - targets.start]
                group.add(part, first, sources, neurons)
    keys = [group.strongest_first() for group in best]
    target, source = np.divmod(np.concatenate(keys) if keys else np.empty(0, np.int64), neurons)
    return Pairs(source, target)


def _wanting(best: list[_Best], bounds: list[int], targets: range) -> list[tuple[_Best, int, int]]:
    """Return the groups that want any of these targets, and from which to which."""
    groups = range(bisect_right(bounds, targets.start) - 1, bisect_left(bounds, targets.stop))
    return [
        (best[g], max(bounds[g], targets.start), min(bounds[g + 1], targets.stop))
        for g in groups
        if best[g].count
    ]


def _blocks(region: Block, visible: int) -> list[range]:
    """Divide targets so that a block of them and their visible sources has a bounded size."""
    if not region.sources:
        return []
    rows = max(1, BLOCK_ENTRIES // visible)
    return [region.targets[i : i + rows] for i in range(0, len(region.targets), rows)]


def _block(
    wired: CSR,
    region: Block,
    targets: range,
    score_block: ScoreBlock,
    visible: int,
    generator: np.random.Generator | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return sources and the scores of a block, -inf where a connection exists."""
    where = slice(targets.start, targets.stop)
    target, source = wired.within(targets, region.sources)
    sources = np.arange(region.sources.start, region.sources.stop)
    if visible == len(sources) or generator is None:
        scores = score_block(where, slice(region.sources.start, region.sources.stop))
    else:
        sample = np.sort(generator.choice(len(sources), visible, replace=False, shuffle=False))
        sources = sources[sample]
        scores = score_block(where, sources)
        source_in = np.searchsorted(sample, source)
        seen = sample[np.minimum(source_in, visible - 1)] == source
        target, source = target[seen], source_in[seen]
    scores[target, source] = -np.inf
    if math.isnan(scores.min()):
        raise NotANumberError("a grow criterion returned NaN: use -inf for what must not be grown")
    return sources, scores


def random_absent(
    wired: CSR,
    regions: Sequence[Block],
    group_start: np.ndarray,
    counts: np.ndarray,
    generator: np.random.Generator,
) -> Pairs:
    """Draw absent connections uniformly, without listing them; see :func:`strongest_absent`.

    The j-th absent source of a target is j plus the number m of existing ones before it, found by
    bisection: the existing sources e₀ < e₁ < ... leave eₘ - m absent ones below eₘ. Costs what is
    drawn times the logarithm of what exists.
    """
    neurons = len(wired.indptr) - 1
    absent = np.zeros(neurons, np.int64)
    for region in regions:
        target, _ = wired.within(region.targets, region.sources)
        existing = np.bincount(target, minlength=len(region.targets))
        absent[region.targets.start : region.targets.stop] = len(region.sources) - existing
    before = np.concatenate(([0], np.cumsum(absent)))
    drawn = [
        before[first] + _distinct(generator, int(before[last] - before[first]), int(count))
        for (first, last), count in zip(pairwise(group_start), counts, strict=True)
    ]
    numbers = np.concatenate(drawn) if drawn else np.empty(0, np.int64)
    target = np.searchsorted(before, numbers, side="right") - 1
    source = np.empty_like(target)
    for region in regions:
        here = (target >= region.targets.start) & (target < region.targets.stop)
        row, j = target[here] - region.targets.start, (numbers - before[target])[here]
        rows, existing = wired.within(region.targets, region.sources)
        width = len(region.sources) + 1
        bounds = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(region.targets)))))
        place = np.arange(len(rows)) - bounds[rows]
        passed = np.searchsorted(rows * width + existing - place, row * width + j, side="right")
        source[here] = region.sources.start + j + passed - bounds[row]
    return Pairs(source, target)


def _distinct(generator: np.random.Generator, population: int, count: int) -> np.ndarray:
    """Draw different numbers below ``population``, in ascending order, in memory for ``count``."""
    count = min(count, population)
    if 2 * count > population:  # choose those left out; then the population is small as well
        left_out = _distinct(generator, population, population - count)
        return np.delete(np.arange(population), left_out)
    drawn = np.unique(generator.integers(population, size=count))
    while len(drawn) < count:
        more = generator.integers(population, size=count - len(drawn))
        drawn = np.union1d(drawn, more)
    return drawn
