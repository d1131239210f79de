"""Pictures: the wiring of a network, decision boundaries, training curves.

Every ``plot_*`` function draws on the matplotlib axes it is given, or on new ones, and returns
them; nothing is shown or saved behind the caller's back.
"""

from .boundary import plot_boundary
from .curves import plot_history, plot_losses
from .digraph import draw_topology
from .topology import plot_topology
from .wiring import Wiring

__all__ = [
    "Wiring",
    "draw_topology",
    "plot_boundary",
    "plot_history",
    "plot_losses",
    "plot_topology",
]
