"""Optimisers; the state they keep for a connection is a column of the table and moves with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from rewire.connectivity.table import Columns
from rewire.io import Registry, advise, received
from rewire.kernels import get_backend
from rewire.kernels.layout import Descent
from rewire.validation import several

if TYPE_CHECKING:
    from rewire.graph import Network

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "get", "registry"]


@dataclass
class Optimizer(ABC):
    """A rule that turns gradients into new weights and biases.

    Attributes
    ----------
    lr : float
        Learning rate; may be changed between steps.
    steps : int
        Updates made so far. An optimiser that has made none clears the state that an earlier one
        left in the network; the same object continues. To resume from a file, use
        :meth:`load_state_dict`.

    Examples
    --------
    >>> optimizer = SGD(lr=0.1)
    >>> optimizer.lr /= 10
    >>> optimizer.steps
    0
    """

    lr: float

    # Columns that optimisers keep for each connection and neuron; add those of your own here.
    remembers: ClassVar[tuple[str, ...]] = ("velocity", "first_moment", "second_moment")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls)
        if "descent" not in own and ("update" in own or "_apply" in own):
            # A rule of its own, which the compiled pass of the one that it builds on does not know.
            # Type checkers want methods to be defined, not assigned.
            cls.descent = Optimizer.descent  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        self.steps = 0
        check("lr", self.lr, 0, np.inf)

    def begin(self, net: Network) -> None:
        """Clear the state that an earlier optimiser left in the network, if none was made here."""
        if self.steps == 0:
            for columns in (net.connections, net.neurons):
                for name in self.remembers:
                    columns.data.pop(name, None)

    def update(self, net: Network, weight_gradient: np.ndarray, bias_gradient: np.ndarray) -> None:
        """Make one step in place; gradients are aligned with the table and with the neurons."""
        self.steps += 1
        kernels = get_backend(net.backend)
        self._apply(kernels, net.connections, "weight", weight_gradient)
        self._apply(kernels, net.neurons, "bias", bias_gradient)

    def descent(self, net: Network) -> Descent | None:
        """Return arrays and settings with which a compiled pass makes the updates itself.

        None, as here, where :meth:`update` is to be called after each pass.
        """
        return None

    def state_dict(self) -> dict[str, Any]:
        """Return the learning rate and the number of steps, fit for JSON.

        What is kept for each connection and neuron is in the network, and saved with it.
        """
        return {"lr": self.lr, "steps": self.steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state_dict` returned."""
        self.lr, self.steps = state["lr"], state["steps"]

    @abstractmethod
    def _apply(self, kernels: Any, columns: Columns, name: str, gradient: np.ndarray) -> None:
        """Update one column, and the state beside it."""


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent, plain, with momentum or with Nesterov's momentum.

    With g = gradient + weight_decay · w and v = momentum · v + g (v is the column
    ``"velocity"``, zero for new connections): w -= lr · v, or w -= lr · (g + momentum · v) for
    Nesterov. As in PyTorch.

    Parameters
    ----------
    lr : float, default 0.1
    momentum : float, default 0
        In [0, 1).
    nesterov : bool, default False
    weight_decay : float, default 0
        Of weights and biases.

    Examples
    --------
    >>> import rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> trainer = rewire.Trainer(net, optimizer=SGD(lr=0.1, momentum=0.9, nesterov=True))
    >>> loss = trainer.step([[1, 2]], [0])
    >>> net.connections["velocity"].shape
    (16,)
    """

    lr: float = 0.1
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check("momentum", self.momentum, 0, 1)
        check("weight_decay", self.weight_decay, 0, np.inf)
        if self.nesterov and not self.momentum:
            raise ValueError(
                advise("momentum must be above 0 in Nesterov's form; got 0", "set nesterov=False")
            )

    def descent(self, net: Network) -> Descent:
        """Return what :meth:`Optimizer.descent` says."""
        if not self.momentum:
            return _without_momentum(self.weight_decay)
        return Descent(
            net.connections.zeros("velocity", net.dtype),
            net.neurons.zeros("velocity", net.dtype),
            decay=self.weight_decay,
            momentum=self.momentum,
            nesterov=self.nesterov,
        )

    def _apply(self, kernels: Any, columns: Columns, name: str, gradient: np.ndarray) -> None:
        values = columns[name]
        if not self.momentum:
            kernels.update_sgd(values, gradient, self.lr, self.weight_decay)
        else:
            velocity = columns.zeros("velocity", values.dtype)
            kernels.update_momentum(
                values, gradient, velocity, self.lr, self.weight_decay, self.momentum, self.nesterov
            )


@lru_cache(maxsize=16)  # making it anew takes a tenth of the overhead of a small step
def _without_momentum(decay: float) -> Descent:
    return Descent(decay=decay)


@dataclass
class Adam(Optimizer):
    """Adam (arXiv 1412.6980), with weight decay added to the gradient. As in PyTorch.

    Its averages are the columns ``"first_moment"`` and ``"second_moment"``, zero for new
    connections.

    Parameters
    ----------
    lr : float, default 0.001
    betas : (float, float), default (0.9, 0.999)
        How much of the averages of the gradient and of its square is kept, in [0, 1).
    eps : float, default 1e-8
    weight_decay : float, default 0

    Examples
    --------
    >>> import rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> trainer = rewire.Trainer(net, optimizer=Adam(lr=0.01))
    >>> loss = trainer.step([[1, 2]], [0])
    >>> net.connections["second_moment"].shape
    (16,)
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    decoupled = False

    def __post_init__(self) -> None:
        super().__post_init__()
        betas = several(self.betas, "betas", "two numbers")
        if len(betas) != 2:
            raise ValueError(f"betas must be two numbers; got {received(self.betas)}")
        for beta in betas:
            check("betas", beta, 0, 1)
        check("eps", self.eps, 0, np.inf)
        check("weight_decay", self.weight_decay, 0, np.inf)

    def descent(self, net: Network) -> Descent:
        """Return what :meth:`Optimizer.descent` says."""
        decay, shrinkage = self._decays
        keep, keep_square = map(float, self.betas)
        first, second, dtype = "first_moment", "second_moment", net.dtype
        return Descent(
            net.connections.zeros(first, dtype),
            net.neurons.zeros(first, dtype),
            net.connections.zeros(second, dtype),
            net.neurons.zeros(second, dtype),
            decay=decay,
            momentum=keep,
            shrinkage=shrinkage,
            keep_square=keep_square,
            eps=float(self.eps),
            steps=self.steps,
        )

    @property
    def _decays(self) -> tuple[float, float]:
        """What is added to the gradient, and what weights lose directly."""
        decay = float(self.weight_decay)
        return (0.0, decay) if self.decoupled else (decay, 0.0)

    def _apply(self, kernels: Any, columns: Columns, name: str, gradient: np.ndarray) -> None:
        values = columns[name]
        kernels.update_adam(
            values,
            gradient,
            columns.zeros("first_moment", values.dtype),
            columns.zeros("second_moment", values.dtype),
            self.lr,
            *self.betas,
            self.eps,
            *self._decays,
            self.steps,
        )


