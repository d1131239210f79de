"""Choosing connections to grow: the strongest candidates, or random ones.

Candidates, the possible connections that do not exist, are never listed. They are scored block by
block, and only the best so far are kept; random ones are found by their number among all.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rewire.connectivity import Block, ConnectionTable

from .selection import ascending

__all__ = [
    "CSR",
    "NewConnections",
    "NotANumberError",
    "Sources",
    "random_candidates",
    "strongest_candidates",
    "width",
]

# Scores in one block: 2 MB of float32, which stays in the cache between the product that makes it
# and the comparison that reads it. Half and twice as many took 5 to 10% longer.
BLOCK_ENTRIES = 1 << 19
# Sorting so few scores takes less time than first choosing some of them.
FEW = 1024
# One of so many scores is looked at to find out about where the strongest begin.
SAMPLED = 16


class NotANumberError(ValueError):
    """A criterion returned NaN: it is wrong, or the numbers of the model have overflowed."""


Sources = slice | np.ndarray
ScoreBlock = Callable[[slice, Sources], np.ndarray]


class NewConnections(NamedTuple):
    """Connections to grow, in the order in which they are born."""

    source: np.ndarray
    target: np.ndarray


def width(sources: Sources) -> int:
    """Return how many sources a slice or an array names."""
    return sources.stop - sources.start if isinstance(sources, slice) else len(sources)


class CSR(NamedTuple):
    """The connections that count as existing: all of a table, or all but some rows."""

    indptr: np.ndarray
    source: np.ndarray

    @classmethod
    def without(cls, table: ConnectionTable, rows: np.ndarray) -> CSR:
        """Return the connections of a table without some rows."""
        kept = np.ones(len(table), bool)
        kept[rows] = False
        before = np.concatenate(([0], np.cumsum(kept)))
        return cls(before[table.indptr], table.source[kept])

    def within(self, targets: range, sources: range) -> tuple[np.ndarray, np.ndarray]:
        """Return the connections between them as (target, source), relative to the first of each.

        No connection into the targets of a block comes from beyond the block's sources.
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
    """The strongest entries seen so far, in the order of targets and sources."""

    def __init__(self, count: int):
        self.count, self.threshold = count, -np.inf
        self.scores: list[np.ndarray] = []
        self.keys: list[np.ndarray] = []

    def add(self, block: np.ndarray, first: int, sources: np.ndarray, units: int) -> None:
        """Add the entries that can still be among the strongest; of equal ones, the first stay.

        Rows of the block are targets from ``first`` on; keys are target * units + source.
        """
        score = block.ravel()
        few = max(2 * self.count, FEW)
        if not self.keys and len(score) > few:  # where all would pass: begin with a better one
            self.threshold = _threshold(score, self.count)
        entries = np.flatnonzero(score > self.threshold)
        score = score[entries]
        if len(entries) > few:
            kept = _strongest(score, self.count)
            entries, score = entries[kept], score[kept]
            self.threshold = score.min()
        row, column = np.divmod(entries, len(sources))
        self.scores.append(score)
        self.keys.append((row + first) * units + sources[column])
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
        score, key = -_joined(self.scores), _joined(self.keys)
        return key[ascending(score, key)[: self.count]]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _threshold(score: np.ndarray, count: int) -> float:
    """Return a threshold above which there are at least ``count`` scores, and few more.

    That of every sixteenth score, which takes a tenth of the time to find; -inf where it fails.
    """
    sample = score[::SAMPLED]
    expected = count / SAMPLED
    wanted = min(int(expected + 4 * math.sqrt(expected)) + 1, len(sample))
    bound = np.partition(sample, -wanted)[-wanted]
    return bound if np.count_nonzero(score > bound) >= count else -np.inf


