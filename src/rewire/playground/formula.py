"""Formulas of x and y, parsed and computed without ever running them as Python."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

__all__ = ["compile_formula"]

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
}
UNARY: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(math, name) for name in ("sin", "cos", "tan", "exp", "sqrt", "log", "floor")},
    **{name: getattr(math, name) for name in ("atan2", "hypot", "tanh")},
    "abs": abs,
    "min": min,
    "max": max,
}
CONSTANTS = {"pi": math.pi, "e": math.e}
MAX_NODES = 100


def compile_formula(text: str) -> Callable[[float, float], int]:
    """Return a function from x and y to 1 where a formula is true or above 0, and 0 elsewhere.

    Parameters
    ----------
    text : str
        Of x, y, numbers, pi, e, ``+ - * / % **``, comparisons, and, or, not, and the functions
        abs, min, max, sin, cos, tan, tanh, exp, log, sqrt, floor, atan2 and hypot. Where it has no
        value, such as a root of a negative number, the label is 0.

    Raises
    ------
    ValueError
        For anything else; the text is never run as Python.

    Examples
    --------
    >>> label = compile_formula("sin(3*x) * y > 0")
    >>> label(0.5, 1), label(0.5, -1)
    (1, 0)
    >>> compile_formula("open('a')")
    Traceback (most recent call last):
    ValueError: formula must use functions among abs, atan2, cos, exp, floor, hypot, log, max, min,\
 sin, sqrt, tan, tanh; got open
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"formula must be an expression of x and y; got {text!r}") from error
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise ValueError(f"formula must have at most {MAX_NODES} parts; got {len(nodes)}")
    compute = _compile(tree)

    def label(x: float, y: float) -> int:
        try:
            return int(compute({"x": x, "y": y}) > 0)
        except (ArithmeticError, ValueError, TypeError):
            return 0

    return label


Compute = Callable[[dict[str, float]], Any]


def _compile(node: ast.expr) -> Compute:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            number = float(value)
            return lambda at: number
        case ast.Name(id="x" | "y" as name):
            return lambda at: at[name]
        case ast.Name(id=name) if name in CONSTANTS:
            constant = CONSTANTS[name]
            return lambda at: constant
        case ast.UnaryOp(op=op, operand=operand) if type(op) in UNARY:
            return _apply(UNARY[type(op)], [operand])
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            return _apply(BINARY[type(op)], [left, right])
        case ast.Compare():
            return _comparison(node)
        case ast.BoolOp(op=op, values=values):
            parts, every = [_compile(value) for value in values], isinstance(op, ast.And)
            return lambda at: (all if every else any)(part(at) > 0 for part in parts)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in FUNCTIONS:
                raise ValueError(
                    f"formula must use functions among {', '.join(sorted(FUNCTIONS))}; got {name}"
                )
            return _apply(FUNCTIONS[name], args)
    raise ValueError(
        f"formula must hold x, y, numbers, operators and functions; got {ast.unparse(node)!r}"
    )


def _apply(function: Callable[..., Any], arguments: list[ast.expr]) -> Compute:
    parts = [_compile(argument) for argument in arguments]
    return lambda at: function(*(part(at) for part in parts))


def _comparison(node: ast.Compare) -> Compute:
    parts = [_compile(part) for part in (node.left, *node.comparators)]
    if unknown := [op for op in node.ops if type(op) not in COMPARE]:
        raise ValueError(f"formula must compare by <, <=, > or >=; got {type(unknown[0]).__name__}")
    holds = [COMPARE[type(op)] for op in node.ops]

    def compute(at: dict[str, float]) -> bool:
        values = [part(at) for part in parts]
        return all(
            op(left, right) for op, left, right in zip(holds, values, values[1:], strict=False)
        )

    return compute