@dataclass
class AdamW(Adam):
    """Adam with weight decay that shrinks the weights directly (arXiv 1711.05101).

    Examples
    --------
    >>> import rewire
    >>> net = rewire.mlp([2, 8, 2], density=0.5, seed=0)
    >>> trainer = rewire.Trainer(net, optimizer=AdamW(lr=0.01, weight_decay=0.1))
    >>> trainer.step([[1, 2]], [0]) > trainer.step([[1, 2]], [0])
    True
    """

    weight_decay: float = 0.01

    decoupled = True


registry: Registry[type[Optimizer]] = Registry("optimizer")
"""Classes of optimisers by name; ``registry.add(name, class_)`` adds your own."""

registry.add("sgd", SGD)
registry.add("adam", Adam)
registry.add("adamw", AdamW)


def get(optimizer: str | Optimizer, **options: Any) -> Optimizer:
    """Return the optimiser of that name, made with the options; an Optimizer is returned as it is.

    Examples
    --------
    >>> get("adam", lr=0.01).lr
    0.01
    """
    return registry.create(optimizer, Optimizer, **options)


def check(name: str, value: Any, low: float, high: float) -> None:
    """Refuse a setting outside [low, high)."""
    if not isinstance(value, Real) or not low <= float(value) < high:
        raise ValueError(f"{name} must be in [{low}, {high}); got {received(value)}")
