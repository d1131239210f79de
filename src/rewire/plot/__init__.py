"""Pictures: the wiring of a network, decision boundaries, training curves, runs, ranks.

:func:`boundary` and every ``plot_*`` function draw on the matplotlib axes they are given, or on new
ones, and return them; nothing is shown or saved behind the caller's back.
"""

from .boundaries import boundary
from .curves import plot_history, plot_losses
from .digraph import draw_topology
from .notebook import as_html, as_svg
from .ranks import plot_critical_difference
from .runs import plot_runs
from .topology import plot_topology
from .wiring import Wiring

__all__ = [
    "Wiring",
    "as_html",
    "as_svg",
    "boundary",
    "draw_topology",
    "plot_critical_difference",
    "plot_history",
    "plot_losses",
    "plot_runs",
    "plot_topology",
]
