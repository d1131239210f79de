"""The regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context

from rewire.graph import Network

from .base import SparseMLP
from .parameters import documented

__all__ = ["SparseMLPRegressor"]


@documented
class SparseMLPRegressor(RegressorMixin, SparseMLP):
    """A sparse neural network that rewires itself, for regression.

    Learns targets of any unit: they are brought to mean 0 and deviation 1, as of the first data,
    and the way back is part of the network's last weights and biases. The loss is the mean squared
    error of these. As with all neural networks, put a ``StandardScaler`` in front for X.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    network_ : rewire.Network
        The neurons and their connections; computes the predictions.
    {attributes}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = SparseMLPRegressor(hidden_layer_sizes=20, max_iter=50, random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), model).fit(X[:300], y[:300])
    >>> pipeline.score(X[300:], y[300:]) > 0.4
    True
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train for one pass over the data, from where the network is.

        The learning rate stays as it is, rewirings come at their interval over all steps so far
        and do not become smaller, as nobody knows how much data is to come.

        Parameters
        ----------
        X, y, sample_weight
            As for :meth:`fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As for :meth:`fit`; with early stopping; and for methods that prune towards an end.
        """
        return self._learn_once(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Predict.

        Parameters
        ----------
        X : array-like or SciPy sparse matrix, shape (samples, features)

        Returns
        -------
        ndarray, shape (samples,) or (samples, outputs)
        """
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def _inspect_targets(self, y: np.ndarray, weight: np.ndarray | None, classes: Any) -> None:
        y = y.reshape(len(y), -1).astype(np.float64)
        self._mean = np.average(y, axis=0, weights=weight)
        scale = np.sqrt(np.average((y - self._mean) ** 2, axis=0, weights=weight))
        self._scale = np.where(scale > 0, scale, 1.0)

    def _encode(self, y: np.ndarray) -> np.ndarray:
        y = y.reshape(len(y), -1)
        if y.shape[1:] != self._mean.shape:
            raise ValueError(f"y must have {len(self._mean)} columns; got {y.shape[1]}")
        return (y - self._mean) / self._scale

    @property
    def _task(self) -> tuple[str, int]:
        return "mean_squared_error", len(self._mean)

    def _rescale_inward(self, net: Network) -> None:
        _rescale(net, 1 / self._scale, -self._mean / self._scale)

    def _rescale_back(self, net: Network) -> None:
        _rescale(net, self._scale, self._mean)


def _rescale(net: Network, factor: np.ndarray, shift: np.ndarray) -> None:
    """Multiply the outputs, which are linear, and add to them."""
    table, first = net.connections, net.rank_start[-2]
    table.weight[table.indptr[first] :] *= np.repeat(factor, table.fan_in[first:])
    net.bias[first:] = net.bias[first:] * factor + shift
