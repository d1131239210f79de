"""The wiring of a network as a Graphviz graph, with or without Graphviz's programs."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import graphviz
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import Normalize, to_hex

from . import style
from .style import figure_of
from .topology import plot_topology
from .wiring import Wiring

__all__ = ["draw_topology"]


def draw_topology(model: Any, format: str = "svg", rankdir: str = "LR") -> graphviz.Digraph:
    """Describe the wiring of a network as a ``graphviz.Digraph``, which shows itself in notebooks.

    Neurons are named ``rank_number``, inputs have rank 0; a connection's width and colour follow
    its weight; dead neurons are dashed and grey.

    Parameters
    ----------
    model : Network, SparseMLP or Wiring
        A network with any number of inputs.
    format : str, default "svg"
        Of the picture: "svg", "png", "pdf" and whatever else Graphviz can write.
    rankdir : {"LR", "TB"}, default "LR"
        Ranks from left to right, or from top to bottom.

    Returns
    -------
    graphviz.Digraph
        Where Graphviz's program ``dot`` is not installed, its ``render``, ``pipe`` and display in
        a notebook fall back on :func:`plot_topology` (formats that matplotlib writes).

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
    wiring = model if isinstance(model, Wiring) else Wiring.of(model)
    graph = _Digraph(
        format=format,
        graph_attr={"rankdir": rankdir, "ranksep": "1.2", "splines": "true"},
        node_attr={"shape": "circle", "fixedsize": "true", "width": "0.5", "fontsize": "11"},
        edge_attr={"arrowsize": "0.4"},
    )
    graph.wiring, graph.rankdir = wiring, rankdir
    labels, alive = wiring.labels, wiring.alive
    start = np.cumsum((0, *wiring.sizes))
    for rank in range(len(wiring.sizes)):
        with graph.subgraph(name=f"rank_{rank}", graph_attr={"rank": "same"}) as same_rank:
            for n in range(start[rank], start[rank + 1]):
                dead_look = {"style": "dashed", "color": style.FAINT, "fontcolor": style.FAINT}
                same_rank.node(labels[n], **({} if alive[n] else dead_look))
    largest = float(np.abs(wiring.weight).max(initial=0)) or 1.0
    shade = Normalize(-largest, largest)
    for source, target, weight in zip(wiring.source, wiring.target, wiring.weight, strict=True):
        used = alive[source] and alive[target]
        graph.edge(
            labels[source],
            labels[target],
            color=to_hex(style.SIGNED(shade(weight))) if used else style.FAINT,
            penwidth=f"{0.6 + 3 * abs(weight) / largest:.2f}" if used else "0.6",
            tooltip=f"{labels[source]} to {labels[target]}: {weight:.4g}",
        )
    return graph


class _Digraph(graphviz.Digraph):
    """A Digraph that draws itself with matplotlib where there is no ``dot``."""

    wiring: Wiring
    rankdir: str

    def copy(self):
        graph = super().copy()
        graph.wiring, graph.rankdir = self.wiring, self.rankdir
        return graph

    def pipe(self, format=None, *args, encoding=None, **options):
        try:
            return super().pipe(format, *args, encoding=encoding, **options)
        except graphviz.ExecutableNotFound:
            picture = BytesIO()
            figure = figure_of(plot_topology(self.wiring, rankdir=self.rankdir))
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