def _strongest(score: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the ``count`` highest, in order; of equal ones the first."""
    bound = np.partition(score, -count)[-count]
    kept = score > bound
    ties = np.flatnonzero(score == bound)
    kept[ties[: count - np.count_nonzero(kept)]] = True
    return np.flatnonzero(kept)


def strongest_candidates(
    existing: CSR,
    blocks: Sequence[Block],
    group_start: np.ndarray,
    counts: np.ndarray,
    score_block: ScoreBlock,
    share: float = 1.0,
    generator: np.random.Generator | None = None,
) -> NewConnections:
    """Find the candidates of highest score in each group, in memory for one block of scores.

    Parameters
    ----------
    existing : CSR
    blocks : sequence of Block
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
        Below 1, each block of targets sees only a random sample of the sources, so that each
        candidate is looked at with this probability.
    generator : numpy.random.Generator, optional
        For the samples.

    Returns
    -------
    NewConnections
        Group by group, the strongest first; ties by target, then by source.

    Raises
    ------
    ValueError
        If a score is NaN; it is a NotANumberError.
    """
    best = [_Best(int(count)) for count in counts]
    bounds, units = group_start.tolist(), len(existing.indptr) - 1
    for block in blocks:
        visible = max(1, round(share * len(block.sources)))
        for targets in _pieces(block, visible):
            groups = _wanting(best, bounds, targets)
            if not groups:
                continue
            sources, scores = _scores(existing, block, targets, score_block, visible, generator)
            for group, first, last in groups:
                part = scores[first - targets.start : last - targets.start]
                group.add(part, first, sources, units)
    keys = [group.strongest_first() for group in best]
    target, source = np.divmod(np.concatenate(keys) if keys else np.empty(0, np.int64), units)
    return NewConnections(source, target)


def _wanting(best: list[_Best], bounds: list[int], targets: range) -> list[tuple[_Best, int, int]]:
    """Return the groups that want any of these targets, and from which to which."""
    groups = range(bisect_right(bounds, targets.start) - 1, bisect_left(bounds, targets.stop))
    return [
        (best[g], max(bounds[g], targets.start), min(bounds[g + 1], targets.stop))
        for g in groups
        if best[g].count
    ]


def _pieces(block: Block, visible: int) -> list[range]:
    """Divide a block's targets so that the scores of each piece have a bounded size."""
    if not block.sources:
        return []
    rows = max(1, BLOCK_ENTRIES // visible)
    return [block.targets[i : i + rows] for i in range(0, len(block.targets), rows)]


def _scores(
    existing: CSR,
    block: Block,
    targets: range,
    score_block: ScoreBlock,
    visible: int,
    generator: np.random.Generator | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return sources and the scores of a piece of a block, -inf where a connection exists."""
    where = slice(targets.start, targets.stop)
    target, source = existing.within(targets, block.sources)
    sources = np.arange(block.sources.start, block.sources.stop)
    if visible == len(sources) or generator is None:
        scores = score_block(where, slice(block.sources.start, block.sources.stop))
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


def random_candidates(
    existing: CSR,
    blocks: Sequence[Block],
    group_start: np.ndarray,
    counts: np.ndarray,
    generator: np.random.Generator,
) -> NewConnections:
    """Draw candidates uniformly, without listing them; see :func:`strongest_candidates`.

    The j-th source that a target lacks is j plus the number m of existing ones before it, found by
    bisection: the existing sources e₀ < e₁ < ... leave eₘ - m lacking ones below eₘ. Costs what is
    drawn times the logarithm of what exists.
    """
    absent = np.zeros(len(existing.indptr) - 1, np.int64)
    for block in blocks:
        target, _ = existing.within(block.targets, block.sources)
        fan_in = np.bincount(target, minlength=len(block.targets))
        absent[block.targets.start : block.targets.stop] = len(block.sources) - fan_in
    before = np.concatenate(([0], np.cumsum(absent)))
    drawn = [
        before[first] + _distinct(generator, int(before[last] - before[first]), int(count))
        for (first, last), count in zip(pairwise(group_start), counts, strict=True)
    ]
    numbers = np.concatenate(drawn) if drawn else np.empty(0, np.int64)
    target = np.searchsorted(before, numbers, side="right") - 1
    source = np.empty_like(target)
    for block in blocks:
        here = (target >= block.targets.start) & (target < block.targets.stop)
        row, j = target[here] - block.targets.start, (numbers - before[target])[here]
        rows, sources = existing.within(block.targets, block.sources)
        stride = len(block.sources) + 1
        bounds = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(block.targets)))))
        position = np.arange(len(rows)) - bounds[rows]
        passed = np.searchsorted(rows * stride + sources - position, row * stride + j, side="right")
        source[here] = block.sources.start + j + passed - bounds[row]
    return NewConnections(source, target)


def _distinct(generator: np.random.Generator, population: int, count: int) -> np.ndarray:
    """Draw distinct numbers below ``population``, in ascending order, in memory for ``count``."""
    count = min(count, population)
    if 2 * count > population:  # choose those left out; then the population is small as well
        left_out = _distinct(generator, population, population - count)
        return np.delete(np.arange(population), left_out)
    drawn = np.unique(generator.integers(population, size=count))
    while len(drawn) < count:
        more = generator.integers(population, size=count - len(drawn))
        drawn = np.union1d(drawn, more)
    return drawn
