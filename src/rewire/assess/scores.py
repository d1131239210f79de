"""The scores: one definition of each, for training, evaluation, reports and comparisons.

A score is computed for many weightings of the samples at once. All weights 1 give the score
itself; the counts of a resample, which the bootstrap draws, give the score of that resample.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewire.io import received
from rewire.validation import real_array

__all__ = ["SCORES", "Kind", "check_answers", "score", "weighted_scores"]

# Probabilities below this count as this in the log loss, or one sample could make it infinite.
LEAST_PROBABILITY = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Kind:
    """What is known of a score besides its value.

    Attributes
    ----------
    label : str
        Its name for people.
    higher : bool
        Whether more is better.
    share : bool
        Whether it is shown in percent.
    """

    label: str
    higher: bool
    share: bool = False


SCORES: Mapping[str, Mapping[str, Kind]] = {
    "classification": {
        "accuracy": Kind("accuracy", True, share=True),
        "balanced_accuracy": Kind("balanced accuracy", True, share=True),
        "auc": Kind("AUC", True),
        "log_loss": Kind("log loss", False),
        "brier": Kind("Brier score", False),
    },
    "regression": {
        "r2": Kind("R²", True),
        "mean_absolute_error": Kind("mean absolute error", False),
        "root_mean_squared_error": Kind("root mean squared error", False),
        "median_absolute_error": Kind("median absolute error", False),
        "mean_squared_error": Kind("mean squared error", False),
    },
}
"""The scores of each task; the first is the one that models are ranked by."""


def score(y: Any, answers: Any, task: str, *, probabilistic: bool = True) -> dict[str, Any]:
    """Compute all scores of a task, in float64.

    Parameters
    ----------
    y : array-like
        What is right: class numbers from 0, shape (samples,), or numbers, shape (samples,) or
        (samples, outputs).
    answers : array-like
        What the model says. In a classification, shape (samples, classes): the probability of
        each class, or its score, the largest of which is the answer. In a regression, shape as y.
    task : {"classification", "regression"}
    probabilistic : bool, default True
        Whether the answers of a classification are probabilities; without, there is no log loss
        and no Brier score.

    Returns
    -------
    dict of str to float or None
        ``accuracy``; ``balanced_accuracy``, the mean recall of the classes that occur; ``auc``, the
        area under the ROC curve, of several classes the mean over each against the rest;
        ``log_loss``; ``brier``, of two classes (p - y)², of more the sum over the classes. Or
        ``r2``, ``mean_absolute_error``, ``root_mean_squared_error``, ``median_absolute_error`` and
        ``mean_squared_error``, means over the outputs. None for what is undefined: R² where the
        targets do not vary, the AUC where there is one class.

    Raises
    ------
    ValueError
        For answers that do not fit y.

    Examples
    --------
    >>> answers = [[0.9, 0.1], [0.6, 0.4], [0.7, 0.3], [0.2, 0.8]]
    >>> found = score([0, 0, 1, 1], answers, "classification")
    >>> found["accuracy"], found["auc"], round(found["brier"], 4)
    (0.75, 0.75, 0.175)
    >>> score([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], "regression")["r2"]
    0.5
    """
    y, answers = check_answers(y, answers, task)
    found = weighted_scores(y, answers, np.ones((1, len(y))), task, probabilistic)
    return {name: float(v[0]) if math.isfinite(v[0]) else None for name, v in found.items()}


def check_answers(y: Any, answers: Any, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what is right and what was answered: class numbers or float64, and float64."""
    if not isinstance(task, str) or task not in SCORES:
        raise ValueError(f"task must be one of {', '.join(SCORES)}; got {received(task)}")
    answers = np.atleast_1d(real_array(answers, "answers")).astype(np.float64)
    y = np.atleast_1d(real_array(y, "y"))
    if len(y) == 0:
        raise ValueError("y must hold at least one sample; got none")
    if task == "regression":
        y = y.astype(np.float64).reshape(len(y), -1)
        answers = answers.reshape(len(answers), -1)
        if y.shape != answers.shape:
            raise ValueError(
                f"answers must have a number for each of the targets, shape {y.shape}; got "
                f"{answers.shape}"
            )
        return y, answers
    if answers.ndim != 2 or answers.shape[0] != len(y) or answers.shape[1] < 2:
        raise ValueError(
            f"answers must have shape ({len(y)}, classes), a row for each value of y and a column "
            f"for each of at least two classes; got {answers.shape}"
        )
    if y.ndim != 1 or y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= answers.shape[1]:
        raise ValueError(
            f"y must hold class numbers in [0, {answers.shape[1]}), one for each sample; got "
            f"{y.dtype} of shape {y.shape}"
        )
    return y, np.nan_to_num(answers)  # an overflow is an answer too, though a wrong one


