"""Data sets as arrays that a network takes: generated, fetched, or a person's own file.

:func:`load` is the door: ``load("mnist")``, ``load("table.csv", target="price")``. It returns a
:class:`Dataset`; a :class:`Standardizer` brings inputs to one scale and can be kept with a model;
:func:`register` adds a data set of your own.
"""

from . import madelon, mnist, toys  # noqa: F401  they register what they load
from .dataset import Dataset
from .moons import moons
from .registry import available, load, register
from .samples import read_features, read_samples
from .standardizer import Standardizer

__all__ = [
    "Dataset",
    "Standardizer",
    "available",
    "load",
    "moons",
    "read_features",
    "read_samples",
    "register",
]
