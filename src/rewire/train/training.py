"""A training as a state that can be stopped after any step and taken up again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire import losses
from rewire.graph import Network
from rewire.losses import Loss
from rewire.optimizers import Optimizer
from rewire.schedules import Schedule, Time
from rewire.topology import Method, Rewirer
from rewire.topology.candidates import NotANumberError
from rewire.topology.statistics import forward_flops

from .batches import Batches
from .describe import describe, describe_network, fingerprint
from .evaluation import PIECE, evaluate, share_right
from .history import History
from .stopping import EarlyStopping
from .trainer import WORK_PER_CALL, Trainer

__all__ = ["Training"]

# A step goes forward once and backward twice, to the sensitivities and to the gradients.
PASSES = 3


class Training:
    """Trains and rewires a network, stretch by stretch.

    :func:`rewire.fit` is the front door. What is random follows from the seed and the number of
    the step alone, so that a stopped training goes on to the same bits.

    Parameters
    ----------
    net : Network
        Trained in place.
    X : ndarray or SciPy CSR, shape (samples, inputs)
        Of finite numbers; :func:`rewire.fit` has looked at all of them.
    y : ndarray
        Targets, as the loss wants them.
    method : Method
    loss : Loss
    optimizer : Optimizer
    total_steps : int
        Steps in the whole training.
    batch_size : int
    schedule : callable, optional
        From the time to a factor for the optimiser's learning rate; 1 by default.
    validation : (X, y), optional
    report_every : int, optional
        Steps between two rows of the history.
    input_dropout : float, default 0
        Share of the inputs left out of each sample, in [0, 1).
    seed : int, default 0
        Of the order of samples, of the inputs left out and of the method's random choices.

    Attributes
    ----------
    done : int
        Steps made.
    history : History
    stopped : str or None
        Why it ended before its time, if it did; a callback may set it.
    interrupted : bool
        Set by a signal handler to have :meth:`advance` return within moments; to be set back
        before it is called again.
    early_stopping : EarlyStopping or None
        Kept here so that a checkpoint has it.
    on_rewiring : callable or None
        Called with the Training after every rewiring, for whoever watches; what it takes does not
        count among ``seconds``.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> training = rewire.train.prepare(net, *moons(seed=0), total_steps=100, report_every=50)
    >>> more = training.advance()
    >>> training.step, training.finished
    (50, False)
    """

    def __init__(
        self,
        net: Network,
        X: Any,
        y: Any,
        *,
        method: Method,
        loss: str | Loss,
        optimizer: Optimizer,
        total_steps: int,
        batch_size: int,
        schedule: Schedule | None = None,
        validation: tuple[Any, Any] | None = None,
        report_every: int | None = None,
        early_stopping: EarlyStopping | None = None,
        input_dropout: float = 0.0,
        seed: int = 0,
    ):
        self.net, self.X, self.y = net, X, y
        self.loss, self.total_steps, self.schedule = losses.get(loss), total_steps, schedule
        self.validation, self.input_dropout = validation, input_dropout
        self.trainer = Trainer(net, self.loss, optimizer)
        self.base_rate = optimizer.lr
        self.batches = Batches(X.shape[0], batch_size, seed)
        self.rewirer = Rewirer(
            method,
            net,
            total_steps=total_steps,
            steps_per_epoch=self.batches.per_epoch,
            optimizer=optimizer,
            seed=_random(seed, 1),  # the batches have spawn keys that begin with 0
        )
        self.report_every = report_every or self.batches.per_epoch
        self.step = 0
        self.stopped: str | None = None
        self.interrupted = False
        self.early_stopping = early_stopping
        self.on_rewiring: Callable[[Training], None] | None = None
        self.history = History(rewirings=self.rewirer.history)
        self.since = Since()
        self.flops = self.dense_flops = self.seconds = 0.0
        self._first_network = describe_network(net)

    @cached_property
    def settings(self) -> dict[str, str]:
        """What must be the same for a stopped training to go on, in words."""
        optimizer = dataclasses.replace(self.trainer.optimizer, lr=self.base_rate)
        return {
            "network": self._first_network,
            "method": describe(self.rewirer.method),
            "loss": describe(self.loss),
            "optimizer": describe(optimizer),
            "total_steps": str(self.total_steps),
            "batch_size": str(self.batches.size),
            "schedule": describe(self.schedule),
            "report_every": str(self.report_every),
            "input_dropout": str(self.input_dropout),
            "seed": str(self.batches.seed),
            "early_stopping": describe(self.early_stopping),
            "X": fingerprint(self.X),
            "y": fingerprint(self.y),
            "validation_data": str([fingerprint(part) for part in self.validation or ()]),
        }

    @property
    def finished(self) -> bool:
        """Whether all steps are made, or it was stopped."""
        return self.step >= self.total_steps or self.stopped is not None

    def rate(self, step: int) -> float:
        """Return the learning rate of a step (from 0)."""
        if self.schedule is None:
            return self.base_rate
        return self.base_rate * self.schedule(Time(step, self.total_steps))

    def advance(self) -> bool:
        """Train up to the next report and append it to the history.

        Returns
        -------
        bool
            False if it was interrupted on the way; it goes on from there when called again.
        """
        begin = perf_counter()
        end = min(self.step - self.step % self.report_every + self.report_every, self.total_steps)
        if self.step == 0 and self.rewirer.due(0) and not self.rewirer.history:
            self.trainer.optimizer.begin(self.net)
            self._rewire()
        while self.step < end and not self.interrupted:
            self._stretch(self._next_rewiring(end))
            if self.step < self.total_steps and self.rewirer.due(self.step):
                self._rewire()
        self.seconds += perf_counter() - begin
        if self.step < end:
            return False
        self.history.rows.append(self._report())
        if self.early_stopping is not None:
            self.early_stopping(self)
        return True

    def finish(self) -> None:
        """Give the network back its best state, where early stopping has kept it."""
        if self.early_stopping is not None:
            self.early_stopping.bring_back(self.net)

    def __str__(self) -> str:
        """Return the last report as a line for people."""
        if not self.history.rows:
            return "nothing measured yet"
        row = self.history.rows[-1]
        line = f"step {row['step']:,} of {self.total_steps:,}: loss {row['loss']:.4f}"
        if row["accuracy"] is not None:
            line += f", {row['accuracy']:.2%} right"
        if row["validation_loss"] is not None:
            line += f", validation {row['validation_loss']:.4f}"
        if row["validation_accuracy"] is not None:
            line += f", {row['validation_accuracy']:.2%} right"
        return f"{line}, {row['moved']:,} of {row['connections']:,} connections moved"

    def _next_rewiring(self, end: int) -> int:
        later = self.rewirer.due_steps[self.rewirer.due_steps > self.step]
        return min(end, int(later[0])) if len(later) else end

    def _stretch(self, end: int) -> None:
        """Learn batches of one size up to a step, or as many as can be waited for."""
        rows = self.batches.stretch(self.step, min(end, self.step + self._patience()))
        rates = [self.rate(step) for step in range(self.step, self.step + len(rows))]
        if self.input_dropout or (issparse(self.X) and not self.batches.whole):
            order = np.arange(rows.size).reshape(rows.shape)
            X, y = self._samples(rows.ravel())
            self._leave_out(X, order)
            learned = self.trainer.learn(X, y, order, rates, checked=True)
        elif self.batches.whole:
            learned = self.trainer.learn(*self._batch(self.step), None, rates, checked=True)
        else:
            learned = self.trainer.learn(self.X, self.y, rows, rates, checked=True)
        self.step += len(rows)
        self._check_finite(learned.losses)
        self.since.add(learned.losses, learned.n_correct, rows.shape[1])
        work = rows.size * PASSES
        self.flops += work * forward_flops(self.net, len(self.net.connections))
        self.dense_flops += work * forward_flops(self.net, self.net.possible_connections)

    def _leave_out(self, X: np.ndarray, order: np.ndarray) -> None:
        """Set a share of the inputs to 0 and scale the others, so that sums keep their mean."""
        if not self.input_dropout:
            return
        X *= X.dtype.type(1 / (1 - self.input_dropout))
        for step, part in enumerate(order, start=self.step):
            drawn = _random(self.batches.seed, 2, step).bytes(2 * X[part].size)
            kept = np.frombuffer(drawn, "<u2") >= self.input_dropout * 2**16
            X[part] *= kept.reshape(len(part), -1)

    def _check_finite(self, losses: np.ndarray) -> None:
        numbers = losses, self.net.connections.weight, self.net.bias
        if not all(np.isfinite(array).all() for array in numbers):
            raise self._diverged()

    def _overflow(self, batches: list[tuple[np.ndarray, np.ndarray]]) -> bool:
        """Return whether gradients, A[s] * D[t] summed over a batch, exceed the dtype."""
        most = np.finfo(self.net.dtype).max
        signals = [self.net.signals(X, y, self.loss) for X, y in batches]
        return not all(
            float(np.abs(A).max()) * float(np.abs(D).max()) * A.shape[1] < most for A, D in signals
        )

    def _diverged(self) -> ValueError:
        return ValueError(
            f"the training diverged: infinity or NaN before step {self.done}; lower the "
            f"learning rate, {self.base_rate:g}, or bring inputs and targets to mean 0 and "
            "deviation 1"
        )

    def _patience(self) -> int:
        """Return how many steps take a moment, and how many have inputs few enough to copy."""
        size = self.net.size + len(self.net.connections)
        total_steps = WORK_PER_CALL // (self.batches.size * size)
        if issparse(self.X) or self.input_dropout:
            total_steps = min(total_steps, PIECE // (self.batches.size * self.X.shape[1]))
        return max(total_steps, 1)

    def _rewire(self) -> None:
        method = self.rewirer.method
        last = self.step
        if method.skip_update or self.step == 0:
            last += 1
        # Where all samples make one batch, those before it say nothing new.
        latest = method.batches if self.batches.per_epoch > 1 else 1
        recent = range(max(last - latest, 0), last)
        batches = [self._batch(step) for step in recent] if method.looks_at_data else []
        rate = self.rate(max(last - 1, 0))
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # it is looked for afterwards
                record = self.rewirer.rewire(self.step, batches, self.loss, rate)
        except NotANumberError as error:
            if self._overflow(batches):
                raise self._diverged() from error
            raise
        self.flops += record.flops
        self.since.moved += record.moved
        if method.skip_update and self.step:
            self.step += 1  # the batch of this step went into the rewiring
        if self.on_rewiring is not None:
            begin = perf_counter()
            self.on_rewiring(self)
            self.seconds -= perf_counter() - begin

    def _batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        if self.batches.whole and not issparse(self.X):
            return self.X, self.y
        return self._samples(self.batches.rows(step))

    def _samples(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        X = self.X[rows]
        return X.toarray() if issparse(X) else X, self.y[rows]

    def _report(self) -> dict[str, Any]:
        since, self.since = self.since, Since()
        validation = None
        if self.validation is not None:
            validation = evaluate(self.net, *self.validation, self.loss)
        return {
            "step": self.step,
            "epoch": self.step / self.batches.per_epoch,
            "loss": since.loss / max(since.samples, 1),
            "accuracy": share_right(self.loss, since.right, since.samples),
            "validation_loss": validation and validation.loss,
            "validation_accuracy": validation and validation.accuracy,
            "learning_rate": self.rate(self.step - 1),
            "connections": len(self.net.connections),
            "moved": since.moved,
            "flops": self.flops,
            "dense_flops": self.dense_flops,
            "seconds": self.seconds,
        }


def _random(seed: int, *key: int) -> np.random.Generator:
    """Return the randomness for one purpose."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


class Since:
    """Sums over the steps since the report before."""

    def __init__(self) -> None:
        self.loss, self.right, self.samples, self.moved = 0.0, 0, 0, 0

    def add(self, losses: np.ndarray, right: np.ndarray, batch: int) -> None:
        # One after the other, so that it does not matter how the steps were divided into calls.
        self.loss = float(np.cumsum([self.loss, *losses * batch])[-1])
        self.right += int(right.sum())
        self.samples += batch * len(losses)
