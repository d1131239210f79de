"""Choosing connections: the weakest that exist, and the strongest or random ones that do not.

Absent connections are never listed. They are scored block by block and only the best so far are
kept; random ones are found by their number among the absent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rewire.graph import ConnectionTable

__all__ = [
    "Pairs",
    "Region",
    "Wired",
    "absent_by_target",
    "earlier_of_same",
    "hold_back",
    "random_absent",
    "strongest_absent",
    "weakest",
]

# Scores in one block: 1 MB of float32, which stays in the L2 cache between the product that makes
# it and the comparison that reads it.
BLOCK_ENTRIES = 1 << 18

Sources = slice | np.ndarray
ScoreBlock = Callable[[slice, Sources], np.ndarray]


class Region(NamedTuple):
    """Neurons that may be connected: every source with every target."""

    sources: range
    targets: range


class Wired(NamedTuple):
    """What counts as existing: a connection table, or one from which some rows are gone."""

    row_pointer: np.ndarray
    source: np.ndarray

    @classmethod
    def without(cls, table: ConnectionTable, rows: np.ndarray) -> Wired:
        """Return a table's wiring as if some rows had been removed."""
        kept = np.ones(len(table), bool)
        kept[rows] = False
        before = np.concatenate(([0], np.cumsum(kept)))
        return cls(before[table.row_pointer], table.source[kept])

    def within(self, targets: range, sources: range) -> tuple[np.ndarray, np.ndarray]:
        """Return the connections between them as (target, source), counted from their first."""
        pointer = self.row_pointer[targets.start : targets.stop + 1]
        source = self.source[pointer[0] : pointer[-1]].astype(np.int64) - sources.start
        target = np.repeat(np.arange(len(targets)), np.diff(pointer))
        inside = (source >= 0) & (source < len(sources))
        return target[inside], source[inside]


class Pairs(NamedTuple):
    """Connections that do not exist yet."""

    source: np.ndarray
    target: np.ndarray


# ------------------------------------------------------------------------------------ existing


def weakest(
    score: np.ndarray,
    target: np.ndarray,
    birth: np.ndarray,
    group_row: np.ndarray,
    counts: np.ndarray,
) -> list[np.ndarray]:
    """Find the connections of lowest score in each group.

    Parameters
    ----------
    score, target, birth : ndarray, shape (connections,)
        Equal scores go by target, then by birth, the oldest first.
    group_row : ndarray of int, shape (groups + 1,)
        Rows of group g are ``group_row[g] : group_row[g + 1]``.
    counts : ndarray of int, shape (groups,)

    Returns
    -------
    list of ndarray of int64
        Rows for each group, the weakest first.
    """
    found = []
    for (first, last), count in zip(pairwise(group_row), counts, strict=True):
        part = score[first:last]
        rows = np.arange(len(part) if count else 0)
        if 0 < count < len(part):
            bound = np.partition(part, count - 1)[count - 1]
            rows = np.flatnonzero(part <= bound)  # with all its ties; the sort chooses
        rows += first
        order = np.lexsort((birth[rows], target[rows], score[rows]))
        found.append(rows[order[:count]])
    return found


def earlier_of_same(owner: np.ndarray) -> np.ndarray:
    """Return, for each entry, how many before it have the same owner.

    Examples
    --------
    >>> earlier_of_same(np.array([7, 3, 7, 7])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(owner, kind="stable")
    place = np.empty(len(owner), np.int64)
    place[order] = np.arange(len(owner)) - np.searchsorted(owner[order], owner[order])
    return place


def hold_back(
    rows: np.ndarray, target: np.ndarray, group_start: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Leave some of the rows to drop where they are: the strongest of each group.

    Parameters
    ----------
    rows : ndarray of int
        To be dropped, the weakest first.
    target : ndarray of int
        Of all connections.
    group_start : ndarray of int, shape (groups + 1,)
    counts : ndarray of int, shape (groups,)
        How many should stay in each group.

    Returns
    -------
    rows : ndarray of int
        Still to be dropped.
    missing : ndarray of int, shape (groups,)
        How many could not stay, because the group does not drop so many.
    """
    group = np.searchsorted(group_start, target[rows], side="right") - 1
    stays = earlier_of_same(group[::-1])[::-1] < counts[group]
    return rows[~stays], counts - np.bincount(group[stays], minlength=len(counts))


# -------------------------------------------------------------------------------------- absent


def absent_by_target(table: ConnectionTable, regions: Sequence[Region]) -> np.ndarray:
    """Return how many absent connections into each neuron there are, shape (neurons,)."""
    first, possible = np.zeros((2, table.neurons), np.int64)
    for region in regions:
        here = slice(region.targets.start, region.targets.stop)
        first[here], possible[here] = region.sources.start, len(region.sources)
    target = table.target
    inside = table.source >= first[target]
    return possible - np.bincount(target[inside], minlength=table.neurons)


