"""After how many steps connections were born."""

from __future__ import annotations

import numpy as np

__all__ = ["Birthdays"]


class Birthdays:
    """The steps at which connections were born, from the order of their births.

    Attributes
    ----------
    before, at : ndarray of int64
        Births below ``before[i]``, and not below the number before it, were at step ``at[i]``. The
        one number more of ``at`` is of the births still to come.

    Examples
    --------
    >>> birthdays = Birthdays(3)
    >>> birthdays.add(5, step=20)
    >>> birthdays.of(np.array([0, 2, 3, 4])).tolist()
    [0, 0, 20, 20]
    """

    def __init__(self, next_birth: int) -> None:
        self.before = np.array([next_birth])
        self.at = np.array([0, 0])

    def add(self, next_birth: int, step: int) -> None:
        """Note that the births since the last call, below a number, were at a step."""
        self.before = np.append(self.before, next_birth)
        self.at = np.append(self.at[:-1], [step, step])

    def of(self, birth: np.ndarray) -> np.ndarray:
        """Return the steps at which connections were born."""
        return self.at[np.searchsorted(self.before, birth, side="right")]
