"""The classifier."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from .base import SparseMLP
from .docstrings import documented
from .parameters import CLASSIFIER, PARAMETERS, signature_of

__all__ = ["SparseMLPClassifier"]


@documented
class SparseMLPClassifier(ClassifierMixin, SparseMLP):
    """A sparse neural network that rewires itself, for classification.

    Two classes share one output, the log odds of the second one; more classes have an output each
    and a softmax; several labels at once (an indicator matrix) have an output each, the log odds of
    the label. The loss is the cross-entropy. As with all neural networks, put a ``StandardScaler``
    in front.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    network_ : rewire.Network
        The neurons and their connections.
    classes_ : ndarray, shape (classes,)
        What ``predict`` answers with; 0, 1, ... for several labels at once.
    {attributes}

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> model = SparseMLPClassifier(sparsity=0.9, max_iter=20, random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), model).fit(X_train, y_train)
    >>> pipeline.score(X_test, y_test) > 0.9
    True
    >>> model.network_
    Network 64-80-10: 592 connections, density 10.00%
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SparseMLP._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(self, *, class_weight: Any = None, **parameters: Any):
        super().__init__(**parameters)
        self.class_weight = class_weight

    # As in the base class.
    __init__.__signature__ = signature_of(PARAMETERS | CLASSIFIER)  # type: ignore[attr-defined]

    # ---------------------------------------------------------------------------------- training

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Train for one pass over the data, from where the network is.

        The learning rate stays as it is, and rewirings come at their interval over all steps so
        far. As nobody knows how much data is to come, and the network may be asked at any time, a
        method given by name moves few connections, and fewer with every rewiring; it does not
        revive neurons, and unless it works without data it rewires only in calls with at least 128
        samples. A ``Method`` is taken as it is, with the share that it begins with.

        Parameters
        ----------
        X, y, sample_weight
            As for :meth:`fit`.
        classes : array-like, shape (classes,)
            All that may come; needed for the first call.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As for :meth:`fit`; with early stopping; and for methods that prune towards an end.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight must be a dict for partial_fit, which does not see all samples; got "
                "'balanced'"
            )
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ValueError("classes must be given for the first call of partial_fit; got None")
        if not (first or classes is None or np.array_equal(unique_labels(classes), self.classes_)):
            raise ValueError(f"classes must stay {self.classes_}; got {classes}")
        return self._learn_once(X, y, sample_weight, classes)

    def _inspect_targets(self, y: np.ndarray, weight: np.ndarray | None, classes: Any) -> None:
        check_classification_targets(y)
        if (kind := type_of_target(y)) == "multiclass-multioutput":
            raise ValueError(
                "y must have one class for each sample, or 0 and 1 for each label; got several "
                f"columns of classes ({kind}): wrap the estimator in a MultiOutputClassifier"
            )
        self._several = kind.startswith("multilabel")
        self.classes_ = unique_labels(y if classes is None else classes)

    def _encode(self, y: np.ndarray) -> np.ndarray:
        if self._several and y.shape[1:] != self.classes_.shape:
            raise ValueError(f"y must have {len(self.classes_)} columns; got shape {y.shape}")
        if self._several:
            return y
        if len(unknown := np.setdiff1d(y, self.classes_)):
            raise ValueError(
                f"y must hold the classes of the first call, {self.classes_}; got {unknown[0]!r}"
            )
        return np.searchsorted(self.classes_, y)

    def _with_class_weights(self, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray | None:
        if self.class_weight is None:
            return weight
        if self._several:
            raise ValueError(
                f"class_weight must be None for several labels at once; got {self.class_weight!r}"
            )
        own = compute_sample_weight(self.class_weight, y)
        weight = own if weight is None else own * weight
        if not (weight >= 0).all() or not weight.any():
            raise ValueError(
                "class_weight must hold numbers of at least 0, one of them above; got "
                f"{self.class_weight}"
            )
        return weight

    @property
    def _task(self) -> tuple[str, int]:
        classes = len(self.classes_)
        if self._several:
            return "binary_cross_entropy", classes
        return ("binary_cross_entropy", 1) if classes == 2 else ("cross_entropy", classes)

    def _strata(self, y: np.ndarray) -> np.ndarray | None:
        return None if self._several else y

    # -------------------------------------------------------------------------------- predicting

    def decision_function(self, X: Any) -> np.ndarray:
        """Compute the network's outputs.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix, shape (samples, features)

        Returns
        -------
        ndarray, shape (samples,) for two classes, otherwise (samples, classes)
        """
        scores = self._scores(X)
        return scores[:, 0] if self._task == ("binary_cross_entropy", 1) else scores

    def predict(self, X: Any) -> np.ndarray:
        """Predict the most probable class, or every label that is more probable than not.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix, shape (samples, features)

        Returns
        -------
        ndarray, shape (samples,), or (samples, classes) for several labels at once
        """
        scores = self._log_odds(X)
        return (scores > 0).astype(int) if self._several else self.classes_[scores.argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Compute probabilities.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix, shape (samples, features)

        Returns
        -------
        ndarray, shape (samples, classes)
            Rows add up to 1, except for several labels at once.
        """
        scores = self._log_odds(X)
        return expit(scores) if self._several else softmax(scores, axis=1)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Compute the logarithms of the probabilities, exactly where they are small too.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix, shape (samples, features)

        Returns
        -------
        ndarray, shape (samples, classes)
        """
        scores = self._log_odds(X)
        return log_expit(scores) if self._several else log_softmax(scores, axis=1)

    def _log_odds(self, X: Any) -> np.ndarray:
        """Return one column for each class."""
        scores = self._scores(X)
        if len(self.classes_) == 2 and not self._several:
            return np.hstack([np.zeros_like(scores), scores])
        return scores

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
