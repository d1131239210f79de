"""Weights that make some classes count more than others in the loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rewire.losses import Loss
from rewire.validation import plain_array

__all__ = ["ClassWeights", "weighted_by_class"]

ClassWeight = str | Mapping[Any, float]


class ClassWeights:
    """The weight of each class, of mean 1 over the samples that decide them.

    Parameters
    ----------
    class_weight : {"balanced"} or mapping
        ``"balanced"`` gives all classes the same weight in sum, as scikit-learn does; a mapping
        holds weights by class, and classes that it lacks count 1.
    y : ndarray, shape (samples,)

    Raises
    ------
    ValueError
        For other words, for classes that do not occur, and for weights that are not numbers of at
        least 0, one of them above.

    Examples
    --------
    >>> y = np.array([0, 0, 0, 1])
    >>> ClassWeights("balanced", y).of(y).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """

    def __init__(self, class_weight: ClassWeight, y: np.ndarray):
        # Slow to import, and most trainings do without.
        from sklearn.utils.class_weight import compute_class_weight

        self.classes, counts = np.unique(y, return_counts=True)
        if isinstance(class_weight, Mapping):
            _check_mapping(class_weight, self.classes)
            class_weight = {**dict.fromkeys(self.classes.tolist(), 1.0), **class_weight}
        elif class_weight != "balanced":
            raise ValueError(
                "class_weight must be 'balanced', or a mapping of classes to weights; got "
                f"{class_weight!r}"
            )
        weight = compute_class_weight(class_weight, classes=self.classes, y=y)
        self.weight = weight / np.average(weight, weights=counts)

    def of(self, y: np.ndarray) -> np.ndarray:
        """Return the weight of each sample; 1 for a class that was not there before."""
        place = np.minimum(np.searchsorted(self.classes, y), len(self.classes) - 1)
        return np.where(self.classes[place] == y, self.weight[place], 1.0)


def weighted_by_class(
    loss: Loss, class_weight: ClassWeight, y: Any, validation_data: Any
) -> tuple[Loss, np.ndarray, Any]:
    """Return a loss, targets and validation data with a weight for each sample.

    Raises
    ------
    ValueError
        For a loss of numbers, or one that has weights already, and as :class:`ClassWeights` does.
    """
    y = plain_array(y, "y")
    if not loss.counts_correct or loss.weighted or y.ndim != 1:
        raise ValueError(
            "class_weight must be None unless y holds one class for each sample and the loss is "
            f"one of classes without weights of its own; got y of shape {y.shape} and {loss}"
        )
    weights = ClassWeights(class_weight, y)
    if isinstance(validation_data, (tuple, list)) and len(validation_data) == 2:
        X, other = validation_data[0], plain_array(validation_data[1], "validation_data")
        if other.ndim == 1:
            validation_data = X, np.column_stack([other, weights.of(other)])
    return replace(loss, weighted=True), np.column_stack([y, weights.of(y)]), validation_data


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
