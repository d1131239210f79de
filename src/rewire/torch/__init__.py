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
    from .conversion.converting import densify as densify
    from .conversion.converting import sparsify as sparsify
    from .conversion.network import to_network as to_network
    from .conversion.stripping import strip as strip
    from .conversion.summaries import summary as summary
    from .layers.attention import MultiheadAttention as MultiheadAttention
    from .layers.convolutions import Conv1d as Conv1d
    from .layers.convolutions import Conv2d as Conv2d
    from .layers.linear import Linear as Linear
    from .layers.parameters import parameter_groups as parameter_groups
    from .rewirer import Rewirer as Rewirer

import_optional("torch", "torch")

_HOMES = {
    "Conv1d": "layers.convolutions",
    "Conv2d": "layers.convolutions",
    "Linear": "layers.linear",
    "MultiheadAttention": "layers.attention",
    "Rewirer": "rewirer",
    "densify": "conversion.converting",
    "parameter_groups": "layers.parameters",
    "sparsify": "conversion.converting",
    "strip": "conversion.stripping",
    "summary": "conversion.summaries",
    "to_network": "conversion.network",
}
__all__ = list(_HOMES)

__getattr__, __dir__ = lazy_face(__name__, _HOMES)
