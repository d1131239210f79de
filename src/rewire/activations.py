"""Activations: the built-in ones by name, and a person's own function of one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rewire.kernels import layout

__all__ = ["Activation", "get"]

# Where a derivative is tried: both sides of the usual kinks, never on one.
_TRIED = np.array([-6.0, -2.3, -1.1, -0.7, -0.2, -0.03, 0.04, 0.3, 0.8, 1.2, 2.6, 5.0])


@dataclass(frozen=True, eq=False)
class Activation:
    """A function of one number that a neuron applies to its weighted sum, with its derivative.

    The built-in ones are called by name: ``"relu"``, ``"leaky_relu"`` (slope 0.01 below zero),
    ``"tanh"``, ``"sigmoid"`` and ``"linear"``. Any other one is made from two plain Python
    functions of one number, which are compiled into the kernels and may use what Numba compiles
    (``math`` and NumPy functions, arithmetic, if and else).

    Parameters
    ----------
    name : str
        What it is called in summaries.
    function : callable
        From a float to a float.
    derivative : callable
        Of ``function``, also from a float to a float. It is compared with finite differences at a
        dozen points.

    Raises
    ------
    ValueError
        If the derivative disagrees with the function.

    Examples
    --------
    >>> import math
    >>> softplus = Activation(
    ...     "softplus",
    ...     lambda x: math.log1p(math.exp(x)),
    ...     lambda x: 1 / (1 + math.exp(-x)),
    ... )
    >>> Activation("wrong", lambda x: x * x, lambda x: x)
    Traceback (most recent call last):
    ValueError: derivative must be that of function; at -6.0 it is -6, finite differences give -12
    """

    name: str
    function: Callable[[float], float]
    derivative: Callable[[float], float]
    code: int = layout.CUSTOM

    def __post_init__(self) -> None:
        if self.code != layout.CUSTOM:
            return
        step = 1e-5
        for x in _TRIED.tolist():
            given = self.derivative(x)
            measured = (self.function(x + step) - self.function(x - step)) / (2 * step)
            if not abs(given - measured) <= 1e-4 * max(1.0, abs(measured)):
                raise ValueError(
                    f"derivative must be that of function; at {x} it is {given:.6g}, finite "
                    f"differences give {measured:.6g}"
                )

    def __repr__(self) -> str:
        return f"Activation({self.name!r})"

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Apply it to an array."""
        return np.vectorize(self.function, otypes=[float])(x)

    # Two built-in activations of one name are the same, also after a copy or in another process.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Activation):
            return NotImplemented
        return (self.name, self.code, self.function, self.derivative) == (
            other.name,
            other.code,
            other.function,
            other.derivative,
        )

    def __hash__(self) -> int:
        return hash((self.name, self.code))


def _relu(x: float) -> float:
    return max(x, 0.0)


def _relu_slope(x: float) -> float:
    return float(x > 0)


def _leaky_relu(x: float) -> float:
    return x if x > 0 else layout.LEAK * x


def _leaky_relu_slope(x: float) -> float:
    return 1.0 if x > 0 else layout.LEAK


def _tanh_slope(x: float) -> float:
    return 1.0 - math.tanh(x) ** 2


def _sigmoid(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x))


def _sigmoid_slope(x: float) -> float:
    return _sigmoid(x) * (1.0 - _sigmoid(x))


def _linear(x: float) -> float:
    return x


def _one(x: float) -> float:
    return 1.0


BUILT_IN = {
    name: Activation(name, function, derivative, layout.ACTIVATIONS[name])
    for name, function, derivative in [
        ("relu", _relu, _relu_slope),
        ("leaky_relu", _leaky_relu, _leaky_relu_slope),
        ("tanh", math.tanh, _tanh_slope),
        ("sigmoid", _sigmoid, _sigmoid_slope),
        ("linear", _linear, _one),
    ]
}


def get(name: str | Activation) -> Activation:
    """Return the built-in activation of that name; an Activation is returned as it is."""
    if isinstance(name, Activation):
        return name
    if name not in BUILT_IN:
        raise ValueError(
            f"activation must be one of {sorted(BUILT_IN)} or an Activation; got {name!r}"
        )
    return BUILT_IN[name]
