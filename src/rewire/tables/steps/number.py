"""Numbers and truth values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

__all__ = ["Number"]


@dataclass(frozen=True)
class Number:
    """A number as it is, the fill value where it is missing, and an indicator if wanted.

    Parameters
    ----------
    column : str
    fill : float
        What stands for a missing value: the median of the training rows, or the more frequent of
        two truth values.
    indicator : bool, default False
        Whether a second input says that the value is missing.

    Examples
    --------
    >>> step = Number("area", fill=80.0, indicator=True)
    >>> step.names, step.transform(np.array([70.0, np.nan])).tolist()
    (('area', 'area is missing'), [[70.0, 0.0], [80.0, 1.0]])
    """

    column: str
    fill: float
    indicator: bool = False
    step: ClassVar[str] = "number"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input that it makes."""
        return (self.column, f"{self.column} is missing")[: 1 + self.indicator]

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return inputs of shape (rows, len(names))."""
        missing = np.isnan(values)
        inputs = [np.where(missing, self.fill, values)]
        if self.indicator:
            inputs.append(missing.astype(np.float64))
        return np.column_stack(inputs)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"step": self.step, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Number:
        """Return the step that :meth:`to_dict` gave, without its "step"."""
        return cls(**values)
