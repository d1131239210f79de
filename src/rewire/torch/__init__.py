"""Sparse layers for PyTorch models, and the conversion of whole models.

:func:`sparsify` replaces the Linear and convolution layers of any model by sparse ones, which hold
and compute only the connections that exist; :class:`Linear`, :class:`Conv1d`, :class:`Conv2d` and
:class:`MultiheadAttention` are there to build with. They are faster than dense layers on a CPU at
low density; on other devices they compute as dense layers do.
"""

from rewire.io import import_optional, lazy_face

import_optional("torch", "torch")

_HOMES = {
    "Conv1d": "convolutions",
    "Conv2d": "convolutions",
    "Linear": "linear",
    "MultiheadAttention": "attention",
    "densify": "conversion",
    "parameter_groups": "parameters",
    "sparsify": "conversion",
    "strip": "stripping",
    "summary": "summaries",
    "to_network": "network",
}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazy_face(__name__, _HOMES)
