"""A network as a Graphviz graph, with or without Graphviz's programs."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import graphviz
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import Normalize, to_hex

from rewire.graph import Network
from rewire.graph.strip import alive
from rewire.validation import of_type

from . import style
from .network import as_network, largest_weight, plot_topology

__all__ = ["draw_topology"]


def draw_topology(model: Any, format: str = "svg", rankdir: str = "LR") -> graphviz.Digraph:
    """Return a network as a ``graphviz.Digraph``, which a notebook shows.

    Neurons are named ``rank_number``, and inputs have rank 0. A connection's width and colour
    follow its weight; dead neurons are dashed and grey.

    Parameters
    ----------
    model : Network or SparseMLP
        The network, with any number of inputs.
    format : str, default "svg"
        The picture's format: "svg", "png", "pdf" or another one that Graphviz can write.
    rankdir : {"LR", "TB"}, default "LR"
        Ranks from left to right, or from top to bottom.

    Returns
    -------
    graphviz.Digraph
        Where Graphviz's program ``dot`` is not installed, ``render``, ``pipe`` and the display in
        a notebook fall back on :func:`plot_topology` (formats that matplotlib writes).

    Raises
    ------
    ValueError
        If ``rankdir`` is neither "LR" nor "TB", or Graphviz does not know the format.

    Examples
    --------
    >>> from rewire.scalar import SparseMLP
    >>> graph = draw_topology(SparseMLP(3, [2, 1], [0, 0]), rankdir="TB")
    >>> graph.source.count("->")
    8
    >>> graph.render("wiring", cleanup=True)  # doctest: +SKIP
    'wiring.svg'
    """
    if rankdir not in ("LR", "TB"):
        raise ValueError(f"rankdir must be 'LR' or 'TB'; got {rankdir!r}")
    of_type(format, "format", str)
    graph = _Digraph(
        format=format,
        graph_attr={"rankdir": rankdir, "ranksep": "1.2", "splines": "true"},
        node_attr={"shape": "circle", "fixedsize": "true", "width": "0.5", "fontsize": "11"},
        edge_attr={"arrowsize": "0.4"},
    )
    graph.network, graph.rankdir = as_network(model), rankdir
    living = alive(graph.network)
    _add_neurons(graph, living)
    _add_connections(graph, living)
    return graph


class _Digraph(graphviz.Digraph):
    """A Digraph that draws itself with matplotlib where there is no ``dot``."""

    network: Network
    rankdir: str

    def copy(self):
        graph = super().copy()
        graph.network, graph.rankdir = self.network, self.rankdir
        return graph

    def pipe(self, format=None, *args, encoding=None, **options):
        try:
            return super().pipe(format, *args, encoding=encoding, **options)
        except graphviz.ExecutableNotFound:
            picture = BytesIO()
            figure = style.figure_of(plot_topology(self.network, rankdir=self.rankdir))
            try:
                figure.savefig(picture, format=format or self.format, dpi=150)
            finally:
                plt.close(figure)  # or a notebook would show it as well
            return picture.getvalue().decode(encoding) if encoding else picture.getvalue()

    def render(self, filename=None, directory=None, **options):
        try:
            return super().render(filename, directory=directory, **options)
        except graphviz.ExecutableNotFound:
            format = options.get("format") or self.format
            target = Path(options.get("outfile") or f"{self.filepath}.{format}")
            format = options.get("format") or target.suffix[1:]
            target.write_bytes(self.pipe(format))
            if options.get("cleanup"):
                Path(self.filepath).unlink()
            return str(target)


def _add_neurons(graph: _Digraph, living: np.ndarray) -> None:
    net, dead = graph.network, {"style": "dashed", "color": style.FAINT, "fontcolor": style.FAINT}
    start = net.rank_start
    for rank in range(len(net.ranks)):
        with graph.subgraph(name=f"rank_{rank}", graph_attr={"rank": "same"}) as same_rank:
            for n in range(start[rank], start[rank + 1]):
                same_rank.node(net.label(n), **({} if living[n] else dead))


def _add_connections(graph: _Digraph, living: np.ndarray) -> None:
    net = graph.network
    table, label = net.connections, [net.label(n) for n in range(net.size)]
    largest = largest_weight(table.weight)
    shade = Normalize(-largest, largest)
    for source, target, weight in zip(table.source, table.target, table.weight, strict=True):
        used = living[source] and living[target]
        graph.edge(
            label[source],
            label[target],
            color=to_hex(style.SIGNED(shade(weight))) if used else style.FAINT,
            penwidth=f"{0.6 + 3 * abs(weight) / largest:.2f}" if used else "0.6",
            tooltip=f"{label[source]} to {label[target]}: {weight:.4g}",
        )
