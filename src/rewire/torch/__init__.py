"""Sparse layers for PyTorch models, and the conversion of whole models.

:func:`sparsify` replaces the Linear and convolution layers of any model by sparse ones, which hold
and compute only the connections that exist; :class:`Linear`, :class:`Conv1d`, :class:`Conv2d` and
:class:`MultiheadAttention` are there to build with. They are faster than dense layers on a CPU at
low density; on other devices they compute as dense layers do. :class:`Rewirer` moves their
connections while a model is trained.
"""

from typing import TYPE_CHECKING

from rewire.io import import_optional, lazy_face

if TYPE_CHECKING:
    from .attention import MultiheadAttention as MultiheadAttention
    from .conversion import densify as densify
    from .conversion import sparsify as sparsify
    from .convolutions import Conv1d as Conv1d
    from .convolutions import Conv2d as Conv2d
    from .linear import Linear as Linear
    from .network import to_network as to_network
    from .parameters import parameter_groups as parameter_groups
    from .rewirer import Rewirer as Rewirer
    from .stripping import strip as strip
    from .summaries import summary as summary

import_optional("torch", "torch")

_HOMES = {
    "Conv1d": "convolutions",
    "Conv2d": "convolutions",
    "Linear": "linear",
    "MultiheadAttention": "attention",
    "Rewirer": "rewirer",
    "densify": "conversion",
    "parameter_groups": "parameters",
    "sparsify": "conversion",
    "strip": "stripping",
    "summary": "summaries",
    "to_network": "network",
}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazy_face(__name__, _HOMES)
