"""Training steps, one by one or many in one compiled call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from rewire import losses, optimizers
from rewire.graph import Network, checks
from rewire.graph.program import Program, StepResult
from rewire.kernels.layout import Descent
from rewire.losses import Loss
from rewire.optimizers import Optimizer

__all__ = ["Trainer"]

# Work in one compiled call: enough to make Python's overhead vanish, little enough that Ctrl-C,
# which waits for the end of the call, takes effect within moments.
WORK_PER_CALL = 200_000_000


class Trainer:
    """Trains a network batch by batch; the wiring may change between steps.

    Parameters
    ----------
    net : Network
        Trained in place.
    loss : str or Loss, default "cross_entropy"
        "cross_entropy", "hinge", "binary_cross_entropy", "mean_squared_error", or one of
        ``rewire.losses`` with a penalty, such as ``Hinge(l2=1e-4)``.
    optimizer : str or Optimizer, default "sgd"
        A name in ``rewire.optimizers.registry``, or an optimiser, such as ``SGD(lr=0.5)``.

    Examples
    --------
    >>> import rewire
    >>> net = rewire.mlp([2, 8, 2], sparsity=[0, 0.5], seed=0)
    >>> trainer = Trainer(net, "cross_entropy", rewire.optimizers.SGD(lr=0.5))
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> first = trainer.step(X, y)
    >>> last = trainer.steps(X, y, 500).losses[-1]
    >>> bool(last < 0.1 * first)
    True
    """

    def __init__(
        self,
        net: Network,
        loss: str | Loss = "cross_entropy",
        optimizer: str | Optimizer = "sgd",
    ):
        self.net = net
        self.loss = losses.get(loss)
        self.optimizer = optimizers.get(optimizer)

    def step(self, X: Any, y: Any) -> float:
        """Learn one batch.

        Parameters
        ----------
        X : array-like, shape (batch, inputs)
        y : array-like
            Class numbers of shape (batch,), or targets of shape (batch, outputs).

        Returns
        -------
        float
            The loss before the step, its penalty included.

        Raises
        ------
        ValueError
            For wrong shapes, targets or numbers; the network is then unchanged.
        """
        return float(self.steps(X, y, 1).losses[0])

    def steps(
        self,
        X: Any,
        y: Any,
        count: int,
        learning_rate: Callable[[int], float] | Sequence[float] | None = None,
    ) -> StepResult:
        """Learn the same batch several times; many steps are made in one compiled call.

        Parameters
        ----------
        X, y
            As for :meth:`step`.
        count : int
            Number of steps.
        learning_rate : sequence of float or callable, optional
            One for each step, or a function of the step (from 0 in this call); the optimiser's
            own rate by default.

        Returns
        -------
        StepResult
            ``losses`` and ``n_correct`` (samples on the right side), both of shape (count,) and
            before each step.
        """
        return self.learn(X, y, None, self._rates(count, learning_rate))

    def learn(
        self,
        X: Any,
        y: Any,
        samples: np.ndarray | None,
        rates: Sequence[float] | np.ndarray,
        checked: bool = False,
    ) -> StepResult:
        """Learn a sequence of batches of one data set, with a learning rate for each.

        Parameters
        ----------
        X, y
            As for :meth:`step`, but of all samples.
        samples : ndarray of int, shape (steps, batch)
            Rows of X and y for each step; -1 at the end of a step that has fewer. None for all of
            them in every step.
        rates : sequence of float, shape (steps,)
        checked : bool, default False
            Whether X and y are known to hold finite numbers and valid targets; looking at all of
            a large data set takes as long as some steps.

        Returns
        -------
        StepResult
            As :meth:`steps`.
        """
        program = self.net.program()
        X = checks.inputs(X, program.inputs, program.dtype)
        y = self.loss.targets(y, len(X), program.outputs, program.dtype)
        if len(X) == 0:
            raise ValueError("X must hold at least one sample; got none")
        self.optimizer.begin(self.net)
        descent = self.optimizer.descent(self.net)
        if descent is None:
            return self._general(program, X, y, samples, rates)
        rates, batch = np.asarray(rates, float), len(X) if samples is None else samples.shape[1]
        work = batch * (program.connections + program.neurons)
        weight, bias = self.net.connections.weight, self.net.bias
        if len(rates) * work <= WORK_PER_CALL:
            learned = program.train(weight, bias, X, y, self.loss, rates, samples, descent, checked)
        else:
            numbers, stride = (weight, bias, X, y, self.loss), max(1, WORK_PER_CALL // work)
            learned = _in_parts(program, numbers, rates, samples, descent, checked, stride)
        self.optimizer.steps += len(rates)
        return learned

    def _rates(
        self, count: int, learning_rate: Callable[[int], float] | Sequence[float] | None
    ) -> np.ndarray:
        if count < 1:
            raise ValueError(f"count must be at least 1; got {count}")
        if learning_rate is None:
            return _constant(float(self.optimizer.lr), count)
        given = map(learning_rate, range(count)) if callable(learning_rate) else learning_rate
        rates = np.array(list(given), dtype=np.float64)
        if rates.shape != (count,):
            raise ValueError(f"learning_rate must have {count} numbers; got {len(rates)}")
        return rates

    def _general(
        self,
        program: Program,
        X: np.ndarray,
        y: np.ndarray,
        samples: np.ndarray | None,
        rates: Sequence[float] | np.ndarray,
    ) -> StepResult:
        net, found = self.net, []
        own_rate = self.optimizer.lr
        try:
            for step, rate in enumerate(rates):
                batch = slice(None) if samples is None else samples[step][samples[step] >= 0]
                weight, bias, learned = program.gradients(
                    net.connections.weight, net.bias, X[batch], y[batch], self.loss
                )
                self.optimizer.lr = float(rate)
                self.optimizer.update(net, weight, bias)
                found.append(learned)
        finally:
            self.optimizer.lr = own_rate
        return _joined(found)


@lru_cache(maxsize=4)
def _constant(rate: float, count: int) -> np.ndarray:
    return np.full(count, rate)


def _in_parts(
    program: Program,
    numbers: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Loss],
    rates: np.ndarray,
    samples: np.ndarray | None,
    descent: Descent,
    checked: bool,
    stride: int,
) -> StepResult:
    """Make ``stride`` steps in each compiled call."""
    found = []
    for first in range(0, len(rates), stride):
        part = slice(first, first + stride)
        chosen = None if samples is None else samples[part]
        later = descent._replace(steps=descent.steps + first)
        found.append(program.train(*numbers, rates[part], chosen, later, checked or first > 0))
    return _joined(found)


def _joined(parts: list[StepResult]) -> StepResult:
    losses, n_correct = zip(*parts, strict=True)
    return StepResult(np.concatenate(losses), np.concatenate(n_correct))
