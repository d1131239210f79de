"""The network as one graph: neurons in topological order, one table of connections."""

from .build import layer_densities, mlp
from .network import Gradients, Network, Signals
from .neuron import Neuron
from .summary import Summary
from .table import ConnectionTable

__all__ = [
    "ConnectionTable",
    "Gradients",
    "Network",
    "Neuron",
    "Signals",
    "Summary",
    "layer_densities",
    "mlp",
]
