"""Compute kernels: raw arrays in, raw arrays out.

``numba`` and ``numpy`` are two backends, the same operations compiled and plain, and
:func:`get_backend` chooses. ``layout`` and ``adjacency`` say how a network, or one block of
connections, is laid out in arrays; ``block`` has a layer's three products for other front ends.
"""

from .adjacency import Adjacency
from .backends import get_backend
from .threads import get_num_threads, set_num_threads

__all__ = ["Adjacency", "get_backend", "get_num_threads", "set_num_threads"]
