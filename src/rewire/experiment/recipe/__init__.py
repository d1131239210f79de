"""The recipe of a training; its settings by topic."""

from .data import LOSSES
from .recipe import Recipe, method_name

__all__ = ["LOSSES", "Recipe", "method_name"]