@np.errstate(invalid="ignore", divide="ignore", over="ignore")
def weighted_scores(
    y: np.ndarray,
    answers: np.ndarray,
    weights: np.ndarray,
    task: str,
    probabilistic: bool = True,
) -> dict[str, np.ndarray]:
    """Return the scores under several weightings of the samples; NaN where one is undefined.

    Parameters
    ----------
    y, answers
        As :func:`check_answers` returns them.
    weights : ndarray, shape (weightings, samples)
        Whole numbers: how often each sample counts.
    task, probabilistic
        As for :func:`score`.

    Returns
    -------
    dict of str to ndarray, shape (weightings,)
    """
    if task == "regression":
        return _of_numbers(y, answers, weights)
    found = _of_classes(y, answers, weights)
    if probabilistic:
        found |= _of_probabilities(y, answers, weights)
    return found


def _of_classes(y: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    right = answers.argmax(axis=1) == y
    present = np.unique(y)
    belongs = (y[:, None] == present).astype(np.float64)
    # Of each class, the share answered rightly; a class without samples in a resample has none.
    recall = (weights @ (belongs * right[:, None])) / (weights @ belongs)
    # Two classes have one curve, whichever is called positive; more have one each.
    curves = [1] if answers.shape[1] == 2 else present
    areas = np.array([_auc(answers[:, one], y == one, weights) for one in curves])
    return {
        "accuracy": _mean(right, weights),
        "balanced_accuracy": _mean_of_known(recall.T),
        "auc": _mean_of_known(areas),
    }


def _of_probabilities(
    y: np.ndarray, answers: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    given = answers[np.arange(len(y)), y]
    if answers.shape[1] == 2:
        squares = (1 - given) ** 2
    else:
        squares = ((answers - np.eye(answers.shape[1])[y]) ** 2).sum(axis=1)
    return {
        "log_loss": _mean(-np.log(np.clip(given, LEAST_PROBABILITY, 1)), weights),
        "brier": _mean(squares, weights),
    }


def _of_numbers(y: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    error, centred = answers - y, y - y.mean(axis=0)
    squared = _mean(error**2, weights)
    moment = _mean(centred**2, weights)
    spread = moment - _mean(centred, weights) ** 2
    # What is left by rounding is no spread.
    spread = np.where(spread > 1e-12 * moment, spread, np.nan)
    return {
        "r2": (1 - squared / spread).mean(axis=1),
        "mean_absolute_error": _mean(np.abs(error), weights).mean(axis=1),
        "root_mean_squared_error": np.sqrt(squared).mean(axis=1),
        "median_absolute_error": np.mean(
            [_median(column, weights) for column in np.abs(error).T], axis=0
        ),
        "mean_squared_error": squared.mean(axis=1),
    }


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1)
    return weights @ values / (total if values.ndim == 1 else total[:, None])


def _mean_of_known(rows: np.ndarray) -> np.ndarray:
    """Return means over the first axis, leaving out NaN; NaN where there is nothing else."""
    known = ~np.isnan(rows)
    return np.where(known, rows, 0).sum(axis=0) / known.sum(axis=0)


def _median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return medians; of an even number the mean of the two in the middle."""
    order = np.argsort(values)
    values, count = values[order], np.cumsum(weights[:, order], axis=1)
    total = count[:, -1:]
    low = (count > (total - 1) // 2).argmax(axis=1)
    high = (count > total // 2).argmax(axis=1)
    return (values[low] + values[high]) / 2


def _auc(values: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the share of pairs of a positive and a negative that are in order; ties count half."""
    order = np.argsort(values)
    values, positive = values[order], positive[order]
    weights = np.take(weights, order, axis=1)
    downs = np.cumsum(weights * ~positive, axis=1)
    # Of each positive, the negatives before its ties and up to the end of them.
    own = values[positive]
    before = np.searchsorted(values, own, side="left") - 1
    up_to = np.searchsorted(values, own, side="right") - 1
    below = np.where(before < 0, 0, downs[:, before]) + downs[:, up_to]
    ups = weights[:, positive]
    return (ups * below).sum(axis=1) / (2 * ups.sum(axis=1) * downs[:, -1])
