"""Weights that make some classes count more than others in the loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rewire.losses import Loss
from rewire.validation import plain_array

from .sources import MappedSource, RowSource, pieces

__all__ = ["ClassWeights", "weighted_by_class"]

ClassWeight = str | Mapping[Any, float]


class ClassWeights:
    """The weight of each class, of mean 1 over the samples that decide them.

    Parameters
    ----------
    class_weight : {"balanced"} or mapping
        ``"balanced"`` gives all classes the same weight in sum, as scikit-learn does; a mapping
        holds weights by class, and classes that it lacks count 1.
    classes : ndarray
        In ascending order.
    counts : ndarray of int
        Samples of each class.

    Raises
    ------
    ValueError
        For other words, for classes that do not occur, and for weights that are not numbers of at
        least 0, one of them above.

    Examples
    --------
    >>> weights = ClassWeights("balanced", np.array([0, 1]), np.array([3, 1]))
    >>> weights.of(np.array([0, 0, 0, 1])).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """

    def __init__(self, class_weight: ClassWeight, classes: np.ndarray, counts: np.ndarray):
        self.classes = classes
        if isinstance(class_weight, Mapping):
            _check_mapping(class_weight, classes)
            weight = np.array([class_weight.get(one, 1.0) for one in classes.tolist()], float)
        elif class_weight == "balanced":
            weight = counts.sum() / (len(counts) * counts)
        else:
            raise ValueError(
                "class_weight must be 'balanced', or a mapping of classes to weights; got "
                f"{class_weight!r}"
            )
        self.weight = weight / np.average(weight, weights=counts)

    def of(self, y: np.ndarray) -> np.ndarray:
        """Return the weight of each sample; 1 for a class that was not there before."""
        place = np.minimum(np.searchsorted(self.classes, y), len(self.classes) - 1)
        return np.where(self.classes[place] == y, self.weight[place], 1.0)

    def beside(self, y: np.ndarray) -> np.ndarray:
        """Return targets with the weight of each sample in a further column."""
        return np.column_stack([y, self.of(y)])


def weighted_by_class(
    loss: Loss, class_weight: ClassWeight, data: tuple[Any, Any], validation_data: Any
) -> tuple[Loss, tuple[Any, Any], Any]:
    """Return a loss, training data and validation data with a weight for each sample.

    Parameters
    ----------
    loss : Loss
    class_weight : {"balanced"} or mapping
    data : (X, y)
        Or a stream and None: its targets are read once, to count the classes.
    validation_data : (X, y), RowSource or None

    Raises
    ------
    ValueError
        For a loss of numbers, or one that has weights already, and as :class:`ClassWeights` does.
    """
    X, y = data
    if isinstance(X, RowSource):
        counts = _counted((X.targets(*piece) for piece in pieces(X)), loss)
        weights = ClassWeights(class_weight, *counts)
        data = MappedSource(X, weights.beside), None
    else:
        y = plain_array(y, "y")
        weights = ClassWeights(class_weight, *_counted([y], loss))
        data = X, weights.beside(y)
    if isinstance(validation_data, RowSource):
        validation_data = MappedSource(validation_data, weights.beside)
    elif isinstance(validation_data, (tuple, list)) and len(validation_data) == 2:
        X, other = validation_data[0], plain_array(validation_data[1], "validation_data")
        if other.ndim == 1:
            validation_data = X, weights.beside(other)
    return replace(loss, weighted=True), data, validation_data


def _counted(parts: Iterable[np.ndarray], loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes in order, and how many samples each has."""
    counts: Counter[Any] = Counter()
    for y in parts:
        if not loss.counts_correct or loss.weighted or y.ndim != 1:
            raise ValueError(
                "class_weight must be None unless y holds one class for each sample and the loss "
                f"is one of classes without weights of its own; got y of shape {y.shape} and {loss}"
            )
        found, times = np.unique(y, return_counts=True)
        counts.update(dict(zip(found.tolist(), times.tolist(), strict=True)))
    classes = sorted(counts)
    return np.array(classes), np.array([counts[one] for one in classes])


def _check_mapping(class_weight: Mapping[Any, float], classes: np.ndarray) -> None:
    known = classes.tolist()
    for name, weight in class_weight.items():
        if name not in known:
            raise ValueError(f"class_weight must name classes among {known}; got {name!r}")
        if not (isinstance(weight, (int, float)) and 0 <= weight < np.inf):
            raise ValueError(
                f"class_weight must hold finite numbers of at least 0; got {weight!r} for {name!r}"
            )
    if not any(class_weight.get(name, 1.0) > 0 for name in known):
        raise ValueError(f"class_weight must be above 0 for a class; got {dict(class_weight)}")
