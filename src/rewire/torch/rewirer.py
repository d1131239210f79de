"""A method at work on the sparse layers of a PyTorch model."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from rewire import topology
from rewire.io import advise
from rewire.topology import Method, Rewiring
from rewire.topology.method import get_method
from rewire.validation import real_number

from .conversion.linear_chains import find_linear_chains
from .deciding import Decider
from .distributed.processes import processes_of
from .distributed.setup import unwrapped
from .layers.wiring import generator_from
from .rewiring.checks import check_deterministic, check_method, warn_of_never
from .rewiring.layered_model import LayeredModel
from .rewiring.optimizer_state import OptimizerState
from .rewiring.rewirable import counterparts, layers_to_rewire
from .rewiring.state import check_state

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
    timeout : float, default 600
        Seconds that a process waits for another before it raises an error. Ten minutes leave time
        for what one process does alone, such as writing a checkpoint.
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
    or after the rewirer. All of them make a rewirer and call its methods; one of them decides about
    each layer, from the gradients of the batch of all. See docs/torch-distributed.md.

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
        timeout: float = 600.0,
        **options: Any,
    ):
        timeout = real_number(timeout, "timeout", 0)
        state, self.method = OptimizerState(optimizer), get_method(method, **options)
        if deterministic:
            check_deterministic(self.method)
        self._root, generator = unwrapped(model), generator_from(seed)
        layers = layers_to_rewire(self._root, state)
        # First, as it gives all processes the same connections.
        self._processes = processes_of(model, layers, shards * deterministic, generator, timeout)
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
        self._decider = Decider(self.method, self._model, self._topology, self._processes)
        self._learning_rate = self._model.learning_rate
        self._attached = False
        # Schedulers may change the rate between the optimiser's step and ours.
        self._hooks = [optimizer.register_step_post_hook(self._after_optimizer)]
        if self._topology.due(0):
            self._hooks.append(optimizer.register_step_pre_hook(self._before_optimizer))
        self._decider.record_next(self.steps_made)

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
        if closure is None and self.method.growth_samples == "last":
            raise ValueError(
                f"method {self.method.name!r} looks at the last sample of a batch alone; give "
                "step() a closure that makes a forward and a backward pass for that sample"
            )
        if self._processes is not None:
            self._processes.check_step(closure is not None)
        self.steps_made += 1
        return self._decider.step(self.steps_made, self._learning_rate, closure)

    def attach(self) -> Rewirer:
        """Let every step of the optimiser call :meth:`step`; returns the rewirer.

        Steps that ``torch.amp.GradScaler`` skips do not count then.

        Raises
        ------
        ValueError
            If the method looks at a last sample, which needs a closure.
        """
        if self.method.growth_samples == "last":
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
        self._decider.latest.stop()

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
        self._decider.latest.stop()
        self._model.compact()
        self._decider.record_next(self.steps_made)

    # ------------------------------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """Return everything but model, optimiser and method: tensors and plain values.

        ``torch.save`` writes it, and ``torch.load`` reads it with ``weights_only=True``.
        """
        return self._decider.state_dict() | {
            "steps": self.steps,
            "steps_made": self.steps_made,
            "learning_rate": self._learning_rate,
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
        self._decider.load_state_dict(state)
        self.steps_made, self._learning_rate = state["steps_made"], state["learning_rate"]
        self._decider.record_next(self.steps_made)

    # ---------------------------------------------------------------------------------- hooks

    def _before_optimizer(self, *_: Any) -> None:
        """Rewire before the first step, where the method does that, by its gradients."""
        if self.steps_made or self.history:
            return
        self._decider.latest.take()
        self._decider.rewire(0, self._learning_rate)
        self._decider.record_next(0)

    def _after_optimizer(self, *_: Any) -> None:
        self._learning_rate = self._model.learning_rate
        if self._attached:
            self.step()
