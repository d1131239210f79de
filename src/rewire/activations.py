"""Activations: the built-in ones by name, and functions of your own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rewire.io import Registry
from rewire.kernels import layout

__all__ = ["Activation", "get", "registry"]

# Where a derivative is checked: both sides of the usual kinks, never on one.
_TRIED = np.array([-6.0, -2.3, -1.1, -0.7, -0.2, -0.03, 0.04, 0.3, 0.8, 1.2, 2.6, 5.0])


@dataclass(frozen=True, eq=False)
class Activation:
    """A function that a neuron applies to its weighted sum, with its derivative.

    The built-in ones go by name: ``"relu"``, ``"leaky_relu"`` (slope 0.01 below zero), ``"tanh"``,
    ``"sigmoid"`` and ``"linear"``. Make any other one from two plain Python functions of one
    number; they are compiled into the kernels and may use what Numba compiles (``math`` and NumPy
    functions, arithmetic, if and else). ``rewire.activations.registry.add(name, activation)``
    gives it a name that works everywhere.

    Parameters
    ----------
    name : str
        Shown in summaries and kept in files.
    function : callable
        From a float to a float.
    derivative : callable
        Derivative of ``function``, also from a float to a float; checked against finite
        differences at a dozen points.

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
        if self.built_in:
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

    @property
    def built_in(self) -> bool:
        """Whether it is one of the library's own, which other programs know too."""
        return self.code != layout.CUSTOM

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


registry: Registry[Activation] = Registry("activation")
"""Activations by name; ``registry.add(name, activation)`` adds your own."""

for _name, _function, _derivative in [
    ("relu", _relu, _relu_slope),
    ("leaky_relu", _leaky_relu, _leaky_relu_slope),
    ("tanh", math.tanh, _tanh_slope),
    ("sigmoid", _sigmoid, _sigmoid_slope),
    ("linear", _linear, _one),
]:
    registry.add(_name, Activation(_name, _function, _derivative, layout.ACTIVATIONS[_name]))


def get(activation: str | Activation) -> Activation:
    """Return the activation of that name; an Activation is returned as it is.

    Examples
    --------
    >>> get("tanh")
    Activation('tanh')
    """
    return registry.find(activation, Activation)
