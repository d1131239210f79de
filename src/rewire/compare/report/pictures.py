"""Pictures in a study's folder, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from rewire.io import atomic_write
from rewire.plot.style import figure_of

__all__ = ["save"]


def save(ax: Axes, path: Path) -> None:
    """Save the figure of some axes, without a date, and close it."""
    try:
        with atomic_write(path) as temporary:
            figure_of(ax).savefig(temporary, format="png", dpi=150, metadata={"Software": None})
    finally:
        plt.close(figure_of(ax))
