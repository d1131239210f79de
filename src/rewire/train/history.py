"""What a training measured on its way, as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rewire.topology import Rewiring

__all__ = ["COLUMNS", "History"]

COLUMNS = (
    "update",
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
        One per report: ``update`` and ``epoch`` (a fraction), ``loss`` and ``accuracy`` of what was
        learnt since the report before (each batch measured before its update), the same of the
        validation data (None without), ``learning_rate``, ``connections``, ``moved`` (connections
        grown since the report before), ``flops`` spent so far beside ``dense_flops``, what a dense
        network of the same layers would have spent, and ``seconds``.
    rewirings : list of Rewiring
        What each rewiring did.

    Examples
    --------
    >>> import rewire
    >>> from rewire.data import moons
    >>> X, y = moons(seed=0)
    >>> net = rewire.mlp([2, 16, 16, 1], sparsity=[0, 0.9, 0.8], seed=0)
    >>> history = rewire.fit(net, X, y, loss="hinge", method="rigl", steps=400, seed=0)
    >>> history["update"][-1], history.rows[-1]["connections"]
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
        """Return a pandas DataFrame where pandas is installed, a dict of lists where it is not."""
        columns = {name: self[name] for name in COLUMNS}
        try:
            import pandas as pd
        except ImportError:
            return columns
        return pd.DataFrame(columns)
