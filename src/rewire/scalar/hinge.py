"""The post's loss, a hinge loss with an L2 penalty, and the accuracy."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from .value import Value

__all__ = ["loss"]


def loss(
    model: Any,
    X: Sequence[Sequence[float]],
    y: Sequence[float],
    batch_size: int | None = None,
    dense_grad: bool | str = False,
    *,
    alpha: float = 1e-4,
    rng: Any = None,
) -> tuple[Value, float]:
    """Compute the loss of a two-class model, and its accuracy on the same samples.

    ``mean(relu(1 - y * score)) + alpha * Σ p²``, where the second sum runs over *all* parameters,
    biases included, as in the post.

    Parameters
    ----------
    model : callable Module
        Takes a list of Values and returns one score, whose sign is the class.
    X : sequence of shape (samples, inputs)
        Finite numbers, as lists or NumPy arrays.
    y : sequence of shape (samples,)
        Labels, -1 or +1.
    batch_size : int, optional
        Size of a random batch, drawn without replacement; all samples by default.
    dense_grad : bool or "last", default False
        Whether the model also computes gradients of connections that do not exist; see
        :meth:`SparseNeuron.__call__`.
    alpha : float, default 1e-4
        Strength of the penalty.
    rng : random.Random, optional
        Random generator for the batch; that of the module ``random`` by default.

    Returns
    -------
    total_loss : Value
        Call ``total_loss.backward()`` for the gradients.
    accuracy : float
        Share of the samples, in [0, 1], whose score has the sign of the label; a score of 0 counts
        as -1.

    Raises
    ------
    ValueError
        For empty data, labels other than -1 and +1, numbers that are not finite, a batch larger
        than the data, or samples with another number of inputs than the model has.

    Examples
    --------
    >>> from rewire.scalar import SparseMLP
    >>> model = SparseMLP(1, [1], [0])
    >>> model.layers[0].neurons[0].w[0].data = 0.5
    >>> total_loss, accuracy = loss(model, [[4.0], [1.0]], [1, -1], alpha=0)
    >>> total_loss.data, accuracy  # (0 + 1.5) / 2: the second sample is on the wrong side
    (0.75, 0.5)
    """
    n_samples = len(X)
    if n_samples == 0 or len(y) != n_samples:
        raise ValueError(
            "X and y must hold the same number of samples, at least 1; "
            f"got {n_samples} and {len(y)}"
        )
    batch: Sequence[int] = range(n_samples)
    if batch_size is not None:
        if not 1 <= batch_size <= n_samples:
            raise ValueError(f"batch_size must be in [1, {n_samples}]; got {batch_size}")
        batch = (random if rng is None else rng).sample(batch, batch_size)

    margins, correct = [], 0
    for n in batch:
        label, sample = _label(y[n], n), _sample(X[n], n)
        score = model(sample, dense_grad=dense_grad)
        if not isinstance(score, Value):
            raise ValueError(f"model must have one output, the score; got {len(score)} outputs")
        margins.append((1.0 + -label * score).relu())
        correct += (label > 0) == (score.data > 0)

    data_loss = sum(margins, Value(0)) * (1.0 / len(margins))
    penalty = alpha * sum((p * p for p in model.parameters()), Value(0))
    return data_loss + penalty, correct / len(margins)


def _label(label: float, n: int) -> float:
    if label not in (-1, 1):
        raise ValueError(f"y must hold the labels -1 and +1; got {label} for sample {n}")
    return float(label)


def _sample(row: Sequence[float], n: int) -> list[Value]:
    values = [Value(x) for x in row]
    for i, x in enumerate(values):
        if not math.isfinite(x.data):
            raise ValueError(
                f"X must hold finite numbers; got {x.data} for input {i} of sample {n}: "
                "drop or impute it"
            )
    return values
