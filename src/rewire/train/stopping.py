"""Stopping a training that is not getting better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rewire.activations import Activation
from rewire.export.tensors import network_from_tensors, network_to_tensors
from rewire.graph import Network

if TYPE_CHECKING:
    from .training import Training

__all__ = ["EarlyStopping"]


@dataclass
class EarlyStopping:
    """Stop once the validation loss has not become less for some reports; keep the best network.

    Parameters
    ----------
    patience : int, default 10
        Reports to wait for a better one, at least 1.
    least : float, default 0
        How much less it must be to count.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import load
    >>> train, validation = load("wine").split(0.3, seed=0)
    >>> net = rewire.mlp([13, 20, 3], sparsity=[0.5, 0], seed=0)
    >>> history = rewire.fit(
    ...     net, train.X / 100, train.y, epochs=500, early_stopping=EarlyStopping(patience=5),
    ...     validation_data=(validation.X / 100, validation.y), seed=0,
    ... )
    >>> len(history) < 500
    True
    """

    patience: int = 10
    least: float = 0.0

    def __post_init__(self) -> None:
        if not self.patience >= 1:
            raise ValueError(f"patience must be at least 1; got {self.patience}")
        if not 0 <= self.least < float("inf"):
            raise ValueError(f"least must be at least 0 and finite; got {self.least}")
        self.best_loss, self.since = float("inf"), 0
        self.best: Network | None = None

    def __call__(self, training: Training) -> None:
        """Look at the last report."""
        loss = training.history.rows[-1]["validation_loss"]
        self.since += 1
        if loss < self.best_loss - self.least:
            self.best_loss, self.since, self.best = loss, 0, training.net.copy()
        if self.since >= self.patience:
            training.stopped = (
                f"validation loss not below {self.best_loss:.6g} for {self.since} reports"
            )

    def bring_back(self, net: Network) -> None:
        """Give a network the wiring and the numbers of the best report."""
        if self.best is not None:
            net.take(self.best)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return arrays, and what is fit for JSON."""
        header: dict[str, Any] = {"best_loss": self.best_loss, "since": self.since}
        if self.best is None:
            return {}, header
        tensors, header["network"] = network_to_tensors(self.best)
        return tensors, header

    def restore(
        self,
        tensors: Mapping[str, np.ndarray],
        header: Mapping[str, Any],
        activations: Sequence[Activation],
    ) -> None:
        """Take up a state again."""
        self.best_loss, self.since = header["best_loss"], header["since"]
        self.best = None
        if tensors:
            self.best = network_from_tensors(tensors, header["network"], activations)
