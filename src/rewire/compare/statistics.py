"""What runs over many seeds say about methods, and how surely."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

from rewire.validation import of_type, real_number, several

from .trial import Trial

__all__ = [
    "Difference",
    "Interval",
    "Share",
    "Statistics",
    "difference",
    "difference_of",
    "mean_interval",
    "share_of",
    "signed_rank_p",
    "summarise",
    "value_of",
    "values_by_method",
]

CONFIDENCE = 0.95
# What the figures can be, and so their means.
POSSIBLE = {"accuracy": (0.0, 1.0), "loss": (0.0, math.inf)}
# Differences for which p is counted out rather than approximated.
MOST_EXACT = 200
# Accuracies are quotients: what differs by less than this differs by rounding.
DIGITS = 12


class Interval(NamedTuple):
    """A confidence interval of 95%; NaN where there is too little to tell."""

    low: float
    high: float


class Share(NamedTuple):
    """How many runs reached what was asked for; ``interval`` is Wilson's."""

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
        Student's, of the mean, within what is possible.
    p : float
        Two-sided, of Wilcoxon's signed-rank test; 1 where no pair differs. Not corrected for
        several methods being compared.
    """

    pairs: int
    mean: float
    interval: Interval
    p: float


@dataclass(frozen=True)
class Statistics:
    """One method over all its seeds.

    Attributes
    ----------
    runs : int
    mean, median : float
    deviation : float
        Standard deviation of the runs, with n - 1; NaN for one run, or if one is not finite.
    interval : Interval
        Student's, of the mean, within what is possible: no accuracy is above 1.
    reached : Share, optional
        None where nothing was to be reached.
    difference : Difference, optional
        None for the baseline.
    connections, parameters : (int, int)
        The least and the most.
    seconds : float
        Median.
    diverged : int
        Runs whose loss is not finite; they count like all others.

    Examples
    --------
    >>> runs = [Trial("rigl", seed, 0.5, seed / 4, 68, 101, 0.1) for seed in range(5)]
    >>> found = summarise(runs)["rigl"]
    >>> found.runs, found.mean, found.median, found.connections
    (5, 0.5, 0.5, (68, 68))
    """

    runs: int
    mean: float
    median: float
    deviation: float
    interval: Interval
    reached: Share | None
    difference: Difference | None
    connections: tuple[int, int]
    parameters: tuple[int, int]
    seconds: float
    diverged: int


def summarise(
    runs: Iterable[Trial],
    measure: str = "accuracy",
    reach: float | None = None,
    baseline: str | None = None,
) -> dict[str, Statistics]:
    """Compare methods.

    Parameters
    ----------
    runs : iterable of Trial
    measure : {"accuracy", "loss"}
        Which figure of the runs.
    reach : float, optional
        An accuracy to be reached from below, or a loss from above.
    baseline : str, optional
        The method that the others are compared with; that of the first run by default.

    Returns
    -------
    dict of str to Statistics
        By method, in the order in which they first come.

    Examples
    --------
    >>> runs = [Trial("static", seed, 0.5, seed / 4, 68, 101, 0.1) for seed in range(4)]
    >>> runs += [Trial("rigl", seed, 0.5, 1.0, 68, 101, 0.1) for seed in range(4)]
    >>> found = summarise(runs, reach=0.75)
    >>> found["static"].mean, found["static"].median, found["static"].reached.share
    (0.375, 0.375, 0.25)
    >>> found["rigl"].difference.mean
    0.625
    """
    by_method: dict[str, list[Trial]] = {}
    for run in several(runs, "runs", "Trials"):
        by_method.setdefault(of_type(run, "runs", Trial).method, []).append(run)
    if baseline is not None:
        of_type(baseline, "baseline", str)
    if reach is not None:
        reach = real_number(reach, "reach")
    values = values_by_method((run for own in by_method.values() for run in own), measure)
    if baseline is None:
        baseline = next(iter(by_method), "")
    first = values.get(baseline, {})
    return {
        method: _statistics(
            own,
            measure,
            reach,
            None if method == baseline else difference_of(values[method], first, measure),
        )
        for method, own in by_method.items()
    }


def _statistics(
    runs: Sequence[Trial], measure: str, reach: float | None, difference: Difference | None
) -> Statistics:
    values = np.array([value_of(run, measure) for run in runs])
    connections = [run.connections for run in runs]
    parameters = [run.parameters for run in runs]
    reached = None
    if reach is not None:
        good = values >= reach if measure == "accuracy" else values <= reach
        reached = share_of(int(good.sum()), len(runs))
    return Statistics(
        runs=len(runs),
        mean=float(values.mean()),
        median=float(np.median(values)),
        deviation=_deviation(values),
        interval=mean_interval(values, POSSIBLE[measure]),
        reached=reached,
        difference=difference,
        connections=(min(connections), max(connections)),
        parameters=(min(parameters), max(parameters)),
        seconds=float(np.median([run.seconds for run in runs])),
        diverged=sum(not math.isfinite(run.loss) for run in runs),
    )


def value_of(run: Trial, measure: str) -> float:
    """Return the figure of a run that is compared; a loss that is not a number is infinite."""
    if measure not in ("accuracy", "loss"):
        raise ValueError(f"measure must be 'accuracy' or 'loss'; got {measure!r}")
    if measure == "accuracy":
        return run.accuracy
    return math.inf if math.isnan(run.loss) else run.loss


def values_by_method(runs: Iterable[Trial], measure: str) -> dict[str, dict[int, float]]:
    """Return for each method the figure that is compared, by seed."""
    found: dict[str, dict[int, float]] = {}
    for run in several(runs, "runs", "Trials"):
        of_type(run, "runs", Trial)
        found.setdefault(run.method, {})[run.seed] = value_of(run, measure)
    return found


def mean_interval(
    values: Sequence[float] | np.ndarray, possible: tuple[float, float] = (-math.inf, math.inf)
) -> Interval:
    r"""Return :math:`\bar x \pm t_{0.975, n-1} \, s / \sqrt n`, as far as it is possible.

    An interval is cut off where no mean can be, which leaves its confidence as it is: what is cut
    off never holds the true mean.

    Parameters
    ----------
    values : sequence of float
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
        return Interval(math.nan, math.nan)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * _deviation(values) / math.sqrt(n)
    least, most = possible
    low, high = max(values.mean() - half, least), min(values.mean() + half, most)
    return Interval(float(low), float(high))


