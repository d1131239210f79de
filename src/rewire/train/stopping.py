"""Stopping a training that no longer improves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rewire.graph import Network
from rewire.io import advise
from rewire.validation import real_number, whole_number

if TYPE_CHECKING:
    from .samples import Samples
    from .training import Training

__all__ = ["EarlyStopping"]


@dataclass
class EarlyStopping:
    """Stop when the validation loss has not improved for some reports, and keep the best network.

    Parameters
    ----------
    patience : int, default 10
        Reports without improvement before the training stops, at least 1.
    min_delta : float, default 0
        How much lower the loss must be to count as an improvement.

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
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        whole_number(self.patience, "patience", 1)
        real_number(self.min_delta, "min_delta", 0, math.inf)
        self.best_loss, self.reports_since_best = float("inf"), 0
        self.best: Network | None = None

    @classmethod
    def fresh(cls, given: EarlyStopping | int, validation: Samples | None) -> EarlyStopping:
        """Return one for a new training: a copy of ``given``, or one with that patience."""
        if validation is None:
            raise ValueError(
                advise(
                    "early_stopping needs samples to validate on; got none",
                    "give them (validation_data=)",
                )
            )
        if isinstance(given, EarlyStopping):
            return replace(given)  # without its memory of another training
        return cls(whole_number(given, "early_stopping", 1))

    def __call__(self, training: Training) -> None:
        """Judge the last report; sets ``training.stopped`` when patience runs out."""
        loss = training.history.rows[-1]["validation_loss"]
        self.reports_since_best += 1
        if loss < self.best_loss - self.min_delta:
            self.best_loss, self.reports_since_best = loss, 0
            self.best = training.net.copy()
        if self.reports_since_best >= self.patience:
            training.stopped = (
                f"validation loss not below {self.best_loss:.6g} for "
                f"{self.reports_since_best} reports"
            )

    def restore_best(self, net: Network) -> None:
        """Give a network the connections, weights and biases of the best report."""
        if self.best is not None:
            net.take(self.best)

    def state_dict(self) -> dict[str, Any]:
        """Return the best loss, the reports since, and the best network (or None)."""
        return {
            "best_loss": self.best_loss,
            "reports_since_best": self.reports_since_best,
            "best": self.best,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state_dict` returned."""
        self.best_loss, self.best = state["best_loss"], state["best"]
        self.reports_since_best = state["reports_since_best"]
