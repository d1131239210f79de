"""A method at work on one network: when, what, and what has happened so far."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from rewire.graph import Network, Signals
from rewire.kernels.losses import Loss
from rewire.kernels.threads import one_blas_thread

from .drafting import Change, draft, settle
from .method import Method, Threshold, as_method, momentum_of
from .moment import Moment
from .rewire import rewire
from .schedules import Time
from .sharing import group_starts
from .statistics import Explored, Rewiring, by_layer, forward_flops, measure, possible_connections

__all__ = ["Rewirer"]


class Rewirer:
    """Applies a method to a network while it is trained.

    Parameters
    ----------
    method : Method or str
    net : Network
        Rewired in place.
    steps : int
        Updates in the whole training; schedules go by it.
    steps_per_epoch : int, optional
        For methods that rewire once per epoch; all of the training by default.
    optimizer : optional
        Looked at for its momentum, where the method needs one.
    seed : int or numpy.random.Generator, optional
        For random choices. Two rewirers with the same seed and data choose the same connections.

    Attributes
    ----------
    history : list of Rewiring
    updates : ndarray of int
        After which updates rewirings are due.
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
    >>> trainer = rewire.Trainer(net, "hinge", rewire.SGD(lr=0.3))
    >>> rewirer = Rewirer("rigl", net, steps=400, seed=0)
    >>> for update in range(1, 401):
    ...     loss = trainer.step(X, y)
    ...     if rewirer.due(update):
    ...         record = rewirer.rewire(update, [(X, y)], "hinge")
    >>> record.update, record.connections
    (200, (32, 32, 4))
    """

    def __init__(
        self,
        method: Method | str,
        net: Network,
        *,
        steps: int,
        steps_per_epoch: int | None = None,
        optimizer: Any = None,
        seed: int | np.random.Generator | None = None,
    ):
        self.method = method = as_method(method)
        method.check(optimizer)
        self.net, self.steps, self.optimizer = net, steps, optimizer
        self.generator = np.random.default_rng(seed)
        self.updates = np.zeros(0, int)
        if method.when is not None:
            self.updates = method.when.updates(steps, steps_per_epoch or steps)
            if not len(self.updates):
                warnings.warn(
                    f"method {method.name!r} never rewires: its first rewiring would come after "
                    f"the end of a training of {steps} updates; shorten its interval or train "
                    "longer",
                    stacklevel=2,
                )
        self._due = frozenset(self.updates.tolist())
        self.history: list[Rewiring] = []
        self.threshold = getattr(method.fraction, "start", 0.0)
        self.explored = Explored(net, method.wiring)
        self._first = _layer_counts(net)
        # What was born before the first of each pair of numbers, was so after these updates.
        self._born_before, self._born_at = [net.connections.next_birth], [0]
        if method.rewind:
            net.connections.zeros("first_weight", net.dtype)[:] = net.connections.weight
            net.neurons.zeros("first_bias", net.dtype)[:] = net.bias

    def due(self, updates: int) -> bool:
        """Say whether to rewire after so many updates."""
        return updates in self._due

    @one_blas_thread()
    def rewire(
        self,
        updates: int,
        batches: Sequence[tuple[Any, Any]] = (),
        loss: str | Loss = "cross_entropy",
        learning_rate: float = np.nan,
    ) -> Rewiring:
        """Rewire the network once, whether it is due or not.

        Parameters
        ----------
        updates : int
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
        now = Moment(
            net,
            Time(updates, self.steps, learning_rate),
            self.generator,
            group_starts(net, method.scope),
            self._signals(batches, loss),
            momentum_of(self.optimizer),
            self._birthdays,
        )
        planned = draft(method, now, self._budget(now), self.threshold)
        if method.neurons is not None:
            planned = method.neurons(now, planned)
        change = settle(method, now, planned)
        flops = self._flops(batches, change)
        if isinstance(method.fraction, Threshold):
            below = int(np.count_nonzero(planned.score < self.threshold))
            self.threshold = method.fraction.next(self.threshold, below, len(planned.score))
        dropped = by_layer(net, now.target[change.drop])
        if len(change.drop) or len(change.grow.source):
            rewire(net, change.drop, change.grow.source, change.grow.target)
        self._born_before.append(net.connections.next_birth)
        self._born_at.append(updates)
        if method.rewind:
            self._rewind()
        if self.explored.numbering != net.numbering:  # neurons came or went: begin anew
            self.explored = Explored(net, method.wiring)
        age = updates - self._birthdays(net.connections.birth)
        record = measure(now, change, dropped, self.explored.add(net), age, flops)
        self.history.append(record)
        return record

    # ------------------------------------------------------------------------------------- state

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return everything but the network and the method: arrays, and what is fit for JSON."""
        arrays = {
            "explored": self.explored.keys,
            "first": self._first,
            "born_before": np.array(self._born_before),
            "born_at": np.array(self._born_at),
        }
        return arrays, {
            "generator": self.generator.bit_generator.state,
            "threshold": self.threshold,
            "history": [asdict(record) for record in self.history],
        }

    def restore(self, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> None:
        """Take up a state again; the network and the method must be those it was taken from."""
        self.explored = Explored(self.net, self.method.wiring)
        self.explored.keys = np.array(arrays["explored"])
        self._first = np.array(arrays["first"])
        self._born_before = arrays["born_before"].tolist()
        self._born_at = arrays["born_at"].tolist()
        self.generator.bit_generator.state = header["generator"]
        self.threshold = header["threshold"]
        self.history[:] = [Rewiring.from_dict(record) for record in header["history"]]

    # ------------------------------------------------------------------------------------- steps

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

    def _budget(self, now: Moment) -> np.ndarray:
        """Return how many connections each group is to have."""
        thinning, existing = self.method.thinning, np.diff(now.group_row)
        if thinning is None:
            return existing
        time = now.time
        if len(self.updates) and time.updates >= self.updates[-1]:
            # The last rewiring prunes all that is left, also where the shape would end after it.
            time = time._replace(updates=time.total)
        budget = thinning.budget(self.net, self._first, time)
        return budget if self.method.scope == "layer" else np.array([budget.sum()])

    def _birthdays(self, birth: np.ndarray) -> np.ndarray:
        """Return after how many updates connections were born."""
        place = np.searchsorted(self._born_before, birth, side="right")
        return np.array([*self._born_at, self._born_at[-1]])[place]

    def _flops(self, batches: Sequence[tuple[Any, Any]], change: Change) -> float:
        """Return the cost: forward and backward of the batches, and D Aᵀ of all candidates."""
        method = self.method
        if not method.looks_at_data:
            return 0.0
        used = list(batches)[-method.batches :]
        samples = len(used) if method.samples == "last" else sum(len(X) for X, _ in used)
        cost = 2 * forward_flops(self.net, len(self.net.connections)) * samples
        if method.grow is not None and "signals" in method.grow.needs:
            seen = possible_connections(self.net, method.wiring)
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
    return np.diff(net.connections.row_pointer[net.rank_start[1:]]).astype(np.int64)