def share_of(count: int, runs: int) -> Share:
    """Return a share with Wilson's interval, which is sound for few runs and for 0 and 100% too.

    Examples
    --------
    >>> [round(end, 3) for end in share_of(0, 10).interval]
    [0.0, 0.278]
    """
    low, high = stats.binomtest(count, runs).proportion_ci(CONFIDENCE, method="wilson")
    return Share(count, count / runs, Interval(float(low), float(high)))


def difference_of(
    values: dict[int, float], baseline: dict[int, float], measure: str = "loss"
) -> Difference:
    """Return how much values exceed the baseline's, pair by pair of seeds."""
    least, most = POSSIBLE[measure]
    common = sorted(set(values) & set(baseline))
    differences = np.array([difference(values[seed], baseline[seed]) for seed in common])
    if not common:
        return Difference(0, math.nan, Interval(math.nan, math.nan), math.nan)
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
        return float(stats.wilcoxon(differences).pvalue)
    # Twice, as ranks that are shared may be halves.
    ranks = np.round(2 * stats.rankdata(np.abs(differences))).astype(int)
    chances = np.ones(1)  # of each sum of positive ranks
    for rank in ranks:
        longer = np.zeros(len(chances) + rank)
        longer[: len(chances)] += chances / 2
        longer[rank:] += chances / 2
        chances = longer
    positive = int(ranks[differences > 0].sum())
    end = min(positive, len(chances) - 1 - positive)
    return min(1.0, 2 * float(chances[: end + 1].sum()))


def _deviation(values: np.ndarray) -> float:
    few = len(values) < 2 or not np.isfinite(values).all()
    return math.nan if few else float(values.std(ddof=1))
