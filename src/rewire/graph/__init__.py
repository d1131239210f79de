"""The network as one graph: neurons in topological order, one table of connections."""

from .build import mlp
from .network import Gradients, Network
from .neuron import Neuron
from .summary import Summary

__all__ = [
    "Gradients",
    "Network",
    "Neuron",
    "Summary",
    "mlp",
]
