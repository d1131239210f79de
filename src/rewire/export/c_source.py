"""The network as one C file without dependencies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import numpy as np

from rewire.graph import Network
from rewire.io import atomic_write
from rewire.kernels.layout import LEAK
from rewire.validation import of_type

from .common import built_in_names
from .formats import Format, registry

__all__ = ["save_c", "to_c"]

# Activations of a weighted sum s; in float32, functions and constants end in f.
FORMULAS = {
    "linear": "s",
    "relu": "s > 0 ? s : 0",
    "leaky_relu": "s > 0 ? s : {leak} * s",
    "tanh": "tanh{f}(s)",
    "sigmoid": "1 / (1 + exp{f}(-s))",
}

TEMPLATE = """\
/* {title}
 *
 *     void {name}_predict(const {real} *x, {real} *y);
 *     void {name}_predict_in(const {real} *x, {real} *y, {real} *workspace);
 *
 * x has {inputs} numbers, y gets {outputs}. The first function has one workspace, so only one
 * thread may call it at a time; the second is given its own, of {neurons} numbers.
 * C99, compiled alone{libm}. Written by rewire.
 */
{includes}

{tables}

static {real} {name}_sum(const {real} *a, size_t t, size_t *k)
{{
    {real} sum = {name}_bias[t];
    const size_t end = *k + {name}_fan_in[t];
    for (; *k < end; ++*k)
        sum += {name}_weight[*k] * a[{name}_source[*k]];
    return sum;
}}

void {name}_predict_in(const {real} *x, {real} *y, {real} *workspace)
{{
    {real} *const a = workspace;
    size_t t, k = 0;
    for (t = 0; t < {inputs}; ++t)
        a[t] = x[t];
{ranks}
    for (t = 0; t < {outputs}; ++t)
        y[t] = a[t + {first_output}];
}}

void {name}_predict(const {real} *x, {real} *y)
{{
    static {real} workspace[{neurons}];
    {name}_predict_in(x, y, workspace);
}}
"""

RANK = """\
    for (t = {first}; t < {end}; ++t) {{
        const {real} s = {name}_sum(a, t - {inputs}, &k);
        a[t] = {formula};
    }}"""


def save_c(
    net: Network, path: str | os.PathLike[str], name: str = "network", strip: bool = True
) -> None:
    """Write the C file of :func:`to_c`; the parameters are the same.

    Examples
    --------
    >>> import tempfile, rewire
    >>> from pathlib import Path
    >>> path = tempfile.mkdtemp() + "/net.c"
    >>> save_c(rewire.mlp([2, 8, 2], density=0.5, seed=0), path, name="small")
    >>> "void small_predict(" in Path(path).read_text()
    True
    """
    source = to_c(net, name, strip)
    with atomic_write(path) as temporary:
        temporary.write_text(source, encoding="ascii")


def to_c(net: Network, name: str = "network", strip: bool = True) -> str:
    """Return a C99 source file that computes the network for one sample.

    It defines ``void NAME_predict(const float *x, float *y)`` (``double`` for float64), and
    ``NAME_predict_in``, which takes a workspace, for several threads. Tables are constants; indices
    have the smallest sufficient integer type, and weights are in hexadecimal, which is exact. The
    only library functions are ``tanh`` and ``exp``, where activations need them. Each sum starts
    with the bias and adds the connections in the order of the table; compiled without fused
    multiply-add (``-ffp-contract=off``), it is the same on every machine with IEEE arithmetic.

    Parameters
    ----------
    net : Network
        With built-in activations and finite numbers; left as it is.
    name : str, default "network"
        A C identifier; prefix of all names in the file.
    strip : bool, default True
        Whether dead neurons are left out; see :meth:`Network.strip`.

    Raises
    ------
    ValueError
        For a name that is no C identifier, custom activations, or numbers that are not finite.

    Examples
    --------
    >>> net = Network.from_connections([2, 1, 1], [0, 1, 2, 1], [2, 2, 3, 3], [1, -1, 2, 0.5])
    >>> print(to_c(net, "small").splitlines()[2].strip(" *"))
    void small_predict(const float *x, float *y);
    """
    of_type(net, "net", Network)
    of_type(name, "name", str)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError(
            "name must be a C identifier: a letter, then letters, digits and underscores; "
            f"got {name!r}"
        )
    names = built_in_names(net, "C")
    net = net.strip() if strip else net
    if not (np.isfinite(net.connections.weight).all() and np.isfinite(net.bias).all()):
        raise ValueError("weights and biases must be finite for C; some are not")
    headers = ["stddef.h", "stdint.h"]
    if {"tanh", "sigmoid"} & set(names):
        headers.insert(0, "math.h")
    return TEMPLATE.format(
        title=f"A sparse network of {'-'.join(map(str, net.ranks))} neurons and "
        f"{len(net.connections)} connections.",
        name=name,
        real=_kind(net)[0],
        inputs=net.ranks[0],
        outputs=net.ranks[-1],
        neurons=net.size,
        first_output=net.rank_start[-2],
        libm=" and linked with -lm" if "math.h" in headers else "",
        includes="\n".join(f"#include <{header}>" for header in headers),
        tables=_tables(net, name),
        ranks=_ranks(net, name, names),
    )


def _kind(net: Network) -> tuple[str, str]:
    """Return the C type, and the suffix of its constants and functions."""
    return ("float", "f") if net.dtype == np.float32 else ("double", "")


def _tables(net: Network, name: str) -> str:
    table, hidden = net.connections, slice(net.ranks[0], None)
    real, suffix = _kind(net)
    whole = {"fan_in": table.fan_in[hidden], "source": table.source}
    reals = {"weight": table.weight, "bias": net.bias[hidden]}
    return "\n".join(
        [
            *(_table(f"{name}_{n}", _smallest(v), map(str, v.tolist())) for n, v in whole.items()),
            *(
                _table(f"{name}_{n}", real, (_number(x, suffix) for x in v))
                for n, v in reals.items()
            ),
        ]
    )


def _ranks(net: Network, name: str, activations: list[str]) -> str:
    real, suffix = _kind(net)
    leak = _number(net.dtype.type(LEAK), suffix)
    return "\n".join(
        RANK.format(
            first=net.rank_start[rank],
            end=net.rank_start[rank + 1],
            real=real,
            name=name,
            inputs=net.ranks[0],
            formula=FORMULAS[activation].format(f=suffix, leak=leak),
        )
        for rank, activation in enumerate(activations, start=1)
        if net.ranks[rank]
    )


def _number(value: np.floating, suffix: str) -> str:
    digits, exponent = float(value).hex().split("p")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}p{exponent}{suffix}"


def _smallest(values: np.ndarray) -> str:
    """Return the smallest integer type that holds all values."""
    largest = int(values.max(initial=0))
    return next(f"uint{bits}_t" for bits in (8, 16, 32, 64) if largest < 2**bits)


def _table(name: str, kind: str, entries: Iterable[str]) -> str:
    entries = list(entries) or ["0"]  # C has no arrays of length zero
    lines = [", ".join(entries[i : i + 8]) for i in range(0, len(entries), 8)]
    body = ",\n    ".join(lines)
    return f"static const {kind} {name}[{len(entries)}] = {{\n    {body}\n}};"


registry.add("c", Format(save_c, None, (".c",)))
