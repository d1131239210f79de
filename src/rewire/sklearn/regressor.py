"""The regressor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils._param_validation import StrOptions

from rewire.experiment.outputs import rescale_outputs
from rewire.graph import Network

from .base import SparseMLP
from .docstrings import documented
from .parameters import PARAMETERS, REGRESSOR, signature_of
from .target_scaling import TargetScaling

__all__ = ["SparseMLPRegressor"]


@documented
class SparseMLPRegressor(RegressorMixin, SparseMLP):
    """A sparse neural network that rewires itself, for regression.

    Learns targets of any unit: they are brought to mean 0 and deviation 1, as of all data so far,
    and the way back is part of the network's last weights and biases. Where the network computes in
    float32, which has no digits for small differences beside a large mean, ``predict`` and exports
    add the mean in float64. The loss is that
    of these. As with all neural networks, put a ``StandardScaler`` in front for X.

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

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **SparseMLP._parameter_constraints,
        "loss": [StrOptions(set(REGRESSOR["loss"].choice_names()))],
    }

    def __init__(self, *, loss: str = REGRESSOR["loss"].default, **parameters: Any):
        super().__init__(**parameters)
        self.loss = loss

    # As in the base class.
    __init__.__signature__ = signature_of(PARAMETERS | REGRESSOR)  # type: ignore[attr-defined]

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
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
        self._scaling = self._seen = TargetScaling.none(y.shape[1]).add(y, weight)

    def _follow_targets(self, y: np.ndarray, weight: np.ndarray | None) -> None:
        self._seen, self._scaling = self._scaling, self._scaling.add(self._columns(y), weight)

    @property
    def _targets_vary(self) -> bool:
        return bool(self._scaling.varies.all())

    def _columns(self, y: np.ndarray) -> np.ndarray:
        y, wanted = y.reshape(len(y), -1).astype(np.float64), len(self._scaling.mean)
        if y.shape[1] != wanted:
            raise ValueError(f"y must have {wanted} columns; got {y.shape[1]}")
        return y

    def _encode(self, y: np.ndarray) -> np.ndarray:
        return (self._columns(y) - self._scaling.mean) / self._scaling.scale

    @property
    def _task(self) -> tuple[str, int]:
        return self.loss, len(self._scaling.mean)

    def _rescale_inward(self, net: Network) -> None:
        # What a network has learnt stays as it is. Targets that did not vary had no scale yet, so
        # that what is random in the network takes the one that is known now.
        known = self._seen.varies
        mean = np.where(known, self._scaling.mean, self._seen.mean)
        scale = np.where(known, self._scaling.scale, self._seen.scale)
        if self._is_whole(net):
            net.bias[net.rank_start[-2] :] = self._bias
            mean = mean - self._seen.mean
        rescale_outputs(net, 1 / scale, -mean / scale)

    def _rescale_back(self, net: Network, done: bool = False) -> None:
        # A target that is always the same is what the network then says, whatever the input.
        vary = self._scaling.varies | (not done)
        rescale_outputs(net, np.where(vary, self._scaling.scale, 0))
        # What the mean is added to, with digits that its sum may not have.
        self._bias = net.bias[net.rank_start[-2] :].copy()
        rescale_outputs(net, 1.0, self._scaling.mean)
        self._whole_bias = net.bias[net.rank_start[-2] :].copy()

    def _is_whole(self, net: Network) -> bool:
        """Return whether the last biases are those of ``fit``: they may have been changed since."""
        return bool(np.array_equal(net.bias[net.rank_start[-2] :], self._whole_bias))

    def _parted(self) -> tuple[Network, np.ndarray | None]:
        net = self.network_
        if net.dtype == np.float64 or not self._is_whole(net):
            return net, None
        net = net.copy()
        net.bias[net.rank_start[-2] :] = self._bias
        return net, self._scaling.mean
