"""What a model achieves on one part of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .details import calibration, class_table, confusion, residuals
from .intervals import MOST_DRAWN, Interval, Scorer, bootstrap, interval_of, share_interval
from .scores import SCORES, check_answers, score, weighted_scores
from .simpler import LINEAR, Simpler

__all__ = ["Part", "Ruler"]

# More classes than this would make a table that nobody reads.
MOST_CLASSES = 100


@dataclass(frozen=True)
class Part:
    """What a model achieves on some samples.

    Attributes
    ----------
    name : str
        Such as ``"validation"``.
    samples : int
    seen : bool
        Whether the model has learnt from them: the scores are then too good, and have no intervals.
    scores : dict of str to float or None
        As :func:`rewire.assess.score` returns them.
    intervals : dict of str to (float, float)
        95% intervals of the scores; of none where all resamples agree.
    beside : dict of str to dict
        Scores of simpler models on the same samples, by the model's name.
    gains : dict of str to dict
        Of each score, its ``difference`` to the linear model's and the ``interval`` of that.
    confusion : list of list of int, optional
        Samples of each class (row) answered as each class (column).
    classes : list of dict, optional
        ``class``, ``samples``, ``recall`` with its ``recall_interval``, and ``precision``.
    calibration : dict, optional
        Mean probabilities ``predicted`` and shares ``observed``, group by group.
    residuals : dict, optional
        Of a regression of one output: ``predicted`` and ``residual`` of some samples, and
        ``quantiles`` of all residuals.
    """

    name: str
    samples: int
    seen: bool
    scores: dict[str, float | None]
    intervals: dict[str, Interval] = field(default_factory=dict)
    beside: dict[str, dict[str, float | None]] = field(default_factory=dict)
    gains: dict[str, dict[str, Any]] = field(default_factory=dict)
    confusion: list[list[int]] | None = None
    classes: list[dict[str, Any]] | None = None
    calibration: dict[str, Any] | None = None
    residuals: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: all attributes but the name."""
        found = {name: value for name, value in vars(self).items() if name != "name"}
        return {
            **found,
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "gains": {
                name: {**gain, "interval": gain["interval"] and list(gain["interval"])}
                for name, gain in self.gains.items()
            },
        }


@dataclass
class Ruler:
    """Measures answers on parts of the data, all alike.

    Parameters
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
    probabilistic : bool
    seed : int
    simpler : list of Simpler
        The models to measure beside.
    """

    task: str
    classes: tuple[str, ...]
    probabilistic: bool
    seed: int
    simpler: list[Simpler] = field(default_factory=list)

    def measure(
        self, name: str, X: Any, y: Any, answers: np.ndarray, seen: bool, compare: bool = True
    ) -> Part:
        """Return the part with everything that is known of it.

        Parameters
        ----------
        name : str
        X, y : array-like
            Its samples.
        answers : ndarray
            The model's.
        seen : bool
            Whether the model has learnt from them.
        compare : bool, default True
            Whether to measure simpler models as well.
        """
        y, answers = check_answers(y, answers, self.task)
        simpler = self.simpler if compare else []
        others = {one.name: check_answers(y, one.answers(X), self.task)[1] for one in simpler}
        part = Part(
            name,
            len(y),
            seen,
            scores=score(y, answers, self.task, probabilistic=self.probabilistic),
            beside={one: score(y, own, self.task) for one, own in others.items()},
            **self._details(y, answers),
        )
        if not seen:
            self._add_uncertainty(part, y, answers, others.get(LINEAR))
        return part

    def _details(self, y: np.ndarray, answers: np.ndarray) -> dict[str, Any]:
        if self.task == "regression":
            return {"residuals": residuals(y, answers)} if y.shape[1] == 1 else {}
        if answers.shape[1] > MOST_CLASSES:
            return {}
        return {
            "confusion": confusion(y, answers),
            "classes": class_table(y, answers, self.classes),
            "calibration": calibration(y, answers) if self.probabilistic else None,
        }

    def _add_uncertainty(
        self, part: Part, y: np.ndarray, answers: np.ndarray, linear: np.ndarray | None
    ) -> None:
        """Add the intervals of the scores, and of their differences to the linear model's."""
        compared = {"own": answers} if linear is None else {"own": answers, "linear": linear}
        rows = _some(len(y), self.seed)
        scorers = {
            name: lambda w, own=own: weighted_scores(
                y[rows], own[rows], w, self.task, self.probabilistic
            )
            for name, own in compared.items()
        }
        drawn = bootstrap(scorers, len(rows), self.seed)
        if len(rows) < len(y):
            scores = {"own": part.scores} | {"linear": part.beside.get(LINEAR, {})}
            drawn = {
                name: _as_of_all(found, scorers[name], scores[name], len(rows) / len(y))
                for name, found in drawn.items()
            }
        for name, value in part.scores.items():
            ends = interval_of(drawn["own"][name])
            if value is None or ends is None:
                continue
            if SCORES[self.task][name].higher:
                ends = Interval(ends.low, min(ends.high, 1.0))
            else:
                ends = Interval(max(ends.low, 0.0), ends.high)
            if name == "accuracy" and value in (0, 1):  # resamples would all be the same
                ends = share_interval(round(value * len(y)), len(y))
            if ends.low < ends.high:
                part.intervals[name] = ends
            other = None if linear is None else part.beside[LINEAR][name]
            if other is not None:
                between = interval_of(drawn["own"][name] - drawn["linear"][name])
                # Of a few samples, all resamples may agree: that says nothing.
                known = between is not None and between.low < between.high
                part.gains[name] = {
                    "difference": value - other,
                    "interval": between if known else None,
                }


def _some(samples: int, seed: int) -> np.ndarray:
    """Return the samples that resamples are drawn from: of many, some at random."""
    if samples <= MOST_DRAWN:
        return np.arange(samples)
    return np.sort(np.random.default_rng(seed).choice(samples, MOST_DRAWN, replace=False))


def _as_of_all(
    drawn: Mapping[str, np.ndarray],
    scorer: Scorer,
    scores: Mapping[str, float | None],
    share: float,
) -> dict[str, np.ndarray]:
    """Return the scores of resamples of some samples as those of all would lie around theirs.

    A score's deviation goes down with the root of the number of samples.

    Parameters
    ----------
    drawn : mapping of str to ndarray
        Scores of resamples of some samples.
    scorer : callable
        What computes them.
    scores : mapping of str to float or None
        Of all samples.
    share : float
        Of the samples that were drawn from.
    """
    own = scorer(np.ones((1, MOST_DRAWN)))
    return {
        name: (np.nan if (value := scores.get(name)) is None else value)
        + np.sqrt(share) * (found - own[name])
        for name, found in drawn.items()
    }
