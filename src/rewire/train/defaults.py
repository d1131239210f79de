"""Defaults of a training that depend on the data or the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewire import defaults, losses
from rewire.graph import Network
from rewire.losses import Loss
from rewire.optimizers import SGD, Adam, Optimizer
from rewire.validation import plain_array, whole_number

__all__ = ["choose_total_steps", "default_loss", "default_optimizer"]


def default_loss(net: Network, y: Any) -> Loss:
    """Return the loss that fits the targets; see :func:`rewire.fit`."""
    y = plain_array(y, "y")
    if net.ranks[-1] > 1 and y.ndim == 1:
        return losses.get("cross_entropy")
    values = set(np.unique(y).tolist()) if y.dtype.kind in "biuf" else set()
    if values <= {-1, 1}:
        return losses.get("hinge")
    return losses.get("binary_cross_entropy" if values <= {0, 1} else "mean_squared_error")


def default_optimizer(loss: Loss) -> Optimizer:
    """Return the optimiser that suits the loss; see :func:`rewire.fit`."""
    if not loss.counts_correct:
        return Adam(lr=0.01)
    return SGD(lr=0.1, momentum=0.9, nesterov=True)


def choose_total_steps(epochs: float | None, total_steps: int | None, steps_per_epoch: int) -> int:
    """Return the number of steps in the whole training; see :func:`rewire.fit`."""
    if epochs is not None and total_steps is not None:
        raise ValueError(
            f"give either epochs or total_steps; got epochs={epochs} and total_steps={total_steps}"
        )
    if total_steps is not None:
        return whole_number(total_steps, "total_steps", 1)
    if epochs is None:
        return max(defaults.EPOCHS * steps_per_epoch, defaults.LEAST_STEPS)
    if not 0 < epochs < np.inf:
        raise ValueError(f"epochs must be above 0 and finite; got {epochs}")
    return max(1, round(epochs * steps_per_epoch))
