"""Scalar reverse-mode automatic differentiation: numbers that remember how they were computed.

A :class:`Value` wraps one number. Arithmetic on values builds a graph; ``backward`` walks the graph
from the result to the leaves and applies the chain rule at every node. Each operation below names
its derivative: a function of the gradient of the result (``gradient``), of the result (``out``)
and of the operands, which returns one gradient per operand.

Derivatives work on floats and on values alike: given floats, they return floats; given values, they
return values, which can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import count
from numbers import Real
from operator import attrgetter
from typing import Any

__all__ = ["Value", "weighted_sum"]

# Numbers values in the order of creation. An operation is created after its operands, so the
# reverse of this order is a topological order, found without recursion.
_births = count()


# The derivatives of the two operations that networks are made of. Made once: a function for every
# result took a tenth of a training.
def _of_sum(gradient, out, a, b):
    return gradient, gradient


def _of_product(gradient, out, a, b):
    return gradient * b, gradient * a


class Value:
    """A number, its gradient, and the operation that produced it.

    Parameters
    ----------
    data : float
        The number: anything that ``float`` accepts.

    Attributes
    ----------
    data : float
        The number. An optimizer updates a parameter by assigning to it.
    grad : float or Value
        The derivative, with respect to this value, of the value on which ``backward`` was last
        called. It is a Value after ``backward(keep_graph=True)``.

    Examples
    --------
    >>> x, y = Value(3.0), Value(-2.0)
    >>> z = x * y + x**2
    >>> z.backward()
    >>> z.data, x.grad, y.grad  # dz/dx = y + 2x, dz/dy = x
    (3.0, 4.0, 3.0)
    """

    __slots__ = ("_birth", "_derivative", "_operands", "data", "grad")

    # Any for type checkers, as a gradient is a float or a Value.
    grad: Any

    def __init__(
        self,
        data: float,
        _operands: tuple[Value, ...] = (),
        _derivative: Callable[..., tuple[Any, ...]] = lambda *_: (),
    ):
        self.data = float(data)
        self.grad = 0.0
        self._operands = _operands
        self._derivative = _derivative
        self._birth = next(_births)

    # ------------------------------------------------------------- operations and derivatives

    def __add__(self, other: Value | float) -> Value:
        other = _value(other)
        return Value(self.data + other.data, (self, other), _of_sum)

    def __mul__(self, other: Value | float) -> Value:
        other = _value(other)
        return Value(self.data * other.data, (self, other), _of_product)

    def __pow__(self, exponent: float) -> Value:
        if not isinstance(exponent, Real):
            raise TypeError(
                "exponent must be a number; "
                f"got {type(exponent).__name__}: write (b * a.log()).exp() for a**b"
            )
        if self.data < 0 and exponent % 1:
            raise ValueError(f"data must be >= 0 for the power {exponent}; got {self.data}")

        def derivative(gradient, out, a):
            # a**0 is constant, also at a = 0 where a**(0 - 1) does not exist.
            return (gradient * (exponent * a ** (exponent - 1)) if exponent else gradient * 0.0,)

        return Value(self.data**exponent, (self,), derivative)

    def relu(self) -> Value:
        """Return max(0, x); the derivative at 0 is taken as 0."""
        positive = self.data > 0

        def derivative(gradient, out, a):
            return (gradient if positive else gradient * 0.0,)

        return Value(0.0 if self.data < 0 else self.data, (self,), derivative)

    def exp(self) -> Value:
        """Return e**x."""

        def derivative(gradient, out, a):
            return (gradient * out,)

        return Value(math.exp(self.data), (self,), derivative)

    def log(self) -> Value:
        """Return the natural logarithm of a value above 0."""
        if self.data <= 0:
            raise ValueError(f"log needs data > 0; got {self.data}: add a small number first")

        def derivative(gradient, out, a):
            return (gradient / a,)

        return Value(math.log(self.data), (self,), derivative)

    def tanh(self) -> Value:
        """Return the hyperbolic tangent."""

        def derivative(gradient, out, a):
            return (gradient * (1.0 - out * out),)

        return Value(math.tanh(self.data), (self,), derivative)

    # -------------------------------------------- operations that follow from those above

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + -other

    def __truediv__(self, other: Value | float) -> Value:
        return self * _value(other) ** -1

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __rtruediv__(self, other: float) -> Value:
        return self**-1 * other

    def __rpow__(self, base: float) -> Value:
        if base <= 0:
            raise ValueError(f"base must be above 0 where the exponent is a Value; got {base}")
        return (self * math.log(base)).exp()

    __radd__ = __add__
    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    # --------------------------------------------------------------------------- the chain rule

    def backward(self, keep_graph: bool = False) -> None:
        """Compute the gradients of this value with respect to all values that it was computed from.

        The gradients of leaves add up over calls (``Module.zero_grad`` resets them); those of
        intermediate results are of the last call only.

        Parameters
        ----------
        keep_graph : bool, default False
            Make the gradients Values, which can be differentiated again. This is slower, so it is
            off by default.

        Examples
        --------
        >>> x = Value(2.0)
        >>> (x**3).backward(keep_graph=True)
        >>> slope, x.grad = x.grad, 0.0
        >>> slope.backward()
        >>> slope.data, x.grad  # 3 x**2 and 6 x
        (12.0, 12.0)
        """
        known, found, results = {self}, [self], []
        for node in found:  # which grow on the way
            if node._operands:
                node.grad = 0.0
                results.append(node)
                for operand in node._operands:
                    if operand not in known:
                        known.add(operand)
                        found.append(operand)
        results.sort(key=attrgetter("_birth"), reverse=True)  # the newest first
        self.grad += Value(1.0) if keep_graph else 1.0

        for node in results:
            operands = node._operands
            if keep_graph:
                gradients = node._derivative(node.grad, node, *operands)
            else:
                gradients = node._derivative(node.grad, node.data, *[a.data for a in operands])
            for operand, gradient in zip(operands, gradients, strict=True):
                operand.grad += gradient


def weighted_sum(weights: Iterable[Value], inputs: Iterable[Value | float], bias: Value) -> Value:
    """Return a neuron's sum, ``bias + w0 x0 + w1 x1 + …``, in that order, as one operation.

    A network spends nearly all its time here. One node for the whole sum, instead of two for every
    connection, makes the scalar engine several times faster.

    Parameters
    ----------
    weights, inputs : iterables of Value
        Of the same length n; inputs may be plain numbers.
    bias : Value
        The first summand.

    Returns
    -------
    Value
        With 2n + 1 operands.

    Examples
    --------
    >>> w, x = Value(2.0), Value(5.0)
    >>> out = weighted_sum([w], [x], Value(1.0))
    >>> out.backward()
    >>> out.data, w.grad, x.grad
    (11.0, 5.0, 2.0)
    """
    ws, xs = tuple(weights), tuple([_value(x) for x in inputs])
    n = len(ws)
    total = bias.data
    for w, x in zip(ws, xs, strict=True):
        total += w.data * x.data

    def derivative(gradient, out, bias, *operands):
        return (
            gradient,
            *[gradient * x for x in operands[n:]],  # to each weight
            *[gradient * w for w in operands[:n]],  # to each input
        )

    return Value(total, (bias, *ws, *xs), derivative)


def _value(x: Value | float) -> Value:
    return x if isinstance(x, Value) else Value(x)
