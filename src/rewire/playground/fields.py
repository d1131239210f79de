"""Fields of commands: what each kind may hold, and errors that name the field.

Standard library only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "REQUIRED", "CommandError", "Field", "number", "shown"]

REQUIRED = object()


class CommandError(ValueError):
    """A command that a session does not take; it says which field, and changes nothing."""


@dataclass(frozen=True)
class Field:
    """One field of a command.

    Attributes
    ----------
    kind : str
        The name of a function in ``KINDS``, which checks it.
    help : str
    default : object
        ``REQUIRED`` if the field must be given.
    low, high : number
        The range of a number, or of each number in a list.
    choices : tuple of str
    most : int
        Of the entries of a list or the characters of a text.
    """

    kind: str
    help: str
    default: Any = REQUIRED
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    most: int = 0


def shown(value: Any) -> str:
    """Return a value for an error, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _integer(key: str, field: Field, value: Any) -> int:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole or not field.low <= value <= field.high:
        raise CommandError(
            f"{key} must be a whole number in [{field.low:.0f}, {field.high:.0f}]; "
            f"got {shown(value)}"
        )
    return int(value)


def number(key: str, field: Field, value: Any) -> float:
    """Return a number in the range of a field; refuse anything else."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not real or not field.low <= value <= field.high:
        raise CommandError(
            f"{key} must be a number in [{field.low:g}, {field.high:g}]; got {shown(value)}"
        )
    return float(value)


def _flag(key: str, field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise CommandError(f"{key} must be true or false; got {shown(value)}")
    return value


def _choice(key: str, field: Field, value: Any) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise CommandError(f"{key} must be one of {', '.join(field.choices)}; got {shown(value)}")
    return value


def _text(key: str, field: Field, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= field.most:
        raise CommandError(
            f"{key} must be a text of 1 to {field.most} characters; got {shown(value)}"
        )
    return value


def _list(key: str, field: Field, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= field.most:
        raise CommandError(f"{key} must be a list of 1 to {field.most}; got {shown(value)}")
    return list(value)


def _integers(key: str, field: Field, value: Any) -> list[int]:
    return [_integer(key, field, each) for each in _list(key, field, value)]


def _density(key: str, field: Field, value: Any) -> float | list[float]:
    one = Field("number", "", low=1e-5, high=1)
    if isinstance(value, (list, tuple)):
        several = Field("numbers", "", most=9)
        return [number(key, one, each) for each in _list(key, several, value)]
    return number(key, one, value)


def _points(key: str, field: Field, value: Any) -> list[list[float]]:
    coordinate = Field("number", "", low=-1e6, high=1e6)
    found = []
    for point in _list(key, field, value):
        if not isinstance(point, (list, tuple)) or len(point) != 3:
            raise CommandError(f"{key} must hold [x, y, label] each; got {shown(point)}")
        x, y, label = point
        label = _integer(f"{key}' label", Field("integer", "", low=0, high=1), label)
        found.append([number(key, coordinate, x), number(key, coordinate, y), label])
    return found


KINDS = {
    "integer": _integer,
    "number": number,
    "flag": _flag,
    "choice": _choice,
    "text": _text,
    "integers": _integers,
    "density": _density,
    "points": _points,
}
