"""Shares in per cent, as tables, reports and commands write them."""

from __future__ import annotations

import math

__all__ = ["percent"]


def percent(share: float, digits: int = 1, *, trim: bool = False) -> str:
    """Return a share in per cent, such as ``"98.8%"``.

    What is not all is never rounded to 100%, and what is not nothing never to 0%: an accuracy of
    0.996 without digits is 99%.

    Parameters
    ----------
    share : float
        1 is 100%; NaN is a dash.
    digits : int, default 1
        After the decimal point.
    trim : bool, default False
        Whether zeros at the end are left out, as in a sentence: 89% for 89.0%.

    Examples
    --------
    >>> percent(0.9876), percent(0.9996), percent(1.0), percent(0.996, 0), percent(1.0, trim=True)
    ('98.8%', '99.9%', '100.0%', '99%', '100%')
    """
    if math.isnan(share):
        return "–"
    least = 10.0**-digits
    value = round(100 * share, digits)
    if value >= 100 > 100 * share:
        value = 100 - least
    elif value == 0 and share:
        value = math.copysign(least, share)
    text = f"{value:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if trim and '.' in text else text}%"
