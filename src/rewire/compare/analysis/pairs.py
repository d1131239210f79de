"""Which methods can be told apart: every pair of them, corrected for there being many."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from ..trial import Trial
from .inference import DIGITS, Difference, difference, difference_of
from .statistics import POSSIBLE, values_by_method

__all__ = ["ALPHA", "Pair", "holm", "pairwise", "seeds_needed"]

# How often methods that are all alike may be told apart by chance.
ALPHA = 0.05


class Pair(NamedTuple):
    """Two methods, seed by seed.

    Attributes
    ----------
    method, other : str
    difference : Difference
        Of ``method`` less ``other``.
    corrected : float
        The difference's p after Holm's correction for all pairs; NaN where there is none.
    more, less : int
        Seeds with which ``method`` has the larger figure, and the smaller.
    """

    method: str
    other: str
    difference: Difference
    corrected: float
    more: int
    less: int

    @property
    def apart(self) -> bool:
        """Whether the two can be told apart."""
        return self.corrected < ALPHA


def pairwise(runs: Iterable[Trial], measure: str = "accuracy") -> tuple[Pair, ...]:
    """Compare every pair of methods by Wilcoxon's signed-rank test with Holm's correction.

    All pairs together are wrongly told apart with a chance of at most 5%, and what is said of two
    methods does not depend on how the others did, but for how many they are [1]_.

    Parameters
    ----------
    runs : iterable of Trial
    measure : {"accuracy", "loss"}

    Returns
    -------
    tuple of Pair
        Each pair once, in the order in which methods first come.

    References
    ----------
    .. [1] A. Benavoli, G. Corani and F. Mangili, "Should we really use post-hoc tests based on
       mean-ranks?", Journal of Machine Learning Research 17, 2016.

    Examples
    --------
    >>> runs = [Trial("static", seed, 0.5, 0.8 + seed / 100, 68, 101, 0.1) for seed in range(8)]
    >>> runs += [Trial("rigl", seed, 0.5, 1.0, 68, 101, 0.1) for seed in range(8)]
    >>> [pair] = pairwise(runs)
    >>> pair.method, pair.other, pair.more, pair.less, pair.corrected, pair.apart
    ('static', 'rigl', 0, 8, 0.0078125, True)
    """
    values = values_by_method(runs, measure)
    names = list(combinations(values, 2))
    found = [difference_of(values[one], values[other], POSSIBLE[measure]) for one, other in names]
    corrected = holm([difference.p for difference in found])
    return tuple(
        Pair(*pair, difference, p, *_counts(*(values[method] for method in pair)))
        for pair, difference, p in zip(names, found, corrected, strict=True)
    )


def holm(values: Sequence[float]) -> list[float]:
    """Return p values corrected by Holm's step-down method.

    The least is multiplied by how many there are, the next by one less, and so on; none becomes
    less than one before it, or more than 1. NaN stays, and counts among them.

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    corrected = [math.nan] * len(values)
    last = 0.0
    known = sorted((p, n) for n, p in enumerate(values) if not math.isnan(p))
    for rank, (p, n) in enumerate(known):
        last = corrected[n] = max(last, min(1.0, p * (len(values) - rank)))
    return corrected


def seeds_needed(methods: int) -> int:
    """Return the least number of seeds with which two of so many methods can be told apart at all.

    A method that is better with each of n seeds has p = 2 / 2ⁿ by Wilcoxon's test, and Holm's
    correction multiplies that by the number of pairs.

    Examples
    --------
    >>> [seeds_needed(methods) for methods in (2, 3, 5)]
    [6, 7, 9]
    """
    pairs = methods * (methods - 1) // 2
    return next(n for n in range(1, 99) if pairs * 2 / 2**n < ALPHA)


def _counts(values: dict[int, float], others: dict[int, float]) -> tuple[int, int]:
    common = [(value, others[seed]) for seed, value in values.items() if seed in others]
    differences = [round(difference(a, b), DIGITS) for a, b in common]
    return sum(d > 0 for d in differences), sum(d < 0 for d in differences)
