"""Average ranks of methods: the critical difference diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from rewire.validation import of_type, real_number, several

from . import style

__all__ = ["plot_critical_difference"]

# Heights in lines of text; the bars are below the axis, and the names below the bars.
BAR_HEIGHT = 0.55
MARGIN = 0.9


def plot_critical_difference(
    ranks: Mapping[str, float],
    cliques: Sequence[Sequence[str]] = (),
    critical_difference: float | None = None,
    ax: Axes | None = None,
    title: str | None = None,
) -> Axes:
    """Draw Demšar's critical difference diagram [1]_: the average ranks of methods on a line.

    Parameters
    ----------
    ranks : mapping of str to float
        Average rank of each method, near 1 for the best.
    cliques : sequence of sequence of str, optional
        Groups of methods that do not differ significantly, each joined by a bar with a dot at
        every method of the group.
    critical_difference : float, optional
        The critical difference, drawn as a ruler above the line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; new axes by default.
    title : str, optional
        A title above the picture.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        For fewer than two methods, or a clique with a method that is not in ``ranks``.

    References
    ----------
    .. [1] J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of
       Machine Learning Research 7, 2006.

    Examples
    --------
    >>> ax = plot_critical_difference({"rigl": 1.2, "set": 2.3, "static": 2.5}, [["set", "static"]])
    >>> [text.get_text() for text in ax.texts]
    ['1', '2', '3', 'rigl  1.20', 'set  2.30', '2.50  static']
    """
    for rank in of_type(ranks, "ranks", Mapping).values():
        real_number(rank, "ranks")
    cliques = [several(one, "cliques", "names") for one in several(cliques, "cliques", "groups")]
    if critical_difference is not None:
        critical_difference = real_number(critical_difference, "critical_difference")
    if len(ranks) < 2:
        raise ValueError(f"ranks must hold at least two methods; got {len(ranks)}")
    for name in (name for clique in cliques for name in clique):
        if name not in ranks:
            raise ValueError(f"cliques must hold methods in ranks; got {name!r}")
    names = sorted(ranks, key=ranks.__getitem__)
    first, half = MARGIN + BAR_HEIGHT * len(cliques), (len(names) + 1) // 2
    ax = style.given_or_new(ax, 8, 0.9 + 0.28 * (first + half + 1.5))
    _draw_scale(ax, len(names), critical_difference)
    for place, name in enumerate(names):
        left = place < half
        row = first + (place if left else len(names) - 1 - place)
        _draw_name(ax, name, ranks[name], row, 1 if left else len(names), left)
    for number, clique in enumerate(cliques):
        at = [ranks[name] for name in clique]
        level = [0.6 * MARGIN + BAR_HEIGHT * number] * len(at)
        ax.plot(at, level, color=style.INK, linewidth=3, solid_capstyle="round", label="clique")
        ax.plot(at, level, "o", color="white", markersize=5, mec=style.INK, mew=1.4)
    margin = 0.28 * (len(names) - 1)
    ax.set_xlim(1 - margin, len(names) + margin)
    ax.set_ylim(first + half - 0.4, -2.4)
    ax.set_axis_off()
    if title:
        style.title(ax, title)
    return ax


def _draw_scale(ax: Axes, last: int, critical_difference: float | None) -> None:
    ax.plot([1, last], [0, 0], color=style.INK, linewidth=1.2)
    for rank in range(1, last + 1):
        ax.plot([rank, rank], [0, -0.25], color=style.INK, linewidth=1.2)
        ax.text(rank, -0.35, str(rank), ha="center", va="bottom", color=style.INK, fontsize=9)
    if critical_difference is not None:
        end = 1 + critical_difference
        ax.plot([1, end], [-1.55, -1.55], "|-", color=style.NEGATIVE, markersize=8, label="ruler")
        text = f"critical difference {critical_difference:.2f}"
        ax.text(1, -1.8, text, va="bottom", color=style.INK, fontsize=9)


def _draw_name(ax: Axes, name: str, rank: float, row: float, edge: float, left: bool) -> None:
    ax.plot([rank, rank, edge], [0, row, row], color=style.REWIRING, linewidth=1.1, zorder=0)
    name = style.plain(str(name))
    text, gap = (f"{name}  {rank:.2f}", -6) if left else (f"{rank:.2f}  {name}", 6)
    ax.annotate(
        text,
        (edge, row),
        xytext=(gap, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="center",
        color=style.INK,
        fontsize=10,
    )
