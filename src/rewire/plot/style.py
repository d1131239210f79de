"""Colours and text that all pictures share; colour-blind readers can tell the colours apart."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure

from rewire.validation import of_type

INK = "#1f2733"
FAINT = "#c4cad3"
NEGATIVE = "#c8571b"
POSITIVE = "#1f6fb4"
REWIRING = "#8a93a0"
# Connections just grown and just dropped; the latter are also dashed.
GROWN = "#00875a"
DROPPED = "#d0213a"

# Weights and scores: below zero orange, above zero blue, and visible on white even near zero.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", [NEGATIVE, "#e3a173", "#b9b9b9", "#86afd3", POSITIVE]
)
SIGNED_PALE = LinearSegmentedColormap.from_list(
    "signed_pale", ["#eb9a6b", "#f8dfce", "#f7f7f7", "#d3e3f2", "#78abd9"]
)


LONGEST = 80  # characters of a name


def plain(text: str) -> str:
    r"""Return a text as matplotlib takes it: a dollar sign begins no formula.

    Halves of characters, which no font has, become U+FFFD; what is too long for any axes is cut.

    Examples
    --------
    >>> print(plain("price in $ (US$)"))
    price in \$ (US\$)
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    short = whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"
    return short.replace("$", r"\$")


def title(axes: Axes, text: str) -> None:
    """Put a title above the axes, aligned left."""
    axes.set_title(
        plain(of_type(text, "title", str)), loc="left", color=INK, fontsize=11, fontweight="bold"
    )


def given_or_new(axes: Axes | None, width: float, height: float) -> Axes:
    """Return the axes to draw on, which are checked, or new ones of a size in inches."""
    if axes is not None:
        return of_type(axes, "ax", Axes)
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def open_frame(axes: Axes) -> None:
    """Remove the top and right lines of the frame."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(REWIRING)
    axes.tick_params(colors=INK, labelsize=9)


def figure_of(axes: Axes) -> Figure:
    """Return the whole figure that the axes belong to, if only to a part of it."""
    figure = axes.figure
    return figure.figure if isinstance(figure, SubFigure) else figure
