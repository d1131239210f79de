"""Where connections go: what to drop, what to grow, and the one function that changes wiring."""

from .growth import strongest_absent
from .rewire import rewire
from .rigl import rigl_update

__all__ = ["rewire", "rigl_update", "strongest_absent"]
