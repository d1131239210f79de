"""Compute kernels: raw arrays in, raw arrays out.

``layout`` says how a network is laid out in arrays. ``numba_*`` and ``numpy_*`` are twins: the
same operations under the same names, compiled and plain; ``load`` chooses.
"""

from .backends import load
from .layout import Wiring
from .threads import get_num_threads, set_num_threads

__all__ = ["Wiring", "get_num_threads", "load", "set_num_threads"]
