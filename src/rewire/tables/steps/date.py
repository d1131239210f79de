"""Dates and times: what has elapsed, and where in the year, the week and the day they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

__all__ = ["PERIODS", "Date"]

# Seconds; the year is the Gregorian calendar's on average, so that 1 January is the same point of
# it from year to year to within a day and a half.
PERIODS = {"year": 31_556_952.0, "week": 604_800.0, "day": 86_400.0}


@dataclass(frozen=True)
class Date:
    """Days since 1970, and each period as sine and cosine, so that its end is near its beginning.

    Of ``s`` seconds since 1970-01-01 the first input is ``s / 86400``, and for a period of ``p``
    seconds there are ``sin(2 pi s / p)`` and ``cos(2 pi s / p)``.

    Parameters
    ----------
    column : str
    fill : float
        Seconds that stand for a missing value: the median of the training rows.
    periods : tuple of {"year", "week", "day"}
        Those that vary in the training rows.
    indicator : bool, default False
        Whether a last input says that the value is missing.

    Examples
    --------
    >>> step = Date("sold", fill=0.0, periods=("week",))
    >>> step.names
    ('sold: days since 1970', 'sold: week, sine', 'sold: week, cosine')
    >>> step.transform(np.array([7 * 86400.0, np.nan])).round(6).tolist()
    [[7.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    """

    column: str
    fill: float
    periods: tuple[str, ...] = ()
    indicator: bool = False
    step: ClassVar[str] = "date"

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input that it makes."""
        names = [f"{self.column}: days since 1970"]
        for period in self.periods:
            names += [f"{self.column}: {period}, sine", f"{self.column}: {period}, cosine"]
        return (*names, *[f"{self.column} is missing"] * self.indicator)

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return inputs of shape (rows, len(names))."""
        missing = np.isnan(values)
        seconds = np.where(missing, self.fill, values)
        inputs = [seconds / PERIODS["day"]]
        for period in self.periods:
            angle = phase(seconds, period)
            inputs += [np.sin(angle), np.cos(angle)]
        if self.indicator:
            inputs.append(missing.astype(np.float64))
        return np.column_stack(inputs)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"step": self.step, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Date:
        """Return the step that :meth:`to_dict` gave, without its "step"."""
        periods = tuple(values["periods"])
        if unknown := [one for one in periods if one not in PERIODS]:
            raise ValueError(f"periods must be among {', '.join(PERIODS)}; got {unknown[0]!r}")
        return cls(**{**values, "periods": periods})


def phase(seconds: np.ndarray, period: str) -> np.ndarray:
    """Return the angle of times within a period; the remainder first, which is exact."""
    length = PERIODS[period]
    return 2 * np.pi / length * np.fmod(seconds, length)
