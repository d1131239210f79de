"""Settings and data in words that are the same in every process, to recognise a training again."""

from __future__ import annotations

import dataclasses
import zlib
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import issparse

from rewire.graph import Network

__all__ = ["describe", "describe_network", "fingerprint"]


def describe(value: Any) -> str:
    """Describe a setting, a part or a function by its content, without its address in memory."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [
            f"{item.name}={describe(getattr(value, item.name))}"
            for item in dataclasses.fields(value)
        ]
        return f"{type(value).__name__}({', '.join(fields)})"
    if hasattr(value, "needs"):  # a part of a method; its options are bound to its function
        return f"{value.name!r} of {describe(value.function)}"
    if isinstance(value, partial):
        return f"{describe(value.func)} with {value.args} and {value.keywords}"
    if callable(value):
        name = getattr(value, "__qualname__", type(value).__qualname__)
        return f"{getattr(value, '__module__', '')}.{name}"
    return repr(value)


def describe_network(net: Network) -> str:
    """Describe a network by its ranks, number of connections, activations and dtype."""
    names = ", ".join(function.name for function in net.activations[1:])
    ranks = "-".join(map(str, net.ranks))
    return f"{ranks}, {len(net.connections)} connections, {names}, {net.dtype}"


def fingerprint(data: Any) -> str:
    """Return shape, dtype and a checksum of an array or a CSR matrix."""
    parts = (data.data, data.indices, data.indptr) if issparse(data) else (data,)
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data, checksum)
    return f"{data.shape} {data.dtype} {checksum:08x}"
