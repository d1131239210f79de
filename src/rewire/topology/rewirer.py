"""A method at work on one network: when, what, and what has happened so far."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from rewire.connectivity.blocks import Candidates
from rewire.graph import Network, Signals
from rewire.kernels.blas import one_blas_thread
from rewire.losses import Loss
from rewire.schedules import Time

from .context import RewiringContext
from .method import Method, Threshold, get_method, momentum_of
from .planning import Change, draft, resolve
from .revival import Revived
from .rewire import rewire
from .statistics import Explored, Rewiring, forward_flops, measure

__all__ = ["Rewirer"]


class Rewirer:
    """Applies a method to a network while it is trained.

    Parameters
    ----------
    method : Method or str
    net : Network
        Rewired in place.
    steps : int
        Steps in the whole training; schedules go by it.
    steps_per_epoch : int, optional
        For methods that rewire once per epoch; all of the training by default.
    optimizer : optional
        Looked at for its momentum, where the method needs one.
    seed : int or numpy.random.Generator, optional
        For random choices. Two rewirers with the same seed and data choose the same connections.

    Attributes
    ----------
    history : list of Rewiring
    due_steps : ndarray of int
        After which steps rewirings are due.
    threshold : float
        Of a method that has an adaptive one.

    Warns
    -----
    UserWarning
        If the method never rewires in so short a training.

    Examples
    --------
    A training loop of one's own; :func:`rewire.fit` is one that is ready.

    >>> import rewire
    >>> from rewire.data import moons
    >>> X, y = moons(seed=0)
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> trainer = rewire.Trainer(net, "hinge", rewire.optimizers.SGD(lr=0.3))
    >>> rewirer = Rewirer("rigl", net, total_steps=400, seed=0)
    >>> for step in range(1, 401):
    ...     loss = trainer.step(X, y)
    ...     if rewirer.due(step):
    ...         record = rewirer.rewire(step, [(X, y)], "hinge")
    >>> record.step, record.connections
    (200, (32, 32, 4))
    """

    def __init__(
        self,
        method: Method | str,
        net: Network,
        *,
        total_steps: int,
        steps_per_epoch: int | None = None,
        optimizer: Any = None,
        seed: int | np.random.Generator | None = None,
    ):
        self.method = method = get_method(method)
        method.check(optimizer)
        self.net, self.total_steps, self.optimizer = net, total_steps, optimizer
        self.generator = np.random.default_rng(seed)
        self.due_steps = np.zeros(0, int)
        if method.when is not None:
            self.due_steps = method.when.steps(total_steps, steps_per_epoch or total_steps)
            if not len(self.due_steps):
                warnings.warn(
                    f"method {method.name!r} never rewires: its first rewiring would come after "
                    f"the end of a training of {total_steps} steps; shorten its interval or train "
                    "longer",
                    stacklevel=2,
                )
        self._due = frozenset(self.due_steps.tolist())
        self.history: list[Rewiring] = []
        self.threshold = getattr(method.fraction, "start", 0.0)
        self._first = _layer_counts(net)
        self._begin()
        # What was born before each of these numbers, and at last since, was so after these steps.
        self._born_before = np.array([net.connections.next_birth])
        self._born_at = np.array([0, 0])
        if method.rewind:
            net.connections.zeros("first_weight", net.dtype)[:] = net.connections.weight
            net.neurons.zeros("first_bias", net.dtype)[:] = net.bias

    def due(self, step: int) -> bool:
        """Say whether to rewire after so many steps."""
        return step in self._due

    @one_blas_thread()
    def rewire(
        self,
        step: int,
        batches: Sequence[tuple[Any, Any]] = (),
        loss: str | Loss = "cross_entropy",
        learning_rate: float = np.nan,
    ) -> Rewiring:
        """Rewire the network once, whether it is due or not.

        Parameters
        ----------
        step : int
            Steps of the optimiser made so far.
        batches : sequence of (X, y)
            The latest batches, the newest last, for methods that look at gradients.
        loss : str or Loss, default "cross_entropy"
        learning_rate : float, optional
            Of the last step, for schedules that follow it.

        Returns
        -------
        Rewiring
            What happened; also appended to ``history``.
        """
        net, method = self.net, self.method
        self._follow()
        signals, revived = self._signals(batches, loss), Revived()
        if method.revive is not None:
            revived = method.revive(net, signals, self.generator, method.wiring)
            if len(revived.neurons):  # the network computes the same, but not its idle neurons
                signals = self._signals(batches, loss)
        now = RewiringContext(
            net,
            Time(step, self.total_steps, learning_rate),
            self.generator,
            self._places,
            signals,
            momentum_of(self.optimizer),
            self._birthdays,
        )
        planned = draft(method, now, self._budget(now), self.threshold)
        if method.neurons is not None:
            planned = method.neurons(now, planned)
        change = resolve(method, now, planned)
        flops = self._flops(batches, change, passes=1 + bool(len(revived.neurons)))
        flops += revived.flops
        if isinstance(method.fraction, Threshold):
            below = int(np.count_nonzero(planned.score < self.threshold))
            self.threshold = method.fraction.next(self.threshold, below, len(planned.score))
        if len(change.drop) or len(change.grow.source):
            rewire(net, change.drop, change.grow.source, change.grow.target)
            self._explored.add(net, change.grow.source, change.grow.target)
            self._version = net.version
        self._born_before = np.append(self._born_before, net.connections.next_birth)
        self._born_at = np.append(self._born_at[:-1], [step, step])
        if method.rewind:
            self._rewind()
        record = measure(now, change, self._explored.share, self._birthdays, flops)
        record = replace(record, revived=len(revived.neurons))
        self.history.append(record)
        return record

    # ------------------------------------------------------------------------------------- state

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return everything but the network and the method: arrays, and what is fit for JSON."""
        arrays = {
            "explored": self._explored.keys,
            "first": self._first,
            "born_before": self._born_before,
            "born_at": self._born_at,
        }
        return arrays, {
            "generator": self.generator.bit_generator.state,
            "threshold": self.threshold,
            "history": [asdict(record) for record in self.history],
        }

    def restore(self, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> None:
        """Take up a state again; the network and the method must be those it was taken from."""
        history = [Rewiring.from_dict(record) for record in header["history"]]
        self._begin()
        self._explored.keys = np.array(arrays["explored"])
        self._first = np.array(arrays["first"])
        self._born_before = np.array(arrays["born_before"])
        self._born_at = np.array(arrays["born_at"])
        self.generator.bit_generator.state = header["generator"]
        self.threshold = header["threshold"]
        self.history[:] = history

    # ------------------------------------------------------------------------------------- steps

    def _begin(self) -> None:
        """Look at the network as it is: which places there are, and that these are taken."""
        net = self.net
        self._places = Candidates(net, self.method.scope, self.method.wiring)
        self._explored = Explored(net, self._places)
        self._version = net.version

    def _follow(self) -> None:
        """Take note of what others have changed since the last rewiring."""
        net = self.net
        if net.numbering != self._places.numbering:
            self._begin()
        elif net.version != self._version:
            self._explored.note(net)

    def _signals(self, batches: Sequence[tuple[Any, Any]], loss: str | Loss) -> list[Signals]:
        method = self.method
        if not method.looks_at_data:
            return []
        if not batches:
            raise ValueError(
                f"method {method.name!r} looks at gradients; batches must hold at least one (X, y)"
            )
        part = slice(None) if method.samples == "all" else slice(-1, None)
        return [
            self.net.signals(X[part], y[part], loss) for X, y in list(batches)[-method.batches :]
        ]

    def _budget(self, now: RewiringContext) -> np.ndarray:
        """Return how many connections each group is to have."""
        pruning = self.method.pruning
        if pruning is None:
            return now.group_row[1:] - now.group_row[:-1]
        time = now.time
        if len(self.due_steps) and time.step >= self.due_steps[-1]:
            # The last rewiring prunes all that is left, also where the shape would end after it.
            time = time._replace(step=time.total_steps)
        budget = pruning.budget(self.net, self._first, time)
        return budget if self.method.scope == "layer" else np.array([budget.sum()])

    def _birthdays(self, birth: np.ndarray) -> np.ndarray:
        """Return after how many steps connections were born."""
        return self._born_at[np.searchsorted(self._born_before, birth, side="right")]

    def _flops(self, batches: Sequence[tuple[Any, Any]], change: Change, passes: int) -> float:
        """Return the cost: passes forward and backward, and the gradients that are looked at."""
        method = self.method
        if not method.looks_at_data:
            return 0.0
        used = list(batches)[-method.batches :]
        samples = len(used) if method.samples == "last" else sum(len(X) for X, _ in used)
        connections = len(self.net.connections)
        cost = passes * 2 * forward_flops(self.net, connections) * samples
        if "gradient" in method.needs:
            cost += 2 * connections * samples
        if method.grow is not None and "signals" in method.grow.needs:
            seen = self._places.possible
            if method.candidates is not None:
                seen = min(seen, int(method.candidates * len(change.grow.source)))
            cost += 2 * seen * samples
        return float(cost)

    def _rewind(self) -> None:
        """Give what survived its first weight again; optimisers forget."""
        for columns, now, first in (
            (self.net.connections, "weight", "first_weight"),
            (self.net.neurons, "bias", "first_bias"),
        ):
            columns[now][:] = columns[first]
            for name in set(columns.data) - {"source", "birth", now, first}:
                columns[name][:] = 0
        if self.optimizer is not None:
            self.optimizer.steps = 0


def _layer_counts(net: Network) -> np.ndarray:
    return np.diff(net.connections.indptr[net.rank_start[1:]]).astype(np.int64)
