"""Data sets as plain arrays: X of shape (samples, inputs) and y of shape (samples,)."""

from .moons import moons

__all__ = ["moons"]
