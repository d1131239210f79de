"""How sure a score is: the percentile bootstrap over the samples that were measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import scipy

__all__ = [
    "CONFIDENCE",
    "MOST_DRAWN",
    "Interval",
    "Scorer",
    "bootstrap",
    "interval_of",
    "share_interval",
]

CONFIDENCE = 0.95
# Resamples, where there are not so many samples that fewer do, and the draws for all of them.
MOST, LEAST, DRAWS = 1000, 200, 5_000_000
# More samples would be drawn from for minutes.
MOST_DRAWN = DRAWS // LEAST
# Numbers in the weights of the resamples that are scored at a time.
PIECE = 1_000_000

Scorer = Callable[[np.ndarray], dict[str, np.ndarray]]


class Interval(NamedTuple):
    """A 95% interval."""

    low: float
    high: float


def bootstrap(
    scorers: Mapping[str, Scorer], samples: int, seed: int = 0
) -> dict[str, dict[str, np.ndarray]]:
    """Score models on the same resamples, so that their scores can be subtracted.

    Parameters
    ----------
    scorers : mapping of str to callable
        Each takes the weights of some resamples, shape (resamples, samples), and returns scores of
        shape (resamples,) by name.
    samples : int
    seed : int, default 0

    Returns
    -------
    dict of str to dict of str to ndarray
        For each scorer, its scores on all resamples.

    References
    ----------
    Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 13.

    Examples
    --------
    >>> right = np.array([1.0, 0.0, 1.0, 1.0])
    >>> found = bootstrap({"model": lambda w: {"accuracy": w @ right / 4}}, samples=4)
    >>> interval_of(found["model"]["accuracy"])
    Interval(low=0.25, high=1.0)
    """
    pieces: dict[str, list[dict[str, np.ndarray]]] = {name: [] for name in scorers}
    for weights in _resamples(samples, seed):
        for name, scorer in scorers.items():
            pieces[name].append(scorer(weights))
    return {
        name: {key: np.concatenate([one[key] for one in found]) for key in found[0]}
        for name, found in pieces.items()
    }


def interval_of(values: np.ndarray) -> Interval | None:
    """Return the interval that holds the middle 95% of resampled scores; None if none is known."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    tail = 50 * (1 - CONFIDENCE)
    return Interval(*np.percentile(values, [tail, 100 - tail]).tolist())


def share_interval(count: int, total: int) -> Interval:
    """Return Wilson's interval of a share, which knows that 5 of 5 is not certainty.

    Examples
    --------
    >>> low, high = share_interval(5, 5)
    >>> round(low, 3), high
    (0.566, 1.0)
    """
    found = scipy.stats.binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(found.low), float(found.high))


def _resamples(samples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each sample was drawn, for some resamples at a time."""
    generator = np.random.default_rng(seed)
    left = max(LEAST, min(MOST, DRAWS // samples))
    step = max(1, PIECE // samples)
    while left:
        rows = min(step, left)
        drawn = generator.integers(samples, size=(rows, samples))
        drawn += np.arange(rows)[:, None] * samples
        counts = np.bincount(drawn.ravel(), minlength=rows * samples)
        yield counts.reshape(rows, samples).astype(np.float64)
        left -= rows
