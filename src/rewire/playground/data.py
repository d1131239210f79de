"""What a session learns: the points of a command, and how a frame shows them.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .engine import Given
from .points import Point, draw_points, label_points
from .table import table_points

__all__ = ["data_name", "describe", "extent_of", "fields_of", "points_of"]

MARGIN = 0.15
PLANE = 1.5  # where a person draws points, even if there are few yet


def points_of(data: Mapping[str, Any]) -> tuple[Point, ...]:
    """Return the points that a ``data`` or ``table`` command draws."""
    if data["do"] == "table":
        return table_points(**fields_of(data))
    drawn = {key: data[key] for key in ("samples", "noise", "seed")}
    if data["name"] is not None:
        return draw_points(data["name"], **drawn)
    if data["formula"] is not None:
        return label_points(data["formula"], **drawn)
    return tuple((x, y, label) for x, y, label in data["points"])


def extent_of(points: Sequence[Point], drawn: bool = False) -> list[float] | None:
    """Return left, right, bottom and top of a picture of points; a person draws within a plane."""
    if not points:
        return None
    found: list[float] = []
    for axis in (0, 1):
        values = [point[axis] for point in points]
        margin = MARGIN * (max(values) - min(values)) + 1e-6
        low, high = min(values) - margin, max(values) + margin
        found += [min(low, -PLANE), max(high, PLANE)] if drawn else [low, high]
    return found


def data_name(data: Mapping[str, Any], given: Given | None) -> str:
    """Return what is learnt, in a word or a formula."""
    if data.get("do") == "given" and given is not None:
        return given.name
    if data.get("do") == "table":
        return "table"
    return data.get("name") or data.get("formula") or "points"


def describe(
    data: Mapping[str, Any], points: Sequence[Point], given: Given | None
) -> dict[str, Any]:
    """Return what a frame shows of data."""
    inputs, classes, drawn = ["x", "y"], [], data.get("do") != "given"
    if data.get("do") == "table":
        inputs = [data["x"], data["y"]]
    elif not drawn and given is not None:
        inputs, classes = list(given.inputs), list(given.classes)
    return {
        "name": data_name(data, given),
        "points": points,
        "extent": extent_of(points, drawn),
        "inputs": inputs,
        "classes": classes,
    }


def fields_of(command: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """Return the fields of a command, but some."""
    return {key: value for key, value in command.items() if key not in ("do", *but)}
