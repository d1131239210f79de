"""Compute kernels: raw arrays in, raw arrays out.

``layout`` says how a network is laid out in arrays. ``numba_*`` and ``numpy_*`` are twins: the
same operations under the same names, compiled and plain; ``load`` chooses. ``Plan`` calls them.
"""

from . import losses
from .activations import Activation, activation
from .backends import load
from .layout import Wiring
from .plan import Descent, Learned, Plan
from .threads import get_num_threads, set_num_threads

__all__ = [
    "Activation",
    "Descent",
    "Learned",
    "Plan",
    "Wiring",
    "activation",
    "get_num_threads",
    "load",
    "losses",
    "set_num_threads",
]
