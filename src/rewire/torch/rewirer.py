"""A method at work on the sparse layers of a PyTorch model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from rewire import topology
from rewire.connectivity import Signals
from rewire.io import advise
from rewire.topology import Method, Rewiring
from rewire.topology.changes import Change
from rewire.topology.method import get_method

from .conversion.linear_chains import find_linear_chains
from .distributed.processes import processes_of
from .distributed.setup import unwrapped
from .layers.recording import LatestPasses, Passes
from .layers.wiring import generator_from
from .rewiring.checks import check_deterministic, check_method, warn_of_never
from .rewiring.layered_model import LayeredModel
from .rewiring.optimizer_state import OptimizerState
from .rewiring.reviving import Renewal
from .rewiring.rewirable import counterparts, layers_to_rewire
from .rewiring.state import as_arrays, as_tensors, check_state

__all__ = ["Rewirer"]


class Rewirer:
    """Moves the connections of a model's sparse layers while it is trained.

    A new connection begins with weight zero, and with zero in everything that the optimiser keeps
    for it. Methods that move connections between layers need spare entries (``slack`` of
    :func:`sparsify`); those that prune leave some behind, which :meth:`compact` leaves out.

    Parameters
    ----------
    model : torch.nn.Module
        Its sparse layers are rewired whose weights are trained (``requires_grad``).
    optimizer : torch.optim.Optimizer
        Holds their weights. Its state moves along with the connections.
    method : str or Method, default "rigl"
        A name in ``rewire.methods.registry``, or a method.
    steps : int
        Steps of the optimiser in the whole training; schedules go by it.
    steps_per_epoch : int, optional
        For methods that rewire once per epoch; by default all of the training is one epoch.
    seed : int or numpy.random.Generator, optional
        Of random choices; without one they follow ``torch.manual_seed``.
    deterministic : bool, default False
        Whether a training gives the same bits on 1, 2, 4, ... processes. Gradients are then
        averaged by :meth:`shards` instead of DistributedDataParallel.
    shards : int, default 4
        Into how many parts :meth:`shards` divides the batch of all processes: a power of two that
        their number divides.
    **options
        Of a method by name, such as ``every=50``.

    Attributes
    ----------
    steps_made : int
        How often :meth:`step` was called.
    history : list of rewire.topology.Rewiring
        One record for each rewiring.
    due_steps : ndarray of int
        Steps after which a rewiring is due.
    traffic : list of int
        Bytes that this process sent to others and received from them at each rewiring.

    Raises
    ------
    ValueError
        If the method needs what the model lacks, the model has no sparse layers, the optimiser
        does not hold their weights or keeps a state that cannot follow (LBFGS), the model is
        divided among processes (FSDP), or theirs differ.

    Notes
    -----
    Several processes train a model in ``torch.nn.parallel.DistributedDataParallel``, made before
    or after the rewirer. All of them make a rewirer and call its methods; the first process
    decides from the gradients of the batch of all. See docs/torch-distributed.md.

    Examples
    --------
    >>> import torch
    >>> import rewire.torch as rt
    >>> model = torch.nn.Sequential(rt.Linear(16, 8, density=0.25, seed=0), torch.nn.ReLU())
    >>> optimizer = torch.optim.Adam(model.parameters())
    >>> rewirer = rt.Rewirer(model, optimizer, "rigl", steps=100, every=20, seed=0)
    >>> x = torch.randn(32, 16, generator=torch.Generator().manual_seed(0))
    >>> for _ in range(100):
    ...     optimizer.zero_grad()
    ...     model(x).square().sum().backward()
    ...     optimizer.step()
    ...     record = rewirer.step()
    >>> [(record.step, record.moved) for record in rewirer.history]
    [(20, 8), (40, 4), (60, 0)]
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        method: str | Method = "rigl",
        *,
        steps: int,
        steps_per_epoch: int | None = None,
        seed: int | np.random.Generator | None = None,
        deterministic: bool = False,
        shards: int = 4,
        **options: Any,
    ):
        state, self.method = OptimizerState(optimizer), get_method(method, **options)
        if deterministic:
            check_deterministic(self.method)
        self._root, generator = unwrapped(model), generator_from(seed)
        layers = layers_to_rewire(self._root, state)
        # First, as it gives all processes the same connections.
        self._processes = processes_of(model, layers, shards * deterministic, generator)
        trace = self.method.revive is not None
        chains = find_linear_chains(self._root, list(layers.values()), trace)
        momentum = "momentum" in self.method.needs
        self._model = LayeredModel(layers, state, self._root, chains, momentum)
        check_method(self.method, self._model)
        with warnings.catch_warnings(action="ignore"):  # its words are for other parameters
            self._topology = topology.Rewirer(
                self.method,
                self._model,
                total_steps=steps,
                steps_per_epoch=steps_per_epoch,
                optimizer=state,
                seed=generator,
            )
        warn_of_never(self.method, self.due_steps, steps)
        self.steps, self.steps_made = steps, 0
        self._latest = LatestPasses(list(layers.values()), self.method.batches)
        self._learning_rate = self._model.learning_rate
        self._attached = False
        # Schedulers may change the rate between the optimiser's step and ours.
        self._hooks = [optimizer.register_step_post_hook(self._after_optimizer)]
        if self._topology.due(0):
            self._hooks.append(optimizer.register_step_pre_hook(self._before_optimizer))
        self._record_next()

    @property
    def history(self) -> list[Rewiring]:
        """One record for each rewiring."""
        return self._topology.history

    @property
    def due_steps(self) -> np.ndarray:
        """Steps after which a rewiring is due."""
        return self._topology.due_steps

    @property
    def traffic(self) -> list[int]:
        """Bytes that this process sent and received at each rewiring; empty for one process."""
        return [] if self._processes is None else self._processes.traffic

    def shards(self, *tensors: torch.Tensor) -> Iterator[tuple[torch.Tensor, ...]]:
        """Divide this process's part of a batch into shards; needs ``deterministic=True``.

        Make a forward and a backward pass for each. After the last one ``grad`` of each parameter
        is the mean over the shards of all processes, the same bits on any number of them. Each
        shard has a seed of its own (``torch.manual_seed``), for dropout.

        Parameters
        ----------
        *tensors : Tensor
            Inputs, targets and so on, divided along the first axis; of the same length on all
            processes.

        Yields
        ------
        tuple of Tensor

        Raises
        ------
        ValueError
            Without ``deterministic=True``, if the lengths cannot be divided, or if a buffer of the
            model changes, such as the statistics of BatchNorm.

        Examples
        --------
        >>> import torch
        >>> import rewire.torch as rt
        >>> model = torch.nn.Sequential(rt.Linear(16, 8, density=0.25, seed=0))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> rewirer = rt.Rewirer(model, optimizer, steps=200, seed=0, deterministic=True)
        >>> for x, y in rewirer.shards(torch.ones(32, 16), torch.zeros(32, 8)):
        ...     torch.nn.functional.mse_loss(model(x), y).backward()
        >>> optimizer.step()
        >>> rewirer.step()
        """
        if self._processes is None or self._processes.shards is None:
            raise ValueError(
                advise("shards() needs a deterministic rewirer", "make it with deterministic=True")
            )
        return self._processes.shards.divide(self.steps_made, tensors)

    def step(self, closure: Callable[[], Any] | None = None) -> Rewiring | None:
        """Count a step of the optimiser, and rewire if that is due; call it once after each.

        Growth looks at the gradients of the backward passes since the last call, the sum of all.

        Parameters
        ----------
        closure : callable, optional
            Makes a forward and a backward pass, which growth looks at instead. It is called when a
            rewiring is due, after the optimiser's step, so with the present weights; gradients of
            the parameters are left as they were. Methods that look at the last sample of a batch
            alone need one, with that sample.

        Returns
        -------
        Rewiring or None
            What happened, if a rewiring was due.

        Raises
        ------
        ValueError
            If the method looks at gradients and no backward pass has reached a layer, or looks at
            a last sample and there is no closure.
        """
        if closure is None and self.method.samples == "last":
            raise ValueError(
                f"method {self.method.name!r} looks at the last sample of a batch alone; give "
                "step() a closure that makes a forward and a backward pass for that sample"
            )
        if self._processes is not None:
            self._processes.check_step(closure is not None)
        self._latest.take()
        self.steps_made += 1
        record = self._rewire(closure) if self._topology.due(self.steps_made) else None
        self._record_next()
        return record

    def attach(self) -> Rewirer:
        """Let every step of the optimiser call :meth:`step`; returns the rewirer.

        Steps that ``torch.amp.GradScaler`` skips do not count then.

        Raises
        ------
        ValueError
            If the method looks at a last sample, which needs a closure.
        """
        if self.method.samples == "last":
            raise ValueError(
                f"method {self.method.name!r} looks at the last sample of a batch alone, so it "
                "cannot be attached: call step(closure)"
            )
        self._attached = True
        return self

    def follow(self, copy: nn.Module) -> None:
        """Rewire a copy of the model too, such as one that averages its weights.

        Without this, ``torch.optim.swa_utils.AveragedModel`` and the like average the weights of
        different connections. What the copy holds for a connection goes with it; a new one begins
        with zero.

        Parameters
        ----------
        copy : torch.nn.Module
            With the same sparse layers, in the same order and with the same connections.

        Raises
        ------
        ValueError
            If its layers or their connections are others.

        Examples
        --------
        >>> import rewire.torch as rt
        >>> model = torch.nn.Sequential(rt.Linear(16, 8, density=0.25, seed=0))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> rewirer = rt.Rewirer(model, optimizer, "set", steps=10, every=1, seed=0)
        >>> average = torch.optim.swa_utils.AveragedModel(model)
        >>> rewirer.follow(average)
        >>> record = rewirer.step()
        >>> bool((average.module[0].source == model[0].source).all()), record.moved
        (True, 9)
        """
        layers = self._model.layers
        self._model.follow(counterparts(self._root, copy, layers))

    def detach(self) -> None:
        """Leave the optimiser and the model alone from now on."""
        self._attached = False
        for hook in self._hooks:
            hook.remove()
        self._latest.stop()

    def compact(self) -> None:
        """Leave out the spare entries of the layers, as after a pruning.

        Weights with spare entries become new Parameters; the optimiser holds them from now on,
        with what it keeps for the connections. A compiled or exported model must be made anew.

        Examples
        --------
        >>> import rewire.torch as rt
        >>> model = torch.nn.Sequential(rt.Linear(16, 8, density=0.5, seed=0))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> rewirer = rt.Rewirer(model, optimizer, "gmp", density=0.25, steps=2, every=1)
        >>> record = rewirer.step()
        >>> before = model[0].weight.shape
        >>> rewirer.compact()
        >>> record.connections, before, model[0].weight.shape
        ((32,), torch.Size([64]), torch.Size([32]))
        """
        self._latest.stop()
        self._model.compact()
        self._record_next()

    # ------------------------------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """Return everything but model, optimiser and method: tensors and plain values.

        ``torch.save`` writes it, and ``torch.load`` reads it with ``weights_only=True``.
        """
        table = self._model.connections
        return {
            "method": self.method.name,
            "steps": self.steps,
            "due_steps": self.due_steps.tolist(),
            "steps_made": self.steps_made,
            "learning_rate": self._learning_rate,
            "layers": {name: len(layer.weight) for name, layer in self._model.layers.items()},
            "birth": torch.from_numpy(table.birth.copy()),
            "next_birth": table.next_birth,
            "latest": [list(passes) for passes in self._latest.batches],
            "processes": {} if self._processes is None else self._processes.state_dict(),
            "topology": as_tensors(self._topology.state_dict()),
            "rewind_point": point.state_dict() if (point := self._model.rewind_point) else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where :meth:`state_dict` was taken; load model and optimiser first.

        Raises
        ------
        ValueError
            If the state is damaged, or of another method, another number of steps or other layers;
            the rewirer is then as it was.
        """
        self._model.refresh()
        check_state(state, self.state_dict())
        self._topology.load_state_dict(as_arrays(state["topology"]))  # may refuse it too
        self._latest.stop()
        self._model.connections.data["birth"] = state["birth"].numpy().copy()
        self._model.connections.next_birth = state["next_birth"]
        self.steps_made, self._learning_rate = state["steps_made"], state["learning_rate"]
        if self._model.rewind_point is not None:
            self._model.rewind_point.load_state_dict(state["rewind_point"])
        self._latest.batches.clear()
        self._latest.batches.extend(state["latest"])
        if self._processes is not None:
            self._processes.load_state_dict(state["processes"])
        self._record_next()

    # ---------------------------------------------------------------------------------- inner

    def _rewire(self, closure: Callable[[], Any] | None = None) -> Rewiring:
        if self._processes is None:
            signals = [self._model.signals(passes) for passes in self._batches(closure)]
            change, _ = self._decide(signals)
        else:
            change, renewals = self._processes.decide(
                self.steps_made, self._model, lambda: self._batches(closure), self._decide
            )
            if change.revived and self._processes.rank:
                self._model.renew(renewals)
        return self._topology.apply(change)

    def _decide(self, signals: list[Signals]) -> tuple[Change, list[Renewal | None]]:
        """Revive idle units and propose a change; what was revived is for other processes."""
        # A method that revives units asks twice; reviving brings these signals up to date.
        change = self._topology.decide(
            self.steps_made, lambda: signals, learning_rate=self._learning_rate
        )
        return change, self._model.renewals

    def _batches(self, closure: Callable[[], Any] | None) -> Sequence[list[Passes]]:
        """Return what was recorded of the batches that the method looks at."""
        self._model.refresh()
        if not self.method.looks_at_data:
            return ()
        if closure is not None:
            with self._model.state.other_gradients(), torch.enable_grad():
                self._latest.replace(closure)
        return self._latest.batches

    def _record_next(self) -> None:
        """Record the next step's passes if a rewiring will look at them."""
        first = self.steps_made + (self.steps_made > 0 or bool(self.history))
        following = range(first, self.steps_made + 1 + self.method.batches)
        self._latest.record(self.method.looks_at_data and any(map(self._topology.due, following)))

    def _before_optimizer(self, *_: Any) -> None:
        """Rewire before the first step, where the method does that, by its gradients."""
        if self.steps_made or self.history:
            return
        self._latest.take()
        self._rewire()
        self._record_next()

    def _after_optimizer(self, *_: Any) -> None:
        self._learning_rate = self._model.learning_rate
        if self._attached:
            self.step()
