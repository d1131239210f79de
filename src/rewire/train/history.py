"""What a training measured on its way, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rewire.topology import Rewiring

__all__ = ["COLUMNS", "History"]

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


@dataclass
class History:
    """A training in figures.

    Attributes
    ----------
    rows : list of dict
        One per report: ``step`` and ``epoch`` (a fraction), ``loss`` and ``accuracy`` of what was
        learnt since the report before (each batch measured before its step), the same of the
        validation data, ``learning_rate``, ``connections``, ``moved`` (connections grown since the
        report before), ``flops`` spent so far beside ``dense_flops``, what a dense network of the
        same layers would have spent, and ``seconds`` of training. What was not measured is None:
        the accuracy of a regression, and all of validation where there is no such data.
    rewirings : list of Rewiring
        What each rewiring did.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> X, y = moons(seed=0)
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, X, y, loss="hinge", method="rigl", total_steps=400, seed=0)
    >>> history["step"][-1], history.rows[-1]["connections"]
    (400, 68)
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    rewirings: list[Rewiring] = field(default_factory=list)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in COLUMNS:
            raise KeyError(f"a history has the columns {', '.join(COLUMNS)}; got {name!r}")
        return [row[name] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def table(self) -> Any:
        """Return a pandas DataFrame, or a dict of lists where pandas is not installed.

        In the DataFrame what was not measured is NaN.
        """
        columns = {name: self[name] for name in COLUMNS}
        try:
            import pandas as pd
        except ImportError:
            return columns
        # Not pandas' guess: a column of None is one of numbers too.
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
        # Here, as drawing is a layer of its own, and training should not wait for its import.
        from rewire.plot import plot_history

        columns = {name: self[name] for name in COLUMNS}
        return plot_history(columns, [rewiring.step for rewiring in self.rewirings], ax)