class _Best:
    """The strongest of the entries seen so far, in the order of targets and sources."""

    def __init__(self, count: int):
        self.count, self.threshold = count, -np.inf
        self.score = np.empty(0)
        self.key = np.empty(0, np.int64)

    def add(self, score: np.ndarray, key_of: Callable[[np.ndarray], np.ndarray]) -> None:
        """Take what can still enter; later ties cannot, as they come after in the order."""
        entries = np.flatnonzero(score > self.threshold)
        if len(entries) > self.count:
            entries = entries[_strongest(score[entries], self.count)]
        self.score = np.concatenate((self.score, score[entries]))
        self.key = np.concatenate((self.key, key_of(entries)))
        if len(self.key) > 2 * self.count:
            self.shrink()

    def shrink(self) -> None:
        if len(self.key) >= self.count > 0:
            kept = _strongest(self.score, self.count)
            self.score, self.key = self.score[kept], self.key[kept]
            self.threshold = self.score.min()


def _strongest(score: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the ``count`` highest, in order; of equal ones the first."""
    if len(score) <= count:
        return np.arange(len(score))
    bound = np.partition(score, -count)[-count]
    kept = score > bound
    ties = np.flatnonzero(score == bound)
    kept[ties[: count - np.count_nonzero(kept)]] = True
    return np.flatnonzero(kept)


def strongest_absent(
    wired: Wired,
    regions: Sequence[Region],
    group_start: np.ndarray,
    counts: np.ndarray,
    score_block: ScoreBlock,
    share: float = 1.0,
    generator: np.random.Generator | None = None,
) -> list[Pairs]:
    """Find the absent connections of highest score in each group, in memory for one block.

    Parameters
    ----------
    wired : Wired
        What exists.
    regions : sequence of Region
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
    list of Pairs
        For each group, the strongest first; ties by target, then by source.

    Raises
    ------
    ValueError
        If a score is NaN.
    """
    best = [_Best(int(count)) for count in counts]
    neurons = len(wired.row_pointer) - 1
    for region in regions:
        visible = max(1, round(share * len(region.sources)))
        rows = max(1, BLOCK_ENTRIES // visible)
        for first in range(region.targets.start, region.targets.stop, rows):
            targets = range(first, min(first + rows, region.targets.stop))
            groups = [
                (g, max(group_start[g], targets.start), min(group_start[g + 1], targets.stop))
                for g in range(
                    int(np.searchsorted(group_start, targets.start, side="right")) - 1,
                    int(np.searchsorted(group_start, targets.stop)),
                )
                if counts[g]
            ]
            if not groups or not visible or not len(region.sources):
                continue
            sources, scores = _block(wired, region, targets, score_block, visible, generator)
            for g, low, high in groups:

                def key_of(entries: np.ndarray, low: int = low, sources=sources) -> np.ndarray:
                    target, place = np.divmod(entries, len(sources))
                    return (target + low) * neurons + sources[place]

                best[g].add(scores[low - first : high - first].ravel(), key_of)
    return [_sorted(group, neurons) for group in best]


def _block(
    wired: Wired,
    region: Region,
    targets: range,
    score_block: ScoreBlock,
    visible: int,
    generator: np.random.Generator | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return sources and the scores of a block, -inf where a connection exists."""
    size, where = len(region.sources), slice(targets.start, targets.stop)
    target, source = wired.within(targets, region.sources)
    sources = np.arange(region.sources.start, region.sources.stop)
    if visible == size or generator is None:
        scores = score_block(where, slice(region.sources.start, region.sources.stop))
    else:
        sample = np.sort(generator.choice(size, visible, replace=False, shuffle=False))
        sources = sources[sample]
        scores = score_block(where, sources)
        source_in = np.searchsorted(sample, source)
        seen = sample[np.minimum(source_in, visible - 1)] == source
        target, source = target[seen], source_in[seen]
    scores[target, source] = -np.inf
    if np.isnan(scores.min(initial=0)):
        raise ValueError("a grow criterion returned NaN: use -inf for what must not be grown")
    return sources, scores


def _sorted(best: _Best, neurons: int) -> Pairs:
    best.shrink()
    order = np.argsort(-best.score, kind="stable")
    target, source = np.divmod(best.key[order], neurons)
    return Pairs(source, target)


def random_absent(
    wired: Wired,
    regions: Sequence[Region],
    group_start: np.ndarray,
    counts: np.ndarray,
    generator: np.random.Generator,
) -> list[Pairs]:
    """Draw absent connections uniformly, without listing them; see :func:`strongest_absent`.

    The j-th absent source of a target is j plus the number m of existing ones before it, found by
    bisection: the existing sources e₀ < e₁ < ... leave eₘ - m absent ones below eₘ. Costs what is
    drawn times the logarithm of what exists.
    """
    neurons = len(wired.row_pointer) - 1
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
    ends = np.cumsum([len(part) for part in drawn])
    return [
        Pairs(source[end - len(part) : end], target[end - len(part) : end])
        for part, end in zip(drawn, ends, strict=True)
    ]


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
