"""How surely figures of many runs are known: intervals, and a test of paired differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy

from rewire.assess.intervals import CONFIDENCE, Interval, share_interval

__all__ = [
    "DIGITS",
    "Difference",
    "Share",
    "deviation",
    "difference",
    "difference_of",
    "mean_interval",
    "share_of",
    "signed_rank_p",
]

# Differences for which p is counted out rather than approximated.
MOST_EXACT = 200
# Accuracies are quotients: what differs by less than this differs by rounding.
DIGITS = 12
UNKNOWN = Interval(math.nan, math.nan)
ANYTHING = (-math.inf, math.inf)


class Share(NamedTuple):
    """How many runs reached what was asked for; ``interval`` is Wilson's, of 95%."""

    runs: int
    share: float
    interval: Interval


class Difference(NamedTuple):
    """A method less the baseline, over the seeds that both have.

    Attributes
    ----------
    pairs : int
        Common seeds.
    mean : float
        Infinite where a loss is.
    interval : Interval
        Student's, of the mean, within what is possible; of 95%, and NaN where there is too little
        to tell.
    p : float
        Two-sided, of Wilcoxon's signed-rank test; 1 where no pair differs. Not corrected for
        several methods being compared.
    """

    pairs: int
    mean: float
    interval: Interval
    p: float


def mean_interval(
    values: Sequence[float] | np.ndarray, possible: tuple[float, float] = ANYTHING
) -> Interval:
    r"""Return :math:`\bar x \pm t_{0.975, n-1} \, s / \sqrt n`, as far as it is possible.

    An interval is cut off where no mean can be, which leaves its confidence as it is: what is cut
    off never holds the true mean.

    Parameters
    ----------
    values : sequence of float
        NaN is returned for fewer than two, and if one is not finite.
    possible : (float, float)
        Least and greatest value there can be.

    Examples
    --------
    >>> [round(end, 4) for end in mean_interval([1.0, 2.0, 3.0])]
    [-0.4841, 4.4841]
    >>> [round(end, 2) for end in mean_interval([0.8, 0.9, 1.0], possible=(0, 1))]
    [0.65, 1.0]
    """
    values = np.asarray(values, float)
    n = len(values)
    if n < 2 or not np.isfinite(values).all():
        return UNKNOWN
    half = scipy.stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * deviation(values) / math.sqrt(n)
    least, most = possible
    low, high = max(values.mean() - half, least), min(values.mean() + half, most)
    return Interval(float(low), float(high))


def share_of(count: int, runs: int) -> Share:
    """Return how many runs of all reached something, as a share with its interval.

    Examples
    --------
    >>> [round(end, 3) for end in share_of(0, 10).interval]
    [0.0, 0.278]
    """
    return Share(count, count / runs, share_interval(count, runs))


def difference_of(
    values: dict[int, float], baseline: dict[int, float], possible: tuple[float, float] = ANYTHING
) -> Difference:
    """Return how much values exceed the baseline's, pair by pair of seeds.

    Parameters
    ----------
    values, baseline : dict of int to float
        By seed.
    possible : (float, float)
        Least and greatest value there can be.
    """
    least, most = possible
    common = sorted(set(values) & set(baseline))
    differences = np.array([difference(values[seed], baseline[seed]) for seed in common])
    if not common:
        return Difference(0, math.nan, UNKNOWN, math.nan)
    # Rounded, since equal differences must share a rank.
    rounded = np.round(differences, DIGITS)
    changed = rounded[rounded != 0]
    p = signed_rank_p(changed) if len(changed) else 1.0
    interval = mean_interval(differences, (least - most, most - least))
    return Difference(len(common), float(differences.mean()), interval, p)


def difference(value: float, other: float) -> float:
    """Return a value less another; of two that are infinite 0."""
    return 0.0 if value == other else value - other


def signed_rank_p(differences: np.ndarray) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test, none of the differences 0.

    It is the share of all choices of signs whose sum of positive ranks is as far from the middle,
    also where differences are equal; beyond 200 of them by the normal distribution.

    Examples
    --------
    Of the 8 choices of three signs two are as far out as all positive:

    >>> signed_rank_p(np.array([0.1, 0.1, 0.3]))
    0.25
    """
    if len(differences) > MOST_EXACT:
        return float(scipy.stats.wilcoxon(differences).pvalue)
    # Twice, as ranks that are shared may be halves.
    ranks = np.round(2 * scipy.stats.rankdata(np.abs(differences))).astype(int)
    chances = np.ones(1)  # of each sum of positive ranks
    for rank in ranks:
        longer = np.zeros(len(chances) + rank)
        longer[: len(chances)] += chances / 2
        longer[rank:] += chances / 2
        chances = longer
    positive = int(ranks[differences > 0].sum())
    end = min(positive, len(chances) - 1 - positive)
    return min(1.0, 2 * float(chances[: end + 1].sum()))


def deviation(values: np.ndarray) -> float:
    """Return the standard deviation, with n - 1; NaN for one value, or if one is not finite."""
    few = len(values) < 2 or not np.isfinite(values).all()
    return math.nan if few else float(values.std(ddof=1))
