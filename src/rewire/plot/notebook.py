"""A network as a notebook shows it."""

from __future__ import annotations

import io
from html import escape

from matplotlib.figure import Figure

from rewire.graph import Network

from .network import plot_topology

__all__ = ["as_html", "as_svg"]

# With more connections the drawing is a tangle, and only the summary is shown.
MAX_CONNECTIONS = 600


def as_html(net: Network) -> str:
    """Return a network's summary and, while it is small, its wiring, as HTML.

    Parameters
    ----------
    net : Network

    Returns
    -------
    str
        A ``div``; the drawing is SVG within it.

    Examples
    --------
    >>> import rewire
    >>> "<svg" in as_html(rewire.mlp([2, 4, 1], seed=0))
    True
    """
    return f"<div>{as_svg(net) or ''}<pre>{escape(str(net.summary()))}</pre></div>"


def as_svg(net: Network) -> str | None:
    """Return a network's wiring as SVG, or None if it has more than 600 connections.

    Parameters
    ----------
    net : Network

    Examples
    --------
    >>> import rewire
    >>> as_svg(rewire.mlp([2, 4, 1], seed=0))[:4], as_svg(rewire.mlp([99, 9, 1], seed=0))
    ('<svg', None)
    """
    if len(net.connections) > MAX_CONNECTIONS:
        return None
    # A figure outside pyplot, which no notebook shows a second time.
    figure, file = Figure(figsize=(8, 4), layout="constrained"), io.StringIO()
    plot_topology(net, figure.subplots())
    figure.savefig(file, format="svg")
    text = file.getvalue()
    return text[text.index("<svg") :]
