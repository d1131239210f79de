"""Average ranks of methods over seeds, and the groups that cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

import numpy as np
import scipy

from rewire.validation import several

from ..trial import Trial
from .inference import DIGITS
from .pairs import ALPHA, Pair, pairwise
from .statistics import values_by_method

__all__ = ["Ranking", "cliques_of", "critical_difference", "rank_methods"]

LEAST_METHODS = 3  # two are compared by their differences
LEAST_SEEDS = 5  # with fewer, Friedman's statistic is far from the distribution it is held against


@dataclass(frozen=True)
class Ranking:
    """Methods by their average rank, and which of them cannot be told apart.

    Attributes
    ----------
    seeds : int
        Those that all methods have.
    ranks : dict of str to float
        Average rank of each method, the best (near 1) first; equal figures share their ranks.
    friedman, p : float
        Friedman's statistic, corrected for ties, and its p: whether the methods differ at all.
    critical_difference : float
        By how much two average ranks must differ for Nemenyi's test at 5%, as in [1]_.
    cliques : tuple of tuple of str
        The largest groups in which no two methods can be told apart by :func:`pairwise`, and not
        by their ranks: whether Nemenyi's test tells two methods apart depends on which others are
        compared [2]_. A method in none of them can be told apart from every other.

    References
    ----------
    .. [1] J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of
       Machine Learning Research 7, 2006.
    .. [2] A. Benavoli, G. Corani and F. Mangili, "Should we really use post-hoc tests based on
       mean-ranks?", Journal of Machine Learning Research 17, 2016.

    Examples
    --------
    >>> ranks = {"rigl": 1.2, "set": 1.9, "static": 2.9}
    >>> found = Ranking(20, ranks, 29.2, 4.6e-07, 0.74, (("rigl", "set"),))
    >>> found.close("rigl", "set"), found.close("rigl", "static")
    (True, False)
    """

    seeds: int
    ranks: Mapping[str, float]
    friedman: float
    p: float
    critical_difference: float
    cliques: tuple[tuple[str, ...], ...]

    def close(self, method: str, other: str) -> bool:
        """Return whether Nemenyi's test cannot tell two methods apart."""
        return abs(self.ranks[method] - self.ranks[other]) < self.critical_difference


def rank_methods(runs: Iterable[Trial], measure: str = "accuracy") -> Ranking:
    """Rank methods with every seed and average the ranks.

    Parameters
    ----------
    runs : iterable of Trial
        Only seeds that all methods have count. A loss that is not a number is the worst.
    measure : {"accuracy", "loss"}

    Raises
    ------
    ValueError
        For fewer than 3 methods, or fewer than 5 seeds that all have.

    Examples
    --------
    >>> runs = [
    ...     Trial(method, seed, 0.5, accuracy + seed % 3 / 10, 68, 101, 0.1)
    ...     for method, accuracy in [("static", 0.2), ("set", 0.5), ("rigl", 0.51)]
    ...     for seed in range(10)
    ... ]
    >>> found = rank_methods(runs)
    >>> found.ranks, round(found.critical_difference, 2), found.cliques
    ({'rigl': 1.0, 'set': 2.0, 'static': 3.0}, 1.05, ())
    >>> found.close("rigl", "set")
    True
    """
    runs = several(runs, "runs", "Trials")
    values = values_by_method(runs, measure)
    common = sorted(set.intersection(*map(set, values.values()))) if values else []
    if len(values) < LEAST_METHODS or len(common) < LEAST_SEEDS:
        raise ValueError(
            f"runs must be of at least {LEAST_METHODS} methods with {LEAST_SEEDS} common seeds to "
            f"be ranked; got {len(values)} with {len(common)}: compare their differences instead"
        )
    table = np.array([[own[seed] for own in values.values()] for seed in common])
    best_first = 1 if measure == "loss" else -1
    ranks = scipy.stats.rankdata(best_first * np.round(table, DIGITS), axis=1)
    statistic, p = _friedman(ranks)
    average = dict(sorted(zip(values, ranks.mean(axis=0).tolist(), strict=True), key=itemgetter(1)))
    difference = critical_difference(len(values), len(common))
    cliques = cliques_of(list(average), pairwise(runs, measure))
    return Ranking(len(common), average, statistic, p, difference, cliques)


def cliques_of(methods: Sequence[str], pairs: Iterable[Pair]) -> tuple[tuple[str, ...], ...]:
    """Return the largest groups, of at least two, in which no pair can be told apart.

    Parameters
    ----------
    methods : sequence of str
        Their order is that within the groups and of the groups.
    pairs : iterable of Pair
        Every pair of them.
    """
    alike: dict[str, set[str]] = {method: set() for method in methods}
    for pair in pairs:
        if not pair.apart:
            alike[pair.method].add(pair.other)
            alike[pair.other].add(pair.method)
    place = {method: n for n, method in enumerate(methods)}
    found = [sorted(group, key=place.__getitem__) for group in _largest(alike) if len(group) > 1]
    return tuple(map(tuple, sorted(found, key=lambda group: [place[method] for method in group])))


def critical_difference(methods: int, seeds: int) -> float:
    r"""Return Nemenyi's :math:`q_{0.05} \sqrt{k (k + 1) / 6 N}` for k methods and N seeds.

    q is the quantile of the studentised range, over the square root of 2.

    Examples
    --------
    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    return _quantile(methods) / math.sqrt(2) * math.sqrt(methods * (methods + 1) / (6 * seeds))


@cache  # an integral that takes a noticeable part of a second
def _quantile(methods: int) -> float:
    return float(scipy.stats.studentized_range.ppf(1 - ALPHA, methods, np.inf))


def _friedman(ranks: np.ndarray) -> tuple[float, float]:
    if (ranks == ranks[:, :1]).all():  # every seed one tie, of which the statistic is 0 / 0
        return 0.0, 1.0
    found = scipy.stats.friedmanchisquare(*ranks.T)
    return float(found.statistic), float(found.pvalue)


def _largest(alike: Mapping[str, set[str]]) -> Iterator[set[str]]:
    """Yield all cliques that no other contains, by the algorithm of Bron and Kerbosch."""

    def extend(group: set[str], candidates: set[str], done: set[str]) -> Iterator[set[str]]:
        if not candidates and not done:
            yield group
        for method in sorted(candidates):
            near = alike[method]
            yield from extend(group | {method}, candidates & near, done & near)
            candidates, done = candidates - {method}, done | {method}

    yield from extend(set(), set(alike), set())
