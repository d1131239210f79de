"""The teaching core: sparse networks of scalar neurons, on the standard library alone.

Read it in this order: ``value`` (back-propagation), ``nn`` (neurons and networks), ``loss``,
``rigl`` (rewiring), ``strip`` (removing dead neurons). It is slow and plain on purpose: it is also
the reference that everything faster in this library is tested against.
"""

from .loss import loss
from .nn import MLP, Layer, Module, Neuron, SparseLayer, SparseMLP, SparseNeuron
from .rigl import Connection, rigl_update, top_k_param_dict
from .strip import strip, strip_deadneurons
from .value import Value, weighted_sum

__all__ = [
    "MLP",
    "Connection",
    "Layer",
    "Module",
    "Neuron",
    "SparseLayer",
    "SparseMLP",
    "SparseNeuron",
    "Value",
    "draw_topology",
    "loss",
    "rigl_update",
    "strip",
    "strip_deadneurons",
    "top_k_param_dict",
    "weighted_sum",
]


def __getattr__(name: str):
    """Import the drawing, which needs more than the standard library, when it is asked for."""
    if name == "draw_topology":
        from rewire.plot import draw_topology

        return draw_topology
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
