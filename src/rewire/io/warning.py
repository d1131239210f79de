"""Warnings that name the user's line."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn"]


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside of this package that led here, however deep that is.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     warn("this is slow")
    >>> caught[0].message
    UserWarning('this is slow')
    """
    frame, level = sys._getframe(1), 2
    while frame.f_globals.get("__name__", "").split(".")[0] == "rewire" and frame.f_back:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)
