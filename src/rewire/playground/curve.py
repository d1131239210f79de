"""Losses and accuracies over the steps, thinned out so that they never take much memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Curve"]

MAX_ROWS = 1000
DIGITS = 6


@dataclass
class Curve:
    """Rows of (step, loss and accuracy of one network, those of the other).

    Attributes
    ----------
    stride : int
        Steps from one row to the next; doubles whenever there are ``MAX_ROWS``.
    epoch : int
        Rises whenever earlier rows change, so that a reader knows to begin anew.
    """

    rows: list[list[float | None]] = field(default_factory=list)
    stride: int = 1
    epoch: int = 0

    def add(
        self, step: int, measured: Sequence[tuple[float, float | None]], every: bool = False
    ) -> None:
        """Add a row, if this step is one of those that are kept, or in any case with ``every``."""
        if step % self.stride and not every:
            return
        row: list[float | None] = [step]
        for loss, accuracy in measured:
            row += [_rounded(loss), _rounded(accuracy)]
        self.rows.append(row)
        if len(self.rows) >= MAX_ROWS:
            self.stride *= 2
            self.rows = self.rows[::2]
            self.epoch += 1

    def copy(self) -> Curve:
        """Return a curve whose rows can be added to independently."""
        return Curve(list(self.rows), self.stride, self.epoch)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
