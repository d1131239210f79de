"""What runs over many seeds say about methods."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rewire.assess.intervals import Interval
from rewire.validation import of_type, real_number, several

from ..trial import Trial
from .inference import Difference, Share, deviation, difference_of, mean_interval, share_of

__all__ = ["Statistics", "summarise", "value_of", "values_by_method"]

# What the figures can be, and so their means.
POSSIBLE = {"accuracy": (0.0, 1.0), "loss": (0.0, math.inf)}


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
            None if method == baseline else difference_of(values[method], first, POSSIBLE[measure]),
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
        deviation=deviation(values),
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
