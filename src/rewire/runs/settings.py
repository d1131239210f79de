"""Everything that decides a run, as plain data that JSON can hold."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from rewire.graph import Network, mlp
from rewire.kernels import losses
from rewire.topology import Cosine, Linear, Method, as_method, methods
from rewire.topology.schedules import Schedule, Steps
from rewire.train import SGD, Adam, AdamW, Optimizer
from rewire.train.fitting import DEFAULT_METHOD

__all__ = ["OPTIMIZERS", "SCHEDULES", "Settings"]

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("constant", "linear", "cosine", "steps")


@dataclass(frozen=True)
class Settings:
    """What to train on, which network, by which method, and how.

    Parameters
    ----------
    data : str
        A name that :func:`rewire.data.load` knows, or a file.
    target : str, optional
        The column to predict, of a file.
    standardize : bool, optional
        Whether to bring inputs to mean 0 and deviation 1; by default for files only.
    validation : float, default 0.1
        Share (or number) of the training samples that are kept for validation; 0 for none.
    hidden : tuple of int
        Neurons in each hidden layer.
    sparsity, density : tuple of float, optional
        Of the whole network (one number), or of each layer; give one of the two.
    distribution, activation, init, wiring
        See :func:`rewire.mlp`.
    method : str
        A name in ``rewire.topology.methods``.
    method_options : dict
        Of the method, such as ``{"every": 100}``; None stands for its own default.
    loss : str, optional
        By default what fits the data: cross-entropy for classes, squared error for numbers.
    l2 : float, default 0
        The loss's penalty on all weights and biases.
    optimizer : {"sgd", "adam", "adamw"}
    lr, momentum, nesterov, weight_decay
        Of the optimiser.
    schedule : {"constant", "linear", "cosine", "steps"}
        How the learning rate goes down: not at all; to ``final_lr`` of itself in equal steps or
        along a cosine; or by ``drop_lr`` at each of ``drop_at``.
    epochs, steps : number, optional
        How long; give one.
    batch_size, early_stopping, seed
        See :func:`rewire.fit`.
    dtype : {"float32", "float64"}
    """

    data: str
    target: str | None = None
    standardize: bool | None = None
    validation: float = 0.1
    hidden: tuple[int, ...] = (100,)
    sparsity: tuple[float, ...] | None = None
    density: tuple[float, ...] | None = None
    distribution: str = "uniform"
    activation: str = "relu"
    init: str | float = "fan_in"
    wiring: str = "random"
    method: str = DEFAULT_METHOD
    method_options: Mapping[str, Any] = field(default_factory=dict)
    loss: str | None = None
    l2: float = 0.0
    optimizer: str = "sgd"
    lr: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 0.0
    schedule: str = "constant"
    final_lr: float = 0.01
    drop_lr: float = 1 / 3
    drop_at: tuple[float, ...] = (0.5, 0.75)
    epochs: float | None = None
    steps: int | None = None
    batch_size: int = 128
    early_stopping: int | None = None
    seed: int = 0
    dtype: str = "float32"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Return the settings that :meth:`to_dict` gave, also by way of JSON."""
        known = {one.name for one in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"settings must be among {', '.join(sorted(known))}; got {unknown[0]}")
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**plain)

    # ------------------------------------------------------------------------------- the parts

    def make_network(self, inputs: int, outputs: int, dense: bool = False) -> Network:
        """Return the network at the start; with ``dense``, with all its connections."""
        densities = {"sparsity": _one(self.sparsity), "density": _one(self.density)}
        return mlp(
            [inputs, *self.hidden, outputs],
            **({} if dense else densities),
            distribution="uniform" if dense else self.distribution,
            activation=self.activation,
            init=self.init,
            wiring=self.wiring,
            dtype=self.dtype,
            seed=self.seed,
        )

    def make_method(self, sparse: Network | None = None) -> Method:
        """Return the method; one that begins dense ends with as many connections as ``sparse``."""
        options = {k: v for k, v in self.method_options.items() if v is not None}
        make = methods[self.method]
        takes = inspect.signature(make).parameters
        if sparse is not None and "density" in takes and "density" not in options:
            options["density"] = sparse.layer_densities()
        given = {k: v for k, v in options.items() if k in takes or "parts" in takes}
        return as_method(self.method, **given)

    def make_optimizer(self) -> Optimizer:
        """Return the optimiser."""
        if self.optimizer == "sgd":
            nesterov = self.nesterov and self.momentum > 0
            return SGD(self.lr, self.momentum, nesterov, self.weight_decay)
        if self.optimizer in ("adam", "adamw"):
            kind = Adam if self.optimizer == "adam" else AdamW
            return kind(self.lr, weight_decay=self.weight_decay)
        raise ValueError(
            f"optimizer must be one of {', '.join(OPTIMIZERS)}; got {self.optimizer!r}"
        )

    def make_schedule(self) -> Schedule | None:
        """Return the factor of the learning rate over time."""
        if self.schedule == "constant":
            return None
        if self.schedule == "linear":
            return Linear(1.0, self.final_lr)
        if self.schedule == "cosine":
            return Cosine(1.0, 1.0, self.final_lr)
        if self.schedule == "steps":
            return Steps(self.drop_at, self.drop_lr)
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}; got {self.schedule!r}")

    def make_loss(self, task: str) -> losses.Loss:
        """Return the loss."""
        fitting = "cross_entropy" if task == "classification" else "mean_squared_error"
        kind = type(losses.named(self.loss or fitting))
        return kind(self.l2)


def _one(numbers: tuple[float, ...] | None) -> Any:
    """Return a single number for the whole network as such."""
    return numbers[0] if numbers is not None and len(numbers) == 1 else numbers
