"""The teaching core: sparse networks of scalar neurons, on the standard library alone.

Read the modules in this order: ``value`` (backpropagation), ``nn`` (neurons and networks),
``hinge`` (the loss), ``rigl`` (rewiring), ``stripping`` (removing dead neurons). They are simple
rather than fast, and everything faster in this library is tested against them.
"""

from .hinge import loss
from .nn import MLP, Layer, Module, Neuron, SparseLayer, SparseMLP, SparseNeuron
from .rigl import Connection, rigl_update, top_k_param_dict
from .stripping import strip, strip_deadneurons
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
    """Import ``draw_topology``, which needs more than the standard library, when it is used."""
    if name == "draw_topology":
        from rewire.plot import draw_topology

        return draw_topology
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
