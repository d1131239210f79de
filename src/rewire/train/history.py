"""The figures of a training as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rewire.topology import Rewiring

__all__ = ["COLUMNS", "History", "RunningTotals"]

COLUMNS = (
    "step",
    "epoch",
    "loss",
    "accuracy",
    "validation_loss",
    "validation_accuracy",
    "learning_rate",
    "connections",
    "moved",
    "flops",
    "dense_flops",
    "seconds",
)
# Of these, what a repr shows, and how many rows at either end.
SHOWN = ("step", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "moved")
ENDS = 4


@dataclass(repr=False)
class History:
    """A training in figures.

    Attributes
    ----------
    rows : list of dict
        One per report: ``step`` and ``epoch`` (a fraction); ``loss`` and ``accuracy`` on the
        batches since the last report (each before its step); ``validation_loss`` and
        ``validation_accuracy``; ``learning_rate``; ``connections``; ``moved`` (moves of connections
        since the last report; one may move more than once); ``flops`` so far, and ``dense_flops``
        of a dense network of the same layers; and ``seconds`` of training. What was not measured
        is None: the accuracy of a regression, and validation without validation data.
    rewirings : list of Rewiring
        One for each rewiring.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> X, y = moons(seed=0)
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, X, y, loss="hinge", method="rigl", total_steps=400, seed=0)
    >>> history["step"][-1], history.rows[-1]["connections"]
    (400, 68)

    A column is a list; ``table()`` gives all of them as a pandas DataFrame, ``plot()`` draws them.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    rewirings: list[Rewiring] = field(default_factory=list)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in COLUMNS:
            raise KeyError(f"a history has the columns {', '.join(COLUMNS)}; got {name!r}")
        return [row[name] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        lines = [self._title()]
        if self.rows:
            cells = [SHOWN, *self._shown()]
            widths = [max(len(row[i]) for row in cells) for i in range(len(SHOWN))]
            lines += [
                "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
                for row in cells
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show a notebook the first and last rows."""
        if not self.rows:
            return f"<p>{self._title()}</p>"
        head = "".join(f"<th>{name}</th>" for name in SHOWN)
        body = "".join(
            f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in self._shown()
        )
        return (
            f"<table><caption>{self._title()}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _title(self) -> str:
        def count(number: int, noun: str) -> str:
            return f"{number:,} {noun}{'' if number == 1 else 's'}"

        return f"History: {count(len(self), 'report')}, {count(len(self.rewirings), 'rewiring')}"

    def _shown(self) -> list[tuple[str, ...]]:
        """Return the cells of the first and last rows, with an ellipsis for those between."""
        shown = [tuple(_cell(row[name]) for name in SHOWN) for row in self.rows]
        if len(shown) <= 2 * ENDS:
            return shown
        return [*shown[:ENDS], ("...",) * len(SHOWN), *shown[-ENDS:]]

    def table(self) -> Any:
        """Return a pandas DataFrame, or a dict of lists where pandas is not installed.

        In the DataFrame, what was not measured is NaN.
        """
        columns = {name: self[name] for name in COLUMNS}
        try:
            import pandas as pd
        except ImportError:
            return columns
        # With explicit dtypes, as pandas would make a column of None one of objects.
        whole = ("step", "connections", "moved")
        return pd.DataFrame(
            {name: np.array(columns[name], int if name in whole else float) for name in COLUMNS}
        )

    def plot(self, ax: Any = None) -> Any:
        """Draw losses and accuracies over the steps; see :func:`rewire.plot.plot_history`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; new axes by default.

        Returns
        -------
        matplotlib.axes.Axes
        """
        # Here, so that training does not wait for the import of the drawing library.
        from rewire.plot import plot_history

        columns = {name: self[name] for name in COLUMNS}
        return plot_history(columns, [rewiring.step for rewiring in self.rewirings], ax)


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


@dataclass
class RunningTotals:
    """Sums over the steps since the last report."""

    loss: float = 0.0
    n_correct: int = 0
    samples: int = 0
    moved: int = 0

    def add(self, losses: np.ndarray, n_correct: np.ndarray, sizes: np.ndarray) -> None:
        """Add some steps: mean losses, correctly predicted samples, and sizes of the batches."""
        # One after the other, so that it does not matter how the steps were divided into calls.
        self.loss = float(np.cumsum(np.append(self.loss, losses * sizes))[-1])
        self.n_correct += int(n_correct.sum())
        self.samples += int(sizes.sum())
