"""A training as a state that can be stopped after any update and taken up again."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.graph import Network
from rewire.kernels.losses import Loss, named
from rewire.topology import Method, Rewirer, Schedule, Time
from rewire.topology.statistics import forward_flops

from .batches import Batches
from .evaluation import evaluate
from .history import History
from .optimizers import Optimizer
from .stopping import EarlyStopping
from .trainer import Trainer

__all__ = ["Training"]

# A step goes forward once and backward twice, to the sensitivities and to the gradients.
PASSES = 3

# Updates whose inputs are copied at once where some are left out: few, for their memory.
COPIED = 10


class Training:
    """Trains and rewires a network, stretch by stretch.

    :func:`rewire.fit` is the front door. What is random follows from the seed and the number of
    the update alone, so that a stopped training goes on to the same bits.

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
    updates : int
        Steps in the whole training.
    batch_size : int
    schedule : callable, optional
        From the time to a factor for the optimiser's learning rate; 1 by default.
    validation : (X, y), optional
    report_every : int, optional
        Updates between two rows of the history.
    input_dropout : float, default 0
        Share of the inputs left out of each sample, in [0, 1).
    seed : int, default 0
        Of the order of samples, of the inputs left out and of the method's random choices.

    Attributes
    ----------
    done : int
        Updates made.
    history : History
    stopped : str or None
        Why it ended before its time, if it did; a callback may set it.
    interrupted : bool
        Set by a signal handler to have :meth:`advance` return after the stretch at hand.
    early_stopping : EarlyStopping or None
        Kept here so that a checkpoint has it.
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
        updates: int,
        batch_size: int,
        schedule: Schedule | None = None,
        validation: tuple[Any, Any] | None = None,
        report_every: int | None = None,
        early_stopping: EarlyStopping | None = None,
        input_dropout: float = 0.0,
        seed: int = 0,
    ):
        self.net, self.X, self.y = net, X, y
        self.loss, self.updates, self.schedule = named(loss), updates, schedule
        self.validation, self.input_dropout = validation, input_dropout
        self.trainer = Trainer(net, self.loss, optimizer)
        self.base_rate = optimizer.lr
        self.batches = Batches(X.shape[0], batch_size, seed)
        self.rewirer = Rewirer(
            method,
            net,
            steps=updates,
            steps_per_epoch=self.batches.per_epoch,
            optimizer=optimizer,
            seed=np.random.default_rng([seed, _METHOD]),
        )
        self.report_every = report_every or self.batches.per_epoch
        self.done = 0
        self.stopped: str | None = None
        self.interrupted = False
        self.early_stopping = early_stopping
        self.history = History(rewirings=self.rewirer.history)
        self.since = Since()
        self.flops = self.dense_flops = self.seconds = 0.0

    @property
    def finished(self) -> bool:
        """Whether all updates are made, or it was stopped."""
        return self.done >= self.updates or self.stopped is not None

    def rate(self, update: int) -> float:
        """Return the learning rate of an update (from 0)."""
        if self.schedule is None:
            return self.base_rate
        return self.base_rate * self.schedule(Time(update, self.updates))

    def advance(self) -> bool:
        """Train up to the next report and append it to the history.

        Returns
        -------
        bool
            False if it was interrupted on the way; it goes on from there when called again.
        """
        begin = perf_counter()
        end = min(self.done - self.done % self.report_every + self.report_every, self.updates)
        if self.done == 0 and self.rewirer.due(0):
            self._rewire()
        while self.done < end and not self.interrupted:
            self._stretch(self._next_rewiring(end))
            if self.done < self.updates and self.rewirer.due(self.done):
                self._rewire()
        self.seconds += perf_counter() - begin
        if self.done < end:
            return False
        self.history.rows.append(self._report())
        if self.early_stopping is not None:
            self.early_stopping(self)
        return True

    def _next_rewiring(self, end: int) -> int:
        later = self.rewirer.updates[self.rewirer.updates > self.done]
        return min(end, int(later[0])) if len(later) else end

    def _stretch(self, end: int) -> None:
        """Learn some batches of one size, at most up to an update."""
        copies = 1 if issparse(self.X) else COPIED if self.input_dropout else 0
        if copies:
            end = min(end, self.done + copies)
        samples = self.batches.stretch(self.done, end)
        rates = [self.rate(update) for update in range(self.done, self.done + len(samples))]
        X, y, rows = self._copies(samples) if copies else (self.X, self.y, samples)
        learned = self.trainer.learn(X, y, rows, rates, checked=True)
        self.done += len(samples)
        self.since.add(learned.losses, learned.right, samples.shape[1])
        work = samples.size * PASSES
        self.flops += work * forward_flops(self.net, len(self.net.connections))
        self.dense_flops += work * forward_flops(self.net, self.net.possible_connections)

    def _copies(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the inputs to learn from, less those left out, their targets and their rows.

        What is left out follows from the seed and the update; what stays is scaled so that sums
        over the inputs keep their mean.
        """
        X = self.X[samples.ravel()]
        X = X.toarray() if issparse(X) else X
        rows = np.arange(samples.size).reshape(samples.shape)
        if self.input_dropout:
            X *= X.dtype.type(1 / (1 - self.input_dropout))
            for update, part in enumerate(rows, start=self.done):
                generator = np.random.default_rng([self.batches.seed, _DROPOUT, update])
                drawn = np.frombuffer(generator.bytes(2 * X[part].size), "<u2")
                X[part] *= (drawn >= self.input_dropout * 2**16).reshape(len(part), -1)
        return X, self.y[samples.ravel()], rows

    def _rewire(self) -> None:
        method = self.rewirer.method
        last = self.done
        if method.replaces_step or self.done == 0:
            last += 1
        recent = range(max(last - method.batches, 0), last)
        batches = [self._batch(update) for update in recent] if method.looks_at_data else []
        record = self.rewirer.rewire(self.done, batches, self.loss, self.rate(max(last - 1, 0)))
        self.flops += record.flops
        self.since.moved += record.moved
        if method.replaces_step and self.done:
            self.done += 1  # the batch of this update went into the rewiring

    def _batch(self, update: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.batches.rows(update)
        if issparse(self.X):
            return self.X[rows].toarray(), self.y[rows]
        whole = len(rows) == len(self.X)
        return (self.X, self.y) if whole else (self.X[rows], self.y[rows])

    def _report(self) -> dict[str, Any]:
        loss, accuracy, moved = self.since.take()
        validation = None
        if self.validation is not None:
            validation = evaluate(self.net, *self.validation, self.loss)
        return {
            "update": self.done,
            "epoch": self.done / self.batches.per_epoch,
            "loss": loss,
            "accuracy": accuracy,
            "validation_loss": validation and validation.loss,
            "validation_accuracy": validation and validation.accuracy,
            "learning_rate": self.rate(self.done - 1),
            "connections": len(self.net.connections),
            "moved": moved,
            "flops": self.flops,
            "dense_flops": self.dense_flops,
            "seconds": self.seconds,
        }


# Tell these random choices from the order of the batches, which has [seed, epoch].
_METHOD = 1
_DROPOUT = 2


class Since:
    """Sums over the updates since the report before."""

    def __init__(self) -> None:
        self.loss, self.right, self.samples, self.moved = 0.0, 0, 0, 0

    def add(self, losses: np.ndarray, right: np.ndarray, batch: int) -> None:
        self.loss += float(losses.sum()) * batch
        self.right += int(right.sum())
        self.samples += batch * len(losses)

    def take(self) -> tuple[float, float, int]:
        """Return mean loss, accuracy and connections moved, and begin anew."""
        result = self.loss / max(self.samples, 1), self.right / max(self.samples, 1), self.moved
        self.__init__()  # type: ignore[misc]
        return result
