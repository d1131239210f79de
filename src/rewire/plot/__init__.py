"""Pictures of networks, decision boundaries, training curves, runs and ranks, by matplotlib.

Every function draws on the matplotlib axes it is given, or on new ones, and returns them; nothing
is shown or saved unless you ask for it. :func:`draw_topology` makes a Graphviz graph instead.

Matplotlib is imported when the first function is asked for, not by ``import rewire.plot``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .boundaries import boundary as boundary
    from .curves import plot_history as plot_history
    from .curves import plot_losses as plot_losses
    from .digraph import draw_topology as draw_topology
    from .network import plot_topology as plot_topology
    from .ranks import plot_critical_difference as plot_critical_difference
    from .runs import plot_runs as plot_runs
    from .tradeoff import plot_tradeoff as plot_tradeoff

_HOMES = {
    "boundary": "boundaries",
    "draw_topology": "digraph",
    "plot_critical_difference": "ranks",
    "plot_history": "curves",
    "plot_losses": "curves",
    "plot_runs": "runs",
    "plot_topology": "network",
    "plot_tradeoff": "tradeoff",
}

__all__ = [*_HOMES]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
