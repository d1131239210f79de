"""Points in the plane with labels 0 and 1: generators, and formulas that people write.

Standard library only, so that a browser draws the same points as Python does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

__all__ = ["GENERATORS", "Point", "draw_points", "label_points"]

Point = tuple[float, float, int]
Place = Callable[[int, float, Random], tuple[float, float]]


def _moons(label: int, t: float, rng: Random) -> tuple[float, float]:
    angle = math.pi * t
    if label:
        return 1 - math.cos(angle), 0.5 - math.sin(angle)
    return math.cos(angle), math.sin(angle)


def _circles(label: int, t: float, rng: Random) -> tuple[float, float]:
    angle, radius = 2 * math.pi * t, 0.5 if label else 1.0
    return radius * math.cos(angle), radius * math.sin(angle)


def _spirals(label: int, t: float, rng: Random) -> tuple[float, float]:
    radius, angle = 0.1 + 1.2 * t, 3 * math.pi * t + math.pi * label
    return radius * math.cos(angle), radius * math.sin(angle)


def _blobs(label: int, t: float, rng: Random) -> tuple[float, float]:
    centre = 0.8 if label else -0.8
    return rng.gauss(centre, 0.25), rng.gauss(centre, 0.25)


def _xor(label: int, t: float, rng: Random) -> tuple[float, float]:
    x, y = rng.uniform(0.1, 1.2), rng.uniform(0.1, 1.2)
    side = rng.choice((-1, 1))
    return side * x, side * y * (1 if label else -1)


def _checkerboard(label: int, t: float, rng: Random) -> tuple[float, float]:
    column = rng.randrange(4)
    row = 2 * rng.randrange(2) + (column + label) % 2
    margin = rng.uniform(0.05, 0.45), rng.uniform(0.05, 0.45)
    return column / 2 - 1 + margin[0], row / 2 - 1 + margin[1]


# Each returns where a point of a label lies; t runs from 0 to 1 over the points of that label.
GENERATORS: dict[str, Place] = {
    "moons": _moons,
    "circles": _circles,
    "spirals": _spirals,
    "xor": _xor,
    "blobs": _blobs,
    "checkerboard": _checkerboard,
}


def draw_points(
    name: str, samples: int = 100, noise: float = 0.1, seed: int = 0
) -> tuple[Point, ...]:
    """Return points of a named shape, labels 0 and 1 in turn.

    Parameters
    ----------
    name : str
        One of ``GENERATORS``.
    samples : int, default 100
    noise : float, default 0.1
        Standard deviation of what is added to both coordinates.
    seed : int, default 0

    Returns
    -------
    tuple of (float, float, int)

    Examples
    --------
    >>> draw_points("moons", samples=4, noise=0)[:2]
    ((1.0, 0.0, 0), (0.0, 0.5, 1))
    """
    rng, place, found = Random(seed), GENERATORS[name], []
    for i in range(samples):
        label, last = i % 2, max((samples + 1 - i % 2) // 2 - 1, 1)
        x, y = place(label, i // 2 / last, rng)
        found.append((x + noise * rng.gauss(0, 1), y + noise * rng.gauss(0, 1), label))
    return tuple(found)


def label_points(
    formula: str, samples: int = 100, noise: float = 0.1, seed: int = 0
) -> tuple[Point, ...]:
    """Return points anywhere in the square from -1 to 1, labelled by a formula of x and y.

    Parameters
    ----------
    formula : str
        See :func:`rewire.playground.formula.compile_formula`.
    samples, noise, seed
        As for :func:`draw_points`; the noise comes after the labels.

    Examples
    --------
    >>> all((x > 0) == bool(label) for x, y, label in label_points("x > 0", noise=0))
    True
    """
    from .formula import compile_formula

    rng, label_of, found = Random(seed), compile_formula(formula), []
    for _ in range(samples):
        x, y = rng.uniform(-1, 1), rng.uniform(-1, 1)
        label = label_of(x, y)
        found.append((x + noise * rng.gauss(0, 1), y + noise * rng.gauss(0, 1), label))
    return tuple(found)
