"""The network of a C file: its tables, and the function that computes all neurons."""

from __future__ import annotations

import re

import numpy as np

from rewire.graph import Network
from rewire.kernels.layout import LEAK

from . import c_text
from .common import built_in_names

__all__ = ["check_name", "check_numbers", "kind", "needs_math", "network"]

# Activations of a weighted sum s; in float32, functions and constants end in f.
FORMULAS = {
    "linear": "s",
    "relu": "s > 0 ? s : 0",
    "leaky_relu": "s > 0 ? s : {leak} * s",
    "tanh": "tanh{f}(s)",
    "sigmoid": "1 / (1 + exp{f}(-s))",
}

# From the inputs at the beginning of a to all other neurons.
NETWORK = """\
{tables}

static {real} {name}_sum(const {real} *a, size_t t, size_t *k)
{{
    {real} sum = {name}_bias[t];
    const size_t end = *k + {name}_fan_in[t];
    for (; *k < end; ++*k)
        sum += {name}_weight[*k] * a[{name}_source[*k]];
    return sum;
}}

static void {name}_forward({real} *a)
{{
    size_t t, k = 0;
{ranks}
}}"""

RANK = """\
    for (t = {first}; t < {end}; ++t) {{
        const {real} s = {name}_sum(a, t - {inputs}, &k);
        a[t] = {formula};
    }}"""


def check_name(name: str) -> None:
    """Refuse a prefix that would make no identifiers."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError(
            "name must be a C identifier: a letter, then letters, digits and underscores; "
            f"got {name!r}"
        )


def check_numbers(net: Network) -> None:
    """Refuse weights and biases that have no constant in C."""
    if not (np.isfinite(net.connections.weight).all() and np.isfinite(net.bias).all()):
        raise ValueError("weights and biases must be finite for C; some are not")


def needs_math(net: Network) -> bool:
    """Return whether an activation is a function of ``math.h``."""
    return bool({"tanh", "sigmoid"} & set(built_in_names(net, "C")))


def network(net: Network, name: str) -> str:
    """Return the tables and ``NAME_forward``, which computes all neurons but the inputs."""
    return NETWORK.format(
        name=name,
        real=kind(net)[0],
        tables=_tables(net, name),
        ranks=_ranks(net, name, built_in_names(net, "C")),
    )


def kind(net: Network) -> tuple[str, str]:
    """Return the C type, and the suffix of its constants and functions."""
    return ("float", "f") if net.dtype == np.float32 else ("double", "")


def _tables(net: Network, name: str) -> str:
    table, hidden = net.connections, slice(net.ranks[0], None)
    real, suffix = kind(net)
    whole = {"fan_in": table.fan_in[hidden], "source": table.source}
    reals = {"weight": table.weight, "bias": net.bias[hidden]}
    return "\n".join(
        [
            *(
                c_text.table(f"{name}_{n}", c_text.smallest(v), map(str, v.tolist()))
                for n, v in whole.items()
            ),
            *(
                c_text.table(f"{name}_{n}", real, (c_text.number(x, suffix) for x in v))
                for n, v in reals.items()
            ),
        ]
    )


def _ranks(net: Network, name: str, activations: list[str]) -> str:
    real, suffix = kind(net)
    leak = c_text.number(net.dtype.type(LEAK), suffix)
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
