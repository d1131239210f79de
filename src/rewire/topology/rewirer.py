"""A method at work on one model: when it rewires, what it changes, and what has happened so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, cast

import numpy as np

from rewire.connectivity import Candidates, Signals, SparseModel
from rewire.connectivity.candidates import count_in_groups
from rewire.connectivity.protocol import Revivable, Revived, Rewindable
from rewire.io import advise, received, warn
from rewire.schedules import Time
from rewire.validation import generator, whole_number

from .amounts import Threshold
from .births import Birthdays
from .changes import Change
from .context import RewiringContext
from .costs import scoring_flops
from .growth import NewConnections
from .method import Method, get_method, momentum_of
from .planning import budget_of, plan_rewiring, resolve
from .states import check_state
from .statistics import Explored, Rewiring, measure

__all__ = ["Rewirer"]

Batches = Sequence[Signals] | Callable[[], Sequence[Signals]]
Strongest = Callable[[np.ndarray, np.ndarray], NewConnections]


class Rewirer:
    """Applies a method to a model while it is trained.

    Parameters
    ----------
    method : Method or str
    model : SparseModel
        Such as a :class:`rewire.Network`; rewired in place.
    total_steps : int
        Steps in the whole training; schedules go by it.
    steps_per_epoch : int, optional
        For methods that rewire once per epoch; by default all of the training is one epoch.
    optimizer : optional
        Asked for its momentum, where the method needs one.
    seed : int or numpy.random.Generator, optional
        For random choices. Two rewirers with the same seed and data choose the same connections.

    Attributes
    ----------
    history : list of Rewiring
    due_steps : ndarray of int
        Steps after which a rewiring is due.
    threshold : float
        Of a method with an adaptive :class:`Threshold`.

    Raises
    ------
    ValueError
        If the model or the optimiser lacks what the method needs.

    Warns
    -----
    UserWarning
        If the method never rewires in so short a training.

    Examples
    --------
    In a training loop of one's own; :func:`rewire.fit` is a ready-made one.

    >>> import rewire
    >>> from rewire.data import moons
    >>> X, y = moons(seed=0)
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> trainer = rewire.Trainer(net, "hinge", rewire.optimizers.SGD(lr=0.3))
    >>> rewirer = Rewirer("rigl", net, total_steps=400, seed=0)
    >>> for step in range(1, 401):
    ...     loss = trainer.step(X, y)
    ...     if rewirer.due(step):
    ...         record = rewirer.rewire(step, [net.signals(X, y, "hinge")])
    >>> record.step, record.connections
    (200, (32, 32, 4))
    """

    def __init__(
        self,
        method: Method | str,
        model: SparseModel,
        *,
        total_steps: int,
        steps_per_epoch: int | None = None,
        optimizer: Any = None,
        seed: int | np.random.Generator | None = None,
    ):
        if not hasattr(model, "abilities"):
            raise TypeError(
                advise(
                    f"model must be a SparseModel, such as a Network; got {received(model)}",
                    "see rewire.connectivity.SparseModel",
                )
            )
        total_steps = whole_number(total_steps, "total_steps", 1)
        if steps_per_epoch is not None:
            steps_per_epoch = whole_number(steps_per_epoch, "steps_per_epoch", 1)
        self.method = method = get_method(method)
        method.check(model, optimizer)
        self.model, self.total_steps, self.optimizer = model, total_steps, optimizer
        self.generator = generator(seed)
        self.due_steps = _due_steps(method, total_steps, steps_per_epoch or total_steps)
        self._due = frozenset(self.due_steps.tolist())
        self.history: list[Rewiring] = []
        self.threshold = getattr(method.fraction, "start", 0.0)
        self._begin()
        # Connections of each layer at the start, from which a pruning goes.
        self._initial = np.diff(model.connections.indptr[self._candidates.layer_start])
        self._initial = self._initial.astype(np.int64)
        self._birthdays = Birthdays(model.connections.next_birth)
        if method.rewind:
            cast(Rewindable, model).set_rewind_point()

    def due(self, step: int) -> bool:
        """Return whether a rewiring is due after so many steps."""
        return step in self._due

    def rewire(
        self, step: int, signals: Batches = (), *, learning_rate: float = np.nan
    ) -> Rewiring:
        """Rewire the model once, whether that is due or not.

        The same as :meth:`apply` of :meth:`propose`, after idle units are revived where the method
        does that.

        Parameters
        ----------
        step : int
            Steps of the optimiser made so far.
        signals : sequence of Signals, or a callable that returns one
            For methods that look at gradients: one for each of the method's ``batches`` latest
            batches, the newest last, computed from a batch's last sample only where the method's
            ``growth_samples`` is ``"last"``. A method that revives units needs a callable, which is
            asked again afterwards.
        learning_rate : float, optional
            Of the last step, for schedules that follow it.

        Returns
        -------
        Rewiring
            What happened; also appended to ``history``.

        Raises
        ------
        ValueError
            If the method looks at gradients and there are no signals; the model is then as it was.
        """
        return self.apply(self.decide(step, signals, learning_rate=learning_rate))

    def decide(
        self,
        step: int,
        signals: Batches = (),
        *,
        learning_rate: float = np.nan,
        strongest: Strongest | None = None,
    ) -> Change:
        """Revive idle units, in place, where the method does that; then :meth:`propose`."""
        batches, revived, flops = self._ask(signals), Revived(), 0
        if self.method.revive is not None and self.method.looks_at_data:
            if not callable(signals):
                raise ValueError(
                    f"signals must be a function for method {self.method.name!r}, which asks for "
                    f"them again after reviving units; got {type(signals).__name__}"
                )
            revived = self._revive(batches)
            flops = revived.flops
            if len(revived.units):  # the model computes the same, but its revived units do not
                flops += sum(batch.flops for batch in batches)
                batches = self._ask(signals)
        change = self.propose(step, batches, learning_rate=learning_rate, strongest=strongest)
        return replace(change, flops=change.flops + flops, revived=len(revived.units))

    def propose(
        self,
        step: int,
        signals: Batches = (),
        *,
        learning_rate: float = np.nan,
        strongest: Strongest | None = None,
    ) -> Change:
        """Decide what a rewiring changes, without changing anything; idle units stay as they are.

        The parameters are those of :meth:`rewire`, and ``strongest``: from the first targets of
        groups and how many to grow in each to these candidates, where they were found before.

        Returns
        -------
        Change
            For :meth:`apply`, here or in another process whose model has the same connections.

        Examples
        --------
        One process decides and another follows:

        >>> import rewire
        >>> nets = [rewire.mlp([4, 8, 2], density=0.5, seed=0) for _ in range(2)]
        >>> leader, follower = (
        ...     Rewirer("set", net, total_steps=9, steps_per_epoch=3, seed=0) for net in nets
        ... )
        >>> change = leader.propose(3)
        >>> leader.apply(change) == follower.apply(change)
        True
        """
        method, batches = self.method, self._ask(signals)
        self._synchronize()
        state = self.generator.bit_generator.state
        try:
            ctx = RewiringContext(
                self.model,
                Time(step, self.total_steps, learning_rate),
                self.generator,
                self._candidates,
                batches,
                momentum_of(self.optimizer),
                self._birthdays.of,
                strongest,
            )
            last = bool(len(self.due_steps)) and step >= self.due_steps[-1]
            budget = budget_of(method, ctx, self._initial, last=last)
            plan = plan_rewiring(method, ctx, budget, self.threshold)
            if method.neurons is not None:
                plan = method.neurons(ctx, plan)
            resolved = resolve(method, ctx, plan)
            drawn = self.generator.bit_generator.state
        finally:
            self.generator.bit_generator.state = state
        adaptive = isinstance(method.fraction, Threshold)
        return Change(
            step=step,
            drop=resolved.drop,
            grow=resolved.grow,
            shortfall=resolved.shortfall,
            below=int(np.count_nonzero(plan.score < self.threshold)) if adaptive else 0,
            flops=scoring_flops(method, ctx, batches, len(resolved.grow.source)),
            revived=0,
            generator=drawn,
            connections=len(ctx.table),
            next_birth=ctx.table.next_birth,
        )

    def apply(self, change: Change) -> Rewiring:
        """Carry out a change and record it.

        Parameters
        ----------
        change : Change
            From :meth:`propose`.

        Returns
        -------
        Rewiring
            Also appended to ``history``.

        Raises
        ------
        ValueError
            If the model's connections are not those that the change was proposed for.
        """
        model, table = self.model, self.model.connections
        change.check(table)
        self._synchronize()
        dropped = count_in_groups(self._candidates.layer_start, table.target[change.drop])
        if isinstance(self.method.fraction, Threshold):
            self.threshold = self.method.fraction.next(self.threshold, change.below, len(table))
        if len(change.drop) or len(change.grow.source):
            model.rewire(change.drop, change.grow.source, change.grow.target)
            self._explored.add(table.units, change.grow.source, change.grow.target)
            self._version = model.version
        self.generator.bit_generator.state = change.generator
        self._birthdays.add(model.connections.next_birth, change.step)
        if self.method.rewind:
            cast(Rewindable, model).rewind()
            if self.optimizer is not None:
                self.optimizer.steps = 0
        record = measure(
            model, self._candidates, change, dropped, self._birthdays.of, self._explored.share
        )
        self.history.append(record)
        return record

    # ------------------------------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the model and the method: arrays, and values fit for JSON."""
        return {
            "explored": self._explored.keys,
            "initial": self._initial,
            "born_before": self._birthdays.before,
            "born_at": self._birthdays.at,
            "generator": self.generator.bit_generator.state,
            "threshold": self.threshold,
            "history": [asdict(record) for record in self.history],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore a state; the model and the method must be those it was taken from.

        Raises
        ------
        ValueError
            For anything that :meth:`state_dict` does not return; the rewirer is then as it was.
        """
        saved = check_state(state, self.generator, len(self._initial))
        self._begin()
        self._explored.keys = saved.explored
        self._initial = saved.initial
        self._birthdays.before, self._birthdays.at = saved.born_before, saved.born_at
        self.generator.bit_generator.state = saved.generator
        self.threshold = saved.threshold
        self.history[:] = saved.history

    # ------------------------------------------------------------------------------------- steps

    def _begin(self) -> None:
        """Find out what may be connected, and count what is as explored."""
        self._candidates = Candidates(self.model, self.method.scope, self.method.skip_connections)
        self._explored = Explored(self.model.connections, self._candidates)
        self._version = self.model.version

    def _synchronize(self) -> None:
        """Take note of what others have changed since the last rewiring."""
        if self.model.numbering != self._candidates.numbering:
            self._begin()
        elif self.model.version != self._version:
            self._explored.add_all(self.model.connections)
            self._version = self.model.version

    def _ask(self, signals: Batches) -> Sequence[Signals]:
        """Return the signals of the batches that the method looks at."""
        method = self.method
        if not method.looks_at_data:
            return ()
        batches = list(signals() if callable(signals) else signals)
        if not batches:
            raise ValueError(
                f"method {method.name!r} looks at gradients; signals must hold those of at least "
                "one batch"
            )
        return batches[-method.batches :]

    def _revive(self, signals: Sequence[Signals]) -> Revived:
        revive = self.method.revive
        assert revive is not None
        return cast(Revivable, self.model).revive(
            signals,
            self.generator,
            tries=revive.tries,
            samples=revive.samples,
            skip_connections=self.method.skip_connections,
        )


def _due_steps(method: Method, total_steps: int, steps_per_epoch: int) -> np.ndarray:
    if method.when is None:
        return np.zeros(0, int)
    steps = method.when.steps(total_steps, steps_per_epoch)
    if not len(steps):
        warn(
            advise(
                f"method {method.name!r} never rewires, as its first rewiring would come after "
                f"the end of a training of {total_steps} steps",
                "shorten its interval (every=)",
                "train longer (epochs=, total_steps=)",
            ),
        )
    return steps
