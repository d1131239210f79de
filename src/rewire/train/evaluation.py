"""Loss, accuracy and outputs of a network on data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from rewire import losses
from rewire.graph import Network
from rewire.kernels import get_backend
from rewire.losses import Loss
from rewire.validation import of_type, plain_array, real_matrix

from .samples import Samples
from .streaming import StreamSamples

__all__ = ["PIECE", "Score", "accuracy", "evaluate", "outputs", "score"]

# Numbers in one piece of data, so that predicting takes no more memory than a training step.
PIECE = 1 << 22


class Score(NamedTuple):
    """Mean loss, and accuracy (None for a regression)."""

    loss: float
    accuracy: float | None


def accuracy(loss: Loss, n_correct: int, samples: int) -> float | None:
    """Return the share of samples that are predicted correctly; None for a regression."""
    return n_correct / max(samples, 1) if loss.counts_correct else None


def evaluate(net: Network, X: Any, y: Any, loss: str | Loss = "cross_entropy") -> Score:
    """Measure a network on data.

    Parameters
    ----------
    net : Network
    X : array-like or SciPy sparse matrix, shape (samples, inputs)
    y : array-like
        Targets, as the loss wants them.
    loss : str or Loss, default "cross_entropy"

    Returns
    -------
    Score
        ``loss``, its penalty included, and ``accuracy``: the share of samples predicted correctly,
        by the largest output or, for losses of single outputs, by every output's sign; None for
        ``"mean_squared_error"``.

    Raises
    ------
    ValueError
        For inputs or targets that do not fit, or no samples at all.

    Examples
    --------
    >>> net = Network.from_connections([1, 2], [0, 0], [1, 2], [1.0, -1.0])
    >>> evaluate(net, [[1], [2], [-3]], [0, 0, 0]).accuracy
    0.6666666666666666
    """
    of_type(net, "net", Network)
    loss, y = losses.get(loss), plain_array(y, "y")
    X = real_matrix(X, "X")
    samples = X.shape[0] if X.ndim else 0
    if samples == 0:
        raise ValueError("X must hold at least one sample; got none")
    loss.check(loss.targets(y, samples, net.ranks[-1], net.dtype), net.ranks[-1])
    return score(net, Samples(X, y, loss))


def score(net: Network, data: Samples | StreamSamples) -> Score:
    """Measure a network on samples that have been checked."""
    loss, kernels, outputs = data.loss, get_backend(net.backend), net.ranks[-1]
    total, n_correct, samples = 0.0, 0, 0
    for part in data.parts():
        y, first = loss.targets(part.y, len(part), outputs, net.dtype), 0
        samples += len(part)
        for scores in _pieces(net, part.X):
            wanted = y[first : first + len(scores)]
            first += len(scores)
            rows, columns = np.arange(len(scores)), np.ascontiguousarray(scores.T)
            given, one = np.empty_like(columns), net.dtype.type(1)
            total += kernels.loss_and_slope(loss.code, columns, wanted, rows, one, given)
            n_correct += kernels.count_correct(loss.code, columns, wanted, rows)
    penalty = 0.0
    if loss.l2:
        penalty = loss.l2 * (
            kernels.sum_of_squares(net.connections.weight) + kernels.sum_of_squares(net.bias)
        )
    mean = float(total * loss.scale(samples, outputs) + penalty)
    return Score(mean, accuracy(loss, n_correct, samples))


def outputs(net: Network, X: Any) -> np.ndarray:
    """Compute the outputs piece by piece; a sparse X is never converted to dense as a whole.

    Parameters
    ----------
    net : Network
    X : array-like or SciPy sparse matrix, shape (samples, inputs)

    Returns
    -------
    ndarray of the network's dtype, shape (samples, outputs)

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> net = Network.from_connections([2, 1], [0, 1], [2, 2], [1.0, -1.0])
    >>> outputs(net, csr_array([[0, 3], [2, 0]]))
    array([[-3.],
           [ 2.]], dtype=float32)
    """
    nothing = np.empty((0, net.ranks[-1]), net.dtype)
    return np.concatenate([nothing, *_pieces(net, real_matrix(X, "X"))])


def _pieces(net: Network, X: Any) -> Iterator[np.ndarray]:
    """Yield the outputs for an array or a CSR matrix that has been checked."""
    step = max(1, PIECE // max(net.size, 1))
    for first in range(0, X.shape[0], step):
        piece = X[first : first + step]
        yield net.predict(piece.toarray() if issparse(piece) else piece)
