"""The network as one graph: neurons in topological order, one table of connections."""

from .build import layer_densities, mlp
from .network import Gradients, Network, Signals
from .neuron import Neuron
from .summary import Summary

__all__ = [
    "Gradients",
    "Network",
    "Neuron",
    "Signals",
    "Summary",
    "layer_densities",
    "mlp",
]
