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
    from .streaming import StreamSamples
    from .training import Training

__all__ = ["MONITORED", "EarlyStopping"]

MONITORED = ("accuracy", "loss")


@dataclass
class EarlyStopping:
    """Stop when validation has not improved for some reports, and keep the best network.

    Parameters
    ----------
    patience : int, default 10
        Reports without improvement before the training stops, at least 1.
    min_delta : float, default 0
        By how much the monitored figure must be better to count as an improvement.
    monitor : {"accuracy", "loss"}, optional
        The figure of the validation that must improve; by default the accuracy where there is one,
        as it is what a training of classes is judged by, and otherwise the loss. Of reports with
        the same accuracy the network with the lowest loss is kept, and patience goes on running.

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
    monitor: str | None = None

    def __post_init__(self) -> None:
        whole_number(self.patience, "patience", 1)
        real_number(self.min_delta, "min_delta", 0, math.inf)
        if self.monitor not in (None, *MONITORED):
            raise ValueError(f"monitor must be 'accuracy' or 'loss'; got {self.monitor!r}")
        self.best_value, self.best_loss = float("nan"), float("inf")
        self.reports_since_best = 0
        self.best: Network | None = None

    @classmethod
    def fresh(
        cls, given: EarlyStopping | int, validation: Samples | StreamSamples | None
    ) -> EarlyStopping:
        """Return one for a new training: a copy of ``given``, or one with that patience."""
        if validation is None:
            raise ValueError(
                advise(
                    "early_stopping needs samples to validate on; got none",
                    "give them (validation_data=)",
                )
            )
        if not isinstance(given, EarlyStopping):
            return cls(whole_number(given, "early_stopping", 1))
        if given.monitor == "accuracy" and not validation.loss.counts_correct:
            raise ValueError("monitor must be 'loss' for a regression; got 'accuracy'")
        return replace(given)  # without its memory of another training

    def __call__(self, training: Training) -> None:
        """Judge the last report; sets ``training.stopped`` when patience runs out."""
        row = training.history.rows[-1]
        loss, accuracy = row["validation_loss"], row["validation_accuracy"]
        by_loss = accuracy is None or self.monitor == "loss"
        value = loss if by_loss else accuracy
        gain = self.best_value - value if by_loss else value - self.best_value
        first = self.best is None and math.isfinite(value)
        self.reports_since_best += 1
        if first or gain > self.min_delta:
            self.best_value, self.reports_since_best = value, 0
        if self.reports_since_best == 0 or (gain == 0 and loss < self.best_loss):
            self.best_loss, self.best = loss, training.net.copy()
        if self.reports_since_best >= self.patience:
            figure = (
                f"loss not below {self.best_value:.6g}"
                if by_loss
                else (f"accuracy not above {self.best_value:.2%}")
            )
            training.stopped = f"validation {figure} for {self.reports_since_best} reports"

    def restore_best(self, net: Network) -> None:
        """Give a network the connections, weights and biases of the best report."""
        if self.best is not None:
            net.take(self.best)

    def state_dict(self) -> dict[str, Any]:
        """Return the best figures, the reports since, and the best network (or None)."""
        return {
            "best_value": self.best_value,
            "best_loss": self.best_loss,
            "reports_since_best": self.reports_since_best,
            "best": self.best,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what :meth:`state_dict` returned."""
        self.best_value, self.best_loss = state["best_value"], state["best_loss"]
        self.best = state["best"]
        self.reports_since_best = state["reports_since_best"]
