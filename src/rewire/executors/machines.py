"""What a process computes with: versions, which must agree, and the processor, which is noted.

Figures are promised to the bit for the same versions on the same kind of processor.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import zlib
from typing import NamedTuple

import numpy as np

import rewire

__all__ = ["Machine", "this_machine", "versions"]

Versions = tuple[tuple[str, str], ...]


class Machine(NamedTuple):
    """A kind of processor, and who told of it.

    Attributes
    ----------
    kind : str
        Eight hexadecimal digits that stand for the two that follow.
    cpu : str
        As LLVM calls it, such as ``"skylake-avx512"``.
    features : str
        Those that compiled code uses, such as ``"+avx2,+fma"``.
    worker : str
        The computer's name and the number of the process.
    """

    kind: str
    cpu: str
    features: str
    worker: str


def this_machine() -> Machine:
    """Return the machine that this process runs on.

    Examples
    --------
    >>> len(this_machine().kind)
    8
    """
    cpu, features = _target()
    kind = f"{zlib.crc32(f'{cpu} {features}'.encode()):08x}"
    return Machine(kind, cpu, features, f"{platform.node()}, process {os.getpid()}")


def versions() -> Versions:
    """Return the versions that figures depend on, by name."""
    found = [("rewire", rewire.__version__), ("NumPy", np.__version__)]
    if _has_numba():
        import numba

        found.append(("Numba", numba.__version__))
    return tuple(found)


def _has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None


@functools.cache
def _target() -> tuple[str, str]:
    """Return the processor that Numba compiles for, and its features."""
    if not _has_numba():
        return platform.machine(), ""
    from llvmlite import binding
    from numba.core import config

    # Set by environment variables, where one program shall serve several kinds of processors.
    cpu, features = (getattr(config, name, None) for name in ("CPU_NAME", "CPU_FEATURES"))
    if features is None:
        known = binding.get_host_cpu_features()
        features = ",".join(sorted(f"+{name}" for name, there in known.items() if there))
    return cpu or binding.get_host_cpu_name(), features
