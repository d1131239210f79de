"""Simpler models to stand beside: the most frequent class or the mean, and a linear model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from threadpoolctl import threadpool_limits

__all__ = ["LINEAR", "Simpler", "linear_model", "without_inputs"]

LINEAR = "a linear model"
# Numbers among the inputs that a linear model is fitted to: a second's work, and enough to tell.
MOST_NUMBERS = 2_000_000
ITERATIONS = 500


@dataclass(frozen=True)
class Simpler:
    """A simpler model.

    Attributes
    ----------
    name : str
        Such as ``"always 'setosa'"``.
    answers : callable
        From inputs to answers as :func:`rewire.assess.score` takes them.
    samples : int
        How many samples it learnt from.
    """

    name: str
    answers: Callable[[Any], np.ndarray]
    samples: int


def without_inputs(y: np.ndarray, task: str, classes: int, names: tuple[str, ...]) -> Simpler:
    """Return the model that looks at no input: the shares of the classes, or the mean.

    Its answer is always the most frequent class, the first of several.
    """
    if task == "regression":
        mean = y.astype(np.float64).reshape(len(y), -1).mean(axis=0)
        return Simpler("the mean", lambda X: np.tile(mean, (X.shape[0], 1)), len(y))
    shares = np.bincount(y, minlength=classes) / len(y)
    most = int(shares.argmax())
    name = f"always {names[most] if names else most}"
    return Simpler(name, lambda X: np.tile(shares, (X.shape[0], 1)), len(y))


def linear_model(
    X: Any,
    y: np.ndarray,
    task: str,
    classes: int,
    seed: int = 0,
    class_weight: str | Mapping[int, float] | None = None,
) -> Simpler | None:
    """Fit a logistic or ridge regression to standardized inputs.

    It is scikit-learn's, with its default penalty. Of a large data set a random part is learnt.

    Parameters
    ----------
    X : array or SciPy sparse matrix, shape (samples, inputs)
    y : ndarray
        As for :func:`rewire.assess.score`.
    task : {"classification", "regression"}
    classes : int
    seed : int, default 0
        Of the part that is learnt.
    class_weight : {"balanced"} or mapping of int to float, optional
        The weight of each class, 1 for those that a mapping lacks.

    Returns
    -------
    Simpler or None
        None where there is nothing to fit: a single class, or a single sample.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = _some(X, y, seed)
    if len(y) < 2 or (task == "classification" and y.min() == y.max()):
        return None
    scaler = StandardScaler(with_mean=not issparse(X))  # centring would fill in the zeros
    if isinstance(class_weight, Mapping):  # scikit-learn wants all that there are, and no others
        class_weight = {k: class_weight.get(k, 1.0) for k in np.unique(y).tolist()}
    logistic = LogisticRegression(max_iter=ITERATIONS, class_weight=class_weight)
    last = Ridge() if task == "regression" else logistic
    model = make_pipeline(scaler, last)
    # One thread: those of BLAS spin while they wait, and the result shall not depend on them.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # as near to its optimum as the iterations allow will do
        model.fit(_as_float64(X), y)

    def answers(X: Any) -> np.ndarray:
        if task == "regression":
            return model.predict(_as_float64(X))
        found = np.zeros((X.shape[0], classes))
        found[:, last.classes_] = model.predict_proba(_as_float64(X))
        return found

    return Simpler(LINEAR, answers, len(y))


def _some(X: Any, y: np.ndarray, seed: int) -> tuple[Any, np.ndarray]:
    numbers = X.nnz / X.shape[0] if issparse(X) else X.shape[1]
    most = max(1, int(MOST_NUMBERS / max(numbers, 1)))
    if len(y) <= most:
        return X, y
    rows = np.sort(np.random.default_rng(seed).choice(len(y), most, replace=False))
    return X[rows], y[rows]


def _as_float64(X: Any) -> Any:
    return X.astype(np.float64) if issparse(X) else np.asarray(X, np.float64)
