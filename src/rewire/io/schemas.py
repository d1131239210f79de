"""Documents held against a type, before anything is made of them."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["conform"]


def conform(document: Any, schema: Any) -> None:
    """Refuse what JSON holds if it is not of a type.

    Parameters
    ----------
    document : object
        Of dict, list, str, int, float, bool and None.
    schema : type
        Of such: a TypedDict, ``list[int]``, ``float | None``. Further keys of a TypedDict's
        document are let through.

    Raises
    ------
    ValueError
        That names the place.

    Examples
    --------
    >>> from typing import TypedDict
    >>> Header = TypedDict("Header", {"ranks": list[int]})
    >>> conform({"ranks": [2, 1]}, Header)
    >>> conform({"ranks": [2, "1"]}, Header)
    Traceback (most recent call last):
    ValueError: it must hold int; got str in ranks[1]
    >>> conform({}, Header)
    Traceback (most recent call last):
    ValueError: it lacks 'ranks'
    """
    import msgspec  # only once a file is read

    try:
        msgspec.convert(document, schema)
    except msgspec.ValidationError as error:
        raise ValueError(_in_words(str(error))) from error


def _in_words(text: str) -> str:
    """Return what msgspec says as the other errors of files are said."""
    text = re.sub(r"^Object missing required field `(.*?)`", r"it lacks '\1'", text)
    text = re.sub(r"^Expected `(.*?)`, got `(.*?)`", r"it must hold \1; got \2", text)
    return re.sub(r" - at `\$\.?(.*)`$", r" in \1", text)
