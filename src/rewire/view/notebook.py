"""A network as a notebook shows it."""

from __future__ import annotations

import io
from html import escape
from typing import Any

from matplotlib.figure import Figure

from .topology import plot_topology

__all__ = ["as_html"]

# More connections than this are a tangle; then the summary has to do.
DRAWABLE = 600


def as_html(net: Any) -> str:
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
    drawing = _svg(net) if len(net.connections) <= DRAWABLE else ""
    return f"<div>{drawing}<pre>{escape(str(net.summary()))}</pre></div>"


def _svg(net: Any) -> str:
    # A figure of its own, which no notebook shows a second time.
    figure, file = Figure(figsize=(8, 4), layout="constrained"), io.StringIO()
    plot_topology(net, figure.subplots())
    figure.savefig(file, format="svg")
    text = file.getvalue()
    return text[text.index("<svg") :]
