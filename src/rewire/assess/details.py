"""What a single score does not tell: classes one by one, calibration, residuals."""

from __future__ import annotations

from typing import Any

import numpy as np

from .intervals import share_interval

__all__ = ["calibration", "class_table", "confusion", "residuals"]

BINS = 10
# Samples in a picture of residuals.
POINTS = 400
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def confusion(y: np.ndarray, answers: np.ndarray) -> list[list[int]]:
    """Return how often each class (row) was answered as each class (column)."""
    from sklearn.metrics import confusion_matrix

    labels = np.arange(answers.shape[1])
    return confusion_matrix(y, answers.argmax(axis=1), labels=labels).tolist()


def class_table(y: np.ndarray, answers: np.ndarray, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return recall and precision of each class, None where a class never occurs."""
    counts = np.array(confusion(y, answers))
    right, actual, answered = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    rows: list[dict[str, Any]] = []
    for k in range(len(counts)):
        n = int(actual[k])
        rows.append(
            {
                "class": names[k] if names else str(k),
                "samples": n,
                "recall": right[k] / n if n else None,
                "recall_interval": list(share_interval(int(right[k]), n)) if n else None,
                "precision": right[k] / answered[k] if answered[k] else None,
            }
        )
    return [
        {name: float(v) if isinstance(v, np.floating) else v for name, v in row.items()}
        for row in rows
    ]


def calibration(y: np.ndarray, answers: np.ndarray) -> dict[str, Any]:
    """Return how often answers of some probability are right.

    Of two classes, the probability of the second one; of more, that of the answer. Samples are
    divided into at most ten groups of equal size by that probability.
    """
    if answers.shape[1] == 2:
        given, happened, of = answers[:, 1], y == 1, "second class"
    else:
        given, happened, of = answers.max(axis=1), answers.argmax(axis=1) == y, "answer"
    bins = min(BINS, max(1, len(y) // 5))
    groups = np.array_split(np.argsort(given, kind="stable"), bins)
    return {
        "of": of,
        "predicted": [float(given[group].mean()) for group in groups],
        "observed": [float(happened[group].mean()) for group in groups],
        "intervals": [
            list(share_interval(int(happened[group].sum()), len(group))) for group in groups
        ],
        "samples": [len(group) for group in groups],
    }


def residuals(y: np.ndarray, answers: np.ndarray) -> dict[str, Any] | None:
    """Return predictions and what they are off by, of a single output, for a picture."""
    finite = np.isfinite(answers[:, 0])
    answers, y = answers[finite], y[finite]
    if not len(y):
        return None
    some = slice(None, None, -(-len(y) // POINTS))
    error = answers[:, 0] - y[:, 0]
    return {
        "predicted": answers[some, 0].tolist(),
        "residual": error[some].tolist(),
        "quantiles": dict(
            zip(map(str, QUANTILES), np.quantile(error, QUANTILES).tolist(), strict=True)
        ),
    }
